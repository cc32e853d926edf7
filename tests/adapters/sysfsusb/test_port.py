"""The kernel's own switch of a port: without it, without a hub that can, and with both halves of a USB 3 hub."""

import errno
from pathlib import Path, PurePath

import pytest

from camvault.adapters._shared.sysfs import Sysfs
from camvault.adapters._shared.usb_switching import Patience
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.sysfsusb import SysfsUsbPort
from camvault.adapters.sysfsusb.descriptor import hub_descriptor, power_switching
from camvault.ports.errors import MissingToolError
from camvault.ports.usb import UsbPortError
from tests.adapters.test_usb_place import add_peer
from tests.dashcam.fake_hub import FakeHub

QUICK = Patience(reaction_s=0.05, device_s=0.05, recheck_s=0.01, poll_s=0.01)
CANCEL = MemoryCancellation()
PER_PORT = bytes((9, 0x29, 4, 1, 0, 50, 100, 0, 0xFF))
RECORDED = bytes.fromhex("0929040900010000ff")
"""Of the hub that QEMU emulates, with `port-power=on`."""


@pytest.fixture
def hub(tmp_path: Path) -> FakeHub:
    hub = FakeHub(tmp_path)
    hub.make()
    hub.plug(2)
    return hub


def port(hub: FakeHub, descriptor: bytes = PER_PORT) -> SysfsUsbPort:
    kernel = Sysfs(PurePath(hub.root / "sys"))
    return SysfsUsbPort(hub="1-1", port=2, kernel=kernel, patience=QUICK, ask_hub=lambda _: descriptor)


def switch_of(hub: FakeHub) -> Path:
    return hub.root / "sys/bus/usb/devices/1-1:1.0/1-1-port2/disable"


@pytest.mark.parametrize(
    ("descriptor", "how"),
    [
        (PER_PORT, "each port by itself"),
        (RECORDED, "each port by itself"),
        (bytes((12, 0x2A, 4, 0x01, 0)), "each port by itself"),
        (bytes((9, 0x29, 4, 0x00, 0)), "all ports together"),
        (bytes((9, 0x29, 4, 0x0A, 0)), "not at all"),
        (bytes((9, 0x29, 4, 0x03, 0)), "not at all"),
        (bytes((9, 0x29, 1, 0x00, 0)), "each port by itself"),
    ],
)
def test_how_a_hub_switches_power_stands_in_its_descriptor(descriptor: bytes, how: str) -> None:
    assert power_switching(descriptor) == how


@pytest.mark.parametrize("descriptor", [b"", b"\x09", b"\x09\x29\x04", bytes((18, 1, 0x10, 1))])
def test_what_is_no_descriptor_of_a_hub_tells_nothing(descriptor: bytes, hub: FakeHub) -> None:
    with pytest.raises(ValueError, match="the hub answers"):
        power_switching(descriptor)
    assert port(hub, descriptor).refusal(cancel=CANCEL).startswith("it cannot be told how hub 1-1 switches power: ")


def test_a_hub_that_cannot_be_asked_is_refused(hub: FakeHub, tmp_path: Path) -> None:
    kernel = Sysfs(PurePath(hub.root / "sys"))
    unasked = SysfsUsbPort(hub="1-1", port=2, kernel=kernel, nodes=PurePath(tmp_path / "usb"))
    missing = f"{tmp_path}/usb/001/002: No such file or directory"
    assert unasked.refusal(cancel=CANCEL) == f"it cannot be told how hub 1-1 switches power: {missing}"


def test_what_is_no_usb_device_gives_no_descriptor(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"file") as caught:
        hub_descriptor(PurePath(tmp_path / "file"))
    assert caught.value.errno == errno.ENOTTY


def test_an_older_kernel_has_no_switch(hub: FakeHub) -> None:
    switch_of(hub).unlink()
    with pytest.raises(MissingToolError, match=r"required uhubctl, or Linux 6\.0 or newer"):
        port(hub).state(cancel=CANCEL)
    with pytest.raises(MissingToolError, match=r"1-1-port2/disable"):
        port(hub).switch_power(on=False, cancel=CANCEL)


@pytest.mark.parametrize("text", ["", "2", "off"])
def test_a_switch_that_is_neither_on_nor_off_is_unknown(hub: FakeHub, text: str) -> None:
    switch_of(hub).write_text(f"{text}\n")
    found = port(hub).state(cancel=CANCEL)
    assert found.is_powered is None
    assert repr(text) in found.words[0]


def test_a_kernel_that_refuses_is_an_error_with_its_words(hub: FakeHub) -> None:
    switch_of(hub).unlink()
    switch_of(hub).mkdir()
    with pytest.raises(UsbPortError, match=r"it cannot be switched: .*1-1-port2/disable: Is a directory"):
        port(hub).switch_power(on=False, cancel=CANCEL)
    assert port(hub).state(cancel=CANCEL).is_powered is None


def test_both_halves_of_a_usb_3_hub_are_switched_and_either_one_is_power(hub: FakeHub, tmp_path: Path) -> None:
    add_peer(tmp_path, hub, is_camera_there=False)
    hub.unplug(2)
    other = tmp_path / "sys/bus/usb/devices/2-1:1.0/2-1-port3/disable"
    assert port(hub).switch_power(on=False, cancel=CANCEL).is_powered is False
    assert (switch_of(hub).read_text(), other.read_text()) == ("1\n", "1\n")
    other.write_text("0\n")
    assert port(hub).state(cancel=CANCEL).is_powered is True
    assert port(hub).switch_power(on=True, cancel=CANCEL).is_powered is True
    assert (switch_of(hub).read_text(), other.read_text()) == ("0\n", "0\n")


def test_a_half_without_a_switch_is_unknown_and_is_not_left_out(hub: FakeHub, tmp_path: Path) -> None:
    add_peer(tmp_path, hub, is_camera_there=False)
    (tmp_path / "sys/bus/usb/devices/2-1:1.0/2-1-port3/disable").unlink()
    switch_of(hub).write_text("1\n")
    assert port(hub).state(cancel=CANCEL).is_powered is None
