"""Private to adapters: compares what a medium gives back with the image, sector by sector."""

import hashlib

from camvault.ports.burner import ReadBack
from camvault.ports.image import SECTOR_BYTES

_NAMED_AT_MOST = 1000


class Comparison:
    """Takes medium and image in equal pieces, in order, each piece but the last a multiple of 2048 bytes."""

    def __init__(self) -> None:
        self._medium = hashlib.sha256()
        self._image = hashlib.sha256()
        self._bad: list[int] = []
        self._bad_count = 0

    def feed(self, sector: int, medium: bytes, image: bytes) -> None:
        """Compare one piece that starts at `sector`. An image that became shorter differs."""
        self._medium.update(medium)
        self._image.update(image)
        if medium == image:
            return
        for offset in range(0, len(medium), SECTOR_BYTES):
            if medium[offset : offset + SECTOR_BYTES] != image[offset : offset + SECTOR_BYTES]:
                self._add(sector + offset // SECTOR_BYTES)

    def _add(self, sector: int) -> None:
        self._bad_count += 1
        if len(self._bad) < _NAMED_AT_MOST:
            self._bad.append(sector)

    def result(self) -> ReadBack:
        """The outcome after the last piece."""
        return ReadBack(self._medium.hexdigest(), self._image.hexdigest(), tuple(self._bad), self._bad_count)

    def unreadable(self, sector: int) -> ReadBack:
        """The outcome if the medium does not give `sector`."""
        self._add(sector)
        bad = (*self._bad[: _NAMED_AT_MOST - 1], sector) if sector not in self._bad else tuple(self._bad)
        return ReadBack("", "", bad, self._bad_count, unreadable_sector=sector)
