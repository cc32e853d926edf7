"""Adapter for rsync: is the folder the target that was always meant, or what is left when it is not mounted?

The target carries a marker file with a number of its own, and the records here hold the same number. A target without
its marker is not written to. The first time there is no number yet: the marker is made then, unless

- the folder is a mount point of /etc/fstab, or below one, that is not mounted now (never, whatever is asked for), or
- it is where things are mounted by custom (/mnt, /media, ...) and still on the machine's own disk (unless asked for).

The folder itself is touched by a program of its own only, because it may hang (see `mounted`).
"""

import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path, PurePath

import attrs

from camvault.adapters.rsync.mounted import STATUS_LIMIT_S, MountedFolder, Status
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import StorageError
from camvault.ports.files import Storage
from camvault.ports.transfer import TargetError

MARKER_NAME = ".camvault-target"
IF_MEANT = "if this really is the target, run backup_video --init-target once"
"""What a user can do about a target that is refused."""
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


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)


class Unstoppable:
    """For a look that nobody can stop but its limit of time."""

    is_requested = False

    def check(self) -> None:
        """Go on."""

    def wait(self, seconds: float) -> bool:
        """Nobody waits with this one."""
        raise NotImplementedError(seconds)

    def warn_first(self, warning: Callable[[], None]) -> AbstractContextManager[None]:  # noqa: ARG002 - never asked
        """Nothing to warn of."""
        return nullcontext()


@attrs.frozen
class TargetGuard:
    """Looks at a target folder of this machine.

    Attributes:
        folder: The target.
        record: Where its number is held here.
        storage: Holds the record.
        apart_from: The footage that is sent: the target may not lie in it, nor the other way round.
        limit_s: How long the target may take to answer.
    """

    folder: PurePath
    record: PurePath
    storage: Storage
    fstab: Path = Path("/etc/fstab")
    mountinfo: Path = Path("/proc/self/mountinfo")
    customary: tuple[PurePath, ...] = _CUSTOMARY
    apart_from: PurePath | None = None
    cancel: Cancellation = attrs.field(factory=Unstoppable)
    limit_s: float = STATUS_LIMIT_S

    def check(self, *, may_begin: bool, must_be_known: bool = False) -> str:
        """Its number and the file system it is on.

        Raises:
            TargetError: It is not the target, or does not answer.
        """
        try:
            return self._check(may_begin=may_begin, must_be_known=must_be_known)
        except StorageError as error:
            raise TargetError(str(self.folder), f"it cannot be used: {error}") from error

    def _check(self, *, may_begin: bool, must_be_known: bool) -> str:
        known = (self.storage.read_text(self.record) or "").strip()
        if must_be_known and not known:
            raise TargetError(str(self.folder), "it was not used before")
        seen = self._status()  # also wakes an automount
        self._refuse_unmounted(seen.resolved)
        self._refuse_overlap(seen.resolved)
        if not seen.number:
            number = self._begin(seen, known, may_begin=may_begin)
            seen = self._status()
        elif known and known != seen.number and not may_begin:
            problem = f"it is another target than before ({seen.number}, not {known}); {IF_MEANT}"
            raise TargetError(str(self.folder), problem, is_other=True)
        else:
            number = seen.number
        self._refuse_itself(number)
        if known != number:
            self._remember(number)
        return f"{number} on {seen.device}"

    def _status(self) -> Status:
        there = MountedFolder(self.folder)
        return there.status(marker=MARKER_NAME, cancel=self.cancel, limit_s=self.limit_s)

    def _begin(self, seen: Status, known: str, *, may_begin: bool) -> str:
        is_own_disk = seen.device == seen.own_device
        if known and not may_begin:
            problem = (
                f"its {MARKER_NAME} is missing: it is not mounted, or it is another one; {IF_MEANT}"
                if seen.is_there
                else "it is not there: not mounted?"
            )
            raise TargetError(str(self.folder), problem, is_other=seen.is_there and not is_own_disk)
        is_custom = any(seen.resolved.is_relative_to(place) for place in self.customary)
        if is_custom and is_own_disk and not may_begin:
            problem = f"nothing is mounted there; {IF_MEANT}"
            raise TargetError(str(self.folder), problem)
        if not seen.is_parent_there:
            raise TargetError(str(self.folder), "neither it nor the folder above it is there")
        number = known or str(uuid.uuid4())
        MountedFolder(seen.resolved).mark(number, marker=MARKER_NAME, cancel=self.cancel, limit_s=self.limit_s)
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

    def _refuse_overlap(self, folder: PurePath) -> None:
        own = self.storage.resolve(self.apart_from) if self.apart_from is not None else None
        if own is None:
            return
        mountinfo = _text(self.mountinfo)
        here, there = place_of(own, mountinfo), place_of(folder, mountinfo)
        is_by_mount = here is not None and there is not None and here[0] == there[0] and _overlap(here[1], there[1])
        if is_by_mount or _overlap(own, folder):
            raise TargetError(str(self.folder), f"it and {self.apart_from} lie in one another")

    def _refuse_itself(self, number: str) -> None:
        """What is written to the target must not appear here, by whatever detour (a mount of our own export)."""
        if self.apart_from is None:
            return
        marker = self.storage.resolve(self.apart_from) / MARKER_NAME
        if (self.storage.read_text(marker) or "").strip() == number and number:
            raise TargetError(str(self.folder), f"it is {self.apart_from} itself", is_other=True)


def _overlap(one: PurePath, other: PurePath) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
