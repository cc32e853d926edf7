"""Adapter for pytest: a drive, a disc, and the means to break both."""

from pathlib import Path
from typing import Protocol

from camvault.ports.burner import Burner, Drives
from camvault.ports.cancellation import Cancellation

SECTORS = 2048


class BurnerHarness(Protocol):
    """A drive with a blank disc of `SECTORS` sectors of 2048 bytes, its burner, and the means to break both.

    Images are files in pytest's `tmp_path`.
    """

    @property
    def burner(self) -> Burner:
        """The burner under test, or one that is trusted."""
        ...

    @property
    def drives(self) -> Drives:
        """The drives under test, or ones that are trusted."""
        ...

    @property
    def device(self) -> str:
        """The drive's name."""
        ...

    def device_at(self, path: Path) -> str:
        """How somebody would name, as a drive, what stands at a path and is none."""
        ...

    def fill(self) -> None:
        """Put a used disc in."""
        ...

    def fail_at(self, sector: int) -> None:
        """From now on, writing this sector fails."""
        ...

    def flip(self, sector: int) -> None:
        """One bit of this sector will be another one than was written; called before the burn."""
        ...

    def damage(self, sector: int) -> None:
        """From now on, this sector cannot be read; called after the burn."""
        ...

    def stop_in_the_middle(self) -> tuple[int, Cancellation]:
        """The size in bytes of an image, and a cancellation that is requested while such an image is burnt.

        The drive may be made slower, and the disc larger, so that the tool hears of it.
        """
        ...
