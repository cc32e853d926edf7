"""Adapter for ffmpeg: one attempt to make an archive, and everything that must be true of it."""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared.containers import structure_doubts
from camvault.adapters._shared.durable import translated
from camvault.adapters._shared.payload import Payload, payload_of
from camvault.adapters.ffmpeg.accounting import changes_of, copy_losses_of, damage_of, losses_of, payload_doubts
from camvault.adapters.ffmpeg.archive.argv import (
    PictureEncoder,
    archive_argv,
    is_held,
    remux_argv,
    sounds_argv,
    wanted_shape,
)
from camvault.adapters.ffmpeg.archive.proof import ArchiveProof, length_doubt, picture_seconds
from camvault.adapters.ffmpeg.archive.shape import Shape, shape_of
from camvault.adapters.ffmpeg.looks import told_of
from camvault.adapters.ffmpeg.outcome import output_doubts, packet_doubts
from camvault.adapters.ffmpeg.parse import failure
from camvault.adapters.ffmpeg.program import FfmpegProgram, FfmpegRun, Mixes
from camvault.adapters.ffmpeg.streams import Mapping as StreamMapping
from camvault.adapters.ffmpeg.streams import Source, mapping_of
from camvault.ports.archiving import ArchiveSettings, Sound
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MediaError, NoSpaceError, NotFoundError
from camvault.ports.media import MediaInfo, MediaProbe

_WORDS_SAID = 3


@attrs.frozen
class SourceClip:
    """A clip as all attempts need to know it."""

    path: PurePath
    described: Source
    info: MediaInfo
    structure: tuple[str, ...]
    payload: Payload

    @property
    def packets(self) -> Mapping[int, int]:
        """How many packets its own tables promise, by stream."""
        return {stream.index: stream.packet_count for stream in self.info.streams}


@attrs.frozen
class Archived:
    """What an attempt made, and what it lacks; `sha256` of what was proven."""

    mapping: StreamMapping
    seconds: float
    sha256: str
    frame_counts: tuple[int, ...]
    sample_counts: tuple[int, ...]
    doubts: tuple[str, ...]


class AttemptError(Exception):
    """This encoder did not make it. `is_unfit` tells that it never will: what it gave was no archive of the clip."""

    def __init__(self, problem: str, *, is_unfit: bool) -> None:
        super().__init__(problem)
        self.is_unfit = is_unfit


class PaceError(AttemptError):
    """Its tables are longer or shorter than the clip: where there is a gap in its times, B-frames do that."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, is_unfit=False)


def source_clip(program: FfmpegProgram, probe: MediaProbe, source: PurePath, cancel: Cancellation) -> SourceClip:
    """Look at a clip.

    Raises:
        MediaError: It cannot be opened, or has no duration.
        NotFoundError: It is not there.
    """
    with translated(source):
        structure, payload = structure_doubts(source), payload_of(source)
    described = program.described(source, cancel)
    return SourceClip(source, described, probe.probe(source), structure, payload)


@attrs.frozen
class ArchiveAttempt:
    """Makes one archive, with one encoder or by copying streams.

    Attributes:
        clip: Of what.
        target: Where; whatever is there is overwritten.
    """

    program: FfmpegProgram
    proof: ArchiveProof
    clip: SourceClip
    target: PurePath
    settings: ArchiveSettings
    on_seconds: Callable[[float], None]
    cancel: Cancellation

    def encoded(self, encoder: PictureEncoder) -> Archived:
        """Encode, and prove it.

        Raises:
            AttemptError: It is no archive of the clip, and the encoder may be the cause.
            MediaError: The clip is damaged.
            ToolError: The program failed, and no other encoder can do better.
            NoSpaceError: The target's file system is full.
        """
        mapping, mixes, done = self._encode(encoder)
        talk = done.talk
        damage = tuple(damage_of(talk, mapping, formats=self.clip.described.formats, packets_in_file=self.clip.packets))
        if damage and encoder.is_hardware:
            raise AttemptError(damage[0], is_unfit=False)
        if damage:
            words = (*(doubt for doubt in self.clip.structure), *damage, *talk.errors[1:])
            raise MediaError(self.clip.path, f"it is damaged: {'; '.join(words[:_WORDS_SAID])}")
        lost = tuple(losses_of(talk, mapping, dropped=done.progress.dropped, added=done.progress.added))
        if lost:
            raise AttemptError(lost[0], is_unfit=True)
        frames = tuple(talk.outputs[place].frames for place in range(len(mapping.pictures)))
        samples = tuple(talk.inputs[sound.index].samples for sound in mapping.sounds)
        shapes = [wanted_shape(stream, self.settings, encoder) for stream in mapping.pictures]
        made = _Wanted(mapping, shapes, frames, _made_samples(mapping, done), are_all=encoder.is_hardware)
        seconds, sha256 = self._proven(made)
        doubts = (
            *self.clip.structure,
            *mapping.left_out,
            *changes_of(talk, mapping),
            *mixes.doubts,
            *self._unread(done, mapping),
            *self._unkept(done, mapping),
            *self._other_sound(mapping, mixes),
        )
        return Archived(mapping, seconds, sha256, frames, samples, doubts)

    def remuxed(self, encode: Archived) -> Archived:
        """Copy the streams, and prove it by what the encode before it read.

        Raises:
            AttemptError: It is no archive of the clip.
        """
        mapping = encode.mapping
        unheld = attrs.evolve(mapping, sounds=tuple(sound for sound in mapping.sounds if not is_held(sound)))
        mixes = self.program.mixes(self.clip.path, unheld, self.cancel)
        argv = remux_argv(
            self.program.path,
            self.clip.path,
            target=self.target,
            mapping=mapping,
            channels=mixes.channels,
            has_camera_tags=self.clip.described.has_camera_tags,
        )
        done = self._run(argv, is_replaceable=True)
        self._judge(done, is_replaceable=True)
        lost = (*done.talk.errors, *copy_losses_of(done.talk, mapping, [sound.index for sound in unheld.sounds]))
        if lost:
            raise AttemptError(lost[0], is_unfit=False)
        samples = [made or read for made, read in zip(_made_samples(mapping, done), encode.sample_counts, strict=True)]
        # what is copied bit by bit is not torn by the way
        shapes = [shape_of(stream) for stream in mapping.pictures]
        seconds, sha256 = self._proven(_Wanted(mapping, shapes, encode.frame_counts, samples, are_all=False))
        doubts = (*encode.doubts, *mixes.doubts, *self._unkept(done, mapping), *self._other_sound(mapping, mixes))
        return attrs.evolve(encode, seconds=seconds, sha256=sha256, doubts=tuple(dict.fromkeys(doubts)))

    def _encode(self, encoder: PictureEncoder) -> tuple[StreamMapping, Mixes, FfmpegRun]:
        """Encode without the streams for which there is no decoder."""
        undecodable: set[int] = set()
        while True:
            mapping = self._mapping(undecodable)
            mixes = self.program.mixes(self.clip.path, mapping, self.cancel)
            argv = archive_argv(
                self.program.path,
                self.clip.path,
                target=self.target,
                settings=self.settings,
                encoder=encoder,
                mapping=mapping,
                channels=mixes.channels,
                has_camera_tags=self.clip.described.has_camera_tags,
            )
            done = self._run(argv, is_replaceable=encoder.is_hardware)
            hit = done.talk.undecodable
            if done.exit_code == 0 or hit is None or hit in undecodable:
                self._judge(done, is_replaceable=encoder.is_hardware)
                return mapping, mixes, done
            undecodable.add(hit)

    def _mapping(self, undecodable: set[int]) -> StreamMapping:
        mapping = mapping_of(self.clip.described, undecodable=undecodable)
        if mapping is None or not all(stream.width_px and stream.height_px for stream in mapping.pictures):
            raise MediaError(self.clip.path, "there is no picture that can be decoded")
        return attrs.evolve(mapping, sounds=()) if self.settings.sound is Sound.DROP else mapping

    def _run(self, argv: tuple[str | PurePath, ...], *, is_replaceable: bool) -> FfmpegRun:
        try:
            return self.program.run(argv, self.clip.path, cancel=self.cancel, on_seconds=self.on_seconds)
        except MediaError as error:
            if is_replaceable:
                raise AttemptError(error.problem, is_unfit=True) from error
            raise

    def _judge(self, done: FfmpegRun, *, is_replaceable: bool) -> None:
        """Raise what the end of a run means; where another one may follow, a failure says nothing of the clip."""
        error = failure(done.exit_code, done.talk.errors, source=self.clip.path, target=self.target)
        if error is None:
            return
        if is_replaceable and not isinstance(error, NoSpaceError):
            raise AttemptError(str(error), is_unfit=False) from error
        raise error

    def _proven(self, made: "_Wanted") -> tuple[float, str]:
        """How long it is, once it is proven, and the digest of what was proven.

        The digest comes first. Whatever the proof reads afterwards, memory or medium: if the medium has this content
        in the end, the proof saw it.
        """
        sha256 = ""
        try:
            sha256 = self._digest()
            problem, seconds = self._problem(made)
        except (MediaError, NotFoundError) as error:
            if error.path != self.target:
                raise
            problem, seconds = error.problem, 0.0
        if problem:
            raise AttemptError(problem, is_unfit=True)
        return seconds, sha256

    def _digest(self) -> str:
        with translated(self.target), Path(self.target).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _problem(self, made: "_Wanted") -> tuple[str, float]:
        target, proof, cancel, frames = self.target, self.proof, self.cancel, made.frames
        if problem := proof.unplayable(target, wanted_frames=frames, wanted_samples=made.samples, cancel=cancel):
            return problem, 0.0
        source_s, seconds = picture_seconds(self.clip.info, made.mapping.pictures[0].index), proof.seconds(target)
        if problem := proof.another_shape(target, mapping=made.mapping, shapes=made.shapes, cancel=cancel):
            return problem, seconds
        length = length_doubt(source_s, seconds, frame_count=frames[0])
        if length and seconds > source_s:
            raise PaceError(length)
        # it is shorter by its tables where a last frame was held: then all frames are compared, each at its time
        ends_s = seconds if length else math.inf
        problem = self._other_picture(made, are_all=made.are_all or bool(length), ends_s=ends_s)
        if length and problem:
            raise PaceError(length)
        return problem, seconds

    def _other_picture(self, made: "_Wanted", *, are_all: bool, ends_s: float) -> str:
        problems = (
            self.proof.another_picture(
                self.target,
                self.clip.path,
                stream=(stream.index, place),
                seconds=picture_seconds(self.clip.info, stream.index),
                quality=self.settings.quality,
                are_all=are_all,
                cancel=self.cancel,
                ends_s=math.inf if place else ends_s,
            )
            for place, stream in enumerate(made.mapping.pictures)
        )
        return next((problem for problem in problems if problem), "")

    def _unread(self, done: FfmpegRun, mapping: StreamMapping) -> tuple[str, ...]:
        """What of the file's bytes nobody read; a sound that is not wanted is read for that only."""
        talk, described = done.talk, self.clip.described
        if self.settings.sound is Sound.DROP and any(stream.kind == "audio" for stream in described.streams):
            heard = self.program.run(sounds_argv(self.program.path, self.clip.path), self.clip.path, cancel=self.cancel)
            talk = attrs.evolve(talk, inputs={**heard.talk.inputs, **talk.inputs})
        return tuple(payload_doubts(talk, described, mapping, self.clip.payload))

    def _other_sound(self, mapping: StreamMapping, mixes: Mixes) -> Iterator[str]:
        return self.proof.other_sound(
            self.target, self.clip.path, sounds=mapping.sounds, channels=mixes.channels, cancel=self.cancel
        )

    def _unkept(self, done: FfmpegRun, mapping: StreamMapping) -> Iterator[str]:
        """What beside pictures and sounds is not in the archive as ffmpeg reads it again: streams, chapters, tags."""
        yield from packet_doubts(done.talk, mapping)
        path, stall_s = self.program.path, self.program.stall_s
        clip = told_of(path, self.clip.path, self.clip.described, self.cancel, stall_s)
        made = told_of(path, self.target, self.program.described(self.target, self.cancel), self.cancel, stall_s)
        if isinstance(clip, str) or isinstance(made, str):
            words = clip if isinstance(clip, str) else made
            yield f"what else it holds could not be compared: {words}"
        else:
            yield from output_doubts(clip, made, mapping, keys={}, packets_in_file=self.clip.packets)


@attrs.frozen
class _Wanted:
    """What an attempt was to make. `are_all`: every picture is compared, and not only key pictures."""

    mapping: StreamMapping
    shapes: Sequence[Shape]
    frames: Sequence[int]
    samples: Sequence[int]
    are_all: bool


def _made_samples(mapping: StreamMapping, done: FfmpegRun) -> list[int]:
    """The samples of each sound that was encoded; 0 for one that was copied."""
    places = range(len(mapping.pictures), len(mapping.encoded))
    return [done.talk.outputs[place].samples for place in places]
