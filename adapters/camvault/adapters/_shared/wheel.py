"""Private to adapters: the ffmpeg that comes as a Python package."""

from pathlib import PurePath


def wheel_program() -> PurePath | None:
    """The program in the `imageio-ffmpeg` wheel, if it is installed and has one for this system."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe  # noqa: PLC0415 - only where it is needed
    except ImportError:
        return None
    try:
        return PurePath(get_ffmpeg_exe())
    except RuntimeError:
        return None
