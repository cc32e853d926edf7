"""Names across the hours that a clock repeats or skips: nothing overwritten, no start mistaken, no wrong gap."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.durations import MemoryDurations
from camvault.adapters.memory.pictures import MemoryPictures
from camvault.adapters.memory.recorder import MemoryCamera
from camvault.core.segments.coverage import Coverage, Span
from camvault.core.segments.names import parse_segment_name
from camvault.core.workflows.recording.coverage import CoverageOptions, CoveragePorts, Places, report_coverage
from tests.recording.fake_camera import FakeCamera, make_footage
from tests.recording.record.desk import FOLDER, STATION, World, make_world
from tests.recording.record.helpers import FFMPEGS, frames_of, recording, wait_for

CHANGES = [
    ("Europe/Stockholm", datetime(2025, 3, 30, 1, tzinfo=UTC)),
    ("Europe/Stockholm", datetime(2025, 10, 26, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2025, 3, 9, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2025, 11, 2, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2025, 4, 5, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2025, 10, 4, 15, 30, tzinfo=UTC)),
]
WINDOW_S = 4 * 3600
TICK_S = 10  # a file in memory is written to so often, and ends with that
LONGEST_WAIT_S = 90  # the recorder's pause between two starts, at most


@settings(deadline=None, max_examples=15)
@given(
    change=st.sampled_from(CHANGES),
    segment_s=st.sampled_from([60, 300, 600, 900, 1800, 3600]),
    begin_s=st.integers(0, 3599),
    outages=st.lists(st.tuples(st.integers(600, WINDOW_S - 1200), st.integers(200, 900)), max_size=2),
    is_utc=st.booleans(),
)
def test_a_recorder_across_a_change_of_the_clocks(
    change: tuple[str, datetime], segment_s: int, begin_s: int, outages: list[tuple[int, int]], is_utc: bool
) -> None:
    """With outages at any moment: every gap that is reported was one, and every one that was is reported."""
    zone, middle = ZoneInfo(change[0]), change[1]
    begin = middle - timedelta(seconds=WINDOW_S // 2 + begin_s)
    world = make_world(at=begin, zone=zone)
    world.options = attrs.evolve(world.options, segment_s=segment_s, is_utc=is_utc)
    world.recorder.tick_s = TICK_S
    for at_s, length_s in outages:
        world.clock.after(at_s, lambda: setattr(world.recorder, "camera", MemoryCamera.SILENT))
        world.clock.after(at_s + length_s, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))

    world.run_for(WINDOW_S)

    assert not world.recorder.overwritten
    assert not world.lost()
    assert all(name.endswith("Z.mkv") == is_utc for name in world.segments() if "~" not in name)
    down = [(begin + timedelta(seconds=at), begin + timedelta(seconds=at + length)) for at, length in outages]
    gaps = [gap.span for gap in _covered(world, begin, zone, segment_s).gaps if gap.span.seconds > TICK_S]
    slack, late = timedelta(seconds=TICK_S + 1), timedelta(seconds=LONGEST_WAIT_S)
    for gap in gaps:
        assert any(low - slack <= gap.start_at and gap.end_at <= high + late for low, high in _joined(down, late)), gap
    for low, high in down:
        assert any(gap.start_at <= low + slack and gap.end_at >= high - slack for gap in gaps) or len(down) > 1


def _joined(spans: list[tuple[datetime, datetime]], late: timedelta) -> list[tuple[datetime, datetime]]:
    """Outages that follow one another before a recorder has come back are one."""
    found: list[tuple[datetime, datetime]] = []
    for low, high in sorted(spans):
        if found and low <= found[-1][1] + late:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def _covered(world: World, begin: datetime, zone: ZoneInfo, segment_s: int) -> Coverage:
    options = CoverageOptions(
        places=Places(stations={STATION: FOLDER}),
        period=Span(begin + timedelta(seconds=10), begin + timedelta(seconds=WINDOW_S - 10)),
        zone=zone,
        segment_s=segment_s,
    )
    ports = CoveragePorts(
        storage=world.storage,
        durations=MemoryDurations(),
        pictures=MemoryPictures(world.storage),
        clock=world.clock,
        reporter=world.reporter,
        cancel=MemoryCancellation(),
    )
    (found,) = report_coverage(options, ports).stations
    return found


@settings(deadline=None, max_examples=15)
@given(
    change=st.sampled_from(CHANGES),
    segment_s=st.sampled_from([60, 600, 3600]),
    steps=st.lists(
        st.tuples(st.integers(0, WINDOW_S), st.sampled_from([-86_400, -3600, -600, 3600, 86_400])), max_size=3
    ),
    kills=st.lists(st.integers(1, WINDOW_S), max_size=3),
)
def test_a_clock_that_is_set_and_kills_on_top_of_it(
    change: tuple[str, datetime], segment_s: int, steps: list[tuple[int, int]], kills: list[int]
) -> None:
    world = make_world(at=change[1] - timedelta(seconds=WINDOW_S // 2), zone=ZoneInfo(change[0]))
    world.options = attrs.evolve(world.options, segment_s=segment_s)
    world.recorder.tick_s = TICK_S
    for at_s, offset_s in steps:
        world.clock.after(at_s, partial(_set, world, offset_s))
    for at_s in kills:
        world.clock.after(at_s, lambda: setattr(world.recorder, "camera", MemoryCamera.CLOSES))
        world.clock.after(at_s + 6, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))

    world.run_for(WINDOW_S)

    assert not world.recorder.overwritten
    assert not world.lost()
    assert len({name.casefold() for name in world.segments()}) == len(world.segments())


def _set(world: World, offset_s: int) -> None:
    world.clock.wall += timedelta(seconds=offset_s)


# --- the same with a real ffmpeg, in a zone whose autumn is in some seconds ---

AUTUMN_S = 8
"""How far this zone's clocks go back: so many seconds come twice."""


def zone_whose_autumn_is_at(at: datetime) -> str:
    """A POSIX rule for TZ: until `at` (UTC) its clocks are some seconds ahead of UTC, then they are not."""
    local = at + timedelta(seconds=AUTUMN_S)
    day = local.timetuple().tm_yday - 1
    within_day = f"{local:%H:%M:%S}"
    return f"STD0SUM-0:00:{AUTUMN_S:02d},{(day - 2) % 365}/0,{day}/{within_day}"


@pytest.mark.parametrize(
    ("version", "flags"), [pytest.param("7.1", (), marks=pytest.mark.nightly), ("9.0", ()), ("9.0", ("--utc",))]
)
def test_s08_a_real_recorder_overwrites_nothing_in_the_autumn_hour(
    version: str, flags: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Segments of two seconds: in local time four of them would have the names of the four before."""
    footage = make_footage(FFMPEGS["9.0"], tmp_path, kbps=150)
    autumn_at = datetime.now(UTC) + timedelta(seconds=14)
    monkeypatch.setenv("TZ", zone_whose_autumn_is_at(autumn_at))

    with (
        FakeCamera(footage) as camera,
        recording(tmp_path, camera, version, "--segment_time", "2", *flags) as run,
    ):
        wait_for("frames", lambda: camera.frames_sent)
        wait_for("the hour to be over", lambda: datetime.now(UTC) > autumn_at + timedelta(seconds=AUTUMN_S + 3))
        sent = camera.frames_sent
        run.process.send_signal(signal.SIGTERM)
        run.process.wait(timeout=20)
    segments = run.segments()
    report = _coverage_command(run.folder, segments)

    kept = sum(frames_of(each) for each in segments)
    assert sent - kept <= 50  # four segments that were overwritten would be 200
    repeated = [each.name for each in segments if "~2" in each.name]
    assert bool(repeated) == (not flags)
    assert not list((run.folder / "ROST2" / ".live").glob("*/*"))
    percent = float(report.split("ROST2")[1].split()[0])
    assert percent >= 75  # segments taken for those of the other hour would leave a third uncovered
    begun = sorted(_first_written(each) for each in segments)
    assert _recovered_starts(segments) == pytest.approx(begun, abs=AUTUMN_S / 2)


def _coverage_command(folder: Path, segments: list[Path]) -> str:
    """What the command says, in the same zone, of the time from the second segment on to the last."""
    times = sorted(_first_written(each) for each in segments)
    begin, end = (datetime.fromtimestamp(each, UTC).isoformat() for each in (times[1], times[-1]))
    argv = [sys.executable, "-m", "camvault.apps.recording_coverage", "--recording_dir", str(folder)]
    argv += ["--from", begin, "--to", end, "--segment_time", "2"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def _first_written(segment: Path) -> float:
    """When it began, by its last write and how long it plays."""
    with av.open(str(segment)) as container:
        length_s = float(container.duration or 0) / av.time_base
    return segment.stat().st_mtime - length_s


def _recovered_starts(segments: list[Path]) -> list[float]:
    from camvault.adapters.system.zone import LocalZone  # noqa: PLC0415 - of the zone that the test has set

    time.tzset()
    starts = []
    for each in segments:
        name = parse_segment_name(each.name)
        assert name is not None
        closed_at = datetime.fromtimestamp(each.stat().st_mtime, UTC)
        starts.append(name.starts_at(zone=LocalZone(), closed_at=closed_at, length_s=2).timestamp())
    os.environ.pop("TZ", None)
    time.tzset()
    return sorted(starts)
