"""Adapter for ffprobe: durations and streams."""

from pathlib import Path, PurePath

import attrs

from camvault.adapters import _process
from camvault.adapters.ffmpeg.argv import probe_argv
from camvault.adapters.ffmpeg.parse import parse_probe
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MediaError, NotFoundError
from camvault.ports.media import MediaInfo, MediaProbe

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
        if not Path(path).exists():
            raise NotFoundError(path, "No such file or directory")
        done = _process.run(probe_argv(self.ffprobe, path), cancel=self.cancel, timeout_s=_LONGEST_S)
        if done.exit_code != 0:
            raise MediaError(path, " | ".join(done.last_lines[-3:]) or f"ffprobe exited with {done.exit_code}")
        return parse_probe(done.text, path)


_conforms: type[MediaProbe] = FfprobeProbe
