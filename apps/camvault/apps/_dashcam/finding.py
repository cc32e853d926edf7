"""Composition root, shared part: `dashcam find`."""

import json

from camvault.apps._assembly.box import box_card
from camvault.apps._assembly.configuration import box_config
from camvault.apps._cli.stage import Context
from camvault.apps._dashcam.holding import waiting
from camvault.apps._dashcam.request import Request
from camvault.ports.camera_card import Card


def find_card(context: Context, request: Request) -> None:
    """Find the card of the camera; nothing is switched or mounted.

    Raises:
        CardError: It is not there in time.
    """
    config = box_config(request.config)
    card = box_card(config, on_wait=waiting(context, config))
    if config.camera.path:  # what the system has mounted; there is nothing to unmount
        mounted = card.mount(None, cancel=context.cancel)
        found, folder, doubt = mounted.card, str(mounted.folder), mounted.doubt or card.problem(mounted)
    else:
        found = card.find(within_s=config.poll.mount_timeout_seconds, cancel=context.cancel)
        folder, doubt = "", ""
    if request.is_json:
        context.print_result(json.dumps({**_values(found), "folder": folder or None, "doubt": doubt}, indent=2))
        return
    for name, value in {**_values(found), "folder": folder, "doubt": doubt}.items():
        if value:
            context.print_result(f"{name:<12}{value}")


def _values(card: Card | None) -> dict[str, str | None]:
    if card is None:
        return {"device": None, "filesystem": None, "uuid": None, "attachment": None}
    return {
        "device": str(card.device),
        "filesystem": card.filesystem,
        "uuid": card.uuid or None,
        "attachment": card.attachment or None,
    }
