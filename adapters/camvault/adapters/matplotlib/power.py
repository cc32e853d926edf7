"""Adapter for matplotlib: voltage, states and waiting footage over time, as one SVG file."""

import logging
from io import StringIO
from typing import Any

from camvault.adapters.matplotlib.charts import check_matplotlib
from camvault.ports.plots import PowerPlot

_STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "camvault", "text.parse_math": False, "font.size": 10}


def drawn_power(plot: PowerPlot) -> str:
    """The plot as an SVG document with text; the same plot is the same text.

    Raises:
        MissingToolError: matplotlib is not installed.
    """
    check_matplotlib()
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its cache, and of a home that is none
    from matplotlib import rc_context, rcdefaults, rcParams  # noqa: PLC0415 - an optional extra, and heavy
    from matplotlib.figure import Figure  # noqa: PLC0415

    with rc_context():
        rcdefaults()  # not what a matplotlibrc of the user says
        rcParams.update(_STYLE)
        figure = Figure(figsize=(9, 6))
        figure.suptitle(plot.title)
        voltage, states, footage = figure.subplots(3, 1, sharex=True)
        figure.subplots_adjust(left=0.11, right=0.98, top=0.93, bottom=0.08, hspace=0.08)  # a layout by itself is slow
        voltage.plot(plot.hours, [float("nan") if each is None else each for each in plot.battery_mv])
        voltage.set_ylabel("battery in mV")
        names = list(dict.fromkeys(span.name for span in plot.spans))
        for number, name in enumerate(names):
            bars = [(span.begin_h, span.end_h - span.begin_h) for span in plot.spans if span.name == name]
            states.broken_barh(bars, (number - 0.4, 0.8), facecolors=f"C{number}")
        states.set_yticks(range(len(names)), names)
        footage.plot(plot.hours, plot.card_gb, label="on the card, not copied")
        footage.plot(plot.hours, plot.staged_gb, label="copied, not sent")
        footage.set_ylabel("GB")
        footage.set_xlabel("hours")
        footage.legend()
        out = StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()
