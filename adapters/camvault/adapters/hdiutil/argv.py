"""Adapter for macOS, pure part: the command lines. Source: the manual pages hdiutil(1) and drutil(1)."""

from pathlib import PurePath


def burn_argv(
    image: PurePath, *, device: str, speed: int | None, program: str | PurePath = "hdiutil"
) -> tuple[str, ...]:
    """Burn `image` and close the disc; no verification by the tool and no ejection, since we read the disc back.

    `-device` is left out for the first drive, which is what hdiutil takes by itself.
    """
    pace = "max" if speed is None else str(speed)
    chosen = ("-device", device) if device != DEFAULT_DEVICE else ()
    options = ("-puppetstrings", "-noverifyburn", "-noeject", "-forceclose", "-speed", pace)
    return (str(program), "burn", *options, *chosen, str(image))


def status_argv(device: str) -> tuple[str, ...]:
    """Describe the medium in a drive."""
    chosen = ("-drive", device) if device != DEFAULT_DEVICE else ()
    return ("drutil", *chosen, "status")


def tray_argv(device: str, action: str) -> tuple[str, ...]:
    """Move the tray: `eject` or `close`."""
    chosen = ("-drive", device) if device != DEFAULT_DEVICE else ()
    return ("drutil", *chosen, "tray", action)


DEFAULT_DEVICE = "1"
"""The first drive, as drutil counts them."""
