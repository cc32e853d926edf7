"""Adapter for ffmpeg: whether a file is an archive of its clip: played to its end, as long, and the same picture."""

from collections.abc import Sequence
from pathlib import PurePath

import attrs

from camvault.adapters.ffmpeg.archive.argv import LOOK_HEIGHT_PX, LOOK_WIDTH_PX, look_argv
from camvault.adapters.ffmpeg.archive.compare import ComparedPlace, at_places, looks_of, picture_doubt
from camvault.adapters.ffmpeg.program import FfmpegProgram
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MediaError
from camvault.ports.media import MediaInfo, MediaProbe

PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Where the pictures are compared, in parts of the clip."""

_FRAMES_SPARE = 1.5
"""How many frames an archive may be shorter or longer; the last frame of a clip is as long as its muxer thinks."""

_ROUNDING_S = 0.002


def picture_seconds(info: MediaInfo, index: int) -> float:
    """How long one stream is by its tables; where they do not say, as long as the file."""
    return next((s.duration_s for s in info.streams if s.index == index and s.duration_s), info.duration_s)


def length_doubt(source_s: float, archive_s: float, *, frame_count: int) -> str:
    """Why an archive is not as long as its source; "" if it is."""
    spare_s = _FRAMES_SPARE * source_s / max(1, frame_count) + _ROUNDING_S
    if abs(source_s - archive_s) <= spare_s:
        return ""
    return f"its picture takes {archive_s:.3f} s, that of its source {source_s:.3f} s"


@attrs.frozen
class ArchiveProof:
    """Looks at what was made, and trusts no exit code."""

    program: FfmpegProgram
    probe: MediaProbe

    def unplayable(
        self,
        archive: PurePath,
        *,
        wanted_frames: Sequence[int],
        wanted_samples: Sequence[int] = (),
        cancel: Cancellation,
    ) -> str:
        """Why the archive cannot be played to its end without an error; "" if it can."""
        played = self.program.played(archive, wanted_frames=wanted_frames, wanted_samples=wanted_samples, cancel=cancel)
        return played.problem or (f"its picture or sound has an error: {played.errors[0]}" if played.errors else "")

    def seconds(self, archive: PurePath) -> float:
        """How long the first picture of an archive is.

        Raises:
            MediaError: Its tables do not say.
        """
        return picture_seconds(self.probe.probe(archive), 0)

    def another_picture(
        self,
        archive: PurePath,
        source: PurePath,
        *,
        seconds: float,
        frame_count: int,
        quality: int,
        cancel: Cancellation,
    ) -> str:
        """Why the picture of an archive is not that of its source; "" if it is."""
        looks = [
            self._look(source, archive, at_s=at_s, cancel=cancel) for at_s in at_places(seconds, frame_count, PLACES)
        ]
        info = self.probe.probe(archive)
        return picture_doubt(looks, quality=quality, pixel_count=info.width_px * info.height_px)

    def _look(self, source: PurePath, archive: PurePath, *, at_s: float, cancel: Cancellation) -> ComparedPlace:
        raw = bytearray()
        argv = look_argv(self.program.path, source, archive, at_s=at_s)
        done = self.program.run(argv, source, cancel=cancel, on_stdout_bytes=raw.extend)
        look = looks_of(bytes(raw), at_s=at_s, width_px=LOOK_WIDTH_PX, height_px=LOOK_HEIGHT_PX)
        if not look.source:
            words = f": {done.talk.errors[0]}" if done.talk.errors else ""
            raise MediaError(archive, f"at {at_s:.1f} s there is no picture of it and its source{words}")
        return look
