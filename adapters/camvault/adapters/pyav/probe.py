"""Adapter for PyAV: durations and streams in-process, where there is no ffprobe."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from camvault.adapters._durable import translated
from camvault.ports.errors import MediaError
from camvault.ports.media import MediaInfo, MediaProbe
from camvault.ports.streams import StreamFacts, StreamProbe

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

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
        with _opened(path) as container:
            return _info(container, path)

    def streams(self, path: PurePath, /) -> tuple[StreamFacts, ...]:
        """Read what its streams are."""
        with _opened(path) as container:
            return _streams(container, path)


@contextmanager
def _opened(path: PurePath) -> "Iterator[InputContainer]":
    import av  # noqa: PLC0415
    from av.error import FFmpegError  # noqa: PLC0415

    # An open file, not a name: no name can then be taken for a protocol, whatever bytes it has
    with translated(path), Path(path).open("rb") as file:
        try:
            with av.open(file, "r") as container:
                yield container
        except FFmpegError as error:
            raise MediaError(path, error.strerror or str(error)) from error
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            # A seek before the file's beginning: it is too short to be a clip
            raise MediaError(path, "Invalid data found when processing input") from error


def _streams(container: "InputContainer", path: PurePath) -> tuple[StreamFacts, ...]:
    videos = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
    found = {s.index: StreamFacts("video", _video_facts(s)) for s in videos}
    found |= {s.index: StreamFacts("audio", _audio_facts(s)) for s in container.streams.audio}
    if not found:
        raise MediaError(path, "there is neither picture nor sound in it")
    return tuple(found[index] for index in sorted(found))


def _video_facts(stream: "VideoStream") -> dict[str, str]:
    codec, rate = stream.codec_context, stream.base_rate
    facts = {
        "codec_name": codec.codec.canonical_name,
        "profile": stream.profile,
        "pix_fmt": codec.pix_fmt,
        "width": codec.width,
        "height": codec.height,
        "r_frame_rate": f"{rate.numerator}/{rate.denominator}" if rate else None,
    }
    return {name: str(value) for name, value in facts.items() if value}


def _audio_facts(stream: "AudioStream") -> dict[str, str]:
    codec = stream.codec_context
    facts = {
        "codec_name": codec.codec.canonical_name,
        "profile": stream.profile,
        "sample_rate": codec.sample_rate,
        "channels": codec.channels,
        # Where only their number is known, ffmpeg makes a name of that
        "channel_layout": None if codec.layout.name == f"{codec.channels} channels" else codec.layout.name,
    }
    return {name: str(value) for name, value in facts.items() if value}


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
_conforms_too: type[StreamProbe] = PyavProbe
