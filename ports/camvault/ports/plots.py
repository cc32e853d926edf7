"""Port: plots of values over time, drawn as pictures of their own."""

import attrs


@attrs.frozen(kw_only=True)
class PlotSpan:
    """For how long something was so, in hours."""

    name: str
    begin_h: float
    end_h: float


@attrs.frozen(kw_only=True)
class PowerPlot:
    """The voltage of a battery, what was done, and how much footage waited; None where a value is not known.

    Attributes:
        title: What stands above.
        hours: The time of each value.
        battery_mv: The voltage.
        card_gb: What was on the card and not copied, in 10^9 bytes.
        staged_gb: What was copied and not sent.
        spans: The states, one after the other.
    """

    title: str
    hours: tuple[float, ...]
    battery_mv: tuple[float | None, ...]
    card_gb: tuple[float, ...]
    staged_gb: tuple[float, ...]
    spans: tuple[PlotSpan, ...]
