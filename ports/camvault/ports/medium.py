"""Port: the medium in a drive, as a value: its state, its capacity, and why an image may not be written to it."""

import enum

import attrs

from camvault.ports.image import SECTOR_BYTES


class MediumState(enum.Enum):
    """What lies in the drive. Only BLANK may be written."""

    ABSENT = "absent"
    BLANK = "blank"
    INCOMPLETE = "incomplete"
    """Writing began and was not brought to its end."""
    APPENDABLE = "appendable"
    """Every session is closed, and the drive would take another one."""
    CLOSED = "closed"
    UNSUITABLE = "unsuitable"


@attrs.frozen
class Medium:
    """A medium as the drive describes it. `free_sectors` (`SECTOR_BYTES` each) is for the mode that will be used."""

    state: MediumState
    kind: str = ""
    free_sectors: int = 0
    detail: str = ""
    """What the drive adds, for the person who has to do something about it."""

    @property
    def free_bytes(self) -> int:
        """Capacity left, in bytes."""
        return self.free_sectors * SECTOR_BYTES

    def refusal(self, size_bytes: int) -> str | None:
        """Why an image of `size_bytes` may not be written to this medium; None if it may."""
        match self.state:
            case MediumState.BLANK if size_bytes <= self.free_bytes:
                return None
            case MediumState.BLANK:
                return f"medium too small, the image has {size_bytes:,} bytes, the disc takes {self.free_bytes:,}"
            case MediumState.ABSENT:
                return "no disc in the drive"
            case MediumState.UNSUITABLE:
                return f"medium cannot be written: {self.kind or 'unknown kind'}"
        return f"medium not blank, it is {self.state.value}" + (f" ({self.detail})" if self.detail else "")
