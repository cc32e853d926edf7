"""Port: whether a file holds footage at all."""

from pathlib import PurePath
from typing import Protocol


class FootageCheck(Protocol):
    """A first look at a segment."""

    def defect(self, path: PurePath, /) -> str:
        """Why nothing can be played from it; "" if there is footage, also if it ends early or has no duration.

        Raises:
            StorageError: It cannot be read.
        """
        ...
