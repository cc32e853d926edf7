"""Composition root, shared part: `dashcam usb`, and its three ways to switch the port."""

import json

import attrs

from camvault.apps._assembly.box import box_card, box_folders, box_usb, usb_doubt
from camvault.apps._assembly.configuration import box_config
from camvault.apps._cli.stage import Context
from camvault.apps._dashcam.holding import held, release
from camvault.apps._dashcam.request import DashcamPart, NotKnownError, Request
from camvault.core.dashcam.configuration import BoxConfig
from camvault.ports.usb import UsbPort, UsbState

_YES_NO = {True: "yes", False: "no", None: "not known"}


def show_port(context: Context, request: Request) -> None:
    """Look at the port of the camera; nothing is switched.

    Raises:
        NotKnownError: Not all is known of it, or it may not be switched; what is known was printed.
    """
    config = box_config(request.config)
    port = box_usb(config)
    refusal = port.refusal(cancel=context.cancel)
    state = port.state(cancel=context.cancel)
    _print(context, config, _Seen(port=port, state=state, refusal=refusal), is_json=request.is_json)
    problems = (*((f"it may not be switched: {refusal}",) if refusal else ()), *state.words)
    if problems:
        raise NotKnownError(f"USB port {port.where}: {'; '.join(problems)}")


def switch_port(context: Context, request: Request) -> None:
    """Switch the port of the camera, and see that it is so.

    Raises:
        BusyError: The service runs.
        UsbPortError: It may not be switched, or is not as it was told to be.
        CardError: A card of it is mounted, and cannot be unmounted.
    """
    config = box_config(request.config)
    port, cancel = box_usb(config), context.cancel
    with held(config, is_of_port=True):
        release(box_card(config))
        if request.part is DashcamPart.USB_OFF:
            state = port.switch_power(on=False, cancel=cancel)
        else:
            port.switch_power(on=True, cancel=cancel)
            state = port.switch_data(on=request.part is DashcamPart.USB_DATA, cancel=cancel)
    _print(context, config, _Seen(port=port, state=state), is_json=request.is_json)


@attrs.frozen(kw_only=True)
class _Seen:
    port: UsbPort
    state: UsbState
    refusal: str = ""


def _print(context: Context, config: BoxConfig, seen: _Seen, *, is_json: bool) -> None:
    port, state, refusal = seen.port, seen.state, seen.refusal
    doubt = usb_doubt(box_folders(config), port=port.where, hub=state.hub)
    if is_json:
        values = {
            "port": port.where,
            "is_powered": state.is_powered,
            "is_connected": state.is_connected,
            "is_data_on": state.is_data_on,
            "vendor": state.vendor or None,
            "product": state.product or None,
            "hub": state.hub or None,
            "refusal": refusal,
            "doubt": doubt,
            "problems": list(state.words),
        }
        context.print_result(json.dumps(values, indent=2))
        return
    device = f", {state.vendor}:{state.product}" if state.vendor else ""
    data = _YES_NO[state.is_data_on] if state.is_connected else "no"
    context.print_result(f"port      {port.where}{f' of hub {state.hub}' if state.hub else ''}")
    context.print_result(f"power     {_YES_NO[state.is_powered]}")
    context.print_result(f"device    {_YES_NO[state.is_connected]}{device}")
    context.print_result(f"data      {data}")
    context.print_result(f"proven    {doubt or 'yes: it cuts the power'}")
    for problem in (*((refusal,) if refusal else ()), *state.words):
        context.print_result(f"          {problem}")
