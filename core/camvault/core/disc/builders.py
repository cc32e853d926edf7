"""Pure: which program makes an image, and why."""

import enum
from collections.abc import Collection

import attrs


class ImageTool(enum.StrEnum):
    """The builders that can be asked for."""

    BRIDGE = "bridge"
    GENISOIMAGE = "genisoimage"
    HDIUTIL = "hdiutil"


@attrs.frozen
class ImageChoice:
    """A builder and why it is the one; `tool` is None where what was asked for cannot be had.

    `is_missing`: because it is not there, not because it cannot do it.
    """

    tool: ImageTool | None
    reason: str
    is_missing: bool = False


def choose_image_builder(
    wanted: ImageTool | None, *, found: Collection[ImageTool], is_stamped: bool = False
) -> ImageChoice:
    """Which builder to use (`wanted` None: the best), given the programs on this machine.

    The bridge writer alone gives all that is promised, so nothing else is ever taken by itself. Whether genisoimage can
    hold a certain tree, it says itself when it plans. `is_stamped`: a certain moment is to stand in the image.
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
            "hdiutil makehybrid does not tell the size of an image before it writes it, so that nobody knows whether "
            "it fits; --builder bridge works on macOS, too",
        )
    if wanted not in found:
        return ImageChoice(None, f"{wanted} not found", is_missing=True)
    if is_stamped:
        return ImageChoice(
            None, f"{wanted} cannot put a given moment into an image: it takes the clock's, and a random identifier"
        )
    return ImageChoice(wanted, "asked for; the same input will not give the same bytes")
