"""Adapter for signals and threads: the wish to stop, as the operating system or the host application utters it."""

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled

_SLICE_S = 3600.0
_WARNING_SLICE_S = 0.1
"""How often a waiting thread looks for a warning that is due."""


class EventCancellation:
    """A wish to stop that the host application sets from any thread (never from a signal handler)."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._warning: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def request(self) -> None:
        """Ask to stop."""
        with self._lock:
            warning, self._warning = self._warning, None
        if warning:
            warning()
        else:
            self._event.set()

    @property
    def is_requested(self) -> bool:
        """Whether stopping was asked for."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if stopping was asked for."""
        if self.is_requested:
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """Block for `seconds` or until stopping is asked for."""
        return self._event.wait(max(0.0, seconds))

    @contextlib.contextmanager
    def warn_first(self, warning: Callable[[], None]) -> Iterator[None]:
        """Inside, the first request calls `warning` in the thread that asks."""
        with self._lock:
            outer, self._warning = self._warning, warning
        try:
            yield
        finally:
            with self._lock:
                self._warning = outer


class SignalCancellation:
    """A wish to stop that SIGINT, SIGTERM and SIGHUP utter while the context is entered (in the main thread).

    A program started with `nohup` keeps ignoring SIGHUP. SIGINT is obeyed even where it was ignored, as a shell does
    for background jobs: who sends it to this process means it.

    The handler only sets flags and writes to a pipe: a lock there could be one that the interrupted code holds. So a
    warning is not uttered by the handler, but by the next thread that asks or waits.
    """

    def __init__(self) -> None:
        self._is_requested = False
        self._is_warning_armed = False
        self._is_warning_due = False
        self._warning: Callable[[], None] = _silence
        self._lock = threading.Lock()
        self._handlers: dict[signal.Signals, Any] = {}
        self._wake_read, self._wake_write = -1, -1

    def __enter__(self) -> "SignalCancellation":
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # inherited: programs could not be waited for
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if kind is signal.SIGHUP and signal.getsignal(kind) is signal.SIG_IGN:
                continue
            self._handlers[kind] = signal.signal(kind, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for kind, handler in self._handlers.items():
            # None: it was not installed from Python and cannot be put back
            signal.signal(kind, signal.SIG_DFL if handler is None else handler)
        self._handlers.clear()
        read, write = self._wake_read, self._wake_write
        self._wake_read = self._wake_write = -1
        os.close(read)
        os.close(write)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_warning_armed:
            self._is_warning_armed = False
            self._is_warning_due = True
            return
        self._is_requested = True
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"!")  # never read again: every waiter sees it

    @property
    def is_requested(self) -> bool:
        """Whether stopping was asked for; utters a warning that is due."""
        if self._is_warning_due:
            self._utter_warning()
        return self._is_requested

    def _utter_warning(self) -> None:
        with self._lock:
            is_due, self._is_warning_due = self._is_warning_due, False
            warning = self._warning
        if is_due:
            warning()

    def check(self) -> None:
        """Raise `Cancelled` if stopping was asked for."""
        if self.is_requested:
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """Block for `seconds` or until stopping is asked for; in any thread, also outside the context."""
        deadline_s = time.monotonic() + seconds
        while not self.is_requested and (left_s := deadline_s - time.monotonic()) > 0:
            self._block(min(left_s, _WARNING_SLICE_S if self._is_warning_armed else _SLICE_S))
        return self._is_requested

    def _block(self, seconds: float) -> None:
        if self._wake_read < 0:
            time.sleep(seconds)
            return
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        poll.poll(seconds * 1000)

    @contextlib.contextmanager
    def warn_first(self, warning: Callable[[], None]) -> Iterator[None]:
        """Inside, the first signal only warns; `warning` is called by a thread that asks or waits."""
        outer = (self._warning, self._is_warning_armed)
        self._warning, self._is_warning_armed = warning, True
        try:
            yield
        finally:
            self._is_warning_armed = False
            if self._is_warning_due:
                self._utter_warning()
            self._warning, self._is_warning_armed = outer


def time_limit(seconds: float) -> EventCancellation:
    """A wish to stop that nobody utters but the time: for what must be finished although a stop was asked for."""
    cancel = EventCancellation()
    timer = threading.Timer(seconds, cancel.request)
    timer.daemon = True  # a process does not wait for it
    timer.start()
    return cancel


def _silence() -> None:
    """No warning was asked for."""


_event_conforms: type[Cancellation] = EventCancellation
_signal_conforms: type[Cancellation] = SignalCancellation
