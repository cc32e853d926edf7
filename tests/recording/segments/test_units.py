"""organize, backup and cleanup in memory: what is not proven is kept, and said so."""

from collections.abc import Sequence
from datetime import timedelta, timezone
from hashlib import sha256
from pathlib import PurePath, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from pytest_mock import MockerFixture

from camvault.adapters.memory import Phase
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.core.retention.rules import KeepDays, MaxBytes, MaxDays, MinFree, Safety
from camvault.core.segments.ledger import LedgerEntry, ProofKind, ledger_line, parse_ledger
from camvault.core.segments.lifecycle import SegmentState
from camvault.core.stations.site import Station
from camvault.core.workflows.recording.backup import BACKUP_LOCK_NAME, BackupFolders
from camvault.core.workflows.recording.backup.proving import Proving
from camvault.core.workflows.recording.backup.results import Results
from camvault.core.workflows.recording.backup.sending import Sending
from camvault.core.workflows.steps.alias_check import AliasCheck
from camvault.core.workflows.steps.apart_check import ApartCheck
from camvault.core.workflows.steps.date_tree import day_of
from camvault.core.workflows.steps.ledger_files import RESERVE_NAME, make_folder_if_possible
from camvault.core.workflows.steps.segment_states import SegmentStates
from camvault.core.workflows.steps.segment_step import StepRefused, StepRefusedError
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import (
    BusyError,
    Cancelled,
    DeniedError,
    ExistsError,
    NoSpaceError,
    NotFoundError,
    StorageError,
    UsageError,
)
from camvault.ports.transfer import EvidenceKind, Pushed, Sendable
from tests.recording.segments.helpers import LOCKS, OUT, QUARANTINE, READY, SUCCESS, TODAY, Machine

FIRST = "ROST1_20250528T140000.mkv"
SECOND = "ROST1_20250528T141000.mkv"
PATH = PurePosixPath("ROST1", TODAY, FIRST)


@pytest.fixture
def machine() -> Machine:
    return Machine()


class TestOrganize:
    def test_s09_only_finished_segments_move(self, machine: Machine) -> None:
        """Finished is: last written two segments ago."""
        machine.record(FIRST, minutes_ago=20)
        machine.record(SECOND, minutes_ago=19.9)
        machine.record("notes.txt")
        assert machine.organize().moved_count == 1
        assert machine.ready() == {f"ROST1/{TODAY}/{FIRST}": b"footage"}
        assert machine.storage.content(OUT / "ROST1" / SECOND) == b"footage"

    def test_each_camera_has_its_own_segment_time(self, machine: Machine) -> None:
        machine.record(FIRST, minutes_ago=20)
        assert machine.organize(Station("ROST1", OUT / "ROST1", 601)).moved_count == 0
        assert machine.organize(Station("ROST1", OUT / "ROST1", 600)).moved_count == 1

    @pytest.mark.parametrize("name", ["clip.mkv", "ROST1_20251399T000000.mkv"])
    def test_s09_a_name_without_a_date_takes_that_of_the_file(self, machine: Machine, name: str) -> None:
        """Impossible dates are none."""
        machine.record(name)
        machine.organize()
        assert machine.ready() == {f"ROST1/{TODAY}/{name}": b"footage"}
        assert f"[organize][WARN] Could not extract date from filename '{name}', using mtime instead." in machine.said()

    @pytest.mark.parametrize(
        ("seconds", "day"), [(300_000_000_000, "2199-12-31"), (-99_000_000_000, "1970-01-01")], ids=["11476", "-1168"]
    )
    def test_a_time_that_no_calendar_holds_stops_no_file(self, machine: Machine, seconds: int, day: str) -> None:
        """File systems hold years from -292 billion on; each station and file goes on."""
        machine.storage.put(OUT / "ROST1/clip.mkv", b"clip", mtime_ns=seconds * 10**9)
        machine.storage.put(OUT / "ROST1" / SECOND, b"named", mtime_ns=seconds * 10**9)
        machine.record(FIRST)
        assert machine.organize().problem_count == 0
        assert machine.ready() == {
            f"ROST1/{day}/clip.mkv": b"clip",
            f"ROST1/{TODAY}/{FIRST}": b"footage",
            f"ROST1/{TODAY}/{SECOND}": b"named",
        }

    def test_inv10_nothing_is_overwritten(self, machine: Machine) -> None:
        """Not by a name with a date, nor by one without."""
        for name in (FIRST, "clip.mkv"):
            machine.record(name, b"new")
            machine.wait(name, b"old")
        machine.organize()
        assert machine.ready() == {
            f"ROST1/{TODAY}/{FIRST}": b"old",
            f"ROST1/{TODAY}/ROST1_20250528T140000~2.mkv": b"new",
            f"ROST1/{TODAY}/clip.mkv": b"old",
            f"ROST1/{TODAY}/clip~2.mkv": b"new",
        }

    def test_inv10_a_name_that_is_used_at_the_target_is_used(self, machine: Machine) -> None:
        """Although nothing has it here any more."""
        machine.wait(FIRST, b"old")
        machine.back_up()
        machine.clean()
        machine.record(FIRST, b"new")
        machine.organize()
        assert list(machine.ready()) == [f"ROST1/{TODAY}/ROST1_20250528T140000~2.mkv"]

    def test_a_name_that_is_taken_meanwhile(self, machine: Machine) -> None:
        machine.record(FIRST)
        target = READY / PATH
        machine.calls.hook("storage.move", lambda: machine.storage.put(target, b"other"))
        machine.organize()
        assert sorted(machine.ready().values()) == [b"footage", b"other"]

    @pytest.mark.parametrize(("content", "defect"), [(b"", "it is empty"), (b"broken", "it has no Matroska header")])
    def test_s09_broken_segments_are_put_aside_with_a_reason(
        self, machine: Machine, content: bytes, defect: str
    ) -> None:
        machine.record(FIRST, content)
        assert machine.organize().quarantined_count == 1
        aside = QUARANTINE / "ROST1" / FIRST
        assert machine.storage.content(aside) == content
        assert machine.storage.content(f"{aside}.reason.txt") == f"{defect}\n".encode()
        assert defect in machine.said()
        assert machine.ready() == {}

    def test_a_reason_that_cannot_be_written_is_only_said(self, machine: Machine) -> None:
        machine.record(FIRST, b"")
        machine.calls.fail("storage.write_text", NoSpaceError(QUARANTINE))
        assert machine.organize().quarantined_count == 1
        assert machine.storage.content(QUARANTINE / "ROST1" / FIRST) == b""

    def test_one_bad_file_never_stops_the_rest(self, machine: Machine) -> None:
        machine.record(FIRST)
        machine.record(SECOND)
        machine.calls.fail("footage.defect", StorageError(PurePath("/bad")))
        report = machine.organize()
        assert (report.moved_count, report.problem_count) == (1, 1)
        assert "stays where it is: /bad" in machine.said()

    def test_one_bad_station_never_stops_the_rest(self, machine: Machine) -> None:
        machine.record(FIRST)
        machine.storage.put_folder(OUT / "BAD")
        machine.storage.unreadable.add(OUT / "BAD")
        stations = [Station(name, OUT / name, 600) for name in ("BAD", "GONE", "ROST1")]
        report = machine.organize(*stations)
        assert (report.moved_count, report.problem_count) == (1, 1)

    def test_a_file_that_vanishes(self, machine: Machine) -> None:
        path = machine.record(FIRST)
        machine.calls.hook("storage.move", lambda: machine.storage.tree.discard(path))
        assert machine.organize().problem_count == 1

    def test_no_output_dir(self, machine: Machine) -> None:
        with pytest.raises(UsageError, match="output_dir /nowhere does not exist"):
            machine.organize(Station("X", PurePath("/nowhere/X"), 600))

    def test_inv11_another_stations_file_is_not_moved(self, machine: Machine) -> None:
        machine.record("OTHER_20250528T140000.mkv")
        assert machine.organize().moved_count == 0
        assert "its name says that it is of OTHER" in machine.said()

    def test_a_day_that_cleanup_prunes_at_the_wrong_moment(self, machine: Machine) -> None:
        """Organize makes it once more."""
        machine.record(FIRST)
        machine.calls.hook("storage.move", lambda: machine.storage.prune(READY))
        assert machine.organize().moved_count == 1

    def test_a_day_that_is_pruned_for_ever(self, machine: Machine) -> None:
        """Ends as a problem, not as a hang."""
        machine.record(FIRST)
        machine.calls.hook("storage.move", lambda: machine.storage.prune(READY), times=None)
        assert machine.organize().problem_count == 1

    def test_across_file_systems(self, machine: Machine) -> None:
        """A copy that is read back, then the original goes."""
        path = machine.record(FIRST)
        machine.storage.mount(READY, name="8:1")
        assert machine.organize().moved_count == 1
        assert machine.ready() == {str(PATH): b"footage"}
        assert machine.storage.entry(path) is None

    def test_across_file_systems_onto_a_bad_disk(self, machine: Machine) -> None:
        path = machine.record(FIRST)
        machine.storage.mount(READY, name="8:1")
        machine.storage.lossy.add(READY / PATH)
        assert machine.organize().problem_count == 1
        assert machine.storage.content(path) == b"footage"

    def test_a_copy_that_was_cut_off_before_the_original_went(self, machine: Machine) -> None:
        """No second copy of it."""
        machine.record(FIRST)
        machine.wait(FIRST)
        machine.organize()
        assert machine.ready() == {str(PATH): b"footage"}

    def test_a_file_of_the_same_size_and_time_and_other_content(self, machine: Machine) -> None:
        """Is another file."""
        machine.record(FIRST, b"FOOTAGE")
        machine.wait(FIRST)
        machine.organize()
        assert sorted(machine.ready().values()) == [b"FOOTAGE", b"footage"]


class TestAdoption:
    LIVE = OUT / "ROST1/.live/20250528T140000Z"

    def put(self, machine: Machine, name: str, minutes_ago: float) -> None:
        machine.storage.put(self.LIVE / name, b"footage", mtime_ns=machine.ns(minutes_ago))

    def test_sessions_of_a_dead_recorder(self, machine: Machine) -> None:
        self.put(machine, FIRST, 40)
        self.put(machine, "deep/x.mkv", 40)
        machine.storage.put(self.LIVE.with_name("20250528T150000Z") / "x.txt", b"no footage")
        assert machine.organize().moved_count == 1
        assert list(machine.ready()) == [str(PATH)]

    def test_a_recorder_that_runs_names_its_files_itself(self, machine: Machine) -> None:
        self.put(machine, FIRST, 40)
        with machine.storage.lock(OUT / "ROST1/.live/lock"):
            assert machine.organize().moved_count == 0

    def test_a_session_without_a_lock_is_left_until_all_of_it_is_finished(self, machine: Machine) -> None:
        self.put(machine, FIRST, 40)
        self.put(machine, SECOND, 1)
        assert machine.organize().moved_count == 0

    def test_adopted_segments_get_local_names(self, machine: Machine) -> None:
        """And those of a recorder with `--utc` keep theirs."""
        self.put(machine, "ROST1_20250528T143000Z.mkv", 40)
        kept = self.LIVE.with_name("20250528T150000Z.utc") / "ROST1_20250528T143000Z.mkv"
        machine.storage.put(kept, b"footage", mtime_ns=machine.ns(40))
        machine.zone = timezone(timedelta(hours=10))
        assert machine.organize().moved_count == 2
        assert list(machine.ready()) == [
            "ROST1/2025-05-28/ROST1_20250528T143000Z.mkv",
            "ROST1/2025-05-29/ROST1_20250529T003000.mkv",
        ]

    def test_a_session_with_a_file_of_another_station_keeps_that(self, machine: Machine) -> None:
        stray = self.LIVE / "ROST9_20250528T140000Z.mkv"
        self.put(machine, stray.name, 40)
        self.put(machine, FIRST, 40)
        assert machine.organize().moved_count == 1
        assert machine.storage.content(stray) == b"footage"
        assert "its name says that it is of ROST9" in machine.said()

    def test_a_recorder_may_start_while_what_was_left_behind_is_copied(self, machine: Machine) -> None:
        self.put(machine, FIRST, 40)
        machine.storage.mount(READY, name="another disk")
        free = []

        def start() -> None:
            with machine.storage.lock(OUT / "ROST1/.live/lock"):
                free.append(True)

        machine.calls.hook("storage.copy", start)
        assert machine.organize().moved_count == 1
        assert free

    def test_a_local_name_that_repeats_gets_a_number(self, machine: Machine) -> None:
        machine.zone = ZoneInfo("Europe/Stockholm")
        for hour, minutes_ago in (("00", 100), ("01", 40)):
            self.put(machine, f"ROST1_20251026T{hour}3000Z.mkv", minutes_ago)
        machine.organize()
        assert list(machine.ready()) == [
            "ROST1/2025-10-26/ROST1_20251026T023000.mkv",
            "ROST1/2025-10-26/ROST1_20251026T023000~2.mkv",
        ]

    def test_a_recorder_without_a_supervisor_keeps_its_newest_file(self, machine: Machine) -> None:
        """However old that is: it may stand still, and write to it again."""
        session = self.LIVE.with_name("20250528T150000Z.exec")
        for minutes_ago in (100, 90, 80):
            path = session / f"ROST1_20250528T12{minutes_ago - 80:02d}00Z.mkv"
            machine.storage.put(path, b"footage", mtime_ns=machine.ns(minutes_ago))
        with machine.storage.lock(OUT / "ROST1/.live/lock"):
            assert machine.organize().moved_count == 2
            assert [path.name for path in machine.storage.files(session)] == ["ROST1_20250528T120000Z.mkv"]
        assert machine.organize().moved_count == 1


class TestLifecycle:
    """What the lifecycle refuses is not done, and is reported."""

    def write_again(self, machine: Machine, path: PurePath, content: bytes) -> None:
        """What a recorder does that was started again, or that outlived its supervisor."""
        machine.storage.put(path, content, mtime_ns=machine.ns(0))

    @pytest.mark.parametrize(("content", "refused"), [(b"footage", "moved to its date folder"), (b"", "found broken")])
    def test_a_segment_that_is_written_again_is_neither_moved_nor_put_aside(
        self, machine: Machine, content: bytes, refused: str
    ) -> None:
        """The list of finished files is older than the last look at each of them."""
        path = machine.record(FIRST, content)
        machine.record(SECOND)
        machine.calls.hook(
            "footage.defect", lambda: self.write_again(machine, path, content + b"more"), when=Phase.AFTER
        )

        report = machine.organize()

        assert (report.moved_count, report.quarantined_count, report.problem_count) == (1, 0, 0)
        assert machine.storage.content(path) == content + b"more"
        assert list(machine.ready()) == [f"ROST1/{TODAY}/{SECOND}"]
        assert list(machine.storage.files(QUARANTINE)) == []
        (told,) = machine.reporter.of(StepRefused)
        assert str(told) == f"[organize] {path} is left as it is: a recording segment cannot be {refused}"

    def test_a_segment_that_is_written_again_is_not_adopted(self, machine: Machine) -> None:
        """Its recorder was dead when the sessions were listed, or seemed so."""
        path = OUT / "ROST1/.live/20250528T140000Z" / FIRST
        machine.storage.put(path, b"footage", mtime_ns=machine.ns(40))
        machine.calls.hook("storage.lock", lambda: self.write_again(machine, path, b"more"), when=Phase.AFTER)

        report = machine.organize()

        assert (report.moved_count, report.problem_count) == (0, 0)
        assert machine.storage.content(path) == b"more"
        assert f"[organize] {path} is left as it is: a recording segment cannot be adopted" in machine.said()
        machine.clock.advance(3600)
        assert machine.organize().moved_count == 1

    @pytest.mark.parametrize(("content", "refused"), [(b"footage", "moved to its date folder"), (b"", "found broken")])
    def test_a_segment_in_quarantine_stays_there(self, machine: Machine, content: bytes, refused: str) -> None:
        """Also where a station's folder is that of its quarantine."""
        path = QUARANTINE / "ROST1" / FIRST
        machine.storage.put(path, content, mtime_ns=machine.ns(60))

        report = machine.organize(Station("ROST1", QUARANTINE / "ROST1", 600))

        assert (report.moved_count, report.quarantined_count, report.problem_count) == (0, 0, 1)
        assert machine.storage.content(path) == content
        assert machine.ready() == {}
        assert f"[organize] {path} is left as it is: a quarantined segment cannot be {refused}" in machine.said()

    @pytest.mark.parametrize("is_numbered", [True, False])
    def test_a_date_folder_that_leads_back_to_the_station_is_no_second_copy(
        self, machine: Machine, is_numbered: bool
    ) -> None:
        """It was taken for the finished copy of a run that was cut off, and the only copy was removed."""
        machine.storage.mount(OUT, name="card", is_numbered=is_numbered)
        machine.record(FIRST, b"only copy")
        machine.storage.bind(READY / "ROST1" / TODAY, shows=OUT / "ROST1")

        report = machine.organize()

        assert report.problem_count == 1
        assert machine.storage.files(OUT / "ROST1") == {OUT / "ROST1" / FIRST: b"only copy"}
        assert f"{TODAY} seems to lead back to the folder that the file is in" in machine.said()

    def test_a_file_that_another_process_uses_stops_no_other(self, machine: Machine) -> None:
        """BusyError is no StorageError; the run ended with it, and exit code 1."""
        machine.record(FIRST)
        machine.record(SECOND)
        machine.calls.fail("storage.move", BusyError(PurePath("/ready/part")), times=1)

        report = machine.organize()

        assert (report.moved_count, report.problem_count) == (1, 1)

    def test_the_error_says_which_segment(self) -> None:
        error = StepRefusedError(READY / PATH, SegmentState.RECORDING, "a recording segment cannot be adopted")
        assert str(error) == f"{READY / PATH}: a recording segment cannot be adopted"

    def test_a_segment_that_the_operator_takes_out_of_quarantine_is_released(self, machine: Machine) -> None:
        """Back in its station's folder, with footage that can be read, it goes on to its date folder."""
        machine.record(FIRST, b"")
        assert machine.organize().quarantined_count == 1
        machine.storage.tree.discard(QUARANTINE / "ROST1" / FIRST)
        machine.record(FIRST, b"repaired")
        assert machine.organize().moved_count == 1
        assert machine.ready() == {str(PATH): b"repaired"}


class TestBackup:
    def test_s10_sent_proven_written_down(self, machine: Machine) -> None:
        machine.wait(FIRST)
        assert machine.back_up().synced_count == 1
        assert machine.transfer.remote[PATH][0] == b"footage"
        assert machine.storage.content(SUCCESS / f"{TODAY}.synced").decode() == f"{PATH}\n"
        known = machine.records.ledger_of_day(TODAY).entries[PATH]
        assert (known.kind, known.where) == (ProofKind.READ_BACK, machine.transfer.wanted().number)
        assert known.note == "memory:/target"
        found = machine.storage.entry(READY / PATH)
        assert found is not None
        assert known.identity.inode
        assert known.identity.is_same_file(found.identity)

    def test_s10_again_there_is_nothing_to_do(self, machine: Machine) -> None:
        machine.wait(FIRST)
        machine.back_up()
        calls = len(machine.calls.log)
        assert machine.back_up() == attrs.evolve(machine.back_up(), synced_count=0)
        assert not [call for call in machine.calls.log[calls:] if call.operation == "transfer.push"]

    def test_s10_busy(self, machine: Machine) -> None:
        machine.wait(FIRST)
        with machine.storage.lock(LOCKS / BACKUP_LOCK_NAME):
            assert machine.back_up().is_busy
        assert not machine.transfer.remote

    def test_no_ready_folder(self, machine: Machine) -> None:
        machine.storage.prune(READY, is_root_included=True)
        assert machine.back_up().synced_count == 0

    def test_a_ready_folder_that_is_a_link_to_nothing(self, machine: Machine) -> None:
        """Its disk is away: that nothing was organized yet is not so."""
        machine.storage.prune(READY, is_root_included=True)
        machine.storage.put_link(READY, "/usb/ready")
        for job in (machine.back_up, machine.clean):
            with pytest.raises(StorageError, match="is its disk mounted"):
                job()

    def test_s10_a_poison_file_blocks_nothing(self, machine: Machine) -> None:
        first, second = machine.wait(FIRST), machine.wait(SECOND)
        machine.transfer.poison.add(first)
        report = machine.back_up()
        assert (report.synced_count, report.kept_count, report.exit_code) == (1, 1, 23)
        assert f"[backup] {first} is kept: it cannot be read" in machine.said()
        assert "[backup] rsync failed with code 23" in machine.said()
        assert machine.storage.content(SUCCESS / f"{TODAY}.synced").decode() == f"{second}\n"

    def test_a_target_that_refuses_an_owner_is_a_warning(self, machine: Machine, mocker: MockerFixture) -> None:
        push = MemoryTransfer.push

        def refused(transfer: MemoryTransfer, *arguments: Any, **keywords: Any) -> Pushed:
            pushed = push(transfer, *arguments, **keywords)
            return attrs.evolve(pushed, exit_code=23, problem="chown: not permitted", is_partial=True)

        mocker.patch.object(MemoryTransfer, "push", refused)
        machine.wait(FIRST)
        report = machine.back_up()
        assert (report.synced_count, report.kept_count) == (1, 0)
        assert "chown: not permitted; all that it sent is at the target" in machine.said()

    def test_memory_is_no_other_place(self, machine: Machine) -> None:
        """The target is on tmpfs, say: it is gone with the power."""
        machine.transfer.kind = EvidenceKind.IN_MEMORY
        machine.wait(FIRST)
        assert machine.back_up().kept_count == 1
        assert "in the memory of this machine" in machine.said()
        machine.clean()
        assert list(machine.ready()) == [str(PATH)]

    @pytest.mark.parametrize("kind", [kind for kind in EvidenceKind if kind is not EvidenceKind.IN_MEMORY], ids=str)
    def test_a_target_that_lies_is_found(self, machine: Machine, kind: EvidenceKind) -> None:
        machine.transfer.kind = kind
        machine.transfer.lies.add(machine.wait(FIRST))
        machine.wait(SECOND)
        report = machine.back_up()
        assert (report.synced_count, report.kept_count, report.exit_code) == (1, 1, 0)
        machine.clean()
        is_of_cache = kind is EvidenceKind.READ_CACHED  # stays without --trust-cache
        assert list(machine.ready()) == [str(PATH), *[str(PATH.with_name(SECOND))] * is_of_cache]

    def test_what_arrives_damaged_twice_is_told_once_in_each_run(self, machine: Machine) -> None:
        """In the second run of the day it is not sent once more, and told all the same."""
        machine.transfer.lies.add(machine.wait(FIRST))
        for count in (1, 2):
            assert machine.back_up().kept_count == 1
            assert machine.said().count("is kept: what stands at the target has other content") == count

    def test_a_file_that_hangs_blocks_nothing(self, machine: Machine) -> None:
        machine.transfer.hangs.add(machine.wait(FIRST))
        machine.wait(SECOND)
        report = machine.back_up()
        assert (report.synced_count, report.kept_count) == (1, 1)
        assert "the target did not answer in time" in machine.said()

    def test_a_target_that_hangs_is_left_alone(self, machine: Machine) -> None:
        for number in range(70):
            machine.transfer.hangs.add(machine.wait(f"ROST1_20250528T14{number // 60:02}{number % 60:02}.mkv"))
        report = machine.back_up()
        assert (report.synced_count, report.kept_count) == (0, 70)
        assert len([call for call in machine.calls.log if call.operation == "transfer.push"]) < 6

    def test_a_full_target(self, machine: Machine) -> None:
        machine.transfer.capacity_bytes = 10
        machine.wait(FIRST)
        machine.wait(SECOND)
        report = machine.back_up()
        assert (report.synced_count, report.kept_count, report.exit_code) == (1, 1, 11)

    def test_a_file_at_which_the_tool_ends_blocks_nothing(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Too large for the target, maybe: what comes after it in its batch is sent all the same."""
        paths = [machine.wait(f"ROST1_20250528T14{minute}00.mkv", minutes_ago=60 - minute) for minute in range(10, 20)]
        honest = type(machine.transfer).push

        def push(self: MemoryTransfer, files: Sequence[Sendable], /, **rest: Any) -> Pushed:
            names = [file.path for file in files]
            if paths[3] not in names:
                return honest(self, files, **rest)
            honest(self, files[: names.index(paths[3])], **rest)
            return Pushed(11, "File too large")

        monkeypatch.setattr(type(machine.transfer), "push", push)
        report = machine.back_up()
        assert (report.synced_count, report.kept_count, report.exit_code) == (9, 1, 11)

    def test_a_full_target_is_left_alone(self, machine: Machine) -> None:
        machine.transfer.capacity_bytes = 0
        for number in range(100):
            machine.wait(f"ROST1_20250528T14{number // 60:02}{number % 60:02}.mkv")
        assert machine.back_up().kept_count == 100
        assert "the target takes nothing at the moment" in machine.said()

    def test_a_target_that_is_not_there(self, machine: Machine) -> None:
        machine.wait(FIRST)
        machine.transfer.evidence = "it is not mounted"
        assert "it is not mounted" in machine.back_up().target_problem
        assert not machine.transfer.remote

    def test_a_target_that_vanishes_while_it_is_used(self, machine: Machine) -> None:
        """What was read then may have been read from the empty mount point."""
        machine.wait(FIRST)
        machine.calls.hook("transfer.prove", lambda: setattr(machine.transfer, "device", "another"))
        assert "exchanged" in machine.back_up().target_problem
        assert machine.records.ledger_of_day(TODAY).entries == {}

    def test_a_file_that_changes_meanwhile(self, machine: Machine) -> None:
        machine.wait(FIRST)
        machine.calls.hook("storage.digest", lambda: machine.wait(FIRST, b"changed", minutes_ago=1))
        assert machine.back_up().kept_count == 1
        assert "it changed meanwhile" in machine.said()

    @pytest.mark.parametrize("operation", ["transfer.prove", "storage.digest"])
    def test_another_file_of_the_same_size_and_time_is_not_proven(self, machine: Machine, operation: str) -> None:
        """Both ends compared the old one; the new one was never at the target."""
        machine.transfer.kind = EvidenceKind.COMPARED
        machine.wait(FIRST)

        def swap() -> None:
            machine.storage.tree.discard(READY / PATH)
            machine.wait(FIRST, b"FOOTAGE")

        machine.calls.hook(operation, swap, when=Phase.AFTER)
        assert machine.back_up().kept_count == 1
        assert "it changed meanwhile" in machine.said()
        machine.clean()
        assert machine.ready() == {str(PATH): b"FOOTAGE"}

    def refusals(self, machine: Machine) -> list[StepRefused]:
        return [event for event in machine.reporter.events if isinstance(event, StepRefused)]

    def test_inv_13_a_file_that_changed_since_it_was_sent_is_not_proven(self, machine: Machine) -> None:
        """What was sent is not here any more, so it has no step left; the new file waits for the next run."""
        machine.wait(FIRST)
        machine.calls.hook("transfer.prove", lambda: machine.wait(FIRST, b"changed", minutes_ago=1))
        assert machine.back_up().kept_count == 1
        assert self.refusals(machine) == [
            StepRefused("backup", PATH, "it changed meanwhile: a removed segment cannot be proven")
        ]
        assert machine.records.ledger_of_day(TODAY).entries == {}
        assert machine.back_up().synced_count == 1

    def test_inv_12_what_was_removed_meanwhile_is_not_proven(self, machine: Machine) -> None:
        machine.wait(FIRST)
        machine.calls.hook("transfer.prove", lambda: machine.storage.tree.discard(READY / PATH))
        assert machine.back_up().kept_count == 1
        (refused,) = self.refusals(machine)
        assert str(refused).endswith("is left as it is: it changed meanwhile: a removed segment cannot be proven")
        assert machine.records.ledger_of_day(TODAY).entries == {}
        assert machine.back_up().kept_count == 0

    def test_what_made_room_for_its_own_record_is_not_sent_again(self, machine: Machine) -> None:
        """The target is full after the first of two, and the disk here is full although the first one is gone.

        It is at the target and not here: it is not kept, and that its record is missing is said with its digest.
        """
        machine.wait(FIRST, b"x", minutes_ago=90)
        machine.wait(SECOND, b"longer")
        machine.transfer.capacity_bytes = 2
        machine.calls.fail("storage.append_line", NoSpaceError(SUCCESS), times=None)
        assert machine.back_up().kept_count == 1
        assert "was removed here to make room for the record of that, which cannot be written" in machine.said()
        assert sha256(b"x").hexdigest() in machine.said()
        assert self.refusals(machine) == []
        assert list(machine.ready().values()) == [b"longer"]
        assert machine.transfer.remote[PATH][0] == b"x"

    def test_inv_12_what_is_gone_from_here_is_not_sent(self, machine: Machine) -> None:
        machine.wait(FIRST)
        file = machine.storage.entry(READY / PATH)
        assert file is not None
        folders = BackupFolders(ready=READY, success=SUCCESS, lock=LOCKS)
        results = Results(folders, machine.backup_ports(), machine.records)
        results.lives = SegmentStates({PATH: SegmentState.REMOVED})
        aliases = AliasCheck(READY, SUCCESS, machine.storage, machine.clock)
        apart = ApartCheck(aliases, machine.transfer, machine.cancel)
        Sending(Proving(folders, machine.backup_ports(), results, apart), results).send_all([file])
        assert self.refusals(machine) == [StepRefused("backup", PATH, "a removed segment cannot be sent")]
        assert not machine.transfer.remote

    def test_a_file_that_cannot_be_read_here(self, machine: Machine) -> None:
        machine.wait(FIRST)
        machine.calls.fail("storage.digest", StorageError(READY / PATH))
        assert machine.back_up().kept_count == 1

    def test_inv13_a_plain_log_is_no_proof_but_a_look_is(self, machine: Machine) -> None:
        """A file that an older version logged today is looked for at the target, and not sent again."""
        machine.wait(FIRST)
        machine.storage.put(SUCCESS / f"{TODAY}.synced", f"{PATH}\n")
        node = machine.storage.tree.file(READY / PATH)
        machine.transfer.remote[PATH] = (node.content, node.mtime_ns)
        assert machine.back_up().synced_count == 1
        assert not [call for call in machine.calls.log if call.operation == "transfer.push"]
        assert machine.clean().removed_count == 1

    def test_s11_a_name_in_a_plain_log_that_is_another_file_is_sent(self, machine: Machine) -> None:
        """The reused name of the season log: it was deleted unsynced."""
        machine.wait(FIRST, b"new footage")
        machine.storage.put(SUCCESS / f"{TODAY}.synced", f"{PATH}\n")
        assert machine.clean().removed_count == 0
        assert machine.back_up().synced_count == 1
        assert machine.transfer.remote[PATH][0] == b"new footage"

    def test_s11_a_name_that_comes_back_replaces_nothing(self, machine: Machine) -> None:
        machine.wait(FIRST, b"old")
        machine.back_up()
        machine.clean()
        machine.wait(FIRST, b"new", minutes_ago=1)
        machine.wait(SECOND)
        assert machine.back_up().synced_count == 2
        assert sorted(content for content, _ in machine.transfer.remote.values()) == [b"footage", b"new", b"old"]

    def test_a_name_without_a_date_that_comes_back(self, machine: Machine) -> None:
        for content, age in ((b"old", 60), (b"new", 1)):
            machine.wait("clip.mkv", content, minutes_ago=age)
            machine.back_up()
            machine.clean()
        assert {p.name for p in machine.transfer.remote} == {"clip.mkv", "clip~2.mkv"}

    def rename_with(self, machine: Machine, *errors: StorageError) -> None:
        machine.wait(FIRST, b"old")
        machine.back_up()
        machine.wait(FIRST, b"new", minutes_ago=1)
        for error in errors:
            machine.calls.fail("storage.rename", error)

    def test_a_new_name_that_is_taken_meanwhile(self, machine: Machine) -> None:
        self.rename_with(machine, ExistsError(READY))
        assert machine.back_up().synced_count == 1
        assert {p.name for p in machine.transfer.remote} == {FIRST, "ROST1_20250528T140000~3.mkv"}

    def test_a_new_name_that_cannot_be_given(self, machine: Machine) -> None:
        self.rename_with(machine, DeniedError(READY))
        assert machine.back_up().kept_count == 1
        assert machine.transfer.remote[PATH][0] == b"old"

    def test_a_renamed_file_that_vanishes(self, machine: Machine) -> None:
        self.rename_with(machine)
        new = READY / PATH.with_name("ROST1_20250528T140000~2.mkv")
        machine.calls.hook("storage.rename", lambda: machine.storage.tree.discard(new), when=Phase.AFTER)
        assert machine.back_up().kept_count == 1

    def test_cancelled(self, machine: Machine) -> None:
        machine.wait(FIRST)
        machine.cancel.request()
        with pytest.raises(Cancelled):
            machine.back_up()

    def test_records_that_cannot_be_written(self, machine: Machine) -> None:
        """Without a record nothing may go."""
        machine.wait(FIRST)
        machine.calls.fail("storage.append_line", DeniedError(SUCCESS), times=None)
        assert machine.back_up().kept_count == 1
        assert machine.clean().removed_count == 0

    def test_no_folder_for_records(self, machine: Machine) -> None:
        machine.storage.prune(SUCCESS, is_root_included=True)
        machine.storage.put(SUCCESS, b"a file in the way")
        machine.wait(FIRST)
        assert machine.back_up().kept_count == 1
        assert "no records can be written" in machine.said()


class TestFullDisk:
    """The five days of the season log."""

    def fill(self, machine: Machine) -> None:
        machine.storage.tree.volumes[PurePath("/")].capacity_bytes = 0

    def test_the_reserve_is_released_first(self, machine: Machine) -> None:
        machine.back_up()
        assert machine.storage.entry(SUCCESS / RESERVE_NAME) is not None
        machine.wait(FIRST)
        used = sum(len(content) for content in machine.storage.files().values())
        machine.storage.tree.volumes[PurePath("/")].capacity_bytes = used
        assert machine.back_up().synced_count == 1
        assert machine.storage.entry(SUCCESS / RESERVE_NAME) is None
        assert machine.clean().removed_count == 1

    def test_without_a_reserve_the_proven_file_makes_the_room(self, machine: Machine) -> None:
        machine.wait(FIRST, b"x" * 1000)
        machine.wait(SECOND, b"x" * 1000)
        machine.storage.tree.volumes[PurePath("/")].capacity_bytes = 2000
        assert machine.back_up().synced_count == 2
        assert len(machine.transfer.remote) == 2
        assert len(machine.ready()) == 1
        assert "the disk is full" in machine.said()

    def test_the_locks_need_no_space(self, machine: Machine) -> None:
        machine.storage.prune(LOCKS, is_root_included=True)
        machine.calls.fail("storage.make_folder", NoSpaceError(LOCKS))
        machine.wait(FIRST)
        assert machine.back_up().synced_count == 1
        assert "working without the lock file" in machine.said()

    def test_the_folder_of_the_records_is_made_when_there_is_room(self, machine: Machine) -> None:
        machine.storage.prune(SUCCESS, is_root_included=True)
        machine.calls.fail("storage.make_folder", NoSpaceError(SUCCESS), times=2)
        machine.wait(FIRST)
        assert machine.back_up().synced_count == 1
        assert machine.records.ledger_of_day(TODAY).entries

    def test_cleanup_writes_nothing(self, machine: Machine) -> None:
        machine.wait(FIRST)
        machine.back_up()
        self.fill(machine)
        for operation in ("storage.append_line", "storage.write_text", "storage.make_folder", "storage.copy"):
            machine.calls.fail(operation, NoSpaceError(READY), times=None)
        assert machine.clean().removed_count == 1

    def test_a_reserve_that_cannot_be_made(self, machine: Machine) -> None:
        machine.calls.fail("storage.write_text", StorageError(SUCCESS))
        machine.wait(FIRST)
        assert machine.back_up().synced_count == 1
        assert "no space can be reserved" in machine.said()

    def test_no_reserve_is_made_of_the_last_bytes(self, machine: Machine) -> None:
        machine.storage.tree.volumes[PurePath("/")].capacity_bytes = 1000
        machine.records.keep_reserve()
        assert machine.storage.entry(SUCCESS / RESERVE_NAME) is None


class TestCleanup:
    def synced(self, machine: Machine, *names: str) -> None:
        for number, name in enumerate(names):
            machine.wait(name, minutes_ago=60 - number)
        machine.back_up()

    def test_s11_what_is_proven_goes_and_empty_days_too(self, machine: Machine) -> None:
        self.synced(machine, FIRST, SECOND)
        assert machine.clean().removed_count == 2
        assert list(machine.storage.scan(READY)) == []
        assert machine.storage.entry(READY) is not None
        assert f"{READY / PATH} removed: proven at memory:/target" in machine.said()

    def test_inv2_a_name_that_comes_back_is_kept(self, machine: Machine) -> None:
        self.synced(machine, FIRST)
        machine.wait(FIRST, b"new", minutes_ago=1)
        assert machine.clean().removed_count == 0
        assert machine.ready() == {str(PATH): b"new"}

    def test_a_file_that_comes_back_between_plan_and_removal(self, machine: Machine) -> None:
        self.synced(machine, FIRST, SECOND)
        machine.calls.hook("storage.remove", lambda: machine.wait(FIRST, b"new", minutes_ago=1))
        report = machine.clean()
        assert (report.removed_count, report.problem_count) == (1, 1)
        assert machine.ready() == {str(PATH): b"new"}

    def test_a_file_that_vanishes_is_ignored(self, machine: Machine) -> None:
        self.synced(machine, FIRST)
        machine.calls.hook("storage.remove", lambda: machine.storage.tree.discard(READY / PATH))
        assert machine.clean().removed_count == 0

    @pytest.mark.parametrize(
        ("kind", "state"),
        [(ProofKind.SENT, "synced"), (ProofKind.SIZE, "synced"), (ProofKind.WITHDRAWN, "ready")],
    )
    @pytest.mark.parametrize("is_looked_at", [True, False])
    def test_inv_13_what_is_not_verified_any_more_is_not_removed(
        self, machine: Machine, kind: ProofKind, state: str, is_looked_at: bool
    ) -> None:
        """The backup writes that down after the plan was made; the other file goes."""
        self.synced(machine, FIRST, SECOND)
        known = machine.records.ledger_of_day(TODAY).entries[PATH]
        ledger = SUCCESS / f"{TODAY}.ledger"
        line = ledger_line(attrs.evolve(known, kind=kind)).encode() + b"\n"
        planned = "storage.free_bytes"
        machine.calls.hook(planned, lambda: machine.storage.put(ledger, machine.storage.content(ledger) + line))

        report = machine.clean(target=machine.transfer if is_looked_at else None)

        assert (report.removed_count, report.problem_count) == (1, 1)
        assert machine.ready() == {str(PATH): b"footage"}
        assert f"[remove] {PATH} is left as it is: a {state} segment cannot be removed as proven" in machine.said()

    def test_a_damaged_ledger_proves_nothing(self, machine: Machine) -> None:
        self.synced(machine, FIRST)
        machine.storage.corrupt(SUCCESS / f"{TODAY}.ledger")
        assert machine.clean().removed_count == 0

    def test_no_success_folder(self, machine: Machine) -> None:
        machine.storage.prune(SUCCESS, is_root_included=True)
        machine.wait(FIRST)
        assert machine.clean().removed_count == 0

    def test_no_ready_folder(self, machine: Machine) -> None:
        machine.storage.prune(READY, is_root_included=True)
        assert machine.clean().removed_count == 0

    def test_empty_folders_go_with_no_file(self, machine: Machine) -> None:
        machine.storage.put_folder(READY / "ROST1/2025-05-01")
        machine.storage.put_folder(READY / "ROST2")
        machine.clean()
        assert list(machine.storage.scan(READY)) == []

    def test_a_file_directly_below_ready(self, machine: Machine) -> None:
        """Is proven like any other, and READY itself stays."""
        machine.storage.put(READY / "clip.mkv", b"x", mtime_ns=machine.ns(60))
        machine.back_up()
        assert machine.clean().removed_count == 1
        assert machine.storage.entry(READY) is not None

    def test_a_folder_that_cannot_be_pruned(self, machine: Machine) -> None:
        self.synced(machine, FIRST)
        machine.calls.fail("storage.prune", DeniedError(READY))
        assert machine.clean().problem_count == 1

    def test_keep_days_and_min_free(self, machine: Machine) -> None:
        """The floor takes what --keep-days keeps, the oldest first, and no more than it needs."""
        self.synced(machine, FIRST, SECOND)
        assert machine.clean(KeepDays(7)).removed_count == 0
        used = sum(len(content) for content in machine.storage.files().values())
        machine.storage.tree.volumes[PurePath("/")].capacity_bytes = used
        assert machine.clean(KeepDays(7), MinFree(5)).removed_count == 1
        assert list(machine.ready()) == [f"ROST1/{TODAY}/{SECOND}"]
        assert machine.records.ledger_of_day(TODAY).entries[PATH].kind.is_proof
        assert " is lost" not in machine.said()

    def test_a_rule_that_cannot_be_met_says_so(self, machine: Machine) -> None:
        machine.wait(FIRST)
        report = machine.clean(MaxBytes(0))
        assert (report.removed_count, len(report.shortfalls)) == (0, 1)

    @pytest.mark.parametrize("is_full", [False, True])
    def test_what_a_rule_loses_is_written_down(self, machine: Machine, is_full: bool) -> None:
        """Before it goes; on a full disk right after."""
        machine.wait(FIRST, minutes_ago=60 * 24 * 2)
        machine.clock.wall = machine.clock.wall.replace(month=6)
        if is_full:
            machine.calls.fail("storage.append_line", NoSpaceError(SUCCESS))
        assert machine.clean(MaxDays(1, may_lose=True), safety=Safety(lost_percent=100)).removed_count == 1
        assert machine.records.ledger_of_day(TODAY).entries[PATH].kind is ProofKind.LOST
        assert f"{READY / PATH} is lost" in machine.said()

    def test_inv11_a_foreign_file_is_never_lost(self, machine: Machine) -> None:
        machine.storage.put(READY / "somebody/else.mkv", b"x" * 100, mtime_ns=machine.ns(60 * 24 * 9))
        machine.storage.put(READY / "somebody/else.txt", b"x" * 100, mtime_ns=machine.ns(60 * 24 * 9))
        machine.clean(MaxBytes(0, may_lose=True), safety=Safety(lost_percent=100))
        assert len(machine.ready()) == 2


class TestRecords:
    def test_the_ledger_is_kept_by_the_day_of_the_footage(self) -> None:
        assert day_of(PATH) == TODAY
        assert day_of(PurePosixPath("clip.mkv")) == "other"

    def test_a_torn_line_is_dropped_and_its_file_proven_again(self, machine: Machine) -> None:
        machine.wait(FIRST)
        machine.back_up()
        ledger = SUCCESS / f"{TODAY}.ledger"
        machine.storage.put(ledger, machine.storage.content(ledger)[:-9])
        assert machine.clean().removed_count == 0
        assert machine.back_up().synced_count == 1
        assert machine.clean().removed_count == 1

    def test_a_name_with_a_newline(self, machine: Machine) -> None:
        path = machine.wait("ROST1_\n#;.mkv")
        machine.back_up()
        assert machine.records.synced_on(TODAY) == {path}
        assert machine.clean().removed_count == 1

    def test_an_entry_without_a_day_of_its_log(self, machine: Machine) -> None:
        entry = LedgerEntry(PATH, FileIdentity(1, 2), "", ProofKind.SENT, "2025-05-28T15:40:00+00:00", "nas")
        machine.records.add(entry)
        assert parse_ledger(ledger_line(entry) + "\n").entries == machine.records.ledger_of_day(TODAY).entries

    def test_what_is_in_the_way_is_said(self, machine: Machine) -> None:
        machine.storage.put("/file", b"")
        assert "/file" in make_folder_if_possible(machine.storage, PurePath("/file"))
        assert not make_folder_if_possible(machine.storage, READY)

    def test_a_rename_of_a_file_that_is_gone(self, machine: Machine) -> None:
        machine.wait(FIRST, b"old")
        machine.back_up()
        machine.wait(FIRST, b"new", minutes_ago=1)
        machine.calls.fail("storage.rename", NotFoundError(READY))
        assert machine.back_up().kept_count == 1
