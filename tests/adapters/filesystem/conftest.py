"""A small real disk of its own for a test: an ext4 file system in a file, mounted over a loop device."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

AS_ROOT = () if os.geteuid() == 0 else ("sudo", "-n")
SIZE_BYTES = 6 * 1024 * 1024


def run(*argv: str | Path) -> None:
    """A program that has to succeed."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "disk" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("loop"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """The mount point of an empty ext4 of 6 MiB, nothing reserved for root."""
    image, folder = tmp_path / "disk.img", tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(SIZE_BYTES)
    owner = f"root_owner={os.getuid()}:{os.getgid()}"
    run("mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", "-E", owner, image)
    folder.mkdir()
    run(*AS_ROOT, "mount", "-o", "loop", image, folder)
    try:
        yield folder
    finally:
        run(*AS_ROOT, "umount", folder)
