"""Composition root, shared part: which drives and which burner a device means on this machine."""

import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from camvault.ports.burner import Burner, Drives
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MissingToolError, UsageError

if TYPE_CHECKING:
    from camvault.core.disc.burner_choice import BurnerTool


EXAMPLE_DEVICE = "/dev/sr0"
"""What a dry run names where there is no drive."""


def select_drives(device: str | None, *, cancel: Cancellation) -> Drives:
    """What `device` is looked up in: disc files, or the optical drives of this system (None: the first drive)."""
    from camvault.core.disc.burner_choice import DISC_FILE_PREFIX  # noqa: PLC0415 - heavy imports stay inside: --help must be fast

    if device is not None and device.startswith(DISC_FILE_PREFIX):
        from camvault.adapters.discfile import DiscFileDrives  # noqa: PLC0415

        return DiscFileDrives()
    if sys.platform == "darwin":  # pragma: no cover - not run in CI
        from camvault.adapters.hdiutil import DrutilDrives  # noqa: PLC0415

        return DrutilDrives(cancel)
    from camvault.adapters.optical import OpticalDrives  # noqa: PLC0415

    return OpticalDrives()


def check_device(device: str | None, *, is_dry_run: bool = False) -> None:
    """Refuse a device that is not there, and a disc file without its prefix, before anything is done.

    On macOS a drive has a name that is no path, and the burner itself has to be asked. A dry run touches no hardware:
    it takes any name below `/dev`, which may be that of a drive that is plugged in later.

    Raises:
        UsageError: With what to type instead.
    """
    from camvault.adapters.optical import OpticalDrives  # noqa: PLC0415
    from camvault.core.disc.device_verdict import DeviceKind, device_refusal  # noqa: PLC0415

    if device is None or (sys.platform == "darwin" and "/" not in device and not Path(device).exists()):
        return
    path = Path(device)
    is_node = path.is_block_device() or path.is_char_device()
    kind = DeviceKind.NODE if is_node else DeviceKind.OTHER if path.exists() else DeviceKind.MISSING
    if is_dry_run and kind is DeviceKind.MISSING and device.startswith("/dev/"):
        return
    refusal = device_refusal(device, kind=kind, drives=OpticalDrives().devices())
    if refusal is not None:
        raise UsageError(refusal)


def blank_disc_bytes(device: str | None, *, cancel: Cancellation) -> int:
    """The bytes that fit the blank disc in `device` (None: the first drive), in the mode the disc will be written in.

    Raises:
        UsageError: `device` is not there, or is a disc file without its prefix.
        DriveError: There is no drive, or no blank disc in the drive.
    """
    from camvault.core.workflows.bodycam.burn import pick_device  # noqa: PLC0415
    from camvault.ports.errors import MediumError  # noqa: PLC0415

    check_device(device)
    drives = select_drives(device, cancel=cancel)
    name = pick_device(device, drives=drives)
    medium = drives.medium(name)
    refusal = medium.refusal(0)
    if refusal is not None:
        raise MediumError(name, refusal)
    return medium.free_bytes


def select_burner(
    device: str,
    *,
    drives: Drives,
    cancel: Cancellation,
    wanted: "BurnerTool | None" = None,
    is_dry_run: bool = False,
    stall_s: float = 1800,
) -> tuple[Burner, str]:
    """The burner for `device`, and the reason for the choice. A dry run starts no program at all.

    `stall_s`: the burner is ended if it stands still for so long (0: no limit).

    Raises:
        MissingToolError: There is none on this machine.
    """
    from camvault.adapters.discfile import DiscFileBurner  # noqa: PLC0415
    from camvault.adapters.growisofs import find_growisofs  # noqa: PLC0415
    from camvault.adapters.hdiutil import find_hdiutil  # noqa: PLC0415
    from camvault.adapters.xorriso import find_xorriso  # noqa: PLC0415
    from camvault.core.disc.burner_choice import BurnerTool, choose_burner  # noqa: PLC0415

    finders: dict[BurnerTool, Burner | None] = {
        BurnerTool.XORRISO: find_xorriso(drives, cancel=cancel, is_version_asked=False),
        BurnerTool.GROWISOFS: find_growisofs(drives, cancel=cancel, is_version_asked=False),
        BurnerTool.HDIUTIL: find_hdiutil(drives, stall_s=stall_s),
        BurnerTool.DISC_FILE: DiscFileBurner(),
    }
    found = {tool: burner for tool, burner in finders.items() if burner is not None}
    choice = choose_burner(device, is_macos=sys.platform == "darwin", found=found.keys(), wanted=wanted)
    if choice.tool is None:
        raise MissingToolError("burner", "xorriso or growisofs, or --device stdio:PATH for a disc file", choice.reason)
    burner: Burner | None = found[choice.tool]
    if not is_dry_run and choice.tool is BurnerTool.XORRISO:
        burner = find_xorriso(drives, cancel=cancel, stall_s=stall_s)
    if not is_dry_run and choice.tool is BurnerTool.GROWISOFS:
        burner = find_growisofs(drives, cancel=cancel, stall_s=stall_s)
    return burner or found[choice.tool], choice.reason


def burn_command(
    image: PurePath, device: str | None, *, speed: int | None, wanted: "BurnerTool | None", cancel: Cancellation
) -> str:
    """The command line that would burn `image`, as a shell reads it. The image need not exist yet.

    Raises:
        MissingToolError: There is no burner on this machine.
    """
    from camvault.adapters.reporting import shell_line  # noqa: PLC0415

    drives = select_drives(device, cancel=cancel)
    named = device or next(iter(drives.devices()), EXAMPLE_DEVICE)
    tool, _ = select_burner(named, drives=drives, cancel=cancel, wanted=wanted, is_dry_run=True)
    return shell_line(tool.command(image, device=named, speed=speed))


def disc_file_of(device: str | None) -> Path | None:
    """The file of a device `stdio:PATH[,blocks=N]`, absolute; None for a drive."""
    from camvault.core.disc.burner_choice import DISC_FILE_PREFIX  # noqa: PLC0415

    if device is None or not device.startswith(DISC_FILE_PREFIX):
        return None
    return Path(device.removeprefix(DISC_FILE_PREFIX).rsplit(",blocks=", 1)[0]).absolute()
