"""Where files are in the trash, and when they leave it."""

import itertools
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.retention.trash import (
    TrashFolder,
    is_changed_since,
    purge_reason,
    trash_names,
    trash_path,
    trashed_at_s,
)

ROOT, TRASH = PurePath("/camera"), PurePath("/camera/.deleted")
DAY_S = 86_400


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/camera/2023/01/09/a.mp4", "/camera/.deleted/input/2023/01/09/a.mp4"),
        ("/elsewhere/2023/a.mp4", "/camera/.deleted/input/a.mp4"),
        ("/camera/.deleted/input/2023/01/09/a.mp4", "/camera/.deleted/input/2023/01/09/a.mp4"),
    ],
)
def test_a_file_keeps_its_path_below_the_trash_and_is_never_nested(path: str, expected: str) -> None:
    assert trash_path(PurePath(path), trash=TRASH, root=ROOT, area="input") == PurePath(expected)


def test_all_files_of_a_folder_go_to_one_and_a_taken_name_gets_the_time_and_a_number() -> None:
    folder = TrashFolder(TRASH / "input", frozenset({"a.mp4", "a_1700_1.mp4"}), unix_s=1700)
    assert folder.path_of("b.mp4") == TRASH / "input/b.mp4"
    assert folder.path_of("a.mp4") == TRASH / "input/a_1700_2.mp4"


def test_a_taken_name_gets_the_time_and_a_number() -> None:
    names = itertools.islice(trash_names(TRASH / "input/a.b.mp4", unix_s=1700), 3)
    assert [path.name for path in names] == ["a.b.mp4", "a.b_1700_1.mp4", "a.b_1700_2.mp4"]


@pytest.mark.parametrize(
    ("trashed_s", "days", "goes"),
    [
        (0.0, 0, True),
        (None, 0, True),
        (None, 1, False),
        (10 * DAY_S, 1, False),
        (9 * DAY_S, 1, True),
        (9.1 * DAY_S, 1, False),
    ],
)
def test_a_file_leaves_the_trash_by_the_time_that_it_was_there(
    trashed_s: float | None, days: float, goes: bool
) -> None:
    reason = purge_reason(trashed_s, now_s=10 * DAY_S, days=days)
    assert (reason is not None) == goes
    assert reason is None or reason.rule == "--purge-trash"


NOW_S = 1_800_000_000.0
TIMES = st.floats(0, 2 * NOW_S) | st.none()


@given(recorded_s=TIMES, mtime_s=st.floats(0, 2 * NOW_S), ctime_s=TIMES)
def test_the_later_time_that_can_be_true_counts(
    recorded_s: float | None, mtime_s: float, ctime_s: float | None
) -> None:
    found = trashed_at_s(recorded_s=recorded_s, mtime_s=mtime_s, ctime_s=ctime_s, now_s=NOW_S)
    if found is None:
        return
    assert found in (recorded_s, ctime_s)
    assert 1_577_836_800 <= found <= NOW_S
    assert found >= max(each for each in (recorded_s, ctime_s) if each is not None and each <= NOW_S)
    assert found >= mtime_s - 2 or mtime_s > NOW_S


@pytest.mark.parametrize(
    ("recorded_s", "mtime_s", "ctime_s", "found_s"),
    [
        (NOW_S - 9, NOW_S - 99, NOW_S - 10, NOW_S - 9),
        (NOW_S - 9999, NOW_S - 99999, NOW_S - 10, NOW_S - 10),  # the clock was behind
        (NOW_S + 9999, NOW_S - 99, NOW_S - 10, NOW_S - 10),  # it was ahead
        (NOW_S + 9999, NOW_S - 99, NOW_S + 9998, None),
        (NOW_S - 9999, NOW_S - 99, NOW_S - 9998, None),  # nothing came there before it was written
        (NOW_S - 9999, NOW_S + 99, NOW_S - 9998, NOW_S - 9998),
        (5.0, 3.0, 5.0, None),  # nothing was set
        (None, NOW_S - 99, NOW_S - 10, NOW_S - 10),
        (None, NOW_S - 99, None, None),
    ],
)
def test_when_a_file_came_into_the_trash(
    recorded_s: float | None, mtime_s: float, ctime_s: float | None, found_s: float | None
) -> None:
    assert trashed_at_s(recorded_s=recorded_s, mtime_s=mtime_s, ctime_s=ctime_s, now_s=NOW_S) == found_s


@pytest.mark.parametrize(
    ("size_bytes", "mtime_s", "expected"),
    [(5, 100, False), (5, 98, False), (5, 102.5, True), (5, 97, True), (6, 100, True)],
)
def test_a_file_that_was_written_to_in_the_trash_is_known_by_size_and_time(
    size_bytes: int, mtime_s: float, *, expected: bool
) -> None:
    assert is_changed_since(size_bytes, mtime_s, then_bytes=5, then_s=100) is expected
