"""A recording machine on real files, and a small real disk."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

FOOTAGE = b"\x1a\x45\xdf\xa3 header \x1f\x43\xb6\x75 footage "
DISK_BYTES = 4 * 1024 * 1024


@attrs.frozen
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@attrs.define
class Pi:
    """Configuration files and folders; commands run as their own processes."""

    folder: Path
    nas: str
    home: Path
    options: tuple[str, ...] = ("-avh", "--partial", "--progress", "--chmod=ug+rwX")
    programs: Path | None = None
    cameras: dict[str, object] = attrs.field(factory=dict)

    @property
    def ready(self) -> Path:
        return self.home / "ready"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def configure(self) -> None:
        backup = {
            "ready_for_backup_dir": str(self.ready),
            "nas_target_dir": self.nas,
            "success_log_dir": str(self.logs),
            "lock_dir": str(self.home / "locks"),
            "rsync_options": list(self.options),
        }
        cameras = {
            "defaults": {"output_dir": str(self.home / "cameras"), **self.cameras},
            "cameras": [{"station": "ROST1", "ip": "192.0.2.1"}, {"station": "ROST2", "ip": "192.0.2.2"}],
        }
        (self.folder / "backup.json").write_text("// of the test\n" + json.dumps(backup))
        (self.folder / "cameras.json").write_text(json.dumps(cameras))

    def record(self, name: str, content: bytes = FOOTAGE, *, hours_ago: float = 2) -> Path:
        return self._put(self.home / "cameras/ROST1" / name, content, hours_ago)

    def wait(self, name: str, content: bytes = FOOTAGE, *, hours_ago: float = 2) -> Path:
        return self._put(self.ready / "ROST1/2025-05-28" / name, content, hours_ago)

    def _put(self, path: Path, content: bytes, hours_ago: float) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written_s = time.time() - 3600 * hours_ago
        os.utime(path, (written_s, written_s))
        return path

    def run(self, command: str, *flags: str) -> Done:
        self.configure()
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}" if self.programs else os.environ["PATH"]
        done = subprocess.run(
            [
                *(sys.executable, "-m", f"camvault.apps.{command}", "--backup_config", "backup.json"),
                *("--cameras_config", "cameras.json", *flags),
            ],
            cwd=self.folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def fake_rsync(self, script: str) -> None:
        """Put another rsync in front of the real one."""
        self.programs = self.folder / "bin"
        self.programs.mkdir(exist_ok=True)
        (self.programs / "rsync").write_text(f"#!/bin/bash\n{script}\n")
        (self.programs / "rsync").chmod(0o755)


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    (tmp_path / "nas").mkdir()
    (tmp_path / "home/cameras").mkdir(parents=True)
    return Pi(tmp_path, str(tmp_path / "nas/video"), tmp_path / "home")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "disk" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("loop"))


@attrs.frozen
class Disk:
    """An ext4 of its own in a file."""

    image: Path
    folder: Path

    def mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", self.image, self.folder], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", self.folder], check=True)

    def fill(self) -> None:
        """Leave not one byte."""
        with (self.folder / "filler").open("wb", buffering=0) as file:
            for size in (65536, 4096, 512, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Mounted, and nothing reserved for root."""
    made = Disk(tmp_path / "disk.img", tmp_path / "disk")
    with made.image.open("wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", made.image], check=True)
    made.folder.mkdir()
    made.mount()
    try:
        yield made
    finally:
        if os.path.ismount(made.folder):
            made.unmount()
