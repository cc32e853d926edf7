"""Pure: the names that a file of footage may get in a folder in which its own may be taken (INV-10)."""

import itertools
from collections.abc import Iterator

from camvault.core.segments.names import SUFFIX, parse_segment_name


def footage_names(wanted: str) -> Iterator[str]:
    """`wanted`, which ends with `.mkv`, and then `wanted` with one number after the other; there is no end of them.

    The names of a segment are again a segment's, see `segments.names`. Any other name gets `~2`, `~3`, ... before the
    suffix. Which of them is free says `camvault.core.free_names`.
    """
    name = parse_segment_name(wanted)
    if name is not None:
        return map(str, name.numbered())
    stem = wanted.removesuffix(SUFFIX)
    return itertools.chain((wanted,), (f"{stem}~{number}{SUFFIX}" for number in itertools.count(2)))
