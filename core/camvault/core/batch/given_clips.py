"""Pure: the clips that the user gave, as they were found: what is wrong with them, and what will become of them."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath

import attrs

from camvault.core.batch.figures import hours
from camvault.core.batch.names import is_reserved
from camvault.core.batch.uncoded import least_bytes
from camvault.ports.batch_record import Coding, Mode
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.media import MediaInfo


@attrs.frozen(kw_only=True)
class GivenClip:
    """One clip as it was found.

    Attributes:
        source: The path as it was given, absolute.
        resolved: That path with every link followed.
        entry: What stands at `resolved`; None if nothing does.
        info: Streams and length of the file; None if it is no media file.
        problem: Why nothing is known of the path, in the system's words; "" if something is.
        media_problem: Why the file is no clip, or cannot be read as one; "" if it is one.
        is_found: Nobody typed it: it stands in a folder that was given, and what it is stops no other.
    """

    source: PurePath
    resolved: PurePath
    entry: FileEntry | None = None
    info: MediaInfo | None = None
    problem: str = ""
    media_problem: str = ""
    is_found: bool = False

    @property
    def size_bytes(self) -> int:
        """Its size; 0 where it is not known."""
        return self.entry.identity.size_bytes if self.entry and self.entry.kind is FileKind.FILE else 0

    @property
    def why_left_out(self) -> str:
        """Why nothing can be made of it; empty if something can."""
        if self.problem or self.entry is None:
            return self.problem or "No such file"
        if self.entry.kind is FileKind.FOLDER:
            return "is a directory, and there is no file in it" if not self.is_found else "is a link to a directory"
        return "" if self.entry.kind is FileKind.FILE else "is not a regular file"

    @property
    def why_not_encoded(self) -> str:
        """Why it cannot be encoded; empty if it can."""
        if self.info is None:
            return self.media_problem or "not a media file"
        return "" if self.info.has_video else "has no picture"

    def extra_bytes(self, *, audio_kbps: int) -> int:
        """What an encode needs beside its first picture and its first sound: further sounds, and tracks of data."""
        if self.info is None:
            return 0
        more_sounds = max(0, self.info.sound_count - 1)
        return round(more_sounds * audio_kbps * 125 * self.info.duration_s) + self.info.copied_bytes

    def least_encode_bytes(self, *, min_kbps: int, audio_kbps: int) -> int:
        """What an encode of it would take at the least bitrate worth producing; 0 where no length is known."""
        least = least_bytes([self.info.duration_s] if self.info else [], min_kbps=min_kbps, audio_kbps=audio_kbps)
        return least + self.extra_bytes(audio_kbps=audio_kbps)


def without_repeats(given: Sequence[GivenClip]) -> tuple[list[GivenClip], list[str]]:
    """Each file once, and a warning for each further time that it was given."""
    first: dict[PurePath, GivenClip] = {}
    warnings = []
    for clip in given:
        if first.setdefault(clip.resolved, clip) is not clip:
            warnings.append(f"{clip.source} is the same file as {first[clip.resolved].source} and is taken once")
    return list(first.values()), warnings


def problems_of(clip: GivenClip, *, build_dir: PurePath) -> Iterator[str]:
    """Why the user cannot have meant this path."""
    if clip.resolved.is_relative_to(build_dir) or clip.source.is_relative_to(build_dir):
        yield "lies in the build directory, where outputs go"
    if is_reserved(clip.source.name):
        yield "camvault keeps names like this for its own files, please rename it"
    if clip.why_left_out and not clip.is_found:
        yield clip.why_left_out


def outlook_of(clips: Sequence[GivenClip], codings: Sequence[Coding], *, mode: Mode) -> Iterator[str]:
    """What the user should know before the work of clips that will not be encoded, or not with all that is in them."""
    for clip, coding in zip(clips, codings, strict=True):
        if clip.why_left_out:
            yield f"{clip.source}: {clip.why_left_out}; it will be left out"
        elif clip.why_not_encoded:
            condition = " if the others leave room for it" if coding is Coding.IF_ROOM else ""
            yield f"{clip.source}: {clip.why_not_encoded}; it is copied as it is{condition}"
        elif coding is not Coding.BY_MODE and clip.info is not None:
            small = f"{clip.size_bytes:,} bytes for {hours(clip.info.duration_s)} are less than any encode would take"
            yield f"{clip.source}: {small}; it is copied as it is"
        elif mode is Mode.ENCODE and clip.info is not None and clip.info.unkept:
            yield f"{clip.source}: {'; '.join(clip.info.unkept)}; its original will be kept"
