"""A stand-in of a switchable USB hub: a tree as the kernel has it below /sys, and a uhubctl that switches it.

Run as a program (`python fake_hub.py ROOT [arguments of uhubctl]`) it is that uhubctl; what it prints, and how it ends,
is that of recorded outputs (tests/samples/uhubctl). The tree is the state; `hub.json` holds what no file there tells.
"""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

HUB_IDS, CAMERA_IDS = ("0409", "55aa"), ("46f4", "0001")
PORT_COUNT = 4
FAULTS_IN_TIME = {"COMES_BACK": True, "GOES_OUT": False}


class FakeHub:
    """Hub 1-1 with 4 ports."""

    def __init__(self, root: Path, hub: str = "1-1") -> None:
        self.root, self.hub = root, hub
        self._devices = root / "sys" / "bus" / "usb" / "devices"
        self._state = root / "hub.json"

    def make(self, *, switching: str = "ppps", fault: str = "", is_usb3: bool = False) -> None:
        """Lay it out, with power on each port and nothing in it."""
        self._add_device(self.hub, HUB_IDS, bDeviceClass="09", maxchild=str(PORT_COUNT))
        interface = self._real(self.hub) / f"{self.hub}:1.0"
        for port in range(1, PORT_COUNT + 1):
            (interface / f"{self.hub}-port{port}").mkdir(parents=True)
            (interface / f"{self.hub}-port{port}" / "disable").write_text("0\n")
        (self._devices / f"{self.hub}:1.0").symlink_to(interface)
        powered = {str(port): True for port in range(1, PORT_COUNT + 1)}
        state = {"powered": powered, "plugged": [], "switching": switching, "fault": fault, "looks": -1, "port": 0}
        self._write({**state, "usb3": is_usb3, "asked": []})

    def plug(self, port: int) -> None:
        """A camera into a port."""
        state = self._read()
        self._write({**state, "plugged": [*state["plugged"], port]})
        if state["powered"][str(port)]:
            self._add_camera(port)

    def unplug(self, port: int) -> None:
        """Out of it again."""
        state = self._read()
        self._write({**state, "plugged": [p for p in state["plugged"] if p != port]})
        self._remove(f"{self.hub}.{port}")

    def put_network_behind(self, port: int) -> None:
        """The device in the port is a network card."""
        real = self._real(f"{self.hub}.{port}") / f"{self.hub}.{port}:1.0"
        (real / "net" / "eth0").mkdir(parents=True)
        (real / "net" / "eth0" / "device").symlink_to(real)
        net = self.root / "sys" / "class" / "net"
        net.mkdir(parents=True)
        (net / "eth0").symlink_to(real / "net" / "eth0")
        (net / "lo").mkdir()

    def make_hub_of(self, port: int) -> None:
        """The device in the port is a hub."""
        (self._real(f"{self.hub}.{port}") / "bDeviceClass").write_text("09\n")

    def device(self, port: int) -> Path:
        """The folder of the device in the port."""
        return self._devices / f"{self.hub}.{port}"

    def is_powered(self, port: int) -> bool:
        """Whether the port has power."""
        return bool(self._read()["powered"][str(port)])

    @property
    def fault(self) -> str:
        """The name of what is wrong."""
        return str(self._read()["fault"])

    @property
    def asked(self) -> list[list[str]]:
        """The arguments of each call of uhubctl."""
        return [list(call) for call in self._read()["asked"]]

    def power(self, port: int, *, on: bool) -> None:
        """What the kernel does when the power of a port is switched."""
        state = self._read()
        if state["fault"] != "IGNORES":
            self._power(port, on=on)
            self._write({**self._read(), "looks": 1, "port": port})

    def look(self) -> None:
        """Somebody asks for the status of a port: a fault in time comes one look after something was switched."""
        state = self._read()
        if state["fault"] in FAULTS_IN_TIME and state["looks"] == 0:
            self._power(state["port"], on=FAULTS_IN_TIME[state["fault"]])
        self._write({**self._read(), "looks": state["looks"] - 1})

    def run(self, arguments: list[str]) -> int:
        """Be uhubctl: -l HUB -p PORT [-a on|off]."""
        self._write({**self._read(), "asked": [*self._read()["asked"], arguments]})
        given = dict(zip(arguments[::2], arguments[1::2], strict=True))
        if given["-l"] != self.hub or self._read()["switching"] != "ppps":
            place = given["-l"]
            sys.stderr.write(f"No compatible devices detected at location {place}!\nRun with -h to get usage info.\n")
            return 1
        port, action = int(given["-p"]), given.get("-a")
        if not action:
            self.look()
        self._print("Current", port)
        if action in {"on", "off"}:
            self.power(port, on=action == "on")
            sys.stdout.write(f"Sent power {action} request\n")
            self.look()
            self._print("New", port)
        return 0

    def _print(self, when: str, port: int) -> None:
        state = self._read()
        ids, version = ":".join(HUB_IDS), "3.20" if state["usb3"] else "1.10"
        about = f"{ids} QEMU QEMU USB Hub 314159, USB {version}, {PORT_COUNT} ports, {state['switching']}"
        sys.stdout.write(f"{when} status for hub {self.hub} [{about}]\n")
        if port <= PORT_COUNT:
            sys.stdout.write(f"  Port {port}: {self._status(port, state)}\n")

    def _status(self, port: int, state: dict[str, Any]) -> str:
        is_powered, is_there = state["powered"][str(port)], port in state["plugged"]
        if state["fault"] == "SILENT":
            return "fffffff9"
        if state["usb3"]:
            return (
                ("0203 power 5gbps U0 enable connect []" if is_there else "02a0 power 5gbps Rx.Detect")
                if is_powered
                else "0080 off"
            )
        if not is_powered:
            return "0000 off"
        return (
            f"0103 power enable connect [{':'.join(CAMERA_IDS)} QEMU QEMU USB HARDDRIVE CAM]"
            if is_there
            else "0100 power"
        )

    def _power(self, port: int, *, on: bool) -> None:
        state = self._read()
        was_on = state["powered"][str(port)]
        self._write({**state, "powered": {**state["powered"], str(port): on}})
        if on and not was_on and port in state["plugged"]:
            self._add_camera(port)
        if not on and state["fault"] != "DEVICE_STAYS":
            self._remove(f"{self.hub}.{port}")

    def _add_camera(self, port: int) -> None:
        name = f"{self.hub}.{port}"
        self._add_device(name, CAMERA_IDS, bDeviceClass="00", maxchild="0")
        (self._real(name) / f"{name}:1.0").mkdir()

    def _real(self, name: str) -> Path:
        bus = self.root / "sys" / "devices" / "pci0000:00" / "0000:00:06.0" / "usb1"
        return bus / self.hub if name == self.hub else bus / self.hub / name

    def _add_device(self, name: str, ids: tuple[str, str], **attributes: str) -> None:
        real = self._real(name)
        self._remove(name)
        real.mkdir(parents=True)
        known = {"idVendor": ids[0], "idProduct": ids[1], "authorized": "1", "bConfigurationValue": "1"}
        for key, value in {**known, "busnum": "1", "devnum": "2", **attributes}.items():
            (real / key).write_text(f"{value}\n")
        self._devices.mkdir(parents=True, exist_ok=True)
        (self._devices / name).symlink_to(real)

    def _remove(self, name: str) -> None:
        (self._devices / name).unlink(missing_ok=True)
        shutil.rmtree(self._real(name), ignore_errors=True)

    def _read(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self._state.read_text())
        return state

    def _write(self, state: dict[str, Any]) -> None:
        # at one stroke: somebody may read it meanwhile
        beside = self._state.with_name(f"{self._state.name}.{os.getpid()}")
        beside.write_text(json.dumps(state))
        beside.replace(self._state)


def install(root: Path) -> Path:
    """A program named uhubctl that switches the hub below `root`; its folder can be put on PATH."""
    program = root / "bin" / "uhubctl"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{__file__}" "{root}" "$@"\n')
    program.chmod(0o755)
    return program


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(FakeHub(Path(sys.argv[1])).run(sys.argv[2:]))
