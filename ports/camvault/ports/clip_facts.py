"""Port: what a clip says of itself: how long it is, which camera made it, and when."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Protocol

import attrs


@attrs.frozen
class ContainerFacts:
    """Length in seconds (None where it does not say), and the tags of the container and of its picture.

    Names of tags are as the container spells them; the container's come before the picture's where both have one.
    """

    duration_s: float | None = None
    tags: Mapping[str, str] = attrs.field(factory=dict)


class ClipReader(Protocol):
    """Reads what containers say, without decoding anything."""

    def facts(self, path: PurePath, /) -> ContainerFacts:
        """What the file says. May be called from several threads.

        Raises:
            MediaError: It is no clip.
            StorageError: It cannot be read.
        """
        ...
