"""Adapter for optical drives, pure part: what a drive's answers mean.

Source: MMC-6 (GET CONFIGURATION, READ DISC INFORMATION, READ TRACK INFORMATION, READ FORMAT CAPACITIES), SPC-4 (sense
data), `drivers/cdrom/cdrom.c` of Linux (the list of drives).
"""

import re

import attrs

from camvault.ports.medium import MediumState

WRITE_ONCE = {
    0x11: "DVD-R",
    0x15: "DVD-R DL",
    0x16: "DVD-R DL",
    0x1B: "DVD+R",
    0x2B: "DVD+R DL",
    0x41: "BD-R",
}
"""Profiles that are written in sequence. (0x42, BD-R random recording, is written by no tool we use.)"""

REWRITABLE = {0x12: "DVD-RAM", 0x13: "DVD-RW", 0x1A: "DVD+RW", 0x43: "BD-RE"}
"""Profiles that can be written anywhere, so that the disc itself knows no "blank"."""

READ_ONLY = {0x08: "CD-ROM", 0x10: "DVD-ROM", 0x40: "BD-ROM"}

_OTHER = {0x09: "CD-R", 0x0A: "CD-RW", 0x14: "DVD-RW sequential", 0x42: "BD-R random recording"}

_STATUS_BLANK, _STATUS_APPENDABLE, _STATUS_COMPLETE = 0, 1, 2
_SESSION_INCOMPLETE, _SESSION_DAMAGED = 1, 2
_FORMATTED = 2
_DISC_INFORMATION_BYTES = 12
_TRACK_INFORMATION_BYTES = 20
_CAPACITY_BYTES = 12
_NOT_READY, _MEDIUM_ERROR, _ILLEGAL_REQUEST, _UNIT_ATTENTION, _BLANK_CHECK = 0x2, 0x3, 0x5, 0x6, 0x8
_OUT_OF_RANGE, _END_OF_USER_AREA, _ILLEGAL_MODE_FOR_TRACK = 0x21, 0x63, 0x64
_DESCRIPTOR_SENSE = 0x72
_SHORT_SENSE_BYTES = 4


class UnreadableAnswerError(ValueError):
    """The drive's answer is too short to mean anything."""


@attrs.frozen
class Sense:
    """Why a command failed: key, additional code and its qualifier."""

    key: int
    code: int
    qualifier: int

    def __str__(self) -> str:
        return f"SCSI error {self.key:X}h/{self.code:02X}h/{self.qualifier:02X}h"

    @property
    def is_not_ready(self) -> bool:
        """No medium, or the drive is getting ready."""
        return self.key == _NOT_READY

    @property
    def is_attention(self) -> bool:
        """Something happened since the last command (a medium was changed): ask again."""
        return self.key == _UNIT_ATTENTION

    @property
    def is_about_sectors(self) -> bool:
        """The medium does not give these sectors: medium error, blank check, or beyond the end of what is written."""
        beyond = {_OUT_OF_RANGE, _END_OF_USER_AREA, _ILLEGAL_MODE_FOR_TRACK}
        return self.key in {_MEDIUM_ERROR, _BLANK_CHECK} or (self.key == _ILLEGAL_REQUEST and self.code in beyond)

    @property
    def is_never_written(self) -> bool:
        """The sectors were never written. A medium error says nothing of the kind: there may be footage on them."""
        return self.is_about_sectors and self.key != _MEDIUM_ERROR


def sense_of(data: bytes) -> Sense:
    """Read sense data of either format."""
    if len(data) >= _SHORT_SENSE_BYTES and data[0] & 0x7E == _DESCRIPTOR_SENSE:
        return Sense(data[1] & 0xF, data[2], data[3])
    padded = data.ljust(14, b"\0")
    return Sense(padded[2] & 0xF, padded[12], padded[13])


def profile_of(configuration: bytes) -> int:
    """The current profile; 0 without a medium."""
    if len(configuration) < 8:  # noqa: PLR2004 - the header
        raise UnreadableAnswerError("GET CONFIGURATION")
    return int.from_bytes(configuration[6:8], "big")


def kind_name(profile: int) -> str:
    """What people call a medium of this profile."""
    for names in (WRITE_ONCE, REWRITABLE, READ_ONLY, _OTHER):
        if profile in names:
            return names[profile]
    return f"profile {profile:04X}h"


@attrs.frozen
class DiscInformation:
    """READ DISC INFORMATION: how far the disc is written, and its last track (the one that is written next)."""

    status: int
    last_session: int
    last_track: int


def disc_information(data: bytes) -> DiscInformation:
    """Parse READ DISC INFORMATION."""
    if len(data) < _DISC_INFORMATION_BYTES:
        raise UnreadableAnswerError("READ DISC INFORMATION")
    return DiscInformation(data[2] & 3, data[2] >> 2 & 3, data[6] | data[11] << 8)


def write_once_state(information: DiscInformation) -> MediumState:
    """The state of a disc that is written in sequence."""
    if information.status == _STATUS_BLANK:
        return MediumState.BLANK
    if information.status == _STATUS_COMPLETE:
        return MediumState.CLOSED
    if information.status == _STATUS_APPENDABLE:
        is_open = information.last_session in {_SESSION_INCOMPLETE, _SESSION_DAMAGED}
        return MediumState.INCOMPLETE if is_open else MediumState.APPENDABLE
    return MediumState.UNSUITABLE


def free_sectors(track_information: bytes) -> int:
    """Free Blocks of READ TRACK INFORMATION: what can be written to an unformatted disc, to the sector."""
    if len(track_information) < _TRACK_INFORMATION_BYTES:
        raise UnreadableAnswerError("READ TRACK INFORMATION")
    return int.from_bytes(track_information[16:20], "big")


def formatted_sectors(capacities: bytes) -> int | None:
    """The capacity of a formatted medium from READ FORMAT CAPACITIES; None if it is not formatted."""
    if len(capacities) < _CAPACITY_BYTES:
        raise UnreadableAnswerError("READ FORMAT CAPACITIES")
    return int.from_bytes(capacities[4:8], "big") if capacities[8] & 3 == _FORMATTED else None


def writable_devices(cdrom_info: str) -> tuple[str, ...]:
    """The writers in the kernel's list of drives, `sr0` before `sr1` (the list itself runs backwards)."""
    columns: dict[str, list[str]] = {}
    for line in cdrom_info.splitlines():
        key, colon, values = line.partition(":")
        if colon:
            columns[key.strip()] = values.split()
    names = columns.get("drive name", [])
    rows = [columns.get(key, []) for key in ("Can write CD-R", "Can write DVD-R", "Can write DVD-RAM")]
    writers = [name for index, name in enumerate(names) if any(index < len(row) and row[index] == "1" for row in rows)]
    return tuple(f"/dev/{name}" for name in sorted(writers, key=_number))


def _number(name: str) -> tuple[int, str]:
    digits = re.search(r"\d+$", name)
    return (int(digits[0]) if digits else -1, name)
