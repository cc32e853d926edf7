"""The archive workflow in memory: transcode, prove, let go, make room. The 14 known bugs each have a test."""

import hashlib
import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import PurePath, PurePosixPath
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.adapters.memory.archiving import archive_content
from camvault.adapters.memory.calls import Call, Phase
from camvault.adapters.memory.media import MemoryClip
from camvault.core.archive.dated_names import NamePattern, folder_day
from camvault.core.archive.plan import LeftFile, RemoveAction, TranscodeAction
from camvault.core.archive.records import record_of
from camvault.core.segments.ledger import LedgerEntry, ProofKind, ledger_line, parse_ledger
from camvault.core.workflows.archive import (
    ActionOutcome,
    ArchiveRoots,
    ArchiveRun,
    RootHeldError,
    checked_roots,
    hold_roots,
)
from camvault.core.workflows.archive.events import ArchiveRefused, NeverArchived, OrphansRemoved, RuleBinds, RuleNotMet
from camvault.core.workflows.archive.letting_go import rule_removal
from camvault.core.workflows.steps.target_claim import temporary_path
from camvault.ports.archiving import ArchiveSettings, Sound
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import Cancelled, MediaError, NoSpaceError, StorageError, ToolError, UsageError
from camvault.ports.events import Progressed, Warned
from camvault.ports.mounts import MountTable
from camvault.ports.removal import RetentionReason
from camvault.ports.witness import ReadFrom
from tests.archive.helpers import CAMERA, DAY, OUT, STAMP, TRASH, Cameras, name_of

ARCHIVE = f"{DAY}/archived-{STAMP}.mp4"
TWIN = f"{DAY}/archived-{STAMP}~2.mp4"
CLIP, PICTURE = f"{DAY}/{name_of()}", f"{DAY}/{name_of(extension='jpg')}"
OLD = "20230101120000"
OLD_DAY = "2023/01/01"


class TestTheMainJob:
    def test_a_clip_is_archived_and_goes_to_the_trash_with_its_picture(self, cameras: Cameras) -> None:
        clip = cameras.clip(has_picture=True)
        content, mtime_ns = cameras.storage.content(clip), cameras.ns(300)
        report = cameras.run()
        assert (report.transcoded_count, report.let_go_count, report.removed_count) == (1, 1, 2)
        assert report.problem_count == 0
        assert cameras.inputs() == []
        assert cameras.names(OUT) == [ARCHIVE]
        assert cameras.names(TRASH) == [f"input/{PICTURE}", f"input/{CLIP}"]
        assert cameras.storage.content(TRASH / "input" / CLIP) == content
        assert cameras.entry(OUT / ARCHIVE).identity.mtime_ns == mtime_ns
        assert report.oldest == ((str(OUT), "2024-03-09"),)

    def test_the_record_names_the_source_the_archive_and_how_it_was_made(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        source = cameras.entry(clip)
        sha256 = hashlib.sha256(cameras.storage.content(clip)).hexdigest()
        cameras.run(settings=attrs.evolve(cameras.options.settings, is_quality_measured=True))
        text = cameras.storage.content(OUT / ".camvault-archive/2024-03-09.ledger").decode()
        record = record_of(parse_ledger(text), PurePosixPath(CLIP), source.identity)
        assert record is not None
        assert record.source_sha256 == sha256
        assert record.archive_sha256 == hashlib.sha256(cameras.storage.content(OUT / ARCHIVE)).hexdigest()
        assert (record.facts.encoder, record.facts.quality) == ("memory", "XPSNR 40.0 dB")
        assert record.facts.duration_s == 10
        assert record.facts.settings == "1024x768, quality 26, sound keep"

    def test_a_second_run_finds_nothing_to_do(self, cameras: Cameras) -> None:
        cameras.clip(has_picture=True)
        cameras.run()
        before = cameras.storage.files()
        cameras.restart()
        report = cameras.run()
        assert (report.transcoded_count, report.removed_count) == (0, 0)
        assert cameras.storage.files() == before

    def test_deleting_leaves_the_archive_only(self, cameras: Cameras) -> None:
        cameras.trash = None
        cameras.clip(has_picture=True)
        assert cameras.run().removed_count == 2
        assert cameras.names(OUT) == [ARCHIVE]
        assert cameras.inputs() == []

    def test_an_encode_that_would_be_larger_is_counted_as_a_remux(self, cameras: Cameras) -> None:
        cameras.archiver.share = 2
        clip = cameras.clip()
        content = cameras.storage.content(clip)
        report = cameras.run()
        assert report.remuxed_count == 1
        assert cameras.storage.content(OUT / ARCHIVE) == content
        assert any("an encode would be larger" in line for line in cameras.reporter.lines())

    def test_what_is_archived_already_is_let_go_without_a_transcode(self, cameras: Cameras) -> None:
        clip = cameras.clip(has_picture=True)
        content = cameras.storage.content(clip)
        cameras.run()
        cameras.storage.put(clip, content, mtime_ns=cameras.ns(300))
        report = cameras.run()
        assert (report.transcoded_count, report.let_go_count) == (0, 1)
        assert cameras.inputs() == []

    def test_more_clips_at_once_end_as_one_by_one(self, cameras: Cameras) -> None:
        for minute in range(10):
            cameras.clip(f"202403091200{minute:02}", has_picture=True)
        with ThreadPoolExecutor(4) as executor:
            cameras.executor = executor
            report = cameras.run(job_count=4)
        assert (report.transcoded_count, report.problem_count) == (10, 0)
        assert cameras.inputs() == []

    def test_all_cameras_days_and_depths_are_found(self, cameras: Cameras) -> None:
        cameras.clip(day="yard/2024/03/09")
        cameras.clip("20240308120000", day="2024/3/8")
        cameras.clip("20240307120000", day="2024/03/09")
        for day in ("", "2024/03", "2024/03/09/more", "2024/13/01", "incoming"):
            cameras.storage.put(CAMERA / day / name_of("20240301120000"), "not in a date folder")
        assert cameras.run().transcoded_count == 3
        assert cameras.names(OUT) == [
            "2024/03/07/archived-20240307120000.mp4",
            "2024/03/08/archived-20240308120000.mp4",
            ARCHIVE,
        ]

    def test_another_pattern_of_names(self, cameras: Cameras) -> None:
        content = MemoryClip().content(3000)
        cameras.storage.put(CAMERA / DAY / "door-2024-03-09T12.00.00.mp4", content, mtime_ns=cameras.ns(300))
        cameras.run(pattern=NamePattern("{camera}-%Y-%m-%dT%H.%M.%S"))
        assert cameras.names(OUT) == [ARCHIVE]


class TestTheFourteenKnownBugs:
    def test_bug_01_a_failed_transcode_keeps_clip_and_picture(self, cameras: Cameras) -> None:
        clip = cameras.clip(has_picture=True)
        cameras.calls.fail("archiver.archive", ToolError("ffmpeg", 1, ("Error while filtering",)))
        report = cameras.run()
        assert (report.failed_count, report.problem_count) == (1, 1)
        assert cameras.inputs() == [PICTURE, CLIP]
        assert f"Skipping removal of {clip} due to transcoding failure" in cameras.reporter.lines()[0]

    def test_bug_02_a_large_partial_output_is_no_archive(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        partial = cameras.archive(STAMP, b"\0" * 1_100_000)
        report = cameras.run()
        assert report.transcoded_count == 1
        assert cameras.names(OUT) == [ARCHIVE, TWIN]
        assert cameras.storage.content(partial) == b"\0" * 1_100_000
        (refused,) = cameras.reporter.of(ArchiveRefused)
        assert (refused.source, refused.target) == (clip, partial)

    def test_bug_02_a_failed_transcode_leaves_nothing_behind(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.calls.fail("archiver.archive", ToolError("ffmpeg", 1), when=Phase.DURING)
        cameras.run()
        assert cameras.names(OUT) == []

    def test_bug_02_what_a_killed_run_left_is_removed(self, cameras: Cameras) -> None:
        cameras.clip()
        leftover = OUT / DAY / ".archived-20240309110000.mp4.camvault-part"
        cameras.storage.put(leftover, b"half an archive")
        cameras.storage.put(OUT / DAY / "mine.camvault-part", b"not ours: it has no dot")
        cameras.run()
        assert cameras.names(OUT) == [ARCHIVE, f"{DAY}/mine.camvault-part"]

    def test_bug_03_two_cameras_of_one_second_get_two_archives(self, cameras: Cameras) -> None:
        clips = [cameras.clip(camera=camera, has_picture=True) for camera in ("back", "front")]
        contents = [cameras.storage.content(clip) for clip in clips]
        cameras.run()
        assert cameras.names(OUT) == [ARCHIVE, TWIN]
        for content, archive in zip(contents, (ARCHIVE, TWIN), strict=True):
            assert hashlib.sha256(content).hexdigest().encode() in cameras.storage.content(OUT / archive)
        assert len(cameras.names(TRASH)) == 4

    def test_bug_03_a_second_camera_that_uploads_later_overwrites_nothing(self, cameras: Cameras) -> None:
        cameras.clip(camera="back")
        cameras.run()
        first = cameras.storage.content(OUT / ARCHIVE)
        cameras.clip(camera="front")
        cameras.run()
        assert cameras.names(OUT) == [ARCHIVE, TWIN]
        assert cameras.storage.content(OUT / ARCHIVE) == first

    @pytest.mark.parametrize("changes", [{}, {"is_made_anew": True}, {"is_cleanup": True, "age_days": 1}])
    def test_bug_04_what_is_in_the_trash_is_never_work(self, cameras: Cameras, changes: dict[str, Any]) -> None:
        content = MemoryClip().content(3000)
        for path in (TRASH / "input" / OLD_DAY / name_of(OLD), TRASH / OLD_DAY / name_of(OLD)):
            cameras.storage.put(path, content, mtime_ns=cameras.ns(9999))
        before = cameras.storage.files()
        assert cameras.plan(**changes) == ([], [])
        cameras.run()
        assert cameras.storage.files() == before

    @pytest.mark.parametrize("changes", [{}, {"is_cleanup": True}])
    def test_bug_04_a_trash_that_this_run_does_not_use_is_no_work_either(
        self, cameras: Cameras, changes: dict[str, Any]
    ) -> None:
        """The default one in a run with --delete, and one of other runs, by its records; both lie in the input."""
        cameras.clip(OLD)
        cameras.run()
        cameras.clip("20230102120000")
        cameras.trash = CAMERA / "other"
        cameras.run()
        cameras.trash = None
        before = cameras.storage.files()
        report = cameras.run(**changes)
        assert (report.transcoded_count, report.removed_count) == (0, 0)
        assert cameras.storage.files() == before

    def test_bug_04_hidden_folders_are_no_work(self, cameras: Cameras) -> None:
        cameras.storage.put(CAMERA / ".snapshots" / OLD_DAY / name_of(OLD), MemoryClip().content(3000))
        assert cameras.plan(settle_s=0) == ([], [])

    def test_bug_05_clean_output_without_cleanup_does_nothing_to_the_archive(self, cameras: Cameras) -> None:
        cameras.archive(OLD, b"an archive" * 200_000)
        cameras.clip()
        cameras.run(is_output_cleaned=True, age_days=1)
        assert cameras.names(OUT) == [f"{OLD_DAY}/archived-{OLD}.mp4", ARCHIVE]

    def test_bug_05_the_archive_is_never_work(self, cameras: Cameras) -> None:
        archived = cameras.storage.put(OUT / DAY / name_of(), MemoryClip().content(3000), mtime_ns=cameras.ns(300))
        assert cameras.plan() == ([], [])
        cameras.run(is_made_anew=True)
        assert cameras.names(OUT) == [str(archived.path.relative_to(OUT))]

    def test_bug_06_the_trash_keeps_the_tree(self, cameras: Cameras) -> None:
        cameras.clip(OLD, has_picture=True)
        cameras.archive(OLD)
        cameras.run(is_cleanup=True, is_output_cleaned=True)
        assert cameras.names(TRASH) == [
            f"input/{OLD_DAY}/{name_of(OLD, extension='jpg')}",
            f"input/{OLD_DAY}/{name_of(OLD)}",
            f"output/{OLD_DAY}/archived-{OLD}.mp4",
        ]

    @pytest.mark.parametrize("changes", [{}, {"is_cleanup": True}, {"purge_days": 0}])
    def test_bug_07_a_dry_run_changes_nothing(self, cameras: Cameras, changes: dict[str, Any]) -> None:
        cameras.clip(has_picture=True)
        cameras.clip(OLD, has_picture=True)
        cameras.storage.put_folder(CAMERA / "2020/01/01")
        before = dict(cameras.storage.tree.nodes)
        actions, _ = cameras.plan(**changes)
        assert actions or "purge_days" in changes
        assert dict(cameras.storage.tree.nodes) == before

    def test_bug_08_a_folder_with_nothing_but_pictures_is_cleaned(self, cameras: Cameras) -> None:
        cameras.picture(OLD)
        cameras.run(is_cleanup=True)
        assert cameras.inputs() == []
        assert cameras.storage.tree.find(CAMERA / "2023") is None
        assert [event.count for event in cameras.reporter.of(OrphansRemoved)] == [1]

    def test_bug_09_empty_folders_of_trash_and_archive_stay(self, cameras: Cameras) -> None:
        for root in (OUT, TRASH, CAMERA):
            cameras.storage.put_folder(root / "2020/01/01")
        cameras.run(is_cleanup=True)
        found = [cameras.storage.tree.find(root / "2020/01/01") is not None for root in (OUT, TRASH, CAMERA)]
        assert found == [True, True, False]

    def test_bug_10_a_fresh_picture_whose_clip_is_still_uploaded_stays(self, cameras: Cameras) -> None:
        cameras.picture(minutes_ago=1)
        cameras.picture(OLD, minutes_ago=9)
        cameras.run(is_cleanup=True)
        assert len(cameras.inputs()) == 2
        cameras.clock.advance(120)
        cameras.run(is_cleanup=True)
        assert cameras.inputs() == [PICTURE]

    def test_bug_10_a_clip_that_is_still_written_stays(self, cameras: Cameras) -> None:
        cameras.clip(minutes_ago=0.9)
        report = cameras.run()
        assert (report.transcoded_count, report.left_count, report.problem_count) == (0, 1, 0)
        assert cameras.inputs() == [CLIP]

    def test_bug_10_a_clip_whose_picture_is_still_written_stays(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.picture(minutes_ago=0)
        assert cameras.run().left_count == 1
        assert cameras.inputs() == [PICTURE, CLIP]

    @pytest.mark.parametrize("extension", ["Mp4", "MP4", "mP4"])
    def test_bug_11_an_extension_in_mixed_case_is_a_clip(self, cameras: Cameras, extension: str) -> None:
        cameras.clip(extension=extension)
        assert cameras.run().transcoded_count == 1
        assert cameras.names(OUT) == [ARCHIVE]

    def test_bug_12_the_size_of_the_input_counts_neither_archive_nor_trash(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        cameras.archive(OLD, b"x" * 100_000)
        cameras.storage.put(TRASH / "input" / DAY / name_of("20240309110000"), b"x" * 100_000)
        limit = cameras.entry(clip).identity.size_bytes
        assert cameras.plan(is_cleanup=True, age_days=0, max_bytes=limit) == ([], [])
        actions, _ = cameras.plan(max_bytes=limit - 1)
        assert [action.path for action in actions if isinstance(action, RemoveAction)] == [clip]

    def test_bug_12_what_goes_to_the_trash_of_the_same_disk_frees_nothing(self, cameras: Cameras) -> None:
        cameras.storage.mount("/", name="0:1", capacity_bytes=100_000)
        cameras.clip()
        report = cameras.run(is_cleanup=True, age_days=0, min_free_bytes=99_000)
        assert cameras.inputs() == [CLIP]
        assert report.problem_count == 1
        (unmet,) = cameras.reporter.of(RuleNotMet)
        assert "the trash is on the same file system" in unmet.reason

    def test_bug_13_links_and_unfinished_uploads_are_no_footage(self, cameras: Cameras) -> None:
        cameras.storage.put("/elsewhere/a.mp4", MemoryClip().content(3000), mtime_ns=cameras.ns(300))
        cameras.clip("20240308120000")
        cameras.storage.put_folder(CAMERA / DAY)
        cameras.storage.put_link(CAMERA / DAY / name_of(), "/elsewhere/a.mp4")
        cameras.storage.put_link(CAMERA / "2022", "/elsewhere")
        cameras.storage.put(CAMERA / DAY / f"{name_of('20240309130000')}.part", MemoryClip().content(3000))
        report = cameras.run()
        assert (report.transcoded_count, report.left_count, report.problem_count) == (1, 2, 0)
        assert cameras.storage.content("/elsewhere/a.mp4")
        assert f"{DAY}/{name_of('20240309130000')}.part" in cameras.inputs()


class TestDamage:
    @pytest.mark.parametrize(
        "content", [b"", b"rubbish" * 100, MemoryClip(damage="a hole").content(900), MemoryClip(None).content(900)]
    )
    def test_a_damaged_clip_is_kept_named_and_stops_no_other(self, cameras: Cameras, content: bytes) -> None:
        bad = cameras.clip("20240308120000", content=content, has_picture=True, minutes_ago=9999)
        cameras.clip()
        report = cameras.run()
        assert (report.transcoded_count, report.problem_count) == (1, 1)
        assert str(bad.relative_to(CAMERA)) in cameras.inputs()
        assert any(str(bad) in line for line in cameras.reporter.lines())

    def test_a_young_clip_without_tables_is_left_alone_and_an_old_one_is_damaged(self, cameras: Cameras) -> None:
        cameras.clip(content=b"broken: no moov", minutes_ago=50)
        report = cameras.run()
        assert (report.left_count, report.problem_count) == (1, 0)
        cameras.clock.advance(3600)
        assert cameras.run().problem_count == 1

    def test_an_archive_that_may_lack_something_keeps_its_source_and_is_not_made_again(self, cameras: Cameras) -> None:
        cameras.clip(unkept=("the sound cannot be kept",), has_picture=True)
        for transcoded in (1, 0):
            report = cameras.run()
            assert (report.transcoded_count, report.problem_count) == (transcoded, 1)
            assert cameras.inputs() == [PICTURE, CLIP]
        assert any("the sound cannot be kept" in line for line in cameras.reporter.lines())

    def test_a_rotten_archive_is_no_witness(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        content = cameras.storage.content(clip)
        cameras.run()
        cameras.storage.put(clip, content, mtime_ns=cameras.ns(300))
        cameras.storage.corrupt(OUT / ARCHIVE)
        report = cameras.run()
        assert report.problem_count == 1
        assert cameras.inputs() == [CLIP]
        assert any("does not hold what was recorded of it" in line for line in cameras.reporter.lines())

    def test_an_archive_that_is_gone_is_made_again(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        content = cameras.storage.content(clip)
        cameras.run()
        cameras.storage.put(clip, content, mtime_ns=cameras.ns(300))
        cameras.storage.tree.discard(OUT / ARCHIVE)
        assert cameras.run().transcoded_count == 1
        assert cameras.names(OUT) == [ARCHIVE]

    def test_a_source_that_changes_while_it_is_encoded_is_kept(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        cameras.calls.hook("archiver.archive", lambda: cameras.storage.put(clip, b"new"), when=Phase.DURING)
        report = cameras.run()
        assert (report.failed_count, cameras.inputs(), cameras.names(OUT)) == (1, [CLIP], [])

    def test_a_source_that_changes_before_it_goes_is_kept(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        cameras.calls.hook("storage.publish", lambda: cameras.storage.put(clip, b"new"), when=Phase.AFTER)
        report = cameras.run()
        assert (report.problem_count, cameras.inputs()) == (1, [CLIP])
        assert cameras.storage.content(clip) == b"new"

    def test_an_archive_in_memory_is_no_witness(self, cameras: Cameras) -> None:
        cameras.storage.mount(OUT, name="tmpfs", read_from=ReadFrom.MEMORY)
        cameras.clip(has_picture=True)
        report = cameras.run()
        assert (report.transcoded_count, report.problem_count) == (1, 1)
        assert cameras.inputs() == [PICTURE, CLIP]

    def test_an_archive_behind_a_cache_is_a_witness_only_if_that_is_trusted(self, cameras: Cameras) -> None:
        cameras.storage.mount(OUT, name="fuse", read_from=ReadFrom.CACHE)
        cameras.clip()
        assert cameras.run().problem_count == 1
        assert cameras.run(is_cache_trusted=True).problem_count == 0
        assert cameras.inputs() == []


class TestArchivesOfBefore:
    def test_one_is_verified_once_and_recorded(self, cameras: Cameras) -> None:
        clip = cameras.clip(has_picture=True)
        cameras.archived_before(clip)
        content = cameras.storage.content(clip)
        report = cameras.run()
        assert (report.verified_count, report.transcoded_count, report.let_go_count) == (1, 0, 1)
        cameras.storage.put(clip, content, mtime_ns=cameras.ns(300))
        cameras.calls.log.clear()
        assert cameras.run().verified_count == 0
        assert not [call for call in cameras.calls.log if call.operation == "archiver.doubts"]
        assert cameras.inputs() == []

    def test_with_a_twin_neither_takes_it(self, cameras: Cameras) -> None:
        cameras.archived_before(cameras.clip(camera="back"))
        cameras.clip(camera="front")
        report = cameras.run()
        assert (report.verified_count, report.transcoded_count) == (0, 2)
        assert len(cameras.names(OUT)) == 3

    @pytest.mark.parametrize(
        "day", ["2024/03/10", "2024/03/08", "yard/2024/03/09", "2024/03/09/yard/2024/03/09", "2024/03/09/yard", "yard"]
    )
    @pytest.mark.parametrize("camera", ["front", "back"])
    def test_a_twin_in_another_folder_is_one(self, cameras: Cameras, day: str, camera: str) -> None:
        """Of two static cameras each archive looks like the other's, and one of the clips would go unarchived."""
        clips = {"front": cameras.clip(camera="front"), "back": cameras.clip(camera="back", day=day)}
        cameras.archived_before(clips[camera])
        report = cameras.run()
        assert report.verified_count == 0
        assert len(cameras.names(OUT)) == 1 + report.transcoded_count

    def test_two_clips_outside_of_their_day_are_twins(self, cameras: Cameras) -> None:
        cameras.archived_before(cameras.clip(camera="front", day="2024/03/07"))
        cameras.clip(camera="back", day="2024/03/08")
        assert cameras.run().verified_count == 0

    def test_one_clip_outside_of_its_day_is_none(self, cameras: Cameras) -> None:
        cameras.archived_before(cameras.clip(day="2024/03/07"))
        cameras.clip("20240309120001", day="2024/03/07")
        assert cameras.run().verified_count == 1

    def test_where_a_folder_cannot_be_listed_nothing_is_decided(self, cameras: Cameras) -> None:
        """It may hold a clip of the same time."""
        cameras.archived_before(cameras.clip())
        cameras.clip(camera="back", day="2024/03/08")
        cameras.storage.unreadable.add(CAMERA / "2024/03/08")
        report = cameras.run()
        assert (report.verified_count, report.transcoded_count, report.problem_count) == (0, 0, 2)
        assert CLIP in cameras.inputs()

    def test_an_input_that_vanishes_while_twins_are_looked_for_keeps_the_clip(self, cameras: Cameras) -> None:
        cameras.archived_before(cameras.clip())
        listings = itertools.count(1)

        def fail_fifth() -> None:
            if next(listings) == 5:
                cameras.calls.fail("storage.listing", StorageError(CAMERA, "Input/output error"))

        cameras.calls.hook("storage.listing", fail_fifth, times=None)
        report = cameras.run()
        assert (report.verified_count, report.transcoded_count, report.problem_count) == (0, 0, 1)

    @pytest.mark.parametrize("damage", [("output", "ouTput"), ("/x", "/x\0"), ("\n", "\n\0\0"), ("\n", "x\n")])
    def test_no_archive_is_taken_for_one_where_a_record_is_lost(
        self, cameras: Cameras, damage: tuple[str, str]
    ) -> None:
        """It may have said what is missing in it. A sector that is lost is read as NULs."""
        cameras.archived_before(cameras.clip())
        line = ledger_line(LedgerEntry(PurePosixPath("output/x"), FileIdentity(1, 2), "", ProofKind.ENCODED, "", ""))
        ledger = OUT / ".camvault-archive/2024-03-09.ledger"
        cameras.storage.put(ledger, f"{line}\n".replace(*damage))
        report = cameras.run()
        assert (report.verified_count, report.transcoded_count) == (0, 1)

    def test_a_line_that_a_power_cut_tore_says_nothing_of_an_archive_that_is_there(self, cameras: Cameras) -> None:
        cameras.archived_before(cameras.clip())
        cameras.storage.put(OUT / ".camvault-archive/2024-03-09.ledger", "output/2024/03/09/arch")
        assert cameras.run().verified_count == 1

    def test_a_doubt_outlives_the_line_of_the_archive(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        cameras.archiver.more_doubts = ("it has 9 of 10 frames",)
        cameras.run()
        ledger = OUT / ".camvault-archive/2024-03-09.ledger"
        lines = cameras.storage.content(ledger).decode().splitlines()
        cameras.storage.put(ledger, "".join(f"{line}\n" for line in lines if "encoded" not in line))
        cameras.archiver.more_doubts = ()
        report = cameras.run()
        assert (report.verified_count, report.transcoded_count) == (0, 1)
        assert not cameras.storage.tree.find(clip)

    def test_one_without_the_sound_is_none(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        content = archive_content(cameras.storage.content(clip), duration_s=10.0, encoder="qsv", has_sound=False)
        cameras.archive(STAMP, content)
        report = cameras.run()
        assert (report.verified_count, report.transcoded_count) == (0, 1)

    def test_without_sound_it_is_one_where_none_is_wanted(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        content = archive_content(cameras.storage.content(clip), duration_s=10.0, encoder="qsv", has_sound=False)
        cameras.archive(STAMP, content)
        assert cameras.run(settings=ArchiveSettings(sound=Sound.DROP)).verified_count == 1

    def test_the_one_that_fits_is_found_among_several(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        cameras.archive(STAMP, b"of another camera")
        cameras.archived_before(clip, number=2)
        assert cameras.run().verified_count == 1
        assert cameras.names(OUT) == [ARCHIVE, TWIN]

    def test_an_error_while_verifying_keeps_the_clip(self, cameras: Cameras) -> None:
        cameras.archived_before(cameras.clip(), number=1)
        cameras.calls.fail("archiver.doubts", StorageError(OUT, "Input/output error"))
        assert cameras.run().problem_count == 1
        assert cameras.inputs() == [CLIP]

    def test_a_clip_that_cannot_be_decoded_is_transcoded_and_so_found_damaged(self, cameras: Cameras) -> None:
        clip = cameras.clip(damage="a hole")
        cameras.archived_before(clip)
        report = cameras.run()
        assert (report.failed_count, cameras.inputs()) == (1, [CLIP])


class TestMadeAnew:
    def run_twice(self, cameras: Cameras, **said: Any) -> PurePath:
        clip = cameras.clip(**said)
        content = cameras.storage.content(clip)
        cameras.run()
        cameras.storage.put(clip, content, mtime_ns=cameras.ns(300))
        cameras.archiver.encoder = "another"
        return clip

    def test_the_new_archive_takes_the_place_of_the_old_one(self, cameras: Cameras) -> None:
        self.run_twice(cameras)
        report = cameras.run(is_made_anew=True)
        assert (report.transcoded_count, report.problem_count) == (1, 0)
        assert cameras.names(OUT) == [ARCHIVE]
        assert b'"another"' in cameras.storage.content(OUT / ARCHIVE)
        assert cameras.inputs() == []

    def test_the_old_one_stays_if_the_new_one_may_lack_something(self, cameras: Cameras) -> None:
        clip = self.run_twice(cameras)
        old = cameras.storage.content(OUT / ARCHIVE)
        cameras.clip(content=cameras.storage.content(clip))
        cameras.calls.hook(
            "archiver.archive",
            lambda: setattr(cameras.archiver, "more_doubts", ("no sound",)),
        )
        report = cameras.run(is_made_anew=True)
        assert report.failed_count == 1
        assert cameras.storage.content(OUT / ARCHIVE) == old

    def test_the_archive_of_another_clip_of_this_name_size_and_time_stays(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        content = cameras.storage.content(clip)
        cameras.run()
        old = cameras.storage.content(OUT / ARCHIVE)
        cameras.clip(content=content[:-1] + b"!")
        assert cameras.run().problem_count == 1
        report = cameras.run(is_made_anew=True)
        assert (report.transcoded_count, report.let_go_count, report.problem_count) == (1, 1, 0)
        assert cameras.storage.content(OUT / ARCHIVE) == old
        assert cameras.names(OUT) == [ARCHIVE, TWIN]
        cameras.clip(content=content[:-1] + b"!")
        assert cameras.run(is_made_anew=False).transcoded_count == 0  # it is known which one is its

    def test_a_foreign_file_in_its_place_is_never_replaced(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.archive(STAMP, b"of another camera")
        cameras.run(is_made_anew=True)
        assert cameras.names(OUT) == [ARCHIVE, TWIN]
        assert cameras.storage.content(OUT / ARCHIVE) == b"of another camera"


class TestWriters:
    """An upload may stand still for longer than it takes to settle, at a place where it looks whole."""

    @pytest.mark.parametrize("is_made_anew", [False, True])
    @pytest.mark.parametrize("open_file", [CLIP, PICTURE])
    def test_what_is_open_for_writing_is_left_alone(
        self, cameras: Cameras, open_file: str, *, is_made_anew: bool
    ) -> None:
        cameras.clip(has_picture=True, minutes_ago=5)
        cameras.storage.written.add(CAMERA / open_file)
        report = cameras.run(is_made_anew=is_made_anew)
        assert (report.left_count, report.problem_count) == (1, 0)
        assert cameras.inputs() == [PICTURE, CLIP]
        assert cameras.names(OUT) == []
        cameras.storage.written.clear()
        assert cameras.run().let_go_count == 1

    def test_who_keeps_it_open_for_hours_is_told(self, cameras: Cameras) -> None:
        cameras.storage.written.add(cameras.clip())
        report = cameras.run()
        assert (report.let_go_count, report.problem_count) == (0, 1)
        assert any("has it open for writing" in line for line in cameras.reporter.lines())

    @pytest.mark.parametrize("trash", [TRASH, None])
    def test_an_upload_that_goes_on_while_its_clip_is_archived_keeps_it(
        self, cameras: Cameras, trash: PurePath | None
    ) -> None:
        cameras.trash = trash
        clip = cameras.clip(has_picture=True)
        cameras.calls.hook("archiver.archive", lambda: cameras.storage.written.add(clip))
        report = cameras.run()
        assert (report.transcoded_count, report.let_go_count, report.problem_count) == (1, 0, 1)
        assert cameras.inputs() == [PICTURE, CLIP]

    @pytest.mark.parametrize("changes", [{}, {"is_cleanup": True}])
    def test_an_upload_that_gets_the_name_in_the_last_moment_stays(
        self, cameras: Cameras, changes: dict[str, Any]
    ) -> None:
        clip = cameras.clip(OLD)
        new = MemoryClip().content(2500)
        cameras.calls.hook("storage.move", lambda: cameras.storage.put(clip, new))
        report = cameras.run(**changes)
        assert (report.removed_count, report.problem_count) == (0, 1)
        assert cameras.storage.content(clip) == new
        assert cameras.names(TRASH) == []

    def test_no_rule_takes_it(self, cameras: Cameras) -> None:
        cameras.storage.written.add(cameras.clip(OLD, has_picture=True))
        assert cameras.run(is_cleanup=True).problem_count == 1
        assert len(cameras.inputs()) == 2

    @pytest.mark.parametrize("days", [0, 1])
    def test_what_was_written_to_in_the_trash_is_not_purged(self, cameras: Cameras, days: float) -> None:
        cameras.clip()
        cameras.run()
        trashed = TRASH / "input" / CLIP
        content = cameras.storage.content(trashed)
        cameras.storage.put(trashed, content + b" and the rest", mtime_ns=cameras.ns(0))
        cameras.clock.wall += timedelta(days=9)
        report = cameras.run(purge_days=days)
        assert (report.removed_count, report.problem_count) == (0, 1)
        assert any("written to after it came into the trash" in line for line in cameras.reporter.lines())
        cameras.storage.put(trashed, content, mtime_ns=cameras.ns(300 + 9 * 24 * 60) - 10**9)  # of another precision
        cameras.clock.wall += timedelta(days=2)  # since it got its name
        assert cameras.run(purge_days=days).removed_count == 1


class TestVanishingRoots:
    """A disk that is unmounted in mid-run leaves the folder that it was mounted on."""

    @pytest.mark.parametrize("root", [CAMERA, PurePath("/nas/out"), PurePath("/usb/trash")])
    @pytest.mark.parametrize("call", ["archiver.archive", "storage.publish"])
    def test_nothing_goes_to_another_disk(self, cameras: Cameras, root: PurePath, call: str) -> None:
        cameras.output, cameras.trash = PurePath("/nas/out"), PurePath("/usb/trash")
        cameras.storage.put_folder(cameras.output)
        cameras.storage.put_folder(cameras.trash)
        cameras.clip("20240308120000")
        cameras.clip()
        cameras.calls.hook(call, lambda: cameras.storage.mount(root, name="another"), when=Phase.AFTER)
        report = cameras.run()
        assert report.problem_count
        assert (report.let_go_count, report.removed_count) == (0, 0)
        assert cameras.names(CAMERA) == [f"2024/03/08/{name_of('20240308120000')}", CLIP]
        assert any("another folder has its name" in line for line in cameras.reporter.lines())

    def test_an_input_that_is_gone_is_no_input_without_clips(self, cameras: Cameras) -> None:
        cameras.clip()

        def vanish() -> None:
            cameras.storage.mount(CAMERA, name="another")
            for path in [path for path in cameras.storage.tree.nodes if path.is_relative_to(CAMERA / "2024")]:
                del cameras.storage.tree.nodes[path]

        cameras.calls.hook("storage.listing", vanish, when=Phase.AFTER)
        assert cameras.run().problem_count == 1

    def test_a_root_that_cannot_be_looked_at_ends_the_run(self, cameras: Cameras) -> None:
        cameras.clip()
        error = StorageError(OUT, "Input/output error")
        cameras.calls.hook("archiver.archive", lambda: cameras.calls.fail("storage.entry", error, times=9))
        assert cameras.run().problem_count
        assert CLIP in cameras.inputs()


class TestAFullDisk:
    def test_a_cleanup_needs_no_room_for_an_archive_that_never_was(self, cameras: Cameras) -> None:
        cameras.trash = None
        cameras.clip(OLD)
        cameras.calls.fail("storage.make_folder", NoSpaceError(OUT))
        report = cameras.run(is_cleanup=True)
        assert (report.removed_count, report.problem_count) == (1, 0)

    def test_an_archive_needs_it(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.calls.fail("storage.make_folder", NoSpaceError(OUT))
        with pytest.raises(NoSpaceError):
            cameras.run()


class TestTheMedium:
    """What the system remembers of an archive may be better than what its disk holds."""

    @pytest.mark.parametrize("trash", [TRASH, None])
    def test_what_is_read_back_is_what_was_proven(self, cameras: Cameras, trash: PurePath | None) -> None:
        cameras.trash = trash
        cameras.clip(has_picture=True)
        cameras.storage.rotten[temporary_path(OUT / ARCHIVE)] = b"something else"
        report = cameras.run()
        assert (report.failed_count, report.removed_count) == (1, 0)
        assert cameras.inputs() == [PICTURE, CLIP]
        assert cameras.names(OUT) == []
        assert any("what was read back is not what was made and proven" in line for line in cameras.reporter.lines())

    def test_an_archive_of_before_is_read_before_it_is_compared(self, cameras: Cameras) -> None:
        """Which makes the system forget what it remembers of it."""
        cameras.archived_before(cameras.clip())
        assert cameras.run().verified_count == 1
        asked = [call.operation for call in cameras.calls.log if OUT / ARCHIVE in call.arguments]
        assert asked.index("storage.read_back") < asked.index("archiver.doubts")


class TestTrouble:
    def test_a_full_disk_ends_the_clip_and_not_the_run(self, cameras: Cameras) -> None:
        cameras.clip("20240308120000")
        cameras.clip()
        cameras.calls.fail("archiver.archive", NoSpaceError(OUT), when=Phase.DURING)
        report = cameras.run()
        assert (report.failed_count, report.transcoded_count) == (1, 1)
        assert cameras.inputs() == [f"2024/03/08/{name_of('20240308120000')}"]
        assert cameras.names(OUT) == [ARCHIVE]

    def test_a_record_that_cannot_be_written_keeps_the_clip(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.calls.fail("storage.append_line", NoSpaceError(OUT), times=None)
        report = cameras.run()
        assert (report.failed_count, cameras.inputs(), cameras.names(OUT)) == (1, [CLIP], [])

    def test_a_folder_that_cannot_be_listed_stops_no_other(self, cameras: Cameras) -> None:
        cameras.clip("20240308120000")
        cameras.clip()
        cameras.storage.unreadable.add(CAMERA / "2024/03/08")
        report = cameras.run()
        assert (report.transcoded_count, report.problem_count) == (1, 1)
        assert any("/camera/2024/03/08" in line for line in cameras.reporter.lines())

    def test_an_unlisted_folder_of_the_last_day_is_told_too(self, cameras: Cameras) -> None:
        cameras.storage.put_folder(CAMERA / "unlisted")
        cameras.storage.unreadable.add(CAMERA / "unlisted")
        _, left = cameras.plan()
        assert [item.path for item in left] == [CAMERA / "unlisted"]

    def test_records_that_cannot_be_read_keep_the_clips_of_their_day(self, cameras: Cameras) -> None:
        cameras.clip("20240308120000")
        cameras.clip()
        ledger = OUT / ".camvault-archive/2024-03-08.ledger"
        cameras.storage.put(ledger)
        cameras.storage.unreadable.add(ledger)
        report = cameras.run()
        assert (report.transcoded_count, report.problem_count) == (1, 1)

    def test_torn_lines_of_a_record_are_told_and_not_believed(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.storage.put(OUT / ".camvault-archive/2024-03-09.ledger", "torn\n")
        cameras.run()
        assert [str(event) for event in cameras.reporter.of(Warned)] == [
            "1 line(s) of the ledger of 2024-03-09 are torn, and not believed"
        ]

    def test_a_picture_that_cannot_go_keeps_its_clip(self, cameras: Cameras) -> None:
        cameras.clip(has_picture=True)
        cameras.calls.fail("storage.move", StorageError(CAMERA / PICTURE, "Operation not permitted"))
        assert cameras.run().problem_count == 1
        assert cameras.inputs() == [PICTURE, CLIP]
        assert cameras.run().problem_count == 0
        assert cameras.inputs() == []

    def test_an_archive_name_that_is_taken_meanwhile_gives_the_next_one(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.calls.hook("storage.publish", lambda: cameras.archive(STAMP, b"of another program"))
        report = cameras.run()
        assert (report.transcoded_count, report.problem_count) == (1, 0)
        assert cameras.names(OUT) == [ARCHIVE, TWIN]
        assert cameras.storage.content(OUT / ARCHIVE) == b"of another program"

    @pytest.mark.parametrize("root", [OUT / "2024", TRASH / "input"])
    def test_a_link_never_leads_out_of_archive_or_trash(self, cameras: Cameras, root: PurePath) -> None:
        cameras.clip()
        cameras.storage.put_folder("/etc")
        cameras.storage.put_folder(root.parent)
        cameras.storage.put_link(root, "/etc")
        assert cameras.run().problem_count == 1
        assert cameras.inputs() == [CLIP]
        assert not cameras.storage.files("/etc")

    def test_a_file_that_was_replaced_since_it_was_planned_is_not_moved(self, cameras: Cameras) -> None:
        clip = cameras.clip(OLD)
        cameras.options = attrs.evolve(cameras.options, is_cleanup=True)
        run = ArchiveRun(cameras.job())
        chosen = list(run.work())
        cameras.storage.put(clip, b"a new upload")
        assert run.carry_out(chosen).problem_count == 1
        cameras.storage.tree.discard(clip)
        assert ArchiveRun(cameras.job()).carry_out(chosen).problem_count == 1
        assert cameras.names(TRASH) == []

    def test_a_clip_that_vanishes_right_before_it_is_moved_is_told(self, cameras: Cameras) -> None:
        clip = cameras.clip(OLD)
        cameras.calls.hook("storage.append_line", lambda: cameras.storage.tree.discard(clip))
        assert cameras.run(is_cleanup=True).problem_count == 1
        assert cameras.names(TRASH) == []

    def test_years_of_days_are_planned_with_a_bounded_memory(self, cameras: Cameras) -> None:
        for day in range(1, 29):
            for month in (1, 2, 3):
                cameras.clip(f"2023{month:02}{day:02}120000")
        report = cameras.run()
        assert (report.transcoded_count, report.problem_count) == (84, 0)

    def test_where_two_trees_have_clips_in_turns_the_trash_of_each_is_listed_once(self, cameras: Cameras) -> None:
        for minute in range(10, 20):
            cameras.clip(f"202403091200{minute}", day=("a/" if minute % 2 else "b/") + DAY)
        cameras.plan()
        listed = [str(call.arguments[0]) for call in cameras.calls.log if call.operation == "storage.listing"]
        trashes = [folder for folder in listed if folder.startswith(str(TRASH))]
        assert sorted(trashes) == [str(TRASH / "input" / tree / DAY) for tree in ("a", "b")]

    def test_a_stop_in_the_last_clip_leaves_nothing_either(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.calls.hook("archiver.archive", cameras.cancel.request, when=Phase.DURING)
        with pytest.raises(Cancelled):
            cameras.run()
        assert (cameras.names(OUT), cameras.inputs()) == ([], [CLIP])

    def test_a_stop_leaves_nothing_half_done_and_the_next_run_goes_on(self, cameras: Cameras) -> None:
        cameras.clip("20240308120000")
        cameras.clip()
        cameras.calls.hook("archiver.archive", cameras.cancel.request, when=Phase.DURING)
        with pytest.raises(Cancelled):
            cameras.run()
        assert cameras.names(OUT) == []
        cameras.restart()
        assert cameras.run().transcoded_count == 2

    def test_a_leftover_that_cannot_be_removed_is_told(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.calls.fail("archiver.archive", ToolError("ffmpeg", 1), when=Phase.DURING)
        cameras.calls.fail("storage.remove", StorageError(OUT, "Input/output error"))
        assert cameras.run().problem_count == 2

    def test_an_archive_that_vanishes_before_its_source_goes_keeps_the_source(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.calls.hook("storage.is_one_file", lambda: cameras.storage.tree.discard(OUT / ARCHIVE), when=Phase.AFTER)
        assert cameras.run().problem_count == 1
        assert cameras.inputs() == [CLIP]

    def test_another_file_under_the_temporary_name_is_no_archive(self, cameras: Cameras) -> None:
        cameras.clip()
        temporary = OUT / DAY / f".archived-{STAMP}.mp4.camvault-part"
        cameras.calls.hook("storage.publish", lambda: cameras.storage.put(temporary, b"another"))
        report = cameras.run()
        assert (report.failed_count, cameras.inputs()) == (1, [CLIP])

    def test_an_archive_folder_that_cannot_be_listed_fails_the_clips_of_its_day(self, cameras: Cameras) -> None:
        cameras.clip()
        chosen = list(ArchiveRun(cameras.job(), is_preview=True).work())
        cameras.storage.put_folder(OUT / DAY)
        cameras.storage.unreadable.add(OUT / DAY)
        assert ArchiveRun(cameras.job()).carry_out(chosen).failed_count == 1
        assert cameras.inputs() == [CLIP]

    def test_folders_that_vanish_while_they_are_listed_are_no_problem(self, cameras: Cameras) -> None:
        cameras.clip("20240308120000")
        cameras.clip()

        gone = CAMERA / "2024/03/08"

        def vanish(call: Call, phase: Phase) -> None:
            if call.operation == "storage.listing" and call.arguments == (gone,) and phase is Phase.BEFORE:
                cameras.storage.tree.discard(gone / name_of("20240308120000"))
                cameras.storage.tree.discard(gone)

        cameras.calls.watchers.append(vanish)
        run = ArchiveRun(cameras.job(), is_preview=True).work()
        assert [type(item).__name__ for item in run] == ["ClipPlan"]

    def test_progress_of_long_clips_is_told_about_once_a_second(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.calls.hook("archiver.archive", lambda: cameras.clock.advance(2), when=Phase.DURING, times=None)
        cameras.run()
        told = [event for event in cameras.reporter.of(Progressed) if event.task == "transcode"]
        assert [(event.done, event.total, event.item) for event in told[:-1]] == [(10.0, None, name_of())]
        assert (told[-1].done, told[-1].total) == (10.0, 10.0), "its bar would stay"

    def test_the_progress_of_a_clip_ends_with_its_failure(self, cameras: Cameras) -> None:
        """A bar of a clip that nobody works on any more would run until the end of the run."""
        cameras.clip()

        def fail() -> None:
            cameras.clock.advance(2)
            if cameras.reporter.of(Progressed):
                raise MediaError(CAMERA, "damaged")

        cameras.calls.hook("archiver.archive", fail, when=Phase.DURING, times=None)
        cameras.run()
        told = [event for event in cameras.reporter.of(Progressed) if event.task == "transcode"]
        assert told[-1].done == told[-1].total


class TestOneRunAtATime:
    @pytest.mark.parametrize("output", [OUT, PurePath("/archive/of/another")])
    def test_a_second_run_is_refused_names_the_first_and_touches_nothing(
        self, cameras: Cameras, output: PurePath
    ) -> None:
        cameras.clip()
        other = Cameras(cameras.calls, output=output)
        other.storage = cameras.storage.of_another_process()
        with hold_roots(cameras.job()):
            before = cameras.storage.files()
            with pytest.raises(RootHeldError, match=r"at work in /camera \(process 1\)"), hold_roots(other.job()):
                pass
            assert cameras.storage.files() == before
        assert [path.name for path in cameras.storage.files()] == [name_of()]

    def test_two_inputs_of_one_archive_wait_for_one_another(self, cameras: Cameras) -> None:
        other = Cameras(cameras.calls, input=PurePath("/yard"))
        other.storage = cameras.storage.of_another_process()
        other.storage.put_folder("/yard")
        with hold_roots(cameras.job()):
            cameras.storage.unreadable.add(OUT / ".camvault-archiver.pid")
            with pytest.raises(RootHeldError, match=r"at work in /camera/archived$"), hold_roots(other.job()):
                pass

    def test_where_a_folder_cannot_be_locked_a_file_in_it_is(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.calls.fail("storage.lock", StorageError(CAMERA, "Bad file descriptor"))
        assert cameras.run().transcoded_count == 1
        assert CAMERA / ".camvault-archiver.lock" in [call.arguments[0] for call in cameras.calls.log]
        assert cameras.inputs() == []

    def test_a_disk_that_is_full_to_the_last_byte_stops_no_lock(self, cameras: Cameras) -> None:
        cameras.calls.fail("storage.write_text", NoSpaceError(CAMERA), times=None)
        assert cameras.run().problem_count == 0


class TestRoots:
    @pytest.mark.parametrize(
        ("output", "trash", "words"),
        [
            (CAMERA, TRASH, "lies in the archive"),
            (PurePath("/"), TRASH, "lies in the archive"),
            (OUT, CAMERA, "the input /camera lies in the trash /camera"),
            (OUT, OUT, "the archive /camera/archived lies in the trash"),
            (OUT, PurePath("/"), "the input /camera lies in the trash"),
        ],
    )
    def test_roots_that_would_make_work_of_trash_or_archive_are_refused(
        self, cameras: Cameras, output: PurePath, trash: PurePath, words: str
    ) -> None:
        with pytest.raises(UsageError, match=words):
            checked_roots(CAMERA, output=output, trash=trash, storage=cameras.storage)

    def test_links_to_the_roots_are_followed_first(self, cameras: Cameras) -> None:
        cameras.storage.put_link("/alias", "/camera")
        with pytest.raises(UsageError, match="lies in the archive"):
            checked_roots(CAMERA, output=PurePath("/alias"), trash=None, storage=cameras.storage)
        assert checked_roots(PurePath("/alias"), output=OUT, trash=None, storage=cameras.storage).input == CAMERA

    @pytest.mark.parametrize("path", ["/nothing", "/file"])
    def test_an_input_that_is_no_folder_is_refused(self, cameras: Cameras, path: str) -> None:
        cameras.storage.put("/file")
        with pytest.raises(UsageError, match="Input directory"):
            checked_roots(PurePath(path), output=OUT, trash=None, storage=cameras.storage)

    def test_an_input_that_cannot_be_looked_at_is_refused(self, cameras: Cameras) -> None:
        cameras.calls.fail("storage.entry", StorageError(CAMERA, "Input/output error"))
        with pytest.raises(UsageError, match="cannot be looked at"):
            checked_roots(CAMERA, output=OUT, trash=None, storage=cameras.storage)

    def test_a_root_that_is_not_mounted_is_refused(self, cameras: Cameras) -> None:
        """What was archived there would go to another disk, and be hidden as soon as the right one is mounted."""
        table = MountTable(expected=frozenset({PurePath("/nas")}), mounted=frozenset({PurePath("/")}))
        with pytest.raises(UsageError, match="nothing is mounted at /nas, where /nas/archive should be"):
            checked_roots(CAMERA, output=PurePath("/nas/archive"), trash=None, storage=cameras.storage, table=table)


class TestSecondMounts:
    """A folder that is mounted twice has two paths, of which neither says that it is the other."""

    TABLE = MountTable(
        mounted=frozenset({PurePath("/"), PurePath("/two"), PurePath("/disk")}),
        sources={
            PurePath("/"): ("0:1", PurePath("/")),
            PurePath("/two"): ("0:1", CAMERA),
            PurePath("/disk"): ("8:1", PurePath("/")),
        },
    )

    def roots(self, cameras: Cameras, *, output: str = "/out", **more: PurePath | None) -> ArchiveRoots:
        trash, unused = more.get("trash"), more.get("unused_trash")
        return checked_roots(
            CAMERA,
            output=PurePath(output),
            trash=trash,
            unused_trash=unused,
            storage=cameras.storage,
            table=self.TABLE,
        )

    @pytest.fixture
    def cameras(self, cameras: Cameras) -> Cameras:
        cameras.storage.bind("/two", shows=CAMERA)
        cameras.storage.put_folder(CAMERA / "front")
        return cameras

    def test_a_root_within_the_input_is_found_there(self, cameras: Cameras) -> None:
        found = self.roots(cameras, output="/two/archived", trash=PurePath("/two/front"))
        assert (found.output, found.trash) == (CAMERA / "archived", CAMERA / "front")
        assert found.excluded_from(CAMERA) == {CAMERA / "archived", CAMERA / "front"}

    def test_a_trash_within_the_archive_is_found_there(self, cameras: Cameras) -> None:
        found = self.roots(cameras, output="/camera/archived", unused_trash=PurePath("/two/archived/old"))
        assert found.unused_trash == CAMERA / "archived/old"

    @pytest.mark.parametrize("output", ["/two", "/"])
    def test_an_archive_that_holds_the_input_is_refused(self, cameras: Cameras, output: str) -> None:
        with pytest.raises(UsageError, match="lies in the archive"):
            self.roots(cameras, output=output)

    def test_a_trash_that_is_the_input_is_refused(self, cameras: Cameras) -> None:
        with pytest.raises(UsageError, match="lies in the trash"):
            self.roots(cameras, trash=PurePath("/two"))

    def test_other_roots_keep_their_paths(self, cameras: Cameras) -> None:
        assert self.roots(cameras, output="/disk/out", trash=PurePath("/trash")).output == PurePath("/disk/out")

    def test_what_is_covered_by_another_mount_is_another_folder(self, cameras: Cameras) -> None:
        cameras.storage.put_folder("/two/front")
        cameras.storage.mount(CAMERA / "archived", name="8:7")
        cameras.storage.put_folder("/out")
        table = attrs.evolve(self.TABLE, sources={**self.TABLE.sources, PurePath("/out"): ("0:1", CAMERA / "front")})
        found = checked_roots(CAMERA, output=PurePath("/out"), trash=None, storage=cameras.storage, table=table)
        assert found.output == PurePath("/out")

    @pytest.mark.parametrize("name", ["2024", "2024/3", "yard/2024/03/09"])
    def test_a_folder_of_the_cameras_is_no_archive_and_no_trash(self, cameras: Cameras, name: str) -> None:
        """All that is uploaded there would be passed over, without a word."""
        with pytest.raises(UsageError, match="cameras upload into"):
            self.roots(cameras, output=str(CAMERA / name))
        with pytest.raises(UsageError, match="cameras upload into"):
            self.roots(cameras, unused_trash=CAMERA / name)


class TestWhatNobodyLooksAt:
    def test_footage_outside_of_date_folders_is_told(self, cameras: Cameras) -> None:
        """As of a run that was given the folder of a year."""
        cameras.clip(day="03/09", has_picture=True)
        report = cameras.run()
        assert (report.left_count, report.problem_count) == (1, 0)
        assert any(f"{CAMERA / '03/09'}: no date folder" in line for line in cameras.reporter.lines())
        assert any("and 2 in it named like footage" in line for line in cameras.reporter.lines())

    def test_clips_of_another_name_are_told_once(self, cameras: Cameras) -> None:
        """Found by a newcomer: a camera of another make was never archived, and each run said that all was done."""
        for number in (2, 1):
            cameras.storage.put(CAMERA / f"2024/03/{number:02}/front-{number}.MP4", b"clip")
        cameras.storage.put(CAMERA / "2024/03/01/.front-3.mp4", b"an upload")
        cameras.storage.put(CAMERA / "2024/03/01/notes.txt", b"")
        for _ in range(2):
            report = cameras.run()
            assert (report.left_count, report.problem_count) == (1, 0)
        told = [line for line in cameras.reporter.lines() if "2 clips that are not named like footage" in line]
        assert len(told) == 2
        assert all(f"{CAMERA / '2024/03/01/front-1.MP4'}: " in line for line in told)

    @pytest.mark.parametrize(("link", "count"), [("front", 1), ("2024", 1), (".hidden", 0)])
    def test_a_link_in_place_of_a_folder_is_told(self, cameras: Cameras, link: str, count: int) -> None:
        cameras.storage.put_folder("/big/2024/03/09")
        cameras.storage.put_link(CAMERA / link, "/big")
        assert cameras.run().left_count == count


class TestTrashElsewhere:
    @pytest.fixture
    def cameras(self) -> Cameras:
        cameras = Cameras(trash=PurePath("/nas/trash"))
        cameras.storage.mount("/nas", name="8:1")
        return cameras

    def test_content_and_time_survive_another_file_system(self, cameras: Cameras) -> None:
        clip = cameras.clip(has_picture=True)
        content = cameras.storage.content(clip)
        assert cameras.run().problem_count == 0
        there = PurePath("/nas/trash/input") / CLIP
        assert cameras.storage.content(there) == content
        assert cameras.entry(there).identity.mtime_ns == cameras.ns(300)
        assert cameras.inputs() == []

    def test_a_copy_that_is_not_what_was_written_lets_nothing_go(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.storage.lossy.add(PurePath("/nas/trash/input") / CLIP)
        assert cameras.run().problem_count == 1
        assert cameras.inputs() == [CLIP]

    def test_a_full_trash_keeps_the_clip(self, cameras: Cameras) -> None:
        cameras.storage.mount("/nas", name="8:1", capacity_bytes=1500)
        cameras.clip()
        report = cameras.run()
        assert (report.transcoded_count, report.problem_count) == (1, 1)
        assert cameras.inputs() == [CLIP]

    def test_a_busy_folder_in_the_trash_keeps_the_clip(self, cameras: Cameras) -> None:
        cameras.clip()
        there = PurePath("/nas/trash/input") / DAY
        cameras.storage.put_folder(there)
        with cameras.storage.of_another_process().lock(there):
            assert cameras.run().problem_count == 1
        assert cameras.inputs() == [CLIP]

    def test_an_interrupted_copy_is_gone_on_with(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        there = PurePath("/nas/trash/input") / CLIP
        cameras.storage.put(there, cameras.storage.content(clip), mtime_ns=cameras.ns(300))
        assert cameras.run().problem_count == 0
        assert [path.name for path in cameras.storage.files("/nas/trash/input")] == [name_of()]

    def test_another_file_of_the_same_name_gets_a_number(self, cameras: Cameras) -> None:
        clip = cameras.clip()
        there = PurePath("/nas/trash/input") / CLIP
        cameras.storage.put(there, b"another" + cameras.storage.content(clip)[7:], mtime_ns=cameras.ns(300))
        cameras.run()
        unix_s = int(cameras.clock.wall.timestamp())
        names = [path.name for path in cameras.storage.files("/nas/trash/input")]
        assert names == [name_of(), f"REO_front_{STAMP}_{unix_s}_1.mp4"]


class TestTrashNames:
    def test_a_clash_gets_time_and_number_and_overwrites_nothing(self, cameras: Cameras) -> None:
        first = cameras.storage.put(TRASH / "input" / CLIP, b"an earlier one").path
        cameras.clip()
        actions, _ = cameras.plan()
        cameras.run()
        unix_s = int(cameras.clock.wall.timestamp())
        clash = TRASH / "input" / DAY / f"REO_front_{STAMP}_{unix_s}_1.mp4"
        assert cameras.storage.content(first) == b"an earlier one"
        assert cameras.storage.files()[clash]
        assert isinstance(actions[-1], RemoveAction)
        assert actions[-1].to == clash

    def test_a_file_that_comes_to_the_same_name_in_the_last_moment_is_not_overwritten(self, cameras: Cameras) -> None:
        cameras.clip()
        cameras.calls.hook("storage.move", lambda: cameras.storage.put(TRASH / "input" / CLIP, b"another"))
        assert cameras.run().problem_count == 0
        assert cameras.storage.content(TRASH / "input" / CLIP) == b"another"
        assert len(cameras.names(TRASH)) == 2


class TestCleanup:
    def test_old_sources_go_archived_or_not_and_nothing_is_transcoded(self, cameras: Cameras) -> None:
        cameras.clip("20240101120000")
        cameras.clip("20240301120000")
        cameras.run(is_cleanup=True)
        assert cameras.inputs() == [f"2024/03/01/{name_of('20240301120000')}"]
        assert cameras.names(OUT) == []

    def test_those_never_archived_are_named_and_counted(self, cameras: Cameras) -> None:
        archived = cameras.clip(OLD)
        content = cameras.storage.content(archived)
        cameras.run()
        cameras.storage.put(archived, content, mtime_ns=cameras.ns(300))
        never = cameras.clip("20230102120000")
        report = cameras.run(is_cleanup=True)
        assert report.never_archived_count == 1
        assert [event.path for event in cameras.reporter.of(NeverArchived)] == [never]

    @pytest.mark.parametrize("changed", ["clip", "archive"])
    def test_what_is_not_what_was_recorded_was_never_archived(self, cameras: Cameras, changed: str) -> None:
        """Another clip of equal name, size and time; or an archive that is rotten."""
        cameras.trash = None
        clip = cameras.clip(OLD)
        content = cameras.storage.content(clip)
        cameras.run()
        cameras.storage.put(clip, content[::-1] if changed == "clip" else content, mtime_ns=cameras.ns(300))
        archive = PurePath(OUT / cameras.names(OUT)[0])
        if changed == "archive":
            old = cameras.entry(archive).identity
            rotten = cameras.storage.content(archive)[:-1] + b"!"
            cameras.storage.put(archive, rotten, mtime_ns=old.mtime_ns)
        report = cameras.run(is_cleanup=True)
        assert report.never_archived_count == 1
        lines = cameras.storage.content(OUT / ".camvault-archive/2023-01-01.ledger").decode().splitlines()
        assert " lost " in lines[-1].replace("\t", " ")
        assert "archived-" not in lines[-1]

    def test_where_an_archive_cannot_be_read_it_says_never_archived(self, cameras: Cameras) -> None:
        clip = cameras.clip(OLD)
        content = cameras.storage.content(clip)
        cameras.run()
        cameras.storage.put(clip, content, mtime_ns=cameras.ns(300))
        cameras.storage.unreadable.add(OUT / cameras.names(OUT)[0])
        assert cameras.run(is_cleanup=True).never_archived_count == 1

    def test_age_counts_by_the_stamp_in_local_time_and_0_is_off(self, cameras: Cameras) -> None:
        edge = cameras.clock.wall - timedelta(days=30)
        for seconds in (-1, 0):
            cameras.clip(f"{edge + timedelta(seconds=seconds):%Y%m%d%H%M%S}", minutes_ago=2)
        cameras.clip("20990101120000")
        assert cameras.plan(is_cleanup=True, age_days=0) == ([], [])
        assert len(cameras.plan(age_days=30)[0]) == 1

    def test_age_does_nothing_without_cleanup(self, cameras: Cameras) -> None:
        cameras.clip(OLD)
        cameras.clip()
        assert cameras.run(age_days=1).transcoded_count == 2

    def test_old_footage_that_is_still_written_stays(self, cameras: Cameras) -> None:
        cameras.clip(OLD, minutes_ago=0)
        report = cameras.run(is_cleanup=True)
        assert (report.left_count, len(cameras.inputs())) == (1, 1)

    def test_empty_folders_go_except_for_today_and_later(self, cameras: Cameras) -> None:
        cameras.clip(OLD)
        for day in ("2024/03/10", "2024/03/11", "2024/03/08", "spare"):
            cameras.storage.put_folder(CAMERA / day)
        cameras.storage.put(CAMERA / "2024/03/07/notes.txt", "mine")
        cameras.run(is_cleanup=True)
        there = [day for day in ("2023", "2024/03/07", "2024/03/08", "2024/03/10", "2024/03/11", "spare")
                 if cameras.storage.tree.find(CAMERA / day) is not None]  # fmt: skip
        assert there == ["2024/03/07", "2024/03/10", "2024/03/11"]

    def test_an_error_with_one_file_or_folder_stops_no_other(self, cameras: Cameras) -> None:
        first, second = cameras.clip(OLD, has_picture=True), cameras.clip("20230102120000")
        cameras.clip("20230103120000")
        cameras.storage.unreadable.add(CAMERA / "2023/01/03")
        cameras.calls.fail("storage.move", StorageError(first, "Operation not permitted"))
        cameras.calls.fail("storage.prune", StorageError(second.parent, "Device or resource busy"))
        report = cameras.run(is_cleanup=True)
        assert report.problem_count == 3
        assert str(first.relative_to(CAMERA)) in cameras.inputs()
        assert str(second.relative_to(CAMERA)) not in cameras.inputs()

    def test_a_folder_that_cannot_be_listed_any_more_is_not_pruned(self, cameras: Cameras) -> None:
        clip = cameras.clip(OLD)
        cameras.options = attrs.evolve(cameras.options, is_cleanup=True)
        cameras.calls.hook("storage.move", lambda: cameras.storage.unreadable.add(clip.parent), when=Phase.AFTER)
        assert cameras.run().problem_count == 0
        assert cameras.storage.tree.find(clip.parent) is not None

    def test_what_is_known_of_an_archive_and_cannot_be_read_says_never_archived(self, cameras: Cameras) -> None:
        cameras.clip(OLD)
        ledger = OUT / ".camvault-archive/2023-01-01.ledger"
        cameras.storage.put(ledger)
        cameras.storage.unreadable.add(ledger)
        assert cameras.run(is_cleanup=True).never_archived_count == 1

    def test_what_is_deleted_is_written_down_as_lost(self, cameras: Cameras) -> None:
        cameras.trash = None
        cameras.clip(OLD)
        cameras.run(is_cleanup=True)
        text = cameras.storage.content(OUT / ".camvault-archive/2023-01-01.ledger").decode()
        assert [entry.kind for entry in parse_ledger(text).entries.values()] == [ProofKind.LOST]
        assert cameras.inputs() == []

    def test_on_a_full_disk_the_removal_makes_the_room_for_its_record(self, cameras: Cameras) -> None:
        cameras.trash = None
        cameras.clip(OLD)
        cameras.calls.fail("storage.append_line", NoSpaceError(OUT), times=1)
        assert cameras.run(is_cleanup=True).problem_count == 0
        assert cameras.inputs() == []
        assert (OUT / ".camvault-archive/2023-01-01.ledger") in cameras.storage.files()

    def test_without_an_archive_there_is_nothing_to_clean_in_it(self, cameras: Cameras) -> None:
        cameras.options = attrs.evolve(cameras.options, is_cleanup=True, is_output_cleaned=True)
        assert cameras.plan() == ([], [])
        cameras.storage.put_folder(OUT)
        cameras.storage.unreadable.add(OUT)
        _, left = cameras.plan()
        assert [item.path for item in left] == [OUT]

    def test_an_old_archive_goes_and_other_files_in_the_archive_stay(self, cameras: Cameras) -> None:
        cameras.archive(OLD)
        cameras.archive(OLD, number=2)
        cameras.archive(STAMP)
        cameras.storage.put(OUT / OLD_DAY / "notes.txt", "mine")
        cameras.archive("20230102120000")
        cameras.run(is_cleanup=True, is_output_cleaned=True)
        assert cameras.names(OUT) == [f"{OLD_DAY}/notes.txt", ARCHIVE]
        assert cameras.storage.tree.find(OUT / "2023/01/02") is not None


class TestSizeAndSpace:
    @pytest.fixture
    def cameras(self) -> Cameras:
        cameras = Cameras(trash=None)
        for hour in range(10, 20):
            cameras.clip(f"20240305{hour}0000", content=b"x" * 1000)
        for day in (1, 3):
            cameras.clip(f"2024030{day}120000", content=b"x" * 1000)
        return cameras

    def test_the_oldest_stamps_go_until_the_total_fits(self, cameras: Cameras) -> None:
        cameras.run(is_cleanup=True, max_bytes=8500)
        assert len(cameras.inputs()) == 8
        assert cameras.inputs()[0].endswith("20240305120000.mp4")
        (binds,) = cameras.reporter.of(RuleBinds)
        assert binds.figure == "12,000 bytes, at most 8,500"

    def test_the_stamp_decides_and_not_the_folder(self, cameras: Cameras) -> None:
        cameras.clip("20240101120000", day="2024/03/09", content=b"x" * 1000)
        cameras.run(is_cleanup=True, age_days=0, max_bytes=12_000)
        assert len(cameras.inputs()) == 12
        assert not any("20240101" in name for name in cameras.inputs())

    def test_what_is_too_old_counts_no_more(self, cameras: Cameras) -> None:
        cameras.clip(OLD, content=b"x" * 9000)
        cameras.run(is_cleanup=True, max_bytes=12_000)
        assert len(cameras.inputs()) == 12

    def test_a_pair_counts_and_goes_as_one(self, cameras: Cameras) -> None:
        cameras.clip("20240229120000", content=b"x" * 1000, has_picture=True)
        total = 13_000 + len("picture front 20240229120000")
        cameras.run(is_cleanup=True, max_bytes=total - 1)
        assert len(cameras.inputs()) == 12

    def test_each_root_has_its_own_limit(self, cameras: Cameras) -> None:
        for day in (1, 2, 3):
            cameras.archive(f"2024030{day}120000", b"y" * 5000)
        cameras.run(is_cleanup=True, is_output_cleaned=True, max_bytes=12_000)
        assert len(cameras.inputs()) == 12
        assert len(cameras.names(OUT)) == 2

    def test_in_the_archive_only_archives_count_and_a_fresh_one_stays(self, cameras: Cameras) -> None:
        for day in (1, 2, 3):
            cameras.archive(f"2024030{day}120000", b"y" * 5000)
        fresh = cameras.archive("20240228120000", b"y" * 5000, minutes_ago=0)
        notes = cameras.storage.put(OUT / "2024/03/01/notes.txt", b"n" * 50_000).path
        cameras.run(is_cleanup=True, is_output_cleaned=True, max_bytes=12_000)
        left = {path.name for path in cameras.storage.files(OUT) if path.suffix in {".mp4", ".txt"}}
        assert left == {fresh.name, notes.name, "archived-20240303120000.mp4"}

    def test_free_space_is_made_and_no_more_than_needed(self, cameras: Cameras) -> None:
        used = sum(len(content) for content in cameras.storage.files().values())
        cameras.storage.mount("/", name="0:1", capacity_bytes=used + 500)
        report = cameras.run(is_cleanup=True, min_free_bytes=2200)
        assert report.removed_count == 2
        assert cameras.storage.free_bytes(CAMERA) >= 2000

    def test_free_space_that_the_age_rule_makes_counts(self, cameras: Cameras) -> None:
        cameras.clip(OLD, content=b"x" * 5000)
        used = sum(len(content) for content in cameras.storage.files().values())
        cameras.storage.mount("/", name="0:1", capacity_bytes=used)
        actions, _ = cameras.plan(is_cleanup=True, min_free_bytes=5000)
        assert len(actions) == 1

    def test_both_roots_on_one_disk_share_what_is_freed(self, cameras: Cameras) -> None:
        cameras.archive(STAMP, b"y" * 1000)
        used = sum(len(content) for content in cameras.storage.files().values())
        cameras.storage.mount("/", name="0:1", capacity_bytes=used)
        actions, _ = cameras.plan(is_cleanup=True, is_output_cleaned=True, min_free_bytes=1500)
        assert len(actions) == 2

    @pytest.mark.parametrize("changes", [{"max_bytes": 500, "age_days": 0}, {"min_free_bytes": 99_000, "age_days": 0}])
    def test_a_rule_that_cannot_be_met_is_a_problem(self, cameras: Cameras, changes: dict[str, Any]) -> None:
        cameras.storage.mount("/", name="0:1", capacity_bytes=100_000)
        cameras.clip("20240310005959", content=b"x" * 1000, minutes_ago=0)
        report = cameras.run(is_cleanup=True, **changes)
        assert report.problem_count == 1
        assert "could not be freed" in cameras.reporter.of(RuleNotMet)[0].reason
        assert len(cameras.inputs()) == 1

    def test_with_nothing_that_may_go_no_rule_is_met(self) -> None:
        cameras = Cameras(trash=None)
        cameras.clip("20240310005959", content=b"x" * 1000, minutes_ago=0)
        assert cameras.run(is_cleanup=True, max_bytes=10).problem_count == 1

    def test_a_floor_above_the_size_of_the_disk_takes_nothing(self, cameras: Cameras) -> None:
        """A figure with a digit too many would take all of the footage, and not be met."""
        cameras.trash = None
        cameras.storage.mount("/", name="0:1", capacity_bytes=100_000)
        before = [cameras.clip("20240301115959"), cameras.clip("20240301120001")]
        report = cameras.run(is_cleanup=True, min_free_bytes=100_001, max_bytes=None, age_days=0)
        assert report.problem_count == 1
        assert "has 100,000 bytes in all" in cameras.reporter.of(RuleNotMet)[0].reason
        assert all(cameras.storage.tree.find(clip) for clip in before)

    def test_a_limit_that_is_met_takes_nothing(self, cameras: Cameras) -> None:
        assert cameras.plan(is_cleanup=True, max_bytes=12_000, min_free_bytes=1) == ([], [])

    def test_where_nothing_goes_each_folder_is_listed_once(self, cameras: Cameras) -> None:
        cameras.archive(STAMP)
        cameras.plan(is_cleanup=True, is_output_cleaned=True, max_bytes=12_000, age_days=99_999)
        calls = [str(call.arguments[0]) for call in cameras.calls.log if call.operation == "storage.listing"]
        listed = [folder for folder in calls if folder_day(PurePath(folder).parts) is not None]
        assert sorted(listed) == [*(f"{CAMERA}/2024/03/{day}" for day in ("01", "03", "05")), f"{OUT}/{DAY}"]

    def test_a_folder_that_cannot_be_listed_is_told_also_where_nothing_goes(self, cameras: Cameras) -> None:
        cameras.storage.unreadable.add(CAMERA / "2024/03/01")
        _, left = cameras.plan(is_cleanup=True, max_bytes=12_000, age_days=99_999)
        assert [(file.path, file.is_problem) for file in left] == [(CAMERA / "2024/03/01", True)]


class TestPurge:
    def test_files_leave_the_trash_by_the_time_of_their_trashing(self, cameras: Cameras) -> None:
        cameras.clip(has_picture=True, minutes_ago=99_999)
        cameras.run(purge_days=21)
        assert len(cameras.names(TRASH)) == 2
        cameras.clock.advance(20.9 * 86_400)
        cameras.run()
        assert len(cameras.names(TRASH)) == 2
        cameras.clock.advance(0.2 * 86_400)
        report = cameras.run()
        assert (cameras.names(TRASH), report.removed_count) == ([], 2)
        assert cameras.names(OUT) == [ARCHIVE]
        assert cameras.storage.tree.find(TRASH / "input") is None

    def test_0_purges_all_that_is_there_before_the_run(self, cameras: Cameras) -> None:
        cameras.storage.put(TRASH / "output" / DAY / "archived-x.mp4", "x")
        cameras.storage.put(TRASH / "notes.txt", "not in input or output")
        cameras.clip()
        cameras.run(purge_days=0)
        assert cameras.names(TRASH) == [f"input/{CLIP}", "notes.txt"]

    def test_without_a_record_the_time_of_the_last_change_of_name_counts(self, cameras: Cameras) -> None:
        cameras.storage.put(TRASH / "input" / "loose.mp4", "x", mtime_ns=cameras.ns(9_999_999))
        cameras.run(purge_days=1)
        assert cameras.names(TRASH) == ["input/loose.mp4"]
        cameras.clock.advance(86_401)
        cameras.run()
        assert cameras.names(TRASH) == []

    def test_a_time_that_is_not_known_counts_from_when_it_was_seen_first(self, cameras: Cameras) -> None:
        cameras.storage.mount(TRASH, name="fat", is_numbered=False)
        cameras.storage.put(TRASH / "input" / "loose.mp4", "x", mtime_ns=cameras.ns(9_999_999))
        actions, left = cameras.plan(purge_days=1)
        assert (actions, [file.is_problem for file in left]) == ([], [False])
        assert "its days begin now" in left[0].reason
        cameras.clock.advance(30 * 86_400)
        cameras.run(purge_days=1)
        cameras.clock.advance(86_000)
        cameras.run()
        assert cameras.names(TRASH) == ["input/loose.mp4"]
        cameras.clock.advance(401)
        cameras.run()
        assert cameras.names(TRASH) == []

    @pytest.mark.parametrize("years", [-60, -10, 10])
    def test_a_clock_that_was_wrong_by_years_counts_from_when_the_file_was_seen_first(
        self, cameras: Cameras, years: int
    ) -> None:
        """Both its record and its ctime are of that clock: it went at once, or never."""
        cameras.clip()
        right = cameras.clock.wall
        cameras.clock.wall += timedelta(days=365 * years)
        cameras.run(purge_days=30, settle_s=0)
        if years < 0:
            assert cameras.names(TRASH) == [f"input/{CLIP}"]
        cameras.clock.wall = right + timedelta(days=40)
        cameras.run()
        assert cameras.names(TRASH) == [f"input/{CLIP}"]
        cameras.clock.advance(31 * 86_400)
        cameras.run()
        assert cameras.names(TRASH) == []

    def test_an_error_with_one_file_or_folder_stops_no_other(self, cameras: Cameras) -> None:
        for day in ("2023/01/01", "2023/01/02", "2023/01/03", "2023/01/04"):
            cameras.storage.put(TRASH / "input" / day / "a.mp4", "x")
        ledger = TRASH / ".camvault-trash/2023-01-02.ledger"
        cameras.storage.put(ledger)
        cameras.storage.unreadable |= {ledger, TRASH / "input/2023/01/03"}
        cameras.calls.fail("storage.remove", StorageError(TRASH, "Operation not permitted"))
        report = cameras.run(purge_days=0)
        assert report.problem_count == 3 + 1  # and the folders, of which one cannot be listed
        assert cameras.names(TRASH) == [f"input/2023/01/0{day}/a.mp4" for day in (1, 2, 3)]


class TestAPurgeStaysInTheTrash:
    """Nothing leaves that was not put there, whatever is to be seen below the trash."""

    FOREIGN = PurePath("/evidence/2023/01/01/a.mp4")

    @pytest.fixture
    def cameras(self, cameras: Cameras) -> Cameras:
        cameras.storage.put(self.FOREIGN, "exists once", mtime_ns=cameras.ns(9_999_999))
        cameras.storage.put_folder("/evidence/2023/01/02")
        return cameras

    def assert_all_there(self, cameras: Cameras) -> None:
        assert cameras.storage.tree.find(self.FOREIGN) is not None
        assert cameras.storage.tree.find(PurePath("/evidence/2023/01/02")) is not None

    @pytest.mark.parametrize("days", [0, 1])
    @pytest.mark.parametrize("area", ["input", "output"])
    def test_through_no_link(self, cameras: Cameras, area: str, days: float) -> None:
        cameras.storage.put_folder(TRASH)
        cameras.storage.put_link(TRASH / area, "/evidence")
        report = cameras.run(purge_days=days)
        assert report.problem_count == 1
        assert any("a link leads out of the trash" in line for line in cameras.reporter.lines())
        self.assert_all_there(cameras)

    @pytest.mark.parametrize("place", ["input", "output", "input/2023", "input/2023/01"])
    def test_into_no_mount(self, cameras: Cameras, place: str) -> None:
        cameras.storage.bind(TRASH / place, shows="/evidence")
        table = MountTable(mounted=frozenset({PurePath("/"), TRASH / place}))
        roots = checked_roots(CAMERA, output=OUT, trash=TRASH, storage=cameras.storage, table=table)
        job = attrs.evolve(cameras.job(), roots=roots, options=attrs.evolve(cameras.options, purge_days=0))
        assert ArchiveRun(job).carry_out().problem_count == 1
        assert any("is mounted here in the trash" in line for line in cameras.reporter.lines())
        self.assert_all_there(cameras)

    def test_nothing_where_the_mounts_cannot_be_read(self, cameras: Cameras) -> None:
        cameras.storage.bind(TRASH / "input/2023", shows="/evidence")
        cameras.storage.put_folder(TRASH / "output/2023")
        cameras.clip()
        table = MountTable(is_unreadable=True)
        roots = checked_roots(CAMERA, output=OUT, trash=TRASH, storage=cameras.storage, table=table)
        job = attrs.evolve(cameras.job(), roots=roots, options=attrs.evolve(cameras.options, purge_days=0))
        report = ArchiveRun(job).carry_out()
        assert (report.problem_count, report.transcoded_count) == (2, 1)
        self.assert_all_there(cameras)

    def test_a_trash_that_holds_the_input_by_a_second_mount_is_refused(self, cameras: Cameras) -> None:
        cameras.storage.put_folder("/all/trash/input/cam")
        cameras.storage.bind("/view", shows="/all/trash/input/cam")
        table = MountTable(
            mounted=frozenset({PurePath("/"), PurePath("/view")}),
            sources={
                PurePath("/"): ("0:1", PurePath("/")),
                PurePath("/view"): ("0:1", PurePath("/all/trash/input/cam")),
            },
        )
        for input_root, output in (("/view", "/out"), ("/camera", "/view")):
            with pytest.raises(UsageError, match="lies in the trash"):
                checked_roots(
                    PurePath(input_root),
                    output=PurePath(output),
                    trash=PurePath("/all/trash"),
                    storage=cameras.storage,
                    table=table,
                )

    @pytest.mark.parametrize("shown", ["/camera", "/camera/2024", "/out"])
    def test_a_trash_in_which_a_root_is_mounted_is_refused(self, cameras: Cameras, shown: str) -> None:
        """What goes would be moved within the input."""
        cameras.storage.put_folder("/camera/2024")
        cameras.storage.put_folder("/out")
        cameras.storage.bind("/trash/input", shows=shown)
        table = MountTable(
            mounted=frozenset({PurePath("/"), PurePath("/trash/input")}),
            sources={PurePath("/"): ("0:1", PurePath("/")), PurePath("/trash/input"): ("0:1", PurePath(shown))},
        )
        with pytest.raises(UsageError, match="is mounted in the trash at /trash/input"):
            checked_roots(
                CAMERA, output=PurePath("/out"), trash=PurePath("/trash"), storage=cameras.storage, table=table
            )

    def test_the_folders_of_others_stay_empty_or_not(self, cameras: Cameras) -> None:
        cameras.trash = PurePath("/big")
        for name in ("project/empty", ".hidden/empty"):
            cameras.storage.put_folder(PurePath("/big/input") / name)
        cameras.clip()
        cameras.run()
        report = cameras.run(purge_days=0)
        assert report.removed_count == 1
        assert cameras.storage.listing(PurePath("/big/input")).folders == (".hidden", "project")
        assert cameras.storage.tree.find(PurePath("/big/input/project/empty")) is not None

    def test_what_is_no_file_is_told(self, cameras: Cameras) -> None:
        cameras.storage.put_folder(TRASH / "input")
        cameras.storage.put_link(TRASH / "input/2023", "/evidence")
        report = cameras.run(purge_days=0)
        assert (report.left_count, report.problem_count) == (1, 0)
        self.assert_all_there(cameras)

    @pytest.mark.parametrize("root", [OUT / ".camvault-archive", TRASH / ".camvault-trash"])
    @pytest.mark.parametrize("name", ["", "2024-03-09.ledger"])
    def test_records_behind_a_link_are_not_written(self, cameras: Cameras, root: PurePath, name: str) -> None:
        cameras.storage.put("/victim/2024-03-09.ledger", "of somebody else\n")
        cameras.storage.put_folder(root.parent if not name else root)
        cameras.storage.put_link(root / name, f"/victim/{name}".rstrip("/"))
        cameras.clip()
        cameras.run()
        assert cameras.storage.content(PurePath("/victim/2024-03-09.ledger")) == b"of somebody else\n"

    @pytest.mark.parametrize("records", [".camvault-archive", ".camvault-trash"])
    def test_no_root_of_another_run(self, cameras: Cameras, records: str) -> None:
        cameras.storage.put(TRASH / "input/yard/2023/01/01/a.mp4", "x")
        cameras.storage.put_folder(TRASH / "input/yard" / records)
        cameras.storage.put(TRASH / "input/.snapshots/2023/01/01/a.mp4", "x")
        cameras.run(purge_days=0)
        assert len(cameras.names(TRASH)) == 2

    @pytest.mark.parametrize("days", [0, 1])
    def test_a_trash_that_was_named_gives_up_only_what_was_put_there(self, cameras: Cameras, days: float) -> None:
        """A folder with an `input` of somebody else was given for the trash."""
        cameras.trash = PurePath("/big")
        for name in ("a.mp4", "b.mp4"):
            cameras.storage.put(PurePath("/big/input/project") / name, "somebody's", mtime_ns=cameras.ns(9_999_999))
        cameras.clip()
        cameras.run()
        cameras.clock.advance(2 * 86_400)
        report = cameras.run(purge_days=days)
        assert (report.removed_count, report.problem_count, report.left_count) == (1, 0, 1)
        assert cameras.names(PurePath("/big")) == ["input/project/a.mp4", "input/project/b.mp4"]
        assert any("it is one of 2 file(s) in the trash" in line for line in cameras.reporter.lines())


def test_a_rule_takes_nothing_but_regular_files(cameras: Cameras) -> None:
    cameras.storage.put_link("/link", "/camera")
    with pytest.raises(StorageError, match="not a regular file but a symlink"):
        rule_removal(cameras.entry(PurePath("/link")), RetentionReason("--age", "31 days"))


def difference(before: dict[PurePath, bytes], after: dict[PurePath, bytes]) -> tuple[set[PurePath], set[PurePath]]:
    def footage(files: dict[PurePath, bytes]) -> set[PurePath]:
        return {path for path in files if not any(part.startswith(".camvault") for part in path.parts)}

    return footage(before) - footage(after), footage(after) - footage(before)


STAMPS = st.sampled_from(["20240309120000", "20240309120001", "20240101120000", "20230101120000", "20240310005959"])
FILES = st.lists(
    st.tuples(
        STAMPS,
        st.sampled_from(["front", "back"]),
        st.sampled_from(["mp4", "jpg", "MP4"]),
        st.sampled_from([0, 2, 300, 99_999]),
        st.sampled_from(["", "2024/03/09"]),
    ),
    max_size=8,
)


class TestADryRunSaysWhatARunDoes:
    @settings(max_examples=60, deadline=None)
    @given(
        files=FILES,
        archived=st.sets(STAMPS),
        changes=st.sampled_from(
            [
                {},
                {"is_made_anew": True},
                {"is_cleanup": True},
                {"is_cleanup": True, "is_output_cleaned": True, "age_days": 60},
                {"is_cleanup": True, "max_bytes": 2500},
                {"purge_days": 0},
            ]
        ),
        is_deleting=st.booleans(),
    )
    def test_the_plan_is_what_is_done_and_the_difference_of_the_trees(
        self,
        files: list[tuple[str, str, str, float, str]],
        archived: set[str],
        changes: dict[str, Any],
        is_deleting: bool,
    ) -> None:
        cameras = Cameras(trash=None if is_deleting else TRASH)
        for stamp, camera, extension, minutes_ago, day in files:
            if extension == "jpg":
                cameras.picture(stamp, camera=camera, day=day, minutes_ago=minutes_ago)
            else:
                cameras.clip(stamp, camera=camera, extension=extension, minutes_ago=minutes_ago, day=day)
        for stamp in archived:
            cameras.archive(stamp, b"of another camera")
        cameras.storage.put(TRASH / "input" / DAY / "a.mp4", "x", mtime_ns=cameras.ns(300))
        cameras.options = attrs.evolve(cameras.options, **changes)
        before = dict(cameras.storage.files())
        planned, left = cameras.plan()
        cameras.run()
        told = [item for item in cameras.told if isinstance(item, ActionOutcome)]
        assert all(item.is_done for item in told)
        done = [item.action for item in told]
        if not archived or cameras.options.is_cleanup or cameras.options.is_made_anew:
            assert sorted(map(str, done)) == sorted(map(str, planned))
        assert [item for item in cameras.told if isinstance(item, LeftFile)] == left
        gone, new = difference(before, dict(cameras.storage.files()))
        removed = {action.path for action in done if isinstance(action, RemoveAction)}
        made = {action.target for action in done if isinstance(action, TranscodeAction)}
        moved = {action.to for action in done if isinstance(action, RemoveAction) and action.to is not None}
        assert gone == removed
        assert new == made | moved
