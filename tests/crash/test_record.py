"""The supervisor of a recorder under the crash explorer."""

import attrs
import pytest

from camvault.adapters.memory.calls import Calls
from camvault.adapters.memory.cancellation import MemoryCancellation
from camvault.adapters.memory.explorer import explore
from camvault.adapters.memory.recorder import MemoryCamera
from tests.recording.record.desk import World, make_world

pytestmark = pytest.mark.no_cover  # thousands of runs of the same lines, three times as fast


def _world(calls: Calls) -> World:
    world = make_world(calls)
    world.recorder.tick_s = 2
    world.options = attrs.evolve(world.options, segment_s=4)
    world.clock.after(5, lambda: setattr(world.recorder, "camera", MemoryCamera.CLOSES))
    world.clock.after(7, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))
    return world


def _run(world: World) -> None:
    world.run_for(13)


def _fresh(world: World) -> None:
    world.restart()
    world.cancel = MemoryCancellation(world.clock)


def test_no_footage_is_lost_wherever_it_stops() -> None:
    found = explore(
        _world,
        _run,
        snapshot=lambda world: sorted(world.lost()),
        invariants={
            "every byte that was recorded is somewhere": lambda world: not world.lost(),
            "no name is given twice": lambda world: not world.recorder.overwritten,
        },
        restart=_fresh,
        pairs=40,
    )

    assert found.cut_count > 50
