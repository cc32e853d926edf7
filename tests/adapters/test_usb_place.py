"""One port of a hub below /sys: what is behind it, and what must not be switched with it."""

import errno
import os
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters._shared.sysfs import Sysfs
from camvault.adapters._shared.usb_place import UsbPlace
from camvault.ports.usb import UsbPortError
from tests.dashcam.fake_hub import FakeHub

PORT = 2


@pytest.fixture
def hub(tmp_path: Path) -> FakeHub:
    hub = FakeHub(tmp_path)
    hub.make()
    hub.plug(PORT)
    return hub


def place(root: Path, *, hub: str = "1-1", port: int = PORT, kernel: Sysfs | None = None) -> UsbPlace:
    return UsbPlace(hub=hub, port=port, sysfs=kernel or Sysfs(PurePath(root / "sys")))


def add_peer(root: Path, hub: FakeHub, *, is_camera_there: bool) -> Path:
    """The other half of a USB 3 hub, with the camera in it or not."""
    devices = root / "sys" / "bus" / "usb" / "devices"
    other = root / "sys" / "devices" / "usb2" / "2-1" / "2-1:1.0" / "2-1-port3"
    other.mkdir(parents=True)
    (other / "disable").write_text("0\n")
    (devices / "2-1:1.0").symlink_to(other.parent)
    (devices / "1-1:1.0" / f"1-1-port{PORT}" / "peer").symlink_to(other)
    if is_camera_there:
        hub.unplug(PORT)
        camera = devices / "2-1.3"
        camera.mkdir()
        for name, value in {"authorized": "1", "idVendor": "2ca3", "idProduct": "001f", "bDeviceClass": "00"}.items():
            (camera / name).write_text(f"{value}\n")
    return devices / "2-1.3"


@pytest.mark.parametrize("hub", ["", "1", "../1-1", "1-1/../../x", "-l", "1-1\n", "1-1.2/", "1-1.*"])
def test_a_hub_is_a_place_and_no_path(hub: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="hub"):
        place(tmp_path, hub=hub)


@pytest.mark.parametrize("port", [0, -1, 256])
def test_ports_are_counted_from_one(port: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="port"):
        place(tmp_path, port=port)


def test_the_hub_s_own_data_is_never_switched(hub: FakeHub, tmp_path: Path) -> None:
    place(tmp_path).switch_data(on=False)
    assert (hub.device(PORT) / "authorized").read_text() == "0\n"
    assert (tmp_path / "sys/bus/usb/devices/1-1/authorized").read_text() == "1\n"


def test_data_of_a_device_that_is_gone_is_no_error_and_changes_nothing(hub: FakeHub, tmp_path: Path) -> None:
    hub.unplug(PORT)
    place(tmp_path).switch_data(on=False)
    assert not hub.device(PORT).exists()


def test_a_kernel_that_refuses_is_an_error_with_its_words(hub: FakeHub, tmp_path: Path) -> None:
    (hub.device(PORT) / "authorized").unlink()
    (hub.device(PORT) / "authorized").mkdir()
    with pytest.raises(
        UsbPortError, match=r"1-1 port 2: its data cannot be switched: .*1-1\.2/authorized: Is a directory"
    ):
        place(tmp_path).switch_data(on=False)


@pytest.mark.parametrize("value", ["", "2", "yes", "-1"])
def test_what_is_neither_allowed_nor_forbidden_is_unknown(hub: FakeHub, tmp_path: Path, value: str) -> None:
    (hub.device(PORT) / "authorized").write_text(f"{value}\n")
    found = place(tmp_path).seen()
    assert (found.is_there, found.is_data_on) == (True, None)
    assert repr(value) in "".join(found.words)


def test_without_a_hub_nothing_is_known_of_a_device(tmp_path: Path) -> None:
    found = place(tmp_path).seen()
    assert (found.is_there, found.is_data_on, found.words) == (None, None, ("there is no USB hub at 1-1",))
    assert place(tmp_path).refusal() == "there is no USB hub at 1-1"


@attrs.frozen
class Unreadable(Sysfs):
    """Gives an error for each file of one name."""

    name: str = "bDeviceClass"

    def text(self, path: PurePath) -> str:
        if path.name == self.name:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return super().text(path)


@pytest.mark.parametrize("name", ["bDeviceClass", "maxchild", "bConfigurationValue"])
def test_what_cannot_be_read_speaks_against_it(hub: FakeHub, tmp_path: Path, name: str) -> None:
    refusal = place(tmp_path, kernel=Unreadable(PurePath(hub.root / "sys"), name)).refusal()
    assert refusal.startswith("it cannot be told what is behind it: ")
    assert refusal.endswith(f"/{name}: Input/output error")


@pytest.mark.parametrize("name", ["authorized", "idVendor"])
def test_a_device_that_cannot_be_read_is_unknown(hub: FakeHub, tmp_path: Path, name: str) -> None:
    found = place(tmp_path, kernel=Unreadable(PurePath(hub.root / "sys"), name)).seen()
    assert (found.is_there, found.is_data_on) == (None, None)
    assert "Input/output error" in found.words[0]


def test_a_camera_alone_may_be_switched(hub: FakeHub, tmp_path: Path) -> None:
    assert hub.device(PORT).exists()
    assert place(tmp_path).refusal() == ""


def test_a_network_card_is_named(hub: FakeHub, tmp_path: Path) -> None:
    hub.put_network_behind(PORT)
    assert place(tmp_path).refusal() == "the network interface eth0 is behind it"


def test_a_network_card_in_another_port_does_not_matter(hub: FakeHub, tmp_path: Path) -> None:
    hub.plug(1)
    hub.put_network_behind(1)
    assert place(tmp_path).refusal() == ""
    assert place(tmp_path, port=1).refusal() == "the network interface eth0 is behind it"


@pytest.mark.parametrize("how", ["class", "ports", "children"])
def test_a_hub_is_known_by_its_class_its_ports_and_what_is_behind_it(hub: FakeHub, tmp_path: Path, how: str) -> None:
    if how == "class":
        hub.make_hub_of(PORT)
    elif how == "ports":
        (hub.device(PORT) / "maxchild").write_text("4\n")
    else:
        (tmp_path / "sys/bus/usb/devices/1-1.2.1").mkdir()
    assert place(tmp_path).refusal() == "a hub is plugged into it, and other devices would be switched with it"


def test_what_is_no_hub_has_no_ports(hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "sys/bus/usb/devices/1-1/bDeviceClass").write_text("08\n")
    assert place(tmp_path).refusal() == "what is at 1-1 is no hub (bDeviceClass 08)"
    assert hub.device(PORT).exists()


def test_the_disk_of_this_system_is_not_switched_off(hub: FakeHub, tmp_path: Path) -> None:
    device = Path("/").stat().st_dev
    block = tmp_path / "sys" / "dev" / "block" / f"{os.major(device)}:{os.minor(device)}"
    block.parent.mkdir(parents=True)
    disk = hub.device(PORT).resolve() / "1-1.2:1.0" / "host0" / "block" / "sda" / "sda1"
    disk.mkdir(parents=True)
    block.symlink_to(disk)
    assert place(tmp_path).refusal() == "/ of this system is on it"


@pytest.mark.usefixtures("hub")
def test_a_peer_that_is_a_root_hub_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "usb2-port1").mkdir()
    (tmp_path / "sys/bus/usb/devices/1-1:1.0" / f"1-1-port{PORT}" / "peer").symlink_to(tmp_path / "usb2-port1")
    assert [found.where for found in place(tmp_path).both] == ["1-1 port 2"]


def test_a_camera_in_the_other_half_of_a_usb_3_hub_is_seen_and_switched(hub: FakeHub, tmp_path: Path) -> None:
    camera = add_peer(tmp_path, hub, is_camera_there=True)
    found = place(tmp_path).seen()
    assert (found.is_there, found.is_data_on, found.vendor, found.product) == (True, True, "2ca3", "001f")
    place(tmp_path).switch_data(on=False)
    assert place(tmp_path).seen().is_data_on is False
    assert (camera / "authorized").read_text() == "0\n"


def test_a_hub_in_the_other_half_speaks_against_it(hub: FakeHub, tmp_path: Path) -> None:
    camera = add_peer(tmp_path, hub, is_camera_there=True)
    (camera / "bDeviceClass").write_text("09\n")
    assert place(tmp_path).refusal().startswith("a hub is plugged into it")
