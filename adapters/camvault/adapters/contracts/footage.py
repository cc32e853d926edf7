"""Adapter for pytest: the contract of `FootageCheck`."""

from collections.abc import Sequence
from pathlib import PurePath

import pytest

from camvault.ports.errors import StorageError
from camvault.ports.footage import FootageCheck


class FootageCheckContract:
    """What core relies on: footage is never called broken, and what holds none is told why.

    A segment that is called broken goes into quarantine and is not sent; one that is not is proven and may go.

    Provide:
        check (`FootageCheck`): The adapter under test.
        playable (sequence of `PurePath`): Segments with footage, one of them of a recorder that was killed.
        broken (sequence of `PurePath`): An empty file and a file of rubbish at least.
        missing (`PurePath`): A path at which there is nothing.
    """

    @pytest.fixture
    def check(self) -> FootageCheck:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `check`")

    @pytest.fixture
    def playable(self) -> Sequence[PurePath]:
        """Segments with footage."""
        raise NotImplementedError("provide the fixture `playable`")

    @pytest.fixture
    def broken(self) -> Sequence[PurePath]:
        """Files without footage."""
        raise NotImplementedError("provide the fixture `broken`")

    @pytest.fixture
    def missing(self) -> PurePath:
        """A path at which there is nothing."""
        raise NotImplementedError("provide the fixture `missing`")

    def test_footage_has_no_defect(self, check: FootageCheck, playable: Sequence[PurePath]) -> None:
        assert {path: check.defect(path) for path in playable} == dict.fromkeys(playable, "")

    def test_what_holds_no_footage_is_told_why(self, check: FootageCheck, broken: Sequence[PurePath]) -> None:
        assert [path for path in broken if not check.defect(path)] == []

    def test_a_file_that_is_gone_is_an_error_and_no_defect(self, check: FootageCheck, missing: PurePath) -> None:
        with pytest.raises(StorageError):
            check.defect(missing)
