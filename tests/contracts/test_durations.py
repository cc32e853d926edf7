"""The contract of `Durations`, on memory and on Matroska files of two kinds of recorder."""

import signal
import struct
import subprocess
import time
from pathlib import Path, PurePath

import imageio_ffmpeg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.matroska import MatroskaDurations, parse_duration
from camvault.adapters.memory.durations import MemoryDurations
from camvault.adapters.pyav import PyavProbe
from camvault.ports.durations import Durations
from camvault.ports.errors import NotFoundError

RECORD = (
    *("-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=15", "-c:v", "libx264"),
    *("-preset", "ultrafast", "-f", "matroska", "-cluster_time_limit", "1000", "-flush_packets", "1"),
)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> PurePath:
    path = tmp_path_factory.mktemp("durations") / "closed.mkv"
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *RECORD, "-t", "3", str(path)], check=True)
    return PurePath(path)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> PurePath:
    path = tmp_path_factory.mktemp("durations") / "killed.mkv"
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-re", *RECORD, str(path)]
    with subprocess.Popen(argv) as recorder:
        deadline = time.monotonic() + 60
        while not (path.exists() and path.stat().st_size > 20_000):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        recorder.send_signal(signal.SIGKILL)
    return PurePath(path)


class TestContract:
    @pytest.mark.parametrize("kind", ["memory", "matroska"])
    def test_a_closed_segment_says_how_long_it_plays(self, kind: str, closed: PurePath, killed: PurePath) -> None:
        durations: Durations = MemoryDurations({closed: 3.0}) if kind == "memory" else MatroskaDurations()

        assert durations.seconds(closed) == pytest.approx(3.0, abs=0.1)
        assert durations.seconds(killed) is None


def test_it_says_what_ffmpeg_says(closed: PurePath) -> None:
    assert MatroskaDurations().seconds(closed) == pytest.approx(PyavProbe().probe(closed).duration_s, abs=0.001)


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        MatroskaDurations().seconds(PurePath(tmp_path / "gone.mkv"))


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"\x1a\x45\xdf\xa3", b"RIFF" * 30, b"\x80" * 50])
def test_what_is_no_matroska_says_nothing(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_bytes(content)
    assert MatroskaDurations().seconds(PurePath(tmp_path / "a.mkv")) is None


@given(st.binary(max_size=200))
def test_no_header_breaks_the_parser(noise: bytes) -> None:
    segment = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"
    for header in (noise, segment + noise, segment + b"\x15\x49\xa9\x66\x88" + noise):
        found = parse_duration(header)
        assert found is None or found > 0


def test_the_duration_is_in_the_files_own_units() -> None:
    scale = b"\x2a\xd7\xb1\x84" + (500_000).to_bytes(4, "big")
    info = scale + b"\x44\x89\x84" + struct.pack(">f", 6000.0)
    segment = b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff\x15\x49\xa9\x66" + bytes([0x80 | len(info)]) + info
    assert parse_duration(b"\x1a\x45\xdf\xa3\x80" + segment) == 3.0
    assert parse_duration(b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x81\x1f\x43\xb6\x75\x80") is None
