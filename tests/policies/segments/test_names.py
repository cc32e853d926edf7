"""The names of segments, and their life."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from camvault.core.segments.lifecycle import SegmentEvent, SegmentState, step
from camvault.core.segments.names import (
    SegmentName,
    finished,
    is_station,
    parse_ready_path,
    parse_segment_name,
)
from tests.segment_names import free_name, segment_name

wall = datetime.fromisoformat
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"))

stations = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True)
stamps = st.datetimes(wall("1970-01-01"), wall("2199-12-31")).map(lambda stamp: stamp.replace(microsecond=0))
names = st.builds(SegmentName, stations, stamps, st.booleans(), st.integers(1, 99_999_999))


class TestNames:
    def test_as_specified(self) -> None:
        """`STATION_YYYYMMDDTHHMMSS.mkv`, local time; UTC only if asked for."""
        at = datetime(2025, 5, 28, 15, 20, 0, 900_000, BERLIN)
        assert str(segment_name("ROST2", at)) == "ROST2_20250528T152000.mkv"
        assert str(segment_name("ROST2", at, is_utc=True)) == "ROST2_20250528T132000Z.mkv"

    @settings(deadline=None, max_examples=60)
    @given(names)
    def test_round_trip(self, name: SegmentName) -> None:
        """A name is read as what it was written from, in a folder too."""
        assert parse_segment_name(str(name)) == name
        assert parse_ready_path(name.ready_path) == name

    @settings(deadline=None, max_examples=60)
    @given(st.text())
    @example("A_20250528T152000.mkv")
    def test_only_what_we_write_is_ours(self, text: str) -> None:
        """Anything that parses is written back as it was."""
        name = parse_segment_name(text)
        assert name is None or str(name) == text

    @pytest.mark.parametrize(
        "text",
        [
            "ROST2_20251399T000000.mkv",
            "ROST2_20250229T000000.mkv",
            "ROST2_20250528T240000.mkv",
            "ROST2_20250528T152000.mkv\n",
            "\nROST2_20250528T152000.mkv",
            "ROST2_20250528T152000.mkv.part",
            "ROST2_20250528T152000.mkv.sha256",
            "ROST2_20250528T152000.mp4",
            "ROST2_20250528T152000.MKV",
            "ROST2_20250528T152000~1.mkv",
            "ROST2_20250528T152000~02.mkv",
            "ROST2_20250528T15200.mkv",
            "ROST2_22000101T000000.mkv",
            "ROST2_19691231T235959.mkv",
            "ROST2_\u0662\u0660\u0662\u0665\u0660\u0665\u0662\u0668T152000.mkv",
            "_20250528T152000.mkv",
            ".ROST2_20250528T152000.mkv",
            "a/ROST2_20250528T152000.mkv",
        ],
    )
    def test_what_is_no_segment(self, text: str) -> None:
        """Impossible dates, sidecars, other digits, anything before or after."""
        assert parse_segment_name(text) is None

    def test_another_station(self) -> None:
        """A file that strayed into another station's folder is not that station's."""
        assert parse_segment_name("A_20250528T152000.mkv", station="A") is not None
        assert parse_segment_name("A_20250528T152000.mkv", station="B") is None
        assert parse_ready_path(PurePosixPath("B/2025-05-28/A_20250528T152000.mkv")) is None
        assert parse_ready_path(PurePosixPath("A/2025-05-28/x.mkv")) is None

    @pytest.mark.parametrize(
        "station",
        [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "-rf",
            "_x",
            "a b",
            "a\n",
            "%H",
            "a%",
            "$(x)",
            "ä",
            "a.service",
            "a" * 65,
            "a~2",
        ],
    )
    def test_hostile_stations(self, station: str) -> None:
        """Nothing that leaves its folder, becomes an option, or means something to strftime, systemd or a shell."""
        assert not is_station(station)
        with pytest.raises(ValueError, match="station name"):
            SegmentName(station, wall("2025-01-01"))

    @pytest.mark.parametrize(
        "stamp", [datetime(2025, 1, 1, tzinfo=UTC), wall("2025-01-01T00:00:00.000001"), wall("2200-01-01")]
    )
    def test_impossible_stamps(self, stamp: datetime) -> None:
        """A stamp is what stands in the name, nothing else."""
        with pytest.raises(ValueError, match="wall time"):
            SegmentName("A", stamp)

    def test_finished_only_after_twice_the_segment_time(self) -> None:
        """The one being written is younger."""
        assert finished({"a": 1200, "b": 1199, "c": 0, "d": -5}, segment_time_s=600) == {"a"}

    @pytest.mark.parametrize("others", [{}, {"b": -2000.0}, {"b": 5000.0}])
    def test_from_the_future(self, others: dict[str, float]) -> None:
        """Written before the clock was set back, and not since: complete, whatever else is there."""
        assert "a" in finished({"a": -3600.0, **others}, segment_time_s=600)
        assert "a" not in finished({"a": -1199.0, **others}, segment_time_s=600)


class TestRepeatedNames:
    @settings(deadline=None, max_examples=60)
    @given(name=names.filter(lambda name: name.number < 1000), count=st.integers(1, 8))
    def test_never_overwritten(self, name: SegmentName, count: int) -> None:
        """However often a name comes back, each file gets its own; the case of letters makes no new name."""
        taken: list[str] = []
        for _ in range(count):
            taken.append(str(free_name(name, taken=[other.swapcase() for other in taken])))
        assert len({other.casefold() for other in taken}) == count
        assert all(parse_segment_name(other) is not None for other in taken)

    def test_the_second_of_a_name(self) -> None:
        """As documented."""
        name = SegmentName("A", wall("2025-10-26T02:30:00"))
        assert str(free_name(name, taken=["A_20251026T023000.mkv"])) == "A_20251026T023000~2.mkv"

    def test_after_the_highest_number_comes_the_lowest(self) -> None:
        """Somebody may have given a file any number."""
        name = SegmentName("A", wall("2025-10-26T02:30:00"), number=99_999_999)
        assert str(free_name(name, taken=[str(name)])) == "A_20251026T023000.mkv"

    @pytest.mark.parametrize("zone", ZONES, ids=str)
    def test_a_year_of_segments(self, zone: ZoneInfo) -> None:
        """Both DST changes, the clock set by an hour and a day each way: nothing overwritten, each start found."""
        steps = {3000: timedelta(hours=-1), 6000: timedelta(days=-1), 9000: timedelta(hours=1), 12_000: timedelta(1)}
        error, taken, files = timedelta(0), dict[SegmentName, list[str]](), []
        start, length = datetime(2025, 1, 1, tzinfo=UTC), timedelta(minutes=30)
        for number in range(365 * 48):
            error += steps.get(number, timedelta(0))
            begun = start + number * length + error
            wanted = segment_name("A", begun.astimezone(zone))
            there = taken.setdefault(wanted, [])
            name = free_name(wanted, taken=there)
            there.append(str(name))
            files.append((name, begun))
        assert len({str(name) for name, _ in files}) == len(files)
        assert len(files) - len(taken) > 48  # the day before the clock was set back, and the autumn hour
        assert all(name.starts_at(zone=zone, closed_at=begun + length, length_s=1800) == begun for name, begun in files)

    @pytest.mark.parametrize(("closed_hour", "begun_hour"), [(0, 0), (5, 1)])
    def test_where_neither_autumn_hour_fits_the_closer_one_is_taken(self, closed_hour: int, begun_hour: int) -> None:
        """A file that was copied without its time of change."""
        name = SegmentName("A", wall("2025-10-26T02:30:00"))
        closed_at = datetime(2025, 10, 26, closed_hour, tzinfo=UTC)
        begun_at = datetime(2025, 10, 26, begun_hour, 30, tzinfo=UTC)
        assert name.starts_at(zone=BERLIN, closed_at=closed_at, length_s=600) == begun_at

    def test_utc_names_need_no_zone(self) -> None:
        """They say what they mean."""
        name = SegmentName("A", wall("2025-10-26T01:00:00"), is_utc=True)
        assert name.starts_at(zone=BERLIN, closed_at=datetime(2030, 1, 1, tzinfo=UTC), length_s=600) == datetime(
            2025, 10, 26, 1, tzinfo=UTC
        )


class TestLife:
    def test_a_whole_life(self) -> None:
        """From the first frame to the removal."""
        state = SegmentState.RECORDING
        for event in (
            SegmentEvent.CLOSED,
            SegmentEvent.MOVED,
            SegmentEvent.SENT,
            SegmentEvent.PROVEN,
            SegmentEvent.CLEANED,
        ):
            stepped = step(state, event)
            assert not stepped.refusal
            state = stepped.state
        assert state is SegmentState.REMOVED

    @settings(deadline=None, max_examples=60)
    @given(st.lists(st.sampled_from(SegmentEvent)))
    def test_inv_12_never_gone_without_proof_or_rule(self, events: list[SegmentEvent]) -> None:
        """Whatever happens in whatever order: gone means proven as it is, or evicted by a rule."""
        state, is_proven = SegmentState.RECORDING, False
        for event in events:
            before, stepped = state, step(state, event)
            state = stepped.state
            if stepped.refusal:
                assert state is before
                continue
            is_proven = (is_proven or event is SegmentEvent.PROVEN) and state is not SegmentState.READY
            if state is SegmentState.REMOVED:
                assert is_proven or event is SegmentEvent.EVICTED
                assert before not in (SegmentState.RECORDING, SegmentState.COMPLETE, SegmentState.QUARANTINED)

    @pytest.mark.parametrize("event", SegmentEvent)
    def test_removed_is_the_end(self, event: SegmentEvent) -> None:
        """And says so."""
        stepped = step(SegmentState.REMOVED, event)
        assert stepped.state is SegmentState.REMOVED
        assert stepped.refusal == f"a removed segment cannot be {event.value}"

    @pytest.mark.parametrize("event", [SegmentEvent.DISPROVEN, SegmentEvent.CHANGED])
    def test_inv_13_a_lost_proof_starts_again(self, event: SegmentEvent) -> None:
        """Missing at the target, or another file under the name: back to the backup."""
        assert step(SegmentState.VERIFIED, event).state is SegmentState.READY
