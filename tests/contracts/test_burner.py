"""The contract of `Drives` and `Burner`: in memory, on disc files, and with real burners on the emulated writer.

The emulated drive exists only for a program that was started with the emulator preloaded, so for the real burners this
module runs itself once more in such a program.
"""

import hashlib
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

from camvault.adapters.discfile import DiscFileBurner, DiscFileDrives
from camvault.adapters.growisofs import find_growisofs
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.burner import MemoryBurner, MemoryDisc, MemoryDrives
from camvault.adapters.optical import OpticalDrives
from camvault.adapters.xorriso import find_xorriso
from camvault.ports.burner import Burner, Drives, MediumState
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import BurnError, Cancelled, DriveError, MediumError
from tests.bodycam.burn.writer import Writer, build_library

SECTORS = 2048
MARK = "CAMVAULT_TEST_EMULATED_DRIVE"
EMULATED = ("xorriso", "growisofs")
IN_PROCESS = ("memory", "disc file")


class World(ABC):
    """A drive with a blank disc of `SECTORS` sectors, its burner, and the means to break both."""

    drives: Drives
    burner: Burner
    device: str

    @abstractmethod
    def fill(self) -> None:
        """Put a used disc in."""

    @abstractmethod
    def fail_at(self, sector: int) -> None:
        """Writing fails there."""

    @abstractmethod
    def flip(self, sector: int) -> None:
        """One bit of this sector is other than what was written; called before the burn."""

    @abstractmethod
    def damage(self, sector: int) -> None:
        """This sector cannot be read; called after the burn."""


class MemoryWorld(World):
    """In memory."""

    device = "/dev/sr0"

    def __init__(self, _: Path) -> None:
        self.disc = MemoryDisc(sector_count=SECTORS)
        self.drives = MemoryDrives(lambda path: Path(path).read_bytes(), self.disc)
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

    def fill(self) -> None:
        self.writer.turn("state", "closed")

    def fail_at(self, sector: int) -> None:
        self.writer.turn("fail_lba", sector)

    def flip(self, sector: int) -> None:
        self.writer.turn("flip_lba", sector)

    def damage(self, sector: int) -> None:
        self.writer.turn("rfail_lba", sector)


@pytest.fixture(params=EMULATED if MARK in os.environ else IN_PROCESS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    makers: dict[str, Callable[[], World]] = {
        "memory": lambda: MemoryWorld(tmp_path),
        "disc file": lambda: DiscFileWorld(tmp_path),
    }
    yield makers.get(request.param, lambda: EmulatedWorld(request.param))()
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def make_image(folder: Path, size_bytes: int) -> Path:
    path = folder / "image.iso"
    path.write_bytes(b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(-(-size_bytes // 32)))[:size_bytes])
    return path


def burn(world: World, image: Path, *, cancel: Cancellation | None = None) -> int:
    """Burn and return the number of bytes that were reported."""
    counts: list[int] = []
    world.burner.burn(
        image, device=world.device, speed=None, on_bytes=counts.append, cancel=cancel or MemoryCancellation()
    )
    return sum(counts)


class TestBurnerContract:
    def test_a_burn_can_be_read_back(self, world: World, tmp_path: Path) -> None:
        """Every byte is counted once, the medium is finished, and what comes back is the image to the byte."""
        image = make_image(tmp_path, 1_000_000)
        before = world.drives.medium(world.device)
        read: list[int] = []

        written = burn(world, image)
        world.drives.reload(world.device, cancel=MemoryCancellation())
        back = world.drives.read_back(
            world.device, image=image, size_bytes=1_000_000, on_bytes=read.append, cancel=MemoryCancellation()
        )

        assert (before.state, before.free_sectors) == (MediumState.BLANK, SECTORS)
        assert written == sum(read) == 1_000_000
        assert world.drives.medium(world.device).state in world.burner.finished_states
        assert back.is_equal
        assert back.sha256 == hashlib.sha256(image.read_bytes()).hexdigest()

    def test_an_image_of_exactly_the_discs_size_fits(self, world: World, tmp_path: Path) -> None:
        """And one sector more is refused with the medium untouched."""
        with pytest.raises(MediumError, match="too small"):
            burn(world, make_image(tmp_path, (SECTORS + 1) * 2048))
        assert world.drives.medium(world.device).state is MediumState.BLANK

        assert burn(world, make_image(tmp_path, SECTORS * 2048)) == SECTORS * 2048

    def test_a_used_medium_is_refused(self, world: World, tmp_path: Path) -> None:
        """Nothing is ever written over."""
        world.fill()
        before = world.drives.medium(world.device)

        with pytest.raises(MediumError, match="not blank"):
            burn(world, make_image(tmp_path, 100_000))

        assert world.drives.medium(world.device) == before

    def test_what_is_no_drive_is_left_alone(self, world: World, tmp_path: Path) -> None:
        """A plain file, a folder, a device that is not optical, nothing at all: `DriveError`, and untouched."""
        image = make_image(tmp_path, 100_000)
        victim = tmp_path / "victim"
        victim.write_bytes(b"footage")
        prefix = "stdio:" if isinstance(world, DiscFileWorld) else ""
        for target in (victim, tmp_path, Path("/dev/null"), Path("/dev/nowhere/sr9")):
            with pytest.raises(DriveError):
                world.burner.burn(
                    image, device=f"{prefix}{target}", speed=None, on_bytes=print, cancel=MemoryCancellation()
                )
        assert victim.read_bytes() == b"footage"

    def test_a_write_error_is_told(self, world: World, tmp_path: Path) -> None:
        """Whatever the tool's exit code; and a medium that is said to be untouched is blank."""
        image = make_image(tmp_path, 1_000_000)
        world.fail_at(200)

        with pytest.raises(BurnError) as caught:
            burn(world, image)

        assert caught.value.is_spoiled == (world.drives.medium(world.device).state is not MediumState.BLANK)

    def test_a_flipped_bit_is_found(self, world: World, tmp_path: Path) -> None:
        """The one bad sector is named."""
        image = make_image(tmp_path, 1_000_000)
        world.flip(300)
        burn(world, image)

        back = world.drives.read_back(
            world.device, image=image, size_bytes=1_000_000, on_bytes=lambda _: None, cancel=MemoryCancellation()
        )

        assert not back.is_equal
        assert (back.bad_sectors, back.bad_sector_count, back.unreadable_sector) == ((300,), 1, None)
        assert back.image_sha256 == hashlib.sha256(image.read_bytes()).hexdigest()

    def test_an_unreadable_sector_is_named(self, world: World, tmp_path: Path) -> None:
        """Reading ends there; that is a result and no error."""
        image = make_image(tmp_path, 1_000_000)
        burn(world, image)
        world.damage(333)

        back = world.drives.read_back(
            world.device, image=image, size_bytes=1_000_000, on_bytes=lambda _: None, cancel=MemoryCancellation()
        )

        assert not back.is_equal
        assert (back.bad_sectors, back.unreadable_sector, back.sha256) == ((333,), 333, "")

    def test_a_cancellation_before_the_first_byte_leaves_a_blank_medium(self, world: World, tmp_path: Path) -> None:
        """Nothing was begun."""
        cancel = MemoryCancellation()
        cancel.request()

        with pytest.raises(Cancelled):
            burn(world, make_image(tmp_path, 100_000), cancel=cancel)

        assert world.drives.medium(world.device).state is MediumState.BLANK

    def test_a_cancellation_never_leaves_a_finished_medium_with_the_image(self, world: World, tmp_path: Path) -> None:
        """Stopped in the middle, the medium is blank or spoiled, but never looks right."""
        if isinstance(world, EmulatedWorld):
            world.writer.turn("kbps", 3000)  # a burner takes some seconds to hear a signal
            world.writer.turn("blocks", 30_000)
        image = make_image(tmp_path, 3_000_000)
        if isinstance(world, EmulatedWorld):
            os.truncate(image, 48_000_000)  # more than growisofs reads ahead: having read it all, it hears no signal

        with pytest.raises(Cancelled):
            burn(world, image, cancel=MemoryCancellation(after_checks=2 if MARK not in os.environ else 10))

        if world.drives.medium(world.device).state is not MediumState.BLANK:
            back = world.drives.read_back(
                world.device,
                image=image,
                size_bytes=image.stat().st_size,
                on_bytes=lambda _: None,
                cancel=MemoryCancellation(),
            )
            assert not back.is_equal

    def test_reading_back_can_be_cancelled(self, world: World, tmp_path: Path) -> None:
        """Also in the middle."""
        image = make_image(tmp_path, 3_000_000)
        burn(world, image)

        with pytest.raises(Cancelled):
            world.drives.read_back(
                world.device,
                image=image,
                size_bytes=3_000_000,
                on_bytes=lambda _: None,
                cancel=MemoryCancellation(after_checks=2),
            )


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
    assert "10 passed" in done.stdout
