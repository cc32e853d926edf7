"""Port: optical drives and what behaves like one."""

import enum
from pathlib import PurePath
from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.files import OnBytes


class MediumState(enum.Enum):
    """What lies in the drive. Only BLANK may be written."""

    ABSENT = "absent"
    BLANK = "blank"
    APPENDABLE = "appendable"
    CLOSED = "closed"
    UNSUITABLE = "unsuitable"


@attrs.frozen
class Medium:
    """A medium as the drive describes it. `free_sectors` (2048 bytes each) is for the mode that will be used."""

    state: MediumState
    kind: str = ""
    free_sectors: int = 0

    @property
    def free_bytes(self) -> int:
        """Capacity left, in bytes."""
        return self.free_sectors * 2048


class Burner(Protocol):
    """Writes one image to one blank medium."""

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        ...

    def command(self, image: PurePath, /, *, device: str, speed: int | None) -> tuple[str, ...]:
        """The exact command line that `burn` would run; pure, touches no hardware."""
        ...

    def burn(
        self,
        image: PurePath,
        /,
        *,
        device: str,
        speed: int | None,
        on_bytes: OnBytes,
        cancel: Cancellation,
    ) -> None:
        """Write the image and close the medium. Returning is a claim, not a proof: read it back.

        Raises:
            BurnError: It failed; `is_spoiled` tells whether the medium was written to.
            MediumError: The medium is not blank or too small; untouched.
            DriveError: The drive is gone or busy; untouched.
        """
        ...


class Drives(Protocol):
    """Finds drives, looks into them, reads from them."""

    def devices(self) -> tuple[str, ...]:
        """Writable optical drives, the first one is the default."""
        ...

    def medium(self, device: str, /) -> Medium:
        """What lies in the drive now.

        Raises:
            DriveError: There is no such drive, or it does not answer.
        """
        ...

    def reload(self, device: str, /, *, cancel: Cancellation) -> None:
        """Make sure that the next read comes from the medium: eject and load, or drop every cache."""
        ...

    def read_back(
        self, device: str, /, *, image: PurePath, size_bytes: int, on_bytes: OnBytes, cancel: Cancellation
    ) -> "ReadBack":
        """Read exactly `size_bytes` from the medium's start, hash them, and compare with `image` on the way.

        Raises:
            MismatchError: A sector cannot be read; its number is named.
        """
        ...


@attrs.frozen
class ReadBack:
    """What came back from the medium. `bad_sectors` are the first differing ones (at most 1,000), in order."""

    sha256: str
    image_sha256: str
    bad_sectors: tuple[int, ...] = ()
    bad_sector_count: int = 0

    @property
    def is_equal(self) -> bool:
        """Whether the medium holds the image, bit for bit."""
        return self.sha256 == self.image_sha256 and self.bad_sector_count == 0
