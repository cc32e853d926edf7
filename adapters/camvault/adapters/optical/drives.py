"""Adapter for optical drives: the drives of a Linux machine."""

import contextlib
import time
from pathlib import Path, PurePath

from camvault.adapters._shared.durable import translated
from camvault.adapters._shared.sectors import Comparison
from camvault.adapters.optical import parse
from camvault.adapters.optical.parse import UnreadableAnswerError
from camvault.adapters.optical.scsi import Drive, SenseError, drive_error, open_drive
from camvault.ports.burner import Drives, ReadBack
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import DriveError
from camvault.ports.files import OnBytes
from camvault.ports.image import SECTOR_BYTES
from camvault.ports.medium import Medium, MediumState

_CDROM_INFO = Path("/proc/sys/dev/cdrom/info")

# source: linux/cdrom.h, linux/fs.h
_CDROMEJECT, _CDROMCLOSETRAY, _CDROM_LOCKDOOR = 0x5309, 0x5319, 0x5329
_CDROM_DRIVE_STATUS, _CDROM_GET_CAPABILITY, _BLKFLSBUF = 0x5326, 0x5331, 0x1261
_NO_DISC, _TRAY_OPEN, _NOT_READY = 1, 2, 3
_CAN_CLOSE, _CAN_OPEN = 0x1, 0x2

_READ_SECTORS = 32
"""64 KiB: a cluster of BD, and below every host adapter's limit."""
_BLANK_PROBE_SECTORS = 512
"""A rewritable disc holds a file system if anything stands here: ISO 9660 begins at 16, UDF is anchored at 256."""
_READY_WAIT_S = 120.0
_READY_POLL_S = 0.5


class OpticalDrives:
    """The optical drives of this machine."""

    def devices(self) -> tuple[str, ...]:
        """See `Drives`. From the kernel's list; where there is none, whatever looks like a drive."""
        try:
            return parse.writable_devices(_CDROM_INFO.read_text(encoding="ascii", errors="replace"))
        except OSError:
            return tuple(sorted(map(str, Path("/dev").glob("sr[0-9]*"))))

    def medium(self, device: str, /) -> Medium:
        """See `Drives`."""
        with open_drive(device) as drive:
            try:
                return _medium(drive)
            except SenseError as error:
                if error.sense.is_not_ready:
                    return Medium(MediumState.ABSENT)
                raise DriveError(device, f"The drive does not describe its medium ({error})") from error
            except UnreadableAnswerError as error:
                raise DriveError(device, f"The drive's answer to {error} is too short") from error

    def reload(self, device: str, /, *, cancel: Cancellation) -> None:
        """See `Drives`. A drive that cannot close its tray by itself is not opened: reading skips all other caches."""
        with open_drive(device) as drive:
            try:
                with contextlib.suppress(OSError):  # only root may; it matters to those who read after us
                    drive.control(_BLKFLSBUF)
                if _can_reload(drive):
                    drive.control(_CDROM_LOCKDOOR, 0)
                    drive.control(_CDROMEJECT)
                    drive.control(_CDROMCLOSETRAY)
            except OSError as error:
                raise drive_error(error, device) from error
            _wait_until_ready(drive, cancel)

    def read_back(
        self, device: str, /, *, image: PurePath, size_bytes: int, on_bytes: OnBytes, cancel: Cancellation
    ) -> ReadBack:
        """See `Drives`."""
        comparison = Comparison()
        with open_drive(device) as drive, translated(image), Path(image).open("rb") as file:
            for start in range(0, size_bytes, _READ_SECTORS * SECTOR_BYTES):
                cancel.check()
                wanted = min(_READ_SECTORS * SECTOR_BYTES, size_bytes - start)
                sector, count = start // SECTOR_BYTES, -(-wanted // SECTOR_BYTES)
                try:
                    data = drive.read(sector, count)[:wanted]
                except SenseError as error:
                    return comparison.unreadable(_first_unreadable(drive, sector, count, error))
                comparison.feed(sector, data, file.read(wanted))
                on_bytes(wanted)
        return comparison.result()


def _medium(drive: Drive) -> Medium:
    with contextlib.suppress(OSError):  # a drive that cannot tell is asked in the other ways
        if drive.control(_CDROM_DRIVE_STATUS) in {_NO_DISC, _TRAY_OPEN, _NOT_READY}:
            return Medium(MediumState.ABSENT)
    drive.command(bytes(6))  # TEST UNIT READY
    profile = parse.profile_of(drive.command(bytes((0x46, 0, 0, 0, 0, 0, 0, 0, 8, 0)), 8))
    kind = parse.kind_name(profile)
    if profile in parse.READ_ONLY:
        return Medium(MediumState.CLOSED, kind)
    if profile in parse.REWRITABLE:
        return _rewritable(drive, kind)
    if profile not in parse.WRITE_ONCE:
        return Medium(MediumState.UNSUITABLE, kind)
    information = parse.disc_information(drive.command(bytes((0x51, 0, 0, 0, 0, 0, 0, 0, 34, 0)), 34))
    state = parse.write_once_state(information)
    if state is not MediumState.BLANK:
        return Medium(state, kind)
    track = information.last_track.to_bytes(4, "big")
    return Medium(state, kind, parse.free_sectors(drive.command(b"\x52\x01" + track + bytes((0, 0, 48, 0)), 48)))


def _rewritable(drive: Drive, kind: str) -> Medium:
    """Such a disc always counts as written; it is blank to us if it is formatted and holds no file system."""
    sectors = parse.formatted_sectors(drive.command(bytes((0x23, 0, 0, 0, 0, 0, 0, 0, 252, 0)), 252))
    if sectors is None:
        return Medium(MediumState.UNSUITABLE, f"{kind}, not formatted")
    for sector in range(0, _BLANK_PROBE_SECTORS, _READ_SECTORS):
        try:
            is_zero = not any(drive.read(sector, _READ_SECTORS))
        except SenseError as error:
            if not error.sense.is_about_sectors:
                raise
            if not error.sense.is_never_written:
                return Medium(MediumState.UNSUITABLE, f"{kind}, unreadable at sector {sector:,}")
            is_zero = True
        if not is_zero:
            return Medium(MediumState.CLOSED, kind)
    return Medium(MediumState.BLANK, kind, sectors)


def _can_reload(drive: Drive) -> bool:
    wanted = _CAN_CLOSE | _CAN_OPEN
    return drive.control(_CDROM_GET_CAPABILITY) & wanted == wanted


def _wait_until_ready(drive: Drive, cancel: Cancellation) -> None:
    deadline_s = time.monotonic() + _READY_WAIT_S
    while True:
        cancel.check()
        try:
            drive.command(bytes(6))  # TEST UNIT READY
        except SenseError as error:
            problem = str(error)
        else:
            return
        if time.monotonic() > deadline_s:
            raise DriveError(drive.device, f"The disc did not come back into the drive ({problem})")
        cancel.wait(_READY_POLL_S)


def _first_unreadable(drive: Drive, sector: int, count: int, error: SenseError) -> int:
    """Which one of these sectors it was. Raises unless the medium is to blame."""
    if not error.sense.is_about_sectors:
        raise DriveError(drive.device, f"The drive stopped reading ({error})") from error
    for candidate in range(sector, sector + count):
        try:
            drive.read(candidate, 1)
        except SenseError:
            return candidate
    return sector  # it can be read one by one: a disc that needs a second try is not a good one


_: Drives = OpticalDrives()
