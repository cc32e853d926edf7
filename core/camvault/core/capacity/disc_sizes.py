"""Pure: what optical discs hold, and how many of them footage needs.

A drive that is there is asked; this table is for documentation, for estimates and for disc files.

Source: dvdisaster 0.79.9 `src/dvdisaster.h` (BD_SL_SIZE ... BDXL_QL_SIZE_NODM; DVD_SL_SIZE for DVD+R; of DVD+R DL it
says "also seen: 4173824"), READ FORMAT CAPACITIES of a real BD-R (12,219,392 unformatted, 11,826,176 with default
spares, 12,088,320 with the minimal ones), what wodim prints of a blank DVD-R ("Blocks total: 2298496"), and
Wikipedia's table of recordable DVDs ("DVD-R DL"), which has the same figures for the three DVDs.
"""

import enum
from collections.abc import Mapping

import attrs

SECTOR_BYTES = 2048


class SpareMode(enum.Enum):
    """How many sectors a disc keeps back to replace bad ones. Every mode but NONE formats the disc first."""

    NONE = "none"
    """What camvault writes: nothing is kept back, and the disc is read back instead."""
    MINIMAL = "minimal"
    """256 MiB a layer: growisofs unless told otherwise."""
    DEFAULT = "default"
    """768 MiB a layer: a disc formatted by a drive's own choice."""


@attrs.frozen
class DiscKind:
    """One kind of disc. A mode that is missing in `sectors` is not known for it."""

    name: str
    layer_count: int
    sectors: Mapping[SpareMode, int]

    def capacity_bytes(self, mode: SpareMode = SpareMode.NONE) -> int | None:
        """What the disc takes in this mode, None where it is not known."""
        sectors = self.sectors.get(mode)
        return None if sectors is None else sectors * SECTOR_BYTES


def _bd(name: str, layer_count: int, *, none: int, default: int, minimal: int | None = None) -> DiscKind:
    sectors = {SpareMode.NONE: none, SpareMode.DEFAULT: default}
    return DiscKind(name, layer_count, sectors if minimal is None else {**sectors, SpareMode.MINIMAL: minimal})


DISCS = (
    DiscKind("DVD-R", 1, {SpareMode.NONE: 2_298_496}),
    DiscKind("DVD+R", 1, {SpareMode.NONE: 2_295_104}),
    DiscKind("DVD+R DL", 2, {SpareMode.NONE: 4_173_824}),
    _bd("BD-R 25", 1, none=12_219_392, default=11_826_176, minimal=12_088_320),
    _bd("BD-R DL 50", 2, none=24_438_784, default=23_652_352),
    _bd("BD-R XL 100", 3, none=48_878_592, default=47_305_728),
    _bd("BD-R XL 128", 4, none=62_500_864, default=60_403_712),
)

BD_R_25 = DISCS[3]


def discs_needed(size_bytes: int, *, disc_bytes: int) -> int:
    """The fewest discs of `disc_bytes` (usable, at least 1) that `size_bytes` needs, were clips freely divisible."""
    return -(-size_bytes // disc_bytes)


def smallest_disc(size_bytes: int, *, mode: SpareMode = SpareMode.NONE) -> DiscKind | None:
    """The smallest kind of disc that takes an image of this size in this mode; None if none does."""
    fitting = [disc for disc in DISCS if (disc.capacity_bytes(mode) or 0) >= size_bytes]
    return min(fitting, key=lambda disc: disc.capacity_bytes(mode) or 0, default=None)
