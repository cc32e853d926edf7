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
from camvault.ports.errors import NoSpaceError, NotFoundError, StorageError


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


@pytest.mark.parametrize("content", [b"\0\0\0\x20ftypisom", b"\xff\xd8\xff\xe0", b"# Notes\n"])
def test_what_holds_no_figures_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    """A slip on the command line: a clip in place of the file for the figures."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(StorageError, match="holds no figures"):
        TextfileMetrics(PurePath(path), LocalStorage()).publish(METRICS)
    assert path.read_bytes() == content


def test_figures_and_an_empty_file_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.prom"
    path.touch()
    metrics = TextfileMetrics(PurePath(path), LocalStorage())
    metrics.publish(METRICS)
    metrics.publish(METRICS[:1])
    assert path.read_text() == exposition(METRICS[:1])
