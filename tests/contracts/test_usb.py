"""The contracts of `UsbPort`, on memory."""

from collections.abc import Callable

import attrs
import pytest

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
