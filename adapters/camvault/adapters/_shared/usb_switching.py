"""Private to adapters: a USB port is switched, looked at until it is so, and looked at once more after some seconds.

What a tool says of its success counts for nothing; only what is seen does, and what cannot be told is not so (INV-43).
"""

import time
from collections.abc import Callable

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.usb import UsbIds, UsbPortError, UsbState

Look = Callable[[], UsbState]
Send = Callable[[], None]
"""Tells the port. Raises `UsbPortError` if it could not be told; says nothing of whether the port did it."""


@attrs.frozen(kw_only=True)
class Patience:
    """How long is waited, in seconds.

    Attributes:
        reaction_s: Until the port is as it was told to be.
        device_s: Until a device in a port with power is seen: a camera takes longer than a memory stick.
        recheck_s: Until the second look: some ports come back on by themselves (mvp/uhubctl, issues 90, 93 and 219).
        poll_s: Between two looks.
    """

    reaction_s: float = 5.0
    device_s: float = 20.0
    recheck_s: float = 3.0
    poll_s: float = 0.25


def switch_power(where: str, *, on: bool, send: Send, look: Look, patience: Patience, cancel: Cancellation) -> UsbState:
    """Tell the port, and see that it is so.

    Raises:
        UsbPortError: It could not be told, or is not as it was told to be.
        Cancelled: Asked to stop.
    """

    def problem(state: UsbState) -> str:
        return power_problem(state, on=on)

    return _switch(where, send=send, look=look, problem=problem, patience=patience, cancel=cancel)


def switch_data(
    where: str,
    *,
    on: bool,
    send: Send,
    look: Look,
    patience: Patience,
    cancel: Cancellation,
    wanted: UsbIds = UsbIds(),  # noqa: B008 - frozen
) -> UsbState:
    """Wait for the device, tell it if it is the one that is wanted, and see that it is so.

    Raises:
        UsbPortError: There is no device, it could not be told, or is not as it was told to be.
        Cancelled: Asked to stop.
    """

    def problem(state: UsbState) -> str:
        return data_problem(state, on=on)

    cancel.check()
    state = _wait(look, device_problem, within_s=patience.device_s, poll_s=patience.poll_s, cancel=cancel)
    _refuse(where, device_problem(state) or wanted.problem(state))
    return _switch(where, send=send, look=look, problem=problem, patience=patience, cancel=cancel)


def power_problem(state: UsbState, *, on: bool) -> str:
    """Why the port is not seen to have power, or to have none; "" if it is."""
    if state.is_powered is None:
        return _unknown("it cannot be told whether it has power", state)
    if state.is_powered is not on:
        return "it was switched on, and has no power" if on else "it was switched off, and has power"
    if on:
        return ""
    if state.is_connected is None:
        return _unknown("it has no power, and it cannot be told whether the device is gone", state)
    # Linux before 6.0, or uhubctl without write access to the port's `disable`: the device stays, and is dead
    return f"it has no power, and the device{_ids(state)} is still there" if state.is_connected else ""


def device_problem(state: UsbState) -> str:
    """Why there is no device whose data could be switched; "" if there is one."""
    if state.is_powered is None:
        return _unknown("it cannot be told whether it has power", state)
    if not state.is_powered:
        return "it has no power, so there is no device to use"
    if state.is_connected is None:
        return _unknown("it cannot be told whether there is a device", state)
    if not state.is_connected:
        return "there is no device"
    if state.is_data_on is None:
        return _unknown(f"it cannot be told whether the device{_ids(state)} may be used", state)
    return ""


def data_problem(state: UsbState, *, on: bool) -> str:
    """Why the device is not seen to be allowed, or not to be; "" if it is."""
    problem = device_problem(state)
    if problem or state.is_data_on is on:
        return problem
    return (
        f"the device{_ids(state)} {'may not' if on else 'may'} be used, expected that it {'may' if on else 'may not'}"
    )


def _switch(
    where: str,
    *,
    send: Send,
    look: Look,
    problem: Callable[[UsbState], str],
    patience: Patience,
    cancel: Cancellation,
) -> UsbState:
    cancel.check()
    send()
    state = _wait(look, problem, within_s=patience.reaction_s, poll_s=patience.poll_s, cancel=cancel)
    _refuse(where, problem(state))
    cancel.wait(patience.recheck_s)
    cancel.check()
    state = look()
    found = problem(state)
    _refuse(where, f"{found}, {patience.recheck_s:g} s after it was as it should be" if found else "")
    return state


def _wait(
    look: Look, problem: Callable[[UsbState], str], *, within_s: float, poll_s: float, cancel: Cancellation
) -> UsbState:
    """Look until there is no problem, or until the time is over; what was seen last."""
    begun_s, waited_s = time.monotonic(), 0.0
    while problem(state := look()) and max(waited_s, time.monotonic() - begun_s) < within_s:
        cancel.wait(poll_s)
        cancel.check()
        waited_s += poll_s
    return state


def _refuse(where: str, problem: str) -> None:
    if problem:
        raise UsbPortError(where, problem)


def _ids(state: UsbState) -> str:
    return f" {state.vendor}:{state.product}" if state.vendor and state.product else ""


def _unknown(what: str, state: UsbState) -> str:
    return f"{what}: {'; '.join(state.words)}" if state.words else what
