"""The files of a box in the guest: the scripts with a real hub, and what the sandbox of the unit allows."""

import json
import shlex
from pathlib import Path

import pytest

from camvault.apps._assembly.box_files import UNIT, filled_text, shipped_text
from camvault.core.dashcam.configuration import BoxConfig
from tests.rig.guest import Done, Guest

HERE = "/root/box"
PORT = "2"
NODE = f"/sys/bus/usb/devices/1-1.{PORT}"
STICK = "/dev/disk/by-id/usb-QEMU_QEMU_HARDDISK_RIG0001-0:0"
SCRIPTS = (DATA, RECORDING, OFF) = ("start-for-data.sh", "start-for-recording.sh", "stop-all-ports.sh")


@pytest.fixture
def box(guest: Guest) -> Guest:
    """A guest with the scripts, and a camera whose card has a clip on it."""
    guest.shell(f"mkdir -p {HERE}")
    for name in SCRIPTS:
        guest.put(shipped_text(name).encode(), f"{HERE}/{name}")
    guest.shell(f"chmod 755 {HERE}/*")
    guest.wait_until(f"test -b {STICK}")
    guest.shell(f"mkfs.vfat -I {STICK} >/dev/null && mkdir -p /mnt/cam && mount {STICK} /mnt/cam")
    guest.shell("echo footage >/mnt/cam/clip.mp4 && umount /mnt/cam")
    return guest


def script(box: Guest, name: str, *, port: str = PORT) -> Done:
    settings = (f"CAMERA_PORT={port}", "CAMERA_WAIT_SECONDS=60" if port == PORT else "CAMERA_WAIT_SECONDS=1")
    return box.run("env", *settings, f"{HERE}/{name}", timeout_s=600)


def test_the_scripts_switch_a_real_port_and_see_that_it_is_so(box: Guest) -> None:
    done = script(box, OFF)
    assert done.exit_code == 0, done.stderr
    box.wait_until(f"test ! -e {NODE} && test ! -e {STICK}")

    done = script(box, RECORDING)
    assert done.exit_code == 0, done.stderr
    assert box.check("cat", f"{NODE}/authorized") == "0\n"
    assert box.check("cat", "/sys/bus/usb/devices/1-1/authorized") == "1\n"
    box.wait_until(f"test ! -e {STICK}")
    assert "0103 power" in box.check("uhubctl", "-l", "1-1", "-p", PORT)

    done = script(box, DATA)
    assert done.exit_code == 0, done.stderr
    box.wait_until(f"test -b {STICK}")

    box.shell(f"mount -o ro {STICK} /mnt/cam")
    for name in SCRIPTS:
        done = script(box, name)
        assert (done.exit_code, "is mounted" in done.stderr) == (6, True), done.stderr
    assert box.check("cat", "/mnt/cam/clip.mp4") == "footage\n"
    box.shell("umount /mnt/cam")

    assert script(box, DATA, port="4").exit_code == 3  # nothing is plugged in there
    assert script(box, OFF, port="9").exit_code == 5  # uhubctl ends with 0


PROBE = f'''#!/usr/bin/python3
"""In place of camera_service: tries what the service does, and what it should not be able to do."""
import json, os, pathlib, socket, subprocess, time

def told(*argv):
    done = subprocess.run(argv, capture_output=True, text=True)
    return "" if not done.returncode else f"{{done.returncode}} {{done.stderr}}"

def tried(act):
    try:
        act()
    except OSError as error:
        return os.strerror(error.errno)
    return ""

def waited(path):
    for _ in range(600):
        if os.path.exists(path):
            return
        time.sleep(0.1)

node, stick = pathlib.Path({NODE!r}), {STICK!r}
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
    out.connect(os.environ["NOTIFY_SOCKET"])
    out.send(b"READY=1")
found = {{}}
found["power off"] = told("uhubctl", "-l", "1-1", "-p", {PORT!r}, "-a", "off")
found["power off by libusb"] = told("uhubctl", "-S", "-l", "1-1", "-p", {PORT!r}, "-a", "off")
found["power on"] = told("uhubctl", "-l", "1-1", "-p", {PORT!r}, "-a", "on")
waited(node / "authorized")
found["data off"] = tried(lambda: (node / "authorized").write_text("0"))
found["data on"] = tried(lambda: (node / "authorized").write_text("1"))
waited(stick)
found["folder"] = tried(lambda: os.mkdir("/mnt/cam-TEST"))
found["mount"] = told("mount", "-t", "vfat", "-o", "ro,nosuid,nodev,noexec", stick, "/mnt/cam-TEST")
found["read"] = tried(lambda: pathlib.Path("/mnt/cam-TEST/clip.mp4").read_bytes())
found["unmount"] = told("umount", "/mnt/cam-TEST")
found["folder away"] = tried(lambda: os.rmdir("/mnt/cam-TEST"))
found["device"] = tried(lambda: os.close(os.open(stick, os.O_RDONLY | os.O_DIRECT)))
found["staging"] = tried(lambda: os.makedirs("/var/lib/camera_service/staging/.camvault"))
found["log"] = tried(lambda: pathlib.Path("/var/log/camera_service.log").write_text("line"))
found["shutdown"] = told("shutdown", "-h", "+600") or told("shutdown", "-c")
found["FORBIDDEN device"] = tried(lambda: os.close(os.open(stick, os.O_RDWR)))
found["FORBIDDEN disk"] = tried(lambda: os.close(os.open("/dev/vda", os.O_RDONLY)))
found["FORBIDDEN etc"] = tried(lambda: pathlib.Path("/etc/probe").write_text("x"))
found["FORBIDDEN home"] = tried(lambda: pathlib.Path("/root/probe").write_text("x"))
found["FORBIDDEN kernel"] = tried(lambda: pathlib.Path("/proc/sys/vm/swappiness").write_text("1"))
pathlib.Path("/var/lib/camera_service/found").write_text(json.dumps(found))
time.sleep(600)
'''


def test_the_sandbox_of_the_unit_allows_what_the_service_does_and_no_more(box: Guest) -> None:
    unit = filled_text(
        UNIT, BoxConfig(), config_path=Path("/etc/camera_service/config.yaml"), programs=Path("/root/programs")
    )
    box.shell("mkdir -p /root/programs")
    box.put(PROBE.encode(), "/root/programs/camera_service")
    box.put(unit.encode(), "/etc/systemd/system/camera_service.service")
    box.shell("chmod 755 /root/programs/camera_service && systemctl daemon-reload")

    box.check("systemctl", "start", "camera_service", timeout_s=600)
    box.wait_until("test -s /var/lib/camera_service/found", timeout_s=600)

    found = json.loads(box.check("cat", "/var/lib/camera_service/found"))
    allowed = {what: problem for what, problem in found.items() if not what.startswith("FORBIDDEN")}
    assert {what: problem for what, problem in allowed.items() if problem} == {}
    assert [what for what in found.keys() - allowed.keys() if not found[what]] == []
    assert box.run("grep", "-q", shlex.quote("/mnt/cam-TEST"), "/proc/mounts").exit_code == 1
    box.check("systemctl", "stop", "camera_service", timeout_s=600)
    said = box.check("systemd-analyze", "verify", "/etc/systemd/system/camera_service.service")
    assert said == ""
