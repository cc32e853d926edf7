"""Adapter for ffmpeg: how near the picture of an archive is to that of its source, at some places."""

from pathlib import PurePath

from camvault.adapters._shared import process
from camvault.adapters.ffmpeg.archive.argv import filters_argv, measure_argv
from camvault.adapters.ffmpeg.measures import VMAF, XPSNR
from camvault.adapters.ffmpeg.program import FfmpegProgram
from camvault.ports.cancellation import Cancellation

PLACES = (0.15, 0.5, 0.85)
"""Where a second is measured, in parts of the clip."""

_LONGEST_S = 600.0

MEASURES = (XPSNR, VMAF)
"""The first that an ffmpeg has is taken: XPSNR is in all that are new enough, so that figures can be compared."""


def measured(
    program: FfmpegProgram,
    source: PurePath,
    archive: PurePath,
    *,
    seconds: float,
    frame_rate: float,
    size: tuple[int, int],
    cancel: Cancellation,
) -> str:
    """The mean of some seconds, with its measure: "XPSNR 38.2 dB"; "" where this ffmpeg cannot measure."""
    filters = process.run(filters_argv(program.path), cancel=cancel, grace_s=program.grace_s).text.split()
    measure = next((known for known in MEASURES if known.filter_name in filters), None)
    if measure is None:
        return ""
    values: list[float] = []
    for place in PLACES:
        lines: list[str] = []
        at_s = _just_before_a_picture(place * seconds - 0.5, frame_rate)
        argv = measure_argv(program.path, source, archive, measure=measure.filter_name, at_s=at_s, size=size)
        process.run(argv, cancel=cancel, on_line=lines.append, timeout_s=_LONGEST_S, grace_s=program.grace_s)
        value = measure.value_of(lines)
        values += [] if value is None else [value]
    return measure.words.format(sum(values) / len(values)) if values else ""


def _just_before_a_picture(at_s: float, frame_rate: float) -> float:
    """A time from which on both begin with the same picture.

    A time that is sought in an AVI is rounded to a whole picture, in an archive it is not: a quarter before one is
    right in both.
    """
    return max(0.0, (round(at_s * frame_rate) - 0.25) / frame_rate)
