"""Pure: whether a device that was named can be a drive, and what to type if it cannot."""

import enum
from collections.abc import Sequence

from camvault.core.disc.burner_choice import DISC_FILE_PREFIX

_DEVICES = "/dev/"


class DeviceKind(enum.Enum):
    """What stands under the name of a device."""

    NODE = "node"
    """A device node; whether there is a drive behind it is told when it is opened."""
    MISSING = "missing"
    OTHER = "other"
    """A file or a folder."""


def device_refusal(device: str, *, kind: DeviceKind, drives: Sequence[str]) -> str | None:
    """Why `device` is no drive, with what to type instead; None if it may be one. `drives` are those of this machine.

    A name that is not below `/dev` is taken for a disc file whose prefix was forgotten.
    """
    if device.startswith(DISC_FILE_PREFIX) or kind is DeviceKind.NODE:
        return None
    if kind is DeviceKind.OTHER or not device.startswith(_DEVICES):
        return f"Not an optical drive: {device}; for a file that behaves like a disc, type --device stdio:{device}"
    if drives:
        return f"No drive detected at {device}; the drives of this machine: {', '.join(drives)}"
    return (
        f"No drive detected at {device}, nor anywhere else; "
        "without a burner, --device stdio:PATH makes a file that behaves like a disc"
    )
