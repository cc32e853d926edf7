"""Adapter for ffmpeg: stretches of clips, encoded and measured in one run."""

import threading
from pathlib import PurePath

import attrs

from camvault.adapters._shared import process
from camvault.adapters.ffmpeg.argv import QUIET, measure_trial_argv, measured_sample_argv
from camvault.adapters.ffmpeg.encoder import FfmpegEncoder
from camvault.adapters.ffmpeg.measures import SSIM, VMAF, XPSNR, Measure
from camvault.adapters.ffmpeg.parse import failure
from camvault.adapters.ffmpeg.program import FfmpegProgram
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MediaError
from camvault.ports.media import EncodeSettings
from camvault.ports.quality import MeasuredSample, QualityMeasure, QualityMeter

_MEASURES = (VMAF, XPSNR, SSIM)
_ARGUMENTS = {QualityMeasure.VMAF: "=n_subsample=5"}
"""VMAF of each fifth frame is as good for a mean, and takes a third of the time."""

_TRIAL_S = 60.0


@attrs.frozen
class FfmpegQualityMeter:
    """Samples with libsvtav1 that are decoded and compared in the same run; one process a call.

    Attributes:
        encoder: Whose ffmpeg it is.
    """

    encoder: FfmpegEncoder
    _found: list[tuple[Measure, ...]] = attrs.field(factory=list, init=False, eq=False, repr=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, eq=False, repr=False)

    @property
    def measures(self) -> tuple[QualityMeasure, ...]:
        """What this ffmpeg can measure with: each is tried once, by a tiny encode."""
        return tuple(measure.kind for measure in self._measures())

    def _measures(self) -> tuple[Measure, ...]:
        with self._lock:
            if not self._found:
                self._found.append(tuple(measure for measure in _MEASURES if self._can(measure)))
            return self._found[0]

    def _can(self, measure: Measure) -> bool:
        lines: list[str] = []
        argv = measure_trial_argv(self.encoder.ffmpeg, _filter(measure))
        process.run(argv, cancel=self.encoder.cancel, on_line=lines.append, env=QUIET, timeout_s=_TRIAL_S)
        return measure.quality_of(lines) is not None

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
        """Encode a stretch of the picture, and measure it; without the measure, or where it fails, encode it only."""
        known = next((found for found in self._measures() if found.kind is measure), None)
        if known is not None:
            lines: list[str] = []
            argv = measured_sample_argv(
                self.encoder.ffmpeg,
                source,
                start_s=start_s,
                length_s=length_s,
                settings=settings,
                crf_step_quarters=self.encoder.crf_step_quarters,
                measure=_filter(known),
            )
            program = FfmpegProgram(self.encoder.ffmpeg, self.encoder.stall_s)
            done = program.run(argv, source, cancel=cancel, on_line=lines.append)
            quality = known.quality_of(lines)
            size_bytes = done.talk.outputs[0].size_bytes if 0 in done.talk.outputs else 0
            if done.exit_code == 0 and size_bytes and quality is not None:
                return MeasuredSample(size_bytes, quality)
            error = failure(done.exit_code, done.talk.errors, source=source, target=source)
            if isinstance(error, MediaError):
                raise error
        size_bytes = self.encoder.sample(source, start_s=start_s, length_s=length_s, settings=settings, cancel=cancel)
        return MeasuredSample(size_bytes)


def _filter(measure: Measure) -> str:
    return f"{measure.filter_name}{_ARGUMENTS.get(measure.kind, '')}"


_conforms: type[QualityMeter] = FfmpegQualityMeter
