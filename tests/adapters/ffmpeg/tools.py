"""The ffmpegs that the tests run on. A missing one fails the tests that need it: `tools/setup.sh test` fetches them."""

import functools
from pathlib import Path, PurePath
from typing import Final

import attrs
import pytest

from camvault.adapters._shared import process
from camvault.adapters.ffmpeg import (
    FfmpegArchiver,
    FfmpegEncoder,
    FfprobeProbe,
    FoundTools,
    choose_encoders,
    find_ffmpeg,
)
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.pyav import PyavProbe

ROOT = Path(__file__).parents[3]
TRIXIE = ROOT / ".cache/ffmpeg-trixie/wrap"
BOOKWORM = ROOT / ".cache/ffmpeg-bookworm/wrap"


def tree_program(folder: Path, name: str) -> PurePath:
    """A program of an unpacked Debian tree."""
    program = folder / name
    assert program.is_file(), f"{program} is missing: run tools/setup.sh test"
    return PurePath(program)


@attrs.frozen
class Tools:
    """One ffmpeg with the probe that goes with it."""

    found: FoundTools
    probe: FfprobeProbe | PyavProbe
    encoder: FfmpegEncoder


VERSIONS: Final = (pytest.param("7.1", marks=pytest.mark.nightly), "9.0")
"""What each detail is tried with: in each run with the wheel's ffmpeg, nightly with Debian's too, which keeps the
contracts and passes the end-to-end tests in each run.
"""


@functools.cache
def tools(name: str) -> Tools:
    """`7.1`: Debian 13's ffmpeg and ffprobe. `9.0`: the wheel's ffmpeg, and PyAV."""
    cancel = MemoryCancellation()
    if name == "7.1":
        ffmpeg, ffprobe = tree_program(TRIXIE, "ffmpeg"), tree_program(TRIXIE, "ffprobe")
        found = find_ffmpeg(environ={}, cancel=cancel, ffmpeg=ffmpeg, ffprobe=ffprobe)
        assert found.ffprobe is not None
        probe: FfprobeProbe | PyavProbe = FfprobeProbe(found.ffprobe.path, str(found.ffprobe.version), cancel)
    else:
        found = find_ffmpeg(environ={}, cancel=cancel)
        probe = PyavProbe()
    encoder = FfmpegEncoder(found.ffmpeg.path, str(found.ffmpeg.version), probe, cancel)
    return Tools(found, probe, encoder)


@functools.cache
def archiver(name: str) -> FfmpegArchiver:
    """The archiver of that ffmpeg, with x264: there is no hardware here."""
    kit = tools(name)
    found = kit.found.ffmpeg
    plain = FfmpegArchiver(found.path, str(found.version), kit.probe, encoders=())
    return choose_encoders(plain, wish=None, cancel=MemoryCancellation())


def run_ffmpeg(*arguments: str | PurePath) -> None:
    """Run the wheel's ffmpeg: to make the clips of the tests."""
    ffmpeg = tools("9.0").found.ffmpeg.path
    argv = (ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *arguments)
    done = process.run(argv, cancel=MemoryCancellation())
    assert done.exit_code == 0, done.last_lines


VIDEO = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def make_clip(
    path: PurePath, *, seconds: float = 1.0, size: str = "160x90", has_audio: bool = True, more: tuple[str, ...] = ()
) -> None:
    """A small clip as a camera would make it."""
    picture = ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration={seconds}")
    sound = ("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}", "-c:a", "aac") if has_audio else ()
    run_ffmpeg(*picture, *sound, *VIDEO, *more, "-f", "mp4", f"file:{path}")


def punch_hole(path: Path) -> None:
    """Zero three eighths of the footage of an MP4, as a failing card does; its tables stay whole."""
    content = bytearray(path.read_bytes())
    begin, end = content.index(b"mdat") + 4, content.rindex(b"moov") - 4
    assert begin < end, "the tables stand before the footage"
    size = end - begin
    hole = slice(begin + size // 4, begin + size // 4 + size * 3 // 8)
    content[hole] = bytes(hole.stop - hole.start)
    path.write_bytes(content)
