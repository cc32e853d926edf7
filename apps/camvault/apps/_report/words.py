"""Composition root: figures of an archive in words. What a name may hold is escaped, as in logs."""

from collections.abc import Iterable
from datetime import date
from math import floor

from camvault.adapters.reporting import single_line
from camvault.core.archive.day_gaps import DayGap
from camvault.core.archive.report import Camera, FootageSums
from camvault.core.batch.figures import gigabytes
from camvault.ports.pages import Cell

NO_CAMERA = "(no record)"
"""In place of the camera of archives without a record."""
ONLY_CAMERA = "(no name)"
"""In place of the camera, if the pattern of names has none."""


def name_of(camera: Camera) -> str:
    """The camera for people; a name that looks like one of ours is put in quotation marks."""
    if camera is None:
        return NO_CAMERA
    if not camera:
        return ONLY_CAMERA
    shown = single_line(camera)
    return f'"{shown}"' if shown in (NO_CAMERA, ONLY_CAMERA) or shown != shown.strip() else shown


def count(number: int) -> Cell:
    """A number of things."""
    return Cell(f"{number:,}", number)


def size(size_bytes: float) -> Cell:
    """A size."""
    return Cell(gigabytes(round(size_bytes)), size_bytes)


def day(value: date | None) -> Cell:
    """A day."""
    return Cell("" if value is None else value.isoformat())


def saved(sums: FootageSums) -> Cell:
    """By how many percent archives are smaller than their clips, cut off; nothing without clips."""
    if not sums.source_bytes:
        return Cell("")
    percent = 100 * sums.saved_bytes / sums.source_bytes
    return Cell(f"{floor(percent)} %", percent)


def gap_days(gaps: Iterable[DayGap]) -> int:
    """How many days all of them have."""
    return sum(gap.day_count for gap in gaps)
