"""Pure: the rows of a trace, as CSV or JSON lines give them; or all problems in them at once.

| column             | value                                                                          |
|--------------------|--------------------------------------------------------------------------------|
| `time`             | seconds, not falling, up to the year 9999; or an ISO time                       |
| `vbat`, `vin`      | millivolts, as the registers gave them; empty or no number, as 0x0CFD: not known |
| `vin_threshold`    | the same; 4498 where the column is missing                                       |
| `host`, `camera`   | 1 or 0: the server was reached, the camera was there (1 if the column is missing) |
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from math import isfinite

import attrs

from camvault.core.checked_values import Checked, Problem
from camvault.core.dashcam.simulation import TracePoint
from camvault.ports.battery import PowerRegisters

COLUMNS = ("time", "vbat", "vin", "vin_threshold", "host", "camera")
_NEEDED = ("time", "vbat", "vin", "host")
_THRESHOLD_MV = "4498"
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_FRACTION = re.compile(r"-?[0-9]*[.,][0-9]*", re.ASCII)
_MOST_S = 253_402_300_800
"""The year 10000. In nanoseconds a number is so large that some seconds more make no other one of it."""
_FLAGS = {"1": True, "0": False, "true": True, "false": False, "True": True, "False": False}


@attrs.define
class _Rows:
    """Reads rows, and keeps what is wrong in them."""

    points: list[TracePoint] = attrs.field(factory=list)
    problems: list[Problem] = attrs.field(factory=list)

    def read(self, number: int, row: Mapping[str, object]) -> None:
        found = {name: "" if value is None else str(value).strip() for name, value in row.items()}
        before = len(self.problems)
        for name in found:
            if name not in COLUMNS:
                self._wrong(number, name, "an unknown column", f"one of {', '.join(COLUMNS)}")
        for name in _NEEDED:
            if name not in found:
                self._wrong(number, name, "nothing", f"a column {name}")
        at_s = self._time(number, found.get("time", "0"))
        words: list[str] = []
        registers = PowerRegisters(
            vbat_mv=self._millivolts(number, "vbat", found.get("vbat", ""), words),
            vin_mv=self._millivolts(number, "vin", found.get("vin", ""), words),
            vin_threshold_mv=self._millivolts(
                number, "vin_threshold", found.get("vin_threshold", _THRESHOLD_MV), words
            ),
            words=tuple(words),
        )
        is_reached = self._flag(number, "host", found.get("host", "0"))
        is_there = self._flag(number, "camera", found.get("camera", "1"))
        if len(self.problems) == before:
            point = TracePoint(at_s=at_s, registers=registers, is_server_reached=is_reached, is_camera_there=is_there)
            self.points.append(point)

    def _wrong(self, number: int, name: str, found: str, expected: str) -> None:
        self.problems.append(Problem(f"row {number}, {name}", found, expected))

    def _time(self, number: int, text: str) -> float:
        at_s = _seconds(text)
        if at_s is None:
            self._wrong(number, "time", repr(text), "seconds or an ISO time")
            return 0
        if abs(at_s) > _MOST_S:
            self._wrong(number, "time", repr(text), "seconds, no milli- or nanoseconds")
            return 0
        if self.points and at_s < self.points[-1].at_s:
            self._wrong(number, "time", text, "a time that is not before that of the row above")
        return at_s

    def _millivolts(self, number: int, name: str, text: str, words: list[str]) -> int | None:
        """The value; None for what a disturbed register gives. A fraction is none of these, but volts by mistake."""
        if _WHOLE.fullmatch(text):
            return int(text)
        if _FRACTION.fullmatch(text):
            self._wrong(number, name, repr(text), "whole millivolts, or nothing")
        words.append(f"{name.upper()}: {f'found {text[:40]!r}, which is no number' if text else 'nothing was read'}")
        return None

    def _flag(self, number: int, name: str, text: str) -> bool:
        if text not in _FLAGS:
            self._wrong(number, name, repr(text), "1 or 0")
        return _FLAGS.get(text, False)


def _seconds(text: str) -> float | None:
    with suppress(ValueError):
        return float(text) if isfinite(float(text)) else None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def read_trace(rows: Iterable[Mapping[str, object]]) -> Checked[tuple[TracePoint, ...]]:
    """The points of a trace; rows are numbered from 1, a heading not counted."""
    reader = _Rows()
    for number, row in enumerate(rows, start=1):
        reader.read(number, row)
    if not reader.points and not reader.problems:
        return Checked(None, (Problem("the trace", "no row", "at least one"),))
    return Checked(None, tuple(reader.problems)) if reader.problems else Checked(tuple(reader.points))
