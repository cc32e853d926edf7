"""Coverage counts the pictures that the recorder wrote down, right to two seconds, whatever clocks and files say."""

from datetime import datetime, timedelta

import attrs
import pytest

from camvault.adapters.memory import MemoryCancellation, PowerCut
from camvault.adapters.memory.durations import MemoryDurations
from camvault.adapters.memory.pictures import MemoryPictures
from camvault.adapters.memory.recorder import MemoryCamera
from camvault.core.segments.coverage import Cause, Coverage, Span
from camvault.core.segments.stored_record import STORED_FOLDER
from camvault.core.workflows.recording.coverage import CoverageOptions, CoveragePorts, Places, report_coverage
from camvault.ports.errors import DeniedError, NotFoundError
from camvault.ports.events import Warned
from tests.recording.record.desk import FOLDER, STATION, World, make_world

HOUR_S = 3600


def covered(world: World, begin: datetime, end: datetime) -> Coverage:
    options = CoverageOptions(
        places=Places(stations={STATION: FOLDER}),
        period=Span(begin, end),
        zone=world.options.zone,
        segment_s=world.options.segment_s,
    )
    ports = CoveragePorts(
        storage=world.storage,
        # what ffmpeg writes into a header while the clock is set: eight hours
        durations=MemoryDurations(dict.fromkeys(world.storage.files(FOLDER), 28808.0)),
        pictures=MemoryPictures(world.storage, world.recorder.tick_s),
        clock=world.clock,
        reporter=world.reporter,
        cancel=MemoryCancellation(),
    )
    (found,) = report_coverage(options, ports).stations
    return found


def long_world() -> World:
    world = make_world()
    world.options = attrs.evolve(world.options, segment_s=60)
    return world


def test_files_that_were_touched_or_copied_count_as_before() -> None:
    world = long_world()
    began = world.clock.wall
    world.run_for(300)
    world.clock.advance(300)
    for path in world.storage.files(FOLDER):
        world.storage.tree.touch(path, int(world.clock.wall.timestamp() * 1e9) + 10**12)

    found = covered(world, began, world.clock.wall)

    assert found.recorded_s == pytest.approx(300, abs=2)
    assert len(found.gaps) == 1


def test_a_segment_that_is_gone_was_not_kept() -> None:
    world = long_world()
    began = world.clock.wall
    world.run_for(300)
    del world.storage.tree.nodes[FOLDER / "ROST2_20250528T120200.mkv"]

    found = covered(world, began, world.clock.wall)

    assert found.recorded_s == pytest.approx(240, abs=2)


def test_a_suspended_machine_recorded_nothing_meanwhile() -> None:
    world = long_world()
    began = world.clock.wall
    world.clock.after(90, lambda: world.clock.suspend(8 * HOUR_S))
    world.run_for(300)

    found = covered(world, began, world.clock.wall)

    assert found.expected_s == pytest.approx(8 * HOUR_S + 300, abs=1)
    assert found.recorded_s == pytest.approx(300, abs=4)
    assert [gap.cause for gap in found.gaps] == [Cause.SUSPENDED]


@pytest.mark.parametrize("hours", [1, 8])
def test_a_clock_that_is_set_forward_within_a_session(hours: int) -> None:
    """Not 28,808 s, as the header of the file says."""
    world = long_world()
    began = world.clock.wall
    world.clock.after(90, lambda: setattr(world.clock, "wall", world.clock.wall + timedelta(hours=hours)))
    world.run_for(300)

    found = covered(world, began, world.clock.wall)

    assert found.expected_s == pytest.approx(300, abs=1)
    assert found.recorded_s == pytest.approx(300, abs=5)


def test_a_machine_without_a_clock_that_was_off_for_eight_hours() -> None:
    """It boots with the old time, and NTP sets the clock within a session: 16 s in 8 h were 99.983 %."""
    world = long_world()

    def cut() -> None:
        world.storage.calls.is_on = False
        raise PowerCut

    world.clock.after(120, cut)
    with pytest.raises(PowerCut):
        world.run_for(HOUR_S)
    world.storage.calls.restart()
    off_at = world.clock.wall
    world.clock = attrs.evolve(world.clock, elapsed_s=5.0)
    world.recorder.clock = world.clock
    world.clock.after(16, lambda: setattr(world.clock, "wall", world.clock.wall + timedelta(hours=8)))
    world.run_for(40)

    found = covered(world, off_at, world.clock.wall)

    assert found.recorded_s == pytest.approx(40, abs=5)
    assert found.expected_s == pytest.approx(8 * HOUR_S + 40, abs=5)


def test_a_camera_that_pauses_within_a_segment_has_a_gap() -> None:
    world = long_world()
    world.options = attrs.evolve(world.options, stall=attrs.evolve(world.options.stall, stall_timeout_s=60))
    began = world.clock.wall
    world.clock.after(70, lambda: setattr(world.recorder, "camera", MemoryCamera.AUDIO_ONLY))
    world.clock.after(100, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))
    world.run_for(300)

    assert covered(world, began, world.clock.wall).recorded_s == pytest.approx(270, abs=2)


def test_a_file_that_grows_counts_up_to_now() -> None:
    """The record of it is up to two minutes old."""
    world = make_world()
    world.options = attrs.evolve(world.options, segment_s=600)
    began = world.clock.wall
    shares: list[float] = []
    world.clock.after(110, lambda: shares.append(covered(world, began, world.clock.wall).recorded_s))
    world.run_for(150)

    assert shares == [pytest.approx(110, abs=2)]


@pytest.mark.parametrize("error", [NotFoundError(FOLDER, "No such file"), DeniedError(FOLDER, "no")])
def test_a_file_that_cannot_be_read_on_counts_as_the_record_says(error: NotFoundError | DeniedError) -> None:
    world = make_world()
    world.options = attrs.evolve(world.options, segment_s=600)
    began = world.clock.wall
    shares: list[float] = []

    def look() -> None:
        world.storage.calls.fail("pictures.count", error)
        shares.append(covered(world, began, world.clock.wall).recorded_s)

    world.clock.after(115, look)
    world.run_for(150)

    assert shares == [pytest.approx(2, abs=2)]
    assert bool(world.reporter.of(Warned)) is isinstance(error, DeniedError)


def test_a_session_of_which_nothing_was_written_down_counts_by_its_files() -> None:
    world = make_world()
    began = world.clock.wall
    world.run_for(25)
    for path in list(world.storage.files(FOLDER)):
        if path.parent.name == STORED_FOLDER:
            del world.storage.tree.nodes[path]
    world.clock.advance(5)

    assert covered(world, began, world.clock.wall).recorded_s > 24
