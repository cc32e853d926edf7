"""Workflow: what a camera archive holds. Reads the records, lists each tree once, opens no footage, changes nothing.

Everything is seen day by day: first the archive of a day, then its input, its trash, and the records of it. Memory is
bounded by the largest day, and by the number of days and cameras.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta, tzinfo
from functools import partial
from heapq import merge
from pathlib import PurePath

import attrs

from camvault.core.archive.dated_names import NamePattern
from camvault.core.archive.growth import DiskOutlook, disk_outlook
from camvault.core.archive.records import INPUT, OUTPUT
from camvault.core.archive.report import TRASH, AreaFigures, Holdings, HoldingsReport, by_day_and_camera
from camvault.core.workflows.archive.job import LEDGERS_NAME, TRASH_LEDGERS_NAME, ArchiveRoots
from camvault.core.workflows.archive.observing import DateFolders, DateTree
from camvault.core.workflows.archive.report_days import ReportDays
from camvault.core.workflows.archive.report_looks import ReportLooks
from camvault.core.workflows.steps.ledger_files import LEDGER_SUFFIX
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.files import Storage

_Seen = tuple[str, int, Callable[[], None]]
"""A day, the order among what is of one day, and what takes it."""


@attrs.frozen(kw_only=True)
class ReportJob:
    """What is asked for, and the world. `zone` is that of the stamps in names; days before `since` are left out."""

    roots: ArchiveRoots
    pattern: NamePattern
    since: date | None
    storage: Storage
    clock: Clock
    zone: tzinfo
    cancel: Cancellation

    @property
    def today(self) -> date:
        """The day that is not over."""
        return self.clock.now().astimezone(self.zone).date()


def report_holdings(job: ReportJob) -> HoldingsReport:
    """What the archive holds; what cannot be looked at is named, and missing from the figures.

    Raises:
        StorageError: The input cannot be listed.
        Cancelled: Asked to stop.
    """
    holdings, problems = Holdings(), list[str]()
    looks = ReportLooks(roots=job.roots, pattern=job.pattern, storage=job.storage, problems=problems)
    days = ReportDays(roots=job.roots, pattern=job.pattern, since=job.since, looks=looks, holdings=holdings)
    for _, _, take in merge(*_everything(job, days, problems), key=lambda seen: seen[:2]):
        job.cancel.check()
        take()
    return _report(job, holdings, problems, looks.damaged)


def _everything(job: ReportJob, days: ReportDays, problems: list[str]) -> list[Iterator[_Seen]]:
    """Each tree, and the records, by day: the archive first, because everything else is compared with it."""
    roots = job.roots
    archive = _tree(job, roots.output, days.archive, problems)
    found = [archive, _tree(job, roots.input, days.input, problems, is_needed=True)]
    if roots.trash is not None:
        trashed = roots.trash / INPUT
        found.append(_tree(job, trashed, lambda folders: days.trashed_clips(folders, root=trashed), problems))
        found.append(_tree(job, roots.trash / OUTPUT, days.trashed_archives, problems))
        for name in _ledger_days(job, roots.trash / TRASH_LEDGERS_NAME, problems):
            days.came_into_trash(name)
    names = _ledger_days(job, roots.output / LEDGERS_NAME, problems)
    found.append((name, partial(days.ledger, name)) for name in names)
    return [_in_order(order, each) for order, each in enumerate(found)]


def _in_order(order: int, days: Iterator[tuple[str, Callable[[], None]]]) -> Iterator[_Seen]:
    return ((day, order, take) for day, take in days)


def _tree(
    job: ReportJob,
    root: PurePath,
    take: Callable[[DateFolders], None],
    problems: list[str],
    *,
    is_needed: bool = False,
) -> Iterator[tuple[str, Callable[[], None]]]:
    """The days of a tree. `is_needed`: without it there is no report."""
    excluded = job.roots.excluded_from(root)
    tree = DateTree(root, job.storage, excluded, lambda error: problems.append(_cannot_be_listed(error)))
    try:
        for day in tree.days():
            yield day.day, partial(take, day)
    except StorageError as error:
        if is_needed:
            raise
        if not isinstance(error, NotFoundError):
            problems.append(_cannot_be_listed(error))


def _ledger_days(job: ReportJob, folder: PurePath, problems: list[str]) -> list[str]:
    try:
        files = job.storage.listing(folder).files
    except NotFoundError:
        return []
    except StorageError as error:
        problems.append(_cannot_be_listed(error))
        return []
    names = (file.name.removesuffix(LEDGER_SUFFIX) for file in files if file.name.endswith(LEDGER_SUFFIX))
    first = "" if job.since is None else job.since.isoformat()
    return sorted(name for name in names if name >= first)


def _cannot_be_listed(error: StorageError) -> str:
    return f"{error.path} cannot be listed: {error.problem}"


def _report(job: ReportJob, holdings: Holdings, problems: list[str], damaged: dict[str, int]) -> HoldingsReport:
    today = job.today
    names = (INPUT, OUTPUT, *([TRASH] if job.roots.trash is not None else []))
    areas = [holdings.area(name, today=today) for name in names]
    disks = tuple(_disks(job, areas, problems))
    return HoldingsReport(
        today=today,
        since=job.since,
        cells={key: holdings.cells[key] for key in sorted(holdings.cells, key=by_day_and_camera)},
        cameras=holdings.by_camera(until=today - timedelta(days=1)),
        total=holdings.total(),
        weeks=holdings.by_week(),
        quality_weeks=holdings.quality_by_week(),
        areas=tuple(areas),
        disks=disks,
        problems=tuple(Counter(problems)),
        notes=tuple(
            f"{count} line(s) of the ledger of {day} are torn, and not believed" for day, count in damaged.items()
        ),
    )


def _disks(job: ReportJob, areas: Iterable[AreaFigures], problems: list[str]) -> Iterator[DiskOutlook]:
    """The file systems, each once."""
    storage, roots = job.storage, job.roots
    places = {INPUT: roots.input, OUTPUT: roots.output, TRASH: roots.trash or roots.input}
    by_device: dict[str, list[AreaFigures]] = {}
    for area in areas:
        by_device.setdefault(storage.device_of(places[area.name]), []).append(area)
    for found in by_device.values():
        place = places[found[0].name]
        try:
            yield disk_outlook(
                [area.name for area in found],
                growths=[area.growth_bytes_per_day for area in found],
                free_bytes=storage.free_bytes(place),
                total_bytes=storage.total_bytes(place),
                today=job.today,
            )
        except StorageError as error:
            problems.append(f"{place}: how much is free cannot be found out: {error.problem}")
