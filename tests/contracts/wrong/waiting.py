"""Wrong adapters of `Clock` and `Cancellation`."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import attrs
import pytest

from camvault.adapters.contracts.cancellation import CancellationContract, Request
from camvault.adapters.contracts.clock import ClockContract
from camvault.adapters.contracts.stop import StopRequest
from camvault.adapters.system import SystemClock
from camvault.ports.cancellation import Cancellation
from tests.contracts.wrong.refusal import by


class _Deaf(SystemClock):
    """Does not hear what happens while it sleeps."""

    def sleep(self, seconds: float, *, cancel: Cancellation) -> None:
        cancel.check()
        time.sleep(max(0.0, seconds))
        cancel.check()


class TestDeafClock(ClockContract):
    REFUSED_BY = by("a_request_that_arrives_during_a_sleep_ends_it_soon")

    @pytest.fixture
    def clock(self) -> _Deaf:
        return _Deaf()


class _Stubborn(SystemClock):
    """Sleeps, whatever is asked."""

    def sleep(self, seconds: float, *, cancel: Cancellation) -> None:
        time.sleep(max(0.0, seconds))


class TestClockWithoutCancellation(ClockContract):
    REFUSED_BY = by("a_request_before_sleeping_raises_at_once", "a_request_that_arrives_during_a_sleep_ends_it_soon")

    @pytest.fixture
    def clock(self) -> _Stubborn:
        return _Stubborn()


class _Silent(SystemClock):
    """Ends a sleep early and does not say so."""

    def sleep(self, seconds: float, *, cancel: Cancellation) -> None:
        cancel.wait(seconds)


class TestClockThatReturnsFromACancelledSleep(ClockContract):
    REFUSED_BY = by("a_request_before_sleeping_raises_at_once", "a_request_that_arrives_during_a_sleep_ends_it_soon")

    @pytest.fixture
    def clock(self) -> _Silent:
        return _Silent()


class _Naive(SystemClock):
    def now(self) -> datetime:
        return datetime.now()  # noqa: DTZ005 - the fault


class TestClockWithoutAZone(ClockContract):
    REFUSED_BY = by("wall_time_is_aware")

    @pytest.fixture
    def clock(self) -> _Naive:
        return _Naive()


@attrs.define
class _Backwards(SystemClock):
    """Takes the wall time, which is set back now and then, for the monotonic one."""

    count: int = 0

    def monotonic_s(self) -> float:
        self.count += 1
        return time.monotonic() - (0.1 if self.count % 500 == 0 else 0)


class TestClockThatGoesBack(ClockContract):
    REFUSED_BY = by("monotonic_time_never_goes_back")

    @pytest.fixture
    def clock(self) -> _Backwards:
        return _Backwards()


class _Cancellation(CancellationContract):
    @pytest.fixture
    def request_stop(self, cancel: StopRequest) -> Request:
        return cancel.request


class _DeafWait(StopRequest):
    def wait(self, seconds: float) -> bool:
        time.sleep(seconds)
        return self.is_requested


class TestCancellationThatWaitsOn(_Cancellation):
    REFUSED_BY = by("waiting_ends_at_once_after_a_request", "a_request_that_arrives_during_a_wait_ends_it")

    @pytest.fixture
    def cancel(self) -> _DeafWait:
        return _DeafWait()


class _Forgetful(StopRequest):
    @property
    def is_requested(self) -> bool:
        was, self._event = self._event.is_set(), type(self._event)()
        return was


class TestCancellationThatForgets(_Cancellation):
    REFUSED_BY = by("a_request_stays", "inside_warn_first_the_second_request_counts")

    @pytest.fixture
    def cancel(self) -> _Forgetful:
        return _Forgetful()


class _Unwarned(StopRequest):
    @contextmanager
    def warn_first(self, warning: Callable[[], None]) -> Iterator[None]:
        yield


class TestCancellationThatNeverWarns(_Cancellation):
    REFUSED_BY = by(
        "inside_warn_first_the_second_request_counts",
        "a_warning_is_uttered_even_if_nobody_asked_inside",
        "an_inner_warn_first_gives_the_outer_one_back",
    )

    @pytest.fixture
    def cancel(self) -> _Unwarned:
        return _Unwarned()
