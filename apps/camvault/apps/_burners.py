"""Composition root, shared part: which drives and which burner a device means on this machine."""

import sys
from typing import TYPE_CHECKING

from camvault.ports.burner import Burner, Drives
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MissingToolError

if TYPE_CHECKING:
    from camvault.core.disc.burning import Tool


def select_drives(device: str | None, *, cancel: Cancellation) -> Drives:
    """What `device` is looked up in: disc files, or the optical drives of this system (None: the first drive)."""
    from camvault.core.disc.burning import DISC_FILE_PREFIX  # noqa: PLC0415 - heavy imports stay inside: --help must be fast

    if device is not None and device.startswith(DISC_FILE_PREFIX):
        from camvault.adapters.discfile import DiscFileDrives  # noqa: PLC0415

        return DiscFileDrives()
    if sys.platform == "darwin":  # pragma: no cover - not run in CI
        from camvault.adapters.hdiutil import DrutilDrives  # noqa: PLC0415

        return DrutilDrives(cancel)
    from camvault.adapters.optical import OpticalDrives  # noqa: PLC0415

    return OpticalDrives()


def blank_disc_bytes(device: str | None, *, cancel: Cancellation) -> int:
    """What the blank disc in `device` (None: the first drive) takes, in the mode it will be written in.

    Raises:
        DriveError: There is no drive, or something else than a blank disc in it.
    """
    from camvault.core.workflows.bodycam.burn import pick_device  # noqa: PLC0415
    from camvault.ports.errors import MediumError  # noqa: PLC0415

    drives = select_drives(device, cancel=cancel)
    name = pick_device(device, drives=drives)
    medium = drives.medium(name)
    refusal = medium.refusal(0)
    if refusal is not None:
        raise MediumError(name, refusal)
    return medium.free_bytes


def select_burner(
    device: str, *, drives: Drives, cancel: Cancellation, wanted: "Tool | None" = None, is_dry_run: bool = False
) -> tuple[Burner, str]:
    """The burner for `device` and why it is that one. A dry run starts no program, not even to ask its version.

    Raises:
        MissingToolError: There is none on this machine.
    """
    from camvault.adapters.discfile import DiscFileBurner  # noqa: PLC0415
    from camvault.adapters.growisofs import find_growisofs  # noqa: PLC0415
    from camvault.adapters.hdiutil import find_hdiutil  # noqa: PLC0415
    from camvault.adapters.xorriso import find_xorriso  # noqa: PLC0415
    from camvault.core.disc.burning import Tool, choose_burner  # noqa: PLC0415

    finders: dict[Tool, Burner | None] = {
        Tool.XORRISO: find_xorriso(drives, cancel=cancel, is_version_asked=False),
        Tool.GROWISOFS: find_growisofs(drives, cancel=cancel, is_version_asked=False),
        Tool.HDIUTIL: find_hdiutil(drives),
        Tool.DISC_FILE: DiscFileBurner(),
    }
    found = {tool: burner for tool, burner in finders.items() if burner is not None}
    choice = choose_burner(device, is_macos=sys.platform == "darwin", found=found.keys(), wanted=wanted)
    if choice.tool is None:
        raise MissingToolError("burner", "xorriso or growisofs, or --device stdio:PATH for a disc file", choice.reason)
    burner: Burner | None = found[choice.tool]
    if not is_dry_run and choice.tool is Tool.XORRISO:
        burner = find_xorriso(drives, cancel=cancel)
    if not is_dry_run and choice.tool is Tool.GROWISOFS:
        burner = find_growisofs(drives, cancel=cancel)
    return burner or found[choice.tool], choice.reason
