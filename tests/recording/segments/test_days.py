"""The jobs look at one day after the other, and only as closely as they must: with the same outcome as a full look."""

import os
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryClock, MemoryStorage, Phase
from camvault.adapters.memory.transfer import FIRST_NUMBER
from camvault.core.retention.removals import plan_victims
from camvault.core.retention.rules import (
    KeepDays,
    MaxBytes,
    MaxDays,
    MinFree,
    Rule,
    Safety,
    StoredFootage,
    plan_retention,
)
from camvault.core.segments.backup_plan import proven_mark
from camvault.core.segments.date_folders import are_ready_names, starts_not_before
from camvault.core.segments.ledger import Ledger, LedgerEntry, ProofKind
from camvault.core.segments.names import SegmentName, is_footage, parse_ready_path
from camvault.core.workflows.recording.cleanup import CleanupPlan, CleanupPorts, plan_cleanup
from camvault.core.workflows.recording.cleanup.footage import stored_footage
from camvault.core.workflows.steps.date_tree import Day, day_of, days_below
from camvault.core.workflows.steps.ledger_files import MARKS_NAME, LedgersInUse, SyncRecords
from camvault.ports.entries import FileEntry, FileIdentity, FileKind, Listing
from camvault.ports.errors import DeniedError, NoSpaceError, NotFoundError, StorageError
from tests.recording.segments.helpers import NOW, OUT, READY, SUCCESS, TODAY, Machine

FIRST = "ROST1_20250528T140000.mkv"
SECOND = "ROST1_20250528T141000.mkv"
PATH = PurePosixPath("ROST1", TODAY, FIRST)
LEDGER = SUCCESS / f"{TODAY}.ledger"
MARKS = SUCCESS / MARKS_NAME
HOSTILE = ("2025-05-28", "2025-02-30", "2025-05-2\n", "0001-01-01", "ROST1", "\udcff", "other", "2025-05-27")


@pytest.fixture
def machine() -> Machine:
    return Machine()


def fail_at(number: int, storage: MemoryStorage, error: StorageError) -> None:
    """At the so manieth listing."""
    if sum(call.operation == "storage.listing" for call in storage.calls.log) == number:
        raise error


def unlistable(machine: Machine, folder: PurePath) -> None:
    """From now on."""

    def refuse() -> None:
        if machine.calls.log[-1].arguments[0] == folder:
            raise DeniedError(folder)

    machine.calls.hook("storage.listing", refuse, times=None)


class TestFoldersThatCannotBeListed:
    """A defect of the disk, or another user's: all other footage is sent and removed as ever."""

    def test_they_stop_no_other(self, machine: Machine) -> None:
        machine.wait(FIRST)
        machine.storage.put_folder(READY / "ROST0")
        unlistable(machine, READY / "ROST0")
        report = machine.back_up()
        assert (report.synced_count, report.kept_count) == (1, 1)
        assert "ROST0 is kept: nothing in it is sent" in machine.said()
        cleaned = machine.clean()
        assert cleaned.removed_count == 1
        assert "ROST0" in " ".join(cleaned.shortfalls)

    @pytest.mark.parametrize("rules", [(), (MaxBytes(1, may_lose=True),)])
    def test_trap_a_ledger_that_cannot_be_read_keeps_its_day_only(
        self, machine: Machine, rules: tuple[Rule, ...]
    ) -> None:
        """A bad sector in one of them stopped the backup and the cleanup of all days."""
        other = PurePosixPath("ROST1/2025-05-27/ROST1_20250527T140000.mkv")
        machine.storage.put(READY / other, b"other day", mtime_ns=machine.ns(1500))
        machine.wait(FIRST)
        assert machine.back_up().synced_count == 2
        new = other.with_name("ROST1_20250527T150000.mkv")
        machine.storage.put(READY / new, b"another", mtime_ns=machine.ns(1440))
        machine.wait(SECOND)
        machine.storage.unreadable.add(LEDGER)
        report = machine.back_up()
        assert (report.synced_count, report.kept_count, report.target_problem) == (1, 1, "")
        assert f"ROST1/{TODAY} is kept" in machine.said()
        cleaned = machine.clean(*rules)
        assert cleaned.removed_count == 2
        assert f"the segments of {TODAY} are kept" in " ".join(cleaned.shortfalls)
        assert sorted(machine.ready()) == [str(PATH), str(PATH.with_name(SECOND))]
        machine.storage.unreadable.clear()
        assert machine.back_up().synced_count == 1

    def test_a_ledger_that_goes_bad_after_the_plan_stops_no_other(self, machine: Machine) -> None:
        other = PurePosixPath("ROST1/2025-05-27/ROST1_20250527T140000.mkv")
        machine.storage.put(READY / other, b"other day", mtime_ns=machine.ns(1500))
        machine.wait(FIRST)
        machine.back_up()
        machine.calls.hook("storage.free_bytes", lambda: machine.storage.unreadable.add(LEDGER))
        report = machine.clean(target=None)
        assert (report.removed_count, report.problem_count) == (1, 1)
        assert list(machine.ready()) == [str(PATH)]

    def test_a_log_and_marks_that_cannot_be_read_stop_nothing(self, machine: Machine) -> None:
        machine.wait(FIRST)
        machine.back_up()
        machine.wait(SECOND)
        machine.storage.put(SUCCESS / f"{TODAY}.synced", f"ROST1/{TODAY}/{SECOND}\n")
        machine.storage.unreadable |= {SUCCESS / f"{TODAY}.synced", MARKS}
        report = machine.back_up()
        assert (report.kept_count, report.target_problem) == (1, "")
        assert f"{TODAY}.synced is kept: what it names is proven anew" in machine.said()
        assert "all ledgers are read" in machine.said()
        assert machine.clean().removed_count == 2

    def test_a_time_of_no_calendar_stops_no_other(self, machine: Machine) -> None:
        machine.wait(FIRST)
        for minute, mtime_ns in ((10, 10**21), (20, -(10**21))):
            path = READY / PurePosixPath("ROST1", TODAY, f"ROST1_20250528T14{minute}00.mkv")
            machine.storage.put(path, b"footage", mtime_ns=mtime_ns)
        machine.back_up()
        assert machine.clean().removed_count == 3

    def test_what_rsync_would_use_up_at_the_target_is_not_sent(self, machine: Machine) -> None:
        """Proven there and removed here, it would be gone with the next file of its name."""
        machine.storage.put(READY / "ROST1" / TODAY / ".rsync-partial" / FIRST, b"beginning")
        assert list(days_below(READY / "ROST1" / TODAY, machine.storage)) == [
            Day("other", {PurePosixPath(): Listing(folders=(".rsync-partial",))})
        ]
        report = machine.back_up()
        assert (report.synced_count, report.kept_count) == (0, 1)
        assert machine.clean().removed_count == 0
        assert "rsync uses up" in machine.said()

    def test_the_disks_own_folder_is_left_alone(self, machine: Machine) -> None:
        """READY may be a disk of its own."""
        machine.storage.put_folder(READY / "lost+found")
        unlistable(machine, READY / "lost+found")
        assert machine.back_up().kept_count == 0
        assert machine.clean().shortfalls == ()
        assert machine.storage.entry(READY / "lost+found") is not None


class TestDaysBelow:
    @given(
        st.lists(st.lists(st.sampled_from(HOSTILE), max_size=4).map(lambda parts: PurePosixPath(*parts)), max_size=12)
    )
    def test_every_file_once_and_in_the_day_of_its_ledger(self, folders: list[PurePosixPath]) -> None:
        """Whatever folders are called and however deep they lie: the same files as in a scan."""
        storage = MemoryStorage()
        storage.put_folder(READY)
        for number, folder in enumerate(folders):
            storage.put(READY / folder / f"{number}.mkv", b"x" * number)
            storage.put(READY / folder / ".mkv")
            storage.put(READY / folder / "note.txt")
        found = []
        for day in days_below(READY, storage):
            for path, file in day.files(READY):
                assert (file.path, day_of(path)) == (READY / path, day.name)
                found.append(file)
        scanned = [e for e in storage.scan(READY) if e.kind is FileKind.FILE and e.path.suffix == ".mkv"]
        assert sorted(found, key=repr) == sorted(scanned, key=repr)

    def test_the_oldest_first_and_before_them_what_has_no_date(self) -> None:
        storage = MemoryStorage()
        for folder in ("B/2025-05-02", "A/2025-05-03", "A/2025-05-01", "B/2025-05-01"):
            storage.put_folder(READY / folder)
        days = [(day.name, [str(folder) for folder in day.folders]) for day in days_below(READY, storage)]
        assert days == [
            ("other", ["."]),
            ("other", ["A", "B"]),
            ("2025-05-01", ["A/2025-05-01", "B/2025-05-01"]),
            ("2025-05-02", ["B/2025-05-02"]),
            ("2025-05-03", ["A/2025-05-03"]),
        ]

    def test_a_link_of_which_it_is_not_known_where_it_leads(self) -> None:
        storage = MemoryStorage()
        storage.put_folder(READY)
        storage.put_link(READY / "A", "/elsewhere")
        storage.calls.fail("storage.resolve", StorageError(READY / "A", "Too many levels of symbolic links"))
        told: list[StorageError] = []
        assert list(days_below(READY, storage, on_problem=told.append)) != []
        assert [(error.path, "Too many levels" in error.problem) for error in told] == [(READY / "A", True)]

    def test_a_folder_that_cannot_be_listed_is_told_or_raised(self) -> None:
        storage = MemoryStorage()
        for folder in ("A", "B", "lost+found"):
            storage.put_folder(READY / folder)
        storage.calls.hook("storage.listing", lambda: fail_at(2, storage, DeniedError(READY / "A")), times=None)
        told: list[StorageError] = []
        days = list(days_below(READY, storage, on_problem=told.append))
        assert [[str(folder) for folder in day.folders] for day in days] == [["."], ["B"]]
        assert [error.path for error in told] == [READY / "A"]

        storage.calls.log.clear()
        with pytest.raises(DeniedError):
            list(days_below(READY, storage))
        storage.calls.fail("storage.listing", DeniedError(READY))
        with pytest.raises(DeniedError):
            list(days_below(READY, storage, on_problem=told.append))

    def test_links_are_not_followed_and_other_things_not_taken(self) -> None:
        storage = MemoryStorage()
        storage.put("/elsewhere/clip.mkv", b"x")
        storage.put_folder(READY)
        storage.put_link(READY / "link", "/elsewhere")
        storage.put_link(READY / "link.mkv", "/elsewhere/clip.mkv")
        assert [list(day.files(READY)) for day in days_below(READY, storage)] == [[]]

    def test_what_is_no_file_is_told_where_it_may_be_taken_for_footage(self, tmp_path: Path) -> None:
        for name in ("pipe", FIRST):
            os.mkfifo(tmp_path / name)
        (tmp_path / "notes.txt").write_text("x")
        (tmp_path / "link.txt").symlink_to("notes.txt")
        told: list[StorageError] = []
        assert [list(day.files(tmp_path)) for day in days_below(tmp_path, LocalStorage(), on_problem=told.append)] == [
            []
        ]
        assert [str(error) for error in told] == [f"{tmp_path / FIRST}: it is neither a file nor a folder"]

    def test_a_folder_that_vanishes_is_skipped_and_no_root_is_an_error(self) -> None:
        storage = MemoryStorage()
        storage.put(READY / "A" / TODAY / FIRST, b"x")
        days = days_below(READY, storage)
        assert [next(days).name, next(days).name] == ["other", "other"]
        storage.tree.discard(READY / "A" / TODAY / FIRST)
        storage.tree.discard(READY / "A" / TODAY)
        assert [dict(day.folders) for day in days] == [{}]
        with pytest.raises(NotFoundError):
            next(days_below(READY / "nothing", storage))

    def test_a_folder_that_cannot_be_listed_is_an_error(self) -> None:
        storage = MemoryStorage()
        storage.put(READY / "A" / TODAY / FIRST, b"x")
        storage.unreadable.add(READY / "A" / TODAY)
        with pytest.raises(DeniedError):
            list(days_below(READY, storage))


class TestMarks:
    """What was found proven to the last file is believed until anything about it changes (INV-21)."""

    def settled(self, machine: Machine, *names: str) -> None:
        for name in names:
            machine.wait(name)
        machine.back_up()
        machine.back_up()
        machine.calls.log.clear()

    def reads(self, machine: Machine) -> list[str]:
        """Which ledgers were read."""
        calls = [str(call.arguments[0]) for call in machine.calls.log if call.operation == "storage.read_text"]
        return [PurePath(path).name for path in calls if path.endswith(".ledger")]

    def test_nothing_to_do_reads_no_ledger(self, machine: Machine) -> None:
        self.settled(machine, FIRST, SECOND)
        assert machine.back_up().synced_count == 0
        assert self.reads(machine) == []
        assert not [call for call in machine.calls.log if call.operation.startswith("transfer")]

    def test_footage_that_is_not_proven_is_looked_at_again(self, machine: Machine) -> None:
        """A target that takes nothing leaves no mark."""
        machine.transfer.poison = {machine.wait(FIRST)}
        machine.back_up()
        machine.back_up()
        assert self.reads(machine) == [LEDGER.name] * 2

    def test_a_second_day_asks_the_target_again_but_not_whether_it_may_begin(self, machine: Machine) -> None:
        old = PurePosixPath("ROST1", "2025-05-01", "ROST1_20250501T140000.mkv")
        machine.storage.put(READY / old, b"old", mtime_ns=1)
        machine.wait(FIRST)
        assert machine.back_up().synced_count == 2
        assert list(machine.transfer.remote) == [old, PATH]

    def test_a_file_more_reads_the_ledger_and_is_sent(self, machine: Machine) -> None:
        self.settled(machine, FIRST)
        machine.wait(SECOND)
        assert machine.back_up().synced_count == 1
        assert self.reads(machine) == [LEDGER.name]

    def test_another_station_is_not_concerned(self, machine: Machine) -> None:
        """But as they share the ledger, it is read once more for both."""
        self.settled(machine, FIRST)
        other = PurePosixPath("ROST2", TODAY, "ROST2_20250528T140000.mkv")
        machine.storage.put(READY / other, b"other", mtime_ns=machine.ns(60))
        assert machine.back_up().synced_count == 1
        machine.calls.log.clear()
        machine.back_up()
        assert self.reads(machine) == [LEDGER.name]
        machine.calls.log.clear()
        machine.back_up()
        assert self.reads(machine) == []

    def test_a_file_that_changed_with_its_size_and_time_kept_is_looked_at(self, machine: Machine) -> None:
        self.settled(machine, FIRST)
        machine.wait(FIRST, b"FOOTAGE")
        machine.back_up()
        assert self.reads(machine) == [LEDGER.name]

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe\n", b"0" * 64 + b"\n"])
    def test_damaged_marks_cost_time_only(self, machine: Machine, content: bytes) -> None:
        self.settled(machine, FIRST)
        machine.storage.put(MARKS, content)
        assert machine.back_up().synced_count == 0
        assert self.reads(machine) == [LEDGER.name]
        machine.calls.log.clear()
        machine.back_up()
        assert self.reads(machine) == []

    @pytest.mark.parametrize("content", [b"", b"X"], ids=["empty", "another byte"])
    def test_a_ledger_that_was_damaged_is_noticed(self, machine: Machine, content: bytes) -> None:
        self.settled(machine, FIRST)
        raw = machine.storage.content(LEDGER)
        machine.storage.put(LEDGER, content + raw[len(content) :] if content else b"")
        assert machine.back_up().synced_count == 1

    def test_a_ledger_that_is_gone_is_noticed(self, machine: Machine) -> None:
        self.settled(machine, FIRST)
        machine.storage.tree.discard(LEDGER)
        assert machine.back_up().synced_count == 1

    @pytest.mark.parametrize("days", [7, -7])
    def test_a_bit_that_fell_over_is_found_within_a_week(self, machine: Machine, days: int) -> None:
        """It changes no listing; so with each week, also one by a clock that is set, everything is read anew."""
        self.settled(machine, FIRST)
        (before,) = [f for f in machine.storage.listing(SUCCESS).files if f.name == LEDGER.name]
        raw = machine.storage.content(LEDGER)
        node = machine.storage.tree.get(LEDGER)
        machine.storage.tree.nodes[LEDGER] = attrs.evolve(node, content=b"X" + raw[1:])
        assert before in machine.storage.listing(SUCCESS).files
        assert machine.back_up().synced_count == 0
        machine.clock.wall += timedelta(days=days)
        assert machine.back_up().synced_count == 1

    def test_a_forged_mark_removes_nothing(self, machine: Machine) -> None:
        """Cleanup goes by the ledger; the backup sends the file within a week."""
        machine.wait(FIRST)
        mark = proven_mark(
            PATH.parent, machine.storage.listing(READY / PATH.parent), ledger=None, today=TODAY, number=FIRST_NUMBER
        )
        machine.storage.put(MARKS, f"{mark}\n")
        assert machine.back_up().synced_count == 0
        assert machine.clean().removed_count == 0
        machine.clock.wall += timedelta(days=7)
        assert machine.back_up().synced_count == 1
        assert machine.clean().removed_count == 1

    def test_a_ledger_that_grows_while_it_is_used(self, machine: Machine) -> None:
        """The mark is of the ledger as it was listed before it was read."""
        self.settled(machine, FIRST)
        machine.storage.tree.discard(MARKS)
        withdrawn = LedgerEntry(PATH, machine.storage.tree.get(READY / PATH).identity, "", ProofKind.WITHDRAWN, "", "")
        read = f"storage.read_text({LEDGER})"

        def grow(call: object, phase: object) -> None:
            if read in str(call) and "AFTER" in str(phase):
                machine.calls.watchers.clear()
                machine.records.add(withdrawn)

        machine.calls.watchers.append(grow)
        assert machine.back_up().synced_count == 0
        assert machine.back_up().synced_count == 1

    def test_marks_that_cannot_be_written_are_said(self, machine: Machine) -> None:
        machine.wait(FIRST)
        machine.back_up()
        machine.calls.fail("storage.write_text", NoSpaceError(MARKS))
        machine.back_up()
        assert "the next run reads all ledgers again" in machine.said()

    def test_marks_never_take_the_space_of_a_proof(self, machine: Machine) -> None:
        machine.storage.tree.volumes[PurePath("/")].capacity_bytes = 100_000
        self.settled(machine, FIRST)
        assert machine.storage.entry(MARKS) is None

    def test_an_offline_target_forgets_no_mark(self, machine: Machine) -> None:
        old = PurePosixPath("ROST1", "2025-05-01", "ROST1_20250501T140000.mkv")
        self.settled(machine, FIRST)
        machine.storage.put(READY / old, b"old", mtime_ns=1)
        machine.transfer.evidence = "it is not mounted"
        assert machine.back_up().target_problem
        assert machine.back_up().target_problem
        assert LEDGER.name not in self.reads(machine)  # the old day comes first, and it ended there
        machine.transfer.evidence = ""
        assert machine.back_up().synced_count == 1
        assert LEDGER.name not in self.reads(machine)

    def test_a_mark_of_a_folder_that_is_gone_goes_too(self, machine: Machine) -> None:
        self.settled(machine, FIRST)
        machine.clean()
        machine.back_up()
        assert machine.storage.content(MARKS) == b""

    @given(st.data())
    @settings(max_examples=60, deadline=None)
    def test_with_and_without_marks_the_same_happens(self, data: st.DataObject) -> None:
        machines = [Machine(), Machine()]
        names = [FIRST, SECOND, "clip.mkv"]
        for _ in range(data.draw(st.integers(2, 8), label="steps")):
            name = data.draw(st.sampled_from(names), label="name")
            content = data.draw(st.sampled_from([b"a", b"b", b"long"]), label="content")
            action = data.draw(st.sampled_from(["put", "remove", "tear", "lose", "tomorrow", "clean"]), label="action")
            for machine in machines:
                disturb(machine, action, name, content)
            machines[1].storage.tree.discard(MARKS)
            reports = [machine.back_up() for machine in machines]
            assert reports[0] == reports[1]
            assert machines[0].transfer.remote == machines[1].transfer.remote
            assert machines[0].ready() == machines[1].ready()
            ledgers = [without_numbers(m.storage.files(SUCCESS).get(LEDGER)) for m in machines]
            assert ledgers[0] == ledgers[1]


def without_numbers(ledger: bytes | None) -> list[list[bytes]] | None:
    """The fields of each line, but for inode, ctime and CRC: they count what else was written on the disk."""
    return None if ledger is None else [(f := line.split(b"\t"))[:8] + f[10:11] for line in ledger.split(b"\n")]


def disturb(machine: Machine, action: str, name: str, content: bytes) -> None:
    path = READY / "ROST1" / TODAY / name
    match action:
        case "put":
            machine.storage.put(path, content, mtime_ns=len(content))
        case "remove":
            machine.storage.tree.discard(path)
        case "tear" if machine.storage.tree.find(LEDGER):
            machine.storage.put(LEDGER, machine.storage.content(LEDGER)[:-3])
        case "lose":
            machine.storage.tree.discard(LEDGER)
        case "tomorrow":
            machine.clock.wall += timedelta(days=1)
        case "clean":
            machine.clean()


class TestReadyFolders:
    NAMES = st.one_of(
        st.from_regex(
            r"(ROST1|A_B)_(20250528|20250527|20240229|20250230)T[0-9]{6}Z?(~[0-9]{1,3})?\.mkv", fullmatch=True
        ),
        st.sampled_from([FIRST, SECOND, "clip.mkv", "ROST1_20250528T236060.mkv", f"{FIRST}\n", "x" + FIRST]),
    )
    FOLDERS = st.sampled_from(
        [
            "ROST1/2025-05-28",
            "A_B/2025-05-28",
            "ROST1/2024-02-29",
            "ROST1/2025-02-30",
            "ROST1/2025-05-28/2025-05-28",
            "rost1/2025-05-28",
            "a b/2025-05-28",
            ".",
            "2025-05-28",
            "ROST1/0001-01-01",
            "ROST1/20250528",
        ]
    )

    @given(FOLDERS.map(PurePosixPath), st.lists(NAMES, max_size=3))
    @settings(max_examples=500)
    def test_as_the_parser_says(self, folder: PurePosixPath, names: list[str]) -> None:
        expected = all(parse_ready_path(folder / name) is not None for name in names)
        assert are_ready_names(folder, names) == expected

    @given(
        st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)),  # noqa: DTZ001
        st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
        st.booleans(),
    )
    def test_no_segment_begins_before_its_day_anywhere(self, stamp: datetime, zone: timezone, is_utc: bool) -> None:
        name = SegmentName("ROST1", stamp.replace(microsecond=0), is_utc)
        bound = starts_not_before(name.day)
        assert bound is not None
        assert name.starts_at(zone=zone, closed_at=datetime(2025, 1, 1, tzinfo=UTC), length_s=600) >= bound

    @pytest.mark.parametrize("day", ["2025-02-30", "other", "2025-5-1", "0001-01-01", ""])
    def test_what_is_no_day(self, day: str) -> None:
        assert starts_not_before(day) is None


class TestOrganize:
    def test_a_session_that_its_recorder_just_adopted_is_no_problem(self, machine: Machine) -> None:
        live = OUT / "ROST1" / ".live"
        for name in ("20250528T140000Z", "20250528T150000Z"):
            machine.storage.put(live / name / FIRST, b"footage", mtime_ns=machine.ns(60))
        machine.storage.put(live / "empty" / "list.csv", b"", mtime_ns=machine.ns(60))

        def vanish_once(call: object, phase: object) -> None:
            if f"storage.listing({live / '20250528T140000Z'})" in str(call) and phase is Phase.BEFORE:
                vanish(machine, live / "20250528T140000Z" / FIRST)

        machine.calls.watchers.append(vanish_once)
        report = machine.organize()
        assert (report.moved_count, report.problem_count) == (1, 0)
        assert machine.storage.entry(live / "empty" / "list.csv") is not None

    def test_what_is_deeper_is_not_looked_at(self, machine: Machine) -> None:
        """Only the station's folder and its sessions: a folder of somebody else neither stops it nor is taken."""
        machine.storage.put(OUT / "ROST1" / "deeper" / FIRST, b"footage", mtime_ns=machine.ns(60))
        machine.storage.unreadable.add(OUT / "ROST1" / "deeper")
        machine.record(SECOND)
        report = machine.organize()
        assert (report.moved_count, report.problem_count) == (1, 0)


# --- cleanup ---------------------------------------------------------------------------------------------------------


def full_plan(
    ready: PurePath, *, records: SyncRecords, rules: list[Rule], ports: CleanupPorts, safety: Safety
) -> CleanupPlan:
    """The reference: every file, every ledger, one plan of it all."""
    entries = list(ports.storage.scan(ready))
    files = [e for e in entries if e.kind is FileKind.FILE and is_footage(e.path.name)]
    by_path = {PurePosixPath(file.path.relative_to(ready)): file for file in files}
    segments = [
        segment for path, file in by_path.items() if (segment := stored(path, file, records, ports)) is not None
    ]
    plan = plan_retention(
        segments,
        rules=rules or (KeepDays(),),
        now_s=ports.clock.now().timestamp(),
        free_bytes=ports.storage.free_bytes(ready),
        safety=safety,
    )
    full = {entry.path.parent for entry in entries}
    empty = tuple(e.path for e in entries if e.kind is FileKind.FOLDER and e.path not in full)
    return CleanupPlan(plan_victims(plan.victims).removals, plan.shortfalls, empty)


def stored(path: PurePosixPath, file: FileEntry, records: SyncRecords, ports: CleanupPorts) -> StoredFootage | None:
    ledger = records.ledger_of_day(day_of(path))
    proof, name = ledger.proof_of(path, file.identity, number=FIRST_NUMBER), parse_ready_path(path)
    if name is None and proof is None:
        return None
    known = ledger.known(path, file.identity)
    is_sent = known is not None and known.kind in (ProofKind.SENT, ProofKind.SIZE)
    now_s, times_s = ports.clock.now().timestamp(), (file.identity.mtime_ns / 1e9, (file.identity.ctime_ns or 0) / 1e9)
    latest_s = max((time_s for time_s in times_s if time_s <= now_s), default=now_s)
    start_s = written_s = times_s[0] if times_s[0] <= now_s else latest_s
    if name is not None:
        closed_at = datetime.fromtimestamp(written_s, UTC)
        zone = ports.clock.now().tzinfo or UTC
        start_s = max(name.starts_at(zone=zone, closed_at=closed_at, length_s=0).timestamp(), written_s - 86_400)
        if start_s > now_s:  # nothing of it may be older than its day, so that unread days make no difference
            begin = starts_not_before(name.day)
            assert begin is not None
            start_s = max(latest_s, begin.timestamp()) if begin.timestamp() <= now_s else latest_s
    return StoredFootage(
        file.path,
        file.identity,
        path.parts[0],
        start_s,
        proof,
        is_sent,
        latest_s,
    )


@attrs.frozen
class Footage:
    """A file below READY; no two begin at the same time."""

    station: str
    day: int
    size: int
    kind: ProofKind | None
    name: str
    late_days: int


FOOTAGE = st.builds(
    Footage,
    station=st.sampled_from(["A", "B", "a b"]),
    day=st.integers(0, 9),
    size=st.integers(0, 3),
    kind=st.sampled_from([None, ProofKind.READ_BACK, ProofKind.READ_BACK, ProofKind.SENT, ProofKind.LOST]),
    name=st.sampled_from(["segment", "segment", "segment", "utc", "clip", "other day", "above", "below"]),
    late_days=st.sampled_from([0, 0, 0, 3]),
)
BYTES = st.integers(0, 20)
LOSE = st.booleans()
RULES = st.lists(
    st.one_of(
        st.builds(KeepDays, st.sampled_from([0, 2, 3.5, 20])),
        st.builds(MaxDays, st.sampled_from([1, 4.5, 20]), LOSE),
        st.builds(MaxBytes, BYTES, st.sampled_from(["", "A", "a b"]), LOSE),
        st.builds(MinFree, BYTES, LOSE),
    ),
    max_size=3,
)
SAFETY = st.builds(Safety, st.sampled_from([0, 3600, 86_400 * 3]), st.sampled_from([0, 50, 100]))


def put(machine: Machine, number: int, footage: Footage) -> None:
    """The file, and its line in the ledger."""
    begun = NOW - timedelta(days=footage.day, seconds=number * 37)
    written = begun + timedelta(days=footage.late_days, seconds=1 / 2)
    day = f"{begun:%Y-%m-%d}"
    name = f"{footage.station}_{begun:%Y%m%dT%H%M%S}.mkv"
    path = {
        "segment": PurePosixPath(footage.station, day, name),
        "utc": PurePosixPath(footage.station, day, name.replace(".mkv", "Z.mkv")),
        "clip": PurePosixPath(footage.station, day, f"clip{number}.mkv"),
        "other day": PurePosixPath(footage.station, "2025-05-20", name),
        "above": PurePosixPath(footage.station, name),
        "below": PurePosixPath(footage.station, day, "2025-05-21", name),
    }[footage.name]
    machine.storage.put(READY / path, b"x" * footage.size, mtime_ns=int(written.timestamp() * 1e9))
    if footage.kind is not None:
        identity = machine.storage.tree.get(READY / path).identity
        machine.records.add(LedgerEntry(path, identity, f"{number:064x}", footage.kind, "2025", FIRST_NUMBER, "nas"))


def ports_of(machine: Machine) -> CleanupPorts:
    return CleanupPorts(storage=machine.storage, clock=machine.clock, reporter=machine.reporter, cancel=machine.cancel)


class TestPlan:
    """The days that are not read make no difference (INV-22)."""

    @given(st.lists(FOOTAGE, max_size=14), RULES, SAFETY, st.integers(0, 20), st.sampled_from([-11, 0, 2, 14]))
    @settings(max_examples=300, deadline=None)
    def test_the_same_as_of_all_days(
        self, footage: list[Footage], rules: list[Rule], safety: Safety, free: int, zone_h: int
    ) -> None:
        machine = Machine(clock=MemoryClock(NOW.astimezone(timezone(timedelta(hours=zone_h)))))
        for number, each in enumerate(footage):
            put(machine, number, each)
        machine.storage.put_folder(READY / "A/2025-01-01")
        used = sum(len(content) for content in machine.storage.files().values())
        machine.storage.tree.volumes[PurePath("/")].capacity_bytes = used + free
        world = {"records": machine.records, "rules": rules, "ports": ports_of(machine), "safety": safety}

        lazy, full = plan_cleanup(READY, number=FIRST_NUMBER, **world), full_plan(READY, **world)  # type: ignore[arg-type]

        assert lazy.removals == full.removals
        assert lazy.shortfalls == full.shortfalls
        assert sorted(lazy.empty_folders) == sorted(full.empty_folders)

    def machine_of(self, days: int, *, is_proven: bool = True) -> Machine:
        machine = Machine()
        for day in range(days):
            put(machine, day, Footage("A", day, 3, ProofKind.READ_BACK if is_proven else None, "segment", 0))
        machine.calls.log.clear()
        return machine

    def ledgers_read(self, machine: Machine, *rules: Rule) -> int:
        plan_cleanup(READY, records=machine.records, rules=rules, ports=ports_of(machine), number=FIRST_NUMBER)
        return sum(call.operation == "storage.read_text" for call in machine.calls.log)

    @pytest.mark.parametrize(
        "rules",
        [(KeepDays(60),), (KeepDays(60), MinFree(1)), (KeepDays(60), MaxBytes(90)), (KeepDays(60), MaxDays(60, True))],
        ids=str,
    )
    def test_what_no_rule_reaches_is_not_read(self, rules: tuple[Rule, ...]) -> None:
        assert self.ledgers_read(self.machine_of(30), *rules) == 0

    def test_what_nothing_was_ever_proven_of_is_not_read(self) -> None:
        assert self.ledgers_read(self.machine_of(30, is_proven=False), KeepDays()) == 0

    def test_an_age_reaches_the_days_before_it(self) -> None:
        """And, as a name does not tell its zone, two or three more."""
        assert 10 <= self.ledgers_read(self.machine_of(30), KeepDays(20)) <= 13

    def test_bytes_reach_as_many_days_as_they_need(self) -> None:
        """Twice as many each time, so at most about twice what was needed."""
        assert self.ledgers_read(self.machine_of(30), KeepDays(60), MaxBytes(84)) <= 7

    def test_a_day_that_vanishes_between_the_looks(self) -> None:
        """Its bytes count no more."""
        machine = self.machine_of(3)
        oldest = min(path for path in machine.storage.files(READY))
        machine.calls.hook("storage.free_bytes", lambda: vanish(machine, oldest))
        plan = plan_cleanup(
            READY,
            records=machine.records,
            rules=[KeepDays(60), MaxBytes(6)],
            ports=ports_of(machine),
            number=FIRST_NUMBER,
        )
        assert plan.removals == ()
        assert plan.shortfalls == ()


def vanish(machine: Machine, path: PurePath) -> None:
    machine.storage.tree.discard(path)
    machine.storage.tree.discard(path.parent)


def test_on_a_real_disk(tmp_path: object) -> None:
    """Marks hold from run to run there too, and notice a change that keeps size and time."""
    root = PurePath(str(tmp_path))
    machine = Machine()
    storage = LocalStorage()
    storage.make_folder(root / "a")
    storage.write_text(root / "a" / FIRST, "x")

    def mark() -> str:
        return proven_mark(PATH.parent, storage.listing(root / "a"), ledger=None, today=TODAY, number=FIRST_NUMBER)

    before = mark()
    assert mark() == before
    storage.write_text(root / "a" / FIRST, "y")
    assert mark() != before
    assert machine.records.ledger_files() == {}


def test_each_day_reads_a_part_of_the_ledgers_anew_and_each_week_all() -> None:
    days = [f"{date(2025, 5, 1) + timedelta(days=number):%Y-%m-%d}" for number in range(15)]
    marks = {
        folder: [proven_mark(PurePosixPath(folder), Listing(), ledger=None, today=day, number="") for day in days]
        for folder in (f"ROST1/{day}" for day in days)
    }
    for found in marks.values():
        assert len(set(found[:8])) == 2
        assert len(set(found)) == 3
    counts = [sum(found[at] != found[at + 1] for found in marks.values()) for at in range(14)]
    assert max(counts) < len(marks) / 2


def test_marks_of_hostile_names_differ() -> None:
    storage = MemoryStorage()
    marks = set()
    for number, folder in enumerate((*HOSTILE, "2025-05-2')", "2025-05-2', [", "a/b")):
        storage.put(READY / folder / "\udcff\n.mkv", b"")
        marks.add(proven_mark(PurePosixPath(folder), Listing(), ledger=None, today=TODAY, number=FIRST_NUMBER))
        listing = storage.listing(READY / folder)
        marks.add(
            proven_mark(PurePosixPath(folder), listing, ledger=listing.files[0], today=TODAY, number=FIRST_NUMBER)
        )
        assert len(marks) == 2 * (number + 1)


def test_a_job_holds_the_ledgers_of_a_few_days() -> None:
    """Segments come in the order of their days: memory is bounded, and each ledger is read once."""
    machine, days = Machine(), [f"2025-05-{number:02}" for number in range(1, 11)]
    paths = [PurePosixPath("ROST1", day, "a.mkv") for day in days]
    for path in paths:
        machine.records.add(LedgerEntry(path, FileIdentity(1, 2), "", ProofKind.SENT, "", ""))
    machine.calls.log.clear()
    ledgers = LedgersInUse(machine.records)
    for path in (*paths, *paths[2:], paths[0]):
        known = ledgers.known(path)
        assert known is not None
        assert known.path == path
    read = [call.operation for call in machine.calls.log]
    assert read == ["storage.read_text"] * 11


class TestFuture:
    """What was recorded while a clock was ahead neither stays for ever nor goes early."""

    @pytest.mark.parametrize(
        ("day", "mtime_days", "ctime_days", "expected_days"),
        [
            (400, 400, -40, -40),  # moved to its date folder forty days ago, by a clock that was right
            (400, 400, 400, 0),  # nothing else is known: as new as can be
            (-50, 400, -40, -41),  # written last when it was moved, as far as is known
            (-50, -50, 400, -50),
            (0, 400, -40, -1),  # of today, by its folder: not older than that
        ],
    )
    def test_times_in_the_future_say_nothing(
        self, day: int, mtime_days: int, ctime_days: int, expected_days: int
    ) -> None:
        machine = Machine()
        at = NOW + timedelta(days=day, hours=8)
        path = PurePosixPath("ROST1", f"{at:%Y-%m-%d}", f"ROST1_{at:%Y%m%dT%H%M%S}.mkv")
        mtime_ns, ctime_ns = (int((NOW + timedelta(days=each)).timestamp() * 1e9) for each in (mtime_days, ctime_days))
        file = FileEntry(READY / path, FileIdentity(4, mtime_ns, "8:1", 7, ctime_ns))
        found = stored_footage(path, file, Ledger(), machine.clock, number=FIRST_NUMBER)
        assert found is not None
        assert (found.start_s - NOW.timestamp()) / 86_400 == pytest.approx(expected_days, abs=0.9)
        assert found.latest_s is not None
        assert found.latest_s <= NOW.timestamp()

    def test_a_day_in_the_future_is_read(self) -> None:
        """What was moved there long ago goes, and what was moved there today stays, whatever their names say."""
        machine = Machine()
        machine.storage.tree.now_ns = lambda: machine.ns(0)
        at = NOW + timedelta(days=400)
        old, new = (f"ROST1_{each:%Y%m%dT%H%M%S}.mkv" for each in (at, at + timedelta(seconds=1)))
        for name, days_ago in ((old, 40), (new, 0)):
            machine.clock.wall = NOW - timedelta(days=days_ago)
            path = READY / "ROST1" / f"{at:%Y-%m-%d}" / name
            machine.storage.put(path, b"x", mtime_ns=int(at.timestamp() * 1e9))
        plan = plan_cleanup(
            READY,
            number=FIRST_NUMBER,
            records=machine.records,
            rules=[MaxDays(30, may_lose=True)],
            ports=ports_of(machine),
            safety=Safety(0, 100),
        )
        assert [removal.path.name for removal in plan.removals] == [old]
