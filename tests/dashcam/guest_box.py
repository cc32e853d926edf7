"""A dashcam box in the guest: the service under systemd, a camera in the hub, a UPS that is told what to say, a server.

The server is outside of it, a real sshd of this machine: it does not lose its power with the box. The state of the box
lies on a disk that outlives the guest; all else is gone after a power cut, and is set up anew.
"""

import io
import json
import os
import random
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, Final

import attrs

from camvault.apps._assembly.box_files import LOGROTATE, UNIT, filled_text
from camvault.core.dashcam.configuration import BoxConfig, PathsConfig
from camvault.core.segments.ledger import LedgerEntry, ProofKind, ledger_lines
from camvault.core.workflows.dashcam.folders import RECORDS_NAME
from tests.contracts.test_transfer import Server
from tests.dashcam.outside import OLD_S, mp4
from tests.rig.fixtures import PYTHONPATH
from tests.rig.guest import Guest, GuestError

MAINS: Final = {"VBAT": 3400, "VIN": 5208, "VIN_THRESHOLD": 4498}
STATE: Final = "/var/lib/camera_service"
STAGING: Final = f"{STATE}/staging"
LOG: Final = f"{STATE}/camera_service.log"
SERVICE: Final = "camera_service"
PORT: Final = 2
NODE: Final = f"/sys/bus/usb/devices/1-1.{PORT}"
INTERVAL_S: Final = 10
"""On a busy machine a look may miss the server, which ends nothing; two of them do."""
LOGROTATE_FILE: Final = "/etc/logrotate.d/camera_service"
_ETC: Final = "/etc/camera_service"
_CONFIG: Final = f"{_ETC}/config.yaml"
_DATA: Final = "/dev/disk/by-id/virtio-DATA"
_HOST: Final = "10.0.2.2"
"""What QEMU makes of this machine's 127.0.0.1."""
_CARD_BYTES: Final = 64 << 20
_FOLDER: Final = "Normal/Front"
_AT_THE_SERVER: Final = frozenset({ProofKind.REMOTE_HASH, ProofKind.UNSTAGED})

_UPS = """#!/bin/sh
[ "$#" = 2 ] && [ "$1" = get ] && exec cat "/run/ups/$2"
exit 1
"""
_PROGRAM = f"""#!/bin/sh
PYTHONPATH={PYTHONPATH} exec python3 -m camvault.apps.camera_service "$@"
"""


class Camera:
    """A camera that records while nobody looks at its card, which is an image of FAT32: here or in the guest."""

    def __init__(self, folder: Path) -> None:
        self.card = folder / "card.img"
        self.clips: dict[str, str] = {}
        """All that was ever recorded, with its SHA-256."""
        with self.card.open("wb") as file:
            file.truncate(_CARD_BYTES)
        subprocess.run(["mkfs.vfat", "-i", "67EF9CED", self.card], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["mmd", "-i", self.card, *(f"::{folder}" for folder in ("Normal", _FOLDER))], check=True)

    def record(self, count: int, *, size_bytes: int) -> None:
        """Some more clips. Only while the card is not in the guest."""
        with tempfile.TemporaryDirectory(dir=self.card.parent) as folder:
            clips = [Path(folder) / f"{len(self.clips) + number:04}.MP4" for number in range(count)]
            for number, clip in enumerate(clips, start=len(self.clips)):
                content = mp4(random.Random(number).randbytes(size_bytes))
                clip.write_bytes(content)
                os.utime(clip, (OLD_S + 60 * number, OLD_S + 60 * number))
                self.clips[f"{_FOLDER}/{clip.name}"] = sha256(content).hexdigest()
            subprocess.run(["mcopy", "-m", "-i", self.card, *clips, f"::{_FOLDER}"], check=True)


@attrs.frozen
class Home:
    """The server, and the folder there that clips are sent to."""

    sshd: Server
    folder: Path

    def digests(self) -> dict[str, str]:
        """The clips that arrived, with their SHA-256."""
        clips = self.folder.rglob("*.MP4")
        return {str(clip.relative_to(self.folder)): sha256(clip.read_bytes()).hexdigest() for clip in clips}


@attrs.frozen
class GuestBox:
    """A box, as long as the guest has power."""

    guest: Guest
    camera: Camera
    home: Home

    # --- what is around it -------------------------------------------------------------------------------------------

    def set_up(self, *, is_new: bool = True, **changes: Mapping[str, Any]) -> None:
        """A box at home, on the mains, with a camera in its port, whose service is not started.

        Args:
            is_new: Whether its disk is empty.
            changes: Of the tables of its configuration.
        """
        monitor = self.guest.monitor
        monitor.command("device_del", id="usbstick")
        monitor.command("netdev_add", type="user", id="net")
        monitor.command("device_add", driver="virtio-net-pci", netdev="net", id="network")
        monitor.command("object-add", qom_type="throttle-group", id="speed")
        file = {"driver": "raw", "file": {"driver": "file", "filename": str(self.camera.card)}}
        monitor.command("blockdev-add", driver="throttle", node_name="card", throttle_group="speed", file=file)
        self.guest.check("tar", "-x", "-C", "/", stdin=_archive(self._files(changes)))
        self.power(MAINS)
        self.guest.shell(
            (f"mkfs.ext4 -qF {_DATA}\n" if is_new else "")
            + f"mkdir -p {STATE} && mount {_DATA} {STATE} && systemctl daemon-reload\n"
            "until card=$(basename /sys/class/net/e*) && ip link set dev $card up; do sleep 0.1; done\n"
            f"ip address add 10.0.2.15/24 dev $card && while test -e {NODE}; do sleep 0.1; done"
        )
        self.plug()

    def _files(self, changes: Mapping[str, Mapping[str, Any]]) -> Mapping[str, tuple[int, str]]:
        known = " ".join((self.home.sshd.folder / "host.pub").read_text().split()[:2])
        port = self.home.sshd.port
        upload = {"host": _HOST, "port": port, "user": "root", "dest_path": str(self.home.folder)}
        tables: dict[str, dict[str, Any]] = {
            "upload": {**upload, "known_hosts": f"{_ETC}/known_hosts"},
            "camera": {"port_number": PORT, "off_seconds": 0},
            "paths": {"log_path": LOG},
            "poll": {"interval_seconds": INTERVAL_S},
        }
        for name, table in changes.items():
            tables.setdefault(name, {}).update(table)
        places = {"config_path": PurePosixPath(_CONFIG), "programs": PurePosixPath("/usr/local/bin")}
        config = BoxConfig(paths=PathsConfig(log_path=LOG))
        return {
            _CONFIG: (0o600, json.dumps(tables)),
            f"{_ETC}/id_rsa": (0o600, self.home.sshd.key.read_text()),
            f"{_ETC}/known_hosts": (0o600, f"[{_HOST}]:{port} {known}\n"),
            "/usr/local/bin/lifepo4wered-cli": (0o755, _UPS),
            f"/usr/local/bin/{SERVICE}": (0o755, _PROGRAM),
            f"/etc/systemd/system/{SERVICE}.service": (0o644, filled_text(UNIT, config, **places)),
            LOGROTATE_FILE: (0o644, filled_text(LOGROTATE, config, **places)),
        }

    def power(self, registers: Mapping[str, int]) -> None:
        """What the UPS says from now on."""
        lines = [
            f"echo {value} >/run/ups/{name}.new && mv /run/ups/{name}.new /run/ups/{name}"
            for name, value in registers.items()
        ]
        self.guest.shell("\n".join(["mkdir -p /run/ups", *lines]))

    def network(self, *, is_up: bool) -> None:
        """Pull or plug the cable."""
        self.guest.monitor.command("set_link", name="network", up=is_up)

    def plug(self) -> None:
        """Put the camera into its port."""
        deadline_s = time.monotonic() + 60
        while True:
            try:
                self.guest.monitor.command(
                    "device_add", driver="usb-storage", id="camera", bus="xhci.0", port=f"1.{PORT}", drive="card"
                )
            except GuestError:  # the one before is not wholly gone
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(0.1)
            else:
                return

    def unplug(self) -> None:
        """Take the camera out, whatever it does."""
        self.guest.monitor.command("device_del", id="camera")

    def read_at(self, bytes_per_s: int) -> None:
        """So fast the card is from now on."""
        self.guest.monitor.command("qom-set", path="/objects/speed", property="limits", value={"bps-read": bytes_per_s})

    # --- the service -------------------------------------------------------------------------------------------------

    def plan(self) -> list[str]:
        """What a dry run says that would be done now."""
        said = self.guest.check(SERVICE, "--config", _CONFIG, "--dry-run", "--once")
        lines = actions(said)
        assert all(" dry-run" in line for line in lines), said
        return [line.replace(" dry-run", "") for line in lines]

    def start(self) -> None:
        self.guest.check("systemctl", "start", SERVICE)

    def stop(self) -> None:
        self.guest.check("systemctl", "stop", SERVICE)

    def told(self) -> list[str]:
        """What the service that was started last said that it did."""
        return actions(self.said())

    def logged(self) -> list[str]:
        """The same by its log, which the guest has sooner than the journal."""
        return actions(self.guest.run("cat", LOG).stdout.rpartition("Script started")[2])

    def said(self) -> str:
        """All that it said, on stdout and stderr."""
        number = self.property("InvocationID")
        return self.guest.check("journalctl", "-q", "-o", "cat", f"_SYSTEMD_INVOCATION_ID={number}")

    def property(self, name: str) -> str:
        """What systemd knows of the service."""
        return self.guest.check("systemctl", "show", "-P", name, SERVICE).strip()

    def wait_until(self, is_so: Callable[[], bool], *, limit_s: float = 600) -> None:
        """Wait for something; what the service said is told if it does not come."""
        deadline_s = time.monotonic() + limit_s
        while not is_so():
            assert time.monotonic() < deadline_s, self.said()
            time.sleep(0.5)

    def wait_until_more(self, count: int, word: str) -> list[str]:
        """Wait until it did this more often; the words of all that it did."""
        self.wait_until(lambda: words(self.logged()).count(word) > count)
        return words(self.logged())

    def wait_until_told(self, count: int) -> list[str]:
        """Wait until it did so much, and for one more look; all that it did."""
        self.wait_until(lambda: len(self.logged()) >= count)
        time.sleep(1.2 * INTERVAL_S)
        return self.told()

    def wait_until_recording(self) -> None:
        """Wait until it does nothing any more, and the camera records."""
        self.wait_until(lambda: self.property("StatusText") == "recording" and self.is_recording())

    # --- what is there -----------------------------------------------------------------------------------------------

    def is_recording(self) -> bool:
        """Whether the camera has power and no data."""
        return self.guest.run("cat", f"{NODE}/authorized").stdout == "0\n"

    def is_off(self) -> bool:
        """Whether no camera is seen in the port."""
        return self.guest.run("test", "-e", NODE).exit_code != 0

    def staged(self) -> dict[str, str]:
        """The clips in the staging, with their SHA-256."""
        find = f"find . -path ./{RECORDS_NAME} -prune -o -name '*.MP4' -exec sha256sum {{}} +"
        lines = self.guest.shell(f"mkdir -p {STAGING} && cd {STAGING} && {find}").splitlines()
        return {line[66:].removeprefix("./"): line[:64] for line in lines}

    def ledger(self) -> Sequence[LedgerEntry]:
        """All lines about clips, oldest first."""
        return ledger_lines(self.guest.shell(f"cat {STAGING}/{RECORDS_NAME}/clips-*.ledger || true"))[0]

    def untrue(self) -> Sequence[str]:
        """What is not as it is written down: of a service that does nothing at the moment."""
        last, staged, arrived = {str(entry.path): entry for entry in self.ledger()}, self.staged(), self.home.digests()
        clips = self.camera.clips
        found = [f"{name}: staged, and not as recorded" for name in staged if staged[name] != clips.get(name)]
        for name, entry in last.items():
            if entry.kind in _AT_THE_SERVER:
                is_so = arrived.get(name) == entry.sha256 == clips[name]
            elif entry.kind is ProofKind.STAGED:
                is_so = staged.get(name) == entry.sha256 == clips[name]
            else:
                is_so = entry.kind is ProofKind.SEEN
            if not is_so:
                found.append(f"{name}: {entry}")
        return found


def words(lines: Sequence[str]) -> list[str]:
    """Actions without what is said of them."""
    return [line.partition(" ")[0] for line in lines]


def foreseen(lines: Sequence[str]) -> list[str]:
    """Actions as far as a dry run can foresee them: neither which disk the card will be, nor how much is on it."""
    return [line if line.endswith(f"port {PORT}") else line.partition(" ")[0] for line in lines]


def actions(said: str) -> list[str]:
    """What stands behind `action=`."""
    return [line.partition("▶ action=")[2] for line in said.splitlines() if "▶ action=" in line]


def _archive(files: Mapping[str, tuple[int, str]]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for path, (mode, text) in files.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size, member.mode = len(text.encode()), mode
            archive.addfile(member, io.BytesIO(text.encode()))
    return target.getvalue()
