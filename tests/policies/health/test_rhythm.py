"""How soon a camera's silence is a stall."""

import random
from collections.abc import Iterator

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.health.rhythm import REPORT_S, Rhythm, gap_between, no_key_frame_words, stall_limit_s, with_gap
from camvault.core.health.stall import RecorderSigns, SignKind, StallPolicy, is_stalled, looked_at, started

POLICY = StallPolicy()
LEAST_S, MOST_S = POLICY.stall_least_s, POLICY.stall_timeout_s
HOUR = 3600.0


def rhythm_of(*minutes: tuple[int, float]) -> Rhythm:
    rhythm = Rhythm()
    for minute, gap_s in minutes:
        rhythm = with_gap(rhythm, gap_s, now_s=60.0 * minute)
    return rhythm


@pytest.mark.parametrize(
    ("group_s", "words"), [(0, "less often"), (4, "less often"), (15, "one every 15 s"), (120.2, "120 s")]
)
def test_rare_key_frames_are_told_with_their_distance_if_it_is_known(group_s: float, words: str) -> None:
    known = with_gap(Rhythm(group_s=group_s), 0.04, now_s=61)
    assert words in no_key_frame_words(with_gap(known, 0.05, now_s=62), waited_s=15)


class TestLimit:
    def test_a_camera_that_is_not_known_yet(self) -> None:
        """Ten minutes with pictures are asked for."""
        known = rhythm_of(*((minute, 0.04) for minute in range(9)))
        assert stall_limit_s(known, now_s=540, policy=POLICY) == MOST_S
        assert stall_limit_s(with_gap(known, 0.04, now_s=541), now_s=541, policy=POLICY) == LEAST_S

    @pytest.mark.parametrize(("gap_s", "limit_s"), [(0.04, LEAST_S), (0.3, 6.0), (1.0, MOST_S), (60.0, MOST_S)])
    def test_twenty_times_the_longest_gap(self, gap_s: float, limit_s: float) -> None:
        """Between the floor and --stall-timeout."""
        known = rhythm_of(*((minute, gap_s if minute == 3 else 0.04) for minute in range(30)))
        assert stall_limit_s(known, now_s=1800, policy=POLICY) == pytest.approx(limit_s)

    def test_a_hiccup_counts_for_an_hour(self) -> None:
        """And then no more."""
        known = rhythm_of((0, 2.0), *((minute, 0.04) for minute in range(1, 59)))
        assert stall_limit_s(known, now_s=HOUR - 1, policy=POLICY) == MOST_S
        assert stall_limit_s(known, now_s=HOUR, policy=POLICY) == LEAST_S
        assert len(rhythm_of(*((minute, 0.04) for minute in range(1000))).minutes) == 60

    def test_a_camera_that_was_away(self) -> None:
        """What was known is an hour old: it begins again."""
        assert stall_limit_s(rhythm_of(*((minute, 0.04) for minute in range(60))), now_s=3 * HOUR, policy=POLICY) == 10

    def test_a_minute_keeps_its_longest_gap(self) -> None:
        """In any order."""
        assert rhythm_of((1, 0.2), (1, 0.5), (1, 0.1)).minutes == ((1, 0.5),)

    def test_a_short_timeout_counts(self) -> None:
        """Whoever asks for 2 s gets 2 s."""
        known = rhythm_of(*((minute, 0.04) for minute in range(30)))
        assert stall_limit_s(known, now_s=1800, policy=StallPolicy(stall_timeout_s=2)) == 2

    def test_time_in_which_nobody_looked(self) -> None:
        """A machine so busy that no process runs: the camera is given that time on top."""
        known = rhythm_of(*((minute, 0.04) for minute in range(30)))
        assert stall_limit_s(known, now_s=1800, policy=POLICY, unseen_s=3) == 7
        assert stall_limit_s(known, now_s=1800, policy=POLICY, unseen_s=300) == MOST_S


class TestGaps:
    def test_even_pictures(self) -> None:
        """Twelve in half a second."""
        before = looked_at(started(0), RecorderSigns(5), now_s=1.0, policy=POLICY)
        after = looked_at(before, RecorderSigns(17), now_s=1.5, policy=POLICY)
        assert gap_between(before, after) == pytest.approx(0.5 / 12)

    def test_a_report_without_any(self) -> None:
        """Counts in full."""
        before = looked_at(started(0), RecorderSigns(5), now_s=1.0, policy=POLICY)
        after = looked_at(before, RecorderSigns(30), now_s=2.0, policy=POLICY)
        assert gap_between(before, after) == pytest.approx(1.0 - REPORT_S)

    def test_what_says_nothing(self) -> None:
        """The first pictures, no new ones, and other counters."""
        first = looked_at(started(0), RecorderSigns(5), now_s=1.0, policy=POLICY)
        assert gap_between(started(0), first) is None
        assert gap_between(first, first) is None
        by_time = looked_at(started(0), RecorderSigns(None, 5), now_s=1.0, policy=POLICY)
        assert gap_between(by_time, looked_at(by_time, RecorderSigns(1, 6), now_s=2.0, policy=POLICY)) is None


@attrs.define
class Day:
    """A recorder as the supervisor sees it: pictures at these moments, reports and looks as they come."""

    arrivals_s: Iterator[float]
    false_restarts: int = 0
    rhythm: Rhythm = attrs.field(factory=Rhythm)

    def pass_by(self, *, until_s: float, busy: random.Random) -> None:
        """Look five times a second, or on a busy machine when it lets us; a report is half a second old at most."""
        signs, now_s, frames, reported, unseen_s = started(0), 0.0, 0, 0, 0.0
        report_s, next_s = 0.0, next(self.arrivals_s)
        while now_s < until_s:
            pause_s = 6.0 if busy.random() < 0.00005 else 0.2
            now_s += pause_s
            while next_s <= now_s and pause_s < 1:  # a machine that runs nobody runs no recorder
                frames, next_s = frames + 1, next(self.arrivals_s)
            if now_s >= report_s:
                reported, report_s = frames, now_s + REPORT_S
            before, signs = signs, looked_at(signs, RecorderSigns(reported), now_s=now_s, policy=POLICY)
            unseen_s = 0.0 if signs is not before else unseen_s + max(0.0, pause_s - 0.5)
            gap_s = gap_between(before, signs)
            if gap_s is not None:
                self.rhythm = with_gap(self.rhythm, gap_s, now_s=now_s)
            limit_s = stall_limit_s(self.rhythm, now_s=now_s, policy=POLICY, unseen_s=unseen_s)
            if is_stalled(signs, now_s=now_s, policy=POLICY, learned_s=limit_s):
                self.false_restarts += 1
                signs = started(now_s)


def pictures(chance: random.Random, *, loss: float) -> Iterator[float]:
    """A day of a camera: 10 a second, 4 at night; each delayed by the network, some until a lost packet came again."""
    sent_s = arrived_s = 0.0
    while True:
        hour = sent_s / HOUR % 24
        sent_s += 0.25 if hour < 6 or hour > 21 else 0.1
        delay_s = chance.expovariate(1 / 0.02)
        if chance.random() < loss:
            delay_s += 0.2 * (2 ** chance.choice((1, 1, 1, 2, 2, 3, 4)) - 1)  # TCP sends again after 0.2, 0.4, 0.8 s
        arrived_s = max(arrived_s, sent_s + delay_s)
        yield arrived_s


@pytest.mark.parametrize("loss", [0.000005, 0.0005])
def test_a_day_without_a_false_restart(loss: float) -> None:
    """Jitter, packets that are lost seldom or often, another rhythm at night, a machine that does not run us."""
    day = Day(pictures(random.Random(11), loss=loss))
    day.pass_by(until_s=24 * HOUR, busy=random.Random(7))
    assert day.false_restarts == 0


@given(st.lists(st.floats(0.01, LEAST_S - REPORT_S), min_size=1, max_size=60), st.floats(0.02, 1.0))
def test_what_is_shorter_than_the_floor_is_never_a_stall(gaps_s: list[float], usual_s: float) -> None:
    """Whatever was learned before."""
    rhythm = rhythm_of(*((minute, usual_s) for minute in range(20)))
    signs = attrs.evolve(started(1200), basis=SignKind.FRAMES)
    now_s, count = 1200.0, 0
    for gap_s in gaps_s:
        limit_s = stall_limit_s(rhythm, now_s=now_s + gap_s, policy=POLICY)
        assert not is_stalled(signs, now_s=now_s + gap_s, policy=POLICY, learned_s=limit_s)
        now_s, count = now_s + gap_s, count + 1
        signs = looked_at(signs, RecorderSigns(count), now_s=now_s, policy=POLICY)
        rhythm = with_gap(rhythm, gap_s, now_s=now_s)
