"""Adapter for rsync: is the folder the target that was always meant, or what is left when it is not mounted?

The target carries a marker file with a number of its own, and the records here hold the same number. A target without
its marker is not written to. The first time there is no number yet: the marker is made then, unless

- the folder is a mount point of /etc/fstab, or below one, that is not mounted now (never, whatever is asked for), or
- it is where things are mounted by custom (/mnt, /media, ...) and still on the machine's own disk (unless asked for).
"""

import re
import uuid
from pathlib import Path, PurePath

import attrs

from camvault.ports.errors import StorageError
from camvault.ports.files import Storage
from camvault.ports.transfer import TargetError

MARKER_NAME = ".camvault-target"
_CUSTOMARY = tuple(map(PurePath, ("/mnt", "/media", "/run/media", "/net", "/Volumes")))
_ESCAPE = re.compile(r"\\([0-7]{3})")
_FSTAB_FIELDS = 3


def mount_points(fstab: str) -> frozenset[PurePath]:
    """Where something shall be mounted. Source: fstab(5)."""
    rows = (line.split() for line in fstab.splitlines() if not line.lstrip().startswith("#"))
    return frozenset(PurePath(_plain(row[1])) for row in rows if len(row) >= _FSTAB_FIELDS and row[1].startswith("/"))


def mounted(mountinfo: str) -> frozenset[PurePath]:
    """Where something is mounted; an automount point that waits for its file system is not.

    Source: proc_pid_mountinfo(5).
    """
    kinds: dict[PurePath, str] = {}
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        kinds[PurePath(_plain(fields.split()[4]))] = rest.split()[0]
    return frozenset(path for path, kind in kinds.items() if kind != "autofs")


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)


@attrs.frozen
class TargetGuard:
    """Looks at a target folder of this machine.

    Attributes:
        folder: The target.
        record: Where its number is held here.
    """

    folder: PurePath
    record: PurePath
    storage: Storage
    fstab: Path = Path("/etc/fstab")
    mountinfo: Path = Path("/proc/self/mountinfo")
    customary: tuple[PurePath, ...] = _CUSTOMARY

    def check(self, *, may_begin: bool) -> str:
        """Its number and the file system it is on.

        Raises:
            TargetError: It is not the target.
        """
        try:
            return self._check(may_begin=may_begin)
        except StorageError as error:
            raise TargetError(str(self.folder), f"it cannot be used: {error}") from error

    def _check(self, *, may_begin: bool) -> str:
        folder = self.storage.resolve(self.folder)
        is_there = self.storage.entry(folder) is not None  # also wakes an automount
        self._refuse_unmounted(folder)
        known = self._number(self.record)
        number = self._number(folder / MARKER_NAME) if is_there else ""
        if not number:
            number = self._begin(folder, known, is_there=is_there, may_begin=may_begin)
        elif known and known != number and not may_begin:
            raise TargetError(str(self.folder), f"it is another target than before ({number}, not {known})")
        if known != number:
            self._remember(number)
        return f"{number} on {self.storage.device_of(folder)}"

    def _number(self, path: PurePath) -> str:
        return (self.storage.read_text(path) or "").strip()

    def _begin(self, folder: PurePath, known: str, *, is_there: bool, may_begin: bool) -> str:
        if known and not may_begin:
            problem = (
                f"its {MARKER_NAME} is missing: it is not mounted" if is_there else "it is not there: not mounted?"
            )
            raise TargetError(str(self.folder), problem)
        own_disk = self.storage.device_of(PurePath("/"))
        is_custom = any(folder.is_relative_to(place) for place in self.customary)
        if is_custom and self.storage.device_of(folder) == own_disk and not may_begin:
            problem = "nothing is mounted there; if this really is the target, run backup_video --init-target once"
            raise TargetError(str(self.folder), problem)
        if not is_there:
            if self.storage.entry(folder.parent) is None:
                raise TargetError(str(self.folder), "neither it nor the folder above it is there")
            self.storage.make_folder(folder)
        number = known or str(uuid.uuid4())
        self.storage.write_text(folder / MARKER_NAME, f"{number}\n")
        return number

    def _remember(self, number: str) -> None:
        try:
            self.storage.write_text(self.record, f"{number}\n")
        except StorageError:
            return  # a full disk here: the marker at the target is believed, and remembered the next time

    def _refuse_unmounted(self, folder: PurePath) -> None:
        wanted = mount_points(_text(self.fstab)) - {PurePath("/")}
        missing = wanted - mounted(_text(self.mountinfo))
        for point in missing:
            if folder.is_relative_to(point):
                raise TargetError(str(self.folder), f"{point} is not mounted")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
