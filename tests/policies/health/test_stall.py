"""Whether a recorder that runs still records."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.health.stall import (
    RecorderSigns,
    SignKind,
    StallPolicy,
    is_stalled,
    looked_at,
    started,
)

POLICY = StallPolicy(stall_timeout_s=10, start_timeout_s=15)


def stalled_at(witnesses: Iterator[RecorderSigns] | list[RecorderSigns], *, policy: StallPolicy = POLICY) -> int | None:
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
        assert stalled_at([RecorderSigns(frames=25 * s) for s in range(100)]) is None
        assert stalled_at([RecorderSigns(out_time_us=s) for s in range(100)]) is None
        assert stalled_at([RecorderSigns(file_bytes=s) for s in range(100)]) is None

    def test_silence_after_the_connection(self) -> None:
        """Nothing ever came."""
        assert stalled_at([RecorderSigns()] * 100) == 15
        assert stalled_at([RecorderSigns(0, 0, 0)] * 100) == 15

    def test_silence_after_play(self) -> None:
        """Media stopped at second 30."""
        assert stalled_at([RecorderSigns(25 * min(s, 30), 1000 * min(s, 30), 9 * min(s, 30)) for s in range(100)]) == 40

    def test_sound_goes_on_without_pictures(self) -> None:
        """Files grow and time goes on, but no frames: stalled all the same."""
        assert stalled_at([RecorderSigns(25 * min(s, 30), 1000 * s, 9 * s) for s in range(100)]) == 40

    def test_a_recorder_that_stops_reporting(self) -> None:
        """Once frames were counted, their silence is silence."""
        assert (
            stalled_at([RecorderSigns(25 * s, None, s) if s < 30 else RecorderSigns(None, None, s) for s in range(100)])
            == 39
        )

    def test_frames_that_are_counted_late(self) -> None:
        """Files first, then a better witness: no false alarm in between."""
        assert stalled_at([RecorderSigns(s - 20 if s >= 20 else None, None, 1000 + min(s, 1)) for s in range(31)]) == 11
        assert stalled_at([RecorderSigns(max(0, s - 8), None, s) for s in range(60)]) is None
        assert stalled_at([RecorderSigns(s - 8 if s >= 8 else None, None, s) for s in range(60)]) is None

    def test_the_header_of_a_file_is_no_media(self) -> None:
        """It is written before anything was counted."""
        assert stalled_at([RecorderSigns(None, None, 555) for _ in range(100)]) == 15
        assert stalled_at([RecorderSigns(None if s < 2 else 0, None, 555 * min(s, 1)) for s in range(100)]) == 15

    def test_pictures_are_counted_and_there_are_none(self) -> None:
        """Sound from the beginning, or pictures without a key frame: time and files go on, and nothing is recorded."""
        assert stalled_at([RecorderSigns(0, 1000 * s, 9 * s) for s in range(100)]) == 15

    def test_a_trickle(self) -> None:
        """One frame a second is no recording if 25 in ten seconds are asked for."""
        policy = StallPolicy(stall_timeout_s=10, start_timeout_s=15, frames_min=25)
        assert stalled_at([RecorderSigns(s) for s in range(100)], policy=policy) == 15

    @given(st.lists(st.integers(1, 9), min_size=1, max_size=40))
    def test_no_false_alarm(self, pauses: list[int]) -> None:
        """As long as every pause is shorter than the limit."""
        counts = [number for number, pause in enumerate(pauses, start=1) for _ in range(pause)]
        assert stalled_at([RecorderSigns(frames=count) for count in counts]) is None

    def test_the_best_witness_is_kept(self) -> None:
        """And is not traded for a worse one."""
        known = looked_at(started(0), RecorderSigns(1, 1, 1), now_s=1, policy=POLICY)
        assert known.basis is SignKind.FRAMES
        assert looked_at(known, RecorderSigns(1, 2, 2), now_s=2, policy=POLICY) == known
