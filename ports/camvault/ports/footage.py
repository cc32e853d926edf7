"""Port: what a short look into a file tells: whether it holds footage at all, and which content it is."""

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


class ContentSampler(Protocol):
    """A look that tells two contents of one name, size and time from one another, without reading all of them."""

    def sample(self, path: PurePath, /) -> str:
        """A digest of the size and of some parts of the content: the first, the middle and the last 16 KiB.

        Equal contents have equal samples. Recordings that differ have different ones; what was changed in between is
        not noticed, so a sample is never a reason to remove anything. Links are not followed.

        Raises:
            StorageError: It cannot be read, or is no regular file.
        """
        ...
