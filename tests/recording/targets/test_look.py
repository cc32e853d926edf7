"""Cleanup looks once more at the target: what is gone or different there is kept, withdrawn and sent again."""

from collections.abc import Sequence
from pathlib import PurePath, PurePosixPath
from typing import Any

import attrs
import pytest

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryReporter
from camvault.adapters.memory.explorer import explore, io_error, no_space
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.core.retention.rules import KeepDays, MaxBytes, Rule
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.recording import target as target_look
from camvault.core.workflows.recording.cleanup_plan import CleanupPorts
from camvault.core.workflows.recording.cleanup import CleanupReport, ProvenKept, free_space
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import Cancelled, NoSpaceError
from camvault.ports.transfer import EvidenceKind, Pushed, Sendable, Sight, TargetError
from tests.recording.segments.helpers import READY, SUCCESS, TODAY, Machine

FIRST = "ROST1_20250528T140000.mkv"
SECOND = "ROST1_20250528T141000.mkv"
PATH = PurePosixPath("ROST1", TODAY, FIRST)
OTHER = PurePosixPath("ROST1", TODAY, SECOND)


def clean(machine: Machine, *rules: Rule) -> CleanupReport:
    ports = CleanupPorts(storage=machine.storage, clock=machine.clock, reporter=machine.reporter, cancel=machine.cancel)
    return free_space(READY, records=machine.records, rules=rules, ports=ports, target=machine.transfer)


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
    machine.transfer.remote[PATH] = (b"worse", machine.transfer.remote[PATH][1])

    assert (clean(machine).removed_count == 0) is is_found

    if is_found:
        machine.back_up()
        assert machine.transfer.remote[PATH][0] == b"first"
        assert clean(machine).removed_count == 1


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


def test_content_is_looked_at_where_another_target_proved_it() -> None:
    machine = backed_up()
    known = machine.records.ledger_of_day(TODAY).entries[PATH]
    machine.records.add(attrs.evolve(known, where="/mnt/old"))
    machine.transfer.remote[PATH] = (b"worse", machine.transfer.remote[PATH][1])
    assert clean(machine).removed_count == 1
    assert list(machine.ready()) == [str(PATH)]


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


class TestNobodyCanLook:
    def test_the_recorded_proof_stands(self) -> None:
        """The card frees itself with the NAS offline, and nothing has to be written for that."""
        machine = backed_up()
        machine.transfer.is_there = False
        machine.storage.tree.volumes[PurePath("/")].capacity_bytes = 0
        report = clean(machine)
        assert (report.removed_count, report.unseen) == (2, "memory:/target: it is not mounted")

    def test_a_target_that_was_never_used_is_not_begun_by_cleanup(self) -> None:
        """The records are of an older version: backup_video marks it."""
        machine = backed_up()
        machine.transfer.is_known = False
        report = clean(machine)
        assert (report.removed_count, report.unseen) == (2, "memory:/target: it was not used before")
        assert not machine.transfer.is_known

    @pytest.mark.parametrize("word", ["another", ""])
    def test_a_target_that_vanishes_meanwhile(self, word: str) -> None:
        """What it said of the empty mount point is not believed: nothing is withdrawn."""
        machine = backed_up()

        def vanish() -> None:
            machine.transfer.remote.clear()
            machine.transfer.word = word
            machine.transfer.is_there = bool(word)

        machine.calls.hook("transfer.look", vanish)
        assert clean(machine).removed_count == 2
        assert kind_of(machine) is ProofKind.READ_BACK

    def test_it_is_not_asked_again_and_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(target_look, "BATCH_FILES", 1)
        machine = backed_up()
        machine.transfer.is_there = False
        assert clean(machine).removed_count == 2
        assert looks(machine) == ["transfer.check"]

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
        assert "nobody can tell whether it is still at the target" in machine.said()


class TestSomethingElseIsThere:
    """The marker is missing or another one: a disk that was exchanged, formatted, or not mounted behind ssh."""

    def machine(self, free_percent: int) -> Machine:
        machine = backed_up()
        machine.transfer.is_other = True
        used = 10_000_000
        machine.storage.put(PurePath("/pi/ballast"), b"x" * used)
        total = used * 100 // (100 - free_percent)
        volume = machine.storage.tree.volumes[PurePath("/")]
        volume.capacity_bytes = total
        return machine

    def test_what_is_proven_is_kept_while_there_is_room(self) -> None:
        """Said once, not for each file; not withdrawn, because the disk may come back."""
        machine = self.machine(free_percent=20)
        report = clean(machine)
        assert (report.removed_count, report.problem_count) == (0, 2)
        assert machine.said().count("kept") == 1
        assert "it is another target" in machine.said()
        assert kind_of(machine) is ProofKind.READ_BACK
        machine.transfer.is_other = False
        assert clean(machine).removed_count == 2

    def test_recording_goes_first_when_the_disk_is_nearly_full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The oldest goes, and no more than recording needs: the disk may come back, and what it held may not."""
        monkeypatch.setattr(target_look, "BATCH_FILES", 1)
        machine = self.machine(free_percent=6)
        spare = machine.storage.free_bytes(READY) - machine.storage.total_bytes(READY) * 5 // 100
        machine.storage.put(PurePath("/pi/more"), b"x" * (spare + 1))
        report = clean(machine)
        assert (report.removed_count, report.problem_count) == (1, 1)
        assert machine.ready() == {str(OTHER): b"second"}
        assert "it is another target" in machine.said()

    def test_a_target_that_tells_nothing_of_any_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its marker can be read and nothing else: its disk may be failing, and the copies here be the only ones."""
        machine = self.machine(free_percent=20)
        machine.transfer.is_other = False
        monkeypatch.setattr(type(machine.transfer), "look", lambda *_, **__: {})
        report = clean(machine)
        assert (report.removed_count, report.problem_count) == (0, 2)
        assert "it answers, and says nothing of its files" in machine.said()
        assert kind_of(machine) is ProofKind.READ_BACK

    def test_files_that_another_cleanup_removed_meanwhile_raise_no_doubt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        machine = self.machine(free_percent=20)
        machine.transfer.is_other = False

        def vanish(*_: object, **__: object) -> dict[PurePosixPath, Sight]:
            for path in (PATH, OTHER):
                machine.storage.tree.discard(READY / path)
            return {}

        monkeypatch.setattr(type(machine.transfer), "look", vanish)
        report = clean(machine)
        assert "kept, while there is room" not in machine.said()
        assert report.removed_count == 0

    def test_a_target_that_is_exchanged_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        machine = self.machine(free_percent=20)
        machine.transfer.is_other = False
        machine.calls.hook("transfer.look", lambda: setattr(machine.transfer, "is_other", True))
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
    machine.cancel = MemoryCancellation()


def test_cut_off_everywhere() -> None:
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
    )
    assert found.cut_count >= 40


def test_each_kept_file_is_an_event() -> None:
    machine = backed_up()
    machine.transfer.remote.clear()
    clean(machine)
    assert [event.path for event in machine.reporter.of(ProvenKept)] == [READY / PATH, READY / OTHER]


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
