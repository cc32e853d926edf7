"""Composition root: what an archive holds, as charts."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta

from camvault.apps._report.words import name_of
from camvault.core.archive.growth import monday_of
from camvault.core.archive.records import OUTPUT
from camvault.core.archive.report import Camera, HoldingsReport
from camvault.ports.pages import Chart, ChartKind, Series

_CAMERAS_MOST = 8
"""As many as there are colours; the smallest share the last one."""
_DAYS_MOST = 730
_DAY = timedelta(days=1)


def charts_of_growth(report: HoldingsReport) -> tuple[Chart, ...]:
    """What is kept of each week and of each day, by camera, and what comes of it."""
    kept = [each for (each, _), sums in report.cells.items() if sums.archive_count]
    days = _shown_days(kept, report.today)
    if not days:
        return ()
    mondays = tuple(sorted({monday_of(each) for each in days}))
    weeks = _by_camera(report, mondays, of=monday_of)
    return (
        Chart(
            name="chart-weeks",
            title="Kept of each week, by camera",
            kind=ChartKind.BARS,
            days=mondays,
            series=weeks,
            unit="B",
        ),
        Chart(
            name="chart-days",
            title="Kept of each day, by camera",
            kind=ChartKind.AREA,
            days=days,
            series=_by_camera(report, days, of=lambda each: each),
            unit="B",
        ),
        *_outlook(report, days),
    )


def _shown_days(days: Collection[date], today: date) -> tuple[date, ...]:
    """Every day from the first to today, at most two years: a camera whose clock was wrong has footage of any year."""
    earliest = today - _DAYS_MOST * _DAY
    shown = [each for each in days if earliest <= each <= today]
    return _every_day(min(shown), today) if shown else ()


def _every_day(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + number * _DAY for number in range((last - first).days + 1))


def _by_camera(report: HoldingsReport, days: Sequence[date], *, of: Callable[[date], date]) -> tuple[Series, ...]:
    """The bytes of each camera, the largest first."""
    found: defaultdict[Camera, defaultdict[date, int]] = defaultdict(lambda: defaultdict(int))
    shown_days = frozenset(days)
    for (each, camera), sums in report.cells.items():
        if sums.archive_bytes and of(each) in shown_days:
            found[camera][of(each)] += sums.archive_bytes
    ordered = sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0] or ""))
    shown = [(name_of(camera), values) for camera, values in ordered]
    if len(shown) > _CAMERAS_MOST:
        rest = [values for _, values in shown[_CAMERAS_MOST - 1 :]]
        shown = [*shown[: _CAMERAS_MOST - 1], (f"{len(rest)} others", _together(rest))]
    return tuple(Series(label=label, values=tuple(values.get(each, 0) for each in days)) for label, values in shown)


def _together(parts: Sequence[Mapping[date, int]]) -> defaultdict[date, int]:
    total: defaultdict[date, int] = defaultdict(int)
    for part in parts:
        for each, size_bytes in part.items():
            total[each] += size_bytes
    return total


def _outlook(report: HoldingsReport, days: tuple[date, ...]) -> Iterator[Chart]:
    """The size of the archive until now, and what it will be when the disk is full."""
    disk = next((disk for disk in report.disks if OUTPUT in disk.areas), None)
    if disk is None:
        return
    of_day = _together([{each: sums.archive_bytes} for (each, _), sums in report.cells.items()])
    total = sum(size_bytes for each, size_bytes in of_day.items() if each < days[0] or each > days[-1])
    kept = list[float | None]()
    for each in days:
        total += of_day[each]
        kept.append(total)
    growth = disk.growth_bytes_per_day
    until = min(disk.full_on or date.max, report.today + _DAYS_MOST * _DAY)
    later = _every_day(report.today + _DAY, until) if growth else ()
    ahead = [total + (growth or 0.0) * number for number in range(1, len(later) + 1)]
    series = [Series(label="kept", values=(*kept, *[None] * len(later)))]
    if later:
        values = (*[None] * (len(days) - 1), total, *ahead)
        series.append(Series(label="at this rate, with what else grows on the disk", values=values, is_outlook=True))
    yield Chart(
        name="chart-outlook",
        title="Size of the archive, and when the disk is full (line)",
        kind=ChartKind.LINES,
        days=(*days, *later),
        series=tuple(series),
        unit="B",
        limit=total + disk.free_bytes,
    )


def charts_of_days(report: HoldingsReport) -> tuple[Chart, ...]:
    """For each camera, on which days there is footage."""
    known = [each for each in report.cameras if each.camera is not None]
    days = _shown_days([each for camera in known for each in camera.days], report.today)
    return tuple(
        Chart(
            name=f"chart-camera-{number}",
            title=name_of(each.camera),
            kind=ChartKind.STRIP,
            days=days,
            series=(Series(label="footage", values=tuple(_presence(each.days, day, report.today) for day in days)),),
        )
        for number, each in enumerate(known, 1)
        if days
    )


def _presence(days: frozenset[date], day: date, today: date) -> float | None:
    """1 for a day with footage, 0 for one without, None before the first one and for today."""
    return None if day < min(days) or (day == today and day not in days) else float(day in days)


def charts_of_quality(report: HoldingsReport) -> tuple[Chart, ...]:
    """For each measure, the mean of each week."""
    measures = {figures.measure: figures.unit for figures in report.quality_weeks.values()}
    return tuple(
        Chart(
            name=f"chart-quality-{number}",
            title=f"{measure}, mean of each week",
            kind=ChartKind.LINES,
            days=tuple(monday for monday, each in report.quality_weeks if each == measure),
            series=(
                Series(
                    label=measure,
                    values=tuple(
                        quality.mean for (_, each), quality in report.quality_weeks.items() if each == measure
                    ),
                ),
            ),
            unit=unit,
        )
        for number, (measure, unit) in enumerate(measures.items(), 1)
    )
