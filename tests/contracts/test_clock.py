"""The contract of Clock, on every adapter."""

import os
import time
from datetime import UTC, timedelta

import pytest

from camvault.adapters.contracts.clock import ClockContract
from camvault.adapters.contracts.stop import Later, real_time
from camvault.adapters.memory import MemoryCancellation, MemoryClock
from camvault.adapters.system import EventCancellation, SystemClock
from camvault.ports.errors import Cancelled


class TestMemoryClock(ClockContract):
    @pytest.fixture
    def clock(self) -> MemoryClock:
        return MemoryClock()

    @pytest.fixture
    def later(self, clock: MemoryClock) -> Later:
        return clock.after

    @pytest.fixture
    def cancel(self, clock: MemoryClock) -> MemoryCancellation:
        return MemoryCancellation(clock)

    def test_events_happen_in_their_order_and_at_their_time(self, clock: MemoryClock) -> None:
        seen: list[tuple[str, float]] = []
        clock.after(2, lambda: seen.append(("b", clock.elapsed_s)))
        clock.after(1, lambda: seen.append(("a", clock.elapsed_s)))
        clock.after(2, lambda: seen.append(("c", clock.elapsed_s)))
        clock.advance(1.5)
        assert seen == [("a", 1)]
        clock.advance(1.5)
        assert seen == [("a", 1), ("b", 2), ("c", 2)]
        assert clock.elapsed_s == 3

    def test_a_request_ends_a_sleep_at_its_moment(self, clock: MemoryClock, cancel: MemoryCancellation) -> None:
        clock.after(7, cancel.request)
        with pytest.raises(Cancelled):
            clock.sleep(100, cancel=cancel)
        assert clock.elapsed_s == 7

    def test_the_wall_may_jump_and_the_monotonic_does_not(self, clock: MemoryClock) -> None:
        clock.wall -= timedelta(hours=1)
        clock.advance(1)
        assert clock.monotonic_s() == 1


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> SystemClock:
        return SystemClock()

    def test_a_request_to_the_program_ends_a_sleep(self, clock: SystemClock) -> None:
        cancel = EventCancellation()
        with real_time() as later:
            later(0.2, cancel.request)
            for _ in range(2):
                before_s = clock.monotonic_s()
                with pytest.raises(Cancelled):
                    clock.sleep(60, cancel=cancel)
                assert clock.monotonic_s() - before_s < 10

    def test_wall_time_is_local(self, clock: SystemClock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(os.environ, "TZ", "Asia/Kathmandu")
        time.tzset()
        try:
            now = clock.now()
        finally:
            monkeypatch.undo()
            time.tzset()
        assert now.utcoffset() == timedelta(hours=5, minutes=45)
        assert abs(now.astimezone(UTC).timestamp() - time.time()) < 5
