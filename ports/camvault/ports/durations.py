"""Port: how long a segment plays, asked of very many of them."""

from pathlib import PurePath
from typing import Protocol


class Durations(Protocol):
    """A look at the beginning of a file, some microseconds each."""

    def seconds(self, path: PurePath, /) -> float | None:
        """What the file says of itself; None if it says nothing: its recorder was killed, or it is none of ours.

        Raises:
            StorageError: The file is gone or cannot be read.
        """
        ...
