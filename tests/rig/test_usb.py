"""The camera's port on a real kernel, with a real uhubctl, and an emulated hub whose ports lose their power."""

import importlib.util
import subprocess
import time
from pathlib import Path

import pytest

from tests.rig.fixtures import IN_PROJECT
from tests.rig.guest import Guest

TOP = Path(__file__).parent
PACKAGES = ("_pytest", "pytest", "pluggy", "iniconfig", "packaging", "py")
FOLDER = "/opt/usb"
PYTEST = (
    "pytest",
    "-q",
    "-x",
    "-s",
    "-p",
    "no:cacheprovider",
    "--noconftest",
    "--rootdir",
    FOLDER,
    f"{FOLDER}/guest_usb.py",
)


@pytest.fixture(scope="module")
def pytest_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pytest, and the tests that it runs in the guest."""
    disk = tmp_path_factory.mktemp("usb") / "usb.sqfs"
    places: list[str] = []
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        assert found is not None
        places.append(*(found.submodule_search_locations or [str(found.origin)]))
    argv = ["mksquashfs", *places, str(TOP / "guest_usb.py"), str(disk), "-quiet", "-no-progress", "-no-xattrs"]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return disk


class Hands:
    """Plugs and unplugs what the guest wishes."""

    def __init__(self, guest: Guest) -> None:
        self._guest, self._name, self._count = guest, "usbstick", 0

    def do(self, what: str) -> None:
        {"plug": self._plug, "unplug": self._unplug, "hubs": self._add_hubs}[what]()

    def _plug(self) -> None:
        self._count += 1
        self._name = node = f"camera{self._count}"
        self._guest.monitor.command("blockdev-add", driver="null-co", node_name=f"{node}-disk", size=64 << 20)
        self._add("usb-storage", node, "1.2", drive=f"{node}-disk", serial="RIG0001")

    def _unplug(self) -> None:
        self._guest.monitor.command("device_del", id=self._name)

    def _add_hubs(self) -> None:
        self._add("usb-hub", "hub-in-port", "1.3")
        self._add("usb-hub", "hub-of-one-power", "2")

    def _add(self, driver: str, name: str, port: str, **more: str) -> None:
        self._guest.monitor.command("device_add", driver=driver, id=name, bus="xhci.0", port=port, **more)


def run_in_guest(guest: Guest, disk: Path, choice: str) -> str:
    """What pytest printed in the guest; it must have passed."""
    device = guest.attach_disk(disk, name="USB")
    guest.shell(f"mkdir -p {FOLDER} && mount -t squashfs -o ro {device} {FOLDER} && uname -r")
    guest.wait_until("test -e /sys/bus/usb/devices/1-1.2")
    project, path, *python = IN_PROJECT
    argv = [project, f"{path}:{FOLDER}", *python, *PYTEST, "-k", choice]
    running = guest.start("sh", "-c", '"$@" >/run/said 2>&1; echo $? >/run/ended', "sh", *argv)
    hands, deadline = Hands(guest), time.monotonic() + 1200
    while not (ended := guest.run("cat", "/run/ended").stdout.strip()):
        assert time.monotonic() < deadline, guest.run("cat", "/run/said").stdout
        wish = guest.run("cat", "/run/usb-wish").stdout.strip()
        if wish:
            hands.do(wish)
            guest.check("rm", "/run/usb-wish")
        time.sleep(0.2)
    guest.finish(running)
    said = guest.check("cat", "/run/said")
    assert ended == "0", said
    return said


def test_uhubctl_says_twenty_times_what_is_so(guest: Guest, pytest_disk: Path) -> None:
    """Off and on, and no "off" that is none: neither of a port that has power, nor of a device that stays."""
    assert "3 passed" in run_in_guest(guest, pytest_disk, "cycles or dead_device or descriptor")


@pytest.mark.nightly
@pytest.mark.parametrize("choice", ["TestSysfsUsbPort or refusals", "TestUhubctlPort"])
def test_both_adapters_keep_the_contract_on_a_real_kernel(guest: Guest, pytest_disk: Path, choice: str) -> None:
    """And refuse ports that must not be switched."""
    said = run_in_guest(guest, pytest_disk, choice)
    assert " passed" in said
    assert "skipped" not in said
