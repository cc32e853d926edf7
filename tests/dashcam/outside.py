"""What camera_service meets outside: a UPS, a hub, a machine and a server, as stand-ins on PATH and in folders."""

import json
import os
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.dashcam import fake_hub
from tests.dashcam.board import Board
from tests.dashcam.fake_hub import FakeHub
from tests.dashcam.stand_ins import Program

ROOT = Path(__file__).parents[2]
PORT = 1
MAINS = {"VBAT": 3325, "VIN": 5208, "VIN_THRESHOLD": 4498}
OLD_S = 1_735_725_600
"""The time of the first clip."""


def mp4(content: bytes) -> bytes:
    """A clip that is finished, as far as its boxes tell."""
    boxes = ((b"ftyp", b"isom\0\0\0\0isom"), (b"mdat", content), (b"moov", b"\0" * 16))
    return b"".join(struct.pack(">I4s", len(body) + 8, kind) + body for kind, body in boxes)


class Outside:
    """One box; its configuration has short times."""

    def __init__(self, root: Path, registers: Mapping[str, int | str] = MAINS) -> None:
        self.root = root
        self.card, self.server = root / "card", root / "server"
        self.staging, self.log = root / "staging", root / "log" / "box.log"
        for folder in (self.card, self.server, root / "bin"):
            folder.mkdir(parents=True)
        self.board = Board(root / "ups", registers)
        self.hub = FakeHub(root / "hub")
        self.hub.make()
        self.hub.plug(PORT)
        fake_hub.install(root / "hub")
        self.shutdown = Program(root / "bin" / "shutdown")
        folders = (root / "bin", root / "hub" / "bin", root / "ups", "/usr/bin", "/bin")
        self.path = os.pathsep.join(map(str, folders))
        self.config = root / "config.yaml"
        self.configure()

    def configure(self, **changes: Mapping[str, Any]) -> None:
        """Write the configuration: that of the tests, and changes of its tables."""
        tables: dict[str, dict[str, Any]] = {
            "upload": {"host": "", "dest_path": str(self.server)},
            "camera": {"path": str(self.card), "off_seconds": 0},
            "paths": {"local_staging": str(self.staging), "log_path": str(self.log)},
            "poll": {"interval_seconds": 1, "upload_retries": 0},
        }
        for name, table in changes.items():
            tables.setdefault(name, {}).update(table)
        self.config.write_text(json.dumps(tables))

    def record(self, count: int = 3, *, size_bytes: int = 1000, name: str = "{:04}.MP4") -> list[str]:
        """Let the camera have recorded clips; their names below the card."""
        names = [f"Normal/{name.format(number)}" for number in range(1, count + 1)]
        for number, clip in enumerate(names):
            path = self.card / clip
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(mp4(os.urandom(size_bytes)))
            os.utime(path, (OLD_S + 60 * number, OLD_S + 60 * number))
        return names

    def only_programs(self, *names: str) -> None:
        """Let PATH have these programs and a shell, and no others."""
        kept = self.root / "kept"
        kept.mkdir()
        for name in ("sh", *names):
            (kept / name).symlink_to(shutil.which(name, path=self.path) or name)
        self.path = str(kept)

    # --- the service -------------------------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": self.path,
            "CAMVAULT_SYSFS": str(self.root / "hub" / "sys"),
            "TZ": "UTC",
        }

    def start(self, *arguments: str, stdout: Path | None = None) -> "subprocess.Popen[str]":
        """The service; its lines come through a file, so that nobody has to read them in time."""
        with (stdout or self.root / "stdout").open("w") as out, (self.root / "stderr").open("w") as err:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.dashcam.hurried", "--config", str(self.config), *arguments],
                env=self.environment,
                cwd=ROOT,
                stdout=out,
                stderr=err,
                text=True,
            )

    def run(self, *arguments: str, stdout: Path | None = None) -> int:
        """The service, to its end; the exit code."""
        return self.start(*arguments, stdout=stdout).wait(300)

    @property
    def stdout(self) -> str:
        return (self.root / "stdout").read_text()

    @property
    def stderr(self) -> str:
        return (self.root / "stderr").read_text()

    @property
    def actions(self) -> list[str]:
        """The words behind `action=`."""
        found = (line.partition("action=")[2].split() for line in self.stdout.splitlines() if "action=" in line)
        return [words[0] for words in found]

    # --- what is there -----------------------------------------------------------------------------------------------

    @property
    def is_powered(self) -> bool:
        return self.hub.is_powered(PORT)

    @property
    def is_recording(self) -> bool:
        authorized = self.hub.device(PORT) / "authorized"
        return self.is_powered and authorized.exists() and authorized.read_text().strip() == "0"

    @property
    def switched(self) -> list[str]:
        """What uhubctl was told."""
        return [call[call.index("-a") + 1] for call in self.hub.asked if "-a" in call]

    def arrived(self) -> set[str]:
        return {str(path.relative_to(self.server)) for path in self.server.rglob("*.MP4")}

    def staged(self) -> set[str]:
        return {str(path.relative_to(self.staging)) for path in self.staging.rglob("*.MP4")}

    def files(self) -> set[str]:
        """All files of the box, but those of the stand-ins."""
        roots = (self.card, self.server, self.staging, self.log.parent)
        return {str(path.relative_to(self.root)) for root in roots for path in root.rglob("*")}


def wait_until(is_so: Callable[[], bool], *, limit_s: float = 120) -> None:
    """Wait for something, and fail if it does not come."""
    end_s = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < end_s, "it did not come in time"
        time.sleep(0.1)
