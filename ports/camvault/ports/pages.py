"""Port: a report as tables and charts. What it is about, core and apps know; how it looks, what draws and writes it."""

import enum
from datetime import date

import attrs


@attrs.frozen
class Cell:
    """What stands in a field of a table; `exact` is the figure behind a rounded one."""

    text: str
    exact: float | None = None


@attrs.frozen(kw_only=True)
class Table:
    """Rows below a heading, each with a cell for each column.

    Attributes:
        name: What a program finds it by: small letters, digits and hyphens.
        title: For people.
        columns: The headings.
        rows: What it says.
        if_empty: What is said in place of a table without rows.
        is_folded: Whether it is shown only to those who ask for it.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    if_empty: str = "none"
    is_folded: bool = False


class ChartKind(enum.Enum):
    """How values by day are drawn."""

    BARS = "bars"
    """One bar a week, the series upon one another."""
    AREA = "area"
    """The series upon one another."""
    LINES = "lines"
    """Each series by itself."""
    STRIP = "strip"
    """One row that shows on which days there is something."""


@attrs.frozen(kw_only=True)
class Series:
    """The values of one thing; None where there is none. `is_outlook`: nobody knows yet."""

    label: str
    values: tuple[float | None, ...]
    is_outlook: bool = False


@attrs.frozen(kw_only=True)
class Chart:
    """Values by day.

    Attributes:
        name: As that of a table.
        title: For people.
        kind: How they are drawn.
        days: The days of the values, in their order.
        series: What is drawn; each has a value for each day.
        unit: That of the values: "B" for bytes, "" for none.
        limit: What the values must stay below; None for nothing.
    """

    name: str
    title: str
    kind: ChartKind
    days: tuple[date, ...]
    series: tuple[Series, ...]
    unit: str = ""
    limit: float | None = None


@attrs.frozen(kw_only=True)
class Section:
    """A part of a page: sentences, then charts, then tables."""

    title: str
    sentences: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()


@attrs.frozen(kw_only=True)
class Page:
    """A report.

    Attributes:
        title: What it is about.
        lead: What everybody should know.
        warnings: What is wrong, or missing from the figures.
        sections: All of it.
    """

    title: str
    lead: tuple[str, ...]
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
