"""Fixtures of dashcam boxes in the guest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.test_transfer import start_sshd
from tests.dashcam.guest_box import Camera, GuestBox, Home
from tests.rig.guest import Guest


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A server."""
    folder = tmp_path / "dashcam"
    folder.mkdir()
    sshd, process = start_sshd(tmp_path / "sshd")
    yield Home(sshd, folder)
    process.terminate()
    process.wait(10)


@pytest.fixture
def box(guest: Guest, home: Home, tmp_path: Path) -> GuestBox:
    """A box that is not set up, and whose camera has recorded nothing."""
    return GuestBox(guest, Camera(tmp_path), home)
