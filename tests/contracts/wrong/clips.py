"""Wrong adapters of `MediaProbe`, `Encoder` and `StreamProbe`."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import attrs
import pytest

from camvault.adapters.contracts.media import EncoderContract, MediaProbeContract
from camvault.adapters.contracts.quality import QualityMeterContract
from camvault.adapters.contracts.streams import StreamProbeContract
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.media import MemoryEncoder, MemoryProbe, MemoryQualityMeter
from camvault.ports.errors import (
    Cancelled,
    MediaError,
)
from camvault.ports.media import EncodedFile, MediaInfo
from camvault.ports.quality import MeasuredSample
from camvault.ports.streams import StreamFacts
from tests.contracts import (
    test_media,
    test_streams,
)
from tests.contracts.wrong.refusal import by


@attrs.define
class _MediaWorld(test_media.MemoryWorld):
    """With another probe or another encoder."""

    probe_type: Callable[[MemoryStorage], MemoryProbe] = MemoryProbe
    encoder_type: Callable[[MemoryStorage], MemoryEncoder] = MemoryEncoder

    def __attrs_post_init__(self) -> None:
        self.storage.put_folder(self.folder)
        self.probe = self.probe_type(self.storage)
        self.encoder = self.encoder_type(self.storage)


class _Inventive(MemoryProbe):
    """Knows a duration for everything."""

    def probe(self, path: PurePath, /) -> MediaInfo:
        try:
            return super().probe(path)
        except MediaError:
            return MediaInfo(1.0)


class TestProbeThatInventsADuration(MediaProbeContract):
    REFUSED_BY = by("rubbish_is_a_media_error")

    @pytest.fixture
    def harness(self) -> _MediaWorld:
        return _MediaWorld(probe_type=_Inventive)


class _Discreet(MemoryEncoder):
    """Does not tell what it left out."""

    def encode(self, source: PurePath, /, **options: Any) -> EncodedFile:
        return attrs.evolve(super().encode(source, **options), doubts=())


class TestEncoderThatHidesDamage(EncoderContract):
    REFUSED_BY = by("a_damaged_source_is_told")

    @pytest.fixture
    def harness(self) -> _MediaWorld:
        return _MediaWorld(encoder_type=_Discreet)


class _Shortening(MemoryEncoder):
    """Takes a stop for an end."""

    def encode(self, source: PurePath, /, **options: Any) -> EncodedFile:
        try:
            return super().encode(source, **options)
        except Cancelled:
            return EncodedFile(1)


class TestEncoderThatCallsAPartTheWhole(EncoderContract):
    REFUSED_BY = by("cancelled_before", "cancelled_in_the_middle")

    @pytest.fixture
    def harness(self) -> _MediaWorld:
        return _MediaWorld(encoder_type=_Shortening)


class _Littering(MemoryEncoder):
    """Keeps its samples."""

    def sample(self, source: PurePath, /, **options: Any) -> int:
        size_bytes = super().sample(source, **options)
        self.storage.put(source.with_name("sample.mp4"), bytes(size_bytes))
        return size_bytes


class TestEncoderThatKeepsSamples(EncoderContract):
    REFUSED_BY = by("sample_keeps_nothing")

    @pytest.fixture
    def harness(self) -> _MediaWorld:
        return _MediaWorld(encoder_type=_Littering)


class _Flattering(MemoryQualityMeter):
    """Makes up a figure for what it cannot measure."""

    def measured_sample(self, source: PurePath, /, **options: Any) -> MeasuredSample:
        made = super().measured_sample(source, **options)
        return MeasuredSample(made.size_bytes, 100.0 if made.quality is None else made.quality)


class TestMeterThatMakesUpAFigure(QualityMeterContract):
    REFUSED_BY = by("without_the_measure_there_is_a_size_and_no_figure")

    @pytest.fixture
    def harness(self) -> _MediaWorld:
        return _MediaWorld()

    @pytest.fixture
    def meter(self, harness: _MediaWorld) -> MemoryQualityMeter:
        return _Flattering(MemoryEncoder(harness.storage))


class _Reversed(MemoryQualityMeter):
    """Takes the lack of quality for quality."""

    def measured_sample(self, source: PurePath, /, **options: Any) -> MeasuredSample:
        made = super().measured_sample(source, **options)
        return MeasuredSample(made.size_bytes, None if made.quality is None else 100 - made.quality)


class TestMeterThatPraisesTheWorse(QualityMeterContract):
    REFUSED_BY = by("coarser_is_smaller_and_worse")

    @pytest.fixture
    def harness(self) -> _MediaWorld:
        return _MediaWorld()

    @pytest.fixture
    def meter(self, harness: _MediaWorld) -> MemoryQualityMeter:
        return _Reversed(MemoryEncoder(harness.storage))


class _Flat(MemoryProbe):
    """Tells the sound first."""

    def streams(self, path: PurePath, /) -> tuple[StreamFacts, ...]:
        return super().streams(path)[::-1]


class TestStreamProbeInAnotherOrder(StreamProbeContract):
    REFUSED_BY = by("the_facts_of_picture_and_sound_are_named_as_ffprobe_names_them")

    @pytest.fixture
    def harness(self) -> test_streams.MemoryWorld:
        world = test_streams.MemoryWorld()
        world.probe = _Flat(world.storage)
        return world
