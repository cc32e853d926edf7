"""Cleanup looks once more at the target: what is gone or different there is kept, withdrawn and sent again."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePath, PurePosixPath
from typing import Any

import attrs
import pytest

from camvault.adapters.memory import Call, Calls, MemoryCancellation, MemoryReporter, Phase
from camvault.adapters.memory.explorer import explore, io_error, no_space
from camvault.adapters.memory.transfer import FIRST_NUMBER, MemoryTransfer
from camvault.core.retention.rules import KeepDays, MaxBytes, Rule
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.recording.cleanup import (
    CleanupPorts,
    CleanupReport,
    ProvenSegmentKept,
    free_space,
    look_at,
    recorded_number,
)
from camvault.core.workflows.steps import ask_target as target_look
from camvault.core.workflows.steps.target_doubt import DOUBT_NAME, IN_DOUBT_NAME, doubt_before
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import BusyError, Cancelled, NoSpaceError, StorageError
from camvault.ports.transfer import (
    EvidenceKind,
    NoRecordedTarget,
    Pushed,
    RecordedTarget,
    Sendable,
    Sight,
    TargetAnswer,
    TargetError,
    UnreadableTarget,
    WantedTarget,
)
from tests.recording.segments.helpers import READY, SUCCESS, TODAY, Machine

FIRST = "ROST1_20250528T140000.mkv"
SECOND = "ROST1_20250528T141000.mkv"
PATH = PurePosixPath("ROST1", TODAY, FIRST)
OTHER = PurePosixPath("ROST1", TODAY, SECOND)


def clean(
    machine: Machine, *rules: Rule, recheck_days: float = 30, is_cache_trusted: bool = False, is_asked: bool = True
) -> CleanupReport:
    ports = CleanupPorts(storage=machine.storage, clock=machine.clock, reporter=machine.reporter, cancel=machine.cancel)
    records, target = machine.records, machine.transfer
    trusted = is_cache_trusted
    look = look_at(
        target,
        READY,
        records=records,
        ports=ports,
        recheck_days=recheck_days,
        is_cache_trusted=trusted,
        asleep=None if is_asked else target.wanted().number,
    )
    return free_space(
        READY,
        records=records,
        rules=rules,
        ports=ports,
        number=target.wanted().number,
        look=look,
    )


def backed_up(calls: Calls | None = None) -> Machine:
    """Two files that are proven to be at the target, in different ways of its future."""
    machine = Machine(calls or Calls())
    machine.wait(FIRST, b"first")
    machine.wait(SECOND, b"second")
    machine.back_up()
    machine.reporter.events.clear()
    machine.calls.log.clear()
    return machine


def kind_of(machine: Machine, path: PurePosixPath = PATH) -> ProofKind:
    return machine.records.ledger_of_day(TODAY).entries[path].kind


def looks(machine: Machine) -> list[str]:
    return [call.operation for call in machine.calls.log if call.operation.startswith("transfer.")]


def test_what_still_stands_there_goes() -> None:
    machine = backed_up()
    assert clean(machine) == CleanupReport(removed_count=2)
    assert machine.ready() == {}


def test_what_is_gone_there_is_kept_withdrawn_and_sent_again() -> None:
    """The other file goes as ever."""
    machine = backed_up()
    del machine.transfer.remote[PATH]

    report = clean(machine)

    assert (report.removed_count, report.problem_count) == (1, 1)
    assert machine.ready() == {str(PATH): b"first"}
    assert kind_of(machine) is ProofKind.WITHDRAWN
    assert (
        f"[remove] {READY / PATH} is kept: it is not at the target any more; its proof is withdrawn" in machine.said()
    )
    assert clean(machine).removed_count == 0, "and nothing proves it until it was sent again"
    assert machine.back_up().synced_count == 1
    assert machine.transfer.remote[PATH][0] == b"first"
    assert clean(machine).removed_count == 1


def test_what_is_shorter_there_is_kept() -> None:
    machine = backed_up()
    machine.transfer.remote[PATH] = (b"fir", machine.transfer.remote[PATH][1])
    assert clean(machine).removed_count == 1
    assert "something else stands there" in machine.said()
    machine.back_up()
    assert machine.transfer.remote[PATH][0] == b"first"


@pytest.mark.parametrize(
    ("kind", "is_found"),
    [
        (EvidenceKind.READ_BACK, False),
        (EvidenceKind.READ_CACHED, True),
        (EvidenceKind.REMOTE_HASH, True),
        (EvidenceKind.COMPARED, True),
    ],
)
def test_content_is_looked_at_where_it_was_not_read_back(kind: EvidenceKind, is_found: bool) -> None:
    """And what was damaged under the right size and time is replaced by the next backup."""
    machine = Machine()
    machine.transfer.kind = kind
    machine.wait(FIRST, b"first")
    machine.back_up()
    machine.transfer.remote[PATH] = (b"fiRst", machine.transfer.remote[PATH][1])

    assert (clean(machine, is_cache_trusted=True).removed_count == 0) is is_found

    if is_found:
        machine.back_up()
        assert machine.transfer.remote[PATH][0] == b"first"
        assert clean(machine, is_cache_trusted=True).removed_count == 1


@pytest.mark.parametrize("is_asked", [True, False])
@pytest.mark.parametrize("evidence", ["", "no route"])
def test_what_was_read_from_the_cache_goes_only_if_the_user_trusts_it(is_asked: bool, evidence: str) -> None:
    machine = Machine()
    machine.transfer.kind = EvidenceKind.READ_CACHED
    machine.wait(FIRST, b"first")
    machine.back_up()
    machine.transfer.evidence = evidence
    report = clean(machine, is_asked=is_asked)
    assert (report.removed_count, report.problem_count) == (0, 1)
    assert "(--trust-cache takes that for a copy)" in machine.said()
    assert clean(machine, is_asked=is_asked, is_cache_trusted=True).removed_count == 1


@pytest.mark.parametrize("recheck_days", [0.0, 30.0])
@pytest.mark.parametrize(
    ("sight", "words"),
    [(Sight.CACHED, "(--trust-cache takes that for a copy)"), (Sight.HELD, "another program holds it")],
    ids=str,
)
def test_what_a_look_sees_in_a_cache_only_is_kept_whatever_was_proven(
    sight: Sight, words: str, recheck_days: float
) -> None:
    """Its medium may have lost it since it was read back. The user may trust a cache, never one that is held."""
    machine = backed_up()
    machine.transfer.caches[PATH] = sight
    report = clean(machine, recheck_days=recheck_days)
    assert (report.removed_count, report.problem_count) == (1, 1)
    assert machine.ready() == {str(PATH): b"first"}
    assert words in machine.said()
    assert kind_of(machine) is ProofKind.READ_BACK, "it is not known to be lost"
    trusted = clean(machine, recheck_days=recheck_days, is_cache_trusted=True)
    assert trusted.removed_count == (sight is Sight.CACHED)
    machine.transfer.caches.clear()
    clean(machine)
    assert machine.ready() == {}


@pytest.mark.parametrize(
    ("sight", "is_trusted", "is_over"),
    [(Sight.CACHED, False, False), (Sight.CACHED, True, True), (Sight.HELD, True, False)],
    ids=str,
)
def test_a_doubt_ends_only_by_what_was_seen_at_the_target(sight: Sight, is_trusted: bool, is_over: bool) -> None:
    machine = backed_up()
    machine.transfer.marker = ""
    assert clean(machine).removed_count == 0
    assert doubt_before(SUCCESS, machine.storage)
    machine.transfer.marker = machine.transfer.record
    machine.transfer.caches[PATH] = sight
    clean(machine, is_cache_trusted=is_trusted)
    assert (doubt_before(SUCCESS, machine.storage) == "") is is_over


def test_a_target_that_shows_the_files_of_here_by_a_cache_is_an_alias() -> None:
    machine = backed_up()
    machine.transfer.shows = READY
    machine.transfer.caches.update(dict.fromkeys([PATH, OTHER], Sight.CACHED))
    assert clean(machine, is_cache_trusted=True).removed_count == 0
    assert len(machine.ready()) == 2


def test_what_was_read_from_the_cache_makes_no_room_for_its_record() -> None:
    machine = Machine()
    machine.transfer.kind = EvidenceKind.READ_CACHED
    machine.wait(FIRST, b"first")
    machine.calls.fail("storage.append_line", NoSpaceError(SUCCESS), times=None)
    machine.back_up()
    assert list(machine.ready()) == [str(PATH)]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda there: there.remote.update({PATH: (bytes(5), there.remote[PATH][1])}), id="its blocks"),
        pytest.param(lambda there: there.remote.update({PATH: (b"fiRst", 1)}), id="its time, and what is in it"),
        pytest.param(lambda there: there.unreadable.add(PATH), id="it cannot be read"),
    ],
)
def test_a_name_and_a_size_are_no_copy(fault: Callable[[MemoryTransfer], None]) -> None:
    """Also of what was read back a minute ago: disks die, and still list what they had."""
    machine = backed_up()
    fault(machine.transfer)
    assert clean(machine).removed_count == 1
    assert list(machine.ready()) == [str(PATH)]


def test_another_time_alone_keeps_nothing() -> None:
    machine = backed_up()
    machine.transfer.remote[PATH] = (machine.transfer.remote[PATH][0], 1)
    assert clean(machine).removed_count == 2


class TestTargetThatSpoilsContent:
    """Size and time are right, the content is not, again and again."""

    def machine(self, monkeypatch: pytest.MonkeyPatch) -> Machine:
        machine = Machine()
        machine.wait(FIRST, b"first")
        push = type(machine.transfer).push

        def spoiling(transfer: MemoryTransfer, files: Sequence[Sendable], /, **rest: Any) -> Pushed:
            pushed = push(transfer, files, **rest)
            transfer.remote = {path: (b"spoil", mtime) for path, (_, mtime) in transfer.remote.items()}
            return pushed

        monkeypatch.setattr(MemoryTransfer, "push", spoiling)
        return machine

    def test_it_is_tried_once_a_day(self, monkeypatch: pytest.MonkeyPatch) -> None:
        machine = self.machine(monkeypatch)
        for _ in range(5):
            assert machine.back_up().kept_count == 1
        assert len(machine.transfer.replaced) == 1
        machine.clock.advance(86_400)
        machine.back_up()
        assert len(machine.transfer.replaced) == 2
        assert clean(machine).removed_count == 0

    def test_a_full_disk_does_not_hide_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        machine = self.machine(monkeypatch)
        machine.calls.fail("storage.append_line", NoSpaceError(SUCCESS), times=None)
        assert machine.back_up().kept_count == 1
        assert "it cannot be written down that" in machine.said()


def test_what_another_target_proved_is_not_proven_at_this_one() -> None:
    """Nor what an earlier version proved, which wrote no number: the address says nothing of the disk there."""
    for where, note in (("1234", "memory:/target"), ("", "memory:/target"), ("", "/mnt/old")):
        machine = backed_up()
        known = machine.records.ledger_of_day(TODAY).entries[PATH]
        machine.records.add(attrs.evolve(known, where=where, note=note))
        assert clean(machine).removed_count == 1
        assert list(machine.ready()) == [str(PATH)]
        assert machine.back_up().synced_count == 1, "and it is proven again"
        assert clean(machine).removed_count == 1


@pytest.mark.parametrize(
    ("when", "recheck_days", "is_found"),
    [
        ("2025-05-28T15:39:00+00:00", 30, False),
        ("2025-04-29T15:39:00+00:00", 30, False),
        ("2025-04-28T15:39:00+00:00", 30, True),
        ("2025-05-28T15:39:00+00:00", 0, True),
        ("2025-05-28T15:41:00+00:00", 30, True),  # read in the future: the clock was wrong then, or is now
        ("2025-05-28T15:39:00", 30, True),
        ("yesterday", 30, True),
    ],
)
def test_content_is_looked_at_where_it_was_read_back_long_ago(when: str, recheck_days: float, is_found: bool) -> None:
    """Disks rot: the size of a file says nothing of that."""
    machine = backed_up()
    known = machine.records.ledger_of_day(TODAY).entries[PATH]
    machine.records.add(attrs.evolve(known, when=when))
    machine.transfer.remote[PATH] = (b"fiRst", machine.transfer.remote[PATH][1])
    assert clean(machine, recheck_days=recheck_days).removed_count == (1 if is_found else 2)
    if is_found:
        assert kind_of(machine) is ProofKind.WITHDRAWN


def test_a_file_of_the_same_size_and_time_is_proven_again() -> None:
    """As `cp -p` makes it: other content here, and the proof was of the old one."""
    machine = backed_up()
    node = machine.storage.tree.file(READY / PATH)
    machine.storage.tree.discard(READY / PATH)
    machine.storage.put(READY / PATH, b"FIRST", mtime_ns=node.mtime_ns)
    assert clean(machine).removed_count == 1
    assert machine.ready() == {str(PATH): b"FIRST"}
    assert machine.back_up().synced_count == 1
    assert machine.transfer.remote[PATH][0] == b"FIRST"
    assert (PATH, b"first") in machine.transfer.replaced
    assert clean(machine).removed_count == 1


def test_nothing_is_asked_where_nothing_goes() -> None:
    """A pass that has nothing to do leaves the target asleep."""
    machine = backed_up()
    clean(machine, KeepDays(7))
    assert looks(machine) == []


def test_what_is_lost_by_a_rule_needs_no_look() -> None:
    machine = Machine()
    machine.wait(FIRST, minutes_ago=600)
    machine.wait(SECOND, minutes_ago=500)
    machine.wait("ROST1_20250528T142000.mkv", minutes_ago=400)
    assert clean(machine, MaxBytes(15, may_lose=True)).removed_count == 1
    assert looks(machine) == []


def test_what_a_rule_takes_is_looked_at_if_it_is_proven() -> None:
    machine = backed_up()
    machine.transfer.remote.clear()
    assert clean(machine, MaxBytes(0)).removed_count == 0
    assert kind_of(machine) is kind_of(machine, OTHER) is ProofKind.WITHDRAWN


class TestOffline:
    def test_the_recorded_proof_stands(self) -> None:
        """The card frees itself with the NAS offline, and nothing has to be written for that."""
        machine = backed_up()
        machine.transfer.evidence = "nothing is mounted"
        machine.storage.tree.volumes[PurePath("/")].capacity_bytes = 0
        report = clean(machine)
        assert (report.removed_count, report.unseen) == (2, "memory:/target: it is offline: nothing is mounted")
        assert not [
            call for call in machine.calls.log if call.operation in ("storage.write_text", "storage.append_line")
        ]

    def test_a_target_that_was_never_used_is_not_begun_by_cleanup(self) -> None:
        """Nothing is proven at it: backup_video marks it, and proves what is there."""
        machine = backed_up()
        machine.transfer.record = ""
        assert clean(machine).removed_count == 0
        assert machine.transfer.record == ""

    def test_a_number_that_changes_between_plan_and_look(self) -> None:
        """`backup_video --init-target` at the same time: what was planned was proven at the old number."""
        machine = backed_up()
        machine.calls.hook("transfer.ask", lambda: machine.transfer.mark(anew=True))
        assert clean(machine).removed_count == 0
        assert "proven at another target than the one that is meant now" in machine.said()
        for evidence in ("off", ""):
            machine = backed_up()
            machine.calls.hook("transfer.ask", partial(machine.transfer.mark, anew=True))
            machine.calls.hook("transfer.ask", partial(setattr, machine.transfer, "evidence", evidence))
            assert clean(machine).removed_count == 0
            assert kind_of(machine) is ProofKind.READ_BACK

    def test_what_was_gone_just_before_it_went_offline_is_withdrawn(self) -> None:
        """It may have been an emptied mount point: then the next backup finds it, and proves it again."""
        machine = backed_up()

        def vanish() -> None:
            del machine.transfer.remote[PATH]

        machine.calls.hook("transfer.look", vanish)
        off = lambda: setattr(machine.transfer, "evidence", "unmounted")  # noqa: E731
        machine.calls.hook("transfer.look", off, when=Phase.AFTER)
        report = clean(machine)
        assert (report.removed_count, report.problem_count) == (0, 2), "what lost one may have lost the other"
        assert "it is not at the target any more; its proof is withdrawn" in machine.said()
        assert kind_of(machine) is ProofKind.WITHDRAWN
        assert kind_of(machine, OTHER) is ProofKind.READ_BACK

    @pytest.mark.parametrize("is_noted_before", [True, False])
    def test_a_doubt_holds_when_it_goes_offline_between_two_batches(
        self, monkeypatch: pytest.MonkeyPatch, is_noted_before: bool
    ) -> None:
        """TRAP: only the first answer was looked at in the light of the doubt; all later batches went."""
        monkeypatch.setattr(target_look, "BATCH_FILES", 1)
        machine = backed_up()
        if is_noted_before:
            machine.storage.put(SUCCESS / DOUBT_NAME, b"its marker was away")
        else:
            machine.transfer.remote[PATH] = (b"worse", machine.transfer.remote[PATH][1])
        asked = MemoryTransfer.ask
        count = iter(range(9))

        def then_off(transfer: MemoryTransfer) -> TargetAnswer:
            transfer.evidence = "no route" if next(count) >= 2 else ""
            return asked(transfer)

        monkeypatch.setattr(MemoryTransfer, "ask", then_off)
        report = clean(machine)
        assert str(OTHER) in machine.ready()
        assert report.removed_count == (1 if is_noted_before else 0)
        assert "it is offline: no route; and when it was not, " in machine.said()
        assert report.unseen == ""

    def test_a_target_that_goes_off_while_the_doubt_is_settled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The doubt stays, and is told."""
        machine = backed_up()
        machine.storage.put(SUCCESS / DOUBT_NAME, b"its marker was away")
        asked = MemoryTransfer.ask
        count = iter(range(9))

        def then_off(transfer: MemoryTransfer) -> TargetAnswer:
            transfer.evidence = "no route" if next(count) >= 2 else ""
            return asked(transfer)

        monkeypatch.setattr(MemoryTransfer, "ask", then_off)
        assert clean(machine, MaxBytes(9)).removed_count == 1
        assert machine.storage.tree.file(SUCCESS / DOUBT_NAME).content == b"its marker was away"
        assert "and when it was not, its marker was away" in machine.said()

    def test_a_target_that_is_left_asleep_is_believed_no_more_than_one_that_is_off(self) -> None:
        """TRAP: --no-look let go what an offline target keeps: beside a doubt, and beside a damaged line."""
        machine = backed_up()
        machine.storage.put(SUCCESS / DOUBT_NAME, b"its marker was away")
        report = clean(machine, is_asked=False)
        assert (report.removed_count, report.problem_count) == (0, 2)
        assert "so says --no-look, and it was not asked; and when it was not, its marker was away" in machine.said()
        machine = backed_up()
        machine.calls.fail("storage.lock", StorageError(SUCCESS, "Read-only file system"))
        assert clean(machine, is_asked=False).removed_count == 0
        machine = backed_up()
        machine.storage.append_line(SUCCESS / f"{TODAY}.ledger", "torn")
        assert clean(machine, is_asked=False).removed_count == 0
        assert "its ledger has damaged lines" in machine.said()
        machine = backed_up()
        report = clean(machine, is_asked=False)
        assert (report.removed_count, report.problem_count) == (2, 0)
        assert "so says --no-look" in report.unseen
        assert looks(machine) == []

    def test_a_doubt_outlives_the_run(self) -> None:
        """The folder is deleted; the next run finds the machine switched off, and that is no reason to believe."""
        machine = backed_up()
        machine.transfer.problem = "the folder is not there"
        assert clean(machine).removed_count == 0
        machine.transfer.problem, machine.transfer.evidence = "", "no route"
        assert clean(machine).removed_count == 0
        assert clean(machine).removed_count == 0
        assert "it is offline: no route; and when it was not, the folder is not there" in machine.said()
        machine.transfer.evidence = ""
        machine.transfer.remote[PATH] = (b"worse", machine.transfer.remote[PATH][1])
        assert clean(machine).removed_count == 1, "all of it is read, although it was read back just now"
        machine.back_up()
        machine.transfer.evidence = "no route"
        assert clean(machine).removed_count == 1

    def test_a_doubt_that_cannot_be_read_is_one(self) -> None:
        machine = backed_up()
        machine.transfer.evidence = "no route"

        def fail(call: Call, phase: Phase) -> None:
            if call.operation == "storage.read_text" and DOUBT_NAME in str(call.arguments) and phase is Phase.BEFORE:
                raise StorageError(SUCCESS)

        machine.calls.watchers.append(fail)
        assert clean(machine).removed_count == 0
        assert "what was known of it cannot be read" in machine.said()

    def test_a_target_that_is_exchanged_meanwhile_is_in_doubt(self) -> None:
        machine = backed_up()
        machine.calls.hook("transfer.look", lambda: setattr(machine.transfer, "device", "another"))
        assert clean(machine).removed_count == 0
        assert "it was exchanged meanwhile" in machine.said()
        assert kind_of(machine) is ProofKind.READ_BACK

    def test_it_is_not_asked_again_and_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(target_look, "BATCH_FILES", 1)
        machine = backed_up()
        machine.transfer.evidence = "it is off"
        assert clean(machine).removed_count == 2
        assert looks(machine) == ["transfer.ask"]

    def test_what_was_said_once_is_final_for_the_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It comes back with another disk while the first file is removed."""
        monkeypatch.setattr(target_look, "BATCH_FILES", 1)
        machine = backed_up()
        machine.transfer.problem = "it cannot be read"
        asked = MemoryTransfer.ask

        def once(transfer: MemoryTransfer) -> TargetAnswer:
            answer = asked(transfer)
            transfer.problem = ""
            return answer

        monkeypatch.setattr(MemoryTransfer, "ask", once)
        assert clean(machine).removed_count == 0
        assert looks(machine) == ["transfer.ask"]

    def test_one_file_of_which_nothing_is_said_is_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An error of its own there: not withdrawn, and not removed."""
        machine = backed_up()
        seen = type(machine.transfer).look
        monkeypatch.setattr(
            type(machine.transfer),
            "look",
            lambda self, files, **rest: {p: s for p, s in seen(self, files, **rest).items() if p != PATH},
        )
        report = clean(machine)
        assert (report.removed_count, report.problem_count) == (1, 1)
        assert kind_of(machine) is ProofKind.READ_BACK
        assert "the target does not tell whether it still has the file" in machine.said()


def lose_folder(machine: Machine) -> None:
    machine.transfer.remote.clear()


class TestDoubtOfTheWholeTarget:
    """What lost one file may have lost all; then it is switched off."""

    def off(self, machine: Machine) -> None:
        machine.transfer.problem, machine.transfer.evidence = "", "no route"

    def test_all_that_is_here_is_looked_for_when_one_file_is_gone(self) -> None:
        """By cleanup itself: the proofs of those that no rule reaches are withdrawn too."""
        machine = backed_up()
        lose_folder(machine)
        assert clean(machine, MaxBytes(9)).removed_count == 0
        assert kind_of(machine) is kind_of(machine, OTHER) is ProofKind.WITHDRAWN
        assert machine.said().count("its proof is withdrawn") == 2
        assert machine.storage.tree.file(SUCCESS / DOUBT_NAME).content == b"", "all is known again"
        self.off(machine)
        assert clean(machine).removed_count == 0

    def test_a_look_at_one_file_ends_no_doubt(self) -> None:
        machine = backed_up()
        machine.transfer.problem = "the marker cannot be read"
        assert clean(machine, MaxBytes(9)).removed_count == 0
        machine.transfer.problem = ""
        machine.transfer.unreadable.add(OTHER)
        assert clean(machine, MaxBytes(9)).removed_count == 1
        self.off(machine)
        assert clean(machine).removed_count == 0
        machine.transfer.evidence = ""
        machine.transfer.unreadable.clear()
        assert clean(machine, MaxBytes(9)).removed_count == 0
        assert clean(machine).removed_count == 1

    def test_what_the_backup_found_is_a_doubt_too(self) -> None:
        machine = backed_up()
        machine.transfer.marker = ""
        machine.wait("ROST1_20250528T143000.mkv")
        assert machine.back_up().target_problem
        self.off(machine)
        assert clean(machine).removed_count == 0
        assert "its marker is missing" in machine.said()

    def test_a_backup_to_a_target_that_is_off_raises_none(self) -> None:
        machine = backed_up()
        self.off(machine)
        machine.wait("ROST1_20250528T143000.mkv")
        assert machine.back_up().target_problem
        assert clean(machine).removed_count == 2

    def test_a_target_that_is_marked_anew_is_not_in_doubt(self) -> None:
        machine = backed_up()
        machine.transfer.problem = "the marker cannot be read"
        clean(machine)
        machine.transfer.problem = ""
        machine.back_up(may_begin=True)
        self.off(machine)
        assert clean(machine).removed_count == 2

    def test_no_room_for_words(self) -> None:
        """A file without content says it."""
        machine = backed_up()
        machine.calls.fail("storage.write_text", NoSpaceError(SUCCESS))
        machine.transfer.problem = "the marker cannot be read"
        assert clean(machine).removed_count == 0
        self.off(machine)
        assert clean(machine).removed_count == 0
        assert "there was no room to write down why" in machine.said()
        machine.transfer.evidence = ""
        assert clean(machine).removed_count == 2
        assert machine.storage.tree.find(SUCCESS / IN_DOUBT_NAME) is None

    def test_nothing_can_be_written(self) -> None:
        """What was seen in the run before could not be written either."""
        machine = backed_up()
        self.off(machine)
        machine.calls.fail("storage.lock", StorageError(SUCCESS, "Read-only file system"))
        assert clean(machine).removed_count == 0
        assert "nothing can be written down" in machine.said()

    def test_what_another_run_writes_can_be_written(self) -> None:
        machine = backed_up()
        self.off(machine)
        machine.calls.fail("storage.lock", BusyError(SUCCESS / DOUBT_NAME))
        assert clean(machine).removed_count == 2

    def test_a_damaged_line_may_be_a_withdrawal(self) -> None:
        machine = backed_up()
        machine.storage.append_line(SUCCESS / f"{TODAY}.ledger", "torn")
        self.off(machine)
        assert clean(machine).removed_count == 0
        assert "its ledger has damaged lines" in machine.said()
        machine.transfer.evidence = ""
        assert clean(machine).removed_count == 2

    @pytest.mark.parametrize("operation", ["storage.listing", "storage.append_line"])
    def test_what_cannot_be_settled_stays_in_doubt(self, operation: str) -> None:
        machine = backed_up()
        lose_folder(machine)
        machine.transfer.remote[OTHER] = (b"second", 1)
        look_count = 0

        def arm() -> None:
            nonlocal look_count
            look_count += 1
            machine.calls.fail(operation, StorageError(SUCCESS, "Input/output error"), times=None)

        machine.calls.hook("transfer.look", arm, when=Phase.AFTER)
        clean(machine, MaxBytes(9))
        assert look_count
        assert machine.storage.tree.file(SUCCESS / DOUBT_NAME).content


class TestDoubt:
    """The marker is missing or another one, the folder is gone, an error: what is proven stays, on a full card too."""

    def machine(self, free_percent: int) -> Machine:
        machine = backed_up()
        used = 10_000_000
        machine.storage.put(PurePath("/pi/ballast"), b"x" * used)
        machine.storage.tree.volumes[PurePath("/")].capacity_bytes = used * 100 // (100 - free_percent)
        return machine

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"marker": "1234"}, "it is another target than before: its marker says 1234, expected 5f8dd4a2-"),
            ({"marker": ""}, "its marker is missing"),
            ({"problem": "Structure needs cleaning"}, "Structure needs cleaning"),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("free_percent", [20, 1])
    def test_what_is_proven_is_kept(self, change: dict[str, str], told: str, free_percent: int) -> None:
        """Said once, not for each file; not withdrawn, because the disk may come back."""
        machine = self.machine(free_percent)
        for name, value in change.items():
            setattr(machine.transfer, name, value)
        report = clean(machine)
        assert (report.removed_count, report.problem_count) == (0, 2)
        assert machine.said().count("kept") == 1
        assert told in machine.said()
        assert kind_of(machine) is ProofKind.READ_BACK
        machine.transfer.marker, machine.transfer.problem = FIRST_NUMBER, ""
        assert clean(machine).removed_count == 2

    def test_a_target_that_tells_nothing_of_any_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its marker can be read and nothing else: its disk may be failing, and the copies here be the only ones."""
        machine = self.machine(free_percent=20)
        monkeypatch.setattr(type(machine.transfer), "look", lambda *_, **__: {})
        report = clean(machine)
        assert (report.removed_count, report.problem_count) == (0, 2)
        assert "it answers, and says nothing of its files" in machine.said()
        assert kind_of(machine) is ProofKind.READ_BACK

    def test_files_that_another_cleanup_removed_meanwhile_raise_no_doubt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        machine = self.machine(free_percent=20)

        def vanish(*_: object, **__: object) -> dict[PurePosixPath, Sight]:
            for path in (PATH, OTHER):
                machine.storage.tree.discard(READY / path)
            return {}

        monkeypatch.setattr(type(machine.transfer), "look", vanish)
        report = clean(machine)
        assert "what is proven is kept" not in machine.said()
        assert report.removed_count == 0

    def test_a_target_that_is_exchanged_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        machine = self.machine(free_percent=20)
        machine.calls.hook("transfer.look", lambda: setattr(machine.transfer, "marker", "1234"))
        assert clean(machine).removed_count == 0


def test_a_withdrawal_that_cannot_be_written_keeps_the_file_all_the_same() -> None:
    machine = backed_up()
    machine.transfer.remote.clear()
    machine.calls.fail("storage.append_line", NoSpaceError(SUCCESS), times=None)
    report = clean(machine)
    assert (report.removed_count, report.problem_count) == (0, 2)
    assert "cannot be written down" in machine.said()
    assert len(machine.ready()) == 2


def test_a_stop_is_a_stop() -> None:
    machine = backed_up()
    machine.calls.hook("transfer.look", machine.cancel.request)
    with pytest.raises(Cancelled):
        clean(machine)
    assert len(machine.ready()) == 2


def test_batches_are_small_in_number_and_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked at is removed before the next are looked at."""
    monkeypatch.setattr(target_look, "_BATCH_BYTES", 6)
    machine = backed_up()
    clean(machine)
    assert looks(machine).count("transfer.look") == 2


def damaged(calls: Calls) -> Machine:
    """One file is as it should be at the target, one is gone."""
    machine = Machine(calls)
    machine.wait(FIRST, b"first")
    machine.wait(SECOND, b"second")
    machine.back_up()
    del machine.transfer.remote[PATH]
    machine.reporter = MemoryReporter()
    calls.log.clear()
    return machine


def nothing_is_lost(machine: Machine) -> bool:
    everything = {content for path, content in machine.storage.files().items() if path.suffix == ".mkv"}
    return everything | {content for content, _ in machine.transfer.remote.values()} >= {b"first", b"second"}


def settle(machine: Machine) -> None:
    clean(machine)
    machine.back_up()
    clean(machine)


def restart(machine: Machine) -> None:
    machine.storage.restart()
    machine.clock.advance(2 * 3600)  # what a run that was cut off left behind is removed an hour later
    machine.cancel = MemoryCancellation()


@pytest.mark.no_cover  # hundreds of runs of the same lines
def test_cut_off_everywhere(every: int) -> None:
    """Whatever happens, no footage is lost, and in the end all of it is at the target and gone here."""
    found = explore(
        damaged,
        settle,
        snapshot=lambda machine: (machine.ready(), {content for content, _ in machine.transfer.remote.values()}),
        invariants={"no footage is lost": nothing_is_lost},
        restart=restart,
        stop=lambda machine: machine.cancel.request(),
        errors=(io_error, no_space),
        pairs=20,
        every=every,
    )
    assert found.cut_count >= 40 / every


def test_each_kept_file_is_an_event() -> None:
    machine = backed_up()
    machine.transfer.remote.clear()
    clean(machine)
    assert [event.path for event in machine.reporter.of(ProvenSegmentKept)] == [READY / PATH, READY / OTHER]


def test_a_withdrawn_proof_is_that_of_this_file_only() -> None:
    """Another file of the name was proven meanwhile: the last line counts, and it is for that one."""
    machine = backed_up()
    entry = machine.records.ledger_of_day(TODAY).entries[PATH]
    withdrawn = LedgerEntry(PATH, FileIdentity(1, 1), entry.sha256, ProofKind.WITHDRAWN, entry.when, entry.where)
    machine.records.add(withdrawn)
    machine.records.add(entry)
    assert clean(machine).removed_count == 2


def test_the_word_of_an_error_is_for_people() -> None:
    assert str(TargetError("nas", "it does not answer")) == "nas: it does not answer"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RecordedTarget("a-number"), ("a-number", 0)),
        (NoRecordedTarget(), ("", 0)),
        (UnreadableTarget("/logs/.camvault-target: Is a directory"), ("", 1)),
    ],
)
def test_a_record_that_cannot_be_read_is_a_problem_and_one_that_is_not_there_is_none(
    wanted: WantedTarget, expected: tuple[str, int]
) -> None:
    machine = Machine(Calls())
    ports = CleanupPorts(storage=machine.storage, clock=machine.clock, reporter=machine.reporter, cancel=machine.cancel)
    assert recorded_number(wanted, ports=ports) == expected
    assert machine.said().count("which target is meant cannot be read: /logs") == expected[1]
