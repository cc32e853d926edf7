"""For the end-to-end tests: real clips in a folder, and the command run on them."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import av

COMMAND = (sys.executable, "-m", "camvault.apps.prepare_bodycam")
TIMEOUT_S = 300.0


@attrs.frozen
class Ended:
    """How a run ended."""

    code: int
    out: str
    err: str


@attrs.frozen
class Desk:
    """Clips on the one side, a build directory (not there yet) on the other."""

    root: Path
    clips: tuple[Path, ...]

    @classmethod
    def make(cls, root: Path, footage: tuple[Path, ...]) -> "Desk":
        folder = root / "shift1"
        folder.mkdir()
        return cls(root, tuple(Path(shutil.copy2(clip, folder)) for clip in footage))

    @property
    def build(self) -> Path:
        return self.root / "work"

    @property
    def log(self) -> Path:
        return self.root / "prep.log"

    @property
    def progress(self) -> Path:
        return self.build / "progress.json"

    @property
    def completed(self) -> Path:
        return self.build / "progress.completed.json"

    def argv(self, *more: str | Path, build: bool = True, files: tuple[Path, ...] | None = None) -> list[str]:
        given = self.clips if files is None else files
        place = ("--build-dir", self.build) if build else ()
        return [os.fspath(part) for part in ("--logfile", self.log, *place, *more, "--", *given)]

    def run(self, *more: str | Path, files: tuple[Path, ...] | None = None, **environment: str) -> Ended:
        """A new job over all clips (or `files`)."""
        return self._ended(self.argv(*more, files=files), environment)

    def resume(self, *more: str | Path, path: Path | None = None, **environment: str) -> Ended:
        """The specification's way: only the progress file is given."""
        argv = self.argv("--resume", path or self.progress, *more, build=False, files=())
        return self._ended(argv, environment)

    def _ended(self, argv: list[str], environment: dict[str, str]) -> Ended:
        done = subprocess.run(
            [*COMMAND, *argv],
            env={**os.environ, **environment},
            cwd=self.root,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=TIMEOUT_S,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, argv: list[str]) -> "subprocess.Popen[bytes]":
        """Start and leave running, in a process group of its own."""
        return subprocess.Popen(
            [*COMMAND, *argv],
            cwd=self.root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End the process and everything it started, as a power cut would."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def states(self) -> dict[str, str]:
        found: dict[str, str] = self.document()["files"]
        return found

    def document(self) -> dict[str, Any]:
        path = self.progress if self.progress.exists() else self.completed
        document: dict[str, Any] = json.loads(path.read_text())
        return document

    def outputs(self) -> dict[str, str]:
        """Name and SHA-256 of what goes on the disc."""
        return {
            path.name: digest(path)
            for path in sorted(self.build.iterdir())
            if not path.name.startswith((".camvault", "progress"))
        }

    def originals(self) -> dict[str, str]:
        return {clip.name: digest(clip) for clip in self.clips if clip.exists()}

    def log_text(self) -> str:
        return self.log.read_text(errors="surrogateescape")


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seconds_of(path: Path) -> float:

    with av.open(str(path)) as container:
        assert container.duration
        return container.duration / 1_000_000
