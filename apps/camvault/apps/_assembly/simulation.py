"""Composition root, shared part: traces are read, and what was simulated is shown."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from pathlib import Path

from camvault.adapters.tracefile import DRIVES, drive_path, read_rows
from camvault.apps._assembly.configuration import checked_value
from camvault.apps._cli.stage import Context
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.dashcam.simulated_box import OffloadRates
from camvault.core.dashcam.simulation import SimulatedLook, TracePoint, simulate, span_problem
from camvault.core.dashcam.trace import read_trace
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import UsageError
from camvault.ports.plots import PlotSpan, PowerPlot

_HOUR_S, _GB = 3600, 1e9


def show_simulation(context: Context, config: BoxConfig, trace: Path, *, plot: Path | None, is_json: bool) -> None:
    """Print what would be decided in a drive, and draw it if asked for.

    Raises:
        UsageError: As `trace_points`; or the trace lasts too long.
        Cancelled: Asked to stop.
        MissingToolError: What draws is not installed.
        StorageError: The drawing cannot be written.
    """
    points = trace_points(trace)
    problem = span_problem(points, interval_s=config.poll.interval_seconds)
    if problem:
        raise UsageError(f"{trace}: {problem}")
    looks = tuple(_until_stopped(simulate(points, config, OffloadRates()), context.cancel))
    context.print_result("\n".join(as_json(looks) if is_json else told(looks)))
    if plot is None:
        return
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415 - heavy
    from camvault.adapters.matplotlib import drawn_power  # noqa: PLC0415

    LocalStorage().write_text(plot.absolute(), drawn_power(plotted(looks, title=trace.name)))
    if not is_json:
        context.print_result(f"plot written: {plot.absolute()}")


def trace_points(path: Path) -> tuple[TracePoint, ...]:
    """The points in a file, or of a shipped drive.

    Raises:
        UsageError: It cannot be read, or rows are wrong; every problem is named.
    """
    there = drive_path(path)
    if not there.exists():
        raise UsageError(f"{path}: No such file or directory; --simulate names a file, or one of {', '.join(DRIVES)}")
    return checked_value(there, read_trace, read_rows)


def _until_stopped(looks: Iterator[SimulatedLook], cancel: Cancellation) -> Iterator[SimulatedLook]:
    for look in looks:
        cancel.check()
        yield look


def told(looks: Sequence[SimulatedLook]) -> Iterator[str]:
    """A line for each look that decides otherwise than the one before, and a line that sums up."""
    before = None
    for look in looks:
        is_new = before is None or (look.state, look.occasion) != (before.state, before.occasion)
        if is_new or look.commands:
            at = timedelta(seconds=round(look.at_s - looks[0].at_s))
            commands = " ".join(command.value for command in look.commands) or "-"
            yield f"{at!s:>15}  {look.state.value:10} {commands}: {look.reason}"
        before = look
    last = looks[-1]
    waiting = f"{last.card_bytes / _GB:.1f} GB on the card and {last.staged_bytes / _GB:.1f} GB staged wait"
    yield f"{len(looks)} looks; at the end: {last.state.value}, {waiting}"


def as_json(looks: Sequence[SimulatedLook]) -> Iterator[str]:
    """One object a look."""
    for look in looks:
        yield json.dumps(
            {
                "at_s": look.at_s,
                "battery_mv": look.reading.battery_mv,
                "state": look.state.value,
                "actions": [command.value for command in look.commands],
                "reason": look.reason,
                "card_bytes": round(look.card_bytes),
                "staged_bytes": round(look.staged_bytes),
            }
        )


def plotted(looks: Sequence[SimulatedLook], *, title: str) -> PowerPlot:
    """The same as a plot; a state lasts until the next look."""
    begin_s = looks[0].at_s
    hours = tuple((look.at_s - begin_s) / _HOUR_S for look in looks)
    spans = []
    for name, numbers in groupby(range(len(looks)), key=lambda number: looks[number].state.value):
        of_state = tuple(numbers)
        end_h = hours[min(of_state[-1] + 1, len(looks) - 1)]
        spans.append(PlotSpan(name=name, begin_h=hours[of_state[0]], end_h=end_h))
    return PowerPlot(
        title=title,
        hours=hours,
        battery_mv=tuple(look.reading.battery_mv for look in looks),
        card_gb=tuple(look.card_bytes / _GB for look in looks),
        staged_gb=tuple(look.staged_bytes / _GB for look in looks),
        spans=tuple(spans),
    )
