"""The contract of Cancellation, on every adapter."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from camvault.adapters.contracts.cancellation import CancellationContract, Request
from camvault.adapters.contracts.stop import Later, StopRequest
from camvault.adapters.memory import MemoryCancellation, MemoryClock
from camvault.adapters.memory.supervision import MemorySupervision
from camvault.adapters.system import EventCancellation, SignalCancellation, time_limit
from camvault.core.workflows.dashcam.kept_alive import KeptAlive
from camvault.ports.cancellation import Cancellation


class TestMemoryCancellation(CancellationContract):
    @pytest.fixture
    def cancel(self) -> MemoryCancellation:
        return MemoryCancellation()

    @pytest.fixture
    def request_stop(self, cancel: MemoryCancellation) -> Request:
        return cancel.request

    @pytest.fixture
    def later(self, cancel: MemoryCancellation) -> Later:
        return cancel.clock.after

    def test_waiting_lets_the_clock_pass_up_to_the_request(self) -> None:
        clock = MemoryClock()
        cancel = MemoryCancellation(clock)
        assert not cancel.wait(5)
        clock.after(2, cancel.request)
        assert cancel.wait(100)
        assert clock.elapsed_s == 7

    def test_it_comes_by_itself_at_the_chosen_question(self) -> None:
        cancel = MemoryCancellation(after_checks=2)
        assert [cancel.is_requested for _ in range(4)] == [False, False, True, True]


class TestKeptAlive(TestMemoryCancellation):
    """A cancellation of core that tells a service manager of each question."""

    @pytest.fixture
    def supervision(self) -> MemorySupervision:
        return MemorySupervision()

    @pytest.fixture
    def cancel(self, supervision: MemorySupervision) -> KeptAlive:
        parent = MemoryCancellation()
        return KeptAlive(parent, supervision, parent.clock, status="copying")

    @pytest.fixture
    def request_stop(self, cancel: KeptAlive) -> Request:
        assert isinstance(cancel.parent, MemoryCancellation)
        return cancel.parent.request

    @pytest.fixture
    def later(self, cancel: KeptAlive) -> Later:
        assert isinstance(cancel.clock, MemoryClock)
        return cancel.clock.after

    def test_a_wait_of_an_hour_gives_signs_of_life_all_the_time(
        self, cancel: KeptAlive, supervision: MemorySupervision
    ) -> None:
        cancel.wait(3600)
        assert 300 < len(supervision.said) < 400
        assert set(supervision.said) == {"alive copying"}


class TestStopRequest(CancellationContract):
    """What the contracts hand to the adapters under test."""

    @pytest.fixture
    def cancel(self) -> StopRequest:
        return StopRequest()

    @pytest.fixture
    def request_stop(self, cancel: StopRequest) -> Request:
        return cancel.request

    def test_it_comes_by_itself_at_the_chosen_question(self) -> None:
        stop = StopRequest(after_checks=2)
        assert [stop.is_requested for _ in range(4)] == [False, False, True, True]


class TestEventCancellation(CancellationContract):
    @pytest.fixture
    def cancel(self) -> EventCancellation:
        return EventCancellation()

    @pytest.fixture
    def request_stop(self, cancel: EventCancellation) -> Request:
        return cancel.request

    def test_a_request_ends_the_wait_of_another_thread(self, cancel: EventCancellation) -> None:
        thread = threading.Thread(target=lambda: cancel.wait(60))
        thread.start()
        cancel.request()
        thread.join(10)
        assert not thread.is_alive()

    def test_a_time_limit_ends_a_wait_by_itself(self) -> None:
        cancel = time_limit(0.2)
        assert not cancel.is_requested
        assert cancel.wait(60)
        assert cancel.is_requested


class TestSignalCancellation(CancellationContract):
    @pytest.fixture
    def cancel(self) -> Iterator[Cancellation]:
        with SignalCancellation() as cancel:
            yield cancel

    @pytest.fixture
    def request_stop(self) -> Request:
        return lambda: os.kill(os.getpid(), signal.SIGTERM)  # from any thread, like another program

    @pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_each_signal_asks_to_stop(self, cancel: SignalCancellation, kind: signal.Signals) -> None:
        signal.raise_signal(kind)
        assert cancel.is_requested

    @pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_handlers_are_put_back(self, kind: signal.Signals) -> None:
        before = signal.getsignal(kind)
        with SignalCancellation():
            assert signal.getsignal(kind) != before
        assert signal.getsignal(kind) == before

    def test_nohup_is_respected(self) -> None:
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            with SignalCancellation() as cancel:
                signal.raise_signal(signal.SIGHUP)
                assert not cancel.is_requested
        finally:
            signal.signal(signal.SIGHUP, before)

    def test_a_signal_ends_waits_in_all_threads(self, cancel: SignalCancellation) -> None:
        threads = [threading.Thread(target=lambda: cancel.wait(60)) for _ in range(3)]
        for thread in threads:
            thread.start()
        timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        started_s = time.monotonic()
        assert cancel.wait(60)
        assert time.monotonic() - started_s < 10
        for thread in threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in threads)
        timer.join()

    def test_a_waiting_thread_utters_the_warning(self, cancel: SignalCancellation) -> None:
        warned = threading.Event()
        with cancel.warn_first(warned.set):
            thread = threading.Thread(target=lambda: cancel.wait(60))
            thread.start()
            signal.raise_signal(signal.SIGINT)
            assert warned.wait(10)
            signal.raise_signal(signal.SIGINT)
            thread.join(10)
            assert not thread.is_alive()

    def test_waiting_after_the_context_is_sleeping(self) -> None:
        with SignalCancellation() as cancel:
            pass
        assert not cancel.wait(0.01)

    def test_a_storm_of_signals_neither_deadlocks_nor_gets_lost(self) -> None:
        """Handlers run between any two instructions of the code that asks and waits."""
        script = """
import os, signal, sys, threading
from camvault.adapters.memory.supervision import MemorySupervision
from camvault.adapters.system import SignalCancellation
def storm():
    while not calm.wait(0.0001):
        os.kill(os.getpid(), signal.SIGINT)
for _ in range(200):
    calm = threading.Event()
    with SignalCancellation() as cancel:
        thread = threading.Thread(target=storm)
        with cancel.warn_first(lambda: None):
            thread.start()
            while not cancel.wait(0.001): pass
        for _ in range(20): cancel.wait(0.001)
        calm.set()
        thread.join()
        assert cancel.is_requested
print("survived")
"""
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False)
        assert (done.stdout, done.stderr) == ("survived\n", "")
