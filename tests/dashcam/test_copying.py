"""Visits to the card: what is copied, in which order, and what is written down, on a box in memory."""

import hashlib
from datetime import timedelta
from pathlib import PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.memory.calls import Phase
from camvault.core.dashcam.clip_life import CardClipState
from camvault.core.dashcam.clip_notes import read_note
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.copy_events import ClipLeft, ClipOverwritten, ClipStaged, ClipVanished
from camvault.core.workflows.dashcam.copy_ports import CardClip
from camvault.core.workflows.dashcam.copying import copy_clips
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.core.workflows.dashcam.staging_copy import INCOMING_NAME, StagingCopier
from camvault.ports.camera_card import CardLostError
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import Cancelled, ExistsError, StorageError
from tests.dashcam.visit import FOLDERS, SECOND_NS, START_NS, Box

K = ProofKind
MB = 1024 * 1024


@pytest.fixture
def box() -> Box:
    made = Box()
    made.record("Normal/Front/1.MP4", "footage 1", at_s=0)
    made.record("Normal/Front/2.MP4", "footage 2", at_s=60)
    made.record("Event/E1.MP4", "crash", at_s=30)
    return made


class TestCopying:
    def test_every_clip_is_staged_whole_and_written_down(self, box: Box) -> None:
        report = box.visit()
        assert (report.copied_count, report.copied_bytes, report.is_whole, report.problems) == (3, 23, True, ())
        assert box.staged() == {
            "Event/E1.MP4": b"crash",
            "Normal/Front/1.MP4": b"footage 1",
            "Normal/Front/2.MP4": b"footage 2",
        }
        assert box.kinds("Event/E1.MP4") == [K.SEEN, K.STAGED]
        assert box.untrue() == []

    def test_events_go_first_then_the_oldest(self, box: Box) -> None:
        box.visit()
        assert [str(event.path) for event in box.reporter.of(ClipStaged)] == [
            "Event/E1.MP4",
            "Normal/Front/1.MP4",
            "Normal/Front/2.MP4",
        ]

    def test_the_plan_is_told_before_the_first_copy(self, box: Box) -> None:
        told: list[tuple[CardClip, ...]] = []
        mounted = box.mounted()
        copy_clips(mounted, ports=box.ports, folders=FOLDERS, config=box.config, stop=lambda: "no", on_plan=told.append)
        assert [[str(clip.path) for clip in clips] for clips in told] == [
            ["Event/E1.MP4", "Normal/Front/1.MP4", "Normal/Front/2.MP4"]
        ]

    def test_times_of_both_clocks_are_kept(self, box: Box) -> None:
        box.visit()
        seen, staged = box.life("Event/E1.MP4")
        assert seen.identity.mtime_ns == staged.identity.mtime_ns == START_NS + 30 * SECOND_NS
        assert seen.when == "2025-07-18T10:15:02+00:00"
        assert box.storage.tree.identity(FOLDERS.staging / "Event/E1.MP4").mtime_ns == START_NS + 30 * SECOND_NS

    def test_inv_20_a_second_visit_copies_nothing_and_reads_no_clip_whole(self, box: Box) -> None:
        box.visit()
        before = len(box.calls.log)
        report = box.visit()
        assert (report.copied_count, report.is_whole, report.waiting_count) == (0, True, 0)
        assert not {"storage.copy", "storage.digest"} & {call.operation for call in box.calls.log[before:]}

    def test_what_was_proven_and_removed_is_not_copied_again(self, box: Box) -> None:
        box.visit()
        box.prove("Event/E1.MP4")
        assert box.visit().copied_count == 0

    def test_what_was_proven_and_is_gone_before_that_was_written_down_is_not_either(self, box: Box) -> None:
        box.visit()
        box.prove("Event/E1.MP4", is_removed=False)
        box.storage.tree.discard(FOLDERS.staging / "Event/E1.MP4")
        assert box.visit().copied_count == 0

    def test_what_vanished_from_the_staging_unproven_is_copied_again(self, box: Box) -> None:
        box.visit()
        box.storage.tree.discard(FOLDERS.staging / "Event/E1.MP4")
        assert box.visit().copied_count == 1
        assert box.staged()["Event/E1.MP4"] == b"crash"

    @pytest.mark.parametrize("is_on_card", [True, False])
    def test_what_vanished_from_the_staging_unproven_is_told_once(self, box: Box, is_on_card: bool) -> None:
        box.visit()
        box.storage.tree.discard(FOLDERS.staging / "Event/E1.MP4")
        if not is_on_card:
            box.storage.tree.discard(PurePath("/medium/Event/E1.MP4"))
        for _ in range(3):
            box.visit()
        assert [(str(event.path), event.is_on_card) for event in box.reporter.of(ClipVanished)] == [
            ("Event/E1.MP4", is_on_card)
        ]
        kinds = [K.SEEN, K.STAGED, K.WITHDRAWN]
        assert box.kinds("Event/E1.MP4") == [*kinds, K.STAGED if is_on_card else K.OVERWRITTEN]
        words = "the card has a file of its name" if is_on_card else "it is not on the card either"
        assert any(words in line and "ERROR" in line for line in box.reporter.lines())

    @pytest.mark.parametrize("is_on_card", [True, False])
    def test_what_the_server_lost_and_then_vanished_from_the_staging_is_told_once(
        self, box: Box, is_on_card: bool
    ) -> None:
        """It was staged all the time: proven and not removed yet, or it arrived damaged."""
        box.visit()
        box.prove("Event/E1.MP4", is_removed=False)
        records = ClipRecords(FOLDERS, box.storage)
        lost = next(each for each in records.staged() if str(each.path) == "Event/E1.MP4")
        assert lost.entry is not None
        records.add(attrs.evolve(lost.entry, kind=K.WITHDRAWN, note="pi@nas:/data: it is missing at the server"))
        box.visit()
        assert not box.reporter.of(ClipVanished)
        box.storage.tree.discard(FOLDERS.staging / "Event/E1.MP4")
        if not is_on_card:
            box.storage.tree.discard(PurePath("/medium/Event/E1.MP4"))
        for _ in range(3):
            box.visit()
        assert [(str(event.path), event.is_on_card) for event in box.reporter.of(ClipVanished)] == [
            ("Event/E1.MP4", is_on_card)
        ]
        assert box.kinds("Event/E1.MP4")[-2:] == [K.WITHDRAWN, K.STAGED if is_on_card else K.OVERWRITTEN]

    def test_each_byte_of_the_card_is_read_once(self, box: Box) -> None:
        box.record("big.ts", bytes(9 * MB))
        box.visit()
        reading = [call for call in box.calls.log if call.operation in ("storage.copy", "storage.read_back")]
        assert len(reading) == 4

    def test_system_files_are_left(self, box: Box) -> None:
        for name in ("System Volume Information/x", "Normal/._1.MP4", "$RECYCLE.BIN/9", "Thumbs.db"):
            box.card.put(name, "not of the camera")
        box.record("Normal/Front/1.gpx", "companion")
        assert box.visit().copied_count == 4
        assert "Normal/Front/1.gpx" in box.staged()


class TestFolders:
    def test_only_listed_folders_are_copied(self, box: Box) -> None:
        box.subdirs = ["Normal/Front"]
        assert box.visit().is_whole
        assert list(box.staged()) == ["Normal/Front/1.MP4", "Normal/Front/2.MP4"]

    def test_a_listed_folder_that_is_missing_is_not_there_and_never_empty(self, box: Box) -> None:
        box.subdirs = ["Normal/Front", "Normal/Back"]
        report = box.visit()
        assert report.problems == ("Normal/Back is not on the card",)
        assert (report.copied_count, report.is_whole) == (2, False)

    def test_a_folder_that_cannot_be_listed_stops_no_other(self, box: Box) -> None:
        box.storage.unreadable.add(PurePath("/medium/Event"))
        report = box.visit()
        assert report.problems == ("Event cannot be listed: Permission denied",)
        assert (report.copied_count, report.is_whole) == (2, False)

    def test_a_damaged_entry_stops_none_beside_it(self, box: Box) -> None:
        """Nothing is known of it, so it is not gone either."""
        assert box.visit().is_whole
        box.record("Event/4.MP4", "another")
        box.storage.unknown.add(PurePath("/medium/Event/E1.MP4"))
        report = box.visit()
        assert report.problems == ("Event/E1.MP4 cannot be looked at: Structure needs cleaning",)
        assert (report.copied_count, report.overwritten_count, report.is_whole) == (1, 0, False)

    def test_what_is_neither_file_nor_folder_is_told(self, box: Box) -> None:
        box.storage.put_link("/medium/link.MP4", "/etc/passwd")
        assert box.visit().problems == ("link.MP4 is neither a file nor a folder",)

    def test_a_card_cannot_write_our_records(self, box: Box) -> None:
        box.record(".camvault/clips-2025-07.ledger", "forged")
        report = box.visit()
        assert report.problems == (
            ".camvault/clips-2025-07.ledger is not copied: camvault gives such names to files of its own",
        )


class TestDeadCards:
    """A vfat card that lost its power looks empty, and answers without an error."""

    @pytest.mark.parametrize("is_empty_when_dead", [True, False])
    @pytest.mark.parametrize(
        "operation", ["storage.listing", "storage.copy", "samples.sample", "clock.sleep", "footage.defect"]
    )
    def test_nothing_is_concluded_from_it(self, box: Box, operation: str, *, is_empty_when_dead: bool) -> None:
        box.visit()
        box.record("3.MP4", "footage 3", at_s=90)
        box.card.is_empty_when_dead = is_empty_when_dead
        mounted = box.mounted()
        if operation == "clock.sleep":
            box.clock.after(1, box.card.pull)
        else:
            box.calls.hook(operation, box.card.pull)
        with pytest.raises(CardLostError):
            copy_clips(mounted, ports=box.ports, folders=FOLDERS, config=box.config, stop=lambda: "")
        assert K.OVERWRITTEN not in box.kinds("Event/E1.MP4")
        assert "3.MP4" not in box.staged()
        assert [path.name for path in box.storage.files(FOLDERS.records)] == ["card-looks", "clips-2025-07.ledger"]

    def test_what_was_read_in_the_middle_of_it_is_thrown_away(self, box: Box) -> None:
        mounted = box.mounted()
        box.calls.hook("storage.copy", box.card.pull, when=Phase.DURING)
        with pytest.raises(CardLostError):
            copy_clips(mounted, ports=box.ports, folders=FOLDERS, config=box.config, stop=lambda: "")
        assert box.staged() == {}

    def test_the_next_visit_goes_on(self, box: Box) -> None:
        self.test_what_was_read_in_the_middle_of_it_is_thrown_away(box)
        box.card.plug_in()
        assert box.visit().copied_count == 3

    def test_a_dead_card_is_lost_also_if_the_staging_failed_with_it(self, box: Box) -> None:
        mounted = box.mounted()
        box.storage.unreadable.add(FOLDERS.records)
        box.card.pull()
        with pytest.raises(CardLostError):
            copy_clips(mounted, ports=box.ports, folders=FOLDERS, config=box.config, stop=lambda: "")

    def test_none_where_there_were_some_is_told(self, box: Box) -> None:
        box.subdirs = ["Normal/Front", "Event"]
        box.visit()
        for name in ("1.MP4", "2.MP4"):
            box.storage.tree.discard(PurePath("/medium/Normal/Front") / name)
        report = box.visit()
        words = (
            "Normal/Front has no clips, where there were 2 at 2025-07-18T10:15:02+00:00; nothing is concluded from that"
        )
        assert report.problems == (words,)
        assert not report.is_whole

    def test_another_card_may_be_empty(self, box: Box) -> None:
        box.visit()
        for path in box.storage.files("/medium"):
            box.storage.tree.discard(path)
        box.card.uuid = "AAAA-BBBB"
        assert box.visit().is_whole


class TestUnfinishedClips:
    def test_one_that_grows_is_left(self, box: Box) -> None:
        box.clock.after(1, lambda: box.record("Normal/Front/2.MP4", "footage 2 and more", at_s=61))
        report = box.visit()
        assert (report.recording_count, report.copied_count, report.is_whole) == (1, 2, True)
        assert "Normal/Front/2.MP4" not in box.staged()
        assert box.kinds("Normal/Front/2.MP4") == [K.SEEN]
        assert box.reporter.of(ClipLeft)[0].reason == "its size or its time changed while the card was listed"

    def test_it_is_copied_when_it_is_finished_and_was_not_overwritten(self, box: Box) -> None:
        self.test_one_that_grows_is_left(box)
        report = box.visit()
        assert (report.copied_count, report.overwritten_count) == (1, 0)
        assert box.kinds("Normal/Front/2.MP4") == [K.SEEN, K.SEEN, K.STAGED]
        box.storage.tree.discard(PurePath("/medium/Normal/Front/2.MP4"))
        assert box.visit().overwritten_count == 0

    def test_the_newest_that_was_never_closed_is_left_until_another_visit_sees_it_unchanged(self, box: Box) -> None:
        box.record("Normal/Front/3.MP4", "broken off", at_s=600)
        report = box.visit()
        assert (report.recording_count, report.copied_count) == (1, 3)
        report = box.visit()
        assert (report.recording_count, report.copied_count) == (0, 1)
        assert read_note(box.life("Normal/Front/3.MP4")[-1].note).remark == "it has no Matroska header"

    def test_an_older_one_that_was_never_closed_is_copied_as_it_is(self, box: Box) -> None:
        box.record("Normal/Front/0.MP4", "broken off", at_s=-600)
        report = box.visit()
        assert (report.recording_count, report.copied_count, report.is_whole) == (0, 4, True)
        assert "as the camera left it: it has no Matroska header" in "\n".join(box.reporter.lines())

    def test_one_that_vanishes_meanwhile_is_left(self, box: Box) -> None:
        box.clock.after(1, lambda: box.storage.tree.discard(PurePath("/medium/Event/E1.MP4")))
        report = box.visit()
        assert (report.recording_count, report.copied_count, report.overwritten_count) == (1, 2, 1)
        assert box.visit().overwritten_count == 0

    def test_one_that_changes_while_it_is_copied_is_left(self, box: Box) -> None:
        box.calls.hook("storage.copy", lambda: box.record("Event/E1.MP4", "crash and more"), when=Phase.DURING)
        report = box.visit()
        assert (report.recording_count, report.copied_count, report.waiting_count) == (1, 2, 0)

    def test_one_that_changed_since_it_was_listed_is_left(self, box: Box) -> None:
        box.calls.hook("storage.copy", lambda: box.record("Event/E1.MP4", "crash and more"))
        report = box.visit()
        assert (report.recording_count, report.copied_count) == (1, 2)
        assert "Event/E1.MP4" not in box.staged()


class TestOverwrittenClips:
    def test_one_that_is_gone_before_it_was_copied_is_written_down(self, box: Box) -> None:
        box.visit(lambda: "the battery is low")
        box.storage.tree.discard(PurePath("/medium/Normal/Front/1.MP4"))
        report = box.visit()
        assert (report.overwritten_count, report.copied_count, report.is_whole) == (1, 2, True)
        assert box.kinds("Normal/Front/1.MP4") == [K.SEEN, K.OVERWRITTEN]
        assert box.reporter.of(ClipOverwritten)[0].seen_at == "2025-07-18T10:15:02+00:00"
        assert box.visit().overwritten_count == 0

    def test_one_that_was_seen_months_ago_is_too(self, box: Box) -> None:
        """Its ledger is that of no clip that is on the card now."""
        box.visit(lambda: "the battery is low")
        for name in ("Normal/Front/1.MP4", "Normal/Front/2.MP4", "Event/E1.MP4"):
            box.storage.tree.discard(PurePath("/medium") / name)
        box.record("Normal/Front/9.MP4", "footage 9", at_s=70 * 86_400)
        box.record("Event/E9.MP4", "crash 9", at_s=70 * 86_400)
        assert box.visit().overwritten_count == 3
        assert box.kinds("Event/E1.MP4") == [K.SEEN, K.OVERWRITTEN]
        assert box.visit().overwritten_count == 0

    def test_a_month_in_which_each_clip_has_ended_is_not_read_again(self, box: Box) -> None:
        self.test_one_that_was_seen_months_ago_is_too(box)
        old = FOLDERS.records / "clips-2025-07.ledger"

        def reads() -> int:
            before = len(box.calls.log)
            box.visit()
            read = [call for call in box.calls.log[before:] if call.operation == "storage.read_text"]
            return sum(old in call.arguments for call in read)

        assert reads() == 0
        with_line = ClipRecords(FOLDERS, box.storage)
        with_line.add(attrs.evolve(box.life("Event/E1.MP4")[0], where=box.card.uuid))
        assert reads() == 1
        assert box.kinds("Event/E1.MP4")[-1] is K.OVERWRITTEN
        assert reads() == 0

    def test_one_under_whose_name_another_stands_is_too(self, box: Box) -> None:
        box.visit(lambda: "the battery is low")
        box.record("Normal/Front/1.MP4", "another", at_s=61)
        assert box.visit().overwritten_count == 1
        assert box.staged()["Normal/Front/1.MP4"] == b"another"

    def test_one_of_another_card_is_not(self, box: Box) -> None:
        box.visit(lambda: "the battery is low")
        box.storage.tree.discard(PurePath("/medium/Normal/Front/1.MP4"))
        box.card.uuid = "AAAA-BBBB"
        assert box.visit().overwritten_count == 0

    def test_one_in_a_folder_that_is_not_copied_any_more_is_not(self, box: Box) -> None:
        box.visit(lambda: "the battery is low")
        box.storage.tree.discard(PurePath("/medium/Event/E1.MP4"))
        box.subdirs = ["Normal"]
        assert box.visit().overwritten_count == 0

    def test_one_in_a_folder_that_looks_empty_is_not(self, box: Box) -> None:
        box.subdirs = ["Normal", "Event"]
        box.visit(lambda: "the battery is low")
        box.storage.tree.discard(PurePath("/medium/Event/E1.MP4"))
        assert box.visit().overwritten_count == 0

    def test_one_that_may_be_on_another_card_is_not(self, box: Box) -> None:
        """Nothing is mounted at `camera.path`, and that is configured so."""
        folder = PurePath("/mnt/folder")
        box.card.path, box.card.is_mount_configured = folder, False
        box.storage.put_folder(folder)
        box.storage.put(folder / "1.MP4", "footage", mtime_ns=START_NS)
        box.storage.put(folder / "2.MP4", "footage", mtime_ns=START_NS)
        mounted = box.card.mount(None, cancel=box.cancel)
        assert mounted.doubt
        for _ in range(2):
            report = copy_clips(mounted, ports=box.ports, folders=FOLDERS, config=box.config, stop=lambda: "later")
            assert report.overwritten_count == 0
            box.storage.tree.discard(folder / "1.MP4")

    def test_one_is_not_if_the_card_has_no_number(self, box: Box) -> None:
        """It may be another card: nothing tells them apart."""
        box.card.uuid = ""
        box.visit(lambda: "the battery is low")
        box.storage.tree.discard(PurePath("/medium/Normal/Front/1.MP4"))
        assert box.visit().overwritten_count == 0
        assert box.kinds("Normal/Front/1.MP4") == [K.SEEN]

    def test_one_that_the_server_lost_is_not(self, box: Box) -> None:
        """It was copied; what became of it there is another matter, and stays told."""
        box.visit()
        box.prove("Normal/Front/1.MP4")
        records = ClipRecords(FOLDERS, box.storage)
        records.add(attrs.evolve(box.life("Normal/Front/1.MP4")[-1], kind=K.WITHDRAWN))
        box.storage.tree.discard(PurePath("/medium/Normal/Front/1.MP4"))
        assert box.visit().overwritten_count == 0

    def test_one_that_comes_back_is_copied(self, box: Box) -> None:
        self.test_one_that_is_gone_before_it_was_copied_is_written_down(box)
        box.record("Normal/Front/1.MP4", "footage 1", at_s=0)
        assert box.visit().copied_count == 1
        assert box.kinds("Normal/Front/1.MP4") == [K.SEEN, K.OVERWRITTEN, K.SEEN, K.STAGED]


class TestNames:
    def test_inv_2_a_name_that_comes_back_is_another_clip_under_another_name(self, box: Box) -> None:
        box.visit()
        box.record("Event/E1.MP4", "CRASH", at_s=5_000)
        assert box.visit().copied_count == 1
        assert box.staged()["Event/E1.MP4"] == b"crash"
        assert box.staged()["Event/E1~2.MP4"] == b"CRASH"
        assert box.visit().copied_count == 0

    def test_one_of_the_same_size_and_time_is_known_by_its_content(self, box: Box) -> None:
        """A camera without a battery begins at one time after each start, and some make all clips equally long."""
        box.visit()
        box.record("Event/E1.MP4", "CRASH", at_s=30)
        assert box.visit().copied_count == 1
        assert box.staged()["Event/E1~2.MP4"] == b"CRASH"
        assert box.visit().copied_count == 0
        box.record("Event/E1.MP4", "crash", at_s=30)
        assert box.visit().copied_count == 0

    def test_inv_37_the_proof_of_one_is_none_of_another_of_its_name_size_and_time(self, box: Box) -> None:
        """Both are staged when the first one is proven; the second one is lost before it is."""
        box.visit()
        box.record("Event/E1.MP4", "CRASH", at_s=30)
        box.visit()
        box.prove("Event/E1.MP4")
        box.storage.tree.discard(FOLDERS.staging / "Event/E1~2.MP4")
        assert box.visit().copied_count == 1
        assert box.staged()["Event/E1~2.MP4"] == b"CRASH"
        box.prove("Event/E1~2.MP4")
        assert box.visit().copied_count == 0

    def test_one_that_only_another_server_has_is_copied_again_under_its_name(self, box: Box) -> None:
        """The server was replaced: what is still on the card was taken for proven, and never sent to the new one."""
        box.visit()
        box.prove("Event/E1.MP4")
        box.target = "another"
        report = box.visit()
        assert (report.copied_count, next(iter(box.staged()))) == (1, "Event/E1.MP4")
        assert box.kinds("Event/E1.MP4")[-2:] == [K.WITHDRAWN, K.STAGED]
        box.target = "5f8d"
        box.prove("Event/E1.MP4")
        assert box.visit().copied_count == 0

    def test_one_that_was_proven_elsewhere_keeps_its_name_there(self, box: Box) -> None:
        box.visit()
        box.prove("Event/E1.MP4")
        box.record("Event/E1.MP4", "CRASH", at_s=30)
        box.visit()
        assert box.staged()["Event/E1~2.MP4"] == b"CRASH"
        assert box.untrue() == []

    def test_a_clock_in_another_zone_makes_no_clip_new(self, box: Box) -> None:
        box.visit()
        box.record("Event/E1.MP4", "crash", at_s=30 + 3_600)
        report = box.visit()
        assert (report.copied_count, report.overwritten_count, report.is_whole) == (0, 0, True)

    def test_a_foreign_file_of_its_name_in_the_staging_is_not_it(self, box: Box) -> None:
        box.storage.put(FOLDERS.staging / "Event/E1.MP4", "other", mtime_ns=START_NS + 30 * SECOND_NS)
        assert box.visit().copied_count == 3
        assert box.staged()["Event/E1~2.MP4"] == b"crash"
        assert box.staged()["Event/E1.MP4"] == b"other"

    def test_its_own_copy_without_a_record_is_recognized_and_recorded(self, box: Box) -> None:
        box.storage.put(FOLDERS.staging / "Event/E1~2.MP4", "crash", mtime_ns=START_NS + 30 * SECOND_NS)
        assert box.visit().copied_count == 2
        assert read_note(box.life("Event/E1.MP4")[-1].note).card_path is not None
        assert box.visit().copied_count == 0

    def test_a_file_in_the_staging_that_cannot_be_read_is_not_it(self, box: Box) -> None:
        path = box.storage.put(FOLDERS.staging / "Event/E1.MP4", "crash", mtime_ns=START_NS + 30 * SECOND_NS).path
        box.storage.damage[path] = 0
        assert box.visit().copied_count == 3

    def test_one_without_a_sample_is_read_whole_once(self, box: Box) -> None:
        """The sender found it in the staging, and wrote it down."""
        box.visit()
        box.storage.tree.discard(FOLDERS.records / "clips-2025-07.ledger")
        records = ClipRecords(FOLDERS, box.storage)
        for clip in records.staged():
            sha256 = hashlib.sha256(box.storage.content(FOLDERS.staging / clip.path)).hexdigest()
            records.add(LedgerEntry(clip.path, clip.identity, sha256, K.REMOTE_HASH, "2025", "5f8d", "pi@nas:/data"))
        assert box.visit().copied_count == 0
        note = read_note(box.life("Event/E1.MP4")[-1].note)
        assert note.sample
        assert note.remark == "pi@nas:/data"
        before = len(box.calls.log)
        assert box.visit().copied_count == 0
        assert "storage.digest" not in [call.operation for call in box.calls.log[before:]]

    def test_nothing_is_staged_behind_a_link(self, box: Box) -> None:
        box.storage.put_folder("/large")
        box.storage.put_link(FOLDERS.staging / "Normal", "/large")
        report = box.visit()
        assert (report.copied_count, report.is_whole) == (1, False)
        assert "Normal: it is a link, expected a folder" in report.problems[0]
        assert box.storage.files(PurePath("/large")) == {}

    def test_nothing_is_staged_on_the_card_itself(self, box: Box) -> None:
        mounted = box.mounted()
        folders = BoxFolders(mounted.folder / "staging")
        report = copy_clips(mounted, ports=box.ports, folders=folders, config=box.config, stop=lambda: "")
        assert (report.copied_count, report.is_whole) == (0, False)
        assert "it is on the camera's card itself" in report.problems[0]

    def test_two_names_that_are_one_for_others_get_a_number(self, box: Box) -> None:
        box.record("Event/e1.mp4", "small letters", at_s=31)
        box.visit()
        assert box.staged()["Event/e1~2.mp4"] == b"small letters"

    def test_a_number_that_is_on_the_card_is_left_to_that_clip(self, box: Box) -> None:
        box.visit()
        box.record("Event/E1~2.MP4", "a real name", at_s=7_000)
        box.record("Event/E1.MP4", "CRASH", at_s=5_000)
        box.visit()
        assert box.staged()["Event/E1~2.MP4"] == b"a real name"
        assert box.staged()["Event/E1~3.MP4"] == b"CRASH"

    def test_a_staging_that_takes_two_names_for_one_overwrites_nothing(self, box: Box) -> None:
        box.calls.hook("storage.move", lambda: box.storage.put(FOLDERS.staging / "Event/E1.MP4", "in between"))
        box.visit()
        assert box.staged()["Event/E1.MP4"] == b"in between"
        assert box.staged()["Event/E1~2.MP4"] == b"crash"


class TestSpace:
    def test_what_does_not_fit_is_named_and_nothing_makes_room(self, box: Box) -> None:
        box.record("Event/E2.MP4", bytes(5 * MB), at_s=31)
        box.record("Normal/Front/3.MP4", bytes(5 * MB), at_s=90)
        box.storage.mount(FOLDERS.staging, name="0:9", capacity_bytes=6 * MB)
        report = box.visit()
        assert report.copied_count == 4
        assert (report.waiting_count, report.waiting_bytes, report.is_whole) == (1, 5 * MB, False)
        what = "/staging has no room for 1 clips of 5,242,880 bytes (Normal/Front/3.MP4)"
        assert report.problems == (f"{what}; nothing that is not proven makes room for them",)
        assert report.stopped == "the staging is full"
        assert "Event/E2.MP4" in box.staged()
        box.prove("Event/E2.MP4")
        assert box.visit().is_whole

    def test_a_file_system_that_is_full_before_the_plan_said_so_ends_the_visit(self, box: Box) -> None:
        def shrink() -> None:
            box.storage.mount(FOLDERS.staging, name="0:9", capacity_bytes=600)

        box.calls.hook("storage.total_bytes", shrink, when=Phase.AFTER)
        report = box.visit()
        assert report.stopped == "the staging is full"
        assert report.waiting_count == 3 - report.copied_count
        assert box.untrue() == []


class TestFaults:
    def test_a_clip_that_cannot_be_read_is_named_and_stops_no_other(self, box: Box) -> None:
        box.storage.damage[PurePath("/medium/Event/E1.MP4")] = 0
        report = box.visit()
        assert report.problems == ("Event/E1.MP4 cannot be copied: Input/output error",)
        assert (report.copied_count, report.waiting_count, report.is_whole) == (2, 1, False)

    def test_a_known_clip_that_cannot_be_read_any_more_is_named(self, box: Box) -> None:
        box.visit()
        box.storage.damage[PurePath("/medium/Event/E1.MP4")] = 0
        assert box.visit().problems == ("Event/E1.MP4 cannot be read: Input/output error",)

    def test_a_clip_that_cannot_be_looked_into_is_named(self, box: Box) -> None:
        box.calls.fail("footage.defect", StorageError(PurePath("/mnt/cam-67EF9CED/Event/E1.MP4"), "broken"))
        report = box.visit()
        assert report.problems == ("Event/E1.MP4 cannot be read: broken",)
        assert report.copied_count == 2

    def test_a_name_that_the_staging_refuses_stops_no_other(self, box: Box) -> None:
        box.calls.fail("storage.move", StorageError(FOLDERS.staging / "Event/E1.MP4", "Invalid argument"))
        report = box.visit()
        assert report.problems == ("Event/E1.MP4 cannot be copied: /staging/Event/E1.MP4: Invalid argument",)
        assert report.copied_count == 2

    def test_a_staging_that_takes_nothing_ends_the_visit(self, box: Box) -> None:
        box.record("Normal/Front/3.MP4", "footage 3", at_s=90)
        for _ in range(3):
            box.calls.fail("storage.move", StorageError(FOLDERS.staging / "x", "Read-only file system"))
        report = box.visit()
        assert len(report.problems) == 3
        assert (report.copied_count, report.is_whole) == (0, False)
        assert report.waiting_count == 4

    def test_a_record_that_cannot_be_written_ends_the_visit(self, box: Box) -> None:
        box.calls.fail(
            "storage.append_line", StorageError(FOLDERS.records / "clips-2025-07.ledger", "Input/output error")
        )
        report = box.visit()
        assert report.problems == ("/staging/.camvault/clips-2025-07.ledger: Input/output error",)
        assert not report.is_whole
        assert box.visit().is_whole

    def test_records_that_cannot_be_read_end_the_visit(self, box: Box) -> None:
        box.storage.unreadable.add(box.storage.put(FOLDERS.records / "clips-2025-07.ledger").path)
        report = box.visit()
        assert report.problems == ("/staging/.camvault/clips-2025-07.ledger: Permission denied",)
        assert (report.copied_count, report.is_whole, box.staged()) == (0, False, {})

    def test_inv_35_a_step_that_the_life_of_a_clip_does_not_have_is_refused(self, box: Box) -> None:
        copier = StagingCopier(
            mounted=box.mounted(),
            ports=box.ports,
            folders=FOLDERS,
            records=ClipRecords(FOLDERS, box.storage),
            staged={},
            on_card={},
            stop=lambda: "",
            state_of=lambda _: CardClipState.UNSTAGED,
        )
        clip = CardClip(path=PurePosixPath("Event/E1.MP4"), identity=FileIdentity(5, START_NS))
        with pytest.raises(
            ExistsError, match="what is proven and removed from the staging cannot be copied to the staging"
        ):
            copier.copy(clip, state=CardClipState.UNSTAGED, defect="")

    def test_the_record_of_a_copy_that_cannot_be_written_ends_the_visit(self, box: Box) -> None:
        def fail() -> None:
            error = StorageError(FOLDERS.records / "clips-2025-07.ledger", "Input/output error")
            box.calls.fail("storage.append_line", error)

        box.calls.hook("storage.move", fail)
        report = box.visit()
        assert (report.copied_count, report.waiting_count, len(report.problems)) == (0, 3, 1)
        assert box.visit().copied_count == 2
        assert box.untrue() == []
        assert len(box.staged()) == 3

    def test_records_that_are_damaged_are_told(self, box: Box) -> None:
        box.visit()
        ledger = FOLDERS.records / "clips-2025-07.ledger"
        box.storage.put(ledger, box.storage.content(ledger)[:-5] + b"\n")
        report = box.visit()
        assert (report.copied_count, report.is_whole) == (0, True)
        assert any("are torn or damaged, and are not believed" in line for line in box.reporter.lines())

    def test_a_camera_whose_clock_is_ahead_is_told(self, box: Box) -> None:
        box.card.put("Event/E9.MP4", "x", mtime_ns=int((box.clock.now() + timedelta(hours=1)).timestamp()) * SECOND_NS)
        assert box.visit().is_whole
        assert (
            "WARNING the camera's clock is ahead of this machine's by 0:59:58, or in another zone"
            in box.reporter.lines()
        )

    def test_many_problems_are_counted(self, box: Box) -> None:
        for number in range(25):
            box.storage.put_link(f"/medium/link{number:02}", "x")
        problems = box.visit().problems
        assert len(problems) == 21
        assert problems[-1] == "and 5 more problems"


class TestFlippedBits:
    def test_one_that_flipped_while_it_was_written_is_not_what_is_recorded(self, box: Box) -> None:
        """The digest is that of what was read from the card; the sender compares what is staged with it."""
        box.storage.lossy.add(FOLDERS.records / INCOMING_NAME)
        box.visit()
        assert sorted(box.untrue()) == ["Event/E1.MP4", "Normal/Front/1.MP4", "Normal/Front/2.MP4"]

    def test_a_staged_clip_that_was_found_to_be_spoiled_is_copied_again_beside_it(self, box: Box) -> None:
        box.visit()
        box.storage.corrupt(FOLDERS.staging / "Event/E1.MP4")
        records = ClipRecords(FOLDERS, box.storage)
        entry = next(clip.entry for clip in records.staged() if clip.path.name == "E1.MP4")
        assert entry is not None
        records.add(attrs.evolve(entry, kind=K.WITHDRAWN))
        assert box.visit().copied_count == 1
        assert box.staged()["Event/E1~2.MP4"] == b"crash"
        assert box.visit().copied_count == 0


class TestStopping:
    def test_it_stops_between_clips_and_the_next_visit_goes_on(self, box: Box) -> None:
        answers = iter(["", "the battery is low"])
        report = box.visit(lambda: next(answers))
        assert (report.copied_count, report.stopped, report.is_whole) == (1, "the battery is low", False)
        assert report.waiting_count == 2
        assert box.visit().copied_count == 2

    def test_it_stops_in_the_middle_of_a_clip_and_leaves_nothing_of_it(self, box: Box) -> None:
        box.record("Event/E0.MP4", bytes(10 * MB), at_s=-5)
        answers = iter(["", "the battery is low"])
        report = box.visit(lambda: next(answers))
        assert (report.copied_count, report.stopped) == (0, "the battery is low")
        assert box.staged() == {}
        assert [path.name for path in box.storage.files(FOLDERS.records)] == ["card-looks", "clips-2025-07.ledger"]

    def test_a_cancellation_ends_it_at_once(self, box: Box) -> None:
        box.calls.hook("storage.copy", box.cancel.request, when=Phase.DURING)
        with pytest.raises(Cancelled):
            box.visit()
        assert box.staged() == {}
        assert box.untrue() == []
