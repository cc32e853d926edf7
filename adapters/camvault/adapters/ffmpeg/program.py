"""Adapter for ffmpeg: its runs, watched, and what they tell of a clip; whatever is made of the clip."""

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared import process
from camvault.adapters._shared.durable import translated
from camvault.adapters._shared.standstill import STALL_S, StandstillWatch
from camvault.adapters.ffmpeg.argv import QUIET, WINDOWS_PER_S, decode_argv, inspect_argv, loudness_argv
from camvault.adapters.ffmpeg.loudness import choice
from camvault.adapters.ffmpeg.parse import EncodeProgress
from camvault.adapters.ffmpeg.streams import Mapping as StreamMapping
from camvault.adapters.ffmpeg.streams import Source, parse_source
from camvault.adapters.ffmpeg.talk import StreamCount, Talk
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled, MediaError
from camvault.ports.media import MediaProbe

_SAMPLES_SPARE = 4096
"""How many samples less a sound may have where nothing is missing: the delay of an encoder, at either end."""


@attrs.frozen
class FfmpegRun:
    """One run that ended by itself: what it said, and how it ended."""

    progress: EncodeProgress
    talk: Talk
    exit_code: int


@attrs.frozen
class Mixes:
    """Sounds of which one channel is taken (stream, channel), because their mix loses it; and what is lost still."""

    channels: tuple[tuple[int, int], ...] = ()
    doubts: tuple[str, ...] = ()


@attrs.frozen
class Played:
    """What decoding a file to its end said: why it is unusable ("" if it is not), and the errors on the way."""

    problem: str
    errors: tuple[str, ...]


def nobody_asks(_seconds: float) -> None:
    """The position of a run that nobody waits for."""


def nobody_reads(_line: str) -> None:
    """What a run says beside what `Talk` keeps of it."""


@attrs.frozen
class FfmpegProgram:
    """One ffmpeg.

    Attributes:
        path: The program.
        stall_s: A run that comes no further for so long is stopped, and fails; 0: no limit.
        grace_s: How long a run may take to end when it is stopped; then its whole group is killed.
    """

    path: PurePath
    stall_s: float = STALL_S
    grace_s: float = 5.0

    def run(
        self,
        argv: tuple[str | PurePath, ...],
        source: PurePath,
        *,
        cancel: Cancellation,
        on_seconds: Callable[[float], None] = nobody_asks,
        on_stdout_bytes: Callable[[bytes], None] | None = None,
        on_line: Callable[[str], None] = nobody_reads,
    ) -> FfmpegRun:
        """Run it to its end; `source` is what is blamed where it stands still. `on_line` gets what it says, too.

        Raises:
            NotFoundError: There is no source.
            MediaError: It stood still.
            Cancelled: It was asked to stop, and no process of it is left.
        """
        with translated(source):
            Path(source).stat()
        progress, talk, taken = EncodeProgress(), Talk(), 0
        watch = StandstillWatch(cancel, self.stall_s)

        def on_stdout(line: str) -> None:
            if progress.take(line) and progress.seconds is not None:
                on_seconds(progress.seconds)
            watch.see((progress.frames, progress.seconds))

        def on_bytes(piece: bytes) -> None:
            assert on_stdout_bytes is not None  # noqa: S101 - only handed on if it is there
            nonlocal taken
            taken += len(piece)
            watch.see(taken)
            on_stdout_bytes(piece)

        def on_said(line: str) -> None:
            talk.take(line)
            on_line(line)

        done = self._watched(
            argv,
            source,
            watch,
            on_line=on_said,
            on_stdout=None if on_stdout_bytes else on_stdout,
            on_stdout_bytes=on_bytes if on_stdout_bytes else None,
        )
        if done.exit_code and not talk.errors:
            talk.errors.extend(done.last_lines[-3:])
        return FfmpegRun(progress, talk, done.exit_code)

    def described(self, source: PurePath, cancel: Cancellation) -> Source:
        """What ffmpeg says of a clip.

        Raises:
            NotFoundError: There is none.
            MediaError: It cannot be opened.
        """
        with translated(source):
            Path(source).stat()
        lines: list[str] = []

        def take(line: str) -> None:
            lines.append(line)
            watch.see(len(lines))

        watch = StandstillWatch(cancel, self.stall_s)
        self._watched(inspect_argv(self.path, source), source, watch, on_line=take)
        described = parse_source(lines)
        if described is None:
            raise MediaError(source, lines[-1] if lines else "ffmpeg does not say what it is")
        return described

    def played(
        self,
        path: PurePath,
        *,
        wanted_frames: Sequence[int],
        cancel: Cancellation,
        wanted_samples: Sequence[int] = (),
    ) -> Played:
        """Decode an output to its end; of each picture there must be so many frames at least, of each sound samples.

        Raises:
            NotFoundError: There is none.
        """
        done = self.run(decode_argv(self.path, path), path, cancel=cancel)
        errors = tuple(done.talk.errors)
        for place, wanted in enumerate(wanted_frames):
            found = done.talk.inputs.get(place, StreamCount()).frames
            if not found or found < wanted or done.exit_code:
                words = f": {errors[0]}" if errors else ""
                return Played(f"{found:,} of {wanted:,} frames can be decoded{words}", errors)
        for place, wanted in enumerate(wanted_samples, start=len(wanted_frames)):
            found = done.talk.inputs.get(place, StreamCount()).samples
            if found + _SAMPLES_SPARE < wanted:
                return Played(f"{found:,} of {wanted:,} samples of a sound can be decoded", errors)
        return Played("", errors)

    def mixes(self, source: PurePath, mapping: StreamMapping, cancel: Cancellation) -> Mixes:
        """Listen to the sounds of several channels."""
        sounds = [stream for stream in mapping.sounds if stream.layout != "mono"]
        channels: list[tuple[int, int]] = []
        doubts: list[str] = []
        if not sounds:
            return Mixes()
        try:
            heard = self.run(loudness_argv(self.path, source, sounds), source, cancel=cancel)
        except MediaError as error:
            unmeasured = f"could not be measured: {error.problem}"
            return Mixes(doubts=tuple(f"how loud the channels of {stream} are {unmeasured}" for stream in sounds))
        for stream in sounds:
            levels, mix = (heard.talk.levels_db.get(f"{name}{stream.index}", []) for name in ("all", "mix"))
            channel, lost = choice(levels, mix)
            if channel is not None:
                channels.append((stream.index, channel))
            if heard.exit_code and not levels:
                doubts.append(f"how loud the channels of {stream} are could not be measured")
            if lost:
                doubts.append(
                    f"{lost / WINDOWS_PER_S:,.1f} s of {stream} have sound in channels that are not in its mix"
                )
        return Mixes(tuple(channels), tuple(doubts))

    def _watched(
        self,
        argv: tuple[str | PurePath, ...],
        path: PurePath,
        watch: StandstillWatch,
        *,
        on_line: process.OnLine,
        on_stdout: process.OnLine | None = None,
        on_stdout_bytes: Callable[[bytes], None] | None = None,
    ) -> process.Finished:
        try:
            return process.run(
                argv,
                cancel=watch,
                on_line=on_line,
                on_stdout=on_stdout,
                on_stdout_bytes=on_stdout_bytes,
                env=QUIET,
                grace_s=self.grace_s,
            )
        except Cancelled:
            watch.cancel.check()
            problem = f"ffmpeg stood still: it came no further in {watch.limit_s:,.0f} s, so that it was stopped"
            raise MediaError(path, problem) from None


def packets_promised(probe: MediaProbe, source: PurePath) -> Mapping[int, int]:
    """How many packets the source's own tables promise, by stream; nothing where they cannot be read."""
    try:
        return {stream.index: stream.packet_count for stream in probe.probe(source).streams}
    except MediaError:
        return {}


def like_the_source(source: PurePath, target: PurePath) -> int:
    """Give an output the time of its source, for some containers the only date, and let nobody else read it.

    Returns:
        The size of the output.
    """
    with translated(target):
        found = Path(source).stat()
        made = Path(target).stat()
        for_nobody_else = made.st_mode & found.st_mode & 0o777 | stat.S_IRUSR
        with suppress(OSError):  # FAT has no modes
            Path(target).chmod(for_nobody_else)
        with suppress(OSError):  # a time that the file system cannot hold is no reason to lose the output
            os.utime(target, ns=(found.st_mtime_ns, found.st_mtime_ns))
        return made.st_size
