"""Pure: which program makes an image, and why."""

import enum
from collections.abc import Collection

import attrs


class ImageTool(enum.StrEnum):
    """The programs that can be asked for; BRIDGE is camvault's own writer."""

    BRIDGE = "bridge"
    GENISOIMAGE = "genisoimage"
    HDIUTIL = "hdiutil"


@attrs.frozen
class ImageChoice:
    """A builder and why it was chosen; `tool` is None if the builder that was asked for cannot be used.

    `is_missing` tells why not: the program is not installed (True), or cannot do what is needed (False).
    """

    tool: ImageTool | None
    reason: str
    is_missing: bool = False


def choose_image_builder(
    wanted: ImageTool | None, *, found: Collection[ImageTool], is_stamped: bool = False
) -> ImageChoice:
    """Which builder to use (`wanted` None: the best), given the programs on this machine.

    Only the bridge writer keeps every promise of `create_iso`, so no other builder is chosen without being asked for.
    Whether genisoimage can represent a certain tree is found when it plans the image. `is_stamped`: the image must
    carry a given time.
    """
    if wanted is None:
        return ImageChoice(
            ImageTool.BRIDGE, "both trees right above 4 GiB, exact names and times, reproducible, needs no tool"
        )
    if wanted is ImageTool.BRIDGE:
        return ImageChoice(wanted, "asked for")
    if wanted is ImageTool.HDIUTIL:
        return ImageChoice(
            None,
            "hdiutil makehybrid does not tell the size of an image before it writes it, so that its room "
            "cannot be checked; --builder bridge works on macOS, too",
        )
    if wanted not in found:
        return ImageChoice(None, f"{wanted} not found", is_missing=True)
    if is_stamped:
        return ImageChoice(
            None, f"{wanted} cannot put a given moment into an image: it takes the clock's, and a random identifier"
        )
    return ImageChoice(wanted, "asked for; the same input will not give the same bytes")
