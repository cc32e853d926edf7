"""A recording folder that is gone: one incident, two messages, whatever happens to the memory in it."""

from datetime import timedelta
from pathlib import PurePath

import attrs
import pytest

from camvault.ports.errors import UsageError
from camvault.ports.events import Failed
from camvault.ports.mounts import MountTable
from tests.recording.monitor.desk import ROOT, SPARE, STATE, World, make_world

GONE = "[DISK] Recording folder missing"
BACK = "[DISK] Recording folder is back"
DOWN = "[CAMERA] Auto-restart ROST2"


def take_away(world: World) -> dict[PurePath, object]:
    """The disk vanishes, with all that is on it."""
    nodes = world.storage.tree.nodes
    return {path: nodes.pop(path) for path in sorted(nodes) if path.is_relative_to(ROOT)}


def bring_back(world: World, disk: dict[PurePath, object]) -> None:
    world.storage.tree.nodes.update(disk)  # type: ignore[arg-type]


def look_at_nothing(world: World, seconds: float) -> None:
    """The cameras cannot write, and every look ends with an error."""
    for _ in range(int(seconds // 300)):
        world.clock.advance(300)
        with pytest.raises(UsageError, match="Recording directory "):
            world.look()


def test_it_is_told_once_and_once_when_it_is_back() -> None:
    """However long it takes; the cameras below it are part of the same incident."""
    world = make_world("ROST1", "ROST2")
    world.live(3600)
    disk = take_away(world)
    look_at_nothing(world, 6 * 3600)
    assert world.subjects() == [GONE]
    assert world.mail.sent[0].body.startswith(f"Recording directory not found: {ROOT}: nothing can be recorded there\n")
    assert not world.restarts()

    bring_back(world, disk)
    world.live(3600)

    assert world.subjects() == [GONE, BACK]
    assert world.mail.sent[1].body.startswith(f"{ROOT} is there again after 21600 s\n")


def test_a_camera_that_does_not_come_back_with_it_is_an_incident_of_its_own() -> None:
    world = make_world("ROST1", "ROST2")
    world.live(3600)
    disk = take_away(world)
    world.recording.remove("ROST2")
    look_at_nothing(world, 3600)
    bring_back(world, disk)

    world.live(3600)

    assert world.subjects() == [GONE, BACK, DOWN]


def test_no_step_of_the_clock_counts_as_a_gap() -> None:
    world = make_world("ROST2")
    disk = take_away(world)
    look_at_nothing(world, 600)
    world.clock.wall += timedelta(days=400)
    look_at_nothing(world, 600)
    bring_back(world, disk)

    world.look()

    assert "there again after 900 s" in world.mail.sent[1].body


def test_an_empty_mount_point_is_no_recording_folder() -> None:
    """Nothing is written there, and what a recorder writes there is no recording."""
    world = make_world("ROST2")
    world.live(3600)
    before = world.storage.content(STATE)
    world.options = attrs.evolve(world.options, mounts=MountTable(expected=frozenset({ROOT})))
    world.write(300)

    look_at_nothing(world, 1800)

    assert world.subjects() == [GONE]
    assert "not mounted" in world.mail.sent[0].body
    assert world.storage.content(STATE) == before


def test_a_disk_that_hangs_is_not_touched() -> None:
    """Whoever touches it is lost with it, and nobody would be told."""
    world = make_world("ROST2")
    world.live(3600)
    world.answers = False
    before = len(world.calls.log)

    look_at_nothing(world, 1800)

    assert world.subjects() == [GONE]
    assert "does not answer" in world.mail.sent[0].body
    touched = [str(argument) for call in world.calls.log[before:] for argument in call.arguments]
    assert not [path for path in touched if path.startswith(str(ROOT))]
    world.answers = True
    world.look()
    assert world.subjects()[1] == BACK


def test_a_file_in_its_place_is_none() -> None:
    world = make_world()
    take_away(world)
    world.storage.put(ROOT, b"")
    look_at_nothing(world, 300)
    assert world.subjects() == [GONE]


def test_cameras_elsewhere_are_watched_meanwhile() -> None:
    world = make_world("ROST2")
    world.configure("ROST1", "ROST2")
    assert world.options.cameras is not None
    elsewhere = attrs.evolve(world.options.cameras[0], folder=PurePath("/other/ROST1"))
    world.options = attrs.evolve(world.options, cameras=(elsewhere, world.options.cameras[1]))
    world.services.known.add("record_camera_ROST1.service")
    world.services.active.add("record_camera_ROST1.service")
    take_away(world)

    look_at_nothing(world, 3600)

    assert world.subjects() == [GONE, "[CAMERA] Auto-restart ROST1"]


def test_the_message_waits_for_a_mail_server_that_is_down() -> None:
    """Also over a restart of the machine that finds no disk: what waits on the disk is not forgotten."""
    world = make_world("ROST1", "ROST2")
    world.live(3600)
    world.recording.remove("ROST2")
    world.mail.is_down = True
    world.live(3600)
    disk = take_away(world)
    world.storage.tree.discard(SPARE)  # it was in memory
    world.clock.elapsed_s = 60.0
    world.options = attrs.evolve(world.options, boot="boot 2")
    look_at_nothing(world, 600)
    bring_back(world, disk)
    assert not world.mail.sent
    world.mail.is_down = False

    world.live(600)

    assert world.subjects() == [DOWN, GONE, BACK]
    world.live(3600)
    assert world.subjects() == [DOWN, GONE, BACK]


def test_without_a_place_to_remember_it_is_told_each_time_and_that_is_said() -> None:
    world = make_world()
    world.options = attrs.evolve(world.options, state_paths=(STATE,))
    take_away(world)

    look_at_nothing(world, 600)

    assert world.subjects() == [GONE, GONE]
    said = [str(event) for event in world.reporter.of(Failed)]
    problem = "there is no place for it outside the recording folder"
    words = f"The state cannot be written, so that the next run begins without it: {problem}"
    assert said == [words] * 2
