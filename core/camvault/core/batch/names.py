"""Pure: the names of outputs in a build directory.

Two outputs never share a name, also not on a file system or a disc that ignores case or composes accents: names are
compared case-folded and in normal form C.
"""

import unicodedata
from collections.abc import Collection, Sequence

import attrs

from camvault.core.batch.build_dir import ASIDE_PREFIX, LEFTOVER_SUFFIX, MARKER_NAME, PROGRESS_NAMES
from camvault.ports.progress import Mode

PROGRESS_NAME, COMPLETED_NAME = PROGRESS_NAMES

_ENCODED_SUFFIX = ".mp4"
_NAME_BYTES_MAX = 255


@attrs.frozen
class ClipName:
    """A clip's key in the progress file and the name of its output."""

    key: str
    output: str


def folded(name: str) -> str:
    """The form in which names are compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def is_reserved(name: str) -> bool:
    """Whether camvault keeps such names for its own files; a clip of that name would not reach the disc."""
    plain = folded(name)
    is_progress = plain.startswith("progress") and plain.endswith(".json")
    return is_progress or plain.startswith((MARKER_NAME, ASIDE_PREFIX)) or plain.endswith(LEFTOVER_SUFFIX)


def is_temporary(name: str) -> bool:
    """Whether a file of this name is unfinished work of ours."""
    return name.startswith(".") and name.endswith(LEFTOVER_SUFFIX)


def temporary_name(name: str) -> str:
    """The name an output has until it is complete; at most 255 bytes, whatever `name` is."""
    return "." + _shortened(name, LEFTOVER_SUFFIX, limit=_NAME_BYTES_MAX - 1)


def aside_name(name: str, number: int) -> str:
    """The name a file gets that is in the way of an output and may be somebody's; at most 255 bytes."""
    return _shortened(f"{ASIDE_PREFIX}{number}-{name}", "")


def clip_names(names: Sequence[str], *, mode: Mode) -> tuple[ClipName, ...]:
    """Key and output for each clip in order; the second of the same name gets `~2` before its suffix, and so on.

    Stable: the same names in the same order give the same result.
    """
    taken: set[str] = set()
    counts: dict[str, int] = {}
    found = []
    for name in names:
        start = counts.get(folded(name), 1)
        number, chosen = _first_free(name, start, mode=mode, taken=taken)
        counts[folded(name)] = number + 1
        taken |= {folded(chosen.output), folded(chosen.key)}
        found.append(chosen)
    return tuple(found)


def _first_free(name: str, number: int, *, mode: Mode, taken: Collection[str]) -> tuple[int, ClipName]:
    while True:
        key = name if number == 1 else _numbered(name, number)
        chosen = ClipName(key, _output_name(key, mode))
        if folded(chosen.output) not in taken and folded(chosen.key) not in taken:
            return number, chosen
        number += 1


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
