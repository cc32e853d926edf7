"""Port: reading and encoding media files."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation


@attrs.frozen
class MediaStream:
    """One stream of a media file: its number, and what the file's tables promise of it (0: they do not say)."""

    index: int
    packet_count: int = 0
    duration_s: float = 0.0


@attrs.frozen
class MediaInfo:
    """What is in a media file, as far as planning needs it."""

    duration_s: float = attrs.field(validator=attrs.validators.gt(0))
    has_video: bool = True
    has_audio: bool = True
    width_px: int = 0
    height_px: int = 0
    sound_count: int = 1
    copied_bytes: int = 0
    """About what an `Encoder` copies of it beside pictures and sounds; 0 where it is not known."""
    streams: tuple[MediaStream, ...] = ()
    unkept: tuple[str, ...] = ()
    """Why an encode will lack something of it, in words, as far as that can be known beforehand."""


class MediaProbe(Protocol):
    """Durations and streams."""

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        ...

    def probe(self, path: PurePath, /) -> MediaInfo:
        """Read what the file says of itself. May be called from several threads.

        Raises:
            MediaError: Not a media file, or its duration is unknown ("N/A", nothing, zero).
            NotFoundError: The file does not exist.
        """
        ...


@attrs.frozen
class TargetBitrate:
    """One average video bitrate, as in the specification's `-b:v {kbps}k`."""

    video_kbps: int = attrs.field(validator=attrs.validators.ge(1))


@attrs.frozen
class ConstantQuality:
    """One SVT-AV1 CRF in quarter steps: `crf_quarters` 160 is CRF 40. Range 1 to 63 (4 to 252 quarters)."""

    crf_quarters: int = attrs.field(validator=[attrs.validators.ge(4), attrs.validators.le(252)])


@attrs.frozen
class EncodeSettings:
    """Everything that decides what the encoder writes; two runs with equal settings give the same picture."""

    rate: TargetBitrate | ConstantQuality
    preset: int = 8
    audio_kbps: int = 64
    thread_count: int = 0
    """0: the encoder's own choice. 1: reproducible bytes."""


@attrs.frozen
class EncodedFile:
    """What an encode gave."""

    size_bytes: int
    doubts: tuple[str, ...] = ()
    """Why the result may lack something of the source: what could not be read, decoded or kept; empty if it has all."""
    argv: tuple[str, ...] = ()
    """The command line that wrote it; empty for an encoder without one."""
    tool: str = ""
    """What wrote it, name and version, as `Encoder.name` says it where the encode was done."""


class Encoder(Protocol):
    """Clip to AV1 + Opus (mono, 24 kHz) in MP4: every picture, every sound, and whatever else MP4 can hold.

    The output has the time and the mode of the clip's file.
    """

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        ...

    @property
    def crf_step_quarters(self) -> int:
        """The finest step of `ConstantQuality` it can do: 1 for quarters, 4 for whole CRFs (others are rounded)."""
        ...

    def encode(
        self,
        source: PurePath,
        /,
        *,
        target: PurePath,
        settings: EncodeSettings,
        on_seconds: Callable[[float], None],
        cancel: Cancellation,
    ) -> EncodedFile:
        """Write `target` (a temporary name; overwritten if there) completely; say what of the source is not in it.

        Encoders leave out what they cannot decode and end well, and the length stays: only `doubts` tell.

        `on_seconds` gets the position in the source. On failure or cancellation no process is left; the partial
        target may be. May be called from several threads.

        Raises:
            MediaError: The source cannot be decoded, or what came out cannot.
            ToolError: The encoder failed for another reason.
            NoSpaceError: The target's file system is full.
        """
        ...

    def sample(
        self, source: PurePath, /, *, start_s: float, length_s: float, settings: EncodeSettings, cancel: Cancellation
    ) -> int:
        """Encode a short stretch of the video stream only, keep nothing, return its size in bytes.

        Raises: as `encode`.
        """
        ...
