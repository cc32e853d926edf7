"""Pure: whether a file is a disc image."""

from collections.abc import Collection

from camvault.ports.image import SECTOR_BYTES

_VOLUME_IDENTIFIERS = frozenset({b"CD001", b"BEA01"})
"""ISO 9660 (ECMA-119), and the beginning of UDF's extended area (ECMA-167)."""


def image_problem(size_bytes: int, identifiers: Collection[bytes]) -> str | None:
    """Why a file is no image: its size, or the identifiers in its volume recognition sequence; None if it is one."""
    if size_bytes % SECTOR_BYTES:
        return f"not an image: {size_bytes:,} bytes are no whole number of sectors of {SECTOR_BYTES:,} bytes"
    if _VOLUME_IDENTIFIERS.isdisjoint(identifiers):
        return "not an image: it has no volume descriptor of ISO 9660 or UDF"
    return None
