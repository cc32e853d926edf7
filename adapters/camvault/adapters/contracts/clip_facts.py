"""Adapter for pytest: the contract of `ClipReader`."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Protocol

import pytest

from camvault.ports.clip_facts import ClipReader
from camvault.ports.errors import MediaError, NotFoundError

_TOLERANCE_S = 0.15


class ClipFactsHarness(Protocol):
    """The adapter, and clips for it."""

    @property
    def reader(self) -> ClipReader:
        """The adapter under test."""
        ...

    @property
    def folder(self) -> PurePath:
        """An empty folder."""
        ...

    def clip(self, path: PurePath, *, duration_s: float, tags: Mapping[str, str]) -> object:
        """Make a clip of this length that carries these tags of a container."""
        ...

    def rubbish(self, path: PurePath) -> object:
        """Make a file that is no clip."""
        ...


class ClipFactsContract:
    """What core relies on: what a clip says, or an error that names it.

    Provide:
        harness (`ClipFactsHarness`): The adapter, and clips for it.
    """

    @pytest.fixture
    def harness(self) -> ClipFactsHarness:
        """The adapter, and clips for it."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.mark.parametrize("name", ["cam1.mp4", "-i.mp4", "a\nb.mp4", "http:x.mp4"])
    def test_length_and_time_are_told(self, harness: ClipFactsHarness, name: str) -> None:
        path = harness.folder / name
        harness.clip(path, duration_s=1.0, tags={"creation_time": "2025-07-18T10:15:00.000000Z"})
        facts = harness.reader.facts(path)
        assert facts.duration_s == pytest.approx(1.0, abs=_TOLERANCE_S)
        assert facts.tags["creation_time"].startswith("2025-07-18T10:15:00")

    def test_a_clip_without_tags_has_none_of_a_camera(self, harness: ClipFactsHarness) -> None:
        harness.clip(harness.folder / "a.mp4", duration_s=1.0, tags={})
        assert "creation_time" not in harness.reader.facts(harness.folder / "a.mp4").tags

    def test_what_is_no_clip_is_an_error(self, harness: ClipFactsHarness) -> None:
        harness.rubbish(harness.folder / "notes.txt")
        with pytest.raises(MediaError):
            harness.reader.facts(harness.folder / "notes.txt")

    def test_what_is_not_there_is_another_one(self, harness: ClipFactsHarness) -> None:
        with pytest.raises(NotFoundError):
            harness.reader.facts(harness.folder / "none.mp4")
