"""Adapter for Linux: a USB port whose power and data are switched by files of the kernel."""

from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.adapters._shared.disks_behind import MachineDisks
from camvault.adapters._shared.sysfs import Sysfs, words_of
from camvault.adapters._shared.usb_place import UsbPlace
from camvault.adapters._shared.usb_switching import Patience, switch_data, switch_power
from camvault.adapters.sysfsusb.descriptor import PER_PORT, hub_descriptor, power_switching
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MissingToolError
from camvault.ports.usb import UsbIds, UsbPort, UsbPortError, UsbState

_DISABLED, _ENABLED = "1", "0"
_NODES = PurePath("/dev/bus/usb")


@attrs.frozen(kw_only=True)
class SysfsUsbPort:
    """Port `port` of the hub at `hub`.

    Attributes:
        kernel: Where the kernel's files are.
        disks: The disks of this machine, which are not switched off.
        wanted: The camera, as far as it is known.
        nodes: Where the devices are that a hub is asked by.
        patience: How long is waited for what.
        ask_hub: Reads the descriptor of the hub at such a node.
    """

    hub: str
    port: int
    kernel: Sysfs = attrs.field(factory=Sysfs)
    disks: MachineDisks = attrs.field(factory=MachineDisks)
    wanted: UsbIds = attrs.field(factory=UsbIds)
    nodes: PurePath = _NODES
    patience: Patience = attrs.field(factory=Patience)
    ask_hub: Callable[[PurePath], bytes] = hub_descriptor
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
        return self._place.refusal() or self._refusal_of_hub()

    def state(self, *, cancel: Cancellation) -> UsbState:
        """See `UsbPort`."""
        cancel.check()
        seen = self._place.seen()
        is_powered, words = self._power()
        return UsbState(
            is_powered=is_powered,
            is_connected=seen.is_there,
            is_data_on=seen.is_data_on,
            vendor=seen.vendor,
            product=seen.product,
            hub=seen.hub,
            words=(*words, *seen.words),
        )

    def switch_power(self, *, on: bool, cancel: Cancellation) -> UsbState:
        """See `UsbPort`."""
        self._refuse(cancel)
        return switch_power(
            self.where,
            on=on,
            send=lambda: self._send(on=on),
            look=lambda: self.state(cancel=cancel),
            patience=self.patience,
            cancel=cancel,
        )

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

    def _refusal_of_hub(self) -> str:
        folder = self._place.hub_folder
        try:
            bus, device = (int(self.kernel.text(folder / name)) for name in ("busnum", "devnum"))
            how = power_switching(self.ask_hub(self.nodes / f"{bus:03}" / f"{device:03}"))
        except OSError as error:
            return f"it cannot be told how hub {self.hub} switches power: {words_of(error)}"
        except ValueError as error:
            return f"it cannot be told how hub {self.hub} switches power: {error}"
        return "" if how == PER_PORT else f"hub {self.hub} does not switch each port by itself, but {how}"

    def _power(self) -> tuple[bool | None, tuple[str, ...]]:
        """Of a USB 3 port, which is two for the kernel, either one gives power."""
        try:
            found = {switch: self.kernel.text(switch) for switch in self._switches()}
        except OSError as error:
            return None, (words_of(error),)
        if _ENABLED in found.values():
            return True, ()
        words = tuple(f"{switch} is {text!r}" for switch, text in found.items() if text != _DISABLED)
        return (None, words) if words else (False, ())

    def _send(self, *, on: bool) -> None:
        try:
            for switch in self._switches():
                self.kernel.write(switch, _ENABLED if on else _DISABLED)
        except OSError as error:
            raise UsbPortError(self.where, f"it cannot be switched: {words_of(error)}") from error

    def _switches(self) -> tuple[PurePath, ...]:
        """`disable` of the port, and of its peer.

        Raises:
            MissingToolError: The kernel has no such switch.
            OSError: That cannot be told.
        """
        folders = [place.port_folder for place in self._place.both]
        if self.kernel.is_there(folders[0]) and not self.kernel.is_there(folders[0] / "disable"):
            raise MissingToolError(str(folders[0] / "disable"), "uhubctl, or Linux 6.0 or newer", "an older kernel")
        return tuple(folder / "disable" for folder in folders)


_: Callable[..., UsbPort] = SysfsUsbPort
