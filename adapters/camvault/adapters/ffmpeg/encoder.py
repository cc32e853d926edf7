"""Adapter for ffmpeg: clips to AV1 and Opus."""

import threading
from collections.abc import Callable
from pathlib import Path, PurePath

import attrs

from camvault.adapters import _process
from camvault.adapters._durable import translated
from camvault.adapters.ffmpeg.argv import QUIET, encode_argv, quarter_crf_argv, sample_argv
from camvault.adapters.ffmpeg.parse import Progress, damage, duration_problem, failure
from camvault.adapters.ffmpeg.versions import has_quarter_crf
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MediaError
from camvault.ports.media import EncodedFile, Encoder, EncodeSettings, MediaProbe


@attrs.frozen
class FfmpegEncoder:
    """Encodes with libsvtav1 and libopus; one process a call, may be called from several threads.

    Attributes:
        ffmpeg: The program.
        version: Its version as it spells it.
        probe: Measures source and result: an exit code proves nothing.
        cancel: For the question what the encoder can do.
    """

    ffmpeg: PurePath
    version: str
    probe: MediaProbe
    cancel: Cancellation
    _step: list[int] = attrs.field(factory=list, init=False, eq=False, repr=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, eq=False, repr=False)

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        return f"ffmpeg {self.version}"

    @property
    def crf_step_quarters(self) -> int:
        """1 where SVT-AV1 takes quarter steps, else 4; asked once, by a tiny encode of some 30 ms."""
        with self._lock:
            if not self._step:
                done = _process.run(quarter_crf_argv(self.ffmpeg), cancel=self.cancel, env={"SVT_LOG": "3"})
                self._step.append(_crf_step(done.exit_code, done.last_lines))
            return self._step[0]

    def encode(
        self,
        source: PurePath,
        /,
        *,
        target: PurePath,
        settings: EncodeSettings,
        on_seconds: Callable[[float], None],
        cancel: Cancellation,
    ) -> EncodedFile:
        """Write `target` completely. Whatever ffmpeg says on stderr means that the source could not be read whole."""
        before = self.probe.probe(source)
        step = self.crf_step_quarters
        argv = encode_argv(self.ffmpeg, source, target=target, settings=settings, crf_step_quarters=step)
        error_lines: list[str] = []
        progress = self._run(argv, source, target, on_seconds, cancel, on_line=_first_into(error_lines))
        try:
            problem = duration_problem(before, self.probe.probe(target))
        except MediaError as error:
            raise MediaError(source, f"the encoder's output is unusable: {error.problem}") from error
        if problem:
            raise MediaError(source, problem)
        with translated(target):
            size_bytes = Path(target).stat().st_size
        return EncodedFile(size_bytes, damage(before, frame_count=progress.frame_count, error_lines=error_lines))

    def sample(
        self, source: PurePath, /, *, start_s: float, length_s: float, settings: EncodeSettings, cancel: Cancellation
    ) -> int:
        """Encode a stretch of the picture and return its size in bytes."""
        argv = sample_argv(
            self.ffmpeg,
            source,
            start_s=start_s,
            length_s=length_s,
            settings=settings,
            crf_step_quarters=self.crf_step_quarters,
        )
        progress = self._run(argv, source, source, lambda _: None, cancel)
        if not progress.size_bytes:
            raise MediaError(source, f"there is no picture between {start_s:.1f} and {start_s + length_s:.1f} s")
        return progress.size_bytes

    def _run(
        self,
        argv: tuple[str | PurePath, ...],
        source: PurePath,
        target: PurePath,
        on_seconds: Callable[[float], None],
        cancel: Cancellation,
        *,
        on_line: Callable[[str], None] | None = None,
    ) -> Progress:
        with translated(source):
            Path(source).stat()
        progress = Progress()

        def on_stdout(line: str) -> None:
            if progress.take(line) and progress.seconds is not None:
                on_seconds(progress.seconds)

        done = _process.run(argv, cancel=cancel, on_line=on_line, on_stdout=on_stdout, env=QUIET)
        if error := failure(done.exit_code, done.last_lines, source=source, target=target):
            raise error
        return progress


def _first_into(lines: list[str]) -> Callable[[str], None]:
    """Keeps the first line; a damaged clip may give thousands."""

    def take(line: str) -> None:
        if not lines:
            lines.append(line)

    return take


def _crf_step(exit_code: int, log: tuple[str, ...]) -> int:
    """The step that a trial encode shows. Whole CRFs work everywhere, so they are taken where the log does not tell."""
    try:
        return 1 if exit_code == 0 and has_quarter_crf("\n".join(log)) else 4
    except ValueError:
        return 4


_conforms: type[Encoder] = FfmpegEncoder
