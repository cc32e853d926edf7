"""Adapter for disc files, pure part: how a disc file is spelled, as libburn spells its pseudo drives."""

import re
from pathlib import PurePath

import attrs

from camvault.ports.errors import DriveError, UsageError

DEFAULT_SECTORS = 12_219_392
"""A BD-R of 25 GB without spares: 25,025,314,816 bytes."""

_EXPECTED = "expected stdio:PATH or stdio:PATH,blocks=N with N of at least 1"
_OPTION = re.compile(r",\s*(?:\w[\w-]*\s*=|blocks?\b)[^/]*\Z", re.IGNORECASE)
_DEVICE = re.compile(r"stdio:(?P<path>.+?)(?:,blocks=(?P<blocks>[0-9]+))?", re.DOTALL)


@attrs.frozen
class DiscFile:
    """A disc in a file and what it holds, in sectors of 2048 bytes."""

    path: PurePath
    sector_count: int = DEFAULT_SECTORS


def parse_device(device: str) -> DiscFile:
    """Read `stdio:PATH` or `stdio:PATH,blocks=N`.

    A name that ends like an option is a slip (`,block=500`) and would be a disc of 25 GB under that name. With a size
    at its end the path may be anything: `stdio:a,b=c.img,blocks=12219392`.

    Raises:
        DriveError: It is spelled differently.
        UsageError: It has another option than `blocks`, or no number of blocks.
    """
    found = _DEVICE.fullmatch(device)
    if found is None or "\0" in device:
        raise DriveError(device, f"Not a disc file, {_EXPECTED}")
    blocks = found["blocks"]
    option = _OPTION.search(device) if blocks is None else None
    if option is not None or (blocks is not None and int(blocks) == 0):
        wrong = option[0] if option is not None else f",blocks={blocks}"
        raise UsageError(f"--device {device!a}: found {wrong!a}, {_EXPECTED}")
    return DiscFile(PurePath(found["path"]), int(blocks or DEFAULT_SECTORS))
