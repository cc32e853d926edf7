"""Composition root: what an archive holds, as tables for a terminal and for a page."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from camvault.adapters.reporting import single_line
from camvault.apps._report.words import count, day, gap_days, name_of, saved, size
from camvault.core.archive.growth import LEAST_DAYS, DiskOutlook
from camvault.core.archive.records import INPUT, OUTPUT
from camvault.core.archive.report import (
    NEVER_ARCHIVED,
    TRASH,
    Camera,
    CameraFigures,
    ClipStanding,
    FootageSums,
    HoldingsReport,
)
from camvault.ports.pages import Cell, Table

AREAS = {INPUT: "input", OUTPUT: "archive", TRASH: "trash"}
PLACES = {
    ClipStanding.WAITING: "in the input",
    ClipStanding.TRASHED: "in the trash",
    ClipStanding.DELETED: "deleted by a rule",
}
_DAYS_MOST = 366
_Row = tuple[Cell, ...]


def cameras(report: HoldingsReport) -> Table:
    """A row for each camera, and one for all."""
    rows = [_camera(name_of(each.camera), each, each.sums) for each in report.cameras]
    if len(rows) > 1:
        rows.append(_camera("total", None, report.total))
    return Table(
        name="cameras",
        title="What is kept, by camera",
        columns=(
            *("camera", "archives", "kept", "clips were", "saved", "remuxed", "waiting", "first day", "last day"),
            *("days", "days without"),
        ),
        rows=tuple(rows),
        if_empty="no footage",
    )


def _camera(name: str, each: CameraFigures | None, sums: FootageSums) -> _Row:
    days = frozenset[date]() if each is None else each.days
    return (
        Cell(name),
        count(sums.archive_count),
        size(sums.archive_bytes),
        size(sums.source_bytes) if sums.source_bytes else Cell(""),
        saved(sums),
        count(sums.remuxed_count),
        count(sums.counts[ClipStanding.WAITING]),
        day(min(days, default=None)),
        day(max(days, default=None)),
        Cell("") if each is None else count(len(each.days)),
        Cell("") if each is None or each.camera is None else count(gap_days(each.gaps)),
    )


def weeks(report: HoldingsReport) -> Table:
    """A row for each week that has archives."""
    return Table(
        name="weeks",
        title="Kept of each week",
        columns=("week", "begins", "archives", "kept"),
        rows=tuple(
            (Cell(week.name), day(week.monday), count(week.file_count), size(week.size_bytes))
            for week in report.weeks
            if week.file_count
        ),
        if_empty="no archives",
        is_folded=True,
    )


def days(report: HoldingsReport) -> Table:
    """A row for each day of the last year and each camera that has archives; only on the page."""
    earliest = report.today - timedelta(days=_DAYS_MOST)
    return Table(
        name="days",
        title="Kept of each day, last year",
        columns=("day", "camera", "archives", "kept"),
        rows=tuple(
            (day(each), Cell(name_of(camera)), count(sums.archive_count), size(sums.archive_bytes))
            for (each, camera), sums in report.cells.items()
            if sums.archive_count and each >= earliest
        ),
        if_empty="no archives",
        is_folded=True,
    )


def areas(report: HoldingsReport) -> Table:
    """What lies in input, archive and trash."""
    return Table(
        name="areas",
        title="What lies where",
        columns=("place", "files", "size", "grows by, a day"),
        rows=tuple(
            (Cell(AREAS[area.name]), count(area.file_count), size(area.size_bytes), _rate(area.growth_bytes_per_day))
            for area in report.areas
        ),
    )


def disks(report: HoldingsReport) -> Table:
    """When each file system is full."""
    return Table(
        name="disks",
        title="When the disk is full, at this rate",
        columns=("holds", "free", "of", "grows by, a day", "full on", "days left"),
        rows=tuple(_disk(disk, report.today) for disk in report.disks),
        if_empty="not known",
    )


def _disk(disk: DiskOutlook, today: date) -> _Row:
    full = day(disk.full_on) if disk.full_on is not None else Cell(_why_no_date(disk))
    return (
        Cell(", ".join(AREAS[area] for area in disk.areas)),
        size(disk.free_bytes),
        size(disk.total_bytes),
        _rate(disk.growth_bytes_per_day),
        full,
        Cell("") if disk.full_on is None else count((disk.full_on - today).days),
    )


def _why_no_date(disk: DiskOutlook) -> str:
    if disk.growth_bytes_per_day is None:
        return f"not known before {LEAST_DAYS} days"
    return "in more than 100 years" if disk.growth_bytes_per_day else "it does not grow"


def _rate(bytes_per_day: float | None) -> Cell:
    return Cell("") if bytes_per_day is None else size(bytes_per_day)


def qualities(report: HoldingsReport) -> Table:
    """A row for each camera and measure."""
    return Table(
        name="quality",
        title="How near archives are to their clips",
        columns=("camera", "measure", "archives", "mean", "lowest", "of the archive"),
        rows=tuple(
            (
                Cell(name_of(each.camera)),
                Cell(f"{quality.measure} {quality.unit}".rstrip()),
                count(quality.count),
                Cell(f"{quality.mean:.1f}", quality.mean),
                Cell(f"{quality.lowest:.1f}", quality.lowest),
                Cell(single_line(quality.lowest_archive)),
            )
            for each in report.cameras
            for quality in each.sums.qualities.values()
        ),
        if_empty="not measured: see camera_archiver --measure-quality",
    )


def never_archived(report: HoldingsReport) -> Table:
    """A row for each camera and place."""
    return Table(
        name="never-archived",
        title="Clips of which there is no archive",
        columns=("camera", "where", "clips", "size", "first day", "last day"),
        rows=tuple(_never_archived(report)),
    )


def _never_archived(report: HoldingsReport) -> Iterator[_Row]:
    found: dict[tuple[Camera, ClipStanding], list[tuple[date, int, int]]] = {}
    for each, camera, standing, clips, size_bytes in report.sums_of(NEVER_ARCHIVED):
        found.setdefault((camera, standing), []).append((each, clips, size_bytes))
    for (camera, standing), parts in sorted(found.items(), key=lambda item: (item[0][0] or "", item[0][1].value)):
        yield (
            Cell(name_of(camera)),
            Cell(PLACES[standing]),
            count(sum(clips for _, clips, _ in parts)),
            size(sum(size_bytes for _, _, size_bytes in parts)),
            day(parts[0][0]),
            day(parts[-1][0]),
        )


def gaps(report: HoldingsReport) -> Table:
    """A row for each gap."""
    return Table(
        name="gaps",
        title="Days without footage",
        columns=("camera", "from", "to", "days", ""),
        rows=tuple(
            (
                Cell(name_of(each.camera)),
                day(gap.first),
                day(gap.last),
                count(gap.day_count),
                Cell("still" if gap.is_open else ""),
            )
            for each in report.cameras
            for gap in each.gaps
        ),
    )


def sentences(report: HoldingsReport) -> Iterable[str]:
    """What should be known beside the figures of archives."""
    counts = report.total.counts
    said = {
        ClipStanding.DONE: "clip(s) in the input are archived: the next run of camera_archiver lets them go",
        ClipStanding.DOUBTFUL: "clip(s) stay in the input, because their archives may lack something of them",
        ClipStanding.GONE: "archive(s) are not kept any more, because a rule took them",
        ClipStanding.UNRECORDED: "archive(s) have no record: of which clips and cameras they are is not known",
    }
    return (f"{counts[standing]:,} {words}." for standing, words in said.items() if counts[standing])


def alarms(report: HoldingsReport) -> Iterator[str]:
    """What is wrong, or missing from the figures."""
    missing = report.total.counts[ClipStanding.MISSING]
    if missing:
        yield f"{missing:,} archive(s) are recorded and not there, and no rule took them"
    for standing in (ClipStanding.DELETED, ClipStanding.TRASHED):
        clips = report.total.counts[standing]
        if clips:
            yield f"{clips:,} clip(s) that were never archived were taken by a rule: they are {_FATE[standing]}"
    yield from map(single_line, report.notes)
    yield from (f"Not in the figures: {single_line(problem)}" for problem in report.problems)


_FATE = {ClipStanding.DELETED: "deleted", ClipStanding.TRASHED: "in the trash"}
