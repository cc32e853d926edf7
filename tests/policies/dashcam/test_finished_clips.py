"""Whether a camera has finished a clip."""

from pathlib import PurePosixPath

import pytest

from camvault.core.dashcam.finished_clips import judge_finish, looked_into, newest_of_folders
from camvault.ports.entries import FileIdentity

CLIP = FileIdentity(100, 10**9)
MINUTE_NS = 60 * 10**9


class TestVerdicts:
    def test_one_that_did_not_change_and_has_no_defect_is_finished(self) -> None:
        verdict = judge_finish(CLIP, CLIP, is_newest=True, was_seen_before=False, defect="")
        assert (verdict.is_finished, verdict.reason) == (True, "")

    @pytest.mark.parametrize(
        ("second", "reason"),
        [
            (None, "it vanished while the card was listed"),
            (FileIdentity(101, 10**9), "its size or its time changed while the card was listed"),
            (FileIdentity(100, 10**9 + 1), "its size or its time changed while the card was listed"),
        ],
    )
    @pytest.mark.parametrize("was_seen_before", [True, False])
    @pytest.mark.parametrize("is_newest", [True, False])
    def test_one_that_changed_between_two_listings_never_is(
        self, second: FileIdentity | None, reason: str, *, was_seen_before: bool, is_newest: bool
    ) -> None:
        verdict = judge_finish(CLIP, second, is_newest=is_newest, was_seen_before=was_seen_before, defect="")
        assert (verdict.is_finished, verdict.reason) == (False, reason)

    @pytest.mark.parametrize(
        ("is_newest", "was_seen_before", "is_finished"),
        [(True, False, False), (True, True, True), (False, False, True), (False, True, True)],
    )
    def test_one_with_a_defect_is_if_nobody_can_be_writing_it(
        self, *, is_newest: bool, was_seen_before: bool, is_finished: bool
    ) -> None:
        verdict = judge_finish(CLIP, CLIP, is_newest=is_newest, was_seen_before=was_seen_before, defect="it is cut")
        assert (verdict.is_finished, verdict.reason) == (is_finished, "it is cut")


class TestTheNewest:
    def test_they_are_those_of_each_folder_and_what_was_written_with_them(self) -> None:
        times = {"F/3.MP4": 10, "F/3R.MP4": 8, "F/2.MP4": 7, "E/1.MP4": 1, "top.MP4": 0}
        files = {PurePosixPath(path): FileIdentity(1, minutes * MINUTE_NS) for path, minutes in times.items()}
        assert {str(path) for path in newest_of_folders(files)} == {"F/3.MP4", "F/3R.MP4", "E/1.MP4", "top.MP4"}

    def test_there_are_none_of_nothing(self) -> None:
        assert newest_of_folders({}) == frozenset()


def test_a_look_tells_of_what_has_its_tables_at_the_end() -> None:
    paths = [PurePosixPath(name) for name in ("a.MP4", "b.mov", "c.ts", "d", "e.avi", "f.gpx")]
    assert {str(path) for path in looked_into(paths)} == {"a.MP4", "b.mov"}
