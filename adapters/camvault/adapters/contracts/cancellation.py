"""Adapter for pytest: the contract of `Cancellation`."""

import time
from collections.abc import Callable, Iterator

import pytest

from camvault.adapters.contracts.stop import Later, real_time
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled

Request = Callable[[], None]
"""Asks to stop, as whatever sets this cancellation does: by a signal, a call, a message."""


class CancellationContract:
    """What core relies on: a request stays, ends waits, and calls the warning first where one is set.

    Provide:
        cancel (`Cancellation`): The cancellation under test, not requested.
        request_stop (`Request`): Asks `cancel` to stop; asking is over when it returns.
        later (`Later`): How a request arrives during a wait; only where `wait` does not wait in real time.
    """

    @pytest.fixture
    def cancel(self) -> Cancellation:
        """The cancellation under test."""
        raise NotImplementedError("provide the fixture `cancel`")

    @pytest.fixture
    def request_stop(self, cancel: Cancellation) -> Request:
        """Asks `cancel` to stop."""
        raise NotImplementedError("provide the fixture `request_stop`")

    @pytest.fixture
    def later(self, cancel: Cancellation) -> Iterator[Later]:  # noqa: ARG002 - for those that need it
        """Calls something after so many seconds of the time in which `cancel` waits."""
        with real_time() as later:
            yield later

    def test_nothing_is_requested_at_first(self, cancel: Cancellation) -> None:
        assert not cancel.is_requested
        cancel.check()
        assert not cancel.wait(0.01)

    def test_a_request_stays(self, cancel: Cancellation, request_stop: Request) -> None:
        request_stop()
        for _ in range(3):
            assert cancel.is_requested
            with pytest.raises(Cancelled):
                cancel.check()

    def test_many_requests_are_one(self, cancel: Cancellation, request_stop: Request) -> None:
        for _ in range(5):
            request_stop()
        assert cancel.is_requested

    def test_waiting_ends_at_once_after_a_request(self, cancel: Cancellation, request_stop: Request) -> None:
        request_stop()
        started_s = time.monotonic()
        assert cancel.wait(6)
        assert time.monotonic() - started_s < 4

    def test_inside_warn_first_the_second_request_counts(self, cancel: Cancellation, request_stop: Request) -> None:
        warnings: list[str] = []
        with cancel.warn_first(lambda: warnings.append("the disc will be spoiled")):
            assert not cancel.is_requested
            assert warnings == []
            request_stop()
            assert not cancel.is_requested
            assert warnings == ["the disc will be spoiled"]
            cancel.check()
            request_stop()
            assert cancel.is_requested
        assert cancel.is_requested
        assert len(warnings) == 1

    def test_a_warning_is_uttered_even_if_nobody_asked_inside(
        self, cancel: Cancellation, request_stop: Request
    ) -> None:
        warnings: list[str] = []
        with cancel.warn_first(lambda: warnings.append("!")):
            request_stop()
        assert warnings == ["!"]
        assert not cancel.is_requested

    def test_after_warn_first_the_first_request_counts(self, cancel: Cancellation, request_stop: Request) -> None:
        with cancel.warn_first(lambda: None):
            pass
        request_stop()
        assert cancel.is_requested

    def test_an_inner_warn_first_gives_the_outer_one_back(self, cancel: Cancellation, request_stop: Request) -> None:
        warnings: list[str] = []
        with cancel.warn_first(lambda: warnings.append("outer")):
            with cancel.warn_first(lambda: warnings.append("inner")):
                pass
            request_stop()
            assert not cancel.is_requested
        assert warnings == ["outer"]

    def test_an_error_inside_warn_first_disarms_it(self, cancel: Cancellation, request_stop: Request) -> None:
        with pytest.raises(ValueError, match="x"), cancel.warn_first(lambda: None):
            raise ValueError("x")
        request_stop()
        assert cancel.is_requested

    def test_waiting_without_a_request_takes_its_time(self, cancel: Cancellation, later: Later) -> None:
        seen: list[str] = []
        later(0.05, lambda: seen.append("later"))
        assert not cancel.wait(0.3)
        assert seen == ["later"]

    def test_a_request_that_arrives_during_a_wait_ends_it(
        self, cancel: Cancellation, request_stop: Request, later: Later
    ) -> None:
        later(0.2, request_stop)
        started_s = time.monotonic()
        assert cancel.wait(6)
        assert time.monotonic() - started_s < 4
