"""The files of a session: numbered by the recorder, dated by the file before them, the last one open."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.segments.live_names import (
    closed_names,
    counting_pattern,
    dated_names,
    named_by_record,
    parse_live_name,
    session_began_at,
)
from camvault.core.segments.names import parse_segment_name
from camvault.core.segments.sessions import session_names
from camvault.core.segments.start_times import Starts

BEGAN = datetime(2025, 5, 28, 12, 0, 1, tzinfo=UTC)
SESSION = PurePath("/out/A/.live/20250528T120001Z.exec")


def ns(seconds: float) -> int:
    """So many seconds after the session began."""
    return int(BEGAN.timestamp() * 1e9) + int(seconds * 1e9)


def name(number: int, seconds: int = 0) -> str:
    return f"A_{BEGAN + timedelta(seconds=seconds):%Y%m%dT%H%M%SZ}.{number}.mkv"


def dated(files: dict[int, float], *, folder_s: float = -1) -> dict[int, str]:
    """By number, the new names of files that were written last so many seconds after the session began."""
    changed_ns = {name(number): ns(seconds) for number, seconds in files.items()}
    new = dated_names(SESSION, changed_ns, folder_changed_ns=ns(folder_s))
    return {number: new[name(number)] for number in files if name(number) in new}


def test_a_file_began_when_the_one_before_it_ended() -> None:
    """At the second that it was by the clock, of which times of files lag a little behind."""
    assert dated({1: 58.996, 2: 119.2, 3: 130}) == {2: name(2, 59), 3: name(3, 119)}


def test_the_first_one_began_when_the_folder_was_changed() -> None:
    """While it is alone; another change of the folder would be another file."""
    assert dated({1: 30}, folder_s=3.4) == {1: name(1, 3)}
    assert dated({1: 30, 2: 31}, folder_s=30) == {2: name(2, 30)}
    assert dated({1: 30}, folder_s=31) == {}, "somebody else changed it"
    assert dated({1: 30}, folder_s=-5) == {}, "the clock was set"


def test_what_is_not_known_stays_as_it_is() -> None:
    """The one before it was moved away already, or its time can be in no name."""
    assert dated({3: 200}) == {}
    assert dated({1: -2e9, 2: 5}) == {}
    assert dated({1: 6e9, 2: 5}) == {}


def test_a_clock_that_was_set_back_is_no_reason_to_forget_when_it_was() -> None:
    assert dated({1: -3600, 2: 5}) == {2: name(2, -3600)}


def test_what_has_its_time_keeps_it() -> None:
    names = {name(1): ns(60), name(2, 60): ns(120), name(3, 120): ns(130)}
    assert dated_names(SESSION, names, folder_changed_ns=0) == {}
    assert dated_names(PurePath("/a/strange folder"), names, folder_changed_ns=0) == {}


@pytest.mark.parametrize(
    "text", ["A.1.mkv", "A_20250528T120001.1.mkv", "A_20250528T120001Z.mkv", "A_20250528T120001Z.01.mkv", "x"]
)
def test_other_names_are_none_of_these(text: str) -> None:
    assert parse_live_name(text) is None
    assert closed_names([text]) == frozenset()


def test_the_last_one_is_open_whatever_the_times_say() -> None:
    assert closed_names([name(9), name(10), name(8, 5), "foreign.mkv"]) == {name(9), name(8, 5)}


def test_a_report_reads_these_names() -> None:
    assert Starts(UTC, 600).of(name(7, 60), ns(90)) == ("A", BEGAN + timedelta(seconds=60))
    assert Starts(UTC, 600).of("A_20259928T120001Z.7.mkv", 0) is None


@given(
    st.lists(st.integers(-90_000, 90_000), min_size=1, max_size=20),
    st.booleans(),
    st.booleans(),
)
def test_no_name_of_a_session_comes_twice(ends_s: list[int], is_utc: bool, is_supervised: bool) -> None:
    """Whatever the clock does between two cuts: as the recorder opens them, and as they are renamed one by one."""
    session = SESSION.with_name(next(session_names(BEGAN, is_utc=is_utc, is_supervised=is_supervised)))
    pattern = counting_pattern("A", session)
    there: dict[str, int] = {}
    for number, end_s in enumerate(ends_s, 1):
        opened = pattern.replace("%d", str(number))
        assert opened not in there
        there[opened] = ns(end_s)
        for old, new in dated_names(session, there, folder_changed_ns=0).items():
            assert new not in there
            there[new] = there.pop(old)
    numbers = [parsed.number for text in there if (parsed := parse_live_name(text))]
    assert sorted(numbers) == list(range(1, len(ends_s) + 1))
    by_number = sorted((parsed.number, parsed.segment.stamp) for text in there if (parsed := parse_live_name(text)))
    for (before, _), (_, stamp) in pairwise(by_number):
        assert stamp.replace(tzinfo=UTC) == BEGAN + timedelta(seconds=ends_s[before - 1])


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-3601.5, "A_20250528T105959Z.mkv"),
        (-4, "A_20250528T120001Z.mkv"),
        (4.9, "A_20250528T120001Z.mkv"),
        (86_400.9, "A_20250529T120001Z.mkv"),
        (1e11, "A_20250528T120001Z.mkv"),
    ],
)
def test_a_name_says_what_the_record_says_but_for_the_seconds_of_a_cut(seconds: float, expected: str) -> None:
    segment = parse_segment_name("A_20250528T120001Z.mkv")
    assert segment is not None
    assert str(named_by_record(segment, BEGAN + timedelta(seconds=seconds))) == expected
    assert named_by_record(segment, None) == segment


def test_the_folder_of_a_session_says_when_it_began() -> None:
    assert session_began_at(SESSION) == BEGAN
    assert session_began_at(PurePath("/out/A/.live/20259928T120001Z")) is None
    assert session_began_at(PurePath("/out/A/.live/else")) is None
