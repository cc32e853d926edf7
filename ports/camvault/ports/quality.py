"""Port: how near the picture of an encode is to that of its source."""

import enum
from pathlib import PurePath
from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.media import EncodeSettings


class QualityMeasure(enum.StrEnum):
    """What quality is measured with."""

    NONE = "none"
    """Nothing is measured. So in records of earlier versions."""
    VMAF = "vmaf"
    XPSNR = "xpsnr"
    SSIM = "ssim"


@attrs.frozen
class MeasuredSample:
    """What a stretch took, and its quality from 0 to 100, on the scale of VMAF; None where it could not be measured.

    Figures of two measures are not to be compared with one another.
    """

    size_bytes: int
    quality: float | None = None


class QualityMeter(Protocol):
    """Encodes stretches of clips, and measures what came out."""

    @property
    def measures(self) -> tuple[QualityMeasure, ...]:
        """What it can measure with, the best first; nothing where it cannot measure. May take a moment, once."""
        ...

    def measured_sample(
        self,
        source: PurePath,
        /,
        *,
        start_s: float,
        length_s: float,
        settings: EncodeSettings,
        measure: QualityMeasure,
        cancel: Cancellation,
    ) -> MeasuredSample:
        """Encode a short stretch of the video stream only, compare it with the source, keep nothing.

        With a measure that is not one of `measures` the quality is None, and the size is as with any other. May be
        called from several threads.

        Raises: as `camvault.ports.media.Encoder.encode`.
        """
        ...
