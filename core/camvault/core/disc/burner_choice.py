"""Pure: which program writes to a drive or a disc file, and why."""

import enum
from collections.abc import Collection

import attrs


class BurnerTool(enum.StrEnum):
    """The programs that burn; DISC_FILE is camvault's own writer of disc files."""

    XORRISO = "xorriso"
    GROWISOFS = "growisofs"
    HDIUTIL = "hdiutil"
    DISC_FILE = "disc file"


@attrs.frozen
class BurnerChoice:
    """A burner and why it was chosen; `tool` is None if no burner can be used."""

    tool: BurnerTool | None
    reason: str


DISC_FILE_PREFIX = "stdio:"
"""The beginning of a device that is a disc file; libburn spells its pseudo drives so."""


def choose_burner(
    device: str | None, *, is_macos: bool, found: Collection[BurnerTool], wanted: BurnerTool | None = None
) -> BurnerChoice:
    """Which burner writes to `device` (None: the first drive), given the tools that were found on this machine.

    A disc file needs no tool. xorriso is preferred to growisofs: xorriso finalises the disc, refuses a medium that it
    cannot write before it begins, and its exit code says when a burn failed.
    """
    if device is not None and device.startswith(DISC_FILE_PREFIX):
        return BurnerChoice(BurnerTool.DISC_FILE, "the device is a file, no tool is needed")
    if is_macos:
        return (
            BurnerChoice(BurnerTool.HDIUTIL, "macOS burns with it")
            if BurnerTool.HDIUTIL in found
            else BurnerChoice(None, "hdiutil not found")
        )
    if wanted is not None:
        return BurnerChoice(wanted, "asked for") if wanted in found else BurnerChoice(None, f"{wanted} not found")
    if BurnerTool.XORRISO in found:
        return BurnerChoice(BurnerTool.XORRISO, "it finalises the disc and tells when a burn failed")
    if BurnerTool.GROWISOFS in found:
        return BurnerChoice(BurnerTool.GROWISOFS, "xorriso not found")
    return BurnerChoice(None, "neither xorriso nor growisofs found")
