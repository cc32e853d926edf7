"""Composition root, shared part: the figures of `monitor_recordings --metrics`."""

from pathlib import Path, PurePath

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.system.zone import LocalZone
from camvault.adapters.textfile import TextfileMetrics
from camvault.apps._assembly.footage import coverage_ports, places
from camvault.apps._cli.stage import Context
from camvault.core.segments.coverage import Span
from camvault.core.workflows.recording.coverage import CoverageOptions
from camvault.core.workflows.recording.metrics import MeasureOptions, measure
from camvault.core.workflows.recording.monitor import MonitorOptions, MonitorReport
from camvault.ports.errors import StorageError
from camvault.ports.events import Failed


def publish(
    context: Context,
    report: MonitorReport,
    asked: MonitorOptions,
    configs: tuple[Path | None, Path | None],
    path: Path,
) -> int:
    """Write the figures of a run to `path`. Why some, or all, are missing is reported; returns in how many reports.

    `configs`: cameras.json and backup.json. What lies in folders that cannot be used is left out: a look may hang.
    """
    now = context.clock.now()
    found = places(Path(asked.recording_dir), *configs, closed=report.closed)
    coverage = CoverageOptions(places=found, period=Span(now, now), zone=LocalZone(), segment_s=asked.segment_s)
    figures = measure(
        report,
        options=MeasureOptions(recording_dir=asked.recording_dir, coverage=coverage),
        ports=coverage_ports(context),
    )
    problems = list(figures.problems)
    try:
        TextfileMetrics(PurePath(path.absolute()), LocalStorage()).publish(figures.metrics)
    except StorageError as error:
        problems.append(f"No metrics: {error}")
    for problem in problems:
        context.reporter.emit(Failed(problem))
    return len(problems)
