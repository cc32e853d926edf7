"""Composition root: from the flags of archive_report to its figures, and to a page."""

from datetime import date, timedelta
from pathlib import Path, PurePath

import attrs

from camvault.adapters.filesystem import LocalStorage, read_mount_table
from camvault.adapters.jinja import check_jinja, is_replaceable, page_text
from camvault.adapters.matplotlib import check_matplotlib, drawn
from camvault.adapters.system.zone import LocalZone
from camvault.apps._cli.stage import Context
from camvault.apps._report.page import page_of
from camvault.core.archive.dated_names import NamePattern
from camvault.core.archive.report import HoldingsReport
from camvault.core.retention.trash import TRASH_NAME
from camvault.core.segments.report_period import parse_last
from camvault.core.workflows.archive import ArchiveRoots, checked_roots
from camvault.core.workflows.archive.report import ReportJob, report_holdings
from camvault.ports.errors import UsageError


@attrs.frozen
class MadeReport:
    """The figures, and of what they are."""

    report: HoldingsReport
    roots: ArchiveRoots


def reported(
    context: Context,
    *,
    directory: Path,
    output: Path | None,
    trash: Path | None,
    pattern: NamePattern,
    since: str | None,
    last: str | None,
) -> MadeReport:
    """Look at everything.

    Raises:
        UsageError: The input is missing, or the flags contradict one another.
        StorageError: The input cannot be listed.
    """
    storage, zone, root = LocalStorage(), LocalZone(), directory.absolute()
    roots = checked_roots(
        PurePath(root),
        output=PurePath((output or root / "archived").absolute()),
        trash=PurePath((trash or root / TRASH_NAME).absolute()),
        storage=storage,
        table=read_mount_table(),
    )
    today = context.clock.now().astimezone(zone).date()
    job = ReportJob(
        roots=roots,
        pattern=pattern,
        since=_since(since, last, today),
        storage=storage,
        clock=context.clock,
        zone=zone,
        cancel=context.cancel,
    )
    return MadeReport(report_holdings(job), roots)


def _since(since: str | None, last: str | None, today: date) -> date | None:
    if since is not None and last is not None:
        raise UsageError("--since and --last exclude one another")
    if last is not None:
        try:
            return today - timedelta(days=parse_last(last).days)
        except OverflowError:
            return date.min
    if since is None:
        return None
    try:
        return date.fromisoformat(since)
    except ValueError:
        raise UsageError(f"--since: found {since[:60]!a}, expected a date such as 2025-05-28") from None


def check_html(path: Path) -> None:
    """Find out before any work whether a page can be made, and may be written there.

    Raises:
        MissingToolError: A library is not installed.
        UsageError: Something else is there.
    """
    check_jinja()
    check_matplotlib()
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--html: {path.absolute().parent} is no folder")
    if not is_replaceable(path):
        raise UsageError(f"--html: {path} is there, and is no page of archive_report; it is not touched")


def write_html(made: MadeReport, path: Path) -> None:
    """Write the page.

    Raises:
        StorageError: It cannot be written.
    """
    text = page_text(page_of(made.report, made.roots), draw=drawn)
    LocalStorage().write_text(PurePath(path.absolute()), text)
