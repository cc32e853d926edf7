"""Adapter for uhubctl: a USB port whose power is switched by uhubctl, and its data by the kernel's `authorized`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

import attrs

from camvault.adapters._shared.disks_behind import MachineDisks
from camvault.adapters._shared.process import Finished, run
from camvault.adapters._shared.sysfs import Sysfs
from camvault.adapters._shared.usb_place import UsbPlace
from camvault.adapters._shared.usb_switching import Patience, switch_data, switch_power
from camvault.adapters.uhubctl.argv import power_argv, status_argv
from camvault.adapters.uhubctl.parse import PER_PORT, HubStatus, Printed, parse_printed
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import ToolError
from camvault.ports.usb import UsbIds, UsbPort, UsbPortError, UsbState

_ON_PATH = PurePath("uhubctl")
_OUTPUT_BYTES = 256 * 1024


@attrs.frozen(kw_only=True)
class UhubctlPort:
    """Port `port` of the hub at `hub`.

    Attributes:
        kernel: Where the kernel's files are.
        disks: The disks of this machine, which are not switched off.
        wanted: The camera, as far as it is known.
        program: uhubctl.
        limit_s: Longest time that one call of uhubctl may take; asking a hub takes a second.
        patience: How long is waited for what.
    """

    hub: str
    port: int
    kernel: Sysfs = attrs.field(factory=Sysfs)
    disks: MachineDisks = attrs.field(factory=MachineDisks)
    wanted: UsbIds = attrs.field(factory=UsbIds)
    program: PurePath = _ON_PATH
    limit_s: float = 30.0
    patience: Patience = attrs.field(factory=Patience)
    _place: UsbPlace = attrs.field(
        init=False,
        default=attrs.Factory(
            lambda self: UsbPlace(hub=self.hub, port=self.port, sysfs=self.kernel, disks=self.disks), takes_self=True
        ),
    )

    @property
    def where(self) -> str:
        """See `UsbPort`."""
        return self._place.where

    def refusal(self, *, cancel: Cancellation) -> str:
        """See `UsbPort`."""
        cancel.check()
        return self._place.refusal() or self._refusal_of_uhubctl(cancel)

    def state(self, *, cancel: Cancellation) -> UsbState:
        """See `UsbPort`."""
        return self._state(*self._hubs(cancel))

    def _state(self, hubs: Mapping[str, HubStatus], words: tuple[str, ...] = ()) -> UsbState:
        seen = self._place.seen()
        powered = [hub.is_powered(self.port) for hub in hubs.values()]
        if None in powered:
            words = (*words, f"uhubctl could not read the status of {self.where}")
        return UsbState(
            is_powered=_either(powered or [None]),
            is_connected=_either([seen.is_there, *(hub.is_connected(self.port) for hub in hubs.values())]),
            is_data_on=seen.is_data_on,
            vendor=seen.vendor,
            product=seen.product,
            hub=seen.hub,
            words=(*words, *seen.words),
        )

    def switch_power(self, *, on: bool, cancel: Cancellation) -> UsbState:
        """See `UsbPort`."""
        self._refuse(cancel)
        said: list[str] = []
        fresh: list[Mapping[str, HubStatus]] = []

        def send() -> None:
            complaints, after = self._send(on=on, cancel=cancel)
            said.extend(complaints)
            fresh.append(after)

        def look() -> UsbState:
            # What was printed after it was switched was asked of the hub: the first look needs no other call
            return self._state(fresh.pop()) if fresh else self.state(cancel=cancel)

        try:
            return switch_power(
                self.where,
                on=on,
                send=send,
                look=look,
                patience=self.patience,
                cancel=cancel,
            )
        except UsbPortError as error:
            raise UsbPortError(self.where, " | ".join((error.problem, *said))) from error

    def switch_data(self, *, on: bool, cancel: Cancellation) -> UsbState:
        """See `UsbPort`."""
        self._refuse(cancel)
        return switch_data(
            self.where,
            on=on,
            send=lambda: self._place.switch_data(on=on),
            look=lambda: self.state(cancel=cancel),
            patience=self.patience,
            cancel=cancel,
            wanted=self.wanted,
        )

    def _refuse(self, cancel: Cancellation) -> None:
        reason = self.refusal(cancel=cancel)
        if reason:
            raise UsbPortError(self.where, reason, is_refused=True)

    def _refusal_of_uhubctl(self, cancel: Cancellation) -> str:
        hubs, words = self._hubs(cancel)
        if self.hub not in hubs:
            # It lists hubs that switch each port by itself, and that this user may talk to
            return "; ".join((f"uhubctl does not list hub {self.hub} as one that switches each port by itself", *words))
        ours = hubs[self.hub]
        if ours.switching != PER_PORT:
            return f"hub {self.hub} does not switch each port by itself ({ours.switching})"
        if self.port > ours.port_count:
            return f"hub {self.hub} has {ours.port_count} ports"
        return ""

    def _hubs(self, cancel: Cancellation) -> tuple[dict[str, HubStatus], tuple[str, ...]]:
        """The hub, and the other half of a USB 3 hub, as uhubctl sees them; nothing, and why, if it is not ours."""
        try:
            done, printed = self._ask(status_argv(self.hub, self.port, program=self.program), cancel)
        except (ToolError, ValueError) as error:
            return {}, (str(error),)
        if self.hub not in printed.current:
            return {}, done.last_lines[:3] or (f"uhubctl printed nothing of hub {self.hub}",)
        return dict(printed.current), ()

    def _send(self, *, on: bool, cancel: Cancellation) -> tuple[tuple[str, ...], Mapping[str, HubStatus]]:
        """Tell the port; what uhubctl complained of, and what it saw afterwards."""
        try:
            done, printed = self._ask(power_argv(self.hub, self.port, on=on, program=self.program), cancel)
        except (ToolError, ValueError) as error:
            raise UsbPortError(self.where, str(error)) from error
        complaints = tuple(line for line in done.last_lines if line not in done.text)
        if not printed.has_told(self.hub, self.port, on=on):
            problem = f"uhubctl did not switch it (its exit code {done.exit_code})"
            raise UsbPortError(self.where, ": ".join((problem, " | ".join(complaints))).removesuffix(": "))
        return complaints, printed.new

    def _ask(self, argv: tuple[str, ...], cancel: Cancellation) -> tuple[Finished, Printed]:
        done = run(argv, cancel=cancel, timeout_s=self.limit_s, grace_s=2.0, stdout_limit_bytes=_OUTPUT_BYTES)
        return done, parse_printed(done.text)


def _either(facts: Sequence[bool | None]) -> bool | None:
    """True if one of them is, and False only if all of them are known not to be.

    Of a USB 3 port, which is two for uhubctl, either one gives power.
    """
    return True if True in facts else None if None in facts else False


_: Callable[..., UsbPort] = UhubctlPort
