"""Composition root, shared part: which tool writes an image on this machine."""

from camvault.adapters.bridge import BridgeBuilder
from camvault.adapters.genisoimage import find_genisoimage
from camvault.core.disc.builders import ImageTool, choose_image_builder
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MissingToolError, UsageError
from camvault.ports.image import ImageBuilder


def select_builder(wanted: ImageTool | None, *, is_stamped: bool, cancel: Cancellation) -> tuple[ImageBuilder, str]:
    """The image builder, and the reason for the choice.

    Raises:
        MissingToolError: What was asked for is not there.
        UsageError: The tool that was asked for cannot do what is needed.
    """
    found: dict[ImageTool, ImageBuilder] = {ImageTool.BRIDGE: BridgeBuilder()}
    genisoimage = find_genisoimage(cancel=cancel) if wanted is ImageTool.GENISOIMAGE else None
    if genisoimage is not None:
        found[ImageTool.GENISOIMAGE] = genisoimage
    choice = choose_image_builder(wanted, found=found.keys(), is_stamped=is_stamped)
    if choice.is_missing:
        raise MissingToolError(str(wanted), "it, or --builder auto, which needs no tool")
    if choice.tool is None:
        raise UsageError(f"--builder {wanted}: {choice.reason}")
    return found[choice.tool], choice.reason
