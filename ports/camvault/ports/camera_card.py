"""Port: the card of a camera that is a USB disk: found below its port, mounted, and proven to be alive.

A card that lost its power while it is mounted may look empty and answer without an error (vFAT). So nothing is
concluded from a listing unless the card was seen alive before and after it (INV-36).
"""

from pathlib import PurePath
from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError


@attrs.define(str=False)
class CardError(CamvaultError):
    """The card cannot be found, mounted or unmounted; `problem` is what was found and expected."""

    where: str
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


class CardBusyError(CardError):
    """A program uses the card, so that it cannot be unmounted. Nothing may be switched off now."""


class CardLostError(CardError):
    """The card is not alive any more, or is another one: nothing that was read of it since is believed."""


@attrs.frozen(kw_only=True)
class Card:
    """A block device with a file system, below the port of the camera.

    Attributes:
        device: The partition, or the disk if it has none: `/dev/sda1`.
        filesystem: As the kernel calls it: `vfat`, `exfat`, `ext4`.
        uuid: Of the file system; "" if it has none. The same in all sessions.
        attachment: A number for this attachment (DISKSEQ): another one means that it was plugged in again. "" where the
            kernel does not tell.
    """

    device: PurePath
    filesystem: str
    uuid: str = ""
    attachment: str = ""


@attrs.frozen(kw_only=True)
class MountedCard:
    """A card that can be read.

    Attributes:
        folder: Its root.
        card: What is mounted there; None where the system does not tell, of a folder of its own (`camera.path`).
        is_ours: Whether we mounted it, and have to unmount it.
        device_number: `st_dev` of the root when it was mounted, to tell it from an empty mount point.
        doubt: Why it is not known that this is the card in the camera's port; "" if it is. What is found there may be
            copied; that nothing is found there means nothing.
    """

    folder: PurePath
    card: Card | None
    is_ours: bool
    device_number: int
    doubt: str = ""


class CameraCard(Protocol):
    """The card of the one camera that is configured."""

    def find(self, *, within_s: float, cancel: Cancellation) -> Card:
        """Wait until the block device of the camera is there, and its file system is known.

        Not for a card that the system mounts (`camera.path`): there, `mount` waits.

        Raises:
            CardError: Not in time; more than one disk; not the vendor or product that is configured.
            Cancelled: Asked to stop.
        """
        ...

    def mount(self, card: Card | None, *, cancel: Cancellation) -> MountedCard:
        """Mount it, read-only; or, with None, wait for the folder that the system mounts, and take it (`camera.path`).

        What an earlier run of ours has left mounted is unmounted first.

        Raises:
            CardError: It cannot be mounted; something is mounted there already that is not ours, or somebody else has
                mounted the card; nothing is mounted where the system should have.
            CardBusyError: What an earlier run has left mounted is used by a program.
            CardLostError: It is not there any more, or was plugged in again since it was found.
            MissingToolError: There is nothing to mount it with.
            Cancelled: Asked to stop; nothing is mounted.
        """
        ...

    def problem(self, mounted: MountedCard) -> str:
        """Why the card is not known to be alive and the same as when it was mounted; "" if it is. Reads the medium.

        Seen: the mount, its device number, that the block device exists below the camera's port with the same
        attachment number, and that a block of it can be read past every cache. Where there is a `doubt`: that the
        folder is the same one, and not empty.
        """
        ...

    def unmount(self, mounted: MountedCard) -> None:
        """Unmount what we mounted, never lazily, and see that it is; nothing for what the system mounted.

        A card that is dead is unmounted too; one that is not mounted any more is done. It takes some seconds at most,
        and cannot be asked to stop, because it belongs to stopping.

        Raises:
            CardBusyError: A program uses it, and it is still mounted.
            CardError: It cannot be unmounted for another reason.
        """
        ...

    def leftovers(self) -> tuple[MountedCard, ...]:
        """What an earlier run of ours has left mounted, dead or alive: to be unmounted before the port is switched."""
        ...
