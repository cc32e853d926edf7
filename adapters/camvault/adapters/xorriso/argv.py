"""Adapter for xorriso, pure part: the command line."""

from pathlib import PurePath


def burn_argv(
    image: PurePath, *, device: str, speed: int | None, program: str | PurePath = "xorriso"
) -> tuple[str, ...]:
    """Write `image` to a blank disc and finalise it (it does, without `-multi`).

    `-no_rc`, which must come first, keeps start-up files of the user out. `padsize=0`: by default 150 sectors are
    added, and an image of exactly the disc's size is refused (github.com/speed47/dvdisaster, issue 130).
    """
    pace = () if speed is None else (f"speed={speed}",)
    return (str(program), "-no_rc", "-as", "cdrecord", "-v", f"dev={device}", "padsize=0", *pace, str(image))


def version_argv(program: str | PurePath = "xorriso") -> tuple[str, ...]:
    """Print the version."""
    return (str(program), "-no_rc", "-version")
