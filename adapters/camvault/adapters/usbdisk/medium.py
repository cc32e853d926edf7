"""Adapter for USB disks: the first block of a device, from its medium."""

import errno
import mmap
import os
import stat
from pathlib import Path

from camvault.adapters.usbdisk.superblock import START_BYTES


def first_block(node: Path, *, number: int) -> bytes:
    """Read it past every cache of this machine. Raises OSError; ENODEV if the node is of another device."""
    descriptor = os.open(node, os.O_RDONLY | os.O_DIRECT | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISBLK(status.st_mode) or status.st_rdev != number:
            raise OSError(errno.ENODEV, "it is the node of another device")
        with mmap.mmap(-1, START_BYTES) as memory, memoryview(memory) as buffer:  # O_DIRECT wants a page
            count = os.preadv(descriptor, [buffer], 0)
            if count != START_BYTES:
                raise OSError(errno.EIO, f"it gave {count} of {START_BYTES} bytes")
            return bytes(buffer)
    finally:
        os.close(descriptor)
