"""Adapter parts: the system's lists of mounts, and the one place where what they say is made comparable.

The kernel lists mount points without links. fstab has them as they were written: `resolved_points` follows their links,
because a path that was resolved must be compared with one that was.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath

import attrs

SHARES = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "glusterfs", "ncpfs"),
        *("fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.davfs2"),
    )
)
"""File systems of another machine: they hang when that does not answer."""
AUTOMOUNT = "autofs"
_ESCAPE = re.compile(r"\\([0-7]{3})")
_FSTAB_FIELDS = 3
_LINKS_MOST = 40


def mount_points(fstab: str) -> frozenset[PurePath]:
    """Where something shall be mounted, as it is written. Source: fstab(5)."""
    rows = (line.split() for line in fstab.splitlines() if not line.lstrip().startswith("#"))
    return frozenset(PurePath(_plain(row[1])) for row in rows if len(row) >= _FSTAB_FIELDS and row[1].startswith("/"))


def mounted(mountinfo: str) -> frozenset[PurePath]:
    """Where something is mounted; an automount point that waits for its file system is not."""
    return frozenset(path for path, kind in mounts(mountinfo).items() if kind != AUTOMOUNT)


def mounts(mountinfo: str) -> dict[PurePath, str]:
    """Where what kind of file system is mounted, the topmost one. Source: proc_pid_mountinfo(5)."""
    kinds: dict[PurePath, str] = {}
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        kinds[PurePath(_plain(fields.split()[4]))] = rest.split()[0]
    return kinds


@attrs.frozen
class MountRow:
    """One line of the kernel's list.

    Attributes:
        point: Where it is mounted.
        device: Which file system, as "major:minor".
        kind: What file system.
        source: What was mounted, as mount(8) was told.
        options: Of this mount.
    """

    point: PurePath
    device: str
    kind: str
    source: str
    options: frozenset[str]


def mount_rows(mountinfo: str) -> tuple[MountRow, ...]:
    """All of the list, in its order: of several at one place the last one covers the others.

    Source: proc_pid_mountinfo(5).
    """
    found = []
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        _, _, device, _, point, options, *_ = fields.split(" ")
        kind, source, *_ = rest.split(" ")
        found.append(
            MountRow(PurePath(_plain(point)), device, kind, _plain(source), frozenset(_plain(options).split(",")))
        )
    return tuple(found)


def mount_point_of(path: PurePath, mounted: Iterable[PurePath]) -> PurePath | None:
    """The deepest of these mount points that a resolved path is at or below; None if there is none."""
    points = frozenset(mounted)
    return next((folder for folder in (path, *path.parents) if folder in points), None)


def place_of(path: PurePath, mountinfo: str) -> tuple[str, PurePath] | None:
    """The device that a resolved path is on, and where in its file system: alike however it is mounted.

    Source: proc_pid_mountinfo(5), the fields "major:minor", "root" and "mount point"; what is mounted last is on top.
    """
    found: tuple[str, PurePath] | None = None
    depth = 0
    for line in mountinfo.splitlines():
        _, _, device, root, point, *_ = line.split()
        top = PurePath(_plain(point))
        if path.is_relative_to(top) and len(top.parts) >= depth:
            found, depth = (device, PurePath(_plain(root)) / path.relative_to(top)), len(top.parts)
    return found


def resolved_points(points: Iterable[PurePath], mountinfo: str) -> frozenset[PurePath]:
    """These mount points without links, as the kernel lists them when something is mounted there.

    What is in a share or waits to be mounted is not looked at, because it may hang: there the rest stays as written.
    """
    kinds = mounts(mountinfo)
    return frozenset(_without_links(point, kinds) for point in points)


def _without_links(path: PurePath, kinds: Mapping[PurePath, str]) -> PurePath:
    done, left = PurePath("/"), list(path.parts[1:])
    link_count = 0
    while left and link_count < _LINKS_MOST:
        name, *left = left
        link = _link_at(done / name, kinds)
        if link is not None:
            link_count += 1
            done = PurePath("/") if link.is_absolute() else done
            left[:0] = link.parts[link.is_absolute() :]
        else:
            done = done.parent if name == ".." else done / name
    return path if left else done  # links in a circle: nothing can be mounted there


def _link_at(path: PurePath, kinds: Mapping[PurePath, str]) -> PurePath | None:
    """Where it leads to; None if it is no link, or may hang. A mount point is none."""
    point = mount_point_of(path, kinds)
    kind = kinds[point] if point is not None else ""
    if path == point or path.name == ".." or kind == AUTOMOUNT or kind in SHARES:
        return None
    try:
        return Path(path).readlink()
    except OSError:
        return None


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)
