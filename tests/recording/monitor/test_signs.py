"""What the watchdog goes by: the record of the recorder, the pictures in files, folders, and jobs."""

from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.memory.pulse import MemoryPulse
from camvault.core.segments.stored_record import STORED_FOLDER
from camvault.core.stations.site import Station
from camvault.core.workflows.recording.monitor import monitor
from camvault.core.workflows.recording.monitor.segments import seen_segments
from camvault.ports.errors import DeniedError, MissingToolError, NotFoundError, ToolError, UsageError
from camvault.ports.events import Failed
from camvault.ports.pictures import StoredPictures
from tests.recording.monitor.desk import ROOT, make_world
from tests.recording.monitor.test_alert_table import JOB, READY, stored, supervised

EXEC = ROOT / "ROST2/.live/20250718T101500Z.exec/ROST2_20250718T101500Z.1.mkv"


@attrs.frozen
class Gone:
    """Every file is moved away before it can be counted."""

    def count(self, path: PurePath, /, *, known: StoredPictures) -> StoredPictures:
        raise NotFoundError(path, "No such file or directory")


def test_a_recorder_without_a_supervisor_is_judged_by_its_files_also_where_another_one_was_before() -> None:
    failure = supervised(lambda _: None)
    failure.live(3600)
    world = failure.world
    for number in range(24):
        world.clock.advance(300)
        world.storage.put(EXEC, b"x" * (number + 1), mtime_ns=int(world.clock.wall.timestamp() * 1e9))
        world.look()
    assert not world.mail.sent


def test_what_organize_writes_down_of_a_recorder_without_a_supervisor_says_nothing_of_now() -> None:
    """It adopts the last segment of a camera that is gone for twenty minutes: nothing is recorded meanwhile."""
    world = make_world("ROST2")
    world.storage.put(EXEC, b"x", mtime_ns=int(world.clock.wall.timestamp() * 1e9))
    before = seen_segments(ROOT / "ROST2", None, world.ports(), boot=world.options.boot)
    stored(world, pictures=7500, last_s=0, seconds=60, session="20250718T101500Z.exec", boot="")
    after = seen_segments(ROOT / "ROST2", None, world.ports(), boot=world.options.boot)
    assert after == before
    assert EXEC.name in after.files


def test_a_file_that_is_moved_while_it_is_counted_is_counted_at_its_next_place() -> None:
    world = make_world("ROST2")
    world.recording.clear()
    world.storage.put(EXEC, b"x", mtime_ns=int(world.clock.wall.timestamp() * 1e9))
    monitor(world.options, attrs.evolve(world.ports(), pictures=Gone()))
    assert not world.reporter.of(Failed)


def test_the_newest_part_of_the_record_counts_where_the_days_do_not_fit() -> None:
    """The clock was years ahead when it was written."""
    world = make_world()
    world.add("ROST2", is_recording=False)
    at = world.clock.wall
    world.clock.wall = at.replace(year=2031)
    stored(world, pictures=1, last_s=0, seconds=0)
    world.clock.wall = at
    report = world.look()
    assert report.state.stations["ROST2"].memory.has_recorded
    (file,) = world.storage.listing(ROOT / "ROST2" / STORED_FOLDER).files
    assert file.name.startswith("2031")


def test_stations_below_a_folder_that_hangs_are_not_looked_at_and_not_told_of() -> None:
    world = make_world("ROST2")
    other = PurePath("/other")
    world.storage.put_folder(other / "ROST9")
    cameras = (Station("ROST2", ROOT / "ROST2", 600), Station("ROST9", other / "ROST9", 600))
    world.options = attrs.evolve(world.options, cameras=cameras, places={other: "other: it does not answer"})
    world.live(6 * 3600)
    assert world.subjects() == ["[DISK] Folder cannot be used"]
    assert world.look().closed == {other}


def test_a_folder_that_was_not_made_yet_is_no_incident() -> None:
    world = make_world("ROST2")
    world.options = attrs.evolve(world.options, places={READY: ""})
    world.calls.fail("storage.device_of", NotFoundError(READY, "No such file or directory"), times=None)
    world.live(3600)
    assert not world.mail.sent
    assert not world.reporter.of(Failed)


def test_a_folder_that_cannot_be_looked_at_is_an_incident() -> None:
    world = make_world("ROST2")
    world.live(300)
    world.options = attrs.evolve(world.options, recording_dir=ROOT, places={READY: ""})
    world.calls.watchers.append(_refuses_ready)
    world.live(1800)
    assert world.subjects() == ["[DISK] Folder cannot be used"]


def _refuses_ready(call: object, _: object) -> None:
    if str(call).endswith(f"entry({READY})"):
        raise DeniedError(READY, "Input/output error")


@pytest.mark.parametrize("is_running", [False, True])
def test_a_job_without_a_unit_or_that_runs_is_no_incident(is_running: bool) -> None:
    world = make_world("ROST2")
    world.options = attrs.evolve(world.options, jobs={JOB: 600})
    if is_running:
        world.services.known.add(JOB)
        world.services.active.add(JOB)
    world.live(3600)
    assert not world.mail.sent


def test_without_a_service_manager_jobs_are_not_looked_at() -> None:
    world = make_world("ROST2")
    world.options = attrs.evolve(world.options, jobs={JOB: 600})
    world.calls.fail("services.states", MissingToolError("systemctl", "systemd"), times=None)
    world.live(1800)
    assert not world.mail.sent


def test_a_service_manager_that_does_not_answer_about_jobs_is_told_and_stops_no_other_look() -> None:
    world = make_world("ROST2")
    world.options = attrs.evolve(world.options, jobs={JOB: 600}, places={READY: ""})
    world.storage.put_folder(READY)
    world.services.known.add(JOB)
    world.calls.fail("services.states", ToolError("systemctl", 1, ("no bus",)), times=None)
    looked: list[object] = []
    world.calls.watchers.append(lambda call, _: looked.append(call) if "free_bytes" in str(call) else None)
    world.live(300)
    assert any("no bus" in str(each) for each in world.reporter.of(Failed))
    assert looked, "the disks are looked at after the jobs"


def test_what_was_stored_before_the_machine_was_started_is_as_old_as_the_wall_clock_says() -> None:
    failure = supervised(lambda _: None)
    failure.live(300)
    world = failure.world
    world.options = attrs.evolve(world.options, boot="boot 2")
    seen = seen_segments(ROOT / "ROST2", None, world.ports(), boot="boot 2")
    (file,) = seen.files.values()
    assert file.mtime_ns == int(world.clock.wall.timestamp() * 1e9)
    assert seen.stored is None


def test_at_the_first_look_only_the_newest_files_are_read() -> None:
    """A station has thousands of segments, and each would be read through."""
    world = make_world()
    world.add("ROST2", is_recording=False)
    for number in range(10):
        world.storage.put(ROOT / "ROST2" / f"ROST2_{number:06}.mkv", b"x", mtime_ns=number * 10**9)
    files = seen_segments(ROOT / "ROST2", None, world.ports(), boot="boot 1").files
    assert len(files) == 10
    assert [name for name, file in files.items() if file.picture_count] == [f"ROST2_{n:06}.mkv" for n in (7, 8, 9)]


def test_each_look_gives_a_sign_of_life_but_while_something_waits_to_be_told() -> None:
    world = make_world("ROST2")
    world.pulse = MemoryPulse()
    world.live(1800)
    assert world.pulse.beats == 6
    world.mail.is_down = True
    world.recording.clear()
    world.live(3600)
    assert world.pulse.beats < 6 + 6, "nobody was told, and somebody outside is to notice"
    before = world.pulse.beats
    world.mail.is_down = False
    world.live(600)
    assert world.pulse.beats == before + 2


def test_a_look_at_a_missing_recording_folder_is_a_look_too() -> None:
    world = make_world("ROST2")
    world.pulse = MemoryPulse()
    world.silent.add(ROOT)
    with pytest.raises(UsageError):
        world.look()
    assert world.pulse.beats == 1


def test_a_sign_of_life_that_nobody_takes_is_reported_and_stops_nothing() -> None:
    world = make_world("ROST2")
    world.pulse = MemoryPulse(is_down=True)
    world.live(600)
    assert any("No sign of life" in str(each) for each in world.reporter.of(Failed))
