"""Adapter for PyAV: durations and streams in-process, where there is no ffprobe."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import attrs

from camvault.adapters._shared.containers import structure_doubts
from camvault.adapters._shared.durable import translated
from camvault.adapters._shared.kept_streams import stream_words, why_left_out, why_no_clip
from camvault.ports.errors import MediaError
from camvault.ports.media import MediaInfo, MediaProbe, MediaStream
from camvault.ports.streams import StreamFacts, StreamProbe

if TYPE_CHECKING:
    from io import FileIO

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

MICROSECONDS = 1_000_000  # AV_TIME_BASE, the unit of a container's duration


class PyavProbe:
    """Asks the libraries of ffmpeg inside the `av` wheel. May be called from several threads."""

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        import av  # noqa: PLC0415 - 60 ms, only where it is needed

        return f"PyAV {av.__version__}"

    def probe(self, path: PurePath, /) -> MediaInfo:
        """Read what the file says of itself."""
        with opened(path) as container:
            info = _info(container, path)
        with translated(path):
            return attrs.evolve(info, unkept=(*structure_doubts(path), *info.unkept))

    def streams(self, path: PurePath, /) -> tuple[StreamFacts, ...]:
        """Read what its streams are."""
        with opened(path) as container:
            return _streams(container, path)


@contextmanager
def opened(path: PurePath) -> "Iterator[InputContainer]":
    """The container of a file, open.

    Raises:
        MediaError: It is none.
        StorageError: It cannot be read.
    """
    import av  # noqa: PLC0415
    from av.error import FFmpegError  # noqa: PLC0415

    # An open file, not a name: no name can then be taken for a protocol, whatever bytes it has
    with translated(path), Path(path).open("rb", buffering=0) as file:
        reading = _Reading(file)
        try:
            # A camera may write its tags in any encoding: metadata never stop footage
            with av.open(reading, "r", metadata_errors="replace") as container:
                yield container
        except FFmpegError as error:
            if reading.failure is not None:
                raise reading.failure from error
            raise MediaError(path, error.strerror or str(error)) from error
        if reading.failure is not None:
            raise reading.failure


@attrs.define
class _Reading:
    """The file as PyAV calls it. An error of the system is kept: PyAV prints what a callback raises, and goes on."""

    file: "FileIO"
    failure: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return self.file.read(size) or b""
        except OSError as error:
            self.failure = error
            return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return self.file.seek(offset, whence)
        except OSError as error:
            if error.errno != errno.EINVAL:
                self.failure = error
            return -1  # a seek before the file's beginning: it is too short to be a clip

    def tell(self) -> int:
        return self.file.tell()


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
    if reason := why_no_clip(container.format.name.split(",")):
        raise MediaError(path, reason)
    duration_s = (container.duration or 0) / MICROSECONDS
    if duration_s <= 0:
        raise MediaError(path, "its duration is unknown")
    video = videos[0] if videos else None
    return MediaInfo(
        duration_s=duration_s,
        has_video=bool(videos),
        has_audio=bool(sounds),
        width_px=video.width if video else 0,
        height_px=video.height if video else 0,
        sound_count=len(sounds),
        streams=tuple(MediaStream(stream.index, stream.frames, _seconds(stream)) for stream in container.streams),
        unkept=tuple(_unkept(container)),
    )


def _seconds(stream: "Stream") -> float:
    """How long the stream is; 0 where its container does not say."""
    return round(float(stream.duration * stream.time_base), 3) if stream.duration and stream.time_base else 0.0


def _unkept(container: "InputContainer") -> Iterator[str]:
    chapter_count = len(container.chapters())
    for stream in container.streams:
        kind, codec, tag = stream.type, _codec(stream), _tag(stream, chapter_count)
        if reason := why_left_out(kind=kind, codec=codec, tag=tag, has_chapters=chapter_count > 0):
            yield f"{stream_words(kind=kind, index=stream.index, codec=codec, tag=tag)} is left out: {reason}"


def _codec(stream: "Stream") -> str:
    context = stream.codec_context
    if stream.type in ("video", "audio"):
        return context.name if context is not None else ""
    return str(getattr(stream, "name", "") or "")


def _tag(stream: "Stream", chapter_count: int) -> str:
    """What the container calls the codec. PyAV does not say it of data tracks: it is told by what is in them."""
    if stream.type != "data":
        return ""
    if "timecode" in stream.metadata:
        return "tmcd"
    if _codec(stream) == "bin_data":  # ffmpeg's name for GoPro's telemetry, and for the track with the chapters' titles
        return "text" if chapter_count and stream.frames == chapter_count else "gpmd"
    return ""


_conforms: type[MediaProbe] = PyavProbe
_conforms_too: type[StreamProbe] = PyavProbe
