"""Adapter for tests and library users: every call that reaches an in-memory world, and what may happen to it.

An in-memory adapter announces each call before it does anything, in each half-done state that a crash could leave
behind, and when it is done. Somebody who watches can make something else happen at such a point: raise an error of the
ports, change the world, or cut the power.

    calls = Calls()
    storage = MemoryStorage(calls=calls)
    calls.fail("storage.copy", NoSpaceError(path))                    # the next copy finds the disk full
    calls.hook("storage.copy", lambda: storage.put(source, b"new"), when=Phase.DURING)
"""

import enum
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import attrs

from camvault.ports.errors import CamvaultError

P = TypeVar("P")


class Phase(enum.Enum):
    """How far a call is."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


class PowerCut(BaseException):
    """The machine is off. Not an `Exception`: no `except Exception` of a workflow outlives a power cut."""


@attrs.frozen
class Call:
    """One call of a port: which one, and with what."""

    number: int
    operation: str
    arguments: tuple[object, ...] = ()

    def __str__(self) -> str:
        return f"call {self.number}: {self.operation}({', '.join(map(str, self.arguments))})"


Watcher = Callable[[Call, Phase], None]


@attrs.define
class Calls:
    """The calls of one in-memory world. Share one between its adapters.

    Attributes:
        log: Every call so far.
        watchers: Asked at every point, in order.
        is_on: False after a power cut: every call is cut off then, so that no `finally` of a workflow has any effect.
    """

    log: list[Call] = attrs.field(factory=list)
    watchers: list[Watcher] = attrs.field(factory=list)
    is_on: bool = True
    _lock: threading.RLock = attrs.field(factory=threading.RLock, init=False, repr=False)

    @contextmanager
    def call(self, operation: str, *arguments: object) -> Iterator[Callable[[], None]]:
        """Announce a call; inside, announce each half-done state with the function that is given."""
        with self._lock:
            call = Call(len(self.log) + 1, operation, arguments)
            self.log.append(call)
        self._reach(call, Phase.BEFORE)
        yield lambda: self._reach(call, Phase.DURING)
        self._reach(call, Phase.AFTER)

    def _reach(self, call: Call, phase: Phase) -> None:
        if not self.is_on:
            raise PowerCut
        for watcher in tuple(self.watchers):
            try:
                watcher(call, phase)
            except PowerCut:
                self.is_on = False
                raise

    def restart(self) -> None:
        """The machine is on again."""
        self.is_on = True

    def hook(
        self, operation: str, action: Callable[[], object], *, when: Phase = Phase.BEFORE, times: int | None = 1
    ) -> None:
        """Do `action` whenever `operation` is at `when`, at most `times` times (None: always)."""
        left = [times]

        def watch(call: Call, phase: Phase) -> None:
            if call.operation == operation and phase is when and left[0] != 0:
                left[0] = None if left[0] is None else left[0] - 1
                action()

        self.watchers.append(watch)

    def fail(self, operation: str, error: CamvaultError, *, when: Phase = Phase.BEFORE, times: int | None = 1) -> None:
        """Raise `error` from `operation`."""

        def action() -> None:
            raise error

        self.hook(operation, action, when=when, times=times)


def watched(port: P, /, *, calls: Calls, name: str) -> P:
    """The same port, with its calls announced: for fakes that know nothing of `Calls` and have no half-done states."""
    return cast("P", _Watched(port, calls, name))


class _Watched:
    def __init__(self, port: Any, calls: Calls, name: str) -> None:
        self._port, self._calls, self._name = port, calls, name

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if name.startswith("_") or not callable(value):
            return value

        def announced(*arguments: Any, **keywords: Any) -> Any:
            said = (*arguments, *(f"{key}={word}" for key, word in keywords.items() if not callable(word)))
            with self._calls.call(f"{self._name}.{name}", *said):
                return value(*arguments, **keywords)

        return announced
