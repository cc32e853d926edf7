"""Adapter for ffmpeg: whether a file is an archive of its clip: played to its end, as long, and the same picture."""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import PurePath

import attrs

from camvault.adapters.ffmpeg.archive.argv import LOOK_HEIGHT_PX, LOOK_WIDTH_PX, levels_argv, look_argv, watch_argv
from camvault.adapters.ffmpeg.archive.compare import ComparedPlace, at_places, looks_of, picture_doubt
from camvault.adapters.ffmpeg.archive.shape import Shape, shape_doubt
from camvault.adapters.ffmpeg.archive.watch import Track, track_of, watch_doubt
from camvault.adapters.ffmpeg.argv import WINDOWS_PER_S
from camvault.adapters.ffmpeg.loudness import other_windows
from camvault.adapters.ffmpeg.program import FfmpegProgram
from camvault.adapters.ffmpeg.streams import Mapping, SourceStream
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MediaError
from camvault.ports.media import MediaInfo, MediaProbe

PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Where the pictures are compared, in parts of the clip."""

_FRAMES_SPARE = 1.5
"""How many frames an archive may be shorter or longer; the last frame of a clip is as long as its muxer thinks."""

_ROUNDING_S = 0.002
_KEY_PICTURES_S = 10.0
"""How far apart key pictures are at most, on average, so that it is enough to look at them."""


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

    def another_shape(
        self, archive: PurePath, *, mapping: Mapping, shapes: Sequence[Shape], cancel: Cancellation
    ) -> str:
        """Why its pictures and sounds are not those that were to be made; "" if they are."""
        return shape_doubt(self.program.described(archive, cancel), mapping, shapes)

    def another_picture(
        self,
        archive: PurePath,
        source: PurePath,
        *,
        stream: tuple[int, int],
        seconds: float,
        quality: int,
        are_all: bool,
        cancel: Cancellation,
        ends_s: float = math.inf,
    ) -> str:
        """Why a picture of an archive is not that of its source, at some places or at some time; "" if it is.

        `stream` is the number of its stream in the source, and that of it among the pictures of the archive. With
        `are_all` every picture of the source is decoded, otherwise its key pictures; all if these are rare. `ends_s` is
        where the archive ends, where that is in doubt.
        """
        info = self.probe.probe(archive)
        asked = _Comparison(archive, source, stream, quality, info.width_px * info.height_px, cancel)
        made = self._track(archive, f"0:V:{stream[1]}", are_all=True, has_kept_times=True, cancel=cancel)
        if made.times_s and made.times_s[-1] >= ends_s:
            return f"its last frame begins at {made.times_s[-1]:.3f} s, after its end"
        return self._other_at_places(asked, made) or self._other_at_times(asked, made, seconds=seconds, are_all=are_all)

    def _other_at_places(self, asked: "_Comparison", made: Track) -> str:
        """A doubt counts only if it is there when both are decoded from their beginnings."""
        places = at_places(made.times_s, PLACES)
        with suppress(MediaError):
            looks = [self._look(asked, at_s, is_sought=True) for at_s in places]
            if not picture_doubt(looks, quality=asked.quality, pixel_count=asked.pixel_count):
                return ""
        looks = [self._look(asked, at_s, is_sought=False) for at_s in places]
        return picture_doubt(looks, quality=asked.quality, pixel_count=asked.pixel_count)

    def _other_at_times(self, asked: "_Comparison", made: Track, *, seconds: float, are_all: bool) -> str:
        """A doubt at key pictures counts only if it is there when all are decoded: not each stands for itself."""
        for is_whole in (False, True)[are_all:]:
            name = f"0:{asked.stream[0]}"
            shown = self._track(asked.source, name, are_all=is_whole, has_kept_times=False, cancel=asked.cancel)
            if not is_whole and len(shown.times_s) * _KEY_PICTURES_S < seconds:
                continue
            problem = watch_doubt(shown, made, quality=asked.quality, pixel_count=asked.pixel_count)
            if is_whole or not problem:
                return problem
        return ""

    def other_sound(
        self,
        archive: PurePath,
        source: PurePath,
        *,
        sounds: Sequence[SourceStream],
        channels: Sequence[tuple[int, int]],
        is_one_enough: bool = False,
        cancel: Cancellation,
    ) -> Iterator[str]:
        """Which sounds of an archive are fainter or louder than those of its source; `is_one_enough`: in one window."""
        if not sounds:
            return
        chosen = dict(channels)
        wanted = [(f"0:{s.index}", f"pan=mono|c0=c{chosen[s.index]}," if s.index in chosen else "") for s in sounds]
        found = [(f"0:a:{place}", "") for place in range(len(sounds))]
        heard, made = (
            self.program.run(levels_argv(self.program.path, path, names), path, cancel=cancel).talk.levels_db
            for path, names in ((source, wanted), (archive, found))
        )
        for place, sound in enumerate(sounds):
            name = f"mix{place}"
            if other := other_windows(heard.get(name, []), made.get(name, []), is_one_enough=is_one_enough):
                yield f"{other / WINDOWS_PER_S:,.1f} s of {sound} are much fainter or louder in the archive"

    def _track(
        self, path: PurePath, stream: str, *, are_all: bool, has_kept_times: bool, cancel: Cancellation
    ) -> Track:
        raw = bytearray()
        argv = watch_argv(self.program.path, path, stream, are_all=are_all, has_kept_times=has_kept_times)
        done = self.program.run(argv, path, cancel=cancel, on_stdout_bytes=raw.extend)
        return track_of(bytes(raw), done.talk.shown_s)

    def _look(self, asked: "_Comparison", at_s: float, *, is_sought: bool) -> ComparedPlace:
        raw = bytearray()
        argv = look_argv(
            self.program.path, asked.source, asked.archive, stream=asked.stream, at_s=at_s, is_sought=is_sought
        )
        done = self.program.run(argv, asked.source, cancel=asked.cancel, on_stdout_bytes=raw.extend)
        look = looks_of(bytes(raw), at_s=at_s, width_px=LOOK_WIDTH_PX, height_px=LOOK_HEIGHT_PX)
        if not look.source:
            words = f": {done.talk.errors[0]}" if done.talk.errors else ""
            raise MediaError(asked.archive, f"at {at_s:.1f} s there is no picture of it and its source{words}")
        return look


@attrs.frozen
class _Comparison:
    """What is laid beside what: a picture of an archive, and its stream in the source."""

    archive: PurePath
    source: PurePath
    stream: tuple[int, int]
    quality: int
    pixel_count: int
    cancel: Cancellation
