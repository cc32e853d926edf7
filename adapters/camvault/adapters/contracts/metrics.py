"""Adapter for pytest: the contract of `Metrics`."""

from collections.abc import Callable, Mapping

import pytest

from camvault.ports.errors import StorageError
from camvault.ports.metrics import Metric, Metrics, Sample

METRICS = (
    Metric(
        "camvault_idle_seconds",
        "How long \\ ago\nit was",
        (Sample(1.5, {"station": 'a"b\\c\nd'}), Sample(0, {"station": "ü"})),
    ),
    Metric("camvault_restarts_total", "Restarts", (Sample(3, {"station": "R", "cause": "stall"}),), "counter"),
    Metric("camvault_free_bytes", "Free", (Sample(123_456_789_012_345),)),
)

Figures = Mapping[tuple[str, frozenset[tuple[str, str]]], float]
"""Figures by name and labels."""


def figures_of(metrics: tuple[Metric, ...]) -> Figures:
    """The figures in `metrics`."""
    return {(m.name, frozenset(s.labels.items())): s.value for m in metrics for s in m.samples}


class MetricsContract:
    """What core relies on: a reader sees all figures of the last call, with their labels, and no others.

    Provide:
        metrics (`Metrics`): The adapter under test; nothing was published.
        shown (function without arguments, to `Figures`): What a reader sees now.
        unwritable (`Metrics`): An adapter that cannot write: its folder or its server is not there.
    """

    @pytest.fixture
    def metrics(self) -> Metrics:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `metrics`")

    @pytest.fixture
    def shown(self, metrics: Metrics) -> Callable[[], Figures]:
        """What a reader sees."""
        raise NotImplementedError("provide the fixture `shown`")

    @pytest.fixture
    def unwritable(self) -> Metrics:
        """An adapter that cannot write."""
        raise NotImplementedError("provide the fixture `unwritable`")

    def test_every_figure_and_label_is_shown(self, metrics: Metrics, shown: Callable[[], Figures]) -> None:
        metrics.publish(METRICS)

        assert shown() == figures_of(METRICS)

    def test_what_is_published_replaces_what_was(self, metrics: Metrics, shown: Callable[[], Figures]) -> None:
        metrics.publish(METRICS)
        metrics.publish(METRICS[2:])

        assert shown() == figures_of(METRICS[2:])

    def test_figures_that_could_not_be_written_are_an_error(self, unwritable: Metrics) -> None:
        with pytest.raises(StorageError):
            unwritable.publish(METRICS)
