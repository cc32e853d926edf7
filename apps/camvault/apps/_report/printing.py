"""Composition root: what archive_report prints."""

from collections.abc import Iterable

from camvault.apps._report.document import document_of
from camvault.apps._report.making import MadeReport
from camvault.apps._report.page import page_of
from camvault.apps._report.text import text_of


def lines_of(made: MadeReport, *, is_json: bool) -> Iterable[str]:
    """The report as one document, or for a terminal."""
    if is_json:
        return [document_of(made.report, made.roots)]
    return text_of(page_of(made.report, made.roots))
