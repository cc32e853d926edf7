"""What is said of an archive, after runs in memory."""

from datetime import UTC, date, datetime, timedelta
from pathlib import PurePath, PurePosixPath
from typing import Any

import attrs
import pytest

from camvault.adapters.memory.calls import Call, Phase
from camvault.core.archive.dated_names import NamePattern
from camvault.core.archive.day_gaps import DayGap
from camvault.core.archive.records import INPUT, OUTPUT, lost_entry
from camvault.core.archive.report import TRASH, ClipStanding, HoldingsReport
from camvault.core.workflows.archive import checked_roots
from camvault.core.workflows.archive.job import LEDGERS_NAME, TRASH_LEDGERS_NAME
from camvault.core.workflows.archive.ledgers import DayLedgers
from camvault.core.workflows.archive.report import ReportJob, report_holdings
from camvault.ports.archiving import ArchiveSettings
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import Cancelled, DeniedError, NotFoundError, StorageError
from tests.archive.helpers import CAMERA, OUT, Cameras
from tests.archive.helpers import TRASH as TRASH_ROOT

S = ClipStanding


def job_of(cameras: Cameras, since: date | None = None) -> ReportJob:
    return ReportJob(
        roots=checked_roots(cameras.input, output=cameras.output, trash=cameras.trash, storage=cameras.storage),
        pattern=cameras.options.pattern,
        since=since,
        storage=cameras.storage,
        clock=cameras.clock,
        zone=cameras.zone,
        cancel=cameras.cancel,
    )


def report(cameras: Cameras, since: date | None = None) -> HoldingsReport:
    return report_holdings(job_of(cameras, since))


def counts(found: HoldingsReport, camera: str | None = "front") -> dict[ClipStanding, int]:
    return next((dict(each.sums.counts) for each in found.cameras if each.camera == camera), {})


def area(found: HoldingsReport, name: str) -> tuple[int, int]:
    return next((each.file_count, each.size_bytes) for each in found.areas if each.name == name)


def unarchivable(cameras: Cameras, stamp: str, **said: Any) -> PurePath:
    """A clip that cannot be archived."""
    return cameras.clip(stamp, damage="Invalid data", **said)


def test_nothing_was_ever_archived() -> None:
    found = report(Cameras())
    assert (found.cameras, found.weeks, found.problems) == ((), (), ())
    assert [disk.full_on for disk in found.disks] == [None]


def test_kept_archives_are_told_by_camera_with_sizes_before_and_after_and_quality() -> None:
    cameras = Cameras()
    for number, camera in enumerate(("front", "front", "back")):
        cameras.clip(f"2024030912000{number}", camera=camera)
    cameras.run(settings=ArchiveSettings(is_quality_measured=True))
    found = report(cameras)
    assert counts(found) == {S.KEPT: 2}
    assert counts(found, "back") == {S.KEPT: 1}
    front = found.cameras[-1].sums
    trashed = [entry.size for entry in _sizes(cameras, TRASH_ROOT / "input") if "front" in entry.name]
    kept = [entry.size for entry in _sizes(cameras, OUT) if entry.name.endswith(".mp4")]
    assert front.source_bytes == sum(trashed)
    assert found.total.archive_bytes == sum(kept)
    assert front.saved_bytes > 0
    assert [(each.mean, each.count) for each in found.total.qualities.values()] == [(40.0, 3)]
    assert area(found, TRASH) == (3, sum(entry.size for entry in _sizes(cameras, TRASH_ROOT / "input")))
    assert area(found, OUTPUT) == (3, sum(kept))


@attrs.frozen
class _Size:
    name: str
    size: int


def _sizes(cameras: Cameras, root: PurePath) -> list[_Size]:
    return [_Size(path.name, len(cameras.storage.tree.get(path).content)) for path in cameras.storage.files(root)]


def test_a_remux_is_counted() -> None:
    cameras = Cameras()
    cameras.archiver.share = 2
    cameras.clip()
    cameras.run()
    assert (report(cameras).total.remuxed_count, report(cameras).total.saved_bytes) == (1, 0)


def test_a_clip_waits_until_an_archive_of_it_is_there() -> None:
    cameras = Cameras()
    clip = cameras.clip(has_picture=True)
    found = report(cameras)
    assert counts(found) == {S.WAITING: 1}
    size = sum(cameras.entry(path).identity.size_bytes for path in (clip, clip.with_suffix(".jpg")))
    assert found.sums_of([S.WAITING]) == ((date(2024, 3, 9), "front", S.WAITING, 1, size),)
    assert area(found, INPUT) == (2, size)


def test_a_clip_whose_archive_is_there_is_done_and_one_with_a_doubt_is_doubtful() -> None:
    cameras = Cameras()
    cameras.clip("20240309120000", unkept=("a subtitle track",))
    cameras.clip("20240309120001")
    cameras.calls.fail("storage.move", StorageError(CAMERA, "no"), times=None)
    cameras.run()
    found = report(cameras)
    assert counts(found) == {S.KEPT: 2, S.DOUBTFUL: 1, S.DONE: 1}


def test_a_clip_whose_archive_vanished_waits_again_and_the_archive_is_not_missing() -> None:
    cameras = Cameras()
    cameras.clip()
    cameras.calls.fail("storage.move", StorageError(CAMERA, "no"), times=None)
    cameras.run()
    (archive,) = (path for path in cameras.storage.files(OUT) if path.suffix == ".mp4")
    cameras.storage.tree.discard(archive)
    assert counts(report(cameras)) == {S.WAITING: 1}


@pytest.mark.parametrize("trash", [TRASH_ROOT, None])
def test_a_recorded_archive_that_nobody_took_is_missing(trash: PurePath | None) -> None:
    cameras = Cameras(trash=trash)
    cameras.clip()
    cameras.run()
    (archive,) = (path for path in cameras.storage.files(OUT) if path.suffix == ".mp4")
    cameras.storage.tree.discard(archive)
    assert counts(report(cameras)) == {S.MISSING: 1}


@pytest.mark.parametrize("trash", [TRASH_ROOT, None])
def test_an_archive_that_a_rule_took_is_gone_and_its_day_no_gap(trash: PurePath | None) -> None:
    cameras = Cameras(trash=trash)
    for stamp in ("20240101120000", "20240101120001", "20240309120000"):
        cameras.clip(stamp)
    cameras.run()
    cameras.run(is_cleanup=True, is_output_cleaned=True, age_days=30)
    found = report(cameras)
    assert counts(found) == {S.KEPT: 1, S.GONE: 2}
    assert found.cameras[0].gaps == (DayGap(date(2024, 1, 2), date(2024, 3, 8)),)


def test_an_archive_of_a_source_that_a_rule_deleted_is_still_of_its_camera() -> None:
    cameras = Cameras(trash=None)
    cameras.clip("20240101120000", unkept=("a subtitle track",))
    cameras.run()
    assert counts(report(cameras)) == {S.KEPT: 1, S.DOUBTFUL: 1}
    cameras.run(is_cleanup=True, age_days=30)
    assert counts(report(cameras)) == {S.KEPT: 1}


def test_what_rules_took_without_an_archive_is_told_where_it_is() -> None:
    cameras = Cameras(trash=None)
    unarchivable(cameras, "20240101120000", has_picture=True)
    cameras.run(is_cleanup=True, age_days=30)
    assert counts(report(cameras)) == {S.DELETED: 1}
    cameras = Cameras()
    unarchivable(cameras, "20240101120000")
    cameras.run(is_cleanup=True, age_days=30)
    assert counts(report(cameras)) == {S.TRASHED: 1}


def test_a_deleted_clip_in_the_folder_of_another_day_was_archived() -> None:
    cameras = Cameras(trash=None)
    cameras.clip("20240102000001", day="2024/01/01", unkept=("a subtitle track",))
    cameras.run()
    cameras.run(is_cleanup=True, age_days=30)
    assert counts(report(cameras)) == {S.KEPT: 1}


def test_an_archive_without_a_record_is_of_no_camera() -> None:
    cameras = Cameras()
    cameras.storage.put(OUT / "2024/03/08/archived-20240308120000.mp4", "old")
    cameras.storage.put(OUT / "2024/03/08/notes.txt", "no archive")
    cameras.storage.put(OUT / "2024/02/31/archived-20240308120001.mp4", "in a folder of no day")
    cameras.clip()
    cameras.run()
    found = report(cameras)
    assert counts(found, None) == {S.UNRECORDED: 2}
    assert counts(found) == {S.KEPT: 1}
    assert area(found, OUTPUT)[0] == 4


def test_an_archive_that_is_another_file_than_the_recorded_one_is_unrecorded() -> None:
    cameras = Cameras()
    cameras.clip()
    cameras.run()
    (archive,) = (path for path in cameras.storage.files(OUT) if path.suffix == ".mp4")
    cameras.storage.put(archive, "something else")
    assert counts(report(cameras), None) == {S.UNRECORDED: 1}


def test_what_the_pattern_does_not_know_is_of_no_camera() -> None:
    cameras = Cameras(trash=None)
    cameras.clip("20240101120000", damage="Invalid data")
    cameras.run(is_cleanup=True)
    cameras.clip()
    cameras.run(is_cleanup=False)
    cameras.options = attrs.evolve(cameras.options, pattern=NamePattern("CAM_{camera}_%Y%m%d%H%M%S"))
    found = report(cameras)
    assert counts(found, None) == {S.UNRECORDED: 1}
    assert len(found.cameras) == 1


def test_archives_and_clips_in_the_trash_count_as_its_size() -> None:
    cameras = Cameras()
    cameras.clip("20240101120000")
    cameras.run()
    cameras.run(is_cleanup=True, is_output_cleaned=True, age_days=30)
    cameras.storage.put(TRASH_ROOT / ".camvault-trash/other.ledger", "")
    assert area(report(cameras), TRASH)[0] == 2


def test_earlier_days_are_left_out_if_asked_for() -> None:
    cameras = Cameras()
    for stamp in ("20240101120000", "20240309120000"):
        cameras.clip(stamp)
    cameras.run()
    unarchivable(cameras, "20240102120000")
    found = report(cameras, date(2024, 3, 1))
    assert counts(found) == {S.KEPT: 1}
    assert found.cameras[0].days == {date(2024, 3, 9)}
    assert area(found, OUTPUT)[0] == 1


def test_the_disk_is_full_when_the_growth_of_all_that_is_on_it_has_taken_what_is_free() -> None:
    cameras = Cameras()
    for days in range(1, 30):
        cameras.clip(f"{datetime(2024, 3, 10, 12, tzinfo=UTC) - timedelta(days=days):%Y%m%d%H%M%S}")
    cameras.run()
    found = report(cameras)
    sizes = {each.name: each.growth_bytes_per_day for each in found.areas}
    per_day = sum(size or 0 for size in sizes.values())
    (disk,) = found.disks
    assert disk.areas == (INPUT, OUTPUT, TRASH)
    assert sizes[INPUT] == 0
    assert disk.growth_bytes_per_day == pytest.approx(per_day)
    assert per_day > 2000
    assert disk.full_on is None or disk.full_on > date(2024, 3, 10)


def test_roots_on_several_file_systems_each_have_their_outlook() -> None:
    cameras = Cameras(output=PurePath("/nas/archived"), trash=None)
    cameras.storage.mount("/nas", name="nas", capacity_bytes=10**9)
    cameras.clip()
    cameras.run()
    assert [disk.areas for disk in report(cameras).disks] == [(INPUT,), (OUTPUT,)]


def fail_at(cameras: Cameras, call: str, path: PurePath) -> None:
    """Refuse a call for this path."""

    def watch(made: Call, phase: Phase) -> None:
        if phase is Phase.BEFORE and made.operation == call and made.arguments[0] == path:
            raise DeniedError(path, "Permission denied")

    cameras.calls.watchers.append(watch)


@pytest.mark.parametrize(
    ("call", "path", "problem"),
    [
        ("storage.listing", CAMERA / "2024/03/09", f"{CAMERA}/2024/03/09 cannot be listed: Permission denied"),
        ("storage.listing", OUT, f"{OUT} cannot be listed: Permission denied"),
        ("storage.listing", OUT / LEDGERS_NAME, f"{OUT / LEDGERS_NAME} cannot be listed: Permission denied"),
        (
            "storage.read_text",
            OUT / LEDGERS_NAME / "2024-03-09.ledger",
            f"{OUT / LEDGERS_NAME}/2024-03-09.ledger cannot be read: Permission denied",
        ),
        (
            "storage.read_text",
            TRASH_ROOT / TRASH_LEDGERS_NAME / "2024-03-09.ledger",
            f"{TRASH_ROOT / TRASH_LEDGERS_NAME}/2024-03-09.ledger cannot be read: Permission denied",
        ),
        (
            "storage.entry",
            OUT / "2024/03/09/archived-20240309120000.mp4",
            f"{OUT}/2024/03/09/archived-20240309120000.mp4 cannot be looked at: Permission denied",
        ),
        ("storage.free_bytes", CAMERA, f"{CAMERA}: how much is free cannot be found out: Permission denied"),
    ],
)
def test_what_cannot_be_looked_at_is_named_and_stops_nothing_else(call: str, path: PurePath, problem: str) -> None:
    cameras = Cameras()
    cameras.clip()
    cameras.clip("20240308120000")
    cameras.run()
    cameras.storage.tree.discard(OUT / "2024/03/09/archived-20240309120000.mp4")
    fail_at(cameras, call, path)
    found = report(cameras)
    assert found.problems == (problem,)
    assert found.areas[0].name == INPUT


def test_an_input_that_cannot_be_listed_is_no_empty_one() -> None:
    cameras = Cameras()
    fail_at(cameras, "storage.listing", CAMERA)
    with pytest.raises(DeniedError):
        report(cameras)
    job = job_of(cameras := Cameras())
    cameras.storage.tree.discard(CAMERA)
    with pytest.raises(NotFoundError):
        report_holdings(job)


def test_a_torn_line_is_told_and_not_believed() -> None:
    cameras = Cameras()
    cameras.clip()
    cameras.run()
    path = OUT / LEDGERS_NAME / "2024-03-09.ledger"
    cameras.storage.put(path, cameras.storage.content(path)[:-30] + b"\n")
    found = report(cameras)
    assert found.notes == ("1 line(s) of the ledger of 2024-03-09 are torn, and not believed",)
    assert found.problems == ()


def test_a_line_about_a_file_that_is_no_archive_says_nothing() -> None:
    cameras = Cameras()
    cameras.clip()
    cameras.run()
    ledgers = DayLedgers(OUT / LEDGERS_NAME, cameras.storage)
    ledgers.add("2024-03-09", lost_entry(PurePosixPath("output/2024/03/09/x.mp4"), FileIdentity(1, 1), "", "a rule"))
    assert counts(report(cameras)) == {S.KEPT: 1}


def test_a_report_can_be_stopped() -> None:
    cameras = Cameras()
    cameras.clip()
    cameras.cancel.request()
    with pytest.raises(Cancelled):
        report(cameras)


def test_each_folder_is_listed_once_and_no_footage_is_opened() -> None:
    cameras = Cameras()
    for number in range(1, 9):
        cameras.clip(f"2024030{number}120000")
    cameras.run()
    cameras.clip("20240309120000")
    cameras.calls.log.clear()
    report(cameras)
    folders = [str(call.arguments[0]) for call in cameras.calls.log if call.operation == "storage.listing"]
    listed = [folder for folder in folders if LEDGERS_NAME not in folder]
    assert len(listed) == len(set(listed))
    read = [call for call in cameras.calls.log if call.operation == "storage.read_text"]
    assert len(read) == 9, "each ledger once"
    assert {call.operation for call in cameras.calls.log} <= {
        *("storage.resolve", "storage.entry", "storage.listing", "storage.read_text"),
        *("storage.device_of", "storage.free_bytes", "storage.total_bytes"),
    }
