"""Adapter for tests and library users: a USB port in memory, with a camera in it, and a hub that may lie."""

import enum
from collections.abc import Callable

import attrs

from camvault.adapters._shared.usb_switching import Patience, switch_data, switch_power
from camvault.adapters.memory.calls import Calls
from camvault.adapters.memory.clock import MemoryClock
from camvault.ports.cancellation import Cancellation
from camvault.ports.usb import UsbIds, UsbPort, UsbPortError, UsbState


class UsbFault(enum.Enum):
    """What is wrong with the hub, or with the kernel."""

    IGNORES = "the port stays as it is, whatever it is told"
    COMES_BACK = "the port switches itself on again"
    GOES_OUT = "the port switches itself off again"
    DEVICE_STAYS = "the device is still there when the power is off"
    DATA_STAYS = "the device may be used, or may not, whatever it is told"
    SILENT = "nothing can be read of the port"


@attrs.define(kw_only=True)
class MemoryUsbPort:
    """A port as the world is. All of it may be set by a test, at any time.

    Attributes:
        place: The hub and the port, as people call them.
        is_powered: Whether the hub gives power, by its own words.
        is_plugged: Whether a camera is plugged in.
        is_data_on: Whether the camera may be used; true again whenever it loses its power.
        is_cutting: Whether the hub cuts the power when it says so: without that, all looks right and the camera runs.
        vendor: The camera's.
        product: The camera's.
        hub: The ids of the hub.
        wanted: What the camera is expected to be.
        refused: Why the port may not be switched; "" if it may.
        fault: What is wrong.
        starts_s: How long the camera takes until it is seen, by `clock`.
        clock: Share it with the cancellation that is passed.
        calls: Every call, and what may happen at it.
    """

    place: str = "1-1 port 1"
    is_powered: bool = True
    is_plugged: bool = True
    is_data_on: bool = True
    is_cutting: bool = True
    vendor: str = "2ca3"
    product: str = "001f"
    hub: str = "0409:55aa"
    wanted: UsbIds = attrs.field(factory=UsbIds)
    refused: str = ""
    fault: UsbFault | None = None
    starts_s: float = 0.0
    clock: MemoryClock = attrs.field(factory=MemoryClock)
    calls: Calls = attrs.field(factory=Calls)
    patience: Patience = attrs.field(factory=Patience)
    _seen_from_s: float = attrs.field(default=0.0, init=False)
    _looks_until_fault: int = attrs.field(default=-1, init=False)

    @property
    def where(self) -> str:
        """See `UsbPort`."""
        return self.place

    @property
    def is_camera_running(self) -> bool:
        """What a person sees who looks at the camera."""
        return self.is_plugged and (self.is_powered or not self.is_cutting)

    @property
    def is_disk_there(self) -> bool:
        """Whether the camera is a disk now."""
        return self._is_seen and self.is_data_on

    def refusal(self, *, cancel: Cancellation) -> str:
        """See `UsbPort`."""
        cancel.check()
        with self.calls.call("usb.refusal"):
            return self.refused

    def state(self, *, cancel: Cancellation) -> UsbState:
        """See `UsbPort`."""
        cancel.check()
        with self.calls.call("usb.state"):
            return self._look()

    def switch_power(self, *, on: bool, cancel: Cancellation) -> UsbState:
        """See `UsbPort`."""
        with self.calls.call("usb.switch_power", on) as during:

            def send() -> None:
                if self.fault is not UsbFault.IGNORES:
                    self._power(on=on)
                during()

            self._refuse(cancel)
            return switch_power(self.where, on=on, send=send, look=self._look, patience=self.patience, cancel=cancel)

    def switch_data(self, *, on: bool, cancel: Cancellation) -> UsbState:
        """See `UsbPort`."""
        with self.calls.call("usb.switch_data", on) as during:

            def send() -> None:
                if self.fault not in {UsbFault.IGNORES, UsbFault.DATA_STAYS}:
                    self.is_data_on = on
                during()

            self._refuse(cancel)
            return switch_data(
                self.where,
                on=on,
                send=send,
                look=self._look,
                patience=self.patience,
                cancel=cancel,
                wanted=self.wanted,
            )

    def _refuse(self, cancel: Cancellation) -> None:
        cancel.check()
        if self.refused:
            raise UsbPortError(self.where, self.refused, is_refused=True)

    def _power(self, *, on: bool) -> None:
        if on and not self.is_powered:
            self._seen_from_s = self.clock.monotonic_s() + self.starts_s
        if not on:
            self.is_data_on = True  # for the device that comes next
        self.is_powered = on
        self._looks_until_fault = 1

    @property
    def _is_seen(self) -> bool:
        return self.is_plugged and self.is_powered and self.clock.monotonic_s() >= self._seen_from_s

    def _look(self) -> UsbState:
        if self.fault is UsbFault.SILENT:
            return UsbState(hub=self.hub, words=(f"{self.where} does not answer",))
        if self.fault in {UsbFault.COMES_BACK, UsbFault.GOES_OUT} and self._looks_until_fault == 0:
            self.is_powered = self.fault is UsbFault.COMES_BACK
        self._looks_until_fault -= 1
        is_seen = self._is_seen or (self.fault is UsbFault.DEVICE_STAYS and self.is_plugged)
        return UsbState(
            is_powered=self.is_powered,
            is_connected=is_seen,
            is_data_on=self.is_data_on if is_seen else None,
            vendor=self.vendor if is_seen else "",
            product=self.product if is_seen else "",
            hub=self.hub,
        )


_: Callable[[], UsbPort] = MemoryUsbPort
