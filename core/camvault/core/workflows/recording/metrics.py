"""Workflow: the figures for a monitoring system, from the watchdog's state and the files on the disk."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import PurePath

import attrs

from camvault.core.segments.backup_plan import proven_mark
from camvault.core.segments.coverage import Span
from camvault.core.segments.ledger import Ledger
from camvault.core.segments.names import parse_ready_path
from camvault.core.segments.timeline import TimelineKind, parse_timeline
from camvault.core.workflows.recording.coverage import CoverageOptions, CoveragePorts, report_coverage
from camvault.core.workflows.recording.monitor import MonitorReport
from camvault.core.workflows.recording.record import TIMELINE_NAME
from camvault.core.workflows.steps.date_tree import days_below
from camvault.core.workflows.steps.ledger_files import SyncRecords
from camvault.ports.entries import FileEntry
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.metrics import Metric, Sample

_DAY = timedelta(days=1)
_WATCHDOG = "watchdog"
_Lacks = Callable[[str, StorageError], None]
"""Told of what there are no figures, and why."""


@attrs.frozen(kw_only=True)
class MeasureOptions:
    """What is measured. `coverage` names the places; its period is replaced by the last 24 hours."""

    recording_dir: PurePath
    coverage: CoverageOptions


@attrs.frozen
class Figures:
    """What was measured, and for each figure that is left out, why: no figure is better than a wrong one."""

    metrics: tuple[Metric, ...]
    problems: tuple[str, ...] = ()


def measure(report: MonitorReport, *, options: MeasureOptions, ports: CoveragePorts) -> Figures:
    """All figures that can be had. What cannot be looked at leaves out the figures that need it, and no other.

    Raises:
        Cancelled: Stopped.
    """
    stations = options.coverage.places.stations
    known = report.state.stations
    problems: dict[str, None] = {}  # in their order; what two figures lack is told once

    def lacks(what: str, problem: StorageError) -> None:
        problems[f"No figures of {what}: {problem}"] = None

    metrics = (
        Metric(
            "camvault_monitor_last_run_timestamp_seconds",
            "When monitor_recordings ran last, since 1970: whoever watches the watchdog alerts if it is old.",
            (Sample(round(ports.clock.now().timestamp(), 3)),),
        ),
        Metric(
            "camvault_last_frame_age_seconds",
            "Since a picture of the station was last stored, by the monotonic clock.",
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
            tuple(_restarts(report, stations, ports, lacks)),
            "counter",
        ),
        Metric(
            "camvault_coverage_24h_percent",
            "Share of the last 24 hours that was recorded.",
            tuple(_coverage(options, ports, lacks)),
        ),
        Metric(
            "camvault_free_bytes",
            "Free on the recording disk for ordinary users.",
            tuple(_free(options, ports, lacks)),
        ),
        Metric("camvault_alerts_queued", "Alerts that wait for a channel.", (Sample(len(report.state.queue.items)),)),
        *_backup(options, ports, lacks),
    )
    return Figures(metrics, tuple(problems))


def _restarts(
    report: MonitorReport, stations: dict[str, PurePath], ports: CoveragePorts, lacks: _Lacks
) -> Iterator[Sample]:
    for name, folder in stations.items():
        causes: Counter[str] = Counter()
        try:
            entries = parse_timeline(ports.storage.read_text(folder / TIMELINE_NAME) or "")
            causes.update(e.cause.value for e in entries if e.kind is TimelineKind.ENDED and e.cause)
        except StorageError as error:
            lacks(f"station {name}", error)
        if (watched := report.state.stations.get(name)) is not None:
            causes[_WATCHDOG] += watched.restarts
        yield from (Sample(count, {"station": name, "cause": cause}) for cause, count in sorted(causes.items()))


def _coverage(options: MeasureOptions, ports: CoveragePorts, lacks: _Lacks) -> Iterator[Sample]:
    now = ports.clock.now()
    wanted = attrs.evolve(options.coverage, period=Span(now - _DAY, now))
    try:
        found = report_coverage(wanted, ports)
    except StorageError as error:
        lacks("coverage", error)
        return
    for station, problem in found.unseen.items():
        lacks(f"station {station}", problem)
    for each in found.stations:
        yield Sample(round(each.percent, 4), {"station": each.station})


def _free(options: MeasureOptions, ports: CoveragePorts, lacks: _Lacks) -> Iterator[Sample]:
    try:
        yield Sample(ports.storage.free_bytes(options.recording_dir))
    except StorageError as error:
        lacks("the recording disk", error)


def _backup(options: MeasureOptions, ports: CoveragePorts, lacks: _Lacks) -> Iterator[Metric]:
    places = options.coverage.places
    if places.ready is None or places.ledgers is None:
        return
    unseen: list[StorageError] = []
    waiting: tuple[FileEntry, ...] = ()
    try:
        waiting = tuple(_unproven(places.ready, places.ledgers, ports, number=places.number, on_problem=unseen.append))
    except StorageError as error:
        unseen.append(error)
    for problem in unseen:
        lacks("the backup", problem)
    if unseen:
        return
    now_s = ports.clock.now().timestamp()
    # of a file from the future, the move to its date folder is known
    times_ns = ((each.identity.mtime_ns, each.identity.ctime_ns) for each in waiting)
    oldest_s = min((min(time for time in times if time) / 1e9 for times in times_ns if any(times)), default=now_s)
    lag = (Sample(max(0.0, round(now_s - oldest_s, 3))),)
    yield Metric("camvault_backup_lag_seconds", "Age of the oldest segment that is not proven elsewhere.", lag)
    size = sum(entry.identity.size_bytes for entry in waiting)
    yield Metric("camvault_unverified_bytes", "Size of the segments that are not proven elsewhere.", (Sample(size),))


def _unproven(
    ready: PurePath, ledgers: PurePath, ports: CoveragePorts, *, number: str, on_problem: Callable[[StorageError], None]
) -> Iterator[FileEntry]:
    """The files that are not proven, day by day. Folders that the backup found proven are not read again (INV-21)."""
    records = SyncRecords(ledgers, ports.storage)
    marks, ledger_files = records.marks(), records.ledger_files()
    today = f"{ports.clock.now():%Y-%m-%d}"
    try:
        for day in days_below(ready, ports.storage, on_problem=on_problem):
            ledger_file = ledger_files.get(day.name)
            folders = {
                folder: listing
                for folder, listing in day.folders.items()
                if listing.files
                and proven_mark(folder, listing, ledger=ledger_file, today=today, number=number) not in marks
            }
            ledger = records.ledger_of_day(day.name) if folders else Ledger()
            for path, entry in attrs.evolve(day, folders=folders).files(ready):
                if ledger.proof_of(path, entry.identity, number=number) is None and parse_ready_path(path) is not None:
                    yield entry
    except NotFoundError:
        return
