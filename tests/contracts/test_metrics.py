"""The contract of `Metrics`, on memory and on the text file; the text is read with Prometheus' own parser."""

import stat
from pathlib import Path, PurePath

import pytest
from prometheus_client.parser import text_string_to_metric_families

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory.metrics import MemoryMetrics
from camvault.adapters.textfile import TextfileMetrics, exposition
from camvault.ports.errors import NotFoundError
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


class TestContract:
    @pytest.mark.parametrize("kind", ["memory", "file"])
    def test_what_is_published_replaces_what_was(self, kind: str, tmp_path: Path) -> None:
        memory, path = MemoryMetrics(), tmp_path / "camvault.prom"
        metrics: Metrics = memory if kind == "memory" else TextfileMetrics(PurePath(path), LocalStorage())

        metrics.publish(METRICS)
        metrics.publish(METRICS[2:])

        names = [
            m.name for m in (memory.metrics if kind == "memory" else text_string_to_metric_families(path.read_text()))
        ]
        assert names == ["camvault_free_bytes"]


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
