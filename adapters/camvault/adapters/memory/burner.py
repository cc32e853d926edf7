"""Adapter for tests and library users: a drive, a disc and a burner in memory, faults included."""

import hashlib
from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.adapters.memory.calls import Calls
from camvault.ports.burner import Burner, Drives, ReadBack
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import BurnError, DriveError, MediumError
from camvault.ports.files import OnBytes
from camvault.ports.image import SECTOR_BYTES
from camvault.ports.medium import Medium, MediumState
from camvault.ports.witness import ReadFrom

_CLUSTER_BYTES = 32 * SECTOR_BYTES
_NAMED_AT_MOST = 1000


@attrs.define
class MemoryDisc:
    """A disc, and what is wrong with it. It survives whatever happens to the programs that write it.

    Attributes:
        sector_count: How much it takes.
        state: What the drive says about it.
        content: What is on it, a whole number of sectors.
        write_error_at: Sectors from here on cannot be written.
        flipped_sector: Stored with one bit changed, silently.
        unreadable_sector: Cannot be read.
        read_from: Where its bytes come from when it is read: a disc file may be in memory only.
    """

    sector_count: int = 20_000
    state: MediumState = MediumState.BLANK
    content: bytearray = attrs.field(factory=bytearray)
    write_error_at: int | None = None
    flipped_sector: int | None = None
    unreadable_sector: int | None = None
    read_from: ReadFrom = ReadFrom.MEDIUM


@attrs.define
class MemoryDrives:
    """One drive, with a disc or without.

    Attributes:
        disc: None is an empty drive.
        device: The drive's name.
        gone_at_sector: The drive vanishes for good when this sector is written.
        is_gone: There is no drive (any more).
        read_image: How the content of an image is read; raises `StorageError`.
        reload_count: How often the disc was reloaded.
        calls: Where the calls of the drive and of its burner are announced.
    """

    read_image: Callable[[PurePath], bytes]
    disc: MemoryDisc | None = attrs.field(factory=MemoryDisc)
    device: str = "/dev/sr0"
    gone_at_sector: int | None = None
    is_gone: bool = False
    reload_count: int = 0
    calls: Calls = attrs.field(factory=Calls)

    def devices(self) -> tuple[str, ...]:
        """See `Drives`."""
        return () if self.is_gone else (self.device,)

    def medium(self, device: str, /) -> Medium:
        """See `Drives`."""
        with self.calls.call("drives.medium", device):
            return self.look(device)

    def look(self, device: str) -> Medium:
        """What `medium` says, without a call."""
        self._check(device)
        if self.disc is None:
            return Medium(MediumState.ABSENT)
        free = self.disc.sector_count if self.disc.state is MediumState.BLANK else 0
        return Medium(self.disc.state, "BD-R", free)

    def _check(self, device: str) -> None:
        if self.is_gone or device != self.device:
            raise DriveError(device, "No drive detected")

    def loaded(self, device: str) -> MemoryDisc:
        """The disc; raises `DriveError` without one."""
        self._check(device)
        if self.disc is None:
            raise DriveError(device, "The disc was taken out")
        return self.disc

    def reload(self, device: str, /, *, cancel: Cancellation) -> None:
        """See `Drives`."""
        with self.calls.call("drives.reload", device):
            cancel.check()
            self.loaded(device)
            self.reload_count += 1

    def read_back(
        self, device: str, /, *, image: PurePath, size_bytes: int, on_bytes: OnBytes, cancel: Cancellation
    ) -> ReadBack:
        """See `Drives`."""
        with self.calls.call("drives.read_back", device):
            return self._read_back(device, image, size_bytes, on_bytes, cancel)

    def _read_back(
        self, device: str, image: PurePath, size_bytes: int, on_bytes: OnBytes, cancel: Cancellation
    ) -> ReadBack:
        disc = self.loaded(device)
        expected = self.read_image(image)[:size_bytes]
        bad: list[int] = []
        for start in range(0, size_bytes, SECTOR_BYTES):
            cancel.check()
            sector = start // SECTOR_BYTES
            end = min(start + SECTOR_BYTES, size_bytes)
            if sector == disc.unreadable_sector or end > len(disc.content):
                bad.append(sector)
                named = (*bad[:-1][: _NAMED_AT_MOST - 1], sector)
                return ReadBack("", "", named, len(bad), unreadable_sector=sector)
            if disc.content[start:end] != expected[start:end]:
                bad.append(sector)
            on_bytes(end - start)
        digests = (hashlib.sha256(data).hexdigest() for data in (disc.content[:size_bytes], expected))
        named = tuple(bad[:_NAMED_AT_MOST])
        return ReadBack(next(digests), next(digests), named, len(bad), source=disc.read_from)


@attrs.define
class MemoryBurner:
    """Writes to the drive in memory, cluster by cluster.

    Attributes:
        drives: The drive.
        is_liar: Claims success after a write error, as growisofs has done.
        leaves: The state of a finished disc.
    """

    drives: MemoryDrives
    is_liar: bool = False
    leaves: MediumState = MediumState.CLOSED

    @property
    def name(self) -> str:
        """See `Burner`."""
        return "memory burner"

    @property
    def finished_states(self) -> frozenset[MediumState]:
        """See `Burner`."""
        return frozenset({MediumState.CLOSED})

    def command(self, image: PurePath, /, *, device: str, speed: int | None) -> tuple[str, ...]:
        """See `Burner`."""
        pace = () if speed is None else (f"speed={speed}",)
        return ("memory-burner", *pace, device, str(image))

    def burn(
        self, image: PurePath, /, *, device: str, speed: int | None, on_bytes: OnBytes, cancel: Cancellation
    ) -> None:
        """See `Burner`."""
        del speed
        with self.drives.calls.call("burner.burn", image, device) as announce_half:
            data = self.drives.read_image(image)
            refusal = self.drives.look(device).refusal(len(data))
            if refusal is not None:
                raise MediumError(device, refusal)
            disc = self.drives.loaded(device)
            for start in range(0, len(data), _CLUSTER_BYTES):
                cancel.check()
                if not self._write(disc, start, data[start : start + _CLUSTER_BYTES]):
                    break
                on_bytes(min(_CLUSTER_BYTES, len(data) - start))
                announce_half()
            disc.state = self.leaves

    def _write(self, disc: MemoryDisc, start: int, cluster: bytes) -> bool:
        """Whether it was written; False is the lie."""
        first = start // SECTOR_BYTES
        sectors = range(first, first - (-len(cluster) // SECTOR_BYTES))
        if self.drives.gone_at_sector in sectors:
            self.drives.is_gone = True
            raise BurnError(self.drives.device, "the drive is gone", is_spoiled=True)
        if disc.write_error_at is not None and disc.write_error_at < sectors.stop:
            if self.is_liar:
                return False
            raise BurnError(self.drives.device, f"write error at sector {disc.write_error_at}", is_spoiled=start > 0)
        disc.state = MediumState.INCOMPLETE
        written = bytearray(cluster.ljust(len(sectors) * SECTOR_BYTES, b"\0"))
        if disc.flipped_sector is not None and disc.flipped_sector in sectors:
            written[(disc.flipped_sector - first) * SECTOR_BYTES + 77] ^= 0x20
        disc.content += written
        return True


_drives: type[Drives] = MemoryDrives
_burner: type[Burner] = MemoryBurner
