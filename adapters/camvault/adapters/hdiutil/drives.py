"""Adapter for macOS: the drives, as drutil describes them."""

from pathlib import Path, PurePath

from camvault.adapters._shared import process
from camvault.adapters._shared.durable import translated
from camvault.adapters._shared.sectors import Comparison
from camvault.adapters.hdiutil import argv, parse
from camvault.ports.burner import Drives, ReadBack
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import DriveError
from camvault.ports.files import OnBytes
from camvault.ports.image import SECTOR_BYTES
from camvault.ports.medium import Medium

_CHUNK_BYTES = 32 * SECTOR_BYTES
_TIMEOUT_S = 60.0


class DrutilDrives:
    """The optical drives of a Mac, counted from 1 as drutil does."""

    def __init__(self, cancel: Cancellation) -> None:
        self._cancel = cancel

    def devices(self) -> tuple[str, ...]:
        """See `Drives`: the first drive, if drutil knows one."""
        try:
            self._status(argv.DEFAULT_DEVICE)
        except DriveError:
            return ()
        return (argv.DEFAULT_DEVICE,)

    def medium(self, device: str, /) -> Medium:
        """See `Drives`."""
        return self._status(device).medium

    def _status(self, device: str) -> parse.MediumStatus:
        finished = process.run(argv.status_argv(device), cancel=self._cancel, timeout_s=_TIMEOUT_S)
        try:
            return parse.status_of(finished.text)
        except parse.UnknownStatusError as error:
            words = " | ".join(finished.last_lines) or str(error)
            raise DriveError(device, f"No drive detected (drutil says: {words})") from error

    def reload(self, device: str, /, *, cancel: Cancellation) -> None:
        """See `Drives`. The raw disk, from which we read, has no cache."""
        for action in ("eject", "close"):
            process.run(argv.tray_argv(device, action), cancel=cancel, timeout_s=_TIMEOUT_S)

    def read_back(
        self, device: str, /, *, image: PurePath, size_bytes: int, on_bytes: OnBytes, cancel: Cancellation
    ) -> ReadBack:
        """See `Drives`."""
        disk = self._status(device).disk
        if disk is None:
            raise DriveError(device, "The disc does not appear as a disk")
        comparison = Comparison()
        with (
            translated(image),
            Path(image).open("rb") as file,
            Path(disk.replace("/dev/disk", "/dev/rdisk")).open("rb", buffering=0) as disc,
        ):
            for start in range(0, size_bytes, _CHUNK_BYTES):
                cancel.check()
                wanted = min(_CHUNK_BYTES, size_bytes - start)
                try:
                    data = disc.read(-(-wanted // SECTOR_BYTES) * SECTOR_BYTES)[:wanted]
                except OSError:
                    data = b""
                if len(data) < wanted:
                    return comparison.unreadable((start + len(data)) // SECTOR_BYTES)
                comparison.feed(start // SECTOR_BYTES, data, file.read(wanted))
                on_bytes(wanted)
        return comparison.result()


_: type[Drives] = DrutilDrives
