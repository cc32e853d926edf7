"""Adapter for tests and library users: figures in memory."""

from collections.abc import Callable, Mapping

import attrs

from camvault.ports.metrics import Metric, Metrics


@attrs.define
class MemoryMetrics:
    """Keeps what was published last."""

    metrics: tuple[Metric, ...] = ()
    fault: Exception | None = None

    def publish(self, metrics: tuple[Metric, ...], /) -> None:
        """See `Metrics`."""
        if self.fault:
            raise self.fault
        self.metrics = metrics

    def values(self, name: str) -> Mapping[tuple[str, ...], float]:
        """The figures of one kind by the values of their labels."""
        return {
            tuple(sample.labels.values()): sample.value
            for metric in self.metrics
            if metric.name == name
            for sample in metric.samples
        }


_: Callable[[], Metrics] = MemoryMetrics
