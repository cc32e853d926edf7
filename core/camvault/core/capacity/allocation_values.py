"""Pure: the values of bit allocation: clips, the batch, the actions that may be taken, and their results.

Module `allocation` says what they are for.
"""

from collections.abc import Iterable, Mapping, Sequence

import attrs

from camvault.ports.media import ConstantQuality, EncodeSettings, TargetBitrate
from camvault.ports.quality import QualityMeasure

LAG = 4
"""The settings of the clip at place i depend on the results of places up to i - LAG: so many may run at once."""


@attrs.frozen
class EncodeClip:
    """One clip to be encoded; `key` is its name in the progress file, `size_bytes` the original's size.

    `extra_bytes` is what its output needs beside its first picture, its first sound and the container.
    """

    key: str
    duration_s: float = attrs.field(validator=attrs.validators.gt(0))
    size_bytes: int = attrs.field(validator=attrs.validators.ge(0))
    has_audio: bool = True
    extra_bytes: int = 0


@attrs.frozen
class ConstantRate:
    """One video bitrate for all clips, as planned by `camvault.core.capacity.rate.plan_rate`.

    `is_open`: samples are taken first, and say at which rate the encoder really fills the limit (`calibration`).
    `is_filling`: clips are encoded again at a higher rate if the total leaves room.
    """

    video_kbps: int = attrs.field(validator=attrs.validators.ge(1))
    is_open: bool = False
    is_filling: bool = False


@attrs.frozen
class ComplexityRate:
    """Bits in proportion to complexity to the power of `exponent`; 1 would be the same CRF for all, 0 the same rate.

    `crf_step_quarters` is what the encoder can do: 1 for quarter steps, 4 for whole CRFs. `measure` is what the quality
    of samples is measured with: bits go where they buy most of it then, and the exponent counts for nothing.
    """

    exponent: float = attrs.field(default=0.6, validator=[attrs.validators.ge(0), attrs.validators.le(1)])
    crf_step_quarters: int = attrs.field(default=1, validator=attrs.validators.in_((1, 4)))
    measure: QualityMeasure = QualityMeasure.NONE


def _keys_are_unique(_: object, __: object, clips: tuple[EncodeClip, ...]) -> None:
    if len({clip.key for clip in clips}) != len(clips):
        msg = "every clip needs a key of its own"
        raise ValueError(msg)


@attrs.frozen
class EncodeBatch:
    """All clips that must fit `limit_bytes` together, and how. Equal batches and results give equal actions.

    No correction asks for less than `min_kbps` for the picture of a clip.
    """

    clips: tuple[EncodeClip, ...] = attrs.field(validator=[attrs.validators.min_len(1), _keys_are_unique])
    limit_bytes: int = attrs.field(validator=attrs.validators.ge(0))
    policy: ConstantRate | ComplexityRate
    preset: int = 8
    audio_kbps: int = 64
    thread_count: int = 0
    min_kbps: int = attrs.field(default=1, validator=attrs.validators.ge(1))

    def settings(self, rate: TargetBitrate | ConstantQuality) -> EncodeSettings:
        """The batch's settings with this rate."""
        return EncodeSettings(rate, preset=self.preset, audio_kbps=self.audio_kbps, thread_count=self.thread_count)


@attrs.frozen
class EncodeSample:
    """Action: encode a stretch of the picture (`Encoder.sample`), keep nothing but its size: `Sampled`."""

    key: str
    start_s: float
    length_s: float
    rate: TargetBitrate | ConstantQuality


@attrs.frozen
class Encode:
    """Action: encode the whole clip (`Encoder.encode`) to a temporary name: `Encoded`."""

    key: str
    settings: EncodeSettings
    reason: str = attrs.field(default="", eq=False)


@attrs.frozen
class Sampled:
    """Result: the size of a stretch; 0 where it could not be encoded. `quality` is None where it was not measured."""

    sample: EncodeSample
    size_bytes: int
    quality: float | None = None


@attrs.frozen
class Encoded:
    """Result: the size of a whole output. `rate` and the batch's other settings made it."""

    key: str
    rate: TargetBitrate | ConstantQuality
    size_bytes: int
    is_accepted: bool = True
    """Whether this output became the clip's output. The last accepted one stands."""


EncodeAction = EncodeSample | Encode
EncodeResult = Sampled | Encoded


def firsts(results: Sequence[EncodeResult]) -> dict[str, Encoded]:
    """The first output of each clip."""
    found: dict[str, Encoded] = {}
    for result in results:
        if isinstance(result, Encoded):
            found.setdefault(result.key, result)
    return found


def standing(results: Iterable[EncodeResult]) -> dict[str, Encoded]:
    """The output of each clip that counts: the last accepted one."""
    return {result.key: result for result in results if isinstance(result, Encoded) and result.is_accepted}


def total_of(outputs: Mapping[str, Encoded]) -> int:
    """The sum of the sizes, in bytes."""
    return sum(output.size_bytes for output in outputs.values())
