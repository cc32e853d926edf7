"""Port: where file systems belong, and where they are."""

from collections.abc import Mapping
from pathlib import PurePath

import attrs


@attrs.frozen
class MountTable:
    """What the system says about its mount points. All are empty where it does not say.

    Attributes:
        expected: The mount points of its configuration; links are followed, as for those that are mounted.
        mounted: Those on which something is mounted now.
        sources: Of each that is mounted, its file system (`Volumes.device_of`) and which folder of it is to be seen
            there: two mounts of one folder have the same source.
        is_unreadable: Whether the system has a list of its mounts that could not be read: nobody knows what is mounted.
    """

    expected: frozenset[PurePath] = frozenset()
    mounted: frozenset[PurePath] = frozenset()
    sources: Mapping[PurePath, tuple[str, PurePath]] = attrs.field(factory=dict, eq=False)
    is_unreadable: bool = False
