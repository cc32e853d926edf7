"""What a page and a terminal show, for archives that are unlike the ordinary one."""

from datetime import date, timedelta
from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.jinja import page_text
from camvault.adapters.matplotlib import drawn
from camvault.apps._report.page import page_of
from camvault.apps._report.text import text_of
from camvault.core.archive.growth import disk_outlook
from camvault.core.archive.report import (
    ClipFact,
    ClipStanding,
    Holdings,
    HoldingsReport,
    by_day_and_camera,
)
from camvault.core.workflows.archive import ArchiveRoots
from camvault.ports.pages import Chart, ChartKind, Page, Series

TODAY = date(2024, 3, 10)
ROOTS = ArchiveRoots(input=PurePath("/camera"), output=PurePath("/camera/archived"), trash=None)


def report_of(*facts: ClipFact, free_bytes: int = 10**6) -> HoldingsReport:
    holdings = Holdings()
    for fact in facts:
        holdings.add(fact)
        holdings.occupy("output", fact.day, file_count=1, size_bytes=fact.size_bytes)
    area = holdings.area("output", today=TODAY)
    disk = disk_outlook(
        ["output"], growths=[area.growth_bytes_per_day], free_bytes=free_bytes, total_bytes=10**9, today=TODAY
    )
    return HoldingsReport(
        today=TODAY,
        since=None,
        cells={key: holdings.cells[key] for key in sorted(holdings.cells, key=by_day_and_camera)},
        cameras=holdings.by_camera(until=TODAY - timedelta(days=1)),
        total=holdings.total(),
        weeks=holdings.by_week(),
        quality_weeks=holdings.quality_by_week(),
        areas=(area,),
        disks=(disk,),
    )


def kept(days_ago: int, camera: str | None = "front", size: int = 1000) -> ClipFact:
    return ClipFact(TODAY - timedelta(days=days_ago), camera, ClipStanding.KEPT, size, 5 * size)


def page(report: HoldingsReport) -> Page:
    return page_of(report, ROOTS)


def chart(shown: Page, name: str) -> Chart:
    return next(each for section in shown.sections for each in section.charts if each.name == name)


def text(report: HoldingsReport) -> list[str]:
    return list(text_of(page(report)))


def test_an_empty_archive_has_a_page_without_plots() -> None:
    shown = page(report_of())
    assert [section.charts for section in shown.sections] == [()] * 5
    assert "<svg" not in page_text(shown, draw=drawn)
    assert "What is kept, by camera: no footage" in text(report_of())


def test_the_outlook_ends_on_the_day_on_which_the_disk_is_full() -> None:
    report = report_of(*(kept(days) for days in range(1, 41)), free_bytes=30_500)
    assert report.disks[0].full_on == TODAY + timedelta(days=30)
    outlook = chart(page(report), "chart-outlook")
    assert outlook.days[-1] == TODAY + timedelta(days=30)
    now, later = outlook.series
    assert (later.is_outlook, outlook.limit) == (True, 40_000 + 30_500)
    assert max(value for value in now.values if value is not None) == 40_000
    assert later.values[-1] == 40_000 + 30 * 1000
    row = next(line for line in text(report) if line.startswith("  archive ") and str(report.disks[0].full_on) in line)
    assert row.split()[-1] == "30"


def test_an_archive_that_does_not_grow_has_no_outlook() -> None:
    outlook = chart(page(report_of(kept(300))), "chart-outlook")
    assert [series.label for series in outlook.series] == ["kept"]
    assert any("it does not grow" in line for line in text(report_of(kept(300))))
    assert any("not known before 7 days" in line for line in text(report_of(kept(3))))
    full = report_of(*(kept(days, size=1) for days in range(1, 41)), free_bytes=10**9)
    assert any("in more than 100 years" in line for line in text(full))


def test_the_smallest_of_many_cameras_share_a_colour() -> None:
    report = report_of(*(kept(1, f"camera {number:02}", size=1000 - number) for number in range(12)))
    weeks = chart(page(report), "chart-weeks")
    assert [series.label for series in weeks.series] == [*(f"camera {number:02}" for number in range(7)), "5 others"]
    assert sum(value or 0 for series in weeks.series for value in series.values) == report.total.archive_bytes


def test_a_camera_whose_clock_was_wrong_does_not_stretch_the_plots() -> None:
    shown = page(report_of(kept(1), kept(9000), kept(-3000), kept(9000, "lost")))
    assert chart(shown, "chart-days").days == (TODAY - timedelta(days=1), TODAY)
    assert [series.label for series in chart(shown, "chart-weeks").series] == ["front"]
    assert chart(shown, "chart-camera-1").days == (TODAY - timedelta(days=1), TODAY)
    assert max(value or 0 for value in chart(shown, "chart-outlook").series[0].values) == 4000
    assert len(page_text(shown, draw=drawn)) < 200_000


@pytest.mark.parametrize(
    ("camera", "shown"),
    [
        ("(no record)", '"(no record)"'),
        (" front ", '" front "'),
        ("", "(no name)"),
        ("a\nb\x1b[2J\udcff", "a\\nb\\x1b[2J\\xff"),
        ("<b>&\"'", "<b>&\"'"),
        ("$x_{1}$", "$x_{1}$"),
        ("前", "前"),
    ],
)
def test_whatever_a_camera_is_called_it_is_text(camera: str, shown: str) -> None:
    report = report_of(kept(1, camera), kept(1, None))
    found = page(report)
    assert found.sections[0].tables[0].rows[0][0].text == shown
    written = page_text(found, draw=drawn)
    written.encode()
    assert "<b>" not in written
    assert "\x1b" not in "\n".join(text(report))


def test_what_is_wrong_is_said_first() -> None:
    standings = (ClipStanding.MISSING, ClipStanding.DELETED, ClipStanding.TRASHED, ClipStanding.GONE)
    more = (*standings, ClipStanding.DONE, ClipStanding.DOUBTFUL)
    facts = [kept(1), *(kept(2)._replace(standing=standing) for standing in more)]
    report = attrs.evolve(report_of(*facts), problems=("/x cannot be listed: Permission denied",), notes=("torn",))
    assert page(report).warnings == (
        "1 archive(s) are recorded and not there, and no rule took them",
        "1 clip(s) that were never archived were taken by a rule: they are deleted",
        "1 clip(s) that were never archived were taken by a rule: they are in the trash",
        "torn",
        "Not in the figures: /x cannot be listed: Permission denied",
    )
    assert len(page(report).sections[0].sentences) == 3


def test_a_terminal_shows_the_last_weeks() -> None:
    lines = text(report_of(*(kept(days) for days in range(1, 365))))
    assert "  (the last 12 of 53 rows; --json has all)" in lines


def test_a_chart_without_days_is_drawn_all_the_same() -> None:
    for kind in ChartKind:
        empty = Chart(name="empty", title="<>", kind=kind, days=(), series=(Series(label="x", values=()),))
        assert drawn(empty).startswith('<svg role="img" aria-label="&lt;&gt;"')
