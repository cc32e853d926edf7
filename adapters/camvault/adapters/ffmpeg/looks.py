"""Adapter for ffmpeg: what an encode would lose without a word, looked for in the clip before or after it.

A look that stands still is ended like any other pass of ffmpeg. It is a doubt, and the encode goes on.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath

import attrs

from camvault.adapters._shared import process
from camvault.adapters._shared.standstill import StandstillWatch
from camvault.adapters.ffmpeg.argv import chapters_argv, messages_argv, tags_argv, time_codes_argv
from camvault.adapters.ffmpeg.outcome import Told
from camvault.adapters.ffmpeg.parse import EncodeProgress
from camvault.adapters.ffmpeg.sei import UNITS_READ, Messages, has_time_codes
from camvault.adapters.ffmpeg.streams import Source, SourceStream
from camvault.adapters.ffmpeg.tags import Tags, parse_chapters, parse_tags
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled

_ERROR = "[error] "


@attrs.frozen
class _Looked:
    """How a look ended: what was printed, and in words why it did not come to its end; empty if it did."""

    text: str
    problem: str = ""


def tags_of(
    ffmpeg: PurePath, source: PurePath, cancel: Cancellation, stall_s: float
) -> tuple[Tags, tuple[Tags, ...]] | str:
    """The tags of a clip, and those of each of its streams; in words why ffmpeg cannot say them."""
    looked = _looked(tags_argv(ffmpeg, source), StandstillWatch(cancel, stall_s))
    return looked.problem or parse_tags(looked.text)


def told_of(ffmpeg: PurePath, source: PurePath, described: Source, cancel: Cancellation, stall_s: float) -> Told | str:
    """The tags of a clip, of its streams and of its chapters; in words why ffmpeg cannot say them."""
    tags = tags_of(ffmpeg, source, cancel, stall_s)
    if isinstance(tags, str):
        return tags
    if not described.chapter_count:
        return Told(described, *tags)
    looked = _looked(chapters_argv(ffmpeg, source), StandstillWatch(cancel, stall_s))
    return looked.problem or Told(described, *tags, parse_chapters(looked.text))


def message_doubts(
    ffmpeg: PurePath, source: PurePath, pictures: Sequence[SourceStream], cancel: Cancellation, stall_s: float
) -> Iterator[str]:
    """Which messages between the pictures are lost. Reads the clip once for each picture that may have some."""
    for stream in pictures:
        if stream.codec not in UNITS_READ:
            continue
        messages = Messages(stream.codec)
        argv = messages_argv(ffmpeg, source, stream.index, codec=stream.codec, units=UNITS_READ[stream.codec])
        looked = _looked(argv, StandstillWatch(cancel, stall_s), on_stdout_bytes=messages.take)
        messages.finish()
        if messages.has_picture_timing and stream.codec == "h264":
            lines: list[str] = []
            argv = time_codes_argv(ffmpeg, source, stream.index)
            codes = _looked(argv, StandstillWatch(cancel, stall_s), on_line=lines.append)
            if has_time_codes(lines):
                messages.note("time codes")
            looked = attrs.evolve(looked, problem=looked.problem or codes.problem)
        yield from messages.words(stream)
        if looked.problem:
            yield f"messages between the pictures of {stream} could not be looked at: {looked.problem}"


def _looked(
    argv: tuple[str | PurePath, ...],
    watch: StandstillWatch,
    *,
    on_line: process.OnLine | None = None,
    on_stdout_bytes: Callable[[bytes], None] | None = None,
) -> _Looked:
    errors: list[str] = []
    progress = EncodeProgress()

    def take(line: str) -> None:
        progress.take(line)
        watch.see((progress.frames, progress.seconds))
        if on_line:
            on_line(line)
        if _ERROR in line:
            errors.append(line[line.index(_ERROR) + len(_ERROR) :].strip())

    try:
        done = process.run(argv, cancel=watch, on_line=take, on_stdout_bytes=on_stdout_bytes)
    except Cancelled:
        watch.cancel.check()
        problem = f"ffmpeg stood still: it came no further in {watch.limit_s:,.0f} s, so that it was stopped"
        return _Looked("", problem)
    if done.exit_code:
        return _Looked("", errors[0] if errors else f"exit code {done.exit_code}")
    return _Looked(done.text)
