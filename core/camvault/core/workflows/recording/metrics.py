"""Workflow: the figures for a monitoring system, from what the watchdog remembers and what is on the disk."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import PurePath

import attrs

from camvault.core.segments.coverage import Span
from camvault.core.segments.names import parse_ready_path
from camvault.core.segments.ledger import Ledger, proven_mark
from camvault.core.segments.timeline import Kind, parse
from camvault.core.workflows.recording.coverage import CoverageOptions, CoveragePorts, report_coverage
from camvault.core.workflows.recording.monitor import MonitorReport
from camvault.core.workflows.recording.record import TIMELINE_NAME
from camvault.core.workflows.recording.records import SyncRecords, days_below
from camvault.ports.entries import FileEntry
from camvault.ports.errors import NotFoundError
from camvault.ports.metrics import Metric, Sample

_DAY = timedelta(days=1)
_WATCHDOG = "watchdog"


@attrs.frozen(kw_only=True)
class MeasureOptions:
    """What is measured: `coverage` names the places; its period is replaced by the last 24 hours."""

    recording_dir: PurePath
    coverage: CoverageOptions


def measure(report: MonitorReport, *, options: MeasureOptions, ports: CoveragePorts) -> tuple[Metric, ...]:
    """All figures.

    Raises:
        StorageError: A place cannot be looked at; no figure is better than a wrong one.
    """
    stations = options.coverage.places.stations
    known = report.state.stations
    return (
        Metric(
            "camvault_last_frame_age_seconds",
            "Since a segment of the station last grew, by the monotonic clock.",
            tuple(Sample(each.memory.idle_s, {"station": name}) for name, each in sorted(known.items())),
        ),
        Metric(
            "camvault_live_bytes",
            "Size of the segments in the station's live folder.",
            tuple(Sample(size, {"station": name}) for name, size in sorted(report.live_bytes.items())),
        ),
        Metric(
            "camvault_restarts_total",
            "Restarts of the recorder by cause; watchdog: of its unit by monitor_recordings.",
            tuple(_restarts(report, stations, ports)),
            "counter",
        ),
        Metric(
            "camvault_coverage_24h_percent",
            "Share of the last 24 hours that was recorded.",
            tuple(_coverage(options, ports)),
        ),
        Metric(
            "camvault_free_bytes",
            "Free on the recording disk for ordinary users.",
            (Sample(ports.storage.free_bytes(options.recording_dir)),),
        ),
        Metric("camvault_alerts_queued", "Alerts that wait for a channel.", (Sample(len(report.state.queue.items)),)),
        *_backup(options, ports),
    )


def _restarts(report: MonitorReport, stations: dict[str, PurePath], ports: CoveragePorts) -> Iterator[Sample]:
    for name, folder in stations.items():
        entries = parse(ports.storage.read_text(folder / TIMELINE_NAME) or "")
        causes = Counter(e.cause.value for e in entries if e.kind is Kind.ENDED and e.cause)
        if (watched := report.state.stations.get(name)) is not None:
            causes[_WATCHDOG] += watched.restarts
        yield from (Sample(count, {"station": name, "cause": cause}) for cause, count in sorted(causes.items()))


def _coverage(options: MeasureOptions, ports: CoveragePorts) -> Iterator[Sample]:
    now = ports.clock.now()
    wanted = attrs.evolve(options.coverage, period=Span(now - _DAY, now))
    for each in report_coverage(wanted, ports):
        yield Sample(round(each.percent, 4), {"station": each.station})


def _backup(options: MeasureOptions, ports: CoveragePorts) -> Iterator[Metric]:
    places = options.coverage.places
    if places.ready is None or places.ledgers is None:
        return
    waiting = tuple(_unproven(places.ready, places.ledgers, ports))
    now_s = ports.clock.now().timestamp()
    oldest_s = min((entry.identity.mtime_ns / 1e9 for entry in waiting), default=now_s)
    lag = (Sample(max(0.0, round(now_s - oldest_s, 3))),)
    yield Metric("camvault_backup_lag_seconds", "Age of the oldest segment that is not proven elsewhere.", lag)
    size = sum(entry.identity.size_bytes for entry in waiting)
    yield Metric("camvault_unverified_bytes", "Size of the segments that are not proven elsewhere.", (Sample(size),))


def _unproven(ready: PurePath, ledgers: PurePath, ports: CoveragePorts) -> Iterator[FileEntry]:
    """Day by day; what the backup found proven to the last file is not read again (INV-21)."""
    records = SyncRecords(ledgers, ports.storage)
    marks, ledger_files = records.marks(), records.ledger_files()
    today = f"{ports.clock.now():%Y-%m-%d}"
    try:
        for day in days_below(ready, ports.storage):
            ledger_file = ledger_files.get(day.name)
            folders = {
                folder: listing
                for folder, listing in day.folders.items()
                if listing.files and proven_mark(folder, listing, ledger=ledger_file, today=today) not in marks
            }
            ledger = records.ledger_of_day(day.name) if folders else Ledger()
            for path, entry in attrs.evolve(day, folders=folders).files(ready):
                if ledger.proof_of(path, entry.identity) is None and parse_ready_path(path) is not None:
                    yield entry
    except NotFoundError:
        return
