"""Composition root, shared part: which part is asked for, and what each of them is told."""

import enum
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from camvault.core.dashcam.subset import Subset
from camvault.ports.errors import CamvaultError, UsageError


class DashcamPart(enum.StrEnum):
    """The parts, as they are typed; a word more where there is one."""

    BATTERY = "battery"
    FIND = "find"
    COPY = "copy"
    PUSH = "push"
    VERIFY = "verify"
    STATUS = "status"
    WHY = "why"
    USB = "usb"
    USB_OFF = "usb off"
    USB_RECORDING = "usb recording"
    USB_DATA = "usb data"
    USB_PROVE = "usb prove"
    PRINT = "print"


_NEEDS: Mapping[DashcamPart, str] = {DashcamPart.PRINT: "NAME", DashcamPart.WHY: "CLIP"}
"""What is to be given after the part."""


class NotKnownError(CamvaultError):
    """Something is not known, or could not be done or proven; what is known was printed."""


class DamagedError(CamvaultError):
    """A copy is missing, or is not what was recorded; which was printed."""


@attrs.frozen(kw_only=True)
class Request:
    """What was typed.

    Attributes:
        given: The word after the part; "" if it takes none.
        subset: Which part of all clips is read again.
        may_begin: Whether what stands at the server is taken for the target, whatever it was before.
    """

    part: DashcamPart
    given: str
    config: Path
    is_json: bool
    subset: Subset
    may_begin: bool = False


def part_of(words: Sequence[str]) -> tuple[DashcamPart, str]:
    """The part, and what is given after it.

    Raises:
        UsageError: There is no such part, or too little or too much is given.
    """
    two = " ".join(words[:2])
    followers = [each.removeprefix(f"{words[0]} ") for each in DashcamPart if each.startswith(f"{words[0]} ")]
    name, rest = (two, words[2:]) if two in set(DashcamPart) else (words[0], words[1:])
    if name not in set(DashcamPart):
        raise UsageError(f"unknown part {name!a}: expected one of {', '.join(DashcamPart)}")
    part = DashcamPart(name)
    needed = _NEEDS.get(part, "")
    if len(rest) != bool(needed):
        expected = f"one, {needed}" if needed else f"none, or {', '.join(followers)}" if followers else "none"
        found = f"{' '.join(rest)!a}" if rest else "nothing"
        raise UsageError(f"found {found} after {part}, expected {expected}")
    return part, rest[0] if rest else ""
