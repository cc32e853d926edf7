"""Adapter for ffmpeg, pure part: its filters that measure quality, and what they print."""

import math
import re
from collections.abc import Sequence

import attrs

from camvault.ports.quality import QualityMeasure

_EQUAL_DB = 100.0
"""What stands for the infinity of equal pictures."""


@attrs.frozen
class Measure:
    """A filter of ffmpeg that measures quality, and how its figure is told.

    `middle` and `width` place its figure on the scale of VMAF, along a logistic curve; 0: it is on that scale.
    """

    kind: QualityMeasure
    filter_name: str
    figure: re.Pattern[str]
    words: str
    middle: float = 0.0
    width: float = 0.0

    def value_of(self, lines: Sequence[str]) -> float | None:
        """The figure in what ffmpeg says; None if it is not there."""
        found = [match["value"] for line in lines if (match := self.figure.search(line))]
        return min(_EQUAL_DB, float(found[-1])) if found else None

    def quality_of(self, lines: Sequence[str]) -> float | None:
        """The figure on the scale of VMAF, from 0 to 100."""
        value = self.value_of(lines)
        if value is None or not self.width:
            return value
        return 100 / (1 + math.exp((self.middle - value) / self.width))


VMAF = Measure(QualityMeasure.VMAF, "libvmaf", re.compile(r"VMAF score: (?P<value>[\d.]+)"), "VMAF {:.1f}")
XPSNR = Measure(
    QualityMeasure.XPSNR,
    "xpsnr",
    re.compile(r"XPSNR\s+y: (?P<value>[\d.]+|inf)"),
    "XPSNR {:.1f} dB",
    middle=25.0,
    width=3.75,
)
SSIM = Measure(
    QualityMeasure.SSIM,
    "ssim",
    re.compile(r"SSIM Y:[\d.]+ \((?P<value>[\d.]+|inf)\)"),
    "SSIM {:.1f} dB",
    middle=1.5,
    width=6.0,
)
"""In dB: parts of 1 are too coarse near the top."""
