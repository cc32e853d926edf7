"""The contract of `Metrics`, on memory and on the text file; the text is read with Prometheus' own parser."""

import stat
from collections.abc import Callable
from pathlib import Path, PurePath

import pytest
from prometheus_client.parser import text_string_to_metric_families

from camvault.adapters.contracts.metrics import METRICS, Figures, MetricsContract, figures_of
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory.metrics import MemoryMetrics
from camvault.adapters.textfile import TextfileMetrics, exposition
from camvault.ports.errors import NoSpaceError, NotFoundError


class TestMemoryMetrics(MetricsContract):
    @pytest.fixture
    def metrics(self) -> MemoryMetrics:
        return MemoryMetrics()

    @pytest.fixture
    def shown(self, metrics: MemoryMetrics) -> Callable[[], Figures]:
        return lambda: figures_of(metrics.metrics)

    @pytest.fixture
    def unwritable(self) -> MemoryMetrics:
        return MemoryMetrics(fault=NoSpaceError(PurePath("/metrics")))


class TestTextfileMetrics(MetricsContract):
    @pytest.fixture
    def metrics(self, tmp_path: Path) -> TextfileMetrics:
        return TextfileMetrics(PurePath(tmp_path / "camvault.prom"), LocalStorage())

    @pytest.fixture
    def shown(self, tmp_path: Path) -> Callable[[], Figures]:
        return lambda: {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families((tmp_path / "camvault.prom").read_text())
            for sample in family.samples
        }

    @pytest.fixture
    def unwritable(self, tmp_path: Path) -> TextfileMetrics:
        return TextfileMetrics(PurePath(tmp_path / "no/camvault.prom"), LocalStorage())


def test_prometheus_reads_every_figure_and_label() -> None:
    found = {family.name: family for family in text_string_to_metric_families(exposition(METRICS))}

    assert found["camvault_idle_seconds"].type == "gauge"
    assert found["camvault_idle_seconds"].documentation == METRICS[0].help
    assert [(s.labels, s.value) for s in found["camvault_idle_seconds"].samples] == [
        ({"station": 'a"b\\c\nd'}, 1.5),
        ({"station": "ü"}, 0.0),
    ]
    assert found["camvault_restarts"].type == "counter"
    assert found["camvault_restarts"].samples[0].value == 3
    assert found["camvault_free_bytes"].samples[0].value == 123_456_789_012_345


def test_others_may_read_the_file(tmp_path: Path) -> None:
    """Node exporter is another user."""
    TextfileMetrics(PurePath(tmp_path / "a.prom"), LocalStorage()).publish(METRICS)
    assert stat.S_IMODE((tmp_path / "a.prom").stat().st_mode) & 0o044 == 0o044
    assert [each.name for each in tmp_path.iterdir()] == ["a.prom"]


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        TextfileMetrics(PurePath(tmp_path / "no/a.prom"), LocalStorage()).publish(METRICS)
