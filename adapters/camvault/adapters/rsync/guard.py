"""Adapter for rsync: is the folder the target that was always meant, or what is left when it is not mounted?

The target carries a marker file with a number of its own, and the records here hold the same number. A target without
its marker is not written to. The first time there is no number yet: the marker is made then, unless

- the folder is a mount point of /etc/fstab, or below one, that is not mounted now (never, whatever is asked for), or
- it is where things are mounted by custom (/mnt, /media, ...) and still on the machine's own disk (unless asked for).

Whether the target was on a mount of its own is written down when it is marked (`TargetRecord`). Only then can it be
offline: where nothing is mounted now, or where a share does not answer. Of everything else that is missing or fails
it is not known what became of it: a folder that is gone on a disk that is mounted, a marker that was lost, an error.
What a mount is, the kernel's list says, then and now: a subvolume of btrfs is a device of its own, and no mount.

The folder itself is touched by a program of its own only, because it may hang (see `mounted`).
"""

import errno
import uuid
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared.mount_lists import (
    AUTOMOUNT,
    SHARES,
    mount_point_of,
    mount_points,
    mounted,
    mounts,
    place_of,
    resolved_points,
)
from camvault.adapters._shared.target_record import (
    SENDER,
    TARGET_MARKER_NAME,
    TargetRecord,
    if_meant,
    never_used,
    parse_record,
    wanted_by,
)
from camvault.adapters._shared.unstoppable import Unstoppable
from camvault.adapters.rsync.mounted import STATUS_LIMIT_S, MountedFolder, MountStatus, NoStatusError
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import StorageError
from camvault.ports.files import Storage
from camvault.ports.transfer import Another, Here, Offline, TargetAnswer, Unsure, WantedTarget

_CUSTOMARY = tuple(map(PurePath, ("/mnt", "/media", "/run/media", "/net", "/Volumes")))
_OF_THE_WAY = frozenset((errno.EACCES, errno.ENODEV, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ETIMEDOUT))
"""What is said where nothing is mounted: by an empty mount point that is closed, or by what should have mounted it."""


@attrs.frozen
class TargetGuard:
    """Looks at a target folder of this machine.

    Attributes:
        folder: The target.
        record: Where is written down here which one it is (`TargetRecord`).
        storage: Holds the record.
        apart_from: The footage that is sent: the target may not lie in it, nor the other way round.
        limit_s: How long the target may take to answer.
        sender: The command that sends, and takes another target with `--init-target`.
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
    sender: str = SENDER
    _unwritten: list[TargetRecord] = attrs.field(factory=list, init=False, eq=False, repr=False)

    def wanted(self) -> WantedTarget:
        """What the record says."""
        return wanted_by(self._known)

    def ask(self) -> TargetAnswer:
        """What stands there now."""
        try:
            known = self._known()
            return self._answer(known) if known is not None else Unsure(never_used(self.sender))
        except StorageError as error:
            return Unsure(f"it cannot be told whether it is the target: {error}")

    def mark(self, *, anew: bool) -> TargetAnswer:
        """As `ask`; a target that was never used is marked, and with `anew` any one that is there."""
        try:
            known = self._known()
            if known is None or anew:
                return self._begin(anew=anew)
            answer = self._answer(known)
            if isinstance(answer, Here):
                self._note_place(known)
        except StorageError as error:
            return Unsure(f"it cannot be told whether it is the target: {error}")
        except NoStatusError as error:
            return Unsure(f"it cannot be marked: {error}")
        return answer

    def _known(self) -> TargetRecord | None:
        """What is written down; what could not be written down holds for this run."""
        known = parse_record(self.storage.read_text(self.record) or "")
        return known or next(iter(self._unwritten), None)

    def _status(self) -> MountStatus:
        beside = self.storage.resolve(self.apart_from) if self.apart_from is not None else None
        there = MountedFolder(self.folder)
        return there.status(marker=TARGET_MARKER_NAME, beside=beside, cancel=self.cancel, limit_s=self.limit_s)

    def _answer(self, known: TargetRecord) -> TargetAnswer:
        try:
            seen = self._status()  # also wakes an automount
        except NoStatusError as error:
            evidence = self._unreached(known, error)
            return Offline(known.number, evidence) if evidence else Unsure(str(error))
        marker = parse_record(seen.marker)
        if marker is not None and marker.number != known.number:
            return Another(marker.number, known.number)
        refusal = self._refusal(seen, known.number)
        evidence = self._evidence(known, seen.resolved)
        if marker is not None and not refusal:
            return Here(known.number, seen.device, self._is_beside(seen))
        if marker is None and evidence:
            return Offline(known.number, evidence)
        return Unsure(refusal or self._lost(seen, known))

    def _lost(self, seen: MountStatus, known: TargetRecord) -> str:
        if not seen.is_there:
            return f"the folder is not there, and no mount is missing that would explain it (device {seen.device})"
        where = f", which was mounted at {known.mount}" if known.mount is not None else ""
        return f"its {TARGET_MARKER_NAME} with the number {known.number} is missing{where}; {if_meant(self.sender)}"

    def _evidence(self, known: TargetRecord, folder: PurePath) -> str:
        """What shows that the target, which is known to be on a mount of its own, is not mounted; "" for nothing."""
        mountinfo = _text(self.mountinfo)
        if known.mount is None or known.address != str(self.folder) or not mountinfo:
            return ""
        is_missing = folder.is_relative_to(known.mount) and known.mount not in mounted(mountinfo)
        return f"nothing is mounted at {known.mount}, where it was mounted" if is_missing else ""

    def _unreached(self, known: TargetRecord, error: NoStatusError) -> str:
        """As `_evidence`, where the folder could not be reached. An error of what stands there is none, ever."""
        evidence = ""
        if "is_there" not in error.seen and (error.is_silent or error.number in _OF_THE_WAY):
            kinds = mounts(_text(self.mountinfo))
            point = mount_point_of(known.mount, kinds) if known.mount is not None else None
            is_waiting = point is not None and kinds[point] == AUTOMOUNT
            resolved = error.seen.get("resolved") or (str(self.folder) if is_waiting else "")
            evidence = self._evidence(known, PurePath(resolved))
        return evidence or (self._silence(known, str(error)) if error.is_silent else "")

    def _silence(self, known: TargetRecord, problem: str) -> str:
        """A share whose server does not answer is offline; a disk of this machine that hangs may be failing."""
        kinds = mounts(_text(self.mountinfo))
        is_share = known.mount is not None and kinds.get(known.mount, "") in SHARES
        is_meant = known.address == str(self.folder)
        return f"{problem} ({kinds[known.mount]} at {known.mount})" if known.mount and is_share and is_meant else ""

    def _begin(self, *, anew: bool) -> TargetAnswer:
        seen = self._status()
        problem = self._refusal(seen, "") or self._unmarkable(seen, anew=anew)
        if problem:
            return Unsure(problem)
        found = parse_record(seen.marker)
        record = self._seen_as(seen, found.number if found is not None and not anew else str(uuid.uuid4()))
        if anew:  # written down first: a disk that is full here leaves the target as it was
            self.storage.write_text(self.record, record.text)
        if found is None or anew:
            there = MountedFolder(seen.resolved)
            there.mark(record.text, marker=TARGET_MARKER_NAME, cancel=self.cancel, limit_s=self.limit_s)
        refusal = self._itself(record.number)
        if refusal:
            return Unsure(refusal)
        if not anew:
            self._remember(record)
        return self._answer(record)

    def _seen_as(self, seen: MountStatus, number: str) -> TargetRecord:
        mount = mount_point_of(seen.resolved, mounted(_text(self.mountinfo)))
        is_own = seen.device == seen.own_device or mount == PurePath("/") or self._is_beside(seen)
        return TargetRecord(number, str(self.folder), None if is_own else mount, is_own)

    def _is_beside(self, seen: MountStatus) -> bool:
        """Whether it is on the device of the footage, also as another subvolume of it."""
        if self.apart_from is None:
            return False
        mountinfo = _text(self.mountinfo)
        here, there = place_of(self.storage.resolve(self.apart_from), mountinfo), place_of(seen.resolved, mountinfo)
        return seen.device == seen.beside_device or (here is not None and there is not None and here[0] == there[0])

    def _note_place(self, known: TargetRecord) -> None:
        """Write down where it is now, if an earlier version did not, or if it is elsewhere since."""
        record = self._seen_as(self._status(), known.number)
        if record != known or self._unwritten:
            self._remember(record)

    def _unmarkable(self, seen: MountStatus, *, anew: bool) -> str:
        is_custom = any(seen.resolved.is_relative_to(place) for place in self.customary)
        if is_custom and seen.device == seen.own_device and not anew:
            return f"nothing is mounted there; {if_meant(self.sender)}"
        return "" if seen.is_parent_there else "neither it nor the folder above it is there"

    def _remember(self, record: TargetRecord) -> None:
        self._unwritten.clear()
        try:
            self.storage.write_text(self.record, record.text)
        except StorageError:
            self._unwritten.append(record)  # a full disk here: the marker is believed, and remembered the next time

    def _refusal(self, seen: MountStatus, number: str) -> str:
        """Why it is no target, whatever its marker says; "" if nothing speaks against it."""
        return self._unmounted(seen.resolved) or self._overlap(seen.resolved) or self._itself(number)

    def _unmounted(self, folder: PurePath) -> str:
        mountinfo = _text(self.mountinfo)
        wanted = resolved_points(mount_points(_text(self.fstab)), mountinfo) - {PurePath("/")}
        missing = (point for point in wanted - mounted(mountinfo) if folder.is_relative_to(point))
        point = next(missing, None)
        return f"{point} is not mounted, and {self.fstab} says that it shall be" if point is not None else ""

    def _overlap(self, folder: PurePath) -> str:
        own = self.storage.resolve(self.apart_from) if self.apart_from is not None else None
        if own is None:
            return ""
        mountinfo = _text(self.mountinfo)
        here, there = place_of(own, mountinfo), place_of(folder, mountinfo)
        is_by_mount = here is not None and there is not None and here[0] == there[0] and _overlap(here[1], there[1])
        return f"it and {self.apart_from} lie in one another" if is_by_mount or _overlap(own, folder) else ""

    def _itself(self, number: str) -> str:
        """What is written to the target must not appear here, by whatever detour (a mount of our own export)."""
        if self.apart_from is None or not number:
            return ""
        marker = parse_record(self.storage.read_text(self.storage.resolve(self.apart_from) / TARGET_MARKER_NAME) or "")
        return f"it is {self.apart_from} itself" if marker is not None and marker.number == number else ""


def _overlap(one: PurePath, other: PurePath) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
