"""Adapter for pytest: the contract of `Durations`."""

from pathlib import PurePath

import pytest

from camvault.ports.durations import Durations
from camvault.ports.errors import StorageError

CLOSED_S = 3.0


class DurationsContract:
    """What core relies on: a duration, "unknown", or an error, and never one for another.

    Provide:
        durations (`Durations`): The adapter under test.
        closed (`PurePath`): A segment of `CLOSED_S` seconds whose recorder ended well.
        killed (`PurePath`): A segment whose recorder was killed: it does not say how long it plays.
        foreign (`PurePath`): A file that is no segment.
        missing (`PurePath`): A path at which there is nothing.
    """

    @pytest.fixture
    def durations(self) -> Durations:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `durations`")

    @pytest.fixture
    def closed(self) -> PurePath:
        """A segment of `CLOSED_S` seconds."""
        raise NotImplementedError("provide the fixture `closed`")

    @pytest.fixture
    def killed(self) -> PurePath:
        """A segment without a duration."""
        raise NotImplementedError("provide the fixture `killed`")

    @pytest.fixture
    def foreign(self) -> PurePath:
        """A file that is no segment."""
        raise NotImplementedError("provide the fixture `foreign`")

    @pytest.fixture
    def missing(self) -> PurePath:
        """A path at which there is nothing."""
        raise NotImplementedError("provide the fixture `missing`")

    def test_a_closed_segment_says_how_long_it_plays(self, durations: Durations, closed: PurePath) -> None:
        assert durations.seconds(closed) == pytest.approx(CLOSED_S, abs=0.1)

    def test_what_says_nothing_has_no_duration(self, durations: Durations, killed: PurePath, foreign: PurePath) -> None:
        assert durations.seconds(killed) is None
        assert durations.seconds(foreign) is None

    def test_a_file_that_is_gone_is_an_error(self, durations: Durations, missing: PurePath) -> None:
        with pytest.raises(StorageError):
            durations.seconds(missing)
