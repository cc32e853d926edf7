"""Clips for the examples, made once per run."""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips of two seconds, some tens of kilobytes each."""
    folder = tmp_path_factory.mktemp("clips")
    for number in range(1, 4):
        picture = f"testsrc2=size=192x108:rate=15:duration=2,hue=h={40 * number}"
        subprocess.run(
            [
                *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-f", "lavfi", "-i", picture),
                *("-f", "lavfi", "-i", f"sine=frequency={220 * number}:duration=2", "-shortest"),
                *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(folder / f"cam1_{number:04}.mp4")),
            ],
            check=True,
        )
    return folder
