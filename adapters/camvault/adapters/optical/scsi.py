"""Adapter for optical drives: SCSI commands to an open device, through the kernel's SG_IO.

Nothing here goes through the page cache, and the kernel's idea of the disc's size, which is stale after a burn without
a reload, does not matter.
"""

import ctypes
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from camvault.adapters.optical.parse import Sense, sense_of
from camvault.ports.errors import DriveError
from camvault.ports.image import SECTOR_BYTES

SG_IO = 0x2285
_FROM_DEVICE, _NO_DATA = -3, -1
_CHECK_CONDITION = 2
_SENSE_BYTES = 64
_TIMEOUT_MS = 60_000
"""The kernel ends a command that takes longer, so that no command waits for a drive for ever."""
_TIMED_OUT = 3  # DID_TIME_OUT, source: scsi/scsi_status.h
_OPTICAL = 5
_ATTENTIONS = 4

_WORDS = {
    errno.ENOENT: "No drive detected",
    errno.ENXIO: "No drive detected",
    errno.ENODEV: "No drive detected",
    errno.EACCES: "No permission to use the drive (is the user in the group cdrom?)",
    errno.EPERM: "No permission to use the drive (is the user in the group cdrom?)",
    errno.EBUSY: "The drive is in use",
    errno.ENOTTY: "Not an optical drive",
    errno.EINVAL: "Not an optical drive",
}


class SenseError(Exception):
    """The drive refused a command and said why."""

    def __init__(self, sense: Sense) -> None:
        super().__init__(str(sense))
        self.sense = sense


class _Header(ctypes.Structure):
    """`struct sg_io_hdr` of scsi/sg.h."""

    _fields_ = (
        ("interface_id", ctypes.c_int),
        ("dxfer_direction", ctypes.c_int),
        ("cmd_len", ctypes.c_ubyte),
        ("mx_sb_len", ctypes.c_ubyte),
        ("iovec_count", ctypes.c_ushort),
        ("dxfer_len", ctypes.c_uint),
        ("dxferp", ctypes.c_void_p),
        ("cmdp", ctypes.c_void_p),
        ("sbp", ctypes.c_void_p),
        ("timeout", ctypes.c_uint),
        ("flags", ctypes.c_uint),
        ("pack_id", ctypes.c_int),
        ("usr_ptr", ctypes.c_void_p),
        ("status", ctypes.c_ubyte),
        ("masked_status", ctypes.c_ubyte),
        ("msg_status", ctypes.c_ubyte),
        ("sb_len_wr", ctypes.c_ubyte),
        ("host_status", ctypes.c_ushort),
        ("driver_status", ctypes.c_ushort),
        ("resid", ctypes.c_int),
        ("duration", ctypes.c_uint),
        ("info", ctypes.c_uint),
    )


def drive_error(error: OSError, device: str) -> DriveError:
    """What the system's error means for somebody who wants to burn."""
    return DriveError(device, _WORDS.get(error.errno or 0, f"The drive does not answer ({error.strerror})"))


class Drive:
    """An open optical drive."""

    def __init__(self, device: str, descriptor: int) -> None:
        self.device = device
        self._descriptor = descriptor

    def control(self, request: int, argument: int = 0) -> int:
        """One ioctl without data; raises OSError."""
        return fcntl.ioctl(self._descriptor, request, argument)

    def command(self, cdb: bytes, length: int = 0) -> bytes:
        """Run one command and return what it gives, at most `length` bytes. A unit attention is asked past.

        Raises:
            SenseError: The drive refuses.
            DriveError: The drive is gone.
        """
        for _ in range(_ATTENTIONS):
            try:
                return self._command(cdb, length)
            except SenseError as error:
                if not error.sense.is_attention:
                    raise
        return self._command(cdb, length)

    def _command(self, cdb: bytes, length: int) -> bytes:
        command = ctypes.create_string_buffer(cdb, len(cdb))
        data = ctypes.create_string_buffer(max(length, 1))
        sense = ctypes.create_string_buffer(_SENSE_BYTES)
        header = _Header(
            interface_id=ord("S"),
            dxfer_direction=_FROM_DEVICE if length else _NO_DATA,
            cmd_len=len(cdb),
            mx_sb_len=_SENSE_BYTES,
            dxfer_len=length,
            dxferp=ctypes.addressof(data),
            cmdp=ctypes.addressof(command),
            sbp=ctypes.addressof(sense),
            timeout=_TIMEOUT_MS,
        )
        try:
            fcntl.ioctl(self._descriptor, SG_IO, header)
        except OSError as error:
            raise drive_error(error, self.device) from error
        if header.sb_len_wr or header.status & _CHECK_CONDITION:
            raise SenseError(sense_of(sense.raw[: header.sb_len_wr]))
        if header.host_status == _TIMED_OUT:
            raise DriveError(self.device, f"The drive stands still: no answer in {_TIMEOUT_MS // 1000} s")
        if header.host_status or header.driver_status or header.status:
            raise DriveError(self.device, f"The drive does not answer (SCSI host status {header.host_status:#x})")
        return data.raw[: max(0, length - max(0, header.resid))]

    def read(self, sector: int, count: int) -> bytes:
        """READ (10): sectors from the medium."""
        cdb = bytes((0x28, 0)) + sector.to_bytes(4, "big") + b"\0" + count.to_bytes(2, "big") + b"\0"
        data = self.command(cdb, count * SECTOR_BYTES)
        if len(data) != count * SECTOR_BYTES:
            raise DriveError(self.device, f"The drive gave {len(data)} bytes for {count} sectors")
        return data


@contextmanager
def open_drive(device: str) -> Iterator[Drive]:
    """Open an optical drive, also an empty one.

    Raises:
        DriveError: There is none, or it is something else: a file, a disk, a partition.
    """
    try:
        descriptor = os.open(device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise drive_error(error if isinstance(error, OSError) else OSError(errno.ENOENT, ""), device) from error
    try:
        drive = Drive(device, descriptor)
        if not stat.S_ISBLK(os.fstat(descriptor).st_mode) or not _is_optical(drive):
            raise DriveError(device, "Not an optical drive")
        yield drive
    finally:
        os.close(descriptor)


def _is_optical(drive: Drive) -> bool:
    """Ask the device what it is: INQUIRY, peripheral device type 5."""
    try:
        answer = drive.command(bytes((0x12, 0, 0, 0, 36, 0)), 36)
    except SenseError:
        return False
    return bool(answer) and answer[0] & 0x1F == _OPTICAL
