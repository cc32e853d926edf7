"""Port: how a batch is encoded, and what its encodes gave, as values of the batch's record."""

import enum

import attrs

from camvault.ports.media import ConstantQuality, TargetBitrate
from camvault.ports.quality import QualityMeasure


class Allocation(enum.StrEnum):
    """How the bits of an ENCODE job are shared out."""

    CONSTANT = "constant"
    COMPLEXITY = "complexity"


class RateSearch(enum.StrEnum):
    """Whether the one bitrate of a batch is the planned one, or that at which the encoder really fills the disc."""

    NONE = "none"
    """It is the planned one, and nothing is encoded again to fill the disc. So in records of earlier versions."""
    OPEN = "open"
    """It is the planned one still; samples will say which one it becomes."""
    DONE = "done"
    """It is what the samples said."""


@attrs.frozen
class EncodeOptions:
    """What was chosen for the whole batch and does not change between its runs.

    `thread_count` threads for each encode; `crf_step_quarters` is 1 where the encoder takes fractions of a CRF. No
    correction lowers the picture of a clip below `min_kbps`; 1 in records of versions that did not keep it. `measure`
    is what the quality of samples is measured with, for bits by complexity.
    """

    allocation: Allocation = Allocation.CONSTANT
    preset: int = 8
    audio_kbps: int = 64
    thread_count: int = 1
    crf_step_quarters: int = 4
    min_kbps: int = 1
    rate_search: RateSearch = RateSearch.NONE
    measure: QualityMeasure = QualityMeasure.NONE


@attrs.frozen
class SampleRecord:
    """A stretch of a clip that was encoded to learn how much it takes; 0 bytes where that failed.

    `quality` is from 0 to 100; None where it was not measured.
    """

    start_s: float
    length_s: float
    rate: TargetBitrate | ConstantQuality
    size_bytes: int
    quality: float | None = None


@attrs.frozen
class EncodeRecord:
    """One encode of a whole clip: at which rate, what it took, and whether it became the clip's output."""

    rate: TargetBitrate | ConstantQuality
    size_bytes: int
    is_accepted: bool = True
