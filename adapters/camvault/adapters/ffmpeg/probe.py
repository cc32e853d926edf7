"""Adapter for ffprobe: durations and streams."""

from pathlib import Path, PurePath

import attrs

from camvault.adapters import _process
from camvault.adapters.ffmpeg.argv import probe_argv, streams_argv
from camvault.adapters.ffmpeg.parse import parse_probe, parse_streams
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MediaError, NotFoundError
from camvault.ports.media import MediaInfo, MediaProbe
from camvault.ports.streams import StreamFacts, StreamProbe

_LONGEST_S = 60.0


@attrs.frozen
class FfprobeProbe:
    """Asks ffprobe. One process a file; may be called from several threads."""

    ffprobe: PurePath
    version: str
    cancel: Cancellation

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        return f"ffprobe {self.version}"

    def probe(self, path: PurePath, /) -> MediaInfo:
        """Read what the file says of itself."""
        return parse_probe(self._ask(probe_argv(self.ffprobe, path), path), path)

    def streams(self, path: PurePath, /) -> tuple[StreamFacts, ...]:
        """Read what its streams are."""
        return parse_streams(self._ask(streams_argv(self.ffprobe, path), path), path)

    def _ask(self, argv: tuple[str | PurePath, ...], path: PurePath) -> str:
        if not Path(path).exists():
            raise NotFoundError(path, "No such file or directory")
        done = _process.run(argv, cancel=self.cancel, timeout_s=_LONGEST_S)
        if done.exit_code != 0:
            raise MediaError(path, " | ".join(done.last_lines[-3:]) or f"ffprobe exited with {done.exit_code}")
        return done.text


_conforms: type[MediaProbe] = FfprobeProbe
_conforms_too: type[StreamProbe] = FfprobeProbe
