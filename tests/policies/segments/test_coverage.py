"""How much was recorded, and why the rest was not."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.core.segments.coverage import Cause, ClockStep, Coverage, Gap, Outage, Span, coverage, recorded_spans
from tests.segment_names import segment_name

DAY = datetime(2025, 5, 28, tzinfo=UTC)
PERIOD = Span(DAY, DAY + timedelta(days=1))


def at(seconds: float) -> datetime:
    return DAY + timedelta(seconds=seconds)


def span(start: float, end: float) -> Span:
    return Span(at(start), at(end))


spans = st.lists(st.tuples(st.integers(-100, 900), st.integers(0, 300)).map(lambda pair: span(pair[0], sum(pair))))
SHORT = span(0, 800)


class TestPercent:
    def test_all_of_it(self) -> None:
        """144 segments of ten minutes are a day."""
        report = coverage("A", [span(600 * n, 600 * n + 600) for n in range(144)], period=PERIOD)
        assert (report.percent, report.gaps) == (100, ())

    def test_nothing_recorded(self) -> None:
        """One gap, the whole day."""
        report = coverage("A", [], period=PERIOD)
        assert (report.percent, report.gaps) == (0, (Gap(PERIOD, Cause.UNKNOWN),))

    def test_an_empty_period(self) -> None:
        """Nothing expected, nothing missed."""
        assert coverage("A", [], period=span(5, 5)).percent == 100

    @settings(deadline=None, max_examples=60)
    @given(spans)
    def test_inv_17_each_second_counts_once(self, recorded: list[Span]) -> None:
        """As counted second by second, however segments overlap."""
        report = coverage("A", recorded, period=SHORT, tolerance_s=0)
        seconds = {
            s
            for one in recorded
            for s in range(int((one.start_at - DAY).total_seconds()), int((one.end_at - DAY).total_seconds()))
        }
        assert report.recorded_s == len(seconds & set(range(800)))
        assert report.recorded_s + sum(gap.span.seconds for gap in report.gaps) == report.expected_s == 800

    @settings(deadline=None, max_examples=60)
    @given(spans, st.integers(0, 20))
    def test_short_holes_are_no_gaps(self, recorded: list[Span], tolerance_s: int) -> None:
        """But counted on their own."""
        exact = coverage("A", recorded, period=SHORT, tolerance_s=0)
        report = coverage("A", recorded, period=SHORT, tolerance_s=tolerance_s)
        assert report.recorded_s == exact.recorded_s + report.bridged_s
        assert all(gap.span.seconds > tolerance_s for gap in report.gaps)

    @pytest.mark.parametrize(("lost_s", "is_met"), [(86, True), (87, False)])
    def test_service_level(self, lost_s: int, is_met: bool) -> None:
        """86.4 s a day may be missing for 99.9 %."""
        assert coverage("A", [span(0, 86_400 - lost_s)], period=PERIOD).meets(99.9) is is_met

    def test_a_level_is_not_met_by_rounding(self) -> None:
        """99.99 % is not 100 %."""
        report = coverage("A", [span(0, 86_398)], period=PERIOD)
        assert f"{report.percent:.1f}" == "100.0"
        assert not report.meets(100)

    def test_an_end_before_its_start(self) -> None:
        """Is no span."""
        with pytest.raises(ValueError, match="before the start"):
            span(5, 4)

    def test_a_gap_in_words(self) -> None:
        """Start, end, length, cause."""
        assert str(Gap(span(0, 90), Cause.STALL)) == "2025-05-28T00:00:00Z 2025-05-28T00:01:30Z 90 s stall"


def causes(report: Coverage) -> list[tuple[Cause, tuple[Cause, ...]]]:
    return [(gap.cause, gap.also) for gap in report.gaps]


class TestCauses:
    def test_stall_behind_its_restart(self) -> None:
        """What lasted longest explains; the rest is named too."""
        events = [Outage(Cause.RESTART, span(111, 111)), Outage(Cause.STALL, span(100, 110))]
        report = coverage("A", [span(0, 100), span(112, 800)], period=SHORT, events=events)
        assert causes(report) == [(Cause.STALL, (Cause.RESTART,))]

    def test_instants_at_one_gap(self) -> None:
        """At a tie, what is behind the other: a disk that is full ends the recorder, which is restarted."""
        events = [Outage(Cause.RESTART, span(101, 101)), Outage(Cause.DISK_FULL, span(100, 100))]
        report = coverage("A", [span(0, 100), span(112, 800)], period=SHORT, events=events)
        assert causes(report) == [(Cause.DISK_FULL, (Cause.RESTART,))]

    def test_events_elsewhere_explain_nothing(self) -> None:
        """Neither one long before nor one long after."""
        events = [Outage(Cause.STALL, span(50, 60)), Outage(Cause.OPERATOR, span(300, 310))]
        report = coverage("A", [span(0, 100), span(112, 800)], period=SHORT, events=events)
        assert causes(report) == [(Cause.UNKNOWN, ())]

    def test_one_event_for_several_gaps(self) -> None:
        """A camera that came and went."""
        events = [Outage(Cause.CAMERA_DOWN, span(100, 400))]
        report = coverage("A", [span(0, 100), span(200, 300), span(400, 800)], period=SHORT, events=events)
        assert causes(report) == [(Cause.CAMERA_DOWN, ())] * 2

    @settings(deadline=None, max_examples=60)
    @given(st.lists(st.tuples(st.integers(20, 400), st.integers(3, 100), st.sampled_from([*Cause][1:-1])), max_size=8))
    def test_injected_gaps_are_found(self, injected: list[tuple[int, int, Cause]]) -> None:
        """Each with its start, end and cause."""
        recorded, events, expected, now = list[Span](), [], [], 0
        for recording_s, gap_s, cause in injected:
            recorded.append(span(now, now + recording_s))
            expected.append(Gap(span(now + recording_s, now + recording_s + gap_s), cause))
            events.append(Outage(cause, expected[-1].span))
            now += recording_s + gap_s
        recorded.append(span(now, now + 10))
        report = coverage("A", recorded[::-1], period=span(0, now + 10), events=events[::-1])
        assert list(report.gaps) == expected


class TestClockSteps:
    HOUR = 3600

    def record(self, *, step_at: float, offset_s: float, zone: ZoneInfo) -> tuple[list[Span], list[ClockStep], float]:
        """Ten-minute segments over 10 hours without a pause; the clock is set by `offset_s` within one of them."""
        steps = [ClockStep(at(step_at), at(step_at + offset_s))]
        recorded: list[Span] = []

        def wall(real: float) -> datetime:
            return at(real + (offset_s if real >= step_at else 0)).astimezone(zone)

        for begun in range(0, 10 * self.HOUR, 600):
            name = segment_name("A", wall(begun))
            closed_at = wall(begun + 600)
            start_at = name.starts_at(zone=zone, closed_at=closed_at, length_s=600)
            recorded += recorded_spans(start_at, closed_at=closed_at, duration_s=600, steps=steps)
        return recorded, steps, 10 * self.HOUR + offset_s

    @pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
    @pytest.mark.parametrize("offset_s", [3600, 86_400, 7, -7])
    def test_forward(self, zone: str, offset_s: float) -> None:
        """What the clock skipped never was: no gap but the step itself, and 100 %."""
        recorded, steps, end = self.record(step_at=5 * self.HOUR + 100, offset_s=offset_s, zone=ZoneInfo(zone))
        report = coverage("A", recorded, period=span(0, end), steps=steps)
        assert report.percent == 100
        assert [gap.cause for gap in report.gaps] == [Cause.CLOCK_STEP] * (offset_s > 0)
        assert report.expected_s == 10 * self.HOUR + min(offset_s, 0)

    @pytest.mark.parametrize("offset_s", [-3600, -4 * 3600, -86_400])
    def test_back(self, offset_s: float) -> None:
        """The repeated hours overlap and leave no gap, and seconds count once."""
        recorded, steps, _ = self.record(step_at=5 * self.HOUR + 100, offset_s=offset_s, zone=ZoneInfo("UTC"))
        period = Span(min(one.start_at for one in recorded), max(one.end_at for one in recorded))
        report = coverage("A", recorded, period=period, steps=steps)
        assert all(gap.span.end_at == at(0) for gap in report.gaps)  # only a step of a day leaves the hours before

    def test_a_gap_beside_the_step(self) -> None:
        """Only what the clock skipped is forgiven."""
        report = coverage("A", [span(0, 100), span(600, 800)], period=SHORT, steps=[ClockStep(at(200), at(500))])
        assert [(gap.span, gap.cause) for gap in report.gaps] == [
            (span(100, 200), Cause.UNKNOWN),
            (span(200, 500), Cause.CLOCK_STEP),
            (span(500, 600), Cause.UNKNOWN),
        ]
        assert (report.expected_s, report.recorded_s) == (500, 300)

    def test_hours_that_were_lived_through_before_a_clock_that_was_wrong_was_set_right(self) -> None:
        """At 700 it was set back to 100, at 150 right again, to 750: only 700 to 750 never was."""
        steps = [ClockStep(at(700), at(100)), ClockStep(at(150), at(750))]
        report = coverage("A", [span(0, 200), span(400, 700), span(750, 800)], period=SHORT, steps=steps)
        assert [(gap.span, gap.cause) for gap in report.gaps] == [
            (span(200, 400), Cause.UNKNOWN),
            (span(700, 750), Cause.CLOCK_STEP),
        ]
        assert (report.expected_s, report.recorded_s) == (750, 550)

    def test_hours_in_which_a_machine_was_off_are_not_those_that_its_clock_skipped(self) -> None:
        """It began at 210, as if it had been off for a moment, and heard at 220 that it is 500."""
        steps = [ClockStep(at(220), at(500), is_watched=False)]
        report = coverage("A", [span(0, 200), span(210, 220), span(500, 800)], period=SHORT, steps=steps)
        assert [gap.span for gap in report.gaps] == [span(200, 210), span(220, 500)]
        assert report.expected_s == 800

    def test_steps_that_do_not_follow_one_another_skip_nothing(self) -> None:
        """Between them the clock was set and nobody saw it: how far it had come is unknown."""
        steps = [ClockStep(at(100), at(400)), ClockStep(at(50), at(700))]
        report = coverage("A", [span(0, 100)], period=SHORT, steps=steps)
        assert [(gap.span, gap.cause) for gap in report.gaps] == [(span(100, 800), Cause.UNKNOWN)]

    @settings(deadline=None, max_examples=200)
    @given(st.lists(st.tuples(st.integers(1, 200), st.integers(-500, 500)), max_size=5), spans)
    def test_only_what_no_clock_ever_showed_is_not_expected(
        self, lived: list[tuple[int, int]], recorded: list[Span]
    ) -> None:
        """As counted second by second on a clock that is set again and again."""
        now, shown, steps = 300, set(range(-100, 300)), list[ClockStep]()
        for seconds, offset in lived:
            shown |= set(range(now, now + seconds))
            now += seconds + offset
            steps.append(ClockStep(at(now - offset), at(now)))
        shown |= set(range(now, 800))
        report = coverage("A", recorded, period=SHORT, steps=steps, tolerance_s=0)
        covered = {s for s in range(800) if any(one.start_at <= at(s) < one.end_at for one in recorded)}
        assert report.expected_s == len(covered | (shown & set(range(800))))
        assert report.recorded_s == len(covered)

    def test_a_skipped_hour_that_was_recorded_after_all(self) -> None:
        """The clock was wrong, set back, and lived through it a second time."""
        report = coverage("A", [span(0, 800)], period=SHORT, steps=[ClockStep(at(200), at(500))])
        assert (report.expected_s, report.percent, report.gaps) == (800, 100, ())

    def test_a_killed_segment_ends_where_it_was_last_written(self) -> None:
        """It has no duration; a clock that was set back meanwhile makes it empty, never negative."""
        assert recorded_spans(at(0), closed_at=at(50), duration_s=None) == (span(0, 50),)
        assert recorded_spans(at(0), closed_at=at(-50), duration_s=None) == (span(0, 0),)

    def test_an_mtime_of_a_copy_means_nothing(self) -> None:
        """The duration counts where no step explains the mtime."""
        steps = [ClockStep(at(30), at(3630))]
        assert recorded_spans(at(0), closed_at=at(90_000), duration_s=60, steps=steps) == (span(0, 60),)

    def test_autumn_hour(self) -> None:
        """Local times of one zone are told apart: Python alone would call these two hours one."""
        zone = ZoneInfo("Europe/Berlin")
        start = datetime(2025, 10, 26, 2, 0, tzinfo=zone)
        end = datetime(2025, 10, 26, 3, 0, tzinfo=zone)
        assert coverage("A", [Span(start, end)], period=Span(start, end)).recorded_s == 7200


def test_a_year_of_one_camera_is_quick() -> None:
    """52,560 segments; 16 cameras are in benchmarks/coverage.py, the limit there is 5 s."""
    year = [span(600 * n, 600 * n + 600) for n in range(52_560) if n % 100]
    begun = time.process_time()
    report = coverage("A", year, period=span(0, 600 * 52_560))
    assert time.process_time() - begun < 2
    assert len(report.gaps) == 526


@given(st.integers(1, 10**12))
def test_all_of_it_is_100_percent(microseconds: int) -> None:
    """However long it was: never a little less, which would be cut off to 99.999."""
    period = Span(at(0), at(0) + timedelta(microseconds=microseconds))
    assert coverage("A", [period], period=period).percent == 100
