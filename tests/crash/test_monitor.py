"""monitor_recordings, cut off everywhere: no message is lost, and a cut repeats at most one."""

from collections import Counter

import pytest

from camvault.adapters.memory.calls import Calls
from camvault.adapters.memory.explorer import explore, io_error, no_space
from tests.recording.monitor.desk import World, make_world

pytestmark = pytest.mark.no_cover  # thousands of runs of the same lines, three times as fast

STATIONS = ("ROST1", "ROST2")


def make_incidents(calls: Calls) -> World:
    """Two cameras that stand still, one that records, one message from before that nobody took."""
    world = make_world(*STATIONS, "ROST3", calls=calls)
    world.live(600)
    world.recording -= {*STATIONS}
    world.live(1200, looks=False)
    world.clock.advance(300)
    return world


def repeats(world: World) -> int:
    return sum(Counter(world.subjects()).values()) - len(set(world.subjects()))


def nothing_is_lost(world: World) -> bool:
    """Nobody is told that a camera recovered of whose fall nobody was told."""
    told = {subject.split()[-1] for subject in world.subjects() if "Auto-restart" in subject}
    recovered = {subject.split()[-1] for subject in world.subjects() if "Recovered" in subject}
    return recovered <= told


def told_of_recorders(world: World) -> list[str]:
    """A fault of the disk in this run is an incident of its own, which an undisturbed run has not."""
    return sorted({subject for subject in world.subjects() if not subject.startswith("[DISK] ")})


def disk_is_told_in_turn(world: World) -> bool:
    """Each fault of the disk is told of, and then that it is over."""
    told = [subject for subject in world.subjects() if subject.startswith("[DISK] ")]
    begun, over = (sum(subject.endswith(end) for subject in told) for end in ("missing", "is back"))
    return begun + over == len(told) and over <= begun


def test_cut_off_everywhere() -> None:
    found = explore(
        make_incidents,
        World.look,
        snapshot=told_of_recorders,
        invariants={
            "each fault of the disk is told of in turn": disk_is_told_in_turn,
            "no recovery without a fall": nothing_is_lost,
            "a fault repeats one message at most": lambda world: repeats(world) <= 2,  # a pair of faults: two
            "a camera that records is left alone": lambda world: "record_camera_ROST3.service" not in world.restarts(),
        },
        restart=World.restart_machine,
        stop=lambda world: world.cancel.request(),
        errors=(io_error, no_space),
        pairs=100,
    )
    assert found.cut_count >= 50


def test_one_power_cut_repeats_one_message_at_most() -> None:
    explore(
        make_incidents,
        World.look,
        snapshot=lambda world: sorted(set(world.subjects())),
        invariants={"at most one repeat": lambda world: repeats(world) <= 1},
        restart=World.restart_machine,
        errors=(),
        pairs=0,
    )
