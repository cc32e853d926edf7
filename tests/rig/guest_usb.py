"""Run by pytest in the guest, with nothing of the tests but this file: the camera's port on a real kernel.

The hub is emulated, and switches the power of each port; a camera is a USB stick in its second port. Who plugs and
unplugs is the machine outside, which reads what is wished from a file (tests/rig/test_usb.py).
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from camvault.adapters._shared.usb_switching import Patience
from camvault.adapters.contracts.stop import StopRequest
from camvault.adapters.contracts.usb import SeenPort, UsbHarness, UsbPortContract
from camvault.adapters.sysfsusb import SysfsUsbPort
from camvault.adapters.sysfsusb.descriptor import hub_descriptor, power_switching
from camvault.adapters.uhubctl import UhubctlPort
from camvault.ports.usb import UsbPort, UsbPortError

WISH = Path("/run/usb-wish")
DEVICES = Path("/sys/bus/usb/devices")
DEVICE = DEVICES / "1-1.2"
DISABLE = DEVICES / "1-1:1.0/1-1-port2/disable"
PATIENCE = Patience(reaction_s=30.0, device_s=30.0, recheck_s=0.5)
QUICK = Patience(reaction_s=2.0, device_s=2.0, recheck_s=0.2)
CYCLES = 20


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wish(what: str) -> None:
    """Have something plugged or unplugged."""
    draft = WISH.with_suffix(".new")
    draft.write_text(what)
    draft.rename(WISH)
    wait_until(lambda: not WISH.exists())


def write(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)


@pytest.fixture
def plugged() -> Iterator[None]:
    """A camera with power and data in port 2; the same afterwards."""
    write(DISABLE, "0")
    if not DEVICE.exists():
        wish("plug")
        wait_until(DEVICE.exists)
    wait_until((DEVICE / "authorized").exists)
    write(DEVICE / "authorized", "1")
    yield
    write(DISABLE, "0")


class RealHub:
    ids = ("46f4", "0001")

    def __init__(self, port: UsbPort) -> None:
        self.port = port

    def seen(self) -> SeenPort:
        is_there = DEVICE.exists()
        is_data_on = is_there and (DEVICE / "authorized").read_text().strip() == "1"
        return SeenPort(DISABLE.read_text().strip() == "0", is_there, is_data_on)

    def unplug(self) -> None:
        wish("unplug")
        wait_until(lambda: not DEVICE.exists())


@pytest.mark.usefixtures("plugged")
class TestSysfsUsbPort(UsbPortContract):
    @pytest.fixture
    def harness(self) -> UsbHarness:
        return RealHub(SysfsUsbPort(hub="1-1", port=2, patience=PATIENCE))


@pytest.mark.usefixtures("plugged")
class TestUhubctlPort(UsbPortContract):
    @pytest.fixture
    def harness(self) -> UsbHarness:
        return RealHub(UhubctlPort(hub="1-1", port=2, patience=PATIENCE))


@pytest.mark.usefixtures("plugged")
def test_cycles() -> None:
    """What is said to be off is off, by the kernel and by uhubctl itself, and its disk is gone."""
    port = UhubctlPort(hub="1-1", port=2, patience=PATIENCE)
    for _ in range(CYCLES):
        off = port.switch_power(on=False, cancel=StopRequest())
        assert (off.is_powered, off.is_connected) == (False, False)
        assert (DEVICE.exists(), DISABLE.read_text()) == (False, "1\n")
        assert not [disk for disk in Path("/sys/block").iterdir() if "/1-1.2/" in str(disk.resolve())]
        on = port.switch_power(on=True, cancel=StopRequest())
        assert (on.is_powered, DISABLE.read_text()) == (True, "0\n")
    wait_until(DEVICE.exists)


def test_descriptor() -> None:
    """The hub tells how it switches, as uhubctl reads it."""
    found = hub_descriptor(Path("/dev/bus/usb/001") / f"{int((DEVICES / '1-1/devnum').read_text()):03}")
    assert power_switching(found) == "each port by itself"
    assert "ppps" in subprocess.run(["uhubctl", "-l", "1-1"], capture_output=True, text=True, check=True).stdout


def test_refusals() -> None:
    """A hub in a port, a hub that switches no port, a hub and a port that are not there."""
    wish("hubs")
    wait_until((DEVICES / "1-1.3/bDeviceClass").exists)
    wait_until((DEVICES / "1-2/bDeviceClass").exists)
    for hub, number, words in (
        ("1-1", 3, "a hub is plugged into it"),
        ("1-2", 1, "each port by itself"),
        ("1-3", 1, "there is no USB hub at 1-3"),
        ("1-1", 5, "hub 1-1 has 4 ports"),
    ):
        kinds: tuple[Callable[..., UsbPort], ...] = (UhubctlPort, SysfsUsbPort)
        for port in (kind(hub=hub, port=number, patience=QUICK) for kind in kinds):
            assert words in port.refusal(cancel=StopRequest())
            with pytest.raises(UsbPortError) as caught:
                port.switch_power(on=False, cancel=StopRequest())
            assert caught.value.is_refused
    assert (DEVICES / "1-1.3").exists()


@pytest.mark.usefixtures("plugged")
def test_dead_device() -> None:
    """Switched past the kernel, as uhubctl does where it may not write below /sys: the device stays."""
    folder = Path("/run/past-the-kernel")
    folder.mkdir(exist_ok=True)
    program = folder / "uhubctl"
    program.write_text('#!/bin/sh\nexec /usr/sbin/uhubctl -S "$@"\n')
    program.chmod(0o755)
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
    port = UhubctlPort(hub="1-1", port=2, patience=QUICK)
    try:
        with pytest.raises(UsbPortError, match="it has no power, and the device 46f4:0001 is still there"):
            port.switch_power(on=False, cancel=StopRequest())
    finally:
        write(DISABLE, "1")
        write(DISABLE, "0")
        wait_until(DEVICE.exists)
