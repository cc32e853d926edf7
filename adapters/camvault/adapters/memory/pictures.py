"""Adapter for tests and library users: the pictures in what a `MemoryRecorder` wrote."""

import math
from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.adapters.memory.storage import MemoryStorage
from camvault.ports.pictures import PictureCounter, StoredPictures

SOUND = b"a"
"""A group that begins with it holds sound alone."""


@attrs.define
class MemoryPictures:
    """Every group is `group_s` long, whatever is in it; those that do not begin with `SOUND` are pictures.

    A longer group holds a picture a second. The first of each `key_every` pictures of a file is a key frame.
    """

    storage: MemoryStorage
    group_s: float = 0.2
    key_every: int = 1

    def count(self, path: PurePath, /, *, known: StoredPictures) -> StoredPictures:
        """See `PictureCounter`."""
        with self.storage.calls.call("pictures.count", path):
            content = self.storage.content(path)
        at, number = known.place or (0, 0)
        while (end := content.find(b";", at)) >= 0:
            if not content[at:end].lstrip(b".").startswith(SOUND):
                for picture in range(math.ceil(self.group_s)):
                    is_key = known.count % self.key_every == 0
                    known = known.with_picture(number * self.group_s + picture, is_key=is_key)
            at, number = end + 1, number + 1
        return attrs.evolve(known, place=(at, number))


_: Callable[[MemoryStorage], PictureCounter] = MemoryPictures
