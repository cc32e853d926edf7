"""Composition root: a report for a terminal."""

from collections.abc import Iterator

from camvault.ports.pages import Page, Table

_ROWS_MOST = {"weeks": 12, "gaps": 20}
"""Tables of which only the last rows are shown; all are in the JSON."""
_LEFT_OUT = frozenset({"days"})
"""Tables that are for the page alone: a row for each day and camera."""


def text_of(page: Page) -> Iterator[str]:
    """The page line by line, without its charts."""
    yield page.title
    yield from page.lead
    yield from (f"! {warning}" for warning in page.warnings)
    for section in page.sections:
        yield from section.sentences
        for table in section.tables:
            if table.name not in _LEFT_OUT:
                yield ""
                yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        yield f"{table.title}: {table.if_empty}"
        return
    yield f"{table.title}:"
    rows = table.rows[-_ROWS_MOST.get(table.name, len(table.rows)) :]
    if len(rows) < len(table.rows):
        yield f"  (the last {len(rows)} of {len(table.rows)} rows; --json has all)"
    widths = [
        max(len(heading), *(len(row[number].text) for row in rows)) for number, heading in enumerate(table.columns)
    ]
    yield _line([heading.ljust(width) for heading, width in zip(table.columns, widths, strict=True)])
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield _line([each.text.ljust(width) if each.exact is None else each.text.rjust(width) for each, width in cells])


def _line(fields: list[str]) -> str:
    return ("  " + "  ".join(fields)).rstrip()
