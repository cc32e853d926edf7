"""The contract of `Drives` and `Burner`: in memory, on disc files, and with real burners on the emulated writer.

The emulated drive exists only for a program that was started with the emulator preloaded, so for the real burners this
module runs itself once more in such a program.
"""

import os
import resource
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import Any

import pytest

from camvault.adapters._shared.durable import translated
from camvault.adapters.contracts.burner import SECTORS, BurnerContract
from camvault.adapters.discfile import DiscFileBurner, DiscFileDrives
from camvault.adapters.growisofs import find_growisofs
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.burner import MemoryBurner, MemoryDisc, MemoryDrives
from camvault.adapters.optical import OpticalDrives
from camvault.adapters.xorriso import find_xorriso
from camvault.ports.burner import Burner, Drives
from camvault.ports.cancellation import Cancellation
from camvault.ports.medium import MediumState
from tests.bodycam.burn.writer import Writer, build_library

MARK = "CAMVAULT_TEST_EMULATED_DRIVE"
EMULATED = ("xorriso", "growisofs")
IN_PROCESS = ("memory", "disc file")


class World(ABC):
    """A drive with a blank disc of `SECTORS` sectors, its burner, and the means to break both."""

    drives: Drives
    burner: Burner
    device: str

    def device_at(self, path: Path) -> str:
        return str(path)

    def stop_in_the_middle(self) -> tuple[int, Cancellation]:
        return 3_000_000, MemoryCancellation(after_checks=2)

    @abstractmethod
    def fill(self) -> None: ...

    @abstractmethod
    def fail_at(self, sector: int) -> None: ...

    @abstractmethod
    def flip(self, sector: int) -> None: ...

    @abstractmethod
    def damage(self, sector: int) -> None: ...


def read_image(path: PurePath) -> bytes:
    with translated(path):
        return Path(path).read_bytes()


class MemoryWorld(World):
    """In memory."""

    device = "/dev/sr0"

    def __init__(self, _: Path) -> None:
        self.disc = MemoryDisc(sector_count=SECTORS)
        self.drives = MemoryDrives(read_image, self.disc)
        self.burner = MemoryBurner(self.drives)

    def fill(self) -> None:
        self.disc.state = MediumState.CLOSED

    def fail_at(self, sector: int) -> None:
        self.disc.write_error_at = sector

    def flip(self, sector: int) -> None:
        self.disc.flipped_sector = sector

    def damage(self, sector: int) -> None:
        self.disc.unreadable_sector = sector


class _FlippingBurner(DiscFileBurner):
    """A disc file that is not what was written: somebody changed one bit of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.sector: int | None = None

    def burn(self, image: PurePath, /, **options: Any) -> None:
        super().burn(image, **options)
        if self.sector is not None:
            data = bytearray(self._path.read_bytes())
            data[self.sector * 2048 + 77] ^= 0x20
            self._path.write_bytes(data)


class DiscFileWorld(World):
    """A file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "a disc, blocks=5.img"
        self.device = f"stdio:{self.path},blocks={SECTORS}"
        self.drives = DiscFileDrives()
        self.burner = self.file_burner = _FlippingBurner(self.path)

    def device_at(self, path: Path) -> str:
        return f"stdio:{path}"

    def fill(self) -> None:
        self.path.write_bytes(b"footage")

    def fail_at(self, sector: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (sector * 2048, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    def flip(self, sector: int) -> None:
        self.file_burner.sector = sector

    def damage(self, sector: int) -> None:
        os.truncate(self.path, sector * 2048)


class EmulatedWorld(World):
    """A real burner on the emulated writer, which this process sees too."""

    device = "/dev/sr5"

    def __init__(self, tool: str) -> None:
        folder = Path(os.environ["VBURN_DIR"])
        shutil.rmtree(folder)
        self.writer = Writer.new(Path(os.environ["LD_PRELOAD"]), folder, blocks=SECTORS)
        self.drives = OpticalDrives()
        find = find_xorriso if tool == "xorriso" else find_growisofs
        burner = find(self.drives, cancel=MemoryCancellation())
        assert burner is not None
        self.burner = burner

    def stop_in_the_middle(self) -> tuple[int, Cancellation]:
        self.writer.turn("kbps", 3000)  # a burner takes some seconds to hear a signal
        self.writer.turn("blocks", 30_000)
        # More than growisofs reads ahead: having read it all, it hears no signal
        return 48_000_000, MemoryCancellation(after_checks=10)

    def fill(self) -> None:
        self.writer.turn("state", "closed")

    def fail_at(self, sector: int) -> None:
        self.writer.turn("fail_lba", sector)

    def flip(self, sector: int) -> None:
        self.writer.turn("flip_lba", sector)

    def damage(self, sector: int) -> None:
        self.writer.turn("rfail_lba", sector)


class TestBurner(BurnerContract):
    @pytest.fixture(params=EMULATED if MARK in os.environ else IN_PROCESS)
    def harness(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        makers: dict[str, Callable[[], World]] = {
            "memory": lambda: MemoryWorld(tmp_path),
            "disc file": lambda: DiscFileWorld(tmp_path),
        }
        yield makers.get(request.param, lambda: EmulatedWorld(request.param))()
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.skipif(MARK in os.environ, reason="this is the inner run")
@pytest.mark.parametrize("tool", EMULATED)
def test_real_burners_keep_the_contract(tool: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same tests, in a program that sees the emulated drive."""
    folder = tmp_path / "drive"
    folder.mkdir()
    library = build_library(tmp_path_factory.getbasetemp())
    env = {**os.environ, "LD_PRELOAD": str(library), "VBURN_DIR": str(folder), "VBURN_DEV": "/dev/sr5", MARK: "1"}
    for name in [name for name in env if name.startswith("PYTEST_")]:
        del env[name]
    options = ("-p", "no:xdist", "-p", "no:cacheprovider", "-q", f"--basetemp={tmp_path / 'inner'}", "-k", tool)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, __file__],
        env=env,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "13 passed" in done.stdout
