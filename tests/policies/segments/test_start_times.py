"""When segments began, by their names: as `SegmentName.starts_at` says."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.core.segments.file_times import written_at
from camvault.core.segments.names import SegmentName, parse_segment_name
from camvault.core.segments.start_times import Starts

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ZONES: list[tzinfo] = [
    UTC,
    STOCKHOLM,
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("America/Havana"),
    timezone(timedelta(hours=-11)),
]
DAYS = ["20250330", "20251026", "20251102", "20250309", "20250405", "20250406", "20251101", "20250528", "20250230"]


def expected(text: str, mtime_ns: int, zone: tzinfo) -> tuple[str, datetime] | None:
    name = parse_segment_name(text)
    if name is None:
        return None
    closed_at = datetime.fromtimestamp(mtime_ns / 1e9, UTC)
    return name.station, name.starts_at(zone=zone, closed_at=closed_at, length_s=600)


@given(
    st.sampled_from(ZONES),
    st.lists(
        st.tuples(
            st.sampled_from(DAYS),
            st.times().map(lambda time: f"{time:%H%M%S}"),
            st.sampled_from(["", "Z", "~2", "Z~17", "~1", "x"]),
            st.integers(-7200, 7200),
        ),
        max_size=8,
    ),
)
@settings(deadline=None, max_examples=400)
def test_as_each_name_says(zone: tzinfo, names: list[tuple[str, str, str, int]]) -> None:
    """Also on the days on which clocks are set, where it depends on when the file was written."""
    starts = Starts(zone, 600)
    for day, time, end, offset_s in names:
        text = f"A_1_{day}T{time}{end}.mkv"
        name = parse_segment_name(text)
        near = name.stamp.replace(tzinfo=zone) if name else datetime(2025, 1, 1, tzinfo=UTC)
        mtime_ns = int((near.timestamp() + offset_s) * 1e9)
        assert starts.of(text, mtime_ns) == expected(text, mtime_ns, zone)


@pytest.mark.parametrize(
    "text", ["clip.mkv", "A_20250528T240000.mkv", "A_20250528T120000.mkv\n", "_20250528T120000.mkv"]
)
def test_what_is_no_name(text: str) -> None:
    assert Starts(UTC, 600).of(text, 0) is None


def test_the_autumn_hour_is_told_apart_by_when_it_was_written() -> None:
    """Two files of one name by the clock: the first and the second 02:30."""
    name = str(SegmentName("A", datetime(2025, 10, 26, 2, 30)))  # noqa: DTZ001
    starts = Starts(STOCKHOLM, 600)
    begun = [starts.of(name, int(datetime(2025, 10, 26, hour, 40, tzinfo=UTC).timestamp()) * 10**9) for hour in (0, 1)]
    assert begun == [("A", datetime(2025, 10, 26, hour, 30, tzinfo=UTC)) for hour in (0, 1)]


@pytest.mark.parametrize("seconds", [300_000_000_000, -99_000_000_000])
def test_a_time_that_no_calendar_holds_is_the_nearest_that_a_name_may_say(seconds: int) -> None:
    """In the autumn hour, too, in which the time decides."""
    year = 2199 if seconds > 0 else 1970
    assert written_at(seconds * 10**9).year == year
    starts = Starts(STOCKHOLM, 600)
    expected_hour = 1 if seconds > 0 else 0
    assert starts.of("A_20251026T023000.mkv", seconds * 10**9) == (
        "A",
        datetime(2025, 10, 26, expected_hour, 30, tzinfo=UTC),
    )
