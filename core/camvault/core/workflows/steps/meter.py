"""Workflow, private part: how far a long task is, as events: `Meter` for one file, `BatchMeter` for many at once."""

from collections.abc import Callable

import attrs

from camvault.ports.clock import Clock
from camvault.ports.events import Progressed, Reporter
from camvault.ports.files import OnBytes

_PROGRESS_S = 0.1
_BATCH_STEPS = 500


@attrs.define
class Meter:
    """Turns byte counts into `Progressed`, about ten times a second; the total is reported once, at the end."""

    task: str
    total: int
    item: str
    clock: Clock
    reporter: Reporter
    done: int = 0
    told_s: float = -1.0

    def __enter__(self) -> OnBytes:
        return self.add

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.reporter.emit(Progressed(self.task, self.total, self.total, item=self.item))

    def add(self, size_bytes: int) -> None:
        """Count the bytes, and report if a tenth of a second has passed since the last report."""
        self.done += size_bytes
        now_s = self.clock.monotonic_s()
        if self.done < self.total and (self.told_s < 0 or now_s - self.told_s >= _PROGRESS_S):
            self.told_s = now_s
            self.reporter.emit(Progressed(self.task, self.done, self.total, item=self.item))


@attrs.define(eq=False)
class BatchMeter:
    """Adds up how far each item of a batch is, and reports the sum as `Progressed`.

    Reports at most `_BATCH_STEPS` times before the end, whatever the size of the pieces. `unit` is that of `total`.
    """

    task: str
    total: float
    unit: str
    reporter: Reporter
    _done: dict[str, float] = attrs.field(factory=dict)
    _total_done: float = 0.0
    _reported: float = 0.0

    def adder(self, item: str) -> Callable[[int], None]:
        """A function that takes how much of the item was finished since it was last called."""

        def add(count: int) -> None:
            self.move(item, self._done.get(item, 0.0) + count)

        return add

    def setter(self, item: str) -> Callable[[float], None]:
        """A function that takes how far the item is in all."""

        def move(done: float) -> None:
            self.move(item, done)

        return move

    def move(self, item: str, done: float) -> None:
        """Set how far the item is, and report if the sum has grown enough."""
        self._total_done += done - self._done.get(item, 0.0)
        self._done[item] = done
        if self._reported + self.total / _BATCH_STEPS <= self._total_done < self.total:
            self._reported = self._total_done
            self.reporter.emit(Progressed(self.task, self._total_done, self.total, unit=self.unit, item=item))

    def finish(self) -> None:
        """Report the total."""
        if self.total:
            self.reporter.emit(Progressed(self.task, self.total, self.total, unit=self.unit))
