"""Pure: the marker file of a build directory: that camvault made it, and what else is known of files without a record.

Its lines after the first two are added one job after the other: which outputs an image holds that was burned and read
back, and what an output was made of that is not the one of the progress file any more. None of them is a witness: they
say what to read, and what it should hold.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePath

import attrs

BUILD_MARKER_NAME = ".camvault-build"
"""The file that says: everything in this folder was put here by camvault and may be removed with it."""

MARKER_TEXT = "camvault build directory 1\nEverything in this folder may be removed by `cleanup --build-dir`.\n"

_ON_DISC = "on a verified disc: "
_IMAGE = "burned from the image: "
_MADE = "made: "
_FROM = " from "


@attrs.frozen
class BurnedImage:
    """An image that a disc was found to hold when it was read back, and the SHA-256 of the outputs in it."""

    path: PurePath
    sha256: str
    outputs: frozenset[str]


def is_marker(text: str | None) -> bool:
    """Whether this is the text of a marker (None: there is no such file). A torn text is none."""
    return text is not None and text.startswith("camvault build directory ") and "\n" in text


def with_image(text: str | None, image: BurnedImage) -> str:
    """The marker's text with an image that was burned; a torn last line of `text` is dropped."""
    path = str(image.path).replace("\\", "\\\\").replace("\n", "\\n")
    return _with(text, [*(f"{_ON_DISC}{digest}" for digest in sorted(image.outputs)), f"{_IMAGE}{image.sha256} {path}"])


def with_made(text: str | None, made_of: Mapping[str, str]) -> str:
    """The marker's text with outputs, by SHA-256, and the SHA-256 of the original that each was made of."""
    known = set(made_of_outputs(text).items())
    return _with(
        text, (f"{_MADE}{made}{_FROM}{origin}" for made, origin in made_of.items() if (made, origin) not in known)
    )


def _with(text: str | None, lines: Iterable[str]) -> str:
    whole = text if is_marker(text) and text is not None else MARKER_TEXT
    return whole[: whole.rfind("\n") + 1] + "".join(f"{line}\n" for line in lines)


def burned_images(text: str | None) -> tuple[BurnedImage, ...]:
    """The images that a marker's text names, the last one first."""
    found: list[BurnedImage] = []
    outputs: Collection[str] = set[str]()
    for line in _lines(text):
        if line.startswith(_ON_DISC):
            outputs = {*outputs, line.removeprefix(_ON_DISC)}
        elif line.startswith(_IMAGE):
            digest, _, path = line.removeprefix(_IMAGE).partition(" ")
            found.append(BurnedImage(PurePath(_unescaped(path)), digest, frozenset(outputs)))
            outputs = set()
    return tuple(reversed(found))


def made_of_outputs(text: str | None) -> dict[str, str]:
    """Of which original, by SHA-256, each output was made that the marker's text names by its SHA-256."""
    pairs = (line.removeprefix(_MADE).partition(_FROM) for line in _lines(text) if line.startswith(_MADE))
    return {made: origin for made, _, origin in pairs}


def _lines(text: str | None) -> list[str]:
    """Without a torn last one."""
    return (text or "").split("\n")[:-1]


def _unescaped(text: str) -> str:
    return "\\".join(part.replace("\\n", "\n") for part in text.split("\\\\"))
