"""Port: optical drives and what behaves like one."""

from collections.abc import Sequence
from pathlib import PurePath, PurePosixPath
from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.files import OnBytes
from camvault.ports.medium import Medium, MediumState
from camvault.ports.witness import ReadFrom


class Burner(Protocol):
    """Writes one image to one blank medium."""

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        ...

    @property
    def finished_states(self) -> frozenset[MediumState]:
        """The states in which this tool leaves a medium it has finished; any other one means that it has not."""
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

        Looks into the drive itself before anything is started, whatever the caller has seen there.

        Raises:
            BurnError: It failed, or stood still and was ended; `is_spoiled` tells whether the medium was written to,
                as far as the tool knows.
            MediumError: The medium is not blank or too small; untouched.
            DriveError: Not an optical drive, gone or busy; untouched.
            Cancelled: Stopped on request; what was written is lost.
        """
        ...


@attrs.frozen
class ReadBack:
    """What came back from the medium. `bad_sectors` are the first differing ones (at most 1,000), in order.

    A sector that cannot be read ends the reading: it is the last bad one, and both digests are empty. `source` is where
    the bytes came from: of a disc file that may be less than its medium.
    """

    sha256: str
    image_sha256: str
    bad_sectors: tuple[int, ...] = ()
    bad_sector_count: int = 0
    unreadable_sector: int | None = None
    source: ReadFrom = ReadFrom.MEDIUM

    @property
    def is_equal(self) -> bool:
        """Whether the medium holds the image, bit for bit."""
        return bool(self.sha256) and self.sha256 == self.image_sha256 and self.bad_sector_count == 0


class Drives(Protocol):
    """Finds drives, looks into them, reads from them."""

    def devices(self) -> tuple[str, ...]:
        """Writable optical drives, the first one is the default."""
        ...

    def medium(self, device: str, /) -> Medium:
        """What lies in the drive now; ABSENT also while the drive is getting ready.

        Raises:
            DriveError: There is no such drive, it is not an optical drive, or it does not answer.
        """
        ...

    def reload(self, device: str, /, *, cancel: Cancellation) -> None:
        """Make sure that the next read comes from the medium: eject and load, or drop every cache.

        Raises:
            DriveError: The drive is gone, or the medium did not come back.
        """
        ...

    def read_back(
        self, device: str, /, *, image: PurePath, size_bytes: int, on_bytes: OnBytes, cancel: Cancellation
    ) -> ReadBack:
        """Read exactly `size_bytes` from the medium's start, hash them, and compare with `image` on the way.

        Raises:
            DriveError: The drive is gone. A sector that cannot be read is no error but a result.
            StorageError: The image cannot be read.
        """
        ...


class ImageMap(Protocol):
    """Which files of an image lie where."""

    def files_on(self, image: PurePath, sectors: Sequence[int], /) -> tuple[PurePosixPath, ...]:
        """The files that have content on one of `sectors`, in the image's order; none for file system structures.

        Raises:
            MediaError: The image holds no file system that can be read.
        """
        ...


class VolumeReader(Protocol):
    """What an image says it is."""

    def identifiers(self, image: PurePath, /) -> tuple[bytes, ...]:
        """The standard identifiers (`CD001`, `BEA01`, …) of its volume recognition sequence; empty if it has none.

        Raises:
            StorageError: The image cannot be read.
        """
        ...
