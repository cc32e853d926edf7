"""Pure: what optical discs hold, and how many discs, or which larger one, files need.

A drive that is there is asked for the capacity of its disc. The table serves where no disc is in a drive: to name a
larger kind of disc. The default of disc files (adapter `discfile`) is the 25 GB of this table.
"""

from collections.abc import Iterable

import attrs

from camvault.ports.image import SECTOR_BYTES


@attrs.frozen
class DiscKind:
    """One kind of recordable disc, as camvault writes it: without sectors kept back as spares for bad ones."""

    name: str
    sector_count: int

    @property
    def capacity_bytes(self) -> int:
        """The size of the largest image that the disc takes."""
        return self.sector_count * SECTOR_BYTES

    def __str__(self) -> str:
        return f"{self.name} ({self.capacity_bytes:,} bytes)"


DISCS = (
    DiscKind("DVD+R", 2_295_104),
    DiscKind("DVD-R", 2_298_496),
    DiscKind("DVD+R DL", 4_173_824),
    DiscKind("BD-R 25", 12_219_392),
    DiscKind("BD-R DL 50", 24_438_784),
    DiscKind("BD-R XL 100", 48_878_592),
    DiscKind("BD-R XL 128", 62_500_864),
)
"""In ascending order of capacity.

Source: dvdisaster 0.79.9 `src/dvdisaster.h` (BD_SL_SIZE_NODM ... BDXL_QL_SIZE_NODM; DVD_SL_SIZE for DVD+R; of DVD+R DL
it says "also seen: 4173824"), READ FORMAT CAPACITIES of a real BD-R (12,219,392 unformatted), what wodim prints of a
blank DVD-R ("Blocks total: 2298496"), and Wikipedia's table of recordable DVDs ("DVD-R DL"), which has the same figures
for the three DVDs. A disc that is formatted with spares holds less, a BD-R 25 between 11,826,176 and 12,088,320.
"""


def smallest_disc(size_bytes: int) -> DiscKind | None:
    """The smallest kind of disc that takes an image of this size; None if no disc does."""
    return next((disc for disc in DISCS if disc.capacity_bytes >= size_bytes), None)


def discs_needed(sizes_bytes: Iterable[int], *, limit_bytes: int) -> int | None:
    """How many discs with `limit_bytes` of room hold these files, none of them split; None if one alone is too big.

    First fit, largest first: never more than 11/9 of the best possible plus one.
    """
    free: list[int] = []
    for size in sorted(sizes_bytes, reverse=True):
        if size > limit_bytes:
            return None
        for index, room in enumerate(free):
            if size <= room:
                free[index] = room - size
                break
        else:
            free.append(limit_bytes - size)
    return len(free)
