"""Composition root, shared part: `dashcam usb prove`."""

import json

import attrs

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.jsonfile import JsonDocuments
from camvault.adapters.system import time_limit
from camvault.apps._assembly.box import box_card, box_usb
from camvault.apps._assembly.configuration import box_config
from camvault.apps._cli.asking import has_terminal, typed
from camvault.apps._cli.stage import Context
from camvault.apps._dashcam.holding import held
from camvault.apps._dashcam.request import NotKnownError, Request
from camvault.core.workflows.dashcam.port_proof import ProofPorts, ProofQuestion, prove_port
from camvault.ports.errors import UsageError

_ANSWERS = {"y": True, "yes": True, "n": False, "no": False}


def prove_by_eye(context: Context, request: Request) -> None:
    """Switch the port off and on, and ask the person there each time what the camera does; write that down.

    Raises:
        UsageError: There is nobody to ask.
        NotKnownError: The port does not cut the power, or that was not seen.
        BusyError: The service runs.
        UsbPortError: The port may not be switched, or is not as it was told to be.
        CardError: A card of it is mounted, and cannot be unmounted.
    """
    if not has_terminal():
        raise UsageError("There is no terminal to ask what the camera does; nothing was done")
    config = box_config(request.config)
    storage = LocalStorage()
    ports = ProofPorts(
        usb=box_usb(config),
        card=box_card(config),
        storage=storage,
        documents=JsonDocuments(storage),
        clock=context.clock,
        reporter=context.reporter,
        cancel=context.cancel,
        final_cancel=time_limit,
    )

    def ask(question: ProofQuestion) -> bool | None:
        answer = typed(f"{question.value} [y, n, or ? if you cannot tell]: ", cancel=context.cancel)
        return _ANSWERS.get(answer)

    with held(config, is_of_port=True) as folders:
        verdict = prove_port(ports=ports, folders=folders, off_seconds=config.camera.off_seconds, ask=ask)
    context.print_result(json.dumps(attrs.asdict(verdict), indent=2) if request.is_json else verdict.words)
    if not verdict.is_cutting:
        raise NotKnownError("It is not proven that this port cuts the power of the camera")
