"""Segments as a recorder leaves them, and a small file system."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path, PurePath

import imageio_ffmpeg
import pytest

RECORD = (
    *("-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=15", "-c:v", "libx264"),
    *("-preset", "ultrafast", "-f", "matroska", "-cluster_time_limit", "1000", "-flush_packets", "1"),
)


@pytest.fixture(scope="session")
def closed_segment(tmp_path_factory: pytest.TempPathFactory) -> PurePath:
    """Three seconds."""
    path = tmp_path_factory.mktemp("segments") / "closed.mkv"
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *RECORD, "-t", "3", str(path)], check=True)
    return PurePath(path)


@pytest.fixture(scope="session")
def killed_segment(tmp_path_factory: pytest.TempPathFactory) -> PurePath:
    """Of a recorder that was killed."""
    path = tmp_path_factory.mktemp("segments") / "killed.mkv"
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-re", *RECORD, str(path)]
    with subprocess.Popen(argv) as recorder:
        deadline = time.monotonic() + 60
        while not (path.exists() and path.stat().st_size > 20_000):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        recorder.send_signal(signal.SIGKILL)
    return PurePath(path)


@pytest.fixture(scope="session")
def full_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of 8 KiB."""
    folder = tmp_path_factory.mktemp("full")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "none", folder], check=False)
    assert mounted.returncode == 0, "the tests need root, to mount a small file system"
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
