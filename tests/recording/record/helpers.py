"""A real `record_camera` for the tests, beside a camera that misbehaves."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import av
import imageio_ffmpeg
import pytest
from av.error import EOFError as AvEOFError

from tests import canary
from tests.recording.fake_camera import FakeCamera

CANARY = canary.password(":@/% x")
STALL_S = 10
FFMPEGS = {
    "7.1": str(Path(__file__).resolve().parents[3] / ".cache/ffmpeg-trixie/wrap/ffmpeg"),
    "9.0": imageio_ffmpeg.get_ffmpeg_exe(),
}
OLDEST = str(Path(__file__).resolve().parents[3] / ".cache/ffmpeg-bookworm/wrap/ffmpeg")
"""ffmpeg 5.1, that of Debian 12."""
VERSIONS = (pytest.param("7.1", marks=pytest.mark.nightly), "9.0")
"""What faults are tried with: in each run with the wheel's ffmpeg, nightly with Debian's too."""


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
    folder: Path, camera: FakeCamera | int, version: str, *flags: str, password: str = CANARY, said: str = "said"
) -> Iterator[Recording]:
    """Run the command against a fake camera, or against whatever serves at a port."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = canary.keep(folder / "password")
    secret.write_text(password + "\n")
    output = folder / said
    port = camera if isinstance(camera, int) else camera.port
    argv = [
        *(sys.executable, "-m", "camvault.apps.record_camera", "--ip", "127.0.0.1", "--station", "ROST2"),
        *("--user", "viewer", "--password-file", str(secret), "--rtsp_port", str(port)),
        *("--output_dir", str(folder), "--ffmpeg_path", FFMPEGS[version], "--segment_time", "3", *flags),
    ]
    with output.open("w") as lines:
        process = subprocess.Popen(argv, stdout=lines, stderr=subprocess.STDOUT, text=True)
        try:
            yield Recording(process, folder, output)
        finally:
            process.kill()
            process.wait()


def wait_for(what: str, condition: object, *, within_s: float = 180) -> float:
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


def kept_frames(segment: Path) -> int:
    """As `frames_of`; none in a file whose recorder was killed before it wrote the first."""
    try:
        return frames_of(segment)
    except AvEOFError:
        return 0


def process_of(folder: Path) -> int:
    """The ffmpeg that writes into `folder`."""
    needle = f"{folder}/".encode()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if needle in path.read_bytes():
                return int(path.parent.name)
        except OSError:
            continue
    raise AssertionError(f"no process writes into {folder}")
