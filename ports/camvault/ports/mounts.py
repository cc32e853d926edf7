"""Port: where file systems belong, and where they are."""

from pathlib import PurePath

import attrs


@attrs.frozen
class MountTable:
    """What the system says about its mount points. Both are empty where it does not say.

    `expected` are those of its configuration, `mounted` those on which something is mounted now.
    """

    expected: frozenset[PurePath] = frozenset()
    mounted: frozenset[PurePath] = frozenset()
