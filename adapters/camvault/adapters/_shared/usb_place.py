"""Private to adapters: one port of a USB hub, as the kernel shows it below /sys.

A port of a USB 3 hub is two ports of two hubs for the kernel, and a camera appears at one of them; `peer` leads from
one to the other. Both are looked at. Source: Documentation/ABI/testing/sysfs-bus-usb of Linux 6.1.
"""

import os
import re
from pathlib import PurePath

import attrs

from camvault.adapters._shared.disks_behind import MachineDisks
from camvault.adapters._shared.sysfs import Sysfs, is_below, words_of
from camvault.ports.usb import UsbPortError

_HUB = r"[1-9][0-9]{0,2}-[1-9][0-9]{0,2}(\.[1-9][0-9]{0,2}){0,5}"
_PORT_NAME = re.compile(rf"(?P<hub>{_HUB})-port(?P<port>[0-9]{{1,3}})", re.ASCII)
_HUB_CLASS = "09"


@attrs.frozen(kw_only=True)
class SeenDevice:
    """What the kernel says of the device in the port. None is what cannot be told, and has its sentence."""

    is_there: bool | None = None
    is_data_on: bool | None = None
    vendor: str = ""
    product: str = ""
    hub: str = ""
    words: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class UsbPlace:
    """Port `port` of the hub at `hub`, such as 1-1 or 1-1.4; the device in port 2 of hub 1-1 is 1-1.2."""

    hub: str = attrs.field(validator=attrs.validators.matches_re(_HUB))
    port: int = attrs.field(validator=[attrs.validators.ge(1), attrs.validators.le(255)])
    sysfs: Sysfs = attrs.field(factory=Sysfs)
    disks: MachineDisks = attrs.field(factory=MachineDisks)

    @property
    def where(self) -> str:
        """As people call it."""
        return f"{self.hub} port {self.port}"

    @property
    def hub_folder(self) -> PurePath:
        """The hub."""
        return self._devices / self.hub

    @property
    def port_folder(self) -> PurePath:
        """The port itself, whatever is in it."""
        configuration = self.sysfs.text(self.hub_folder / "bConfigurationValue") or "1"
        return self._devices / f"{self.hub}:{configuration}.0" / f"{self.hub}-port{self.port}"

    @property
    def device_folder(self) -> PurePath:
        """The device in the port."""
        return self._devices / f"{self.hub}.{self.port}"

    @property
    def both(self) -> "tuple[UsbPlace, ...]":
        """This port, and its peer in the other hub of a USB 3 hub.

        Raises:
            OSError: That cannot be told.
        """
        peer = self.port_folder / "peer"
        match = _PORT_NAME.fullmatch(PurePath(os.path.realpath(peer)).name) if self.sysfs.is_there(peer) else None
        return (self, attrs.evolve(self, hub=match["hub"], port=int(match["port"]))) if match else (self,)

    def seen(self) -> SeenDevice:
        """What is in the port."""
        try:
            return self._seen()
        except OSError as error:
            return SeenDevice(words=(words_of(error),))

    def refusal(self) -> str:
        """Why the port may not be switched, as far as the kernel knows; "" if nothing speaks against it (INV-44)."""
        try:
            return self._refusal_of_hub() or next(filter(None, map(UsbPlace._refusal_of_device, self.both)), "")
        except OSError as error:
            return f"it cannot be told what is behind it: {words_of(error)}"

    def switch_data(self, *, on: bool) -> None:
        """Write `authorized` of the device, and of nothing else.

        Raises:
            UsbPortError: It is gone, or the kernel refuses.
        """
        try:
            for place in self.both:
                if self.sysfs.is_there(place.device_folder):
                    self.sysfs.write(place.device_folder / "authorized", "1" if on else "0")
        except OSError as error:
            raise UsbPortError(self.where, f"its data cannot be switched: {words_of(error)}") from error

    @property
    def _devices(self) -> PurePath:
        return self.sysfs.root / "bus" / "usb" / "devices"

    def _seen(self) -> SeenDevice:
        if not self.sysfs.is_there(self.hub_folder):
            return SeenDevice(words=(self._no_hub,))
        hub = ":".join(self._ids(self.hub_folder))
        folders = [place.device_folder for place in self.both if self.sysfs.is_there(place.device_folder)]
        if not folders:
            return SeenDevice(is_there=False, hub=hub)
        vendor, product = self._ids(folders[0])
        found = {folder: self.sysfs.text(folder / "authorized") for folder in folders}
        unclear = tuple(
            f"{folder}/authorized is {value!r}" for folder, value in found.items() if value not in {"0", "1"}
        )
        is_data_on = None if unclear else "1" in found.values()
        return SeenDevice(is_there=True, is_data_on=is_data_on, vendor=vendor, product=product, hub=hub, words=unclear)

    def _ids(self, folder: PurePath) -> tuple[str, str]:
        return self.sysfs.text(folder / "idVendor"), self.sysfs.text(folder / "idProduct")

    @property
    def _no_hub(self) -> str:
        return f"there is no USB hub at {self.hub}"

    def _refusal_of_hub(self) -> str:
        if not self.sysfs.is_there(self.hub_folder):
            return self._no_hub
        kind = self.sysfs.text(self.hub_folder / "bDeviceClass")
        if kind not in {_HUB_CLASS, ""}:
            return f"what is at {self.hub} is no hub (bDeviceClass {kind})"
        ports = self.sysfs.text(self.hub_folder / "maxchild")
        if ports.isdecimal() and self.port > int(ports):
            return f"hub {self.hub} has {ports} ports"
        return ""

    def _refusal_of_device(self) -> str:
        if not self.sysfs.is_there(self.device_folder):
            return ""
        if self._carries_hub():
            return "a hub is plugged into it, and other devices would be switched with it"
        interfaces = self.sysfs.root / "class" / "net"
        carried = [n for n in self.sysfs.names(interfaces) if is_below(interfaces / n / "device", self.device_folder)]
        if carried:
            return f"the network interface {', '.join(carried)} is behind it"
        return self.disks.behind(self.device_folder, self.sysfs)

    def _carries_hub(self) -> bool:
        """By its class, or because something is behind it."""
        children = self.sysfs.text(self.device_folder / "maxchild")
        behind = [name for name in self.sysfs.names(self._devices) if name.startswith(f"{self.device_folder.name}.")]
        kind = self.sysfs.text(self.device_folder / "bDeviceClass")
        return kind == _HUB_CLASS or children not in {"", "0"} or bool(behind)
