"""What is written here must not appear at the target: a nonce is made, looked for, and leaves nothing behind."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest
from pytest_mock import MockerFixture

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import Call, MemoryClock, Phase, PowerCut
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.core.retention.rules import KeepDays
from camvault.core.segments.ledger import ProofKind
from camvault.core.workflows.recording.cleanup import CleanupPorts, free_space, look_at, plan_cleanup
from camvault.core.workflows.recording.cleanup.preview import preview
from camvault.core.workflows.steps.alias_check import NONCE_PREFIX, RECORD_PREFIX, AliasCheck
from camvault.ports.errors import DeniedError, NoSpaceError, NotFoundError, StorageError
from camvault.ports.transfer import Sight
from camvault.ports.witness import Sameness
from tests.recording.segments.conftest import FOOTAGE, Pi
from tests.recording.segments.helpers import READY, SUCCESS, TODAY, Machine

FIRST = "ROST1_20250528T140000.mkv"
SECOND = "ROST1_20250528T141000.mkv"
PATH = PurePosixPath("ROST1", TODAY, FIRST)
FOLDER = PATH.parent


def leftovers(machine: Machine) -> list[str]:
    """Nonces, and records of them."""
    return [path.name for path in machine.storage.files() if path.name.startswith((NONCE_PREFIX, RECORD_PREFIX))]


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    machine.wait(FIRST, b"first")
    machine.wait(SECOND, b"second")
    return machine


@pytest.fixture
def proven(machine: Machine) -> Machine:
    assert machine.back_up().synced_count == 2
    machine.calls.log.clear()
    return machine


def check_of(machine: Machine) -> AliasCheck:
    return AliasCheck(READY, SUCCESS, machine.storage, machine.clock)


def test_a_union_with_the_footage_as_a_layer_proves_nothing(machine: Machine) -> None:
    """Each file is found equal to itself, under another inode."""
    machine.transfer.shows = READY
    report = machine.back_up()
    assert "what is written to ROST1/2025-05-28 here appears at the target" in report.target_problem
    assert report.synced_count == 0
    assert machine.records.ledger_of_day(TODAY).entries == {}
    assert leftovers(machine) == []


def test_a_target_that_shows_the_footage_since_it_was_proven_lets_nothing_go(proven: Machine) -> None:
    proven.transfer.remote.clear()
    proven.transfer.shows = READY / FOLDER
    report = proven.clean()
    assert (report.removed_count, report.problem_count) == (0, 2)
    assert "it shows the same files" in proven.said()
    assert proven.records.ledger_of_day(TODAY).entries[PATH].kind is ProofKind.READ_BACK
    assert leftovers(proven) == []


def test_one_nonce_for_each_folder_of_a_run_that_sends_and_one_for_each_batch_that_goes(machine: Machine) -> None:
    def made() -> list[str]:
        paths = [str(call.arguments[0]) for call in machine.calls.log if call.operation == "storage.lock"]
        return [path for path in paths if NONCE_PREFIX in path]

    machine.back_up()
    assert len(made()) == 1
    machine.clean()
    assert len(made()) == 2
    assert leftovers(machine) == []
    assert machine.ready() == {}


def test_a_dry_run_makes_none(proven: Machine) -> None:
    """And asks the target all the same."""
    ports = CleanupPorts(storage=proven.storage, clock=proven.clock, reporter=proven.reporter, cancel=proven.cancel)
    del proven.transfer.remote[PATH]
    number, records = proven.transfer.wanted().number, proven.records
    look = look_at(proven.transfer, READY, records=records, ports=ports, is_preview=True)
    plan = plan_cleanup(READY, records=records, rules=[KeepDays()], ports=ports, number=number)
    printed = list(preview(plan, target=look, reporter=proven.reporter))
    assert printed[-1] == "[remove] would delete 1 files, 6 bytes"
    makers = ("storage.lock", "storage.append_line", "transfer.apart")
    assert not [call for call in proven.calls.log if call.operation in makers]


class TestUnion:
    """A nonce may be elsewhere than the files: the target is asked of each file."""

    def test_one_file_in_both_proves_nothing(self, machine: Machine) -> None:
        machine.transfer.union[PATH] = Sameness.ONE
        report = machine.back_up()
        assert "what is written to it appears in ROST1/2025-05-28 here" in report.target_problem
        assert machine.records.ledger_of_day(TODAY).entries == {}

    def test_one_file_in_both_since_it_was_proven_lets_nothing_go(self, proven: Machine) -> None:
        """Nor is the target believed when it is off, until all was found there again."""
        proven.transfer.union[PATH] = Sameness.ONE
        assert proven.clean().removed_count == 0
        assert "removes them in both places, and it is no second copy" in proven.said()
        assert proven.records.ledger_of_day(TODAY).entries[PATH].kind is ProofKind.READ_BACK
        proven.transfer.evidence = "it is not mounted"
        assert proven.clean().removed_count == 0
        proven.transfer.evidence = ""
        proven.transfer.union.clear()
        assert proven.clean().removed_count == 2

    def test_where_it_cannot_be_told_the_file_is_sent_and_waits(self, machine: Machine) -> None:
        """The others are proven."""
        machine.transfer.union[PATH] = Sameness.UNSURE
        report = machine.back_up()
        assert (report.synced_count, report.kept_count, report.target_problem) == (1, 1, "")
        assert "whether the target's file is in it too cannot be told: the target should be a folder" in machine.said()
        assert PATH in machine.transfer.remote

    @pytest.mark.parametrize("is_silent", [False, True])
    def test_where_it_cannot_be_told_any_more_the_file_stays(
        self, proven: Machine, mocker: MockerFixture, is_silent: bool
    ) -> None:
        """Also a target that says nothing of it in time."""
        proven.transfer.union[PATH] = Sameness.UNSURE
        if is_silent:
            mocker.patch.object(MemoryTransfer, "apart", return_value={PATH.with_name(SECOND): Sameness.TWO})
        report = proven.clean()
        assert (report.removed_count, report.problem_count) == (1, 1)
        assert "whether the target's file is in it too cannot be told" in proven.said()
        assert proven.records.ledger_of_day(TODAY).entries[PATH].kind is ProofKind.READ_BACK

    def test_no_room_for_a_nonce_is_no_reason_to_let_it_go(self, proven: Machine) -> None:
        proven.transfer.union[PATH] = Sameness.UNSURE
        proven.calls.fail("storage.lock", NoSpaceError(READY))
        assert proven.clean().removed_count == 1
        assert (READY / PATH) in proven.storage.files(READY)


class TestUntold:
    """Where it cannot be told, nothing is proven, and nothing goes; but the rest goes on."""

    def test_a_folder_that_takes_no_file(self, machine: Machine) -> None:
        """A read-only card is sent, and nothing of it is proven."""

        def refuse(call: Call, _: Phase) -> None:
            if call.operation == "storage.lock" and NONCE_PREFIX in str(call.arguments):
                raise DeniedError(READY / FOLDER)

        machine.calls.watchers.append(refuse)
        report = machine.back_up()
        assert (report.synced_count, report.kept_count, report.target_problem) == (0, 2, "")
        assert "whether the target shows the same files cannot be told" in machine.said()
        assert len(machine.transfer.remote) == 2

    @pytest.mark.parametrize("error", [DeniedError(READY), StorageError(READY), NotFoundError(READY)], ids=str)
    def test_a_nonce_that_cannot_be_made(self, proven: Machine, error: StorageError) -> None:
        proven.calls.fail("storage.lock", error)
        assert proven.clean().removed_count == 0
        assert "the target does not tell whether it still has the file, as one of its own" in proven.said()
        assert proven.records.ledger_of_day(TODAY).entries[PATH].kind is ProofKind.READ_BACK
        assert proven.clean().removed_count == 2

    def test_no_room_for_a_nonce_frees_the_card_all_the_same(self, proven: Machine) -> None:
        """As it was told when the files were proven."""
        proven.calls.fail("storage.lock", NoSpaceError(READY))
        assert proven.clean().removed_count == 2

    def test_no_room_for_a_nonce_proves_nothing(self, machine: Machine) -> None:
        machine.calls.hook(
            "transfer.push", lambda: machine.calls.fail("storage.lock", NoSpaceError(READY)), when=Phase.AFTER
        )
        report = machine.back_up()
        assert (report.synced_count, report.kept_count) == (0, 2)
        assert machine.back_up().synced_count == 2

    def test_a_nonce_that_somebody_removes_meanwhile(self, proven: Machine) -> None:
        """It is missing at the target because it is missing here."""

        def vanish() -> None:
            for path in list(proven.storage.files(READY)):
                if path.name.startswith(NONCE_PREFIX):
                    proven.storage.tree.discard(path)

        proven.calls.hook("transfer.look", vanish)
        assert proven.clean().removed_count == 0

    def test_a_nonce_that_vanishes_as_soon_as_it_is_made(self, proven: Machine) -> None:
        check = check_of(proven)

        def vanish() -> None:
            for path in list(proven.storage.files(READY)):
                if path.name.startswith(NONCE_PREFIX):
                    proven.storage.tree.discard(path)

        proven.calls.hook("storage.entry", vanish)
        with check.nonces([FOLDER]) as nonces:
            assert nonces.files == ()
            assert "it vanished" in nonces.unmade[FOLDER]

    def test_what_was_looked_at_without_nonces_goes_as_it_is_found(self, proven: Machine) -> None:
        """A look for a preview leaves no file behind, whoever uses it."""
        ports = CleanupPorts(storage=proven.storage, clock=proven.clock, reporter=proven.reporter, cancel=proven.cancel)
        records, number = proven.records, proven.transfer.wanted().number
        look = look_at(proven.transfer, READY, records=records, ports=ports, is_preview=True)
        report = free_space(READY, records=records, rules=[KeepDays()], ports=ports, number=number, look=look)
        assert report.removed_count == 2
        assert not [call for call in proven.calls.log if call.operation == "storage.lock"]

    def test_a_nonce_that_vanishes_before_it_is_looked_at(self, proven: Machine) -> None:
        check = check_of(proven)
        with check.nonces([FOLDER]) as nonces:
            assert nonces.answer({}, here=nonces.files).untold == {
                FOLDER: "whether the target shows the same files as the folder here cannot be told"
            }
            gone = {file.path: Sight.GONE for file in nonces.files}
            assert nonces.answer(gone, here=nonces.files).untold == {}
            assert FOLDER in nonces.answer(gone, here=()).untold


class TestLeftovers:
    def cut_off(self, machine: Machine) -> None:
        """A run that ended between making and removing."""

        def cut() -> None:
            raise PowerCut

        machine.calls.hook("transfer.look", cut)
        with pytest.raises(PowerCut):
            machine.clean()
        machine.restart()
        machine.calls.watchers.clear()
        assert len(leftovers(machine)) == 2

    def test_a_later_run_removes_what_is_recorded(self, proven: Machine) -> None:
        """Not what may be of a run that still works, and nothing without a record, whatever its name."""
        self.cut_off(proven)
        foreign = READY / FOLDER / f"{NONCE_PREFIX}20250528T000000Z-1"
        proven.storage.put(foreign, b"")
        proven.storage.put(SUCCESS / f"{RECORD_PREFIX}notes", b"ROST1\n")
        check_of(proven).clear()
        assert len(leftovers(proven)) == 4
        proven.clock.advance(3601)
        proven.back_up()
        assert sorted(leftovers(proven)) == [foreign.name, f"{RECORD_PREFIX}notes"]

    def test_a_file_of_that_name_that_is_not_empty_is_none_of_ours(self, proven: Machine) -> None:
        self.cut_off(proven)
        (nonce,) = (path for path in proven.storage.files(READY) if path.name.startswith(NONCE_PREFIX))
        proven.storage.put(nonce, b"footage")
        proven.clock.advance(3601)
        check_of(proven).clear()
        assert proven.storage.content(nonce) == b"footage"

    def test_what_cannot_be_removed_keeps_its_record(self, proven: Machine) -> None:
        self.cut_off(proven)
        proven.clock.advance(3601)
        proven.calls.fail("storage.remove", StorageError(READY))
        check_of(proven).clear()
        assert len(leftovers(proven)) == 2
        check_of(proven).clear()
        assert leftovers(proven) == []

    def test_a_nonce_that_cannot_be_removed_at_once_is_removed_at_the_end(self, proven: Machine) -> None:
        proven.calls.fail("storage.remove", StorageError(READY))
        assert proven.clean().removed_count == 2
        assert leftovers(proven) == []
        assert proven.ready() == {}

    @pytest.mark.parametrize("operation", ["storage.listing", "storage.read_text"])
    def test_records_that_cannot_be_read_stop_nothing(self, proven: Machine, operation: str) -> None:
        self.cut_off(proven)
        proven.clock.advance(3601)
        proven.calls.fail(operation, StorageError(SUCCESS))
        check_of(proven).clear()
        assert len(leftovers(proven)) == 2

    def test_an_end_that_fails_stops_nothing(self, proven: Machine) -> None:
        """The record stays for a later run; the second run has the same time, and the same name for it."""
        seen: list[str] = []

        def fail_at_the_record() -> None:
            last = proven.calls.log[-1]
            if RECORD_PREFIX in str(last.arguments[0]):
                seen.append(str(last))
                raise StorageError(SUCCESS)

        proven.calls.hook("storage.entry", fail_at_the_record, times=None)
        proven.wait("ROST1_20250528T150000.mkv", b"third")
        assert proven.back_up().synced_count == 1
        assert proven.clean().removed_count == 3
        assert len(seen) == 2
        assert len(leftovers(proven)) == 1

    def test_a_disk_of_records_that_is_full(self, proven: Machine) -> None:
        """No record, and nothing is left all the same."""
        proven.calls.fail("storage.append_line", NoSpaceError(SUCCESS), times=None)
        assert proven.clean().removed_count == 2
        assert leftovers(proven) == []


@pytest.fixture
def union(tmp_path: Path) -> Iterator[Path]:
    """An empty folder that becomes a mount point, and is unmounted."""
    point = tmp_path / "union"
    point.mkdir()
    yield point
    subprocess.run(["umount", point], check=False, stderr=subprocess.DEVNULL)


def overlay(*, lower: Path, upper: Path, point: Path) -> None:
    """Mount a union; its upper layer is on a disk of memory, as the root file system may be a union itself."""
    upper.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", upper], check=True)
    for name in ("data", "work"):
        (upper / name).mkdir()
    options = f"lowerdir={lower},upperdir={upper / 'data'},workdir={upper / 'work'}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, point], check=True)


@pytest.mark.parametrize("part", ["", "ROST1"])
def test_the_footage_as_a_layer_of_a_real_union(pi: Pi, tmp_path: Path, union: Path, part: str) -> None:
    """READY, or the folder of a station in it, is the lower layer: it was "read back", and gone on both sides."""
    path = pi.wait(FIRST)
    pi.wait(SECOND)
    lower = tmp_path / "card"
    subprocess.run(["mount", "--mkdir", "-t", "tmpfs", "none", lower], check=True)
    point = union.parent / "nas" / part if part else union
    try:
        subprocess.run(["cp", "-a", f"{pi.ready}/.", lower], check=True)
        subprocess.run(["mount", "--bind", lower, pi.ready], check=True)
        if part:
            pi.nas = str(union.parent / "nas")
            point.mkdir(parents=True)
        else:
            pi.nas = str(union)
        overlay(lower=lower / part, upper=tmp_path / "upper", point=point)
        done = pi.run("backup_video")
        assert done.code == 3, done
        assert "appears at the target" in done.err
        assert pi.run("cleanup_video").out == "[remove] deleted 0 files\n"
        assert path.read_bytes() == FOOTAGE
        assert not list(pi.ready.rglob(f"{NONCE_PREFIX}*"))
        assert not list(pi.logs.glob(f"{RECORD_PREFIX}*"))
    finally:
        for place in (point, pi.ready, tmp_path / "upper", lower):
            subprocess.run(["umount", place], check=False, stderr=subprocess.DEVNULL)


def test_the_same_storage_on_a_real_disk(tmp_path: Path) -> None:
    """An empty file, one after the other, and nothing is left."""
    ready, logs = tmp_path / "ready", tmp_path / "logs"
    (ready / FOLDER).mkdir(parents=True)
    logs.mkdir()
    check = AliasCheck(ready, logs, LocalStorage(), MemoryClock(datetime(2025, 5, 28, tzinfo=UTC)))
    for _ in range(2):
        with check.nonces([FOLDER, FOLDER]) as nonces:
            (file,) = nonces.files
            assert (ready / file.path).read_bytes() == b""
            assert len(list(logs.iterdir())) == 1
        assert list((ready / FOLDER).iterdir()) == []
    check.end()
    assert list(logs.iterdir()) == []
