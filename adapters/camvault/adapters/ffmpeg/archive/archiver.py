"""Adapter for ffmpeg: clips to small archives in H.264, each proven against its source."""

import threading
from collections.abc import Callable
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared.durable import translated
from camvault.adapters.ffmpeg.accounting import payload_doubts
from camvault.adapters.ffmpeg.archive.argv import PictureEncoder
from camvault.adapters.ffmpeg.archive.attempt import (
    ArchiveAttempt,
    Archived,
    AttemptError,
    PaceError,
    SourceClip,
    source_clip,
)
from camvault.adapters.ffmpeg.archive.picture import archive_size, frame_rate_of
from camvault.adapters.ffmpeg.archive.proof import ArchiveProof, length_doubt, picture_seconds
from camvault.adapters.ffmpeg.archive.quality import measured
from camvault.adapters.ffmpeg.argv import decode_argv
from camvault.adapters.ffmpeg.program import FfmpegProgram, FfmpegRun, like_the_source
from camvault.adapters.ffmpeg.streams import Mapping, Source, mapping_of
from camvault.adapters.ffmpeg.talk import StreamCount
from camvault.ports.archiving import ArchiveMade, Archiver, ArchiveSettings, Sound
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MediaError
from camvault.ports.media import MediaProbe

_QUALITY_OF_OLD = ArchiveSettings().quality
"""At which archives without a record were made: it was the specification's only one."""

_LEAST_SHARE = 4
"""An archive without a record may have a quarter of the pixels that a new one has."""

_GRACE_S = 2.0
"""How long a stopped run may take to end, so that all ends within five seconds."""


@attrs.frozen
class FfmpegArchiver:
    """Encodes with the first of its encoders that works; one process at a time a call.

    Attributes:
        ffmpeg: The program.
        version: Its version as it spells it.
        probe: Measures source and archive.
        encoders: Those that may be used, the best first.
        why: Why these, in words.
        stall_s: An ffmpeg that counts no further frame for so long is stopped, and its encoder fails.
    """

    ffmpeg: PurePath
    version: str
    probe: MediaProbe
    encoders: tuple[PictureEncoder, ...]
    why: str = ""
    stall_s: float = 1800.0
    _unfit: dict[PictureEncoder, str] = attrs.field(factory=dict, init=False, eq=False, repr=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, eq=False, repr=False)

    @property
    def name(self) -> str:
        """Program, version and encoder, and why this one."""
        with self._lock:
            names = [encoder.name for encoder in self.encoders if encoder not in self._unfit]
            reasons = [self.why, *(f"{encoder.name}: {why}" for encoder, why in self._unfit.items())]
        words = "; ".join(reason for reason in reasons if reason)
        return f"ffmpeg {self.version}, {names[0] if names else 'no encoder'}{f' ({words})' if words else ''}"

    def archive(
        self,
        source: PurePath,
        /,
        *,
        target: PurePath,
        settings: ArchiveSettings,
        on_seconds: Callable[[float], None],
        cancel: Cancellation,
    ) -> ArchiveMade:
        """Write `target` completely, and prove it; the streams as they are, if their encode is larger."""
        cancel.check()
        clip = source_clip(self._program, self.probe, source, cancel)
        proof = self._proof
        attempt = ArchiveAttempt(self._program, proof, clip, target, settings, _Rising(on_seconds).take, cancel)
        made, name = self._encoded(attempt)
        quality = self._quality(attempt, made) if settings.is_quality_measured else ""
        with translated(target):
            is_larger = Path(target).stat().st_size > Path(source).stat().st_size
        if is_larger:
            made, name, quality = self._remuxed(attempt, made), "remux", ""
        return ArchiveMade(like_the_source(source, target), made.seconds, name, made.sha256, made.doubts, quality)

    def doubts(self, archive: PurePath, /, *, source: PurePath, sound: Sound, cancel: Cancellation) -> tuple[str, ...]:
        """Decode both to their ends, and compare streams, lengths, pictures and sounds."""
        with translated(archive):
            Path(archive).stat()
        clip = source_clip(self._program, self.probe, source, cancel)
        done = self._decoded(clip, cancel)
        try:
            wanted = _wanted(clip, sound)
            frames = done.talk.inputs[wanted.pictures[0].index].frames
            unread = (*clip.structure, *payload_doubts(done.talk, clip.described, wanted, clip.payload))
            if problem := next(iter(unread), "") or self._proof.unplayable(
                archive, wanted_frames=[frames], cancel=cancel
            ):
                return (problem,)
            return self._differences(archive, clip, wanted, frame_count=frames, cancel=cancel)
        except MediaError as error:
            return (error.problem,)

    def _differences(
        self, archive: PurePath, clip: SourceClip, wanted: Mapping, *, frame_count: int, cancel: Cancellation
    ) -> tuple[str, ...]:
        """What an archive that can be decoded to its end lacks of its clip, or has of another one."""
        proof, source = self._proof, clip.path
        made = self._program.described(archive, cancel)
        if problem := _missing(wanted, made) or _too_small(wanted, made):
            return (problem,)
        source_s, seconds = picture_seconds(clip.info, wanted.pictures[0].index), proof.seconds(archive)
        if problem := length_doubt(source_s, seconds, frame_count=frame_count):
            return (problem,)
        for place, picture in enumerate(wanted.pictures):
            if problem := proof.another_picture(
                archive,
                source,
                stream=(picture.index, place),
                seconds=picture_seconds(clip.info, picture.index),
                quality=_QUALITY_OF_OLD,
                are_all=True,  # hardware may have made it
                cancel=cancel,
            ):
                return (problem,)
        mixes = self._program.mixes(source, wanted, cancel)
        sounds, channels = wanted.sounds, mixes.channels
        other = proof.other_sound(archive, source, sounds=sounds, channels=channels, is_one_enough=True, cancel=cancel)
        return (*mixes.doubts, *other)

    @property
    def _proof(self) -> ArchiveProof:
        return ArchiveProof(self._program, self.probe)

    @property
    def _program(self) -> FfmpegProgram:
        return FfmpegProgram(self.ffmpeg, self.stall_s, _GRACE_S)

    def _encoded(self, attempt: ArchiveAttempt) -> tuple[Archived, str]:
        """By the first encoder that makes an archive of it, and its name."""
        failures: list[str] = []
        encoders = [*self.encoders]
        for encoder in encoders:  # it may grow
            if encoder in self._unfit:
                continue
            try:
                return attempt.encoded(encoder), encoder.name
            except PaceError as error:
                failures.append(f"{encoder.name}: {error}")
                if encoder.has_b_frames and not encoder.is_hardware:
                    encoders.append(attrs.evolve(encoder, has_b_frames=False))
            except AttemptError as error:
                failures.append(f"{encoder.name}: {error}")
                # x264 is not given up for one clip that it could not do: nothing comes after it
                if error.is_unfit and encoder.is_hardware:
                    with self._lock:
                        self._unfit[encoder] = str(error)
        words = "; ".join(failures) or "each has given a wrong picture before"
        raise MediaError(attempt.clip.path, f"no encoder made an archive that holds all of it: {words}")

    def _remuxed(self, attempt: ArchiveAttempt, encode: Archived) -> Archived:
        try:
            return attempt.remuxed(encode)
        except AttemptError as error:
            problem = f"its encode is larger than it is, and its streams as they are make no archive: {error}"
            raise MediaError(attempt.clip.path, problem) from error

    def _quality(self, attempt: ArchiveAttempt, made: Archived) -> str:
        info = self.probe.probe(attempt.target)
        return measured(
            self._program,
            attempt.clip.path,
            attempt.target,
            seconds=made.seconds,
            frame_rate=frame_rate_of(_wanted(attempt.clip, Sound.DROP).pictures),
            size=(info.width_px, info.height_px),
            cancel=attempt.cancel,
        )

    def _decoded(self, clip: SourceClip, cancel: Cancellation) -> FfmpegRun:
        """What is said of a whole clip while it is decoded."""
        done = self._program.run(decode_argv(self.ffmpeg, clip.path), clip.path, cancel=cancel)
        pictures = [s for s in clip.described.streams if s.kind == "video" and not s.is_cover]
        frames = done.talk.inputs.get(pictures[0].index, StreamCount()).frames if pictures else 0
        if done.talk.errors or done.exit_code or not frames:
            words = "; ".join(done.talk.errors[:2]) or "there is no picture that can be decoded"
            raise MediaError(clip.path, f"it is damaged: {words}")
        return done


def _wanted(clip: SourceClip, sound: Sound) -> Mapping:
    """What an archive of the clip must hold."""
    mapping = mapping_of(clip.described)
    if mapping is None:
        raise MediaError(clip.path, "there is no picture that can be decoded")
    return attrs.evolve(mapping, sounds=()) if sound is Sound.DROP else mapping


def _missing(wanted: Mapping, archive: Source) -> str:
    """Which streams an archive does not have; "" if there are as many of each kind."""
    found = mapping_of(archive) or Mapping(())
    kinds = (
        ("picture", wanted.pictures, found.pictures),
        ("sound", wanted.sounds, found.sounds),
        ("subtitle", wanted.subtitles, found.subtitles),
        ("data", wanted.copied, found.copied),
    )
    for kind, those, these in kinds:
        if len(these) < len(those):
            return f"it has {len(these)} stream(s) of {kind}, its clip {len(those)}"
    return next(iter(wanted.left_out), "")


def _too_small(wanted: Mapping, archive: Source) -> str:
    """Which picture has too few pixels for one of the clip; "" if none: a thumbnail looks like it."""
    found = mapping_of(archive) or Mapping(())
    for stream, made in zip(wanted.pictures, found.pictures, strict=False):
        width_px, height_px = archive_size(stream, ArchiveSettings(), width_step_px=2)
        if made.width_px * made.height_px * _LEAST_SHARE < width_px * height_px:
            return f"its picture is {made.width_px}x{made.height_px}, that of an archive is {width_px}x{height_px}"
    return ""


@attrs.define
class _Rising:
    """Positions that never go back, whichever attempt they are of."""

    on_seconds: Callable[[float], None]
    reached_s: float = 0.0

    def take(self, seconds: float) -> None:
        self.reached_s = max(self.reached_s, seconds)
        self.on_seconds(self.reached_s)


_conforms: type[Archiver] = FfmpegArchiver
