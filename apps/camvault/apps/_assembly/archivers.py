"""Composition root, shared part: what makes archives."""

import functools
import os
from pathlib import Path

from camvault.adapters.ffmpeg import ARCHIVE_ENCODERS, FfmpegArchiver, FoundTools, choose_encoders, find_ffmpeg
from camvault.adapters.system import EventCancellation
from camvault.apps._assembly.media_tools import probe_of
from camvault.apps._cli.stage import Context
from camvault.ports.archiving import ArchiveCodec, Archiver
from camvault.ports.cancellation import Cancellation
from camvault.ports.events import Note

_PROBE_LIMIT_S = 60.0


def found_archiver(
    context: Context, *, ffmpeg: Path | None, ffprobe: Path | None, wanted: ArchiveCodec | None
) -> Archiver:
    """Find ffmpeg, and choose an encoder; `wanted` None: by trial.

    Raises:
        MissingToolError: There is no ffmpeg, or no encoder, that can do what is needed.
    """
    cancel = context.cancel
    found = find_ffmpeg(environ=os.environ, cancel=cancel, ffmpeg=ffmpeg, ffprobe=ffprobe, encoders=ARCHIVE_ENCODERS)
    for note in found.notes:
        context.reporter.emit(Note(note))
    return _archiver(found, cancel, wanted)


@functools.cache
def workers_archiver(ffmpeg: Path | None, ffprobe: Path | None, wanted: ArchiveCodec | None) -> Archiver:
    """In the process of a worker, once: its own programs and devices; what it gave up stays so.

    Raises:
        MissingToolError: As `found_archiver`.
    """
    never = EventCancellation()
    found = find_ffmpeg(environ=os.environ, cancel=never, ffmpeg=ffmpeg, ffprobe=ffprobe, encoders=ARCHIVE_ENCODERS)
    return _archiver(found, never, wanted)


def _archiver(found: FoundTools, cancel: Cancellation, wanted: ArchiveCodec | None) -> FfmpegArchiver:
    plain = FfmpegArchiver(
        found.ffmpeg.path, str(found.ffmpeg.version), probe_of(found, cancel, _PROBE_LIMIT_S), encoders=()
    )
    return choose_encoders(plain, wish=wanted, cancel=cancel)
