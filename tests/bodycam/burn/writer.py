"""The emulated BD-R writer (tests/rig/vburn.c), and burn_iso run on it."""

import hashlib
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import attrs

SOURCE = Path(__file__).parents[2] / "rig" / "vburn.c"
DEVICE = "/dev/sr5"
BLOCKS = 2048
DEADLINE_S = 300.0
ERROR = " ▶ ERROR ▶ "
_STATUS, _NEXT_WRITABLE, _IS_TRACK_OPEN = 4, 7, 9


def build_library(folder: Path) -> Path:
    """Compile the emulator, once for each version of its source; safe in parallel."""
    library = folder / f"vburn-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]}.so"
    if not library.exists():
        unfinished = library.with_suffix(f".{os.getpid()}")
        options = ("-O2", "-Wall", "-Wextra", "-shared", "-fPIC")
        subprocess.run(["gcc", *options, "-o", str(unfinished), str(SOURCE), "-ldl"], check=True)
        unfinished.replace(library)
    return library


def build_image(folder: Path) -> Path:
    """A UDF/ISO 9660 bridge of about 2 MB with two clips in it."""
    tree = folder / "tree" / "cam1"
    tree.mkdir(parents=True)
    for number in (1, 2):
        (tree / f"clip_{number}.mp4").write_bytes(
            b"".join(hashlib.sha256(b"%d/%d" % (number, i)).digest() for i in range(25_000))
        )
    image = folder / "image.iso"
    subprocess.run(
        ["genisoimage", "-quiet", "-udf", "-J", "-r", "-V", "TEST", "-o", str(image), str(tree.parent)], check=True
    )
    return image


def wait_for(condition: Callable[[], bool], *, deadline_s: float = DEADLINE_S) -> None:
    """Wait until the condition holds; fails after the deadline."""
    end_s = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end_s, "the condition did not come true in time"
        time.sleep(0.02)


@attrs.frozen
class Ended:
    """How a run of burn_iso ended."""

    exit_code: int
    stdout: str
    stderr: str
    log: str

    @property
    def error(self) -> str:
        """The last error message, without time and level."""
        lines = [line for line in self.stderr.splitlines() if ERROR in line]
        return lines[-1].partition(ERROR)[2] if lines else ""

    @property
    def is_success(self) -> bool:
        """Whether it claims to have burned the disc."""
        return self.exit_code == 0 or "SUCCESS" in self.log or "SUCCESS" in self.stdout


class Run:
    """A run of burn_iso in its own folder, as a shell starts it: in a process group of its own."""

    def __init__(self, cwd: Path, env: dict[str, str], arguments: tuple[str, ...], started_by: tuple[str, ...]) -> None:
        self._cwd = cwd
        self._process = subprocess.Popen(
            [sys.executable, *started_by, "camvault.apps.burn_iso", *arguments],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def log(self) -> str:
        """The log so far."""
        path = self._cwd / "burn_iso.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_for_log(self, text: str) -> None:
        """Wait until the log says it."""
        wait_for(lambda: text in self.log or not self.is_running)
        assert text in self.log, self.end()

    def press_ctrl_c(self) -> None:
        """SIGINT to the whole group, as a terminal does."""
        os.killpg(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        """Kill -9."""
        self._process.kill()
        self._process.communicate()

    def end(self) -> Ended:
        """Wait for the end."""
        out, err = self._process.communicate(timeout=DEADLINE_S)
        return Ended(self._process.returncode, out.decode(), err.decode(), self.log)


@attrs.frozen
class Writer:
    """A drive with a disc in it. `folder` is the medium; knobs may be turned while a program runs."""

    library: Path
    folder: Path

    @classmethod
    def new(cls, library: Path, folder: Path, **knobs: object) -> "Writer":
        """A drive with a blank disc of `BLOCKS` sectors unless the knobs say otherwise.

        The burners' own naps are shortened: they give a real drive seconds of which this one needs none.
        """
        folder.mkdir(parents=True)
        writer = cls(library, folder)
        for name, value in {"blocks": BLOCKS, "hurry": 20, **knobs}.items():
            writer.turn(name, value)
        return writer

    def turn(self, name: str, value: object) -> None:
        """Turn the knob `VBURN_<NAME>`."""
        path = self.folder / f"VBURN_{name.upper()}"
        unfinished = path.with_suffix(".new")
        unfinished.write_text(str(value), encoding="ascii")
        unfinished.replace(path)

    @property
    def env(self) -> dict[str, str]:
        """The environment of a program that shall see the drive."""
        own = {"LD_PRELOAD": str(self.library), "VBURN_DIR": str(self.folder), "VBURN_DEV": DEVICE}
        return {**os.environ, **own}

    def start(self, cwd: Path, *arguments: str, started_by: tuple[str, ...] = ("-m",)) -> Run:
        """Start burn_iso; `started_by` is what Python is told before the name of its module."""
        cwd.mkdir(parents=True, exist_ok=True)
        return Run(cwd, self.env, arguments, started_by)

    def burn(self, cwd: Path, *arguments: str, started_by: tuple[str, ...] = ("-m",)) -> Ended:
        """Run burn_iso to its end."""
        return self.start(cwd, *arguments, started_by=started_by).end()

    def _state(self) -> tuple[int, ...]:
        path = self.folder / "state"
        data = path.read_bytes() if path.exists() else b""
        return struct.unpack("12I", data[:48]) if len(data) >= 48 else (0,) * 12

    @property
    def written_sectors(self) -> int:
        """How far the disc is written."""
        return self._state()[_NEXT_WRITABLE]

    @property
    def disc(self) -> str:
        """The truth about the disc."""
        state = self._state()
        if state[_IS_TRACK_OPEN]:
            return "incomplete"
        return ("blank", "appendable", "closed")[state[_STATUS]]

    def content(self, size_bytes: int) -> bytes:
        """The first bytes of the disc."""
        with (self.folder / "disc.img").open("rb") as file:
            return file.read(size_bytes)
