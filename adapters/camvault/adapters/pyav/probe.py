"""Adapter for PyAV: durations and streams in-process, where there is no ffprobe."""

import errno
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from camvault.adapters._durable import translated
from camvault.ports.errors import MediaError
from camvault.ports.media import MediaInfo, MediaProbe

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

_MICROSECONDS = 1_000_000  # AV_TIME_BASE, the unit of a container's duration


class PyavProbe:
    """Asks the libraries of ffmpeg inside the `av` wheel. May be called from several threads."""

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        import av  # noqa: PLC0415 - 60 ms, only where it is needed

        return f"PyAV {av.__version__}"

    def probe(self, path: PurePath, /) -> MediaInfo:
        """Read what the file says of itself."""
        import av  # noqa: PLC0415
        from av.error import FFmpegError  # noqa: PLC0415

        # An open file, not a name: no name can then be taken for a protocol, whatever bytes it has
        with translated(path), Path(path).open("rb") as file:
            try:
                with av.open(file, "r") as container:
                    return _info(container, path)
            except FFmpegError as error:
                raise MediaError(path, error.strerror or str(error)) from error
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                # A seek before the file's beginning: it is too short to be a clip
                raise MediaError(path, "Invalid data found when processing input") from error


def _info(container: "InputContainer", path: PurePath) -> MediaInfo:
    videos = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
    sounds = container.streams.audio
    duration_s = (container.duration or 0) / _MICROSECONDS
    if duration_s <= 0:
        raise MediaError(path, "its duration is unknown")
    video = videos[0] if videos else None
    return MediaInfo(
        duration_s=duration_s,
        has_video=bool(videos),
        has_audio=bool(sounds),
        width_px=video.width if video else 0,
        height_px=video.height if video else 0,
        frame_rate=float(video.average_rate or 0) if video else 0.0,
        kept_s=max([_seconds(stream) for stream in (*videos[:1], *sounds[:1])], default=0.0),
    )


def _seconds(stream: "Stream") -> float:
    return float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0


_conforms: type[MediaProbe] = PyavProbe
