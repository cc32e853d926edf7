"""Adapter for matplotlib: one chart to one SVG, whose colours are those of the page around it."""

import logging
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from importlib.util import find_spec
from io import StringIO
from typing import TYPE_CHECKING, Any

from camvault.adapters.matplotlib.svg import COLOURS, INK, embeddable
from camvault.ports.errors import MissingToolError
from camvault.ports.pages import Chart, ChartKind, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DAY = timedelta(days=1)
_WIDTH_IN, _HEIGHT_IN, _STRIP_IN = 5.2, 2.6, 0.5
"""So small that its text of 11 points can still be read on a phone, on which the picture shrinks by a tenth."""
_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "camvault",  # the same chart is the same file
    "text.parse_math": False,
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
}


def check_matplotlib() -> None:
    """Find out, without loading it, whether charts can be drawn.

    Raises:
        MissingToolError: matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise MissingToolError("matplotlib", "the extra camvault[report]")


def drawn(chart: Chart) -> str:
    """The chart as an SVG element with text, for a page that has the variables of `svg.embeddable`.

    Raises:
        MissingToolError: matplotlib is not installed.
    """
    check_matplotlib()
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its cache, and of a home that is none
    from matplotlib import rc_context, rcdefaults, rcParams  # noqa: PLC0415 - an optional extra, and heavy
    from matplotlib.figure import Figure  # noqa: PLC0415

    is_strip = chart.kind is ChartKind.STRIP
    with rc_context():
        rcdefaults()  # not what a matplotlibrc of the user says
        rcParams.update(_STYLE)
        figure = Figure(figsize=(_WIDTH_IN, _STRIP_IN if is_strip else _HEIGHT_IN), layout="constrained")
        axes = figure.add_subplot()
        axes.patch.set_visible(False)
        _DRAW[chart.kind](axes, chart)
        _label(axes, chart)
        out = StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return embeddable(out.getvalue(), name=chart.name, title=chart.title)


def _label(axes: "Axes", chart: Chart) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415
    from matplotlib.ticker import EngFormatter  # noqa: PLC0415

    is_strip = chart.kind is ChartKind.STRIP
    locator = AutoDateLocator(minticks=2, maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=not is_strip))  # type: ignore[no-untyped-call]
    if chart.days:
        axes.set_xlim(_x(chart.days[0]), _x(chart.days[-1] + (_DAY if chart.kind is not ChartKind.BARS else 7 * _DAY)))
    if chart.kind is ChartKind.STRIP:
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        return
    axes.yaxis.set_major_formatter(EngFormatter(unit=chart.unit))
    axes.grid(axis="y", color=INK, alpha=0.15)
    if chart.kind is not ChartKind.LINES or chart.unit == "B":
        axes.set_ylim(bottom=0)


def _bars(axes: "Axes", chart: Chart) -> None:
    xs, below = [_x(day) for day in chart.days], [0.0] * len(chart.days)
    for number, series in enumerate(chart.series):
        values = _filled(series)
        shown = [each for each in zip(xs, values, below, strict=True) if each[1]]  # a bar of nothing is a path too
        left, heights, bottoms = ([each[part] for each in shown] for part in range(3))
        axes.bar(left, heights, width=6, align="edge", bottom=bottoms, color=_colour(number))
        below = [one + other for one, other in zip(below, values, strict=True)]


def _area(axes: "Axes", chart: Chart) -> None:
    xs = [_x(day) for day in chart.days]
    xs += [each + 1 for each in xs[-1:]]
    below = [0.0] * len(xs)
    for number, series in enumerate(chart.series):
        values = _filled(series)
        values += values[-1:]
        above = [one + other for one, other in zip(below, values, strict=True)]
        axes.fill_between(xs, below, above, step="post", color=_colour(number), linewidth=0)
        below = above


def _lines(axes: "Axes", chart: Chart) -> None:
    for number, series in enumerate(chart.series):
        points = [(_x(day), value) for day, value in zip(chart.days, series.values, strict=True) if value is not None]
        style = "--" if series.is_outlook else "-"
        marker = "o" if len(points) == 1 else ""
        axes.plot([x for x, _ in points], [y for _, y in points], style, marker=marker, color=_colour(number))
    if chart.limit is not None:
        axes.axhline(chart.limit, color=INK, linewidth=1)


def _strip(axes: "Axes", chart: Chart) -> None:
    """Days with footage, and as a line through the middle those without."""
    for series in chart.series:
        spans = [_x(day) for day, value in zip(chart.days, series.values, strict=True) if value]
        gaps = [_x(day) for day, value in zip(chart.days, series.values, strict=True) if value == 0]
        axes.broken_barh(_runs(spans), (0, 1), color=COLOURS[0])
        axes.broken_barh(_runs(gaps), (0.4, 0.2), color=COLOURS[-1])
    axes.set_ylim(0, 1)


def _runs(days: list[float]) -> list[tuple[float, float]]:
    """Where days that follow one another begin, and how many they are."""
    runs: list[tuple[float, float]] = []
    for day in days:
        if runs and day == sum(runs[-1]):
            runs[-1] = runs[-1][0], runs[-1][1] + 1
        else:
            runs.append((day, 1))
    return runs


_DRAW: Mapping[ChartKind, Callable[["Axes", Chart], None]] = {
    ChartKind.BARS: _bars,
    ChartKind.AREA: _area,
    ChartKind.LINES: _lines,
    ChartKind.STRIP: _strip,
}


def _filled(series: Series) -> list[float]:
    return [value or 0.0 for value in series.values]


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _x(day: date) -> float:
    """A day as matplotlib counts them: from 1970."""
    return float(day.toordinal() - date(1970, 1, 1).toordinal())
