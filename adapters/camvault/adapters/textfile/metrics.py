"""Adapter for Prometheus: the text format, in a file that is replaced atomically.

Source: "Exposition formats" of the Prometheus documentation, text format 0.0.4. In a help text, backslash and
newline are escaped; in a label's value, the quote too.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePath

import attrs

from camvault.ports.errors import StorageError
from camvault.ports.files import RecordStore
from camvault.ports.metrics import Metric, Metrics, Sample

_HELP_ESCAPES = {"\\": r"\\", "\n": r"\n"}
_LABEL_ESCAPES = {**_HELP_ESCAPES, '"': r"\""}


def exposition(metrics: tuple[Metric, ...]) -> str:
    """The figures in the text format. Pure."""
    return "".join(f"{line}\n" for metric in metrics for line in _lines(metric))


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {_escaped(metric.help, _HELP_ESCAPES)}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for sample in metric.samples:
        yield f"{metric.name}{_labels(sample)} {sample.value!r}"


def _labels(sample: Sample) -> str:
    pairs = ",".join(f'{key}="{_escaped(value, _LABEL_ESCAPES)}"' for key, value in sample.labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(text: str, escapes: dict[str, str]) -> str:
    clean = text.encode("utf-8", "replace").decode()
    return re.sub(r'[\\\n"]', lambda match: escapes.get(match[0], match[0]), clean)


@attrs.frozen
class TextfileMetrics:
    """One file, by convention `NAME.prom` in the collector's folder."""

    path: PurePath
    records: RecordStore

    def publish(self, metrics: tuple[Metric, ...], /) -> None:
        """See `Metrics`. A slip on the command line must not replace footage: only figures are replaced.

        Raises:
            StorageError: The file is there and holds something else.
        """
        found = self.records.read_text(self.path)
        if found and not found.startswith("# HELP "):
            raise StorageError(self.path, "it holds no figures, and is not replaced by them")
        self.records.write_text(self.path, exposition(metrics))


_: Callable[[PurePath, RecordStore], Metrics] = TextfileMetrics
