"""Adapter for ffmpeg: clips to AV1 and Opus."""

import threading
from collections.abc import Callable, Mapping
from pathlib import PurePath

import attrs

from camvault.adapters._shared import process
from camvault.adapters._shared.containers import structure_doubts
from camvault.adapters._shared.durable import translated
from camvault.adapters._shared.payload import payload_of
from camvault.adapters._shared.standstill import STALL_S
from camvault.adapters._shared.user_boxes import carry_over, lost_with_tracks, user_boxes
from camvault.adapters.ffmpeg.accounting import doubts_of, payload_doubts
from camvault.adapters.ffmpeg.argv import encode_argv, quarter_crf_argv, sample_argv
from camvault.adapters.ffmpeg.looks import message_doubts, told_of
from camvault.adapters.ffmpeg.outcome import Told, output_doubts, packet_doubts
from camvault.adapters.ffmpeg.parse import failure
from camvault.adapters.ffmpeg.program import FfmpegProgram, like_the_source, packets_promised
from camvault.adapters.ffmpeg.streams import Mapping as StreamMapping
from camvault.adapters.ffmpeg.streams import mapping_of
from camvault.adapters.ffmpeg.tags import keys_of, unread_keys
from camvault.adapters.ffmpeg.talk import Talk
from camvault.adapters.ffmpeg.versions import has_quarter_crf
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MediaError
from camvault.ports.media import EncodedFile, Encoder, EncodeSettings, MediaProbe

_TRIAL_S = 60.0


@attrs.frozen
class FfmpegEncoder:
    """Encodes with libsvtav1 and libopus; one process a call, may be called from several threads.

    Attributes:
        ffmpeg: The program.
        version: Its version as it spells it.
        probe: Measures source and result: an exit code proves nothing.
        cancel: For the question what the encoder can do.
        stall_s: An ffmpeg that comes no further for so long is stopped (0: no limit). The clip fails, unless only its
            loudness was measured.
    """

    ffmpeg: PurePath
    version: str
    probe: MediaProbe
    cancel: Cancellation
    stall_s: float = STALL_S
    _step: list[int] = attrs.field(factory=list, init=False, eq=False, repr=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, eq=False, repr=False)

    @property
    def _program(self) -> FfmpegProgram:
        return FfmpegProgram(self.ffmpeg, self.stall_s)

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        return f"ffmpeg {self.version}"

    @property
    def crf_step_quarters(self) -> int:
        """1 where SVT-AV1 takes quarter steps, else 4; asked once, by a tiny encode of some 30 ms."""
        with self._lock:
            if not self._step:
                argv = quarter_crf_argv(self.ffmpeg)
                done = process.run(argv, cancel=self.cancel, env={"SVT_LOG": "3"}, timeout_s=_TRIAL_S)
                self._step.append(_crf_step(done.exit_code, done.last_lines))
            return self._step[0]

    def encode(
        self,
        source: PurePath,
        /,
        *,
        target: PurePath,
        settings: EncodeSettings,
        on_seconds: Callable[[float], None],
        cancel: Cancellation,
    ) -> EncodedFile:
        """Write `target` completely, decode it to its end, and account for what of the source is in it."""
        with translated(source):
            structure, payload, makers = structure_doubts(source), payload_of(source), user_boxes(source)
        described = self._program.described(source, cancel)
        told = told_of(self.ffmpeg, source, described, cancel, self.stall_s)
        keys, tag_doubts = _stream_keys(told)
        packets = packets_promised(self.probe, source)
        undecodable: set[int] = set()
        while True:
            mapping = mapping_of(described, undecodable=undecodable)
            if mapping is None:
                raise MediaError(source, "there is no picture that can be decoded")
            mixes = self._program.mixes(source, mapping, cancel)
            argv = encode_argv(
                self.ffmpeg,
                source,
                target=target,
                settings=settings,
                crf_step_quarters=self.crf_step_quarters,
                mapping=mapping,
                channels=mixes.channels,
                has_camera_tags=described.has_camera_tags,
                keys=keys,
                has_chapters=not makers.has_marks,
            )
            done = self._program.run(argv, source, cancel=cancel, on_seconds=on_seconds)
            hit = done.talk.undecodable
            if done.exit_code == 0 or hit is None or hit in undecodable:
                break
            undecodable.add(hit)
        talk = done.talk
        if error := failure(done.exit_code, talk.errors, source=source, target=target):
            raise error
        found = doubts_of(
            talk,
            mapping,
            formats=described.formats,
            packets_in_file=packets,
            dropped=done.progress.dropped,
            added=done.progress.added,
        )
        unread = payload_doubts(talk, described, mapping, payload)
        beside = (*unread_keys(makers.keys, described.tags), *tag_doubts)
        beside = (*beside, *message_doubts(self.ffmpeg, source, mapping.pictures, cancel, self.stall_s))
        with translated(target):
            beside = (*beside, *carry_over(makers.carried, target, track_ids=mapping.track_ids))
        beside = (*beside, *lost_with_tracks(makers.carried, mapping.track_ids, len(mapping.left_out)))
        again = self._output_doubts(target, told, mapping, keys=keys, packets=packets, cancel=cancel)
        counted = (*found, *packet_doubts(talk, mapping))
        doubts = (*structure, *mapping.left_out, *counted, *mixes.doubts, *unread, *beside, *again)
        doubts = (*doubts, *self._playing_doubts(source, target, talk, len(mapping.pictures), cancel))
        return EncodedFile(like_the_source(source, target), doubts, tuple(map(str, argv)), self.name)

    def sample(
        self, source: PurePath, /, *, start_s: float, length_s: float, settings: EncodeSettings, cancel: Cancellation
    ) -> int:
        """Encode a stretch of the picture and return its size in bytes."""
        argv = sample_argv(
            self.ffmpeg,
            source,
            start_s=start_s,
            length_s=length_s,
            settings=settings,
            crf_step_quarters=self.crf_step_quarters,
        )
        done = self._program.run(argv, source, cancel=cancel)
        if error := failure(done.exit_code, done.talk.errors, source=source, target=source):
            raise error
        if not done.progress.size_bytes:
            raise MediaError(source, f"there is no picture between {start_s:.1f} and {start_s + length_s:.1f} s")
        return done.progress.size_bytes

    def _output_doubts(
        self,
        target: PurePath,
        told: Told | str,
        mapping: StreamMapping,
        *,
        keys: Mapping[str, str],
        packets: Mapping[int, int],
        cancel: Cancellation,
    ) -> tuple[str, ...]:
        """What of the clip is not in the output, as ffmpeg reads that. Nothing if the clip's tags could not be read."""
        if isinstance(told, str):
            return ()
        described = self._program.described(target, cancel)
        output = told_of(self.ffmpeg, target, described, cancel, self.stall_s)
        if isinstance(output, str):
            return (f"the tags of its output could not be read: {output}",)
        return tuple(output_doubts(told, output, mapping, keys=keys, packets_in_file=packets))

    def _playing_doubts(
        self, source: PurePath, target: PurePath, made: Talk, picture_count: int, cancel: Cancellation
    ) -> tuple[str, ...]:
        """What decoding the output to its end says; an output that lacks frames is no output."""
        wanted = [made.outputs[place].frames for place in range(picture_count)]
        try:
            played = self._program.played(target, wanted_frames=wanted, cancel=cancel)
        except MediaError as error:
            raise MediaError(source, f"the encoder's output could not be decoded to its end: {error.problem}") from None
        if played.problem:
            raise MediaError(source, f"the encoder's output is unusable: {played.problem}")
        return (f"its output has an error: {played.errors[0]}",) if played.errors else ()


def _stream_keys(told: Told | str) -> tuple[dict[str, str], list[str]]:
    """What is told of single streams and becomes keys of the file, and why some does not: tags, the order of fields."""
    if isinstance(told, str):
        return {}, [f"the tags of its streams could not be read: {told}"]
    keys, doubts = keys_of(told.tags, told.stream_tags, are_names_carried=told.source.formats.startswith("mov,"))
    orders = {f"camvault.stream{each.index}.field_order": each.field_order for each in told.source.streams}
    return {**keys, **{name: order for name, order in orders.items() if order}}, doubts


def _crf_step(exit_code: int, log: tuple[str, ...]) -> int:
    """The step that a trial encode shows. Whole CRFs work everywhere, so they are taken where the log does not tell."""
    try:
        return 1 if exit_code == 0 and has_quarter_crf("\n".join(log)) else 4
    except ValueError:
        return 4


_conforms: type[Encoder] = FfmpegEncoder
