"""Pure: which burner, may it burn, and what the outcome means."""

import enum
from collections.abc import Collection

import attrs

from camvault.ports.burner import Medium, MediumState, ReadBack
from camvault.ports.errors import BurnError
from camvault.ports.image import SECTOR_BYTES


class Tool(enum.StrEnum):
    """The burners there are."""

    XORRISO = "xorriso"
    GROWISOFS = "growisofs"
    HDIUTIL = "hdiutil"
    DISC_FILE = "disc file"


@attrs.frozen
class Choice:
    """A burner and why it is the one; `tool` is None where there is none."""

    tool: Tool | None
    reason: str


DISC_FILE_PREFIX = "stdio:"
"""How a disc file is spelled as a device, as libburn does."""


def choose_burner(device: str | None, *, is_macos: bool, found: Collection[Tool], wanted: Tool | None = None) -> Choice:
    """Which burner writes to `device` (None: the first drive), given the tools that were found on this machine.

    A disc file needs no tool. xorriso is preferred to growisofs: it finalises the disc, refuses early, and its exit
    code says that a burn failed.
    """
    if device is not None and device.startswith(DISC_FILE_PREFIX):
        return Choice(Tool.DISC_FILE, "the device is a file, no tool is needed")
    if is_macos:
        return (
            Choice(Tool.HDIUTIL, "macOS burns with it") if Tool.HDIUTIL in found else Choice(None, "hdiutil not found")
        )
    if wanted is not None:
        return Choice(wanted, "asked for") if wanted in found else Choice(None, f"{wanted} not found")
    if Tool.XORRISO in found:
        return Choice(Tool.XORRISO, "it finalises the disc and tells when a burn failed")
    if Tool.GROWISOFS in found:
        return Choice(Tool.GROWISOFS, "xorriso not found")
    return Choice(None, "neither xorriso nor growisofs found")


class Verdict(enum.Enum):
    """What to do about the medium in the drive."""

    BURN = "burn"
    WAIT = "wait"
    REFUSE = "refuse"


@attrs.frozen
class Decision:
    """A verdict and its reason."""

    verdict: Verdict
    reason: str = ""


def may_burn(medium: Medium, *, size_bytes: int) -> Decision:
    """Whether an image of `size_bytes` may be written: only to a blank disc that holds it; for a disc, we wait."""
    refusal = medium.refusal(size_bytes)
    if refusal is None:
        return Decision(Verdict.BURN)
    return Decision(Verdict.WAIT if medium.state is MediumState.ABSENT else Verdict.REFUSE, refusal)


def with_fate(error: BurnError, medium: Medium | None) -> BurnError:
    """The error with the drive's word on the disc instead of the tool's; `medium` is None if the drive says nothing.

    A drive that finds no disc has not seen that it is unharmed, so then the tool's word stands.
    """
    if medium is None or medium.state in {MediumState.ABSENT, MediumState.UNSUITABLE}:
        return error
    is_spoiled = medium.state is not MediumState.BLANK
    return BurnError(error.device, error.problem, is_spoiled=is_spoiled, last_lines=error.last_lines)


def unfinished(medium: Medium, *, finished_states: frozenset[MediumState]) -> str | None:
    """Why a medium that a burner claims to have finished is not finished; None if it is."""
    if medium.state in finished_states:
        return None
    return f"the burner reports success, but the drive says that the disc is {medium.state.value}"


class Proof(enum.Enum):
    """What reading back has shown."""

    EQUAL = "equal"
    IMAGE_CHANGED = "image changed"
    DIFFERS = "differs"


def judge(read: ReadBack, *, sha256: str) -> Proof:
    """Compare what came back with the digest the image had before the burn.

    An image that is another one now is named before the disc is: against which file should the disc be judged?
    """
    if read.image_sha256 and read.image_sha256 != sha256:
        return Proof.IMAGE_CHANGED
    return Proof.EQUAL if read.is_equal and read.sha256 == sha256 else Proof.DIFFERS


def describe_damage(read: ReadBack, *, files: Collection[str]) -> str:
    """One sentence that names the first bad sector and what lies there."""
    first = read.bad_sectors[0] if read.bad_sectors else 0
    others = f", {read.bad_sector_count:,} sectors in all" if read.bad_sector_count > 1 else ""
    where = f"in {', '.join(files)}" if files else "in no file (file system structures or padding)"
    what = "cannot be read" if read.unreadable_sector == first else "differs"
    return f"sector {first} {what}{others}, {where}"


_VOLUME_IDENTIFIERS = frozenset({b"CD001", b"BEA01"})
"""ISO 9660 (ECMA-119), and the beginning of UDF's extended area (ECMA-167)."""


def image_problem(size_bytes: int, identifiers: Collection[bytes]) -> str | None:
    """Why a file of this size, with these identifiers in its volume recognition sequence, is no image; or None."""
    if size_bytes % SECTOR_BYTES:
        return f"not an image: {size_bytes:,} bytes are no whole number of sectors of {SECTOR_BYTES:,} bytes"
    if _VOLUME_IDENTIFIERS.isdisjoint(identifiers):
        return "not an image: it has no volume descriptor of ISO 9660 or UDF"
    return None
