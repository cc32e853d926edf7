"""Port: which pictures are in a file that a recorder writes, or has written."""

from pathlib import PurePath
from typing import Protocol

import attrs

PictureRun = tuple[float, float]
"""Pictures without a hole between them: when the first and the last one are shown, in seconds of the file."""


@attrs.frozen
class StoredPictures:
    """The pictures that can be read from a file so far.

    Attributes:
        count: How many there are.
        runs: When they are shown, in order. Where the distance of two is far from usual, a new run begins.
        place: Where the counter goes on; of no meaning to anybody else.
        group_s: The longest distance of two key frames, with which alone a recording can begin; 0 until there are two.
        last_key_s: When the last key frame of the last run is shown; None if it holds none, or none is known.
    """

    count: int = 0
    runs: tuple[PictureRun, ...] = ()
    place: tuple[int, ...] = ()
    group_s: float = 0.0
    last_key_s: float | None = None

    @property
    def seconds(self) -> float:
        """For how long pictures are shown, without the holes."""
        return sum(end_s - begin_s for begin_s, end_s in self.runs)

    def with_picture(self, at_s: float, *, is_key: bool = False) -> "StoredPictures":
        """The same with one more picture, shown at `at_s`; a picture may be shown before one that is stored earlier."""
        key_s, group_s = at_s if is_key else self.last_key_s, self.group_s
        if not self.runs:
            return StoredPictures(1, ((at_s, at_s),), self.place, group_s, key_s)
        begin_s, end_s = self.runs[-1]
        # of 25 pictures a second, hardly any is asked how usual its distance is
        if at_s - end_s > _SHORTEST_HOLE_S and at_s - end_s > self._longest_s:
            runs, key_s = (*self.runs, (at_s, at_s)), at_s if is_key else None
        else:
            if is_key and self.last_key_s is not None:
                group_s = max(group_s, at_s - self.last_key_s)
            runs = (*self.runs[:-1], (min(begin_s, at_s), max(end_s, at_s)))
        return StoredPictures(self.count + 1, runs, self.place, group_s, key_s)

    @property
    def _longest_s(self) -> float:
        """The longest distance that is no hole: cameras that send a picture in some seconds have no holes either."""
        pairs = self.count - len(self.runs)
        return max(_SHORTEST_HOLE_S, _UNUSUAL * self.seconds / pairs) if pairs > 0 else _FIRST_HOLE_S


_SHORTEST_HOLE_S, _FIRST_HOLE_S, _UNUSUAL = 2.0, 30.0, 4


class PictureCounter(Protocol):
    """Counts what was stored: never the size of a file, its times, or what its header says."""

    def count(self, path: PurePath, /, *, known: StoredPictures) -> StoredPictures:
        """The pictures in the file at `path`; `known` is what was found in it before, and is not read again.

        Sound is no picture. A picture that is not in the file as a whole yet does not count. What is no footage, or
        cannot be understood from some place on, holds no further pictures.

        Raises:
            StorageError: The file is gone or cannot be read.
        """
        ...
