"""Composition root: what an archive holds, as one page; a terminal shows its tables."""

from pathlib import PurePath

from camvault.adapters.reporting import single_line
from camvault.apps._report import tables
from camvault.apps._report.charts import charts_of_days, charts_of_growth, charts_of_quality
from camvault.core.archive.growth import RATE_DAYS
from camvault.core.archive.report import HoldingsReport
from camvault.core.workflows.archive import ArchiveRoots
from camvault.ports.pages import Page, Section

_RATE = (
    f"The rate is that of the last {RATE_DAYS} days, by the footage that is kept of them; where older footage goes, "
    "what goes next is taken off. Other programs that write there are not foreseen."
)


def page_of(report: HoldingsReport, roots: ArchiveRoots) -> Page:
    """The whole report."""
    return Page(
        title=f"Camera archive {single_line(str(roots.output))}",
        lead=tuple(_lead(report, roots.input)),
        warnings=tuple(tables.alarms(report)),
        sections=(
            Section(
                title="Cameras",
                sentences=tuple(tables.sentences(report)),
                tables=(tables.cameras(report), tables.never_archived(report)),
            ),
            Section(
                title="Growth", charts=charts_of_growth(report), tables=(tables.weeks(report), tables.days(report))
            ),
            Section(title="Space", sentences=(_RATE,), tables=(tables.areas(report), tables.disks(report))),
            Section(title="Days without footage", charts=charts_of_days(report), tables=(tables.gaps(report),)),
            Section(title="Quality", charts=charts_of_quality(report), tables=(tables.qualities(report),)),
        ),
    )


def _lead(report: HoldingsReport, source: PurePath) -> list[str]:
    since = "" if report.since is None else f", since {report.since}"
    return [f"Of the footage in {single_line(str(source))}, on {report.today}{since}. Days are those of the footage."]
