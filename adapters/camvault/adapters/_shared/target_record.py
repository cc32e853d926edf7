"""Private to adapters, pure: what is written down of a target when it is marked.

The number stands in the first line. The second line, which earlier versions did not write, is JSON:

| field   | meaning                                                                                               |
|---------|-------------------------------------------------------------------------------------------------------|
| at      | the address that it had then                                                                          |
| mounted | where its file system was mounted, if that was one of its own, as the kernel lists it; "" if it was   |
|         | on this machine's own disk, or on the disk of the footage; null if that is not known (ssh)            |

Earlier versions wrote `mount` instead. They took a subvolume of btrfs for a mount, and whether a place was one cannot
be told later: it is not believed. A folder carries the same text in its marker.
"""

import json
from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.ports.errors import StorageError
from camvault.ports.transfer import NoRecordedTarget, RecordedTarget, UnreadableTarget, WantedTarget

TARGET_MARKER_NAME = ".camvault-target"
SENDER = "backup_video"
"""The command that marks a target, unless another one sends to it."""


def if_meant(sender: str) -> str:
    """What a user of this command can do about a target that is refused."""
    return f"if this really is the target, and that of no other machine, run {sender} --init-target once"


def never_used(sender: str) -> str:
    """What is said of a target before the first run of this command."""
    return f"it was not used before; {sender} marks it"


@attrs.frozen
class TargetRecord:
    """What is known of a target.

    Attributes:
        number: Tells it from all others.
        address: Where it was when that was written down; "" if an earlier version wrote it.
        mount: The mount point it was on; None if it was on no mount of its own, or if that is not known.
        is_own_disk: Whether it is known that it was on no mount of its own.
    """

    number: str
    address: str = ""
    mount: PurePath | None = None
    is_own_disk: bool = False

    @property
    def text(self) -> str:
        """The content of the file."""
        mount = "" if self.is_own_disk else self.mount and str(self.mount)
        return f"{self.number}\n{json.dumps({'at': self.address, 'mounted': mount})}\n"


def parse_record(text: str) -> TargetRecord | None:
    """What a record or a marker says; None for one without a number. Of a damaged second line nothing is believed."""
    number, _, rest = text.strip().partition("\n")
    number = number.strip()
    if not number:
        return None
    try:
        facts = json.loads(rest)
    except ValueError:
        return TargetRecord(number)
    match facts:
        case {"at": str(address), "mounted": ""} | {"at": str(address), "mount": ""}:
            return TargetRecord(number, address, is_own_disk=True)
        case {"at": str(address), "mounted": str(mount)}:
            return TargetRecord(number, address, PurePath(mount))
        case {"at": str(address), "mounted": None} | {"at": str(address), "mount": _}:
            return TargetRecord(number, address)
        case _:
            return TargetRecord(number)


def wanted_by(read: Callable[[], TargetRecord | None]) -> WantedTarget:
    """Which target is meant by the record that `read` gives."""
    try:
        known = read()
    except StorageError as error:
        return UnreadableTarget(str(error))
    return RecordedTarget(known.number) if known is not None else NoRecordedTarget()
