"""A real input tree, and camera_archiver as a process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs

from tests.adapters.ffmpeg.tools import make_clip

STAMP = "20240309120000"


@attrs.frozen
class Ended:
    """How a run ended."""

    code: int
    out: str
    err: str


@attrs.define
class ArchiveDesk:
    """An input tree in a folder of its own."""

    root: Path
    env: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def out(self) -> Path:
        return self.root / "archived"

    @property
    def trash(self) -> Path:
        return self.root / ".deleted"

    @property
    def log(self) -> Path:
        return self.root / "archiver.log"

    def path(self, stamp: str = STAMP, *, camera: str = "front", extension: str = "mp4") -> Path:
        day = f"{stamp[:4]}/{stamp[4:6]}/{stamp[6:8]}"
        return self.root / day / f"REO_{camera}_{stamp}.{extension}"

    def put(self, path: Path, content: bytes, *, hours_ago: float = 2) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.age(path, hours_ago)
        return path

    def age(self, path: Path, hours_ago: float) -> None:
        then = time.time() - hours_ago * 3600
        os.utime(path, (then, then))

    def clip(self, source: Path, stamp: str = STAMP, *, camera: str = "front", has_picture: bool = False) -> Path:
        """A clip with the content of `source`, two hours old."""
        if has_picture:
            self.put(self.path(stamp, camera=camera, extension="jpg"), f"picture {camera} {stamp}".encode())
        return self.put(self.path(stamp, camera=camera), source.read_bytes())

    def argv(self, *flags: str) -> list[str]:
        return [sys.executable, "-m", "camvault.apps.camera_archiver", str(self.root), *flags]

    def run(self, *flags: str, **more: Any) -> Ended:
        done = subprocess.run(
            self.argv(*flags),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env={**os.environ, **self.env},
            **more,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *flags: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.argv(*flags),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **self.env},
            start_new_session=True,
        )

    def files(self, root: Path | None = None) -> dict[str, bytes]:
        """The footage below a root, by path; records and the log left out."""
        root = root or self.root
        found = (path for path in sorted(root.rglob("*")) if path.is_file())
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in found
            if path.suffix.lower() in (".mp4", ".jpg") or path.name.endswith(".camvault-part")
        }

    def inputs(self) -> list[str]:
        return [name for name in self.files() if not name.startswith(("archived/", ".deleted/"))]


def document_of(ended: Ended) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ended.out)
    return found


def wait_until(condition: Callable[[], bool], process: "subprocess.Popen[str]", *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        assert process.poll() is None, f"ended with {process.returncode} too early"
        time.sleep(0.01)


def small_clip(path: Path, *, seconds: float = 1.0, **more: Any) -> Path:
    """A clip whose encode is smaller."""
    make_clip(path, seconds=seconds, **more)
    return path
