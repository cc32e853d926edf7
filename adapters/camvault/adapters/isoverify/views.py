"""Adapter for disc images: what the trees of an image and its five labels say, as plain values.

Paths are texts here (surrogate escapes included): an image may hold a hundred thousand.
"""

from collections.abc import Callable
from datetime import date

import attrs

from camvault.adapters.isoverify.open_image import OpenImage

Extents = tuple[tuple[int, int], ...]
"""First sector and length in bytes of each piece."""


@attrs.frozen
class TreeView:
    """Files with their extents and modification times (whole seconds), and folders."""

    files: dict[str, tuple[Extents, int]]
    folders: set[str]


@attrs.frozen
class ImageView:
    """Everything that the image says of itself. `joliet_files` are sizes only: its names are not exact."""

    udf: TreeView
    iso: TreeView
    joliet_files: list[Extents]
    labels: dict[str, str]


ReadImage = Callable[[OpenImage, int], ImageView]
"""Reads the trees of an open image that should hold so many files and folders."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()


def seconds_of(day: tuple[int, int, int], clock: tuple[int, int, int], offset_min: int) -> int:
    """Seconds since 1970 of a local time.

    Raises:
        ValueError: There is no such day or time.
    """
    hour, minute, second = clock
    if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004 - a clock
        raise ValueError(clock)
    days = date(*day).toordinal() - _EPOCH_DAY
    return days * 86_400 + hour * 3600 + (minute - offset_min) * 60 + second


def dstring(field: bytes) -> str:
    """OSTA compressed unicode with its length at the end. Source: UDF 1.02 2.1.3."""
    content = field[: field[-1]]
    return content[1:].decode("utf-16-be" if content[:1] == b"\x10" else "latin-1", "replace")
