"""Composition root, shared part: traces are read, and what was simulated is shown."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from pathlib import Path

from camvault.core.dashcam.simulation import SimulatedLook, TracePoint
from camvault.core.dashcam.trace import read_trace
from camvault.ports.errors import UsageError
from camvault.ports.plots import PlotSpan, PowerPlot

_HOUR_S, _GB = 3600, 1e9


def trace_points(path: Path) -> tuple[TracePoint, ...]:
    """The points in a file: JSON lines if the first character is a brace, CSV with a heading otherwise.

    Raises:
        UsageError: It cannot be read, or rows are wrong; every problem is named.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{path}: {problem}") from error
    checked = read_trace(_json_rows(path, text) if text.lstrip().startswith("{") else _csv_rows(text))
    if checked.value is None:
        first, *others = (f"{path}: {problem}" for problem in checked.problems)
        raise UsageError(first, tuple(others))
    return checked.value


def _csv_rows(text: str) -> Iterator[Mapping[str, object]]:
    for row in csv.DictReader(text.splitlines()):
        yield {"too many cells" if name is None else name: value for name, value in row.items()}


def _json_rows(path: Path, text: str) -> Iterator[Mapping[str, object]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(f"{path}: row {number}: no JSON: {error}") from error
        if not isinstance(row, dict):
            raise UsageError(f"{path}: row {number}: found {line.strip()[:40]}, expected an object")
        yield row


def told(looks: Sequence[SimulatedLook]) -> Iterator[str]:
    """A line for each look that decides otherwise than the one before, and a line that sums up."""
    before = None
    for look in looks:
        is_new = before is None or look.state is not before.state
        if is_new or (look.commands and before is not None and look.commands != before.commands):
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
