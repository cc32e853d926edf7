"""The times in which a recorder ran and received no pictures."""

from datetime import UTC, datetime, timedelta

import pytest

from camvault.core.segments.blind_times import BlindTimes, with_pictures
from camvault.core.segments.coverage import Cause, ClockStep, Outage, Span

NOON = datetime(2025, 5, 28, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def span(start_s: float, end_s: float) -> Span:
    return Span(at(start_s), at(end_s))


class TestBlindTimes:
    @pytest.mark.parametrize(
        ("moment_s", "found"),
        [(100, None), (101, span(100, 110)), (110, span(100, 110)), (111, None), (205, span(200, 210)), (300, None)],
    )
    def test_a_moment_lies_in_one_or_ends_it(self, moment_s: float, found: Span | None) -> None:
        """The first moment saw the last picture."""
        outages = [Outage(Cause.STALL, span(200, 210)), Outage(Cause.STALL, span(100, 110))]
        assert BlindTimes(outages, ()).at(at(moment_s)) == found

    def test_an_instant_is_none(self) -> None:
        """No picture can be missing in it."""
        assert BlindTimes([Outage(Cause.RESTART, span(5, 5))], ()).at(at(5)) is None

    def test_what_the_clock_showed_twice_is_left_out(self) -> None:
        """The segments of the two passes cannot be told apart."""
        outages = [Outage(Cause.STALL, span(100, 110)), Outage(Cause.STALL, span(400, 410))]
        blind = BlindTimes(outages, [ClockStep(at(300), at(50))])
        assert (blind.at(at(105)), blind.at(at(405))) == (None, span(400, 410))


class TestWithPictures:
    def test_the_part_before_the_last_picture_is_left(self) -> None:
        """A segment that begins after it has no pictures at all."""
        blind = span(90, 120)
        assert list(with_pictures([span(0, 100), span(95, 110)], blind)) == [span(0, 90)]

    def test_a_recorder_is_not_blind_for_long(self) -> None:
        """If it were, a line of the timeline would be missing: then all of the segment counts."""
        assert list(with_pictures([span(0, 121)], span(90, 120))) == [span(0, 121)]
