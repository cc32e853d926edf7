"""The supervisor of a recorder, in simulated time."""

import itertools
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_mock import MockerFixture

from camvault.adapters.memory import Call, Phase
from camvault.adapters.memory.recorder import MemoryCamera
from camvault.core.health.line_limit import LineLimit
from camvault.core.segments.coverage import Cause, ClockStep, Outage, Span
from camvault.core.segments.sessions import LIVE_FOLDER
from camvault.core.segments.timeline import TimelineEntry, TimelineKind, explanations, parse_timeline, timeline_line
from camvault.core.workflows.recording.record import (
    TIMELINE_NAME,
    ClockStepped,
    MediaArrived,
    RecorderEnded,
    RecorderLogged,
    RecorderStarted,
    RecordingTroubled,
    SegmentClosed,
    StationBusyError,
    StreamTakenOtherwise,
    StreamWayGivenUp,
    prepare_unsupervised,
)
from camvault.core.workflows.steps.segment_step import StepRefused
from camvault.ports.errors import (
    Cancelled,
    DeniedError,
    ExistsError,
    MissingToolError,
    NoSpaceError,
    StorageError,
    UsageError,
)
from camvault.ports.recorder import MediaProgress, RecorderEnd, SoundUse, StreamWay, Trouble
from tests import canary
from tests.recording.record.desk import FOLDER, ROOT, make_world


def test_segments_get_their_names_in_the_stations_folder() -> None:
    world = make_world()

    world.run_for(35)

    assert list(world.segments()) == [
        "ROST2_20250528T120000.mkv",
        "ROST2_20250528T120010.mkv",
        "ROST2_20250528T120020.mkv",
        "ROST2_20250528T120030.mkv",
    ]
    assert not world.lost()
    assert world.kinds() == [TimelineKind.STARTED, TimelineKind.RECORDING, TimelineKind.STOPPED]
    assert len(world.recorder.sessions) == 1


def test_a_closed_segment_does_not_wait_for_the_end_of_the_session() -> None:
    world = make_world()
    world.clock.after(25, lambda: world.supervision.said.append(f"has {len(world.segments())}"))

    world.run_for(30)

    assert "has 2" in world.supervision.said


@pytest.mark.parametrize("fault", [MemoryCamera.SILENT, MemoryCamera.AUDIO_ONLY])
def test_season_log_a_camera_that_hangs_is_noticed_within_the_stall_timeout(fault: MemoryCamera) -> None:
    world = make_world()
    world.clock.after(20, lambda: setattr(world.recorder, "camera", fault))
    world.clock.after(40, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))

    world.run_for(60)

    first, second, *_ = world.recorder.sessions
    assert second - first <= 20 + 10 + 5
    assert next(e.cause for e in world.reporter.of(RecorderEnded)) is Cause.STALL
    assert not world.lost()
    explained = [e for e in explanations(world.timeline(), until=world.clock.now()) if isinstance(e, Outage)]
    (gap,) = [each for each in explained if each.cause is Cause.STALL]
    assert abs(gap.span.start_at - datetime(2025, 5, 28, 12, 0, 20, tzinfo=UTC)) < timedelta(seconds=1)


def test_a_camera_that_is_known_is_started_again_sooner() -> None:
    """Its rhythm is known after ten minutes, in the next session too."""
    world = make_world()
    for at_s in (700, 760):
        world.clock.after(at_s, lambda: setattr(world.recorder, "camera", MemoryCamera.SILENT))
        world.clock.after(at_s + 20, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))

    world.run_for(800)

    assert [round(s) for s in world.recorder.sessions if 700 < s < 710 or 760 < s < 770] == [704, 764]
    assert not world.lost()


def test_exit_code_0_is_a_fault_too() -> None:
    world = make_world()
    world.clock.after(5, lambda: setattr(world.recorder, "camera", MemoryCamera.CLOSES))
    world.clock.after(5.4, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))

    world.run_for(20)

    assert len(world.recorder.sessions) == 2
    assert world.reporter.of(RecorderEnded)[0].exit_code == 0
    assert not world.lost()


def test_a_camera_that_is_away_for_a_day_costs_few_starts_and_few_lines() -> None:
    world = make_world()
    world.recorder.camera = MemoryCamera.REFUSES

    world.run_for(24 * 3600)

    assert 1000 < len(world.recorder.sessions) <= 1450
    assert world.kinds() == [TimelineKind.STARTED, TimelineKind.ENDED, TimelineKind.STOPPED]
    assert world.timeline()[1].cause is Cause.CAMERA_DOWN


def test_a_healthy_segment_resets_the_back_off() -> None:
    world = make_world()
    world.recorder.camera = MemoryCamera.REFUSES
    world.clock.after(300, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))
    world.clock.after(400, lambda: setattr(world.recorder, "camera", MemoryCamera.CLOSES))
    world.clock.after(400.4, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))

    world.run_for(420)

    waits = [e.wait_s for e in world.reporter.of(RecorderEnded)]
    assert waits[-2] > 30
    assert waits[-1] < 2


def test_trap_the_autumn_hour_overwrites_nothing() -> None:
    zone = ZoneInfo("Europe/Stockholm")
    world = make_world(at=datetime(2025, 10, 26, 0, 25, tzinfo=UTC), zone=zone)
    world.options = attrs.evolve(world.options, segment_s=600)
    world.recorder.tick_s = 5

    world.run_for(2 * 3600)

    assert not world.recorder.overwritten
    assert not world.lost()
    names = list(world.segments())
    assert "ROST2_20251026T023000.mkv" in names
    assert "ROST2_20251026T023000~2.mkv" in names


def test_trap_a_restart_in_the_same_second_overwrites_nothing() -> None:
    world = make_world()
    for _ in range(3):
        world.run_for(0.4)
        world.clock.wall -= timedelta(seconds=0.4)

    assert not world.lost()
    assert sorted(world.segments()) == [
        "ROST2_20250528T120000.mkv", "ROST2_20250528T120000~2.mkv", "ROST2_20250528T120000~3.mkv",
    ]  # fmt: skip


@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
def test_a_clock_that_is_set_cuts_the_segment_and_is_written_down(hours: int) -> None:
    world = make_world()

    def set_clock() -> None:
        world.clock.wall += timedelta(hours=hours)

    world.clock.after(15, set_clock)
    world.run_for(30)

    assert not world.lost()
    assert not world.recorder.overwritten
    (event,) = world.reporter.of(ClockStepped)
    assert abs((event.now_at - event.expected_at) - timedelta(hours=hours)) < timedelta(seconds=1)
    steps = [e for e in explanations(world.timeline(), until=world.clock.now()) if isinstance(e, ClockStep)]
    assert len(steps) == 1
    assert f"{hours * 3600:+d} s" in str(event)


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
def test_a_clock_that_is_set_while_no_recorder_runs_is_written_down(seconds: int) -> None:
    """The camera is away, and most of the time is spent waiting for the next start; then the first media comes."""
    world = make_world()
    world.recorder.camera = MemoryCamera.REFUSES
    world.clock.after(100, lambda: setattr(world.clock, "wall", world.clock.wall + timedelta(seconds=seconds)))
    world.clock.after(200, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))

    world.run_for(300)

    (step,) = [entry for entry in world.timeline() if entry.kind is TimelineKind.CLOCK]
    assert step.since is not None
    assert abs((step.at - step.since).total_seconds() - seconds) < 1
    assert len(world.reporter.of(MediaArrived)) == 1


def test_a_file_that_cannot_be_adopted_keeps_no_other_from_it() -> None:
    """It is looked at first, and is tried again when all others have their names."""
    world = make_world()
    names = [f"ROST2_20250527T00000{second}Z.mkv" for second in range(3)]
    for name in names:
        world.storage.put(FOLDER / ".live/20250527T000000Z" / name, b"old;", mtime_ns=1)
    world.storage.calls.fail("storage.move", StorageError(FOLDER / names[0]), times=1)
    world.cancel.request()

    with pytest.raises(Cancelled):
        world.run()

    assert [each.path.name[-5] for each in world.reporter.of(SegmentClosed)] == ["1", "2", "0"]
    assert [str(each) for each in world.reporter.of(RecordingTroubled)] == [
        f"ROST2: {FOLDER / names[0]}: input/output error"
    ]


def test_when_the_machine_was_started_is_written_down() -> None:
    """So that it is known later whether it was started anew, with another idea of the time."""
    world = make_world()
    world.clock.elapsed_s = 3600
    world.run_for(30)
    began = world.timeline()[0]
    assert (began.kind, began.at - (began.since or began.at)) == (TimelineKind.STARTED, timedelta(hours=1))


def test_on_a_full_disk_no_recorder_is_started_and_it_goes_on_when_there_is_room() -> None:
    world = make_world()
    world.storage.mount(ROOT, name="card", capacity_bytes=300)
    world.clock.after(200, lambda: world.storage.mount(ROOT, name="card", capacity_bytes=100_000))

    world.run_for(300)

    assert not world.lost()
    assert Cause.DISK_FULL in {e.cause for e in world.reporter.of(RecorderEnded)}
    assert not [name for name, content in world.segments().items() if not content]
    assert world.reporter.of(RecorderStarted)[-1]
    assert len(world.reporter.of(MediaArrived)) == 2


def test_a_disk_that_stays_full_is_looked_at_less_and_less_often() -> None:
    world = make_world()
    world.storage.mount(ROOT, name="card", capacity_bytes=300)

    world.run_for(12 * 3600)

    said = [each for each in world.reporter.of(RecorderEnded) if each.cause is Cause.DISK_FULL]
    assert 12 * 60 / 2 < len(said) < 12 * 60 + 20


def test_a_disk_that_is_full_before_the_first_folder_is_waited_for() -> None:
    world = make_world()
    world.storage.calls.fail("storage.make_folder", NoSpaceError(FOLDER), times=3)

    world.run_for(60)

    assert world.segments()


def test_a_mount_point_without_its_disk_is_not_written_into() -> None:
    """It is refused at the start; if the disk goes away later, it is waited for."""
    world = make_world()
    world.place_problem = "nothing is mounted"
    with pytest.raises(UsageError, match="nothing is mounted"):
        world.run()
    assert not world.storage.files(ROOT)

    world.place_problem = ""
    world.clock.after(30, lambda: setattr(world, "place_problem", "nothing is mounted"))
    world.clock.after(30, lambda: setattr(world.recorder, "camera", MemoryCamera.CLOSES))
    world.run_for(300)
    assert any("nothing is mounted" in str(event) for event in world.reporter.events)
    assert len(world.recorder.sessions) == 1


def test_a_session_folder_that_cannot_be_made_is_tried_again() -> None:
    world = make_world()
    world.run_for(1)
    world.storage.calls.fail("storage.make_folder", NoSpaceError(FOLDER), times=2)
    denied = StorageError(FOLDER)
    world.storage.calls.hook("storage.make_folder", lambda: world.storage.calls.fail("storage.make_folder", denied))

    world.run_for(60)

    causes = [e.cause for e in world.reporter.of(RecorderEnded)]
    assert causes[0] in {Cause.DISK_FULL, Cause.UNKNOWN}
    assert not world.lost()


def test_a_recorder_that_cannot_be_started_just_now_is_tried_again() -> None:
    world = make_world()
    world.storage.calls.fail("recorder.record", MissingToolError("ffmpeg", "a program this system can run"), times=2)

    world.run_for(30)

    assert "ffmpeg" in world.reporter.of(RecorderEnded)[0].words
    assert len(world.recorder.sessions) == 3
    assert not world.lost()


def test_a_stop_while_the_recorder_is_being_started_is_a_stop() -> None:
    world = make_world()
    world.storage.calls.fail("recorder.record", Cancelled())

    with pytest.raises(Cancelled):
        world.run()


def test_a_full_disk_has_no_room_for_the_lock_and_is_waited_for() -> None:
    world = make_world()
    world.storage.calls.fail("storage.lock", NoSpaceError(FOLDER), times=3)

    world.run_for(60)

    assert world.segments()


def test_a_folder_that_may_not_be_made_is_an_error_at_once() -> None:
    world = make_world()
    world.storage.calls.fail("storage.make_folder", DeniedError(FOLDER, "Permission denied"))

    with pytest.raises(DeniedError):
        world.run()


def test_what_a_killed_recorder_left_is_adopted_by_the_next() -> None:
    world = make_world()
    world.storage.put(FOLDER / LIVE_FOLDER / "20250528T110000Z" / "ROST2_20250528T110000.mkv", b"00099999;")
    world.recorder.recorded.append(b"00099999;")
    world.storage.put(FOLDER / LIVE_FOLDER / "20250528T110000Z" / "strange.bin", b"x")
    world.storage.put(FOLDER / "strange.bin.1", b"taken")

    world.run_for(5)

    assert world.segments()["ROST2_20250528T110000.mkv"] == b"00099999;"
    assert world.storage.content(FOLDER / "strange.bin.2") == b"x"
    assert not world.lost()


def test_a_session_that_cannot_be_listed_is_told_and_its_files_are_adopted_all_the_same() -> None:
    """Under the time of the session: when each began is not known."""
    world = make_world()
    session, name = FOLDER / LIVE_FOLDER / "20250528T110000Z", "ROST2_20250528T110000.mkv"
    world.storage.put(session / name, b"00099999;")
    world.recorder.recorded.append(b"00099999;")

    def fail(call: Call, phase: Phase) -> None:
        if (call.operation, call.arguments, phase) == ("storage.listing", (session,), Phase.BEFORE):
            raise StorageError(session)

    world.storage.calls.watchers.append(fail)

    world.run_for(5)

    assert world.segments()[name] == b"00099999;"
    assert f"ROST2: {session}: input/output error" in map(str, world.reporter.of(RecordingTroubled))
    assert not world.lost()


def test_what_finds_no_free_name_stays_where_it_is() -> None:
    world = make_world()
    strange = FOLDER / LIVE_FOLDER / "20250528T110000Z" / "strange.bin"
    world.storage.put(strange, b"x")
    for number in range(1, 100):
        world.storage.put(FOLDER / f"strange.bin.{number}", b"taken")

    world.run_for(5)

    assert world.storage.content(strange) == b"x"
    assert any("no name that is free" in str(each) for each in world.reporter.of(RecordingTroubled))


def test_a_segment_of_another_station_stays_where_it_is_and_is_reported_once() -> None:
    """A folder of a station that was given another name: `organize` reports the segment too."""
    world = make_world()
    stray = FOLDER / LIVE_FOLDER / "20250528T110000Z" / "ROST9_20250528T110000Z.mkv"
    world.storage.put(stray, b"x")

    world.run_for(5)

    assert world.storage.content(stray) == b"x"
    said = [str(each) for each in world.reporter.of(RecordingTroubled)]
    assert said == [f"ROST2: {stray}: its name says that it is of ROST9"]


def test_footage_without_a_date_in_its_name_is_adopted_under_its_name() -> None:
    """So that `organize` finds it."""
    world = make_world()
    world.storage.put(FOLDER / LIVE_FOLDER / "20250528T110000Z" / "clip.mkv", b"new")
    world.storage.put(FOLDER / "CLIP.mkv", b"old")
    world.storage.put(FOLDER / "clip.mkv", b"taken")

    world.run_for(5)

    assert {name: content for name, content in world.segments().items() if "clip" in name.lower()} == {
        "CLIP.mkv": b"old",
        "clip.mkv": b"taken",
        "clip~2.mkv": b"new",
    }


def test_a_segment_that_cannot_be_moved_is_no_progress(mocker: MockerFixture) -> None:
    """A recorder that counts nothing is judged by its files: the bytes of one count once, however often it is tried."""
    world = make_world()
    mocker.patch("camvault.adapters.memory.recorder.MediaProgress", return_value=MediaProgress(None, None))
    world.storage.calls.fail("storage.move", StorageError(FOLDER), times=None)
    world.clock.after(25, lambda: setattr(world.recorder, "camera", MemoryCamera.SILENT))

    world.run_for(45)

    assert Cause.STALL in {each.cause for each in world.reporter.of(RecorderEnded)}


def test_a_segment_that_is_written_again_is_not_adopted() -> None:
    """A recorder that outlived its supervisor writes to it after the files were listed; it is adopted later."""
    world = make_world()
    left = FOLDER / LIVE_FOLDER / "20250528T110000Z" / "ROST2_20250528T110000Z.mkv"
    world.storage.put(left, b"footage")
    world.storage.calls.hook("storage.scan", lambda: world.storage.put(left, b"footage and more"), when=Phase.AFTER)

    world.run_for(5)

    (told,) = world.reporter.of(StepRefused)
    assert str(told) == f"[record] {left} is left as it is: a recording segment cannot be adopted"
    kinds = [type(each) for each in world.reporter.events]
    assert kinds.index(StepRefused) < kinds.index(RecorderStarted)
    assert world.segments()["ROST2_20250528T110000.mkv"] == b"footage and more"


def test_a_segment_that_vanishes_is_no_trouble() -> None:
    world = make_world()
    left = FOLDER / LIVE_FOLDER / "20250528T110000Z" / "ROST2_20250528T110000Z.mkv"
    world.storage.put(left, b"footage")
    world.storage.calls.hook("storage.scan", lambda: world.storage.tree.discard(left), when=Phase.AFTER)

    world.run_for(5)

    assert not world.reporter.of(RecordingTroubled)


def test_a_folder_in_which_every_name_is_taken_does_not_hang_it() -> None:
    world = make_world()
    world.storage.calls.fail("storage.move", ExistsError(FOLDER, "File exists"), times=None)

    world.run_for(5)

    assert any("no name that is free" in str(each) for each in world.reporter.of(RecordingTroubled))
    assert not world.lost()


def test_two_recorders_of_one_station_do_not_run_together() -> None:
    world = make_world()
    world.storage.put_folder(FOLDER / LIVE_FOLDER)
    with world.storage.lock(FOLDER / LIVE_FOLDER / "lock"), pytest.raises(StationBusyError):
        world.run()


def test_who_holds_the_station_is_said() -> None:
    error = StationBusyError(PurePath("/cameras/ROST2/.live/lock"), "ROST2")
    assert str(error) == "ROST2: another recorder of this station runs; it holds /cameras/ROST2/.live/lock"


def test_without_a_supervisor_each_start_has_a_folder_of_its_own() -> None:
    world = make_world()
    options = attrs.evolve(world.options, is_utc=True)

    first, second = (prepare_unsupervised(options, storage=world.storage, clock=world.clock) for _ in range(2))

    assert [settings.folder.name for settings in (first, second)] == [
        "20250528T120000Z.utc.exec",
        "20250528T120000Z-2.utc.exec",
    ]
    assert first.folder.parent == FOLDER / LIVE_FOLDER
    assert (first.segment_s, first.name_pattern) == (10, f"ROST2_{first.folder.name.partition('Z')[0]}Z.%d.mkv")
    for number in range(3, 100):
        world.storage.put_folder(first.folder.with_name(f"20250528T120000Z-{number}.utc.exec"))
    with pytest.raises(ExistsError, match="all names of sessions of this second are taken"):
        prepare_unsupervised(options, storage=world.storage, clock=world.clock)


def test_a_recorder_waits_until_what_was_left_behind_is_adopted() -> None:
    world = make_world()
    world.storage.put_folder(FOLDER / LIVE_FOLDER)
    with ExitStack() as organize:
        organize.enter_context(world.storage.lock(FOLDER / LIVE_FOLDER / "lock"))
        world.clock.after(3, organize.close)

        world.run_for(60)

    assert world.recorder.recorded
    assert not world.lost()


def test_a_recorder_that_talks_all_day_fills_no_log() -> None:
    world = make_world()
    world.recorder.camera = MemoryCamera.REFUSES
    world.options = attrs.evolve(world.options, talk=LineLimit(burst=5, per_hour=6))

    world.run_for(4 * 3600)

    said = world.reporter.of(RecorderLogged)
    assert 4 <= len(said) <= 5
    assert str(said[0]) == "ROST2: Connection refused"
    assert "Connection refused (" in str(said[-1])
    assert "more like it since the last one told)" in str(said[-1])
    assert sum(each.repeated for each in said) > 100


def test_a_recorder_that_says_something_else_each_time_fills_no_log(mocker: MockerFixture) -> None:
    world = make_world()
    words = itertools.permutations("abcdefg")
    world.options = attrs.evolve(world.options, talk=LineLimit(burst=5, per_hour=6))

    def record(*_: object, on_log: Callable[[str], None], **__: object) -> RecorderEnd:
        on_log("".join(next(words)))
        return RecorderEnd(1)

    mocker.patch.object(type(world.recorder), "record", record)
    world.run_for(4 * 3600)

    said = world.reporter.of(RecorderLogged)
    assert 5 + 4 * 6 - 1 <= len(said) <= 5 + 4 * 6
    assert "lines left out) " in str(said[-1])
    assert sum(1 + each.omitted for each in said) > 3 * len(said)


def test_sound_that_cannot_be_stored_costs_a_start_and_no_picture_after_it() -> None:
    world = make_world()
    world.recorder.stumbles = lambda way: None if way.sound is SoundUse.LEFT_OUT else Trouble.SOUND

    world.run_for(30)

    assert [way.sound for way in world.recorder.ways] == list(SoundUse)
    assert world.recorder.sessions[-1] < 1
    assert not world.reporter.of(RecorderEnded)
    told = [str(each) for each in world.reporter.of(StreamTakenOtherwise)]
    assert told == [
        "ROST2: its sound cannot be stored (No tag found): the sound is transcoded from now on",
        "ROST2: its sound cannot be stored (No tag found): the sound is left out from now on",
    ]
    assert not world.lost()


def test_a_way_that_helped_is_taken_again_after_a_stall() -> None:
    world = make_world()
    world.recorder.stumbles = lambda way: None if way.is_reordered else Trouble.ORDER
    world.clock.after(20, lambda: setattr(world.recorder, "camera", MemoryCamera.SILENT))
    world.clock.after(40, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))

    world.run_for(90)

    assert [way.is_reordered for way in world.recorder.ways][:3] == [False, True, True]
    assert len(world.reporter.of(StreamTakenOtherwise)) == 1


def test_a_stream_that_no_way_suits_is_tried_at_leisure() -> None:
    world = make_world()
    world.recorder.stumbles = lambda _: Trouble.UNSEEN

    world.run_for(3600)

    assert len(world.reporter.of(StreamTakenOtherwise)) == 1
    assert len(world.recorder.sessions) < 80
    assert world.reporter.of(RecorderEnded)[0].words == "No tag found"


def test_a_way_that_leads_to_no_recording_is_given_up_again() -> None:
    """A camera that hung up at once was looked at for 15 s in each session from then on, which ended it as a stall."""
    world = make_world()
    began = world.clock.monotonic_s()

    def stumble(way: StreamWay) -> Trouble | None:
        is_rebooting = world.clock.monotonic_s() - began < 1
        world.recorder.camera = MemoryCamera.SILENT if way.is_studied else MemoryCamera.NORMAL
        return Trouble.UNSEEN if is_rebooting and not way.is_studied else None

    world.recorder.stumbles = stumble
    world.run_for(120)

    assert [way.is_studied for way in world.recorder.ways] == [False, True, True, True, False]
    assert world.clock.monotonic_s() - world.recorder.sessions[-1] > 60
    told = [str(each) for each in world.reporter.of(StreamWayGivenUp)]
    assert told == ["ROST2: how its stream was taken led to no recording: it is taken as at first again"]


def test_what_is_learned_again_is_told_once() -> None:
    world = make_world()
    world.recorder.stumbles = lambda way: None if way.is_reordered else Trouble.ORDER
    for number in range(1, 5):
        world.clock.after(number * 200 - 100, lambda: setattr(world.recorder, "camera", MemoryCamera.REFUSES))
        world.clock.after(number * 200, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))

    world.run_for(1000)

    assert world.recorder.ways.count(StreamWay()) > 4
    assert len(world.reporter.of(StreamTakenOtherwise)) == 1
    assert len(world.reporter.of(StreamWayGivenUp)) == 1


def test_a_camera_that_sends_no_key_frame_is_told_of_by_its_name() -> None:
    """Five recorders ended in a row as "camera down"; neither the key frame nor the flag was named."""
    world = make_world()
    world.recorder.frames_per_tick = 0

    world.run_for(60)

    words = world.reporter.of(RecorderEnded)[0].words
    assert words.startswith(
        "no key frame for 15 s, and no recording begins without one: your camera sends them less often"
    )
    assert "raise --stall-timeout" in words


@pytest.mark.parametrize("segment_s", [10, 600])
def test_how_far_apart_key_frames_are_is_told_where_two_were_stored(segment_s: int) -> None:
    """In one segment, or one at the beginning of each."""
    world = make_world()
    world.options = attrs.evolve(world.options, segment_s=segment_s)
    world.key_every = 5 * min(segment_s, 20)
    stall = attrs.evolve(world.options.stall, start_timeout_s=6)
    world.options = attrs.evolve(world.options, stall=stall)
    world.clock.after(50, lambda: setattr(world.recorder, "camera", MemoryCamera.REFUSES))
    world.clock.after(50, lambda: setattr(world.recorder, "frames_per_tick", 0))
    world.clock.after(60, lambda: setattr(world.recorder, "camera", MemoryCamera.AUDIO_ONLY))

    world.run_for(100)

    words = [each.words for each in world.reporter.of(RecorderEnded)]
    assert any(f"one every {min(segment_s, 20)} s; raise" in each for each in words), words


def test_the_manager_hears_that_it_is_alive() -> None:
    world = make_world()
    world.clock.after(20, lambda: setattr(world.recorder, "camera", MemoryCamera.REFUSES))

    world.run_for(60)

    assert world.supervision.said[0] == "ready"
    assert world.supervision.said[-1] == "stopping"
    assert sum(said.startswith("alive") for said in world.supervision.said) >= 10


def test_troubles_with_files_do_not_stop_the_recording() -> None:
    world = make_world()
    for operation in ("storage.scan", "storage.append_line", "storage.move"):
        world.storage.calls.fail(operation, StorageError(FOLDER), times=3)

    world.run_for(60)

    assert world.reporter.of(RecordingTroubled)
    assert not world.lost()


def test_when_the_free_space_cannot_be_asked_the_cause_is_unknown() -> None:
    world = make_world()
    world.clock.after(5, lambda: world.storage.calls.fail("storage.free_bytes", StorageError(FOLDER)))
    world.clock.after(5, lambda: setattr(world.recorder, "camera", MemoryCamera.CLOSES))
    world.clock.after(6, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))

    world.run_for(20)

    assert world.reporter.of(RecorderEnded)[0].cause is Cause.UNKNOWN


def test_a_file_that_vanishes_while_it_is_moved_is_no_trouble() -> None:
    world = make_world()
    gone = FOLDER / LIVE_FOLDER / "old" / "ROST2_20250528T110000.mkv"
    world.storage.put(gone, b"")
    world.storage.calls.hook("storage.move", lambda: world.storage.tree.discard(gone))

    world.run_for(5)

    assert not world.reporter.of(RecordingTroubled)


def test_names_of_sessions_can_run_out() -> None:
    world = make_world()
    for name in ("20250528T120000Z", *(f"20250528T120000Z-{n}" for n in range(2, 100))):
        world.storage.put(FOLDER / LIVE_FOLDER / name / "lock-me", b"")
    world.storage.calls.fail("storage.move", StorageError(FOLDER), times=1)

    world.run_for(10)

    assert world.segments()


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_taken_away_while_it_is_recorded_begins_a_new_session(what: str) -> None:
    world = make_world()

    def take_away() -> None:
        for path in list(world.storage.files(FOLDER / LIVE_FOLDER)):
            if path.suffix == ".mkv":
                world.storage.tree.discard(path)
                if what == "folder":
                    world.storage.tree.discard(path.parent)

    world.clock.after(5, take_away)
    world.run_for(12)

    assert len(world.recorder.sessions) == 2
    assert len(world.lost()) < 5 / world.recorder.tick_s + 2 / world.recorder.tick_s
    assert any("is gone; a new session begins" in str(each) for each in world.reporter.of(RecordingTroubled))


def test_a_card_with_errors_stops_nothing_and_is_told_once_each_time() -> None:
    """Every operation fails for a while, as on an SD card that dies: when it works again, so does the recording."""
    world = make_world()
    operations = ("scan", "append_line", "move", "make_folder", "free_bytes", "prune")

    def fail() -> None:
        for operation in operations:
            world.storage.calls.fail(f"storage.{operation}", StorageError(FOLDER, "Input/output error"), times=6)

    world.clock.after(15, fail)
    world.clock.after(16, lambda: setattr(world.recorder, "camera", MemoryCamera.CLOSES))
    world.clock.after(17, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))

    world.run_for(400)

    assert not world.lost()
    assert Cause.UNKNOWN in {e.cause for e in world.reporter.of(RecorderEnded)}
    assert any("Input/output error" in str(each) for each in world.reporter.of(RecordingTroubled))


@pytest.mark.parametrize("number", range(1, 5))
def test_stopped_while_it_gives_names(number: int) -> None:
    """SIGTERM at each of its moves: what was recorded has its name when it is gone, and nothing is lost."""
    world = make_world()
    moves = itertools.count(1)

    def stop() -> None:
        if next(moves) == number:
            world.cancel.request()
        else:
            world.storage.calls.hook("storage.move", stop)

    world.storage.calls.hook("storage.move", stop)
    world.run_for(60)

    assert not world.lost()
    assert not [path for path in world.storage.files(FOLDER / LIVE_FOLDER) if path.suffix == ".mkv"]
    assert world.kinds()[-1] is TimelineKind.STOPPED


def test_every_event_is_one_line() -> None:
    world = make_world()
    world.clock.after(20, lambda: setattr(world.recorder, "camera", MemoryCamera.REFUSES))
    world.clock.after(5, lambda: world.storage.calls.fail("storage.scan", StorageError(FOLDER)))
    world.run_for(60)

    lines = [str(event) for event in world.reporter.events]
    assert all(line and "\n" not in line for line in lines)
    assert any("Connection refused" in line for line in lines)
    assert not any(canary.found_in(line) for line in lines)
    assert world.reporter.of(SegmentClosed)


# --- the timeline ---

INSTANTS = st.integers(0, 4 * 10**12).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
ENTRIES = st.builds(
    TimelineEntry, INSTANTS, st.sampled_from(TimelineKind), st.none() | st.sampled_from(Cause), st.none() | INSTANTS
)


@given(st.lists(ENTRIES))
def test_what_is_written_is_read(entries: list[TimelineEntry]) -> None:
    assert parse_timeline("".join(timeline_line(each) + "\n" for each in entries)) == tuple(entries)


@given(ENTRIES, st.data())
def test_a_torn_line_is_not_believed(entry: TimelineEntry, data: st.DataObject) -> None:
    line = timeline_line(entry)
    torn = line[: data.draw(st.integers(0, len(line) - 1))]

    assert parse_timeline(torn) == ()
    assert parse_timeline(f"{torn}{line}\n") in {(), (entry,)}


@pytest.mark.parametrize("line", ["", "x", "a\tb\tc\td", "\t\t\t"])
def test_what_is_no_line_of_ours_is_passed_over(line: str) -> None:
    assert parse_timeline(line) == ()


def _at(second: int) -> datetime:
    return datetime(2025, 5, 28, 12, 0, second, tzinfo=UTC)


def test_gaps_are_explained_by_what_began_them() -> None:
    entries = [
        TimelineEntry(_at(0), TimelineKind.STARTED),
        TimelineEntry(_at(1), TimelineKind.RECORDING),
        TimelineEntry(_at(12), TimelineKind.ENDED, Cause.STALL, _at(2)),
        TimelineEntry(_at(14), TimelineKind.ENDED, Cause.CAMERA_DOWN, _at(2)),
        TimelineEntry(_at(20), TimelineKind.RECORDING),
        TimelineEntry(_at(30), TimelineKind.STOPPED),
        TimelineEntry(_at(40), TimelineKind.STARTED),
        TimelineEntry(_at(41), TimelineKind.RECORDING),
        TimelineEntry(_at(45), TimelineKind.ENDED),
        TimelineEntry(_at(46), TimelineKind.STOPPED),
    ]

    assert list(explanations(entries, until=_at(50))) == [
        Outage(Cause.RESTART, Span(_at(0), _at(1))),
        Outage(Cause.CAMERA_DOWN, Span(_at(14), _at(14))),
        Outage(Cause.STALL, Span(_at(2), _at(20))),
        Outage(Cause.OPERATOR, Span(_at(30), _at(41))),
        Outage(Cause.RESTART, Span(_at(45), _at(46))),
        Outage(Cause.OPERATOR, Span(_at(46), _at(50))),
    ]


def test_a_watchdog_that_restarts_the_recorder_is_not_what_began_the_gap() -> None:
    entries = [
        TimelineEntry(_at(0), TimelineKind.RECORDING),
        TimelineEntry(_at(9), TimelineKind.ENDED, Cause.STALL, _at(4)),
        TimelineEntry(_at(20), TimelineKind.STOPPED),
        TimelineEntry(_at(21), TimelineKind.STARTED),
        TimelineEntry(_at(30), TimelineKind.STOPPED),
        TimelineEntry(_at(31), TimelineKind.STARTED),
        TimelineEntry(_at(32), TimelineKind.STARTED),
        TimelineEntry(_at(40), TimelineKind.ENDED, Cause.CAMERA_DOWN),
        TimelineEntry(_at(50), TimelineKind.RECORDING),
    ]

    assert list(explanations(entries, until=_at(59))) == [
        Outage(Cause.STALL, Span(_at(4), _at(20))),
        Outage(Cause.OPERATOR, Span(_at(20), _at(30))),
        Outage(Cause.OPERATOR, Span(_at(30), _at(31))),
        Outage(Cause.CAMERA_DOWN, Span(_at(40), _at(40))),
        Outage(Cause.STALL, Span(_at(31), _at(50))),
    ]


@pytest.mark.parametrize("first", [TimelineEntry(datetime(2025, 5, 28, tzinfo=UTC), TimelineKind.STARTED), None])
def test_a_restart_that_does_not_help_is_not_what_keeps_the_gap_open(first: TimelineEntry | None) -> None:
    begun = first or TimelineEntry(datetime(2025, 5, 28, tzinfo=UTC), TimelineKind.ENDED, Cause.RESTART)
    later = begun.at + timedelta(hours=5)
    entries = [
        begun,
        TimelineEntry(begun.at + timedelta(seconds=2), TimelineKind.ENDED, Cause.CAMERA_DOWN),
        TimelineEntry(later, TimelineKind.RECORDING),
    ]

    assert list(explanations(entries, until=later)) == [Outage(Cause.CAMERA_DOWN, Span(begun.at, later))]


def test_an_operator_who_stops_twice_is_one_cause_until_the_camera_is_another() -> None:
    entries = [
        TimelineEntry(_at(0), TimelineKind.STOPPED),
        TimelineEntry(_at(3), TimelineKind.STOPPED),
        TimelineEntry(_at(5), TimelineKind.STARTED),
        TimelineEntry(_at(7), TimelineKind.ENDED, Cause.CAMERA_DOWN),
    ]

    assert list(explanations(entries, until=_at(9))) == [
        Outage(Cause.OPERATOR, Span(_at(0), _at(3))),
        Outage(Cause.OPERATOR, Span(_at(3), _at(5))),
        Outage(Cause.CAMERA_DOWN, Span(_at(5), _at(9))),
    ]


def test_what_goes_on_is_no_gap() -> None:
    assert list(explanations([TimelineEntry(_at(0), TimelineKind.RECORDING)], until=_at(9))) == []


def test_a_second_start_without_an_end_changes_nothing() -> None:
    entries = [
        TimelineEntry(_at(0), TimelineKind.RECORDING),
        TimelineEntry(_at(1), TimelineKind.STARTED),
        TimelineEntry(_at(2), TimelineKind.STARTED),
    ]

    assert list(explanations(entries, until=_at(9))) == [Outage(Cause.RESTART, Span(_at(1), _at(9)))]


def test_the_timeline_is_beside_the_footage() -> None:
    assert PurePath(TIMELINE_NAME).parent == PurePath()
    assert not TIMELINE_NAME.endswith(".mkv")


def test_cancelled_is_how_it_ends() -> None:
    world = make_world()
    world.cancel.request()

    with pytest.raises(Cancelled):
        world.run()
