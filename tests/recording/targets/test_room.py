"""What makes room for a record, what stays whatever a clock says, and what is said of records that are not believed."""

from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest

from camvault.adapters.memory import MemoryClock
from camvault.core.retention.rules import MaxDays, Safety, plan_retention
from camvault.core.segments.ledger import Ledger, ProofKind
from camvault.core.segments.lifecycle import SegmentState
from camvault.core.workflows.recording.backup import BackupFolders
from camvault.core.workflows.recording.backup.results import Results
from camvault.core.workflows.recording.cleanup.footage import stored_footage
from camvault.core.workflows.steps.ledger_files import is_same_device
from camvault.core.workflows.steps.segment_states import SegmentStates
from camvault.ports.entries import FileEntry, FileIdentity
from camvault.ports.errors import NoSpaceError, StorageError
from tests.recording.segments.helpers import LOCKS, READY, SUCCESS, TODAY, Machine

NAMES = tuple(f"ROST1_20250528T14{minute:02}00.mkv" for minute in range(5))
PATHS = tuple(PurePosixPath("ROST1", TODAY, name) for name in NAMES)


def machine_of(*, is_split: bool) -> Machine:
    """Five segments wait; the records may be on a disk of their own."""
    machine = Machine()
    for number, name in enumerate(NAMES):
        machine.wait(name, b"footage", minutes_ago=100 - number)
    if is_split:
        machine.storage.mount(SUCCESS, name="records")
    return machine


def no_room(machine: Machine, *, times: int | None) -> None:
    machine.calls.fail("storage.append_line", NoSpaceError(SUCCESS), times=times)


class TestRoomForAProof:
    def test_another_full_disk_of_the_records_removes_nothing(self) -> None:
        """READY has all the room there is, and lost all of it at once, without a line in the ledger."""
        machine = machine_of(is_split=True)
        no_room(machine, times=None)
        report = machine.back_up()
        assert (report.synced_count, report.kept_count) == (0, 5)
        assert len(machine.ready()) == 5
        assert "cannot be written down" in machine.said()
        assert "removed" not in machine.said()

    def test_on_the_same_disk_one_removal_that_does_not_help_is_the_last(self) -> None:
        """The room is not what is missing: a quota, say, or no inode."""
        machine = machine_of(is_split=False)
        no_room(machine, times=None)
        report = machine.back_up()
        assert (report.synced_count, report.kept_count) == (1, 4)
        assert len(machine.ready()) == 4
        assert machine.said().count("was removed here to make room for the record of that") == 1
        assert len(machine.transfer.remote) == 5

    def test_on_the_same_disk_the_proven_file_makes_the_room(self) -> None:
        machine = machine_of(is_split=False)
        machine.calls.hook("transfer.prove", lambda: no_room(machine, times=2))  # the second one after the reserve went
        assert machine.back_up().synced_count == 5
        assert len(machine.ready()) == 4
        assert len(machine.records.ledger_of_day(TODAY).entries) == 5

    def test_a_target_that_went_away_meanwhile_makes_none(self) -> None:
        machine = machine_of(is_split=False)
        machine.calls.hook("transfer.prove", lambda: no_room(machine, times=None))
        asked: list[int] = []

        def away() -> None:
            asked.append(1)
            if len(asked) > 2:
                machine.transfer.problem = "it does not answer"

        machine.calls.hook("transfer.ask", away, times=None)
        assert machine.back_up().synced_count == 0
        assert len(machine.ready()) == 5

    def test_inv_12_what_the_life_of_a_segment_refuses_makes_none(self) -> None:
        machine = machine_of(is_split=False)
        file = machine.storage.entry(READY / PATHS[0])
        assert file is not None
        folders = BackupFolders(ready=READY, success=SUCCESS, lock=LOCKS)
        results = Results(folders, machine.backup_ports(), machine.records, number=machine.transfer.wanted().number)
        results.lives = SegmentStates({PATHS[0]: SegmentState.QUARANTINED})
        no_room(machine, times=None)
        assert "cannot be written down" in results.prove(file, "0" * 64, ProofKind.READ_BACK)
        assert len(machine.ready()) == 5

    def test_a_device_that_cannot_be_told_is_another_one(self) -> None:
        machine = machine_of(is_split=False)
        assert is_same_device(machine.storage, READY / PATHS[0], SUCCESS)
        machine.calls.fail("storage.device_of", StorageError(READY))
        assert not is_same_device(machine.storage, READY / PATHS[0], SUCCESS)


class TestRoomForALoss:
    @pytest.mark.parametrize("is_split", [True, False])
    def test_what_is_lost_is_written_down_first_where_its_removal_makes_no_room(self, is_split: bool) -> None:
        machine = machine_of(is_split=is_split)
        machine.clock.advance(40 * 86_400)
        no_room(machine, times=1)
        report = machine.clean(MaxDays(30, may_lose=True), safety=Safety(lost_percent=100))
        lost = [entry.kind for entry in machine.records.ledger_of_day(TODAY).entries.values()]
        assert len(lost) == report.removed_count == 5 - len(machine.ready())
        assert set(lost) == {ProofKind.LOST}
        assert (len(machine.ready()) > 0) is is_split


@pytest.mark.parametrize(("minutes_ago", "is_lost"), [(1, False), (50, False), (61, True)])
def test_the_last_hour_stays_by_the_latest_of_all_times(minutes_ago: float, is_lost: bool) -> None:
    """The name and the last write are of a clock that was years behind; the change of the file itself knows better."""
    clock, path = MemoryClock(datetime(2025, 5, 28, tzinfo=UTC)), PurePosixPath("A/2020-01-01/A_20200101T000500.mkv")
    now_s = clock.now().timestamp()
    identity = FileIdentity(7, 1_577_837_700 * 10**9, "8:1", 5, int((now_s - 60 * minutes_ago) * 1e9))
    segment = stored_footage(path, FileEntry(READY / path, identity), Ledger(), clock, number="")
    assert segment is not None
    rules, safety = [MaxDays(30, may_lose=True)], Safety(lost_percent=100)
    plan = plan_retention([segment], rules=rules, now_s=now_s, free_bytes=0, safety=safety)
    assert len(plan.victims) == is_lost


class TestRecordsThatAreNotBelieved:
    @pytest.mark.parametrize("job", ["backup", "remove"])
    def test_their_number_is_said_once(self, job: str) -> None:
        machine = machine_of(is_split=False)
        machine.back_up()
        for day in (TODAY, "2025-05-27", "2025-05-26", "2025-05-25"):
            path = PurePosixPath("ROST1", day, NAMES[0].replace("20250528", day.replace("-", "")))
            machine.storage.put(READY / path, b"footage", mtime_ns=machine.ns(100))
            ledger = SUCCESS / f"{day}.ledger"
            old = machine.storage.files().get(ledger, b"")
            machine.storage.put(ledger, b"torn\n" + old + b"torn")
        machine.reporter.events.clear()
        machine.back_up() if job == "backup" else machine.clean()
        told = f"[{job}] 8 line(s) of 2025-05-25.ledger, 2025-05-26.ledger, 2025-05-27.ledger, … in {SUCCESS}"
        assert machine.said().count(f"{told} are torn or damaged, and are not believed") == 1

    def test_nothing_is_said_of_whole_ones(self) -> None:
        machine = machine_of(is_split=False)
        machine.back_up()
        machine.clean()
        assert "not believed" not in machine.said()


def test_a_target_on_the_device_of_the_footage_is_said_once_a_run() -> None:
    machine = machine_of(is_split=False)
    machine.transfer.shares_device = True
    machine.back_up()
    machine.clean()
    told = "memory:/target is on the same device as /pi/ready: a second copy, but not on a second disk"
    assert machine.said().count(f"[backup] {told}") == machine.said().count(f"[remove] {told}") == 1


def test_init_target_marks_anew_although_nothing_waits() -> None:
    """It did nothing then, and said nothing."""
    machine = machine_of(is_split=False)
    machine.back_up()
    old = machine.transfer.wanted().number
    machine.reporter.events.clear()
    assert machine.back_up(may_begin=True).synced_count == 5
    assert machine.transfer.wanted().number != old
    assert (
        f"has the new number {machine.transfer.wanted().number}: what was proven at {old} is proven anew"
        in machine.said()
    )
    first = Machine()
    first.transfer.marker = first.transfer.record = ""
    assert not first.back_up(may_begin=True).target_problem
    assert first.transfer.wanted().number
