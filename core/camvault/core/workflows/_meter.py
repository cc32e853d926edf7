"""Workflow, private part: how far one long task is, as events."""

import attrs

from camvault.ports.clock import Clock
from camvault.ports.events import Progressed, Reporter
from camvault.ports.files import OnBytes

_PROGRESS_S = 0.1


@attrs.define
class Meter:
    """Turns byte counts into `Progressed`, some ten times a second; the total is reached once, and only at the end."""

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
        """Count, and tell if it is time."""
        self.done += size_bytes
        now_s = self.clock.monotonic_s()
        if self.done < self.total and (self.told_s < 0 or now_s - self.told_s >= _PROGRESS_S):
            self.told_s = now_s
            self.reporter.emit(Progressed(self.task, self.done, self.total, item=self.item))
