"""Composition root: what a run did, as sentences and as figures for Prometheus."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePath

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.textfile import TextfileMetrics
from camvault.apps._cli.stage import Context
from camvault.core.workflows.archive import ArchiveReport
from camvault.ports.errors import StorageError
from camvault.ports.events import Failed
from camvault.ports.metrics import Metric, Sample


def summary(report: ArchiveReport) -> Iterator[str]:
    """What a run did, in a few lines."""
    ratio = f", {report.archive_bytes / report.source_bytes:.0%}" if report.source_bytes else ""
    sizes = f"{report.source_bytes:,} -> {report.archive_bytes:,} bytes{ratio}"
    counts = (
        f"{report.transcoded_count} transcoded ({sizes}; {report.remuxed_count} remuxed)",
        f"{report.verified_count} verified",
        f"{report.failed_count} failed",
        f"{report.let_go_count} clips let go",
        f"{report.removed_count} files removed ({report.removed_bytes:,} bytes)",
        f"{report.left_count} left alone",
        f"{report.problem_count} problems",
        _elapsed(report.duration_s),
    )
    yield f"Summary: {', '.join(counts)}"
    if report.never_archived_count:
        yield f"{report.never_archived_count} of the removed clips were never archived"
    for root, day in report.oldest:
        yield f"The oldest day in {root} is now {day}"


def _elapsed(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def publish_report(context: Context, report: ArchiveReport, path: Path) -> None:
    """Write the figures of a run to `path`. A fault there is reported, and does not fail the run."""
    try:
        TextfileMetrics(PurePath(path.absolute()), LocalStorage()).publish(_metrics(report, context.clock.now()))
    except StorageError as error:
        context.reporter.emit(Failed(f"No metrics: {error}"))


def _metrics(report: ArchiveReport, now: datetime) -> tuple[Metric, ...]:
    def one(name: str, text: str, value: float) -> Metric:
        return Metric(f"camvault_archive_{name}", text, (Sample(value),))

    oldest = tuple(
        Sample(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp(), {"root": root})
        for root, day in report.oldest
    )
    return (
        one("last_run_timestamp_seconds", "When the last run ended.", now.timestamp()),
        one("last_run_duration_seconds", "How long the last run took.", report.duration_s),
        one("transcoded_clips", "Clips that the last run transcoded.", report.transcoded_count),
        one("remuxed_clips", "Those of them whose streams were taken as they are.", report.remuxed_count),
        one("failed_clips", "Clips that the last run could not transcode.", report.failed_count),
        one("source_bytes", "Size of the clips that the last run transcoded.", report.source_bytes),
        one("archive_bytes", "Size of their archives.", report.archive_bytes),
        one("removed_files", "Files that the last run let go.", report.removed_count),
        one("removed_bytes", "Size of the files that the last run let go.", report.removed_bytes),
        one("never_archived_clips", "Clips that a rule took without an archive.", report.never_archived_count),
        one("problems", "What the last run could not do.", report.problem_count),
        Metric("camvault_archive_oldest_day_timestamp_seconds", "Beginning of the oldest day of a root, UTC.", oldest),
    )
