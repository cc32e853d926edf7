"""Whether a recorder that runs still records."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.health.stall import (
    BackOff,
    Basis,
    StallPolicy,
    Witness,
    failures_after_end,
    is_stalled,
    looked_at,
    started,
)

POLICY = StallPolicy(stall_timeout_s=10, start_timeout_s=15)


def stalled_at(witnesses: Iterator[Witness] | list[Witness], *, policy: StallPolicy = POLICY) -> int | None:
    """The second at which the stall is seen, with one look a second."""
    known = started(0)
    for now_s, witness in enumerate(witnesses):
        known = looked_at(known, witness, now_s=now_s, policy=policy)
        if is_stalled(known, now_s=now_s, policy=policy):
            return now_s
    return None


class TestStall:
    def test_a_healthy_recorder(self) -> None:
        """Any counter that moves is enough."""
        assert stalled_at([Witness(frames=25 * s) for s in range(100)]) is None
        assert stalled_at([Witness(out_time_us=s) for s in range(100)]) is None
        assert stalled_at([Witness(file_bytes=s) for s in range(100)]) is None

    def test_silence_after_the_connection(self) -> None:
        """Nothing ever came."""
        assert stalled_at([Witness()] * 100) == 15
        assert stalled_at([Witness(0, 0, 0)] * 100) == 15

    def test_silence_after_play(self) -> None:
        """Media stopped at second 30."""
        assert stalled_at([Witness(25 * min(s, 30), 1000 * min(s, 30), 9 * min(s, 30)) for s in range(100)]) == 40

    def test_sound_goes_on_without_pictures(self) -> None:
        """Files grow and time goes on, but no frames: stalled all the same."""
        assert stalled_at([Witness(25 * min(s, 30), 1000 * s, 9 * s) for s in range(100)]) == 40

    def test_a_recorder_that_stops_reporting(self) -> None:
        """Once frames were counted, their silence is silence."""
        assert stalled_at([Witness(25 * s, None, s) if s < 30 else Witness(None, None, s) for s in range(100)]) == 39

    def test_frames_that_are_counted_late(self) -> None:
        """Files first, then a better witness: no false alarm in between."""
        assert stalled_at([Witness(s - 20 if s >= 20 else None, None, 1000 + min(s, 1)) for s in range(31)]) == 11
        assert stalled_at([Witness(max(0, s - 8), None, s) for s in range(60)]) is None
        assert stalled_at([Witness(s - 8 if s >= 8 else None, None, s) for s in range(60)]) is None

    def test_the_header_of_a_file_is_no_media(self) -> None:
        """It is written before anything was counted."""
        assert stalled_at([Witness(None, None, 555) for _ in range(100)]) == 15
        assert stalled_at([Witness(None if s < 2 else 0, None, 555 * min(s, 1)) for s in range(100)]) == 15

    def test_pictures_are_counted_and_there_are_none(self) -> None:
        """Sound from the beginning, or pictures without a key frame: time and files go on, and nothing is recorded."""
        assert stalled_at([Witness(0, 1000 * s, 9 * s) for s in range(100)]) == 15

    def test_a_trickle(self) -> None:
        """One frame a second is no recording if 25 in ten seconds are asked for."""
        policy = StallPolicy(stall_timeout_s=10, start_timeout_s=15, frames_min=25)
        assert stalled_at([Witness(s) for s in range(100)], policy=policy) == 15

    @given(st.lists(st.integers(1, 9), min_size=1, max_size=40))
    def test_no_false_alarm(self, pauses: list[int]) -> None:
        """As long as every pause is shorter than the limit."""
        counts = [number for number, pause in enumerate(pauses, start=1) for _ in range(pause)]
        assert stalled_at([Witness(frames=count) for count in counts]) is None

    def test_the_best_witness_is_kept(self) -> None:
        """And is not traded for a worse one."""
        known = looked_at(started(0), Witness(1, 1, 1), now_s=1, policy=POLICY)
        assert known.basis is Basis.FRAMES
        assert looked_at(known, Witness(1, 2, 2), now_s=2, policy=POLICY) == known


class TestBackOff:
    def test_doubles_to_a_limit(self) -> None:
        """0.5, 1, 2 ... 60 s."""
        waits = [BackOff().delay_s(failures, chance=0) for failures in range(1, 10)]
        assert waits == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]

    @given(st.integers(0, 10**6), st.floats(0, 1))
    def test_bounded(self, failures: int, chance: float) -> None:
        """However long a camera is dead."""
        assert 0.5 <= BackOff().delay_s(failures, chance=chance) <= 75

    def test_a_camera_dead_for_a_day(self) -> None:
        """At most 1,450 starts."""
        now_s, failures = 0.0, 0
        while now_s < 86_400:
            failures = failures_after_end(failures, recorded_s=0, segment_time_s=600)
            now_s += BackOff().delay_s(failures, chance=0)
        assert failures <= 1450

    @pytest.mark.parametrize(("recorded_s", "failures"), [(599, 8), (600, 1)])
    def test_a_whole_segment_is_health(self, recorded_s: float, failures: int) -> None:
        """The next end is the first again."""
        assert failures_after_end(7, recorded_s=recorded_s, segment_time_s=600) == failures
