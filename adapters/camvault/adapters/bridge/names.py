"""Adapter for disc images, pure part: how a file's name is spelled in each tree, unique within its folder."""

import hashlib
from collections.abc import Callable, Iterable, Iterator

_UDF_BYTES_MAX = 254
"""Length of identifier is one byte, and the compression id takes one of the 255. Source: ECMA-167 4/14.4.4."""

_JOLIET_UNITS_MAX = 64
"""Source: Joliet specification 1, "Joliet File Identifiers": 128 bytes."""

_ISO_CHARACTERS_MAX = 30
"""File name and extension together; 31 for a folder. Source: ECMA-119 7.5.1, 7.6.3."""

_ISO_TABLE = {code: code for code in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"} | {
    code: code - 32 for code in b"abcdefghijklmnopqrstuvwxyz"
}
_ISO_BYTES = bytes(_ISO_TABLE.get(code, ord("_")) for code in range(256))

_JOLIET_FORBIDDEN = {**dict.fromkeys(map(ord, '*/:;?\\"<>|'), "_"), **dict.fromkeys(range(32), "_")}
"""Joliet forbids the first six, Windows the rest."""
_JOLIET_BYTES = bytes(ord(_JOLIET_FORBIDDEN.get(code, chr(code))) for code in range(256))
"""The same for names that are ASCII."""


def compressed(text: str) -> bytes:
    """OSTA Compressed Unicode: one byte a character where that is enough, else two. Source: UDF 1.02, 2.1.1."""
    try:
        return b"\x08" + text.encode("latin-1")
    except UnicodeEncodeError:
        return b"\x10" + text.encode("utf-16-be")


def udf_names(raws: Iterable[bytes]) -> dict[bytes, str]:
    """The UDF name of each name in one folder: the name itself wherever UDF can hold it."""
    found: dict[bytes, str] = {}
    others: list[bytes] = []
    for raw in raws:
        exact = _udf_exact(raw)
        if exact is None:
            others.append(raw)
        else:
            found[raw] = exact
    taken = set(found.values()) if others else set()
    for raw in others:
        found[raw] = next(name for name in _udf_substitutes(raw) if name not in taken)
        taken.add(found[raw])
    return found


def _udf_exact(raw: bytes) -> str | None:
    if raw.isascii() and len(raw) <= _UDF_BYTES_MAX:
        return raw.decode("ascii")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if len(compressed(text)) - 1 <= _UDF_BYTES_MAX else None


def _udf_substitutes(raw: bytes) -> Iterator[str]:
    """First the escaped name if it fits, then cut ones with a digest."""
    escaped = _escaped(raw)
    if len(compressed(escaped)) - 1 <= _UDF_BYTES_MAX:
        yield escaped
    digest = hashlib.sha256(raw).hexdigest()
    stem, suffix = _split(escaped)
    for length in range(8, len(digest)):
        tail = f"~{digest[:length]}{suffix}"
        short = stem
        while len(compressed(short + tail)) - 1 > _UDF_BYTES_MAX:
            short = short[:-1]
        yield short + tail


def _escaped(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.replace(b"%", b"%25").decode("utf-8", "surrogateescape")
        return "".join(f"%{ord(c) - 0xDC00:02X}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)  # noqa: PLR2004


def _split(name: str, suffix_max: int = 16) -> tuple[str, str]:
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem and len(suffix) < suffix_max else (name, "")


def iso_names(raws: Iterable[bytes], *, is_folder: bool, taken: set[bytes]) -> dict[bytes, bytes]:
    """The identifiers of the primary tree; `taken` grows. Source: ECMA-119 7.5, 7.6."""
    return _unique(raws, _iso_folder if is_folder else _iso_file, taken, b";1" if not is_folder else b"")


def joliet_names(raws: Iterable[bytes], *, is_folder: bool, taken: set[bytes]) -> dict[bytes, bytes]:
    """The identifiers of the Joliet tree, UCS-2 big endian; `taken` grows."""
    return _unique(raws, _joliet, taken, b"\x00;\x001" if not is_folder else b"")


def _unique(
    raws: Iterable[bytes], spell: Callable[[bytes, str], bytes], taken: set[bytes], version: bytes
) -> dict[bytes, bytes]:
    """`spell(raw, tail)` is the identifier with `tail` at the end of its stem."""
    found: dict[bytes, bytes] = {}
    counts: dict[bytes, int] = {}
    for raw in raws:
        name = spell(raw, "")
        if name in taken:
            # names that agree at their beginning share a counter, else ten thousand of them would be tried again and
            # again
            group = name[:16]
            number = counts.get(group, 0)
            while name in taken:
                number += 1
                name = spell(raw, f"_{number}")
            counts[group] = number
        taken.add(name)
        found[raw] = name + version
    return found


def _iso_file(raw: bytes, tail: str) -> bytes:
    stem, dot, suffix = raw.translate(_ISO_BYTES), b"", b""
    cut = raw.rfind(b".")
    if cut > 0 and len(raw) - cut - 1 <= 8:  # noqa: PLR2004 - longer ones are no extensions
        stem, suffix = stem[:cut], stem[cut + 1 :]
    dot = b"."  # ECMA-119 7.5.1: separator 1 is always there
    room = _ISO_CHARACTERS_MAX - len(suffix) - len(tail)
    return stem[:room] + tail.encode() + dot + suffix


def _iso_folder(raw: bytes, tail: str) -> bytes:
    return raw.translate(_ISO_BYTES)[: _ISO_CHARACTERS_MAX + 1 - len(tail)] + tail.encode()


def _joliet(raw: bytes, tail: str) -> bytes:
    if raw.isascii():
        text = raw.translate(_JOLIET_BYTES).decode("ascii")
    else:
        text = raw.decode("utf-8", "surrogateescape").translate(_JOLIET_FORBIDDEN)
        text = "".join("_" if "\ud800" <= c <= "\udfff" else c for c in text)
    if len(text) + len(tail) <= _JOLIET_UNITS_MAX // 2 or not tail:
        units = (text + tail).encode("utf-16-be")
        if len(units) <= 2 * _JOLIET_UNITS_MAX:
            return units
    stem, suffix = _split(text)
    while len((stem + tail + suffix).encode("utf-16-be")) > 2 * _JOLIET_UNITS_MAX:
        stem = stem[:-1]
    return (stem + tail + suffix).encode("utf-16-be")
