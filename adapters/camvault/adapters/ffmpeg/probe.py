"""Adapter for ffprobe: durations and streams."""

from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared import process
from camvault.adapters._shared.containers import structure_doubts
from camvault.adapters._shared.durable import translated
from camvault.adapters.ffmpeg.argv import probe_argv, streams_argv
from camvault.adapters.ffmpeg.parse import parse_probe, parse_streams
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MediaError, NotFoundError
from camvault.ports.media import MediaInfo, MediaProbe
from camvault.ports.streams import StreamFacts, StreamProbe

_STALL_S = 60.0


@attrs.frozen
class FfprobeProbe:
    """Asks ffprobe. One process a file; may be called from several threads.

    It reads little of a file and answers at once: a process that has not ended after `stall_s` stands still, and is
    stopped (0: no limit).
    """

    ffprobe: PurePath
    version: str
    cancel: Cancellation
    stall_s: float = _STALL_S

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        return f"ffprobe {self.version}"

    def probe(self, path: PurePath, /) -> MediaInfo:
        """Read what the file says of itself."""
        info = parse_probe(self._ask(probe_argv(self.ffprobe, path), path), path)
        with translated(path):
            return attrs.evolve(info, unkept=(*structure_doubts(path), *info.unkept))

    def streams(self, path: PurePath, /) -> tuple[StreamFacts, ...]:
        """Read what its streams are."""
        return parse_streams(self._ask(streams_argv(self.ffprobe, path), path), path)

    def _ask(self, argv: tuple[str | PurePath, ...], path: PurePath) -> str:
        if not Path(path).exists():
            raise NotFoundError(path, "No such file or directory")
        done = process.run(argv, cancel=self.cancel, timeout_s=self.stall_s or None)
        if done.exit_code != 0:
            raise MediaError(path, " | ".join(done.last_lines[-3:]) or f"ffprobe exited with {done.exit_code}")
        return done.text


_conforms: type[MediaProbe] = FfprobeProbe
_conforms_too: type[StreamProbe] = FfprobeProbe
