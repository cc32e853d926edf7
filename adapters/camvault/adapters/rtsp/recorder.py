"""Adapter for RTSP cameras: one ffmpeg per session."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import PurePath

import attrs

from camvault.adapters._shared.process import run
from camvault.adapters.rtsp.argv import LOOK_S, environment, ffconcat, record_argv
from camvault.adapters.rtsp.challenge import ask_challenge, unknown_digest
from camvault.adapters.rtsp.parse import ProgressParser, redacted
from camvault.adapters.rtsp.talk import StreamTalk
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled
from camvault.ports.recorder import MediaProgress, Recorder, RecorderEnd, RecorderSettings, StreamSource, Trouble

_GRACE_S = 1.0
"""A stalled ffmpeg ignores SIGTERM (measured for 5.1 to 9.0): waiting longer gains nothing."""
_TICK_S = 0.25
"""Nothing that a supervisor looks for is due sooner, and it is asked for years."""
_EARLY_S = 30.0
"""What a stream is stumbled over for shows soon; what ends a recording later is something else."""


@attrs.define
class _Ticking:
    """Hands the runner's question "shall we stop?" to the supervisor, some times a second."""

    on_tick: Callable[[], bool]
    is_stopped: bool = False

    @property
    def is_requested(self) -> bool:
        if not self.is_stopped:
            self.is_stopped = not self.on_tick()
        return self.is_stopped

    def check(self) -> None:
        if self.is_requested:
            raise Cancelled

    def wait(self, seconds: float) -> bool:  # noqa: ARG002 - the runner waits for output, never here
        return self.is_requested

    def warn_first(self, warning: Callable[[], None]) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()


_conforms: Callable[[Callable[[], bool]], Cancellation] = _Ticking


def _learned(trouble: Trouble | None, *, after_s: float) -> Trouble | None:
    """What a session that ended so soon says of the stream. A camera that hangs up at once was not looked at."""
    if after_s >= _EARLY_S or (trouble is Trouble.UNSEEN and after_s < LOOK_S):
        return None
    return trouble


@attrs.frozen
class FfmpegRecorder:
    """Records with the ffmpeg at `ffmpeg`."""

    ffmpeg: PurePath

    def record(
        self,
        source: StreamSource,
        /,
        *,
        settings: RecorderSettings,
        on_progress: Callable[[MediaProgress], None],
        on_log: Callable[[str], None],
        on_tick: Callable[[], bool],
    ) -> RecorderEnd:
        """See `Recorder`."""
        parser, talk = ProgressParser(), StreamTalk(settings.way, settings.log_level)
        begun_s = time.monotonic()
        ticking = _Ticking(lambda: on_tick() and not talk.waits_for_sound(time.monotonic()))

        def take_progress(line: str) -> None:
            if report := parser.feed(line):
                on_progress(report)

        def take_log(line: str) -> None:
            clean = redacted(line, source)
            if talk.hear(clean, now_s=time.monotonic()):
                on_log(clean)

        try:
            finished = run(
                record_argv(self.ffmpeg, settings),
                cancel=ticking,
                on_line=take_log,
                on_stdout=take_progress,
                stdin=ffconcat(source, settings),
                env=environment(),
                grace_s=_GRACE_S,
                poll_s=_TICK_S,
            )
        except Cancelled:
            trouble = Trouble.SOUND if talk.waits_for_sound(time.monotonic()) else None
            reason = "it is announced and does not come" if trouble else talk.reason(time.monotonic())
            return RecorderEnd(255, reason, trouble)
        trouble = _learned(talk.trouble, after_s=time.monotonic() - begun_s)
        return RecorderEnd(finished.exit_code, self._reason(talk, source), trouble)

    @staticmethod
    def _reason(talk: StreamTalk, source: StreamSource) -> str:
        kind = unknown_digest(ask_challenge(source)) if talk.is_refused else ""
        if not kind:
            return talk.reason(time.monotonic())
        return f"the camera wants digest authentication by {kind}, which ffmpeg does not know; let it accept MD5 too"


_: Callable[[PurePath], Recorder] = FfmpegRecorder
