"""Adapter for pytest: the contract of `Clock`."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from camvault.adapters.contracts.stop import Later, StopRequest, real_time
from camvault.ports.clock import Clock
from camvault.ports.errors import Cancelled

SOON_S = 4.0


class ClockContract:
    """What core relies on: aware wall time, monotonic time, a sleep that a request ends.

    Provide:
        clock (`Clock`): The clock under test.
        later (`Later`): How something happens while the clock sleeps; only for a clock whose time is not the real one.
    """

    @pytest.fixture
    def clock(self) -> Clock:
        """The clock under test."""
        raise NotImplementedError("provide the fixture `clock`")

    @pytest.fixture
    def later(self, clock: Clock) -> Iterator[Later]:  # noqa: ARG002 - for those that need it
        """Calls something after so many seconds of `clock`."""
        with real_time() as later:
            yield later

    @pytest.fixture
    def stop(self) -> StopRequest:
        """The cancellation that is handed to `sleep`."""
        return StopRequest()

    def test_wall_time_is_aware(self, clock: Clock) -> None:
        assert clock.now().utcoffset() is not None

    def test_sleeping_lets_both_clocks_pass(self, clock: Clock, stop: StopRequest) -> None:
        wall, elapsed_s = clock.now(), clock.monotonic_s()
        clock.sleep(0.05, cancel=stop)
        assert clock.now() - wall >= timedelta(seconds=0.04)
        assert clock.monotonic_s() - elapsed_s >= 0.05

    def test_monotonic_time_never_goes_back(self, clock: Clock, stop: StopRequest) -> None:
        seen = [clock.monotonic_s() for _ in range(1000)]
        clock.sleep(0.01, cancel=stop)
        seen.append(clock.monotonic_s())
        assert seen == sorted(seen)

    def test_the_time_since_the_start_of_the_machine_passes_too(self, clock: Clock, stop: StopRequest) -> None:
        since_s, elapsed_s = clock.boot_s(), clock.monotonic_s()
        clock.sleep(0.05, cancel=stop)
        assert clock.boot_s() - since_s >= clock.monotonic_s() - elapsed_s - 0.05
        assert clock.boot_s() - since_s >= 0.05

    @pytest.mark.parametrize("seconds", [0, -1])
    def test_no_time_is_no_sleep(self, clock: Clock, stop: StopRequest, seconds: float) -> None:
        before_s = clock.monotonic_s()
        clock.sleep(seconds, cancel=stop)
        assert 0 <= clock.monotonic_s() - before_s < 0.5

    def test_a_request_before_sleeping_raises_at_once(self, clock: Clock, stop: StopRequest) -> None:
        stop.request()
        before_s = clock.monotonic_s()
        with pytest.raises(Cancelled):
            clock.sleep(SOON_S + 2, cancel=stop)
        assert clock.monotonic_s() - before_s < SOON_S

    def test_a_request_that_arrives_during_a_sleep_ends_it_soon(
        self, clock: Clock, stop: StopRequest, later: Later
    ) -> None:
        before_s = clock.monotonic_s()
        later(0.2, stop.request)
        with pytest.raises(Cancelled):
            clock.sleep(SOON_S + 2, cancel=stop)
        assert 0.1 < clock.monotonic_s() - before_s < SOON_S
