"""Adapter for disc files, pure part: how a disc file is spelled."""

import re
from pathlib import PurePath

import attrs

from camvault.ports.errors import DriveError

PREFIX = "stdio:"
"""As libburn spells its pseudo drives."""

DEFAULT_SECTORS = 12_219_392
"""A BD-R of 25 GB without spares: 25,025,314,816 bytes."""

_DEVICE = re.compile(r"stdio:(?P<path>.+?)(?:,blocks=(?P<blocks>[0-9]+))?", re.DOTALL)


@attrs.frozen
class DiscFile:
    """A disc in a file and what it holds, in sectors of 2048 bytes."""

    path: PurePath
    sector_count: int = DEFAULT_SECTORS


def parse_device(device: str) -> DiscFile:
    """Read `stdio:PATH` or `stdio:PATH,blocks=N`.

    Raises:
        DriveError: It is spelled differently.
    """
    found = _DEVICE.fullmatch(device)
    if found is None or found["blocks"] == "0" or "\0" in device:
        raise DriveError(device, "Not a disc file, expected stdio:PATH or stdio:PATH,blocks=N")
    return DiscFile(PurePath(found["path"]), int(found["blocks"] or DEFAULT_SECTORS))
