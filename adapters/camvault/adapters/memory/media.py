"""Adapter for tests and library users: clips that say of themselves what they are, and an encoder with a rate model.

    storage = MemoryStorage()
    storage.put("/in/a.mp4", MemoryClip(duration_s=60).content(200_000))
    probe, encoder = MemoryProbe(storage), MemoryEncoder(storage)

The encoder takes `bytes_per_s` for a second of picture at CRF 40 and `slope` less of it (in ln) for each quarter of
CRF; a bitrate is hit as far as the range of CRFs allows, `target_share` of it. Faults: `storage.calls.fail(...)` with
`probe.probe`, `encoder.encode` or `encoder.sample`, a full volume, rubbish in a file, and `MemoryEncoder.surprise`.
"""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import PurePath

import attrs

from camvault.adapters.memory.storage import MemoryStorage
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileKind
from camvault.ports.errors import MediaError, NotFoundError
from camvault.ports.media import EncodedFile, Encoder, EncodeSettings, MediaInfo, MediaProbe, TargetBitrate
from camvault.ports.quality import MeasuredSample, QualityMeasure, QualityMeter
from camvault.ports.streams import StreamFacts, StreamProbe

_MAGIC = b"camvault memory clip "
_REFERENCE, _FINEST, _COARSEST = 160, 4, 252
_FACTS: Mapping[str, Mapping[str, str]] = {
    "video": {
        "codec_name": "h264",
        "profile": "Constrained Baseline",
        "pix_fmt": "yuv420p",
        "width": "160",
        "height": "90",
        "r_frame_rate": "25/1",
    },
    "audio": {
        "codec_name": "aac",
        "profile": "LC",
        "sample_rate": "44100",
        "channels": "1",
        "channel_layout": "mono",
    },
}
_CONTAINER_BYTES = 200
_CONTAINER_KBPS = 6.0


@attrs.frozen
class MemoryClip:
    """What a clip is.

    `duration_s` None: a file whose duration nobody knows. `damage`: what cannot be decoded. `unkept`: what an encode
    cannot keep of it.
    """

    duration_s: float | None = 10.0
    bytes_per_s: float = 1000.0
    slope: float = 0.019
    loss: float = 20.0
    """What its quality lacks of 100 at CRF 40."""
    has_video: bool = True
    has_audio: bool = True
    damage: str = ""
    unkept: tuple[str, ...] = ()
    facts: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)
    """Of its streams, by kind; without them, those of a small H.264 camera with sound."""

    def content(self, size_bytes: int = 0) -> bytes:
        """The bytes of such a clip: its description, filled up to `size_bytes`."""
        return (_MAGIC + json.dumps(attrs.asdict(self)).encode() + b"\n").ljust(size_bytes, b".")

    @classmethod
    def read(cls, content: bytes) -> "MemoryClip | None":
        """The clip behind the bytes; None for anything else."""
        head, newline, _ = content.partition(b"\n")
        if not newline or not head.startswith(_MAGIC):
            return None
        value = json.loads(head.removeprefix(_MAGIC))
        return cls(**{**value, "unkept": tuple(value.get("unkept", ()))})


def _clip_at(storage: MemoryStorage, path: PurePath) -> MemoryClip:
    if storage.tree.find(path) is None:
        raise NotFoundError(path, "No such file or directory")
    node = storage.tree.get(path)
    clip = MemoryClip.read(node.content) if node.kind is FileKind.FILE else None
    if clip is None:
        raise MediaError(path, "Invalid data found when processing input")
    return clip


@attrs.frozen
class MemoryProbe:
    """Reads the description."""

    storage: MemoryStorage

    @property
    def name(self) -> str:
        """For the log."""
        return "memory probe"

    def probe(self, path: PurePath, /) -> MediaInfo:
        """What the clip says of itself."""
        with self.storage.calls.call("probe.probe", path):
            clip = _clip_at(self.storage, path)
            if not clip.duration_s:
                raise MediaError(path, "its duration is unknown")
            return MediaInfo(clip.duration_s, has_video=clip.has_video, has_audio=clip.has_audio, unkept=clip.unkept)

    def streams(self, path: PurePath, /) -> tuple[StreamFacts, ...]:
        """What the clip says of its streams."""
        with self.storage.calls.call("probe.streams", path):
            clip = _clip_at(self.storage, path)
            kinds = ["video"] * clip.has_video + ["audio"] * clip.has_audio
            if not kinds:
                raise MediaError(path, "there is neither picture nor sound in it")
            return tuple(StreamFacts(kind, (clip.facts or _FACTS)[kind]) for kind in kinds)


@attrs.define
class MemoryEncoder:
    """Writes descriptions of the size that the model says.

    Attributes:
        storage: Where clips are read and outputs written.
        crf_step_quarters: As the port says; other CRFs are rounded.
        target_share: How much of a target bitrate is used; encoders of one pass undershoot long clips.
        audio_kbps: What sound really takes; at most what the settings allow.
        surprise: Factor on the picture of an output, by source and settings: what no sample could foretell.
    """

    storage: MemoryStorage
    crf_step_quarters: int = 1
    target_share: float = 0.9
    audio_kbps: float = 60.0
    surprise: Callable[[PurePath, EncodeSettings], float] = lambda _source, _settings: 1.0

    @property
    def name(self) -> str:
        """For the log."""
        return "memory encoder"

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
        """In two pieces, with one half-done state: half of the target."""
        with self.storage.calls.call("encoder.encode", source, f"target={target}", settings) as announce_half:
            cancel.check()
            clip = _clip_at(self.storage, source)
            if not clip.has_video or not clip.duration_s:
                raise MediaError(source, "there is no picture to encode")
            self.storage.tree.get(target.parent)
            size_bytes = self._size(clip, clip.duration_s, source, settings)
            content = attrs.evolve(clip, damage="").content(size_bytes)
            mtime_ns = self.storage.tree.get(source).mtime_ns
            for done in (0.5, 1.0):
                self.storage.put(target, content[: int(len(content) * done)], mtime_ns=mtime_ns)
                on_seconds(clip.duration_s * done)
                announce_half()
                cancel.check()
            doubts = (*clip.unkept, *((clip.damage,) if clip.damage else ()))
            return EncodedFile(len(content), doubts, ("encode", str(source), str(target)), self.name)

    def sample(
        self, source: PurePath, /, *, start_s: float, length_s: float, settings: EncodeSettings, cancel: Cancellation
    ) -> int:
        """What the model says for a stretch of the picture; surprises are not foretold."""
        with self.storage.calls.call("encoder.sample", source, start_s, length_s, settings):
            cancel.check()
            clip = _clip_at(self.storage, source)
            if not clip.has_video or not clip.duration_s or start_s >= clip.duration_s:
                raise MediaError(source, f"there is no picture at {start_s:.1f} s")
            return max(1, round(self._picture(clip, min(length_s, clip.duration_s - start_s), settings)))

    def _size(self, clip: MemoryClip, duration_s: float, source: PurePath, settings: EncodeSettings) -> int:
        picture = self._picture(clip, duration_s, settings) * self.surprise(source, settings)
        sound_kbps = min(self.audio_kbps, settings.audio_kbps) if clip.has_audio else 0.0
        return round(_CONTAINER_BYTES + picture + duration_s * (sound_kbps + _CONTAINER_KBPS) * 125)

    def _picture(self, clip: MemoryClip, duration_s: float, settings: EncodeSettings) -> float:
        def at(quarters: int) -> float:
            return clip.bytes_per_s * duration_s * math.exp(-clip.slope * (quarters - _REFERENCE))

        if isinstance(settings.rate, TargetBitrate):
            wanted = settings.rate.video_kbps * 125 * duration_s * self.target_share
            return min(at(_FINEST), max(at(_COARSEST), wanted))
        step = self.crf_step_quarters
        return at((settings.rate.crf_quarters + step // 2) // step * step)


@attrs.frozen
class MemoryQualityMeter:
    """Measures what the model says: the odds of the loss rise by 2.5 % a quarter of CRF."""

    encoder: MemoryEncoder
    measures: tuple[QualityMeasure, ...] = (QualityMeasure.VMAF,)

    def measured_sample(
        self,
        source: PurePath,
        /,
        *,
        start_s: float,
        length_s: float,
        settings: EncodeSettings,
        measure: QualityMeasure,
        cancel: Cancellation,
    ) -> MeasuredSample:
        """As `MemoryEncoder.sample`; a bitrate has the quality of the CRF of its size."""
        size_bytes = self.encoder.sample(source, start_s=start_s, length_s=length_s, settings=settings, cancel=cancel)
        if measure not in self.measures:
            return MeasuredSample(size_bytes)
        clip = _clip_at(self.encoder.storage, source)
        seconds = min(length_s, (clip.duration_s or 0.0) - start_s)
        quarters = -math.log(size_bytes / (clip.bytes_per_s * seconds)) / clip.slope
        odds = math.log(clip.loss / (100 - clip.loss)) + 0.025 * quarters
        return MeasuredSample(size_bytes, 100 / (1 + math.exp(odds)))


_conforms_probe: type[MediaProbe] = MemoryProbe
_conforms_streams: type[StreamProbe] = MemoryProbe
_conforms_encoder: type[Encoder] = MemoryEncoder
_conforms_meter: type[QualityMeter] = MemoryQualityMeter
