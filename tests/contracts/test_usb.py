"""The contracts of `UsbPort`, on memory, and on a hub that is not real, by uhubctl and by the kernel's files."""

from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Literal

import attrs
import pytest

from camvault.adapters._shared.sysfs import Sysfs
from camvault.adapters._shared.usb_switching import Patience
from camvault.adapters.contracts.usb import (
    Obstacle,
    PortFault,
    SeenPort,
    UsbHarness,
    UsbPortContract,
    UsbPortFaultContract,
)
from camvault.adapters.memory.usb import MemoryUsbPort, UsbFault
from camvault.adapters.sysfsusb import SysfsUsbPort
from camvault.adapters.uhubctl import UhubctlPort
from camvault.ports.usb import UsbPort
from tests.dashcam.fake_hub import CAMERA_IDS, FakeHub, install

QUICK = Patience(reaction_s=0.1, device_s=0.1, recheck_s=0.01, poll_s=0.01)


@attrs.define
class MemoryHarness:
    port: MemoryUsbPort = attrs.field(factory=lambda: MemoryUsbPort(patience=QUICK))

    @property
    def ids(self) -> tuple[str, str]:
        return self.port.vendor, self.port.product

    def seen(self) -> SeenPort:
        is_there = self.port.is_plugged and self.port.is_powered
        return SeenPort(self.port.is_powered, is_there, self.port.is_data_on)

    def unplug(self) -> None:
        self.port.is_plugged = False


class TestMemoryUsbPort(UsbPortContract):
    @pytest.fixture
    def harness(self) -> UsbHarness:
        return MemoryHarness()


class TestMemoryUsbPortWithFaults(UsbPortFaultContract):
    @pytest.fixture
    def with_fault(self) -> Callable[[PortFault], UsbHarness]:
        return lambda fault: MemoryHarness(MemoryUsbPort(patience=QUICK, fault=UsbFault[fault.name]))

    @pytest.fixture
    def with_obstacle(self) -> Callable[[Obstacle], UsbHarness]:
        return lambda obstacle: MemoryHarness(MemoryUsbPort(patience=QUICK, refused=obstacle.value))


PORT = 2
Tool = Literal["uhubctl", "the kernel"]


@attrs.frozen
class FakeKernel(Sysfs):
    """The files of a hub that is not real: some are no files, but what the kernel does."""

    hub: FakeHub = attrs.field(kw_only=True)

    def text(self, path: PurePath) -> str:
        if path.name != "disable":
            return super().text(path)
        self.hub.look()
        if self.hub.fault == "SILENT":
            raise OSError(5, "Input/output error", str(path))
        return "0" if self.hub.is_powered(_port_of(path)) else "1"

    def write(self, path: PurePath, text: str) -> None:
        if path.name == "disable":
            self.hub.power(_port_of(path), on=text == "0")
        elif self.hub.fault != "DATA_STAYS":
            super().write(path, text)


def _port_of(switch: PurePath) -> int:
    return int(switch.parent.name.rpartition("port")[2])


@attrs.define
class FakeHubHarness:
    hub: FakeHub
    port: UsbPort
    number: int = PORT

    @property
    def ids(self) -> tuple[str, str]:
        return CAMERA_IDS

    def seen(self) -> SeenPort:
        device = self.hub.device(self.number)
        is_data_on = device.exists() and (device / "authorized").read_text().strip() == "1"
        return SeenPort(self.hub.is_powered(PORT), device.exists(), is_data_on)

    def unplug(self) -> None:
        self.hub.unplug(PORT)


def _port_at(root: Path, tool: Tool, *, hub: str = "1-1", port: int = PORT, descriptor: bytes = b"") -> UsbPort:
    kernel = FakeKernel(PurePath(root / "sys"), hub=FakeHub(root))
    if tool == "uhubctl":
        program = PurePath(install(root))
        return UhubctlPort(hub=hub, port=port, kernel=kernel, program=program, patience=QUICK)
    return SysfsUsbPort(hub=hub, port=port, kernel=kernel, patience=QUICK, ask_hub=lambda _: descriptor)


def _descriptor(switching: int) -> bytes:
    """Of a USB 2 hub with 4 ports; 0: all together, 1: each by itself."""
    return bytes((9, 0x29, 4, switching, 0, 50, 100, 0, 0xFF))


def _harness(root: Path, tool: Tool, *, fault: str = "", obstacle: Obstacle | None = None) -> FakeHubHarness:
    hub = FakeHub(root)
    is_ganged = obstacle is Obstacle.GANGED
    hub.make(switching="ganged" if is_ganged else "ppps", fault=fault)
    hub.plug(PORT)
    if obstacle is Obstacle.NETWORK:
        hub.put_network_behind(PORT)
    if obstacle is Obstacle.HUB:
        hub.make_hub_of(PORT)
    place = "1-2" if obstacle is Obstacle.NO_HUB else "1-1"
    number = 5 if obstacle is Obstacle.NO_PORT else PORT
    port = _port_at(root, tool, hub=place, port=number, descriptor=_descriptor(0 if is_ganged else 1))
    return FakeHubHarness(hub, port)


class TestPortOfAHub(UsbPortContract):
    @pytest.fixture(params=["uhubctl", "the kernel"])
    def harness(self, request: pytest.FixtureRequest, tmp_path: Path) -> UsbHarness:
        return _harness(tmp_path, request.param)


class TestPortOfAHubWithFaults(UsbPortFaultContract):
    @pytest.fixture(params=["uhubctl", "the kernel"])
    def tool(self, request: pytest.FixtureRequest) -> Tool:
        found: Tool = request.param
        return found

    @pytest.fixture
    def with_fault(self, tool: Tool, tmp_path: Path) -> Callable[[PortFault], UsbHarness]:
        return lambda fault: _harness(tmp_path, tool, fault=fault.name)

    @pytest.fixture
    def with_obstacle(self, tool: Tool, tmp_path: Path) -> Callable[[Obstacle], UsbHarness]:
        return lambda obstacle: _harness(tmp_path, tool, obstacle=obstacle)
