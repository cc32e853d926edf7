"""Kinds of cameras: whatever sound one sends, and in whatever order its pictures come, the picture is recorded.

With the recorder that `record_camera` uses, below the supervisor's own policy: a session for each way of taking the
stream, one after the other, as the supervisor runs them. docs/cameras.md has a row for each kind.
"""

import itertools
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath

import attrs
import av
import pytest

from camvault.adapters.rtsp import FfmpegRecorder
from camvault.core.health.stream_ways import next_way
from camvault.ports.recorder import (
    RecorderEnd,
    RecorderSettings,
    SoundUse,
    StreamSource,
    StreamWay,
    Transport,
    Trouble,
)
from tests import canary
from tests.recording.fake_camera import FakeCamera, Footage, Mode, make_footage
from tests.recording.record.helpers import FFMPEGS, OLDEST, kept_frames, process_of, recording, wait_for
from tests.recording.sounds import SOUNDS

ALL = {"5.1": OLDEST, **FFMPEGS}
Kind = tuple[Footage, StreamWay, Mode | None]
EACH = tuple(pytest.param(each, marks=() if each == "9.0" else pytest.mark.nightly) for each in ALL)
LIMIT_S = 1.5
SILENT_S = 3.0
NO_SECRET = "-"  # noqa: S105 - no secret


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    return make_footage(FFMPEGS["9.0"], tmp_path_factory.mktemp("footage"), kbps=300)


@pytest.fixture(scope="module", params=[1, 2, 3])
def reordered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Footage:
    folder = tmp_path_factory.mktemp("reordered")
    return make_footage(FFMPEGS["9.0"], folder, kbps=300, b_frames=request.param)


@attrs.define
class Sessions:
    """Runs one session after another, until one records; that one for `for_s` seconds from its first picture on."""

    version: str
    camera: FakeCamera
    folder: Path
    for_s: float = 2.0
    source: StreamSource = attrs.Factory(lambda self: StreamSource("127.0.0.1", self.camera.port), takes_self=True)
    way: StreamWay = attrs.field(factory=StreamWay)
    ends: list[RecorderEnd] = attrs.field(factory=list)
    said: list[str] = attrs.field(factory=list)

    def run(self) -> RecorderEnd:
        for number in itertools.count(1):
            end = self.session(self.folder / str(number))
            self.ends.append(end)
            way = next_way(self.way, end.trouble) if end.trouble else None
            if way is None:
                return end
            self.way = way
        raise AssertionError

    def session(self, folder: Path) -> RecorderEnd:
        folder.mkdir(parents=True)
        frames, until_s = [0], [time.monotonic() + 20]

        def count(frame_count: int | None) -> None:
            if frame_count and not frames[0]:
                until_s[0] = time.monotonic() + self.for_s
            frames[0] = frame_count or 0

        return FfmpegRecorder(PurePath(ALL[self.version])).record(
            self.source,
            settings=RecorderSettings(folder, "A_%d.mkv", 60, "warning", 30, way=self.way),
            on_progress=lambda progress: count(progress.frame_count),
            on_log=self.said.append,
            on_tick=lambda: time.monotonic() < until_s[0],
        )

    def segments(self) -> list[Path]:
        return sorted((self.folder / str(len(self.ends))).glob("*.mkv"))

    def codecs(self) -> list[str]:
        with av.open(str(self.segments()[0])) as container:
            return [stream.codec_context.name for stream in container.streams]


@pytest.mark.parametrize("version", EACH)
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("AAC", (["h264", "aac"], 1)),
        ("G.711", (["h264", "pcm_mulaw"], 1)),
        ("G.726", (["h264", "aac"], 2)),
        ("AAC without configuration", (["h264", "aac"], 2)),
        ("unknown", (["h264"], 1)),
        ("not what it says", (["h264", "aac"], 1)),
    ],
)
def test_whatever_the_sound_is_the_picture_is_recorded(
    kind: str, expected: tuple[list[str], int], version: str, footage: Footage, tmp_path: Path
) -> None:
    sound = SOUNDS[kind](FFMPEGS["9.0"], tmp_path)
    with FakeCamera(attrs.evolve(footage, sound=sound)) as camera:
        run = Sessions(version, camera, tmp_path)
        run.run()

    assert (run.codecs(), len(run.ends)) == expected
    assert sum(map(kept_frames, run.segments())) >= 25


@pytest.mark.parametrize("version", EACH)
@pytest.mark.parametrize(("kind", "sessions"), [("AAC", 1), ("G.726", 3)])
def test_sound_that_is_announced_and_never_sent_holds_no_picture_back(
    kind: str, sessions: int, version: str, footage: Footage, tmp_path: Path
) -> None:
    """By default ffmpeg waits ten seconds for it, and for ever where it would be transcoded."""
    sound = SOUNDS[kind](FFMPEGS["9.0"], tmp_path)
    with FakeCamera(attrs.evolve(footage, sound=sound)) as camera:
        camera.mode = Mode.VIDEO_ONLY
        run = Sessions(version, camera, tmp_path, for_s=SILENT_S)
        run.run()

    assert [end.trouble for end in run.ends[:-1]] == [Trouble.SOUND] * (sessions - 1)
    assert sum(map(kept_frames, run.segments())) >= 25 * (SILENT_S - LIMIT_S)


@pytest.mark.parametrize("version", EACH)
def test_pictures_that_come_in_another_order_are_recorded_with_the_times_of_their_display(
    version: str, reordered: Footage, tmp_path: Path
) -> None:
    with FakeCamera(reordered) as camera:
        run = Sessions(version, camera, tmp_path)
        run.run()

    assert [end.trouble for end in run.ends] == [Trouble.ORDER, None]
    shown = _shown_ms(run.segments()[0])
    assert len(shown) >= 25
    assert all(after > before for before, after in itertools.pairwise(shown))
    # the first picture has no time of its own, and the last ones were cut off among those that they come before
    steps = [after - before for before, after in itertools.pairwise(shown[1:-4])]
    assert set(steps) == {40}


def _shown_ms(segment: Path) -> list[int]:
    with av.open(str(segment)) as container:
        return [frame.pts for frame in container.decode(video=0) if frame.pts is not None]


@pytest.mark.parametrize("version", EACH)
def test_a_camera_with_reordered_pictures_that_sets_its_clock_costs_a_step_of_one_picture(
    version: str, footage: Footage, tmp_path: Path
) -> None:
    jumping = attrs.evolve(footage, shown=(*range(50), *range(10**6, 10**6 + 50)))
    with FakeCamera(jumping) as camera:
        run = Sessions(version, camera, tmp_path, for_s=5, way=StreamWay(is_reordered=True))
        run.run()

    shown = _shown_ms(run.segments()[0])
    assert len(shown) >= 75
    assert {after - before for before, after in itertools.pairwise(shown[1:])} == {40}


@pytest.mark.parametrize("version", EACH)
def test_a_second_picture_that_never_comes_stops_no_other(version: str, footage: Footage, tmp_path: Path) -> None:
    with FakeCamera(attrs.evolve(footage, has_second_picture=True)) as camera:
        camera.mode = Mode.VIDEO_ONLY
        run = Sessions(version, camera, tmp_path)
        run.run()

    assert run.codecs() == ["h264"]
    assert sum(map(kept_frames, run.segments())) >= 25
    assert any("Could not find codec parameters for stream 1" in line for line in run.said)


@pytest.mark.parametrize("version", EACH)
def test_a_second_picture_is_recorded_too(version: str, footage: Footage, tmp_path: Path) -> None:
    with FakeCamera(attrs.evolve(footage, has_second_picture=True)) as camera:
        run = Sessions(version, camera, tmp_path)
        run.run()

    assert run.codecs() == ["h264", "h264"]


@pytest.mark.parametrize("version", EACH)
def test_a_camera_that_tells_the_size_of_its_picture_late_is_looked_at_for_longer(
    version: str, footage: Footage, tmp_path: Path
) -> None:
    late = attrs.evolve(footage, is_announced=False, access_units=footage.access_units[:25] + 3 * _without_key(footage))
    with FakeCamera(attrs.evolve(late, begins_at=25)) as camera:
        run = Sessions(version, camera, tmp_path)
        run.run()

    # a busy machine reads all of it at once, and finds the size at the first attempt
    assert [end.trouble for end in run.ends] in ([Trouble.UNSEEN, None], [None])
    assert sum(map(kept_frames, run.segments())) >= 25


@pytest.mark.parametrize("version", EACH)
def test_a_camera_that_hangs_up_at_once_says_nothing_of_its_stream(
    version: str, footage: Footage, tmp_path: Path
) -> None:
    """From then on each start was looked at for so long that it was ended as a stall."""
    with FakeCamera(footage) as camera:
        camera.mode = Mode.CLOSES
        run = Sessions(version, camera, tmp_path)
        run.run()

    assert [end.trouble for end in run.ends] == [None]
    assert run.way == StreamWay()


def _without_key(footage: Footage) -> tuple[tuple[bytes, ...], ...]:
    return tuple(a for a in footage.access_units[:25] if not any(unit[0] & 31 in {5, 7, 8} for unit in a)) * 2


@pytest.mark.parametrize("version", EACH)
@pytest.mark.parametrize(
    ("takes", "asked", "is_recorded"),
    [
        ("udp", Transport.AUTO, True),
        ("udp", Transport.UDP, True),
        ("udp", Transport.TCP, False),
        ("tcp", Transport.AUTO, True),
        ("tcp", Transport.UDP, False),
    ],
)
def test_transports(
    takes: str, asked: Transport, version: str, footage: Footage, tmp_path: Path, *, is_recorded: bool
) -> None:
    with FakeCamera(footage) as camera:
        camera.transports = (takes,)
        run = Sessions(version, camera, tmp_path, source=StreamSource("127.0.0.1", camera.port, transport=asked))
        end = run.run()

    assert bool(run.segments()) is is_recorded
    assert ("461" in end.reason) is not is_recorded


@pytest.mark.parametrize("version", EACH)
def test_a_camera_that_takes_udp_and_is_silent_at_first_is_recorded_as_soon_as_it_speaks(
    version: str, footage: Footage, tmp_path: Path
) -> None:
    with FakeCamera(footage) as camera, ThreadPoolExecutor(1) as pool:
        camera.transports, camera.mode = ("udp",), Mode.SILENT_AFTER_PLAY
        run = Sessions(version, camera, tmp_path)
        ended = pool.submit(run.run)
        wait_for("PLAY", lambda: camera.play_requested_at)
        time.sleep(SILENT_S)
        camera.mode = Mode.NORMAL
        ended.result(timeout=120)

    sent = camera.frames_sent
    assert len(run.ends) == 1
    assert sum(map(kept_frames, run.segments())) >= min(25, sent - 25 * LIMIT_S)


@pytest.mark.parametrize("version", EACH)
def test_a_digest_that_ffmpeg_does_not_know_is_named(version: str, footage: Footage, tmp_path: Path) -> None:
    with FakeCamera(footage, user="viewer", password=canary.PASSWORD) as camera:
        camera.authentication = "SHA-256"
        source = StreamSource("127.0.0.1", camera.port, user="viewer", password=canary.PASSWORD)
        end = Sessions(version, camera, tmp_path, source=source).run()

        assert "digest authentication by SHA-256" in end.reason
        camera.authentication = "Digest"
        wrong = attrs.evolve(source, password=f"another-{canary.PASSWORD}")
        end = Sessions(version, camera, tmp_path / "wrong", source=wrong).run()
        assert "SHA-256" not in end.reason
        assert "401" in end.reason


def test_record_camera_says_once_what_becomes_of_the_sound(footage: Footage, tmp_path: Path) -> None:
    sound = SOUNDS["G.726"](FFMPEGS["9.0"], tmp_path)
    with FakeCamera(attrs.evolve(footage, sound=sound)) as camera:
        with recording(tmp_path / "with", camera, "9.0", "--loglevel", "fatal", password=NO_SECRET) as run:
            wait_for("a segment", run.segments, within_s=60)
        assert run.said().count("the sound is transcoded from now on") == 1
        assert "No wav codec tag found" in run.said()
        with recording(tmp_path / "without", camera, "9.0", "--no-audio", password=NO_SECRET) as silent:
            wait_for("a segment", silent.segments, within_s=60)
        assert "the sound is" not in silent.said()
    with av.open(str(silent.segments()[0])) as container:
        assert [stream.type for stream in container.streams] == ["video"]


@pytest.fixture
def kinds(footage: Footage, tmp_path: Path) -> dict[str, Kind]:
    """Kinds of cameras by name: what they send, how that is taken, and what they do when it is recorded."""
    ffmpeg = FFMPEGS["9.0"]
    with_sound = {name: attrs.evolve(footage, sound=make(ffmpeg, tmp_path)) for name, make in SOUNDS.items()}
    shuffled = make_footage(ffmpeg, tmp_path, kbps=300, b_frames=2)
    transcoded = StreamWay(SoundUse.TRANSCODED)
    return {
        **{name: (each, StreamWay(), None) for name, each in with_sound.items() if name in {"AAC", "unknown"}},
        "not what it says": (with_sound["not what it says"], StreamWay(), None),
        "transcoded": (with_sound["G.726"], transcoded, None),
        "transcoded, stops": (with_sound["G.726"], transcoded, Mode.VIDEO_ONLY),
        "stops": (with_sound["AAC"], StreamWay(), Mode.VIDEO_ONLY),
        "reordered": (shuffled, StreamWay(is_reordered=True), None),
        "two pictures": (attrs.evolve(footage, has_second_picture=True), StreamWay(), Mode.VIDEO_ONLY),
    }


@pytest.mark.nightly
@pytest.mark.parametrize("version", ALL)
def test_a_kill_of_any_kind_loses_at_most_one_and_a_half_seconds(
    version: str, kinds: dict[str, Kind], tmp_path: Path
) -> None:
    lost: dict[str, float] = {}
    with ThreadPoolExecutor(4) as pool:
        for number, life_s in enumerate((3.1, 4.4, 5.3)):
            folders = [tmp_path / f"{number}-{index}" for index in range(len(kinds))]
            found = pool.map(_lost_s, [version] * len(kinds), kinds.values(), folders, [life_s] * len(kinds))
            for name, seconds in zip(kinds, found, strict=True):
                lost[name] = max(lost.get(name, 0.0), seconds)

    sys.stdout.write(f"ffmpeg {version}: lost at most { ({name: round(s, 2) for name, s in lost.items()}) }\n")
    assert max(lost.values()) <= LIMIT_S


def _lost_s(version: str, kind: Kind, folder: Path, life_s: float) -> float:
    """Seconds of pictures that the camera had sent and that are in no file, after a kill."""
    footage, way, then = kind
    folder.mkdir()
    killed = threading.Event()
    with FakeCamera(footage) as camera, ThreadPoolExecutor(1) as pool:
        ended = pool.submit(
            FfmpegRecorder(PurePath(ALL[version])).record,
            StreamSource("127.0.0.1", camera.port),
            settings=RecorderSettings(folder, "A_%d.mkv", 60, "error", way=way),
            on_progress=lambda _: None,
            on_log=lambda _: None,
            on_tick=lambda: not killed.is_set(),
        )
        try:
            wait_for("the first picture", lambda: camera.frames_sent)
            recorder = process_of(folder)
            time.sleep(life_s / 2)
            camera.mode = then or camera.mode
            time.sleep(life_s / 2)
            sent = camera.frames_sent
            os.kill(recorder, signal.SIGKILL)
            ended.result(timeout=300)
        finally:
            killed.set()
    return (sent - sum(kept_frames(each) for each in folder.glob("*.mkv"))) / footage.frame_rate
