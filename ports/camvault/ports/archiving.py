"""Port: a small archive of a clip, proven against its source."""

import enum
from collections.abc import Callable
from pathlib import PurePath
from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation


class ArchiveCodec(enum.StrEnum):
    """What encodes the picture to H.264."""

    QSV = "qsv"
    VAAPI = "vaapi"
    NVENC = "nvenc"
    V4L2M2M = "v4l2m2m"
    X264 = "x264"


class Sound(enum.StrEnum):
    """What becomes of the sound."""

    KEEP = "keep"
    """Mono and small."""
    DROP = "drop"


@attrs.frozen
class ArchiveSettings:
    """What decides how an archive looks.

    The picture fits into `width_px` times `height_px` and keeps its aspect, unless `is_stretched`; it is never made
    larger. `quality` is the encoder's own figure of constant quality: lower is better.
    """

    width_px: int = attrs.field(default=1024, validator=attrs.validators.ge(16))
    height_px: int = attrs.field(default=768, validator=attrs.validators.ge(16))
    is_stretched: bool = False
    quality: int = attrs.field(default=26, validator=[attrs.validators.ge(1), attrs.validators.le(51)])
    sound: Sound = Sound.KEEP
    is_quality_measured: bool = False


@attrs.frozen
class ArchiveMade:
    """What an archive is, and what it lacks.

    Attributes:
        size_bytes: Of the archive.
        duration_s: Of the archive.
        encoder: The name of the encoder; "remux" if the streams of the source were taken as they are, because an encode
            would have been larger.
        sha256: Of the content that was proven, as it was read before the proof began. What is read from the medium
            later must be that: a proof may have read what this machine remembers of it.
        doubts: Why it may lack something of the source; empty if it has all, except for what the settings leave out.
        quality: How near the picture is to that of the source, with its measure, such as "XPSNR 38.2 dB"; "" if that
            was not measured.
    """

    size_bytes: int
    duration_s: float
    encoder: str
    sha256: str
    doubts: tuple[str, ...] = ()
    quality: str = ""

    @property
    def is_remuxed(self) -> bool:
        """Whether the streams of the source were taken as they are."""
        return self.encoder == "remux"


class Archiver(Protocol):
    """Clip to H.264 and mono sound in MP4, decoded to its end and compared with the picture of its source.

    The archive has the time of its source's file, and its `creation_time`.
    """

    @property
    def name(self) -> str:
        """Program, version and encoder, and why this one was chosen; for the log."""
        ...

    def archive(
        self,
        source: PurePath,
        /,
        *,
        target: PurePath,
        settings: ArchiveSettings,
        on_seconds: Callable[[float], None],
        cancel: Cancellation,
    ) -> ArchiveMade:
        """Write `target` (a temporary name; overwritten if there) completely, and prove it.

        An encoder whose picture is not that of the source is not used again: the next one is tried. On failure or
        cancellation no process is left; the partial target may be. May be called from several threads.

        Raises:
            MediaError: The source is damaged, or no encoder made an archive that holds all of it.
            ToolError: The program failed for another reason.
            NoSpaceError: The target's file system is full.
        """
        ...

    def doubts(self, archive: PurePath, /, *, source: PurePath, sound: Sound, cancel: Cancellation) -> tuple[str, ...]:
        """Why a file may not be an archive of this source: not playable to its end, another length, another picture.

        Nor if it lacks a stream of the source, or has another sound; `sound` says whether it needs any. For archives of
        which there is no record of their making.

        Raises:
            MediaError: The source cannot be decoded.
            NotFoundError: One of them is not there.
        """
        ...
