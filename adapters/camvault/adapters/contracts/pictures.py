"""Adapter for pytest: the contract of `PictureCounter`."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Protocol

import pytest

from camvault.ports.errors import StorageError
from camvault.ports.pictures import PictureCounter, StoredPictures

Grow = Callable[[], None]
NOTHING = StoredPictures()


class PicturesHarness(Protocol):
    """A counter, and files of each kind."""

    @property
    def counter(self) -> PictureCounter:
        """The adapter under test."""
        ...

    @property
    def growing(self) -> PurePath:
        """A file that holds the first pictures of a recorder, which may have begun to write a further one."""
        ...

    def grow(self) -> int:
        """Write what is missing of `growing`; how many pictures it holds now."""
        ...

    @property
    def sound(self) -> PurePath:
        """A file with sound, and without any picture."""
        ...

    @property
    def foreign(self) -> PurePath:
        """A file that is no segment."""
        ...

    @property
    def missing(self) -> PurePath:
        """A path at which there is nothing."""
        ...


class PictureCounterContract:
    """What core relies on: what was counted can be played, and whoever goes on counting finds the same.

    Provide:
        harness (`PicturesHarness`): The counter with its files.
    """

    @pytest.fixture
    def harness(self) -> PicturesHarness:
        """The counter with its files."""
        raise NotImplementedError("provide the fixture `harness`")

    def test_a_file_that_grows_is_counted_on(self, harness: PicturesHarness) -> None:
        before = harness.counter.count(harness.growing, known=NOTHING)
        assert harness.counter.count(harness.growing, known=before) == before
        all_of_it = harness.grow()
        after = harness.counter.count(harness.growing, known=before)
        assert 0 < before.count < after.count == all_of_it
        assert after == harness.counter.count(harness.growing, known=NOTHING)
        assert len(after.runs) == 1
        assert before.seconds < after.seconds

    def test_sound_is_no_picture(self, harness: PicturesHarness) -> None:
        assert not harness.counter.count(harness.sound, known=NOTHING).count

    def test_what_is_no_segment_holds_no_picture(self, harness: PicturesHarness) -> None:
        assert not harness.counter.count(harness.foreign, known=NOTHING).runs

    def test_a_file_that_is_gone_is_an_error(self, harness: PicturesHarness) -> None:
        with pytest.raises(StorageError):
            harness.counter.count(harness.missing, known=NOTHING)
