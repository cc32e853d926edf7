"""Pure: the names of outputs in a build directory, and of the files that camvault itself keeps there.

Two outputs never share a name, not even on a file system or a disc that ignores case or composes accents, see
`camvault.core.free_names`.
"""

import hashlib
import itertools
from collections.abc import Collection, Sequence

import attrs

from camvault.core.batch.build_dir import ASIDE_PREFIX, LEFTOVER_SUFFIX, PROGRESS_NAMES
from camvault.core.batch.marker import BUILD_MARKER_NAME
from camvault.core.free_names import folded, free_names
from camvault.ports.batch_record import Mode

PROGRESS_NAME, COMPLETED_NAME = PROGRESS_NAMES

_ENCODED_SUFFIX = ".mp4"
_NAME_BYTES_MAX = 255
_PLAIN_BYTES_MAX = 200
_DIGITS = 32


@attrs.frozen
class ClipName:
    """A clip's key in the progress file and the name of its output."""

    key: str
    output: str


def is_reserved(name: str) -> bool:
    """Whether camvault keeps such names for its own files; a clip with such a name would not reach the disc."""
    plain = folded(name)
    return (
        plain in PROGRESS_NAMES
        or plain.startswith((BUILD_MARKER_NAME, ASIDE_PREFIX))
        or plain.endswith(LEFTOVER_SUFFIX)
    )


def is_journal(name: str) -> bool:
    """Whether a file with this name holds what is to be folded into a progress file."""
    return is_temporary(name) and name.endswith(f".journal{LEFTOVER_SUFFIX}")


def is_temporary(name: str) -> bool:
    """Whether a file with this name is an unfinished file of camvault."""
    return name.startswith(".") and name.endswith(LEFTOVER_SUFFIX)


def temporary_name(name: str) -> str:
    """The name of an output until it is complete; at most 255 bytes, whatever `name` is.

    Two names never share one, however long they are and wherever they differ: a long one is cut and carries the digest
    of all of it, and what is cut is longer than any that is not.
    """
    if _byte_count(name) <= _PLAIN_BYTES_MAX:
        return f".{name}{LEFTOVER_SUFFIX}"
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]
    return "." + _shortened(name, f"~{digest}{LEFTOVER_SUFFIX}", limit=_NAME_BYTES_MAX - 1)


def aside_name(name: str, number: int) -> str:
    """The name that a foreign file gets which stands where an output goes; at most 255 bytes."""
    return _shortened(f"{ASIDE_PREFIX}{number}-{name}", "")


def clip_names(names: Sequence[str], *, mode: Mode, copied: Collection[int] = ()) -> tuple[ClipName, ...]:
    """Key and output for each clip in order; the second clip of one name gets `~2` before its suffix, and so on.

    `copied` are the places of clips that are copied as they are whatever `mode` says. No output has the key of another
    clip, so that a clip that turns out to be copied can always take its own key as its name. The same names in the same
    order give the same result.
    """
    taken: set[str] = set()
    counts: dict[str, int] = {}
    found = []
    for place, name in enumerate(names):
        how = Mode.COPY if place in copied else mode
        start = counts.get(folded(name), 1)
        numbered = ((number, _numbered_clip(name, number, how)) for number in itertools.count(start))
        number, chosen = next(free_names(numbered, taken=taken, names_of=_names_of))
        counts[folded(name)] = number + 1
        taken |= {folded(chosen.output), folded(chosen.key)}
        found.append(chosen)
    return tuple(found)


def _numbered_clip(name: str, number: int, mode: Mode) -> ClipName:
    key = name if number == 1 else _numbered(name, number)
    return ClipName(key, _output_name(key, mode))


def _names_of(numbered: tuple[int, ClipName]) -> tuple[str, str]:
    _, clip = numbered
    return clip.output, clip.key


def _numbered(name: str, number: int) -> str:
    stem, suffix = _split(name)
    return _shortened(stem, f"~{number}{suffix}")


def _output_name(name: str, mode: Mode) -> str:
    stem, suffix = _split(name)
    if mode is Mode.COPY or suffix.casefold() == _ENCODED_SUFFIX:
        return name
    return _shortened(stem, _ENCODED_SUFFIX)


def _split(name: str) -> tuple[str, str]:
    """Stem and suffix; a leading dot is part of the stem."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem.strip(".") else (name, "")


def _shortened(stem: str, suffix: str, *, limit: int = _NAME_BYTES_MAX) -> str:
    """`stem + suffix`, the stem cut at a character so that the whole takes at most `limit` bytes."""
    room = limit - _byte_count(suffix)
    while _byte_count(stem) > room:
        stem = stem[:-1]
    return stem + suffix


def _byte_count(name: str) -> int:
    return len(name.encode("utf-8", "surrogateescape"))
