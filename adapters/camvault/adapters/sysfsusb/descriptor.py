"""Adapter for Linux: the descriptor of a hub, which tells how it switches power, and is in no file below /sys."""

import ctypes
import errno
import fcntl
import os
from collections.abc import Mapping
from pathlib import PurePath

_GET_DESCRIPTOR = 0x06
_FROM_HUB = 0xA0  # from the device, of its class, about the device
_HUB_TYPES = (0x29, 0x2A)  # of USB 2 and USB 3; a hub knows one of them
_LENGTH = 71  # longest one, source: USB 2.0, 11.23.2.1
_TIMEOUT_MS = 2000
_CHARACTERISTICS_AT = 3
_PORT_COUNT_AT = 2

SWITCHING: Mapping[int, str] = {0: "all ports together", 1: "each port by itself", 2: "not at all", 3: "not at all"}
"""By the lowest two bits of wHubCharacteristics."""
PER_PORT = SWITCHING[1]


class _Transfer(ctypes.Structure):
    """`struct usbdevfs_ctrltransfer` of linux/usbdevice_fs.h."""

    _fields_ = (
        ("request_type", ctypes.c_uint8),
        ("request", ctypes.c_uint8),
        ("value", ctypes.c_uint16),
        ("index", ctypes.c_uint16),
        ("length", ctypes.c_uint16),
        ("timeout_ms", ctypes.c_uint32),
        ("data", ctypes.c_void_p),
    )


_CONTROL = 3 << 30 | ctypes.sizeof(_Transfer) << 16 | ord("U") << 8  # _IOWR('U', 0, struct usbdevfs_ctrltransfer)


def hub_descriptor(node: PurePath, /) -> bytes:
    """Ask the hub at a node such as /dev/bus/usb/001/002.

    Raises:
        OSError: It cannot be opened, or does not answer.
    """
    descriptor = os.open(node, os.O_RDWR | os.O_CLOEXEC)
    try:
        for kind in _HUB_TYPES:
            buffer = ctypes.create_string_buffer(_LENGTH)
            transfer = _Transfer(
                _FROM_HUB, _GET_DESCRIPTOR, kind << 8, 0, _LENGTH, _TIMEOUT_MS, ctypes.addressof(buffer)
            )
            try:
                length = fcntl.ioctl(descriptor, _CONTROL, transfer)
            except OSError as error:
                if error.errno != errno.EPIPE:  # the hub does not know this type
                    raise OSError(error.errno, error.strerror, str(node)) from error
                continue
            return buffer.raw[:length]
    finally:
        os.close(descriptor)
    raise OSError(errno.EPIPE, "it is no hub", str(node))


def power_switching(descriptor: bytes, /) -> str:
    """How the hub switches power, one of `SWITCHING`.

    Raises:
        ValueError: It is not a descriptor of a hub.
    """
    if len(descriptor) <= _CHARACTERISTICS_AT or descriptor[1] not in _HUB_TYPES:
        raise ValueError(f"the hub answers {descriptor.hex() or 'nothing'}")
    mode = descriptor[_CHARACTERISTICS_AT] & 3
    # All ports together, and there is one
    return PER_PORT if mode == 0 and descriptor[_PORT_COUNT_AT] == 1 else SWITCHING[mode]
