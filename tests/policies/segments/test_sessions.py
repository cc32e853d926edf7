"""The folders of sessions, and what their segments are called for good."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import PurePath
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.core.segments.names import SegmentName
from camvault.core.segments.sessions import adopted_name, adopted_names, is_supervised, session_names
from tests.segment_names import free_name, segment_name

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")]
SUMMER = datetime(2025, 5, 28, 13, 20, 3, tzinfo=UTC)
YEAR_S = 365 * 86_400


def test_names_of_sessions_are_in_utc_and_end() -> None:
    """A second session in one second gets a number, and the names run out in the end."""
    names = list(session_names(SUMMER.astimezone(BERLIN), is_utc=False))
    assert names[:3] == ["20250528T132003Z", "20250528T132003Z-2", "20250528T132003Z-3"]
    assert len(names) == len(set(names)) == 99


@pytest.mark.parametrize("is_utc", [False, True])
@pytest.mark.parametrize("supervised", [False, True])
@pytest.mark.parametrize("number", [0, 7])
def test_a_folder_says_what_becomes_of_its_segments(is_utc: bool, supervised: bool, number: int) -> None:
    """Whoever finds it later needs nothing else."""
    names = session_names(SUMMER, is_utc=is_utc, is_supervised=supervised)
    session = PurePath("/out/A/.live", next(islice(names, number, None)))

    adopted = adopted_name(segment_name("A", SUMMER, is_utc=True), session, zone=BERLIN)

    assert is_supervised(session) == supervised
    assert str(adopted) == ("A_20250528T132003Z.mkv" if is_utc else "A_20250528T152003.mkv")


def test_a_local_name_stays_one() -> None:
    """An older version named so in its sessions."""
    name = SegmentName("A", datetime(2025, 5, 28, 15, 20))  # noqa: DTZ001
    assert adopted_name(name, PurePath(".live/20250528T132003Z"), zone=BERLIN) == name


@settings(deadline=None, max_examples=40)
@given(
    zone=st.sampled_from(ZONES),
    length_s=st.sampled_from([60, 61, 300, 600, 900, 1000, 1800, 2700, 3600]),
    stops=st.lists(st.integers(0, YEAR_S), max_size=4),
    begin_s=st.integers(0, 3599),
)
def test_a_year_of_adopted_segments_has_no_name_twice_and_each_start_is_known(
    zone: ZoneInfo, length_s: int, stops: list[int], begin_s: int
) -> None:
    """Three zones, both changes of their clocks, every length, with restarts at any moment, also within these hours."""
    begin = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=begin_s)
    changes_s = _changes(zone, begin)
    cuts = sorted({*stops, *(at + 1337 for at in changes_s), *(at - 451 for at in changes_s)})
    taken: set[str] = set()
    for start_s, end_s in _segments(length_s, changes_s, cuts, begin):
        start, end = begin + timedelta(seconds=start_s), begin + timedelta(seconds=end_s)
        wanted = adopted_name(segment_name("A", start, is_utc=True), PurePath("20250101T000000Z"), zone=zone)
        name = free_name(wanted, taken=taken)
        assert str(name) not in taken
        taken.add(str(name))
        assert name.starts_at(zone=zone, closed_at=end, length_s=length_s) == start


def _changes(zone: ZoneInfo, begin: datetime) -> list[int]:
    """When the zone's clocks change, in seconds after `begin`, to the minute."""
    offsets = [(begin + timedelta(hours=hour)).astimezone(zone).utcoffset() for hour in range(365 * 24)]
    found = [hour for hour in range(1, len(offsets)) if offsets[hour] != offsets[hour - 1]]
    return [(hour - 1) * 3600 for hour in found]


def _segments(length_s: int, changes_s: list[int], stops: list[int], begin: datetime) -> list[tuple[int, int]]:
    """What a recorder writes around the changes and the stops: cut at multiples of the length within a UTC day."""
    day_s = begin.hour * 3600 + begin.minute * 60 + begin.second
    found: list[tuple[int, int]] = []
    for middle in sorted({*changes_s, *stops}):
        at, until = middle - 3 * 3600, middle + 4 * 3600
        if found and at < found[-1][1]:
            at = found[-1][1]
        while at < until:
            within_day = (at + day_s) % 86_400
            cut = min(at + length_s - within_day % length_s, at + 86_400 - within_day)
            end = min([cut, *(stop for stop in stops if at < stop < cut)])
            found.append((at, end))
            at = end
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("A_20250528T132003Z.mkv", ["A_20250528T152003.mkv", "A_20250528T152003~2.mkv"]),
        ("clip.mkv", ["clip.mkv", "clip~2.mkv"]),
        ("notes.txt", ["notes.txt.1", "notes.txt.2"]),
    ],
)
def test_the_names_that_a_file_may_be_adopted_under(name: str, expected: list[str]) -> None:
    names = adopted_names(PurePath("/out/A/.live/20250528T132003Z", name), zone=BERLIN)
    assert list(islice(names, 2)) == expected


def test_the_names_for_what_is_no_footage_end() -> None:
    assert len(list(adopted_names(PurePath("/out/A/.live/20250528T132003Z/notes.txt"), zone=BERLIN))) == 99
