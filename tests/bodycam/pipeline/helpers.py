"""For the tests of the pipeline: clips, a workspace, and the command as a process."""

import functools
import hashlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import imageio_ffmpeg

from tests.sevenzip import SEVEN_ZIP

PIPELINE = (sys.executable, "-m", "camvault.apps.run_bodycam_pipeline")
DEADLINE_S = 600.0


@attrs.frozen
class Outcome:
    """How a run ended."""

    code: int
    out: str
    err: str


@attrs.frozen
class Workspace:
    """A workspace drive with its runs."""

    root: Path
    clips: Path

    def command(self, *args: str | Path) -> list[str]:
        return [*PIPELINE, *map(str, args)]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "CAMVAULT_ROOT": str(self.root), "TZ": "Europe/Berlin"}

    def run(self, *args: str | Path, cwd: Path | None = None, more: dict[str, str] | None = None) -> Outcome:
        """Run the pipeline to its end."""
        done = subprocess.run(
            self.command(*args),
            env={**self.environment(), **(more or {})},
            cwd=cwd,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=DEADLINE_S,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def start(self, *args: str | Path) -> "subprocess.Popen[str]":
        """Start the pipeline in a process group of its own, as a shell does."""
        return subprocess.Popen(
            self.command(*args),
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def dead_drive(self) -> Path:
        """A device node with no drive behind it: it is there, and cannot be burned to."""
        node = self.root.parent / "sr-dead"
        if not node.exists():
            os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(259, 1_000_000))
        return node

    def logs(self) -> list[Path]:
        """Without what is on its way to a final name, or gone in a moment."""
        return sorted(path for path in self.root.glob("logs/*") if not path.name.startswith("."))

    def log_text(self) -> str:
        (log,) = self.logs()
        return log.read_text()

    def images(self) -> list[Path]:
        return sorted(self.root.glob("images/*.iso"))

    def build_dirs(self) -> list[Path]:
        return sorted(self.root.glob("images/bodycam_*"))

    def leftovers(self) -> list[Path]:
        """Everything below the workspace that is neither log, image nor build directory."""
        known = {*self.logs(), *self.images(), *self.build_dirs(), self.root / "logs", self.root / "images"}
        inside = tuple(self.build_dirs())
        return [
            p for p in self.root.rglob("*") if p not in known and not p.is_relative_to(inside[0] if inside else p / "x")
        ]


@functools.cache
def clip_bytes(number: int = 1, *, source: str = "testsrc2", seconds: int = 1, quality: int = 30) -> bytes:
    """A short clip as a camera makes it; made once per run of the tests."""
    picture = f"{source}=size=160x120:rate=15"
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-f", "lavfi", "-i", picture]
    sound = ["-f", "lavfi", "-i", f"sine=frequency={220 * number}", "-t", str(seconds), "-c:a", "aac"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", str(quality), "-pix_fmt", "yuv420p"]
    container = ["-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "-"]
    return subprocess.run([*argv, *sound, *coding, *container], check=True, capture_output=True).stdout


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tree(root: Path) -> list[tuple[str, int, int]]:
    """Every path below root with size and mtime: equal trees mean that nothing was touched."""
    paths = [root, *sorted(root.rglob("*"))]
    return [(os.fspath(p), p.lstat().st_size, p.lstat().st_mtime_ns) for p in paths]


def wait_until(condition: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    """Wait for a condition while the process lives."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def signals(process: "subprocess.Popen[str]", number: signal.Signals, *, is_group: bool) -> Iterator[None]:
    """Send the signal once each time the iterator is asked."""
    while True:
        if is_group:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        yield


def extracted(image: Path, target: Path) -> dict[str, str]:
    """Name and SHA-256 of every file in the image's UDF tree, taken out by 7-Zip, which did not write it."""
    subprocess.run([SEVEN_ZIP, "x", "-y", "-tudf", f"-o{target}", str(image)], check=True, capture_output=True)
    return {os.fspath(p.relative_to(target)): digest(p) for p in target.rglob("*") if p.is_file()}


def extracted_exactly(image: Path, target: Path) -> dict[bytes, str]:
    """The same of the ISO tree by its Rock Ridge names, which hold any bytes, taken out by xorriso."""
    argv = ["xorriso", "-osirrox", "on", "-indev", str(image), "-extract", "/", str(target)]
    subprocess.run(argv, check=True, capture_output=True)
    return {os.fsencode(p.relative_to(target)): digest(p) for p in target.rglob("*") if p.is_file()}
