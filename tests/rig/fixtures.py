"""Fixtures of the emulated rig: one boot per run, then every test continues from the same saved state.

Every test that takes `guest` is marked `rig`, and all of them run on one worker, which boots once.
"""

import subprocess
import sys
from collections.abc import Generator, Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

import attrs
import pytest

from tests.rig.guest import Guest
from tests.rig.machine import Machine

PROJECT: Final = Path(__file__).resolve().parents[2]
ROOTS: Final = ("core", "ports", "adapters", "apps")
IMAGE: Final = PROJECT / ".cache" / "rig"
GUEST_PROJECT: Final = "/opt/camvault"
PYTHONPATH: Final = ":".join(f"{GUEST_PROJECT}/{root}" for root in (*ROOTS, "python", ""))
IN_PROJECT: Final = ("env", f"PYTHONPATH={PYTHONPATH}", "python3", "-m")
"""What a module of this project is run with in the guest."""


@attrs.frozen
class Rig:
    """A booted guest as a saved state, with camvault and the (empty) DVD writer in it."""

    machine: Machine
    saved: Path


@pytest.hookimpl(wrapper=True)  # before xdist reads the groups and -m the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    for item in items:
        if "rig" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.rig)
            item.add_marker(pytest.mark.xdist_group("rig"))
    yield


@pytest.fixture(scope="session")
def project_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file system with camvault's four source roots and the Python packages they need.

    With compiled modules: compiling them would take the guest ten seconds at each start of a command. Where its Python
    is of another version than this one, it does just that.
    """
    disk = tmp_path_factory.mktemp("rig") / "project.sqfs"
    metadata = Path(str(distribution("camvault").locate_file(""))).glob("camvault-*.dist-info")
    modules = [*(PROJECT / root for root in ROOTS), IMAGE / "python"]
    packing = (
        "-quiet",
        "-no-progress",
        "-no-xattrs",
        "-comp",
        "zstd",
        "-Xcompression-level",
        "1",
    )
    subprocess.run([sys.executable, "-m", "compileall", "-q", *map(str, modules)], check=True)
    subprocess.run(
        ["mksquashfs", *map(str, [*modules, *metadata]), str(disk), *packing], check=True, stdout=subprocess.DEVNULL
    )
    return disk


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    """Boot the guest once and keep its state."""
    assert (IMAGE / "recipe").exists(), "the guest is not built: tools/setup.sh test"
    folder = tmp_path_factory.mktemp("rig")
    machine = Machine(image=IMAGE, folder=folder)
    saved = folder / "booted.zst"
    with machine.running() as guest:
        guest.check("udevadm", "settle", "--timeout=300", timeout_s=400)
        guest.check("burner", "start")
        Machine.save(guest, saved)
    return Rig(machine=machine, saved=saved)


@pytest.fixture
def guest(rig: Rig, project_disk: Path) -> Iterator[Guest]:
    """A guest as it was after boot: nothing that another test did is left, but on the scratch disk."""
    with rig.machine.running(saved=rig.saved) as guest:
        mount_project(guest, project_disk)
        yield guest


def mount_project(guest: Guest, disk: Path) -> None:
    """Have camvault in a guest that was booted."""
    device = guest.attach_disk(disk, name="PROJECT")
    guest.shell(f"mkdir -p {GUEST_PROJECT} && mount -t squashfs -o ro {device} {GUEST_PROJECT}")
