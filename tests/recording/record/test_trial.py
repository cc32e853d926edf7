"""How a stream can be recorded is found before a recorder without a supervisor takes it so for ever."""

from pathlib import Path

import attrs
import av
import pytest

from camvault.adapters.memory.pictures import MemoryPictures
from camvault.adapters.memory.recorder import MemoryCamera
from camvault.core.segments.sessions import LIVE_FOLDER
from camvault.core.workflows.recording.record import RecordPorts, StreamTakenOtherwise, learned_way
from camvault.ports.errors import Cancelled, DeniedError
from camvault.ports.recorder import SoundUse, StreamWay, Trouble
from tests.recording.fake_camera import FakeCamera, make_footage
from tests.recording.record.desk import FOLDER, SOURCE, World, make_world
from tests.recording.record.helpers import FFMPEGS, VERSIONS, kept_frames, recording, wait_for
from tests.recording.sounds import SOUNDS

NO_SECRET = "-"  # noqa: S105 - no secret


def learned(world: World) -> StreamWay:
    ports = RecordPorts(
        recorder=world.recorder,
        storage=world.storage,
        pictures=MemoryPictures(world.storage, world.recorder.tick_s),
        clock=world.clock,
        supervision=world.supervision,
        reporter=world.reporter,
        cancel=world.cancel,
        chance=lambda: 0.5,
    )
    world.storage.put_folder(world.options.live_folder)
    with world.storage.lock(world.options.lock_path):
        return learned_way(SOURCE, options=world.options, ports=ports)


def test_the_usual_camera_costs_a_short_session_whose_footage_is_kept() -> None:
    world = make_world()

    assert learned(world) == StreamWay()

    assert len(world.recorder.ways) == 1
    assert world.clock.monotonic_s() < 2
    assert not world.lost()
    assert not list(world.storage.files(FOLDER / LIVE_FOLDER))[1:], "only the lock"


def test_each_way_is_tried_until_a_picture_is_stored() -> None:
    world = make_world()
    world.recorder.stumbles = lambda way: None if way.sound is SoundUse.LEFT_OUT else Trouble.SOUND

    assert learned(world) == StreamWay(SoundUse.LEFT_OUT)

    assert len(world.reporter.of(StreamTakenOtherwise)) == 2
    assert not world.lost()


def test_a_stream_that_no_way_suits_is_taken_as_it_was_asked_for() -> None:
    world = make_world()
    world.recorder.stumbles = lambda _: Trouble.ORDER

    assert learned(world) == StreamWay()


def test_a_way_that_leads_to_no_picture_is_not_taken_for_ever() -> None:
    world = make_world()

    def stumble(way: StreamWay) -> Trouble | None:
        world.recorder.camera = MemoryCamera.SILENT if way.is_studied else MemoryCamera.NORMAL
        return None if way.is_studied else Trouble.UNSEEN

    world.recorder.stumbles = stumble

    assert learned(world) == StreamWay()


def test_a_camera_that_hangs_up_after_its_first_picture_has_sent_one() -> None:
    world = make_world()
    world.recorder.stumbles = lambda way: None if way.is_reordered else Trouble.ORDER
    world.clock.after(0.5, lambda: setattr(world.recorder, "camera", MemoryCamera.CLOSES))

    assert learned(world) == StreamWay(is_reordered=True)


@pytest.mark.parametrize("camera", [MemoryCamera.REFUSES, MemoryCamera.SILENT, MemoryCamera.UNSTORABLE])
def test_a_camera_that_sends_no_picture_holds_nothing_up_for_long(camera: MemoryCamera) -> None:
    world = make_world()
    world.recorder.camera = camera

    assert learned(world) == StreamWay()

    assert world.clock.monotonic_s() <= world.options.stall.start_timeout_s + 1


def test_files_that_cannot_be_looked_at_hold_nothing_up_either() -> None:
    world = make_world()
    world.storage.calls.fail("pictures.count", DeniedError(FOLDER, "Input/output error"), times=2)

    assert learned(world) == StreamWay()
    assert not world.lost()


def test_a_stop_is_obeyed_and_what_was_recorded_gets_its_name() -> None:
    world = make_world()
    world.options = attrs.evolve(world.options, segment_s=600)
    world.clock.after(0.3, world.cancel.request)

    with pytest.raises(Cancelled):
        learned(world)

    assert not world.lost()
    assert world.segments()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["B frames", "G.726"])
def test_a_real_recorder_without_a_supervisor_stores_pictures(kind: str, version: str, tmp_path: Path) -> None:
    """Each start ended with an empty file, for ever."""
    ffmpeg = FFMPEGS["9.0"]
    footage = make_footage(ffmpeg, tmp_path, kbps=300, b_frames=2 if kind == "B frames" else 0)
    if kind in SOUNDS:
        footage = attrs.evolve(footage, sound=SOUNDS[kind](ffmpeg, tmp_path))
    with (
        FakeCamera(footage) as camera,
        recording(tmp_path / "out", camera, version, "--exec", password=NO_SECRET) as run,
    ):
        live = tmp_path / "out/ROST2" / LIVE_FOLDER
        wait_for("a segment that is closed", lambda: len(list(live.glob("*.exec/*.mkv"))) >= 2, within_s=90)
        first = min(live.glob("*.exec/*.mkv"))
        assert kept_frames(first) >= 25
        with av.open(str(first)) as container:
            codecs = [stream.codec_context.name for stream in container.streams]
    assert codecs == (["h264", "aac"] if kind in SOUNDS else ["h264"])
    assert "from now on" in run.said()
