"""Pure: what is written down of where the folders of footage were mounted: an empty mount point is no empty folder.

A line for each folder: its path as configured, a tab, and the mount point that it was on. A folder on the system's own
disk has no line.
"""

from collections.abc import Mapping
from pathlib import PurePath

from camvault.core.segments.synced_log import escaped, unescaped

PLACE_RECORD_NAME = ".camvault-places"
KnownMounts = Mapping[PurePath, PurePath]
"""By the path of a folder as configured, the mount point that it was on when a job used it last."""


def parse_known_mounts(text: str) -> KnownMounts:
    """What a record says; a damaged line says nothing."""
    fields = (line.split("\t") for line in text.split("\n"))
    pairs = ([unescaped(field) for field in line] for line in fields if len(line) == 2)  # noqa: PLR2004
    known = {PurePath(path): PurePath(mount) for path, mount in pairs if path and mount}
    return {path: mount for path, mount in known.items() if path.is_absolute() and mount.is_absolute()}


def known_mounts_text(known: KnownMounts) -> str:
    """The record, in the order of the paths."""
    return "".join(f"{escaped(str(path))}\t{escaped(str(mount))}\n" for path, mount in sorted(known.items()))


def with_seen(known: KnownMounts, seen: Mapping[PurePath, PurePath | None]) -> KnownMounts:
    """What is known after a job used the folders `seen`: each on this mount point, or (None) on the system's disk."""
    return {path: mount for path, mount in {**known, **seen}.items() if mount is not None}
