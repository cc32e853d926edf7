"""`record_camera` against a camera that misbehaves, with real ffmpegs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import attrs
import av
import imageio_ffmpeg
import pytest

from tests.recording.fake_camera import FakeCamera, Footage, Mode, make_footage

CANARY = "c4n4ry:@/% x"
STALL_S = 10
FFMPEGS = {
    "7.1": str(Path(__file__).resolve().parents[3] / ".cache/ffmpeg-trixie/wrap/ffmpeg"),
    "9.0": imageio_ffmpeg.get_ffmpeg_exe(),
}


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    return make_footage(FFMPEGS["9.0"], tmp_path_factory.mktemp("footage"), has_audio=True)


@pytest.fixture(scope="module")
def mute_footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    return make_footage(FFMPEGS["9.0"], tmp_path_factory.mktemp("mute"), kbps=150)


@attrs.frozen
class Recording:
    """A running `record_camera`."""

    process: subprocess.Popen[str]
    folder: Path
    output: Path

    def said(self) -> str:
        return self.output.read_text()

    def segments(self) -> list[Path]:
        return sorted((self.folder / "ROST2").glob("*.mkv"))


@contextmanager
def recording(
    folder: Path, camera: FakeCamera | int, version: str, *flags: str, password: str = CANARY
) -> Iterator[Recording]:
    """Run the command against a fake camera, or against whatever serves at a port."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "password"
    secret.write_text(password + "\n")
    output = folder / "said"
    port = camera if isinstance(camera, int) else camera.port
    argv = [
        *(sys.executable, "-m", "camvault.apps.record_camera", "--ip", "127.0.0.1", "--station", "ROST2"),
        *("--user", "viewer", "--password-file", str(secret), "--rtsp_port", str(port)),
        *("--output_dir", str(folder), "--ffmpeg_path", FFMPEGS[version], "--segment_time", "3", *flags),
    ]
    with output.open("w") as said:
        process = subprocess.Popen(argv, stdout=said, stderr=subprocess.STDOUT, text=True)
        try:
            yield Recording(process, folder, output)
        finally:
            process.kill()
            process.wait()


def wait_for(what: str, condition: object, *, within_s: float = 60) -> float:
    """Wait until `condition()` holds; how long it took."""
    assert callable(condition)
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < within_s, f"not within {within_s} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - begun


def frames_of(segment: Path) -> int:
    with av.open(str(segment)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def _restarted_after(folder: Path, footage: Footage, version: str, mode: Mode) -> float:
    """Seconds from the last video packet of a camera that begins to misbehave, to a new ffmpeg that connects."""
    with FakeCamera(footage, user="viewer", password=CANARY) as camera, recording(folder, camera, version) as run:
        wait_for("first frames", lambda: camera.last_video_at and "recording" in run.said())
        time.sleep(2)
        camera.mode = mode
        time.sleep(0.2)
        last_video_at, connections = camera.last_video_at, camera.connections
        wait_for("a new connection", lambda: camera.connections > connections)
        return time.monotonic() - last_video_at


@pytest.mark.parametrize("version", FFMPEGS)
def test_every_kind_of_stall_is_followed_by_a_new_recorder_in_time(
    version: str, footage: Footage, tmp_path: Path
) -> None:
    modes = [mode for mode in Mode if mode is not Mode.NORMAL]

    with ThreadPoolExecutor(len(modes)) as pool:
        waits = dict(
            zip(modes, pool.map(lambda m: _restarted_after(tmp_path / m.name, footage, version, m), modes), strict=True)
        )

    sys.stdout.write(f"ffmpeg {version}: " + ", ".join(f"{m.value} {s:.1f} s" for m, s in waits.items()) + "\n")
    assert max(waits.values()) <= STALL_S + 5


@contextmanager
def real_server(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """An RTSP server from Debian's packages, with digest authentication, and its port."""
    film, secret = folder / "film.mkv", folder / "server-password"
    secret.write_text(CANARY)
    subprocess.run(
        [
            *(
                FFMPEGS["9.0"],
                "-v",
                "error",
                "-nostdin",
                "-f",
                "lavfi",
                "-i",
                "testsrc2=size=320x180:rate=25:duration=90",
            ),
            *("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000:duration=90", "-c:v", "libx264"),
            *(
                "-preset",
                "ultrafast",
                "-bf",
                "0",
                "-g",
                "25",
                "-pix_fmt",
                "yuv420p",
                "-c:a",
                "aac",
                "-ac",
                "1",
                str(film),
            ),
        ],
        check=True,
    )
    script = Path(__file__).parents[1] / "rtsp_server.py"
    argv = ["/usr/bin/python3", str(script), str(film), "viewer", str(secret)]
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        yield server, int(server.stdout.readline())
    finally:
        server.kill()
        server.wait()
        if server.stdout:
            server.stdout.close()


@pytest.mark.parametrize("version", FFMPEGS)
def test_a_real_server_that_is_frozen_is_noticed_in_time_and_recorded_again(version: str, tmp_path: Path) -> None:
    with real_server(tmp_path) as (server, port), recording(tmp_path / "out", port, version) as run:
        wait_for("a segment", run.segments)
        server.send_signal(signal.SIGSTOP)
        waited_s = wait_for("a new recorder", lambda: run.said().count("recorder started") >= 2)
        server.send_signal(signal.SIGCONT)
        wait_for("recording again", lambda: run.said().count("first media") >= 2)

    sys.stdout.write(f"ffmpeg {version}: frozen server, new recorder after {waited_s:.1f} s\n")
    assert waited_s <= STALL_S + 5
    assert frames_of(run.segments()[0]) > 10
    assert "c4n4ry" not in run.said()


@pytest.mark.parametrize("version", FFMPEGS)
def test_sound_and_picture_are_recorded_and_the_password_is_nowhere(
    version: str, footage: Footage, tmp_path: Path
) -> None:
    with FakeCamera(footage, user="viewer", password=CANARY) as camera, recording(tmp_path, camera, version) as run:
        wait_for("two segments", lambda: len(run.segments()) >= 2)
        seen = _where_is("c4n4ry")
        run.process.send_signal(signal.SIGTERM)
        assert run.process.wait(timeout=20) == 130

    assert seen == []
    assert "c4n4ry" not in run.said()
    for segment in run.segments()[:2]:
        with av.open(str(segment)) as container:
            assert {stream.type for stream in container.streams} == {"video", "audio"}
        assert frames_of(segment) > 10
    with av.open(str(run.segments()[1])) as container:
        assert sum(1 for packet in container.demux(audio=0) if packet.size) > 20
    assert not list((tmp_path / "ROST2" / ".live").glob("*/*"))


def test_a_camera_without_a_microphone_is_recorded(mute_footage: Footage, tmp_path: Path) -> None:
    with FakeCamera(mute_footage) as camera, recording(tmp_path, camera, "7.1") as run:
        wait_for("a segment", run.segments)

    assert frames_of(run.segments()[0]) > 10


def test_long_segments_are_named_by_utc(mute_footage: Footage, tmp_path: Path) -> None:
    """In the autumn hour two segments of an hour would have one local name, and ffmpeg overwrites."""
    with FakeCamera(mute_footage) as camera, recording(tmp_path, camera, "9.0", "--segment_time", "3600") as run:
        wait_for("a file", lambda: list((tmp_path / "ROST2" / ".live").glob("*/ROST2_*Z.mkv")))

    assert "named by UTC" in run.said()


def test_a_wrong_password_is_said_without_the_password(footage: Footage, tmp_path: Path) -> None:
    with (
        FakeCamera(footage, user="viewer", password="right") as camera,  # noqa: S106
        recording(tmp_path, camera, "9.0", password="wr0ng-c4n4ry") as run,  # noqa: S106
    ):
        wait_for("two attempts", lambda: camera.connections >= 2)
        wait_for("the reason", lambda: "recorder ended, camera down" in run.said())

    assert "401" in run.said()
    assert "wr0ng" not in run.said()


@pytest.mark.parametrize("kbps", [150, 2000])
def test_a_kill_loses_at_most_one_and_a_half_seconds(kbps: int, tmp_path: Path) -> None:
    mute_footage = make_footage(FFMPEGS["9.0"], tmp_path, kbps=kbps)
    with FakeCamera(mute_footage) as camera, recording(tmp_path, camera, "9.0", "--segment_time", "60") as run:
        wait_for("frames", lambda: camera.last_video_at)
        time.sleep(5)
        run.process.kill()
        run.process.wait()
        sent = camera.frames_sent
    live = list((tmp_path / "ROST2" / ".live").glob("*/*.mkv"))

    kept = sum(frames_of(each) for each in live)

    assert (sent - kept) / mute_footage.frame_rate <= 1.5
    with FakeCamera(mute_footage) as camera, recording(tmp_path, camera, "9.0") as run:
        wait_for("adoption", run.segments)
    assert run.segments()[0].name == min(each.name for each in live)


def test_killed_with_its_recorder(footage: Footage, tmp_path: Path) -> None:
    with FakeCamera(footage, user="viewer", password=CANARY) as camera, recording(tmp_path, camera, "9.0") as run:
        wait_for("frames", lambda: camera.last_video_at)
        run.process.kill()
        run.process.wait()
        wait_for("no ffmpeg writes there", lambda: not _processes_of(str(tmp_path)), within_s=10)


def test_exec_becomes_ffmpeg_and_hides_the_password(footage: Footage, tmp_path: Path) -> None:
    with (
        FakeCamera(footage, user="viewer", password=CANARY) as camera,
        recording(tmp_path, camera, "9.0", "--exec") as run,
    ):
        wait_for("frames", lambda: list((tmp_path / "ROST2" / ".live").glob("*/ROST2_*Z.mkv")))
        assert Path(f"/proc/{run.process.pid}/exe").resolve() == Path(FFMPEGS["9.0"]).resolve()
        assert _where_is("c4n4ry") == []


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--station", "../x"), "--station: found '../x', expected 1 to 64 of"),
        (("--ip", "a b"), "--ip: found 'a b', expected an address"),
        (("--password", "a"), "--password and --password-file exclude one another"),
        (("--password-file", "/nowhere"), "--password-file /nowhere: No such file or directory"),
        (("--ffmpeg_path", "/nowhere"), "Required tool not found: ffmpeg: found /nowhere"),
        (("--segment_time", "0"), "--segment_time"),
        (("--pass", "x"), "unknown option '--pass'"),
    ],
)
def test_wrong_usage_ends_with_1_and_says_what_was_expected(
    flags: tuple[str, ...], words: str, footage: Footage, tmp_path: Path
) -> None:
    with FakeCamera(footage) as camera, recording(tmp_path, camera, "9.0", *flags) as run:
        assert run.process.wait(timeout=60) == 1

    assert words in run.said()
    assert not (tmp_path / "ROST2").exists()


def _where_is(text: str) -> list[str]:
    found = []
    for kind in ("cmdline", "environ"):
        for path in Path("/proc").glob(f"[0-9]*/{kind}"):
            if path.parent.name != str(os.getpid()):
                try:
                    found += [str(path)] if text.encode() in path.read_bytes() else []
                except OSError:
                    continue
    return found


def _processes_of(text: str) -> list[str]:
    return [each for each in _commands() if text in each and "camvault" not in each]


def _commands() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
