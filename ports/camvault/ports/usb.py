"""Port: one USB port of a hub, whose power and data can be switched. What is switched is seen, and never inferred."""

from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError


@attrs.define(str=False)
class UsbPortError(CamvaultError):
    """The port is not as it was told to be, or may not be switched; `problem` says what was found and expected.

    `is_refused`: it may not be switched at all (it carries the network, a hub, or other ports), and nothing was.
    """

    port: str
    problem: str
    is_refused: bool = False

    def __str__(self) -> str:
        return f"USB port {self.port}: {self.problem}"


@attrs.frozen(kw_only=True)
class UsbState:
    """What is seen of the port. None is what cannot be told.

    Attributes:
        is_powered: Whether the hub says that the port has power. A hub may say so and cut nothing.
        is_connected: Whether a device is seen in it. Without data it is seen too.
        is_data_on: Whether the device may be used (`authorized`); None without a device.
        vendor: The device's idVendor, four lowercase hexadecimal digits; "" without one.
        product: The same, idProduct.
        hub: The ids of the hub, `0409:55aa`: another hub at the same place is another port. "" if not known.
        words: What could not be read, and why, a sentence each.
    """

    is_powered: bool | None = None
    is_connected: bool | None = None
    is_data_on: bool | None = None
    vendor: str = ""
    product: str = ""
    hub: str = ""
    words: tuple[str, ...] = ()


@attrs.frozen
class UsbIds:
    """What the device in the port must be: idVendor and idProduct in lowercase; "" for any.

    The data of another device is never switched (INV-44).
    """

    vendor: str = ""
    product: str = ""

    def problem(self, state: UsbState) -> str:
        """What else is in the port, a sentence; "" if it is this device, or if that is not known."""
        found = (state.vendor, state.product)
        wanted = (self.vendor, self.product)
        if not state.is_connected or all(want in {"", one} or not one for want, one in zip(wanted, found, strict=True)):
            return ""
        said, expected = (":".join(each or "any" for each in ids) for ids in (found, wanted))
        return f"another device is in it: {said}, expected {expected}"


class UsbPort(Protocol):
    """The port that the camera is plugged into. Only this port, and only this camera's own node, is switched.

    A hub may report that a port has no power and cut nothing, which no program can see (`dashcam usb prove`).
    """

    @property
    def where(self) -> str:
        """The place as people call it: `1-1 port 1`."""
        ...

    def refusal(self, *, cancel: Cancellation) -> str:
        """Why this port may not be switched: it carries a network device or a hub, is ganged, or is not there.

        "" if nothing speaks against it; what cannot be told speaks against it. Changes nothing.

        Raises:
            MissingToolError: There is nothing to switch it with.
            Cancelled: Asked to stop.
        """
        ...

    def state(self, *, cancel: Cancellation) -> UsbState:
        """One look. Changes nothing.

        Raises:
            MissingToolError: There is nothing to look with.
            Cancelled: Asked to stop.
        """
        ...

    def switch_power(self, *, on: bool, cancel: Cancellation) -> UsbState:
        """Switch the power of the port, and look until it is so; the state that was seen.

        Off: the device is gone too. On: no device need be there yet, and the data of one that appears is on. It is
        looked at once more after some seconds, because some ports switch themselves on again.

        Raises:
            UsbPortError: It may not be switched, or is not as it was told to be.
            MissingToolError: There is nothing to switch it with.
            Cancelled: Asked to stop; the port is as it was, or as it was told to be.
        """
        ...

    def switch_data(self, *, on: bool, cancel: Cancellation) -> UsbState:
        """Allow or forbid the device to be used, power left on; waits for a device that comes up.

        Looked at once more after some seconds, as `switch_power` does.

        Raises:
            UsbPortError: The port has no power, there is no device, it may not be switched, or is not as it was told
                to be.
            MissingToolError: There is nothing to look with.
            Cancelled: Asked to stop; it is as it was, or as it was told to be.
        """
        ...
