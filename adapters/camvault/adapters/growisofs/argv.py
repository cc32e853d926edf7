"""Adapter for growisofs, pure part: the command line."""

from pathlib import PurePath


def burn_argv(
    image: PurePath, *, device: str, speed: int | None, program: str | PurePath = "growisofs"
) -> tuple[str, ...]:
    """Write `image` to a blank disc.

    `spare:none`: without it a blank BD-R is formatted with 256 MiB of spares *after* the image was checked against the
    whole disc. `notray`: without it growisofs ends by executing itself to reload the tray, and its exit code is 0 even
    after a write error. `-dvd-compat` finalises a DVD; a BD-R stays appendable whatever is said.
    Source: growisofs.c and growisofs_mmc.cpp of dvd+rw-tools 7.1; each was seen on an emulated drive.

    growisofs splits `-Z` at its first `=`, which is ours as long as the device has none.
    """
    if "=" in device:
        msg = f"growisofs cannot write to a device with = in its name: {device}"
        raise ValueError(msg)
    pace = () if speed is None else (f"-speed={speed}",)
    options = ("-use-the-force-luke=spare:none,notray", "-dvd-compat", *pace)
    return (str(program), *options, "-Z", f"{device}={image}")


def version_argv(program: str | PurePath = "growisofs") -> tuple[str, ...]:
    """Print the version."""
    return (str(program), "-version")
