"""Wrong adapters of `Durations`, `FootageCheck`, `ContentSampler`, `PictureCounter` and `Recorder`."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

import attrs
import pytest

from camvault.adapters.contracts.durations import CLOSED_S, DurationsContract
from camvault.adapters.contracts.footage import ContentSamplerContract, FootageCheckContract
from camvault.adapters.contracts.pictures import PictureCounterContract
from camvault.adapters.contracts.recorder import RecorderContract
from camvault.adapters.memory import MemoryClock, MemoryStorage
from camvault.adapters.memory.pictures import MemoryPictures
from camvault.adapters.memory.recorder import MemoryRecorder
from camvault.adapters.memory.sampler import MemorySampler
from camvault.ports.errors import NotFoundError
from camvault.ports.pictures import PictureCounter, StoredPictures
from camvault.ports.recorder import RecorderEnd, StreamSource
from tests.contracts import (
    test_pictures,
    test_recorder,
)
from tests.contracts.wrong.refusal import by


class _Guessing:
    """Takes what it does not know for the usual, and what is gone for what says nothing."""

    def seconds(self, path: PurePath, /) -> float | None:
        return None if path.name == "missing" else CLOSED_S


class TestDurationsThatAreGuessed(DurationsContract):
    REFUSED_BY = by("what_says_nothing_has_no_duration", "a_file_that_is_gone_is_an_error")

    @pytest.fixture
    def durations(self) -> _Guessing:
        return _Guessing()

    @pytest.fixture(params=[None])
    def closed(self) -> PurePath:
        return PurePath("/closed")

    @pytest.fixture
    def killed(self) -> PurePath:
        return PurePath("/killed")

    @pytest.fixture
    def foreign(self) -> PurePath:
        return PurePath("/foreign")

    @pytest.fixture
    def missing(self) -> PurePath:
        return PurePath("/missing")


class _Footage(FootageCheckContract):
    @pytest.fixture
    def playable(self) -> Sequence[PurePath]:
        return [PurePath("/closed"), PurePath("/killed")]

    @pytest.fixture
    def broken(self) -> Sequence[PurePath]:
        return [PurePath("/empty"), PurePath("/rubbish")]

    @pytest.fixture
    def missing(self) -> PurePath:
        return PurePath("/missing")


class _Trusting:
    def defect(self, path: PurePath, /) -> str:
        return ""


class TestFootageCheckThatFindsNothing(_Footage):
    REFUSED_BY = by("what_holds_no_footage_is_told_why", "a_file_that_is_gone_is_an_error_and_no_defect")

    @pytest.fixture
    def check(self) -> _Trusting:
        return _Trusting()


class _Suspicious:
    """Takes a segment without a duration for broken, and what is gone too."""

    def defect(self, path: PurePath, /) -> str:
        return "" if path.name == "closed" else "it has no duration"


class TestFootageCheckThatThrowsFootageAway(_Footage):
    REFUSED_BY = by("footage_has_no_defect", "a_file_that_is_gone_is_an_error_and_no_defect")

    @pytest.fixture
    def check(self) -> _Suspicious:
        return _Suspicious()


class _Sampler(ContentSamplerContract):
    kind: type[MemorySampler]

    @pytest.fixture
    def samples(self) -> MemorySampler:
        return self.kind(MemoryStorage())

    @pytest.fixture
    def put(self, samples: MemorySampler) -> Callable[[str, bytes], PurePath]:
        return lambda name, content: samples.storage.put(f"/card/{name}", content).path

    @pytest.fixture
    def unfit(self) -> Sequence[PurePath]:
        return [PurePath("/gone")]


class _FirstPart(MemorySampler):
    def sample(self, path: PurePath, /) -> str:
        return hashlib.sha256(self.storage.content(path)[: 16 * 1024]).hexdigest()


class TestSamplerOfTheFirstPart(_Sampler):
    """Cameras begin all their clips alike."""

    kind = _FirstPart
    REFUSED_BY = by("another_recording_has_another_sample", "all_of_a_short_file_is_in_its_sample")


class _OfTheFile(MemorySampler):
    def sample(self, path: PurePath, /) -> str:
        return super().sample(path) + path.name


class TestSamplerOfTheName(_Sampler):
    kind = _OfTheFile
    REFUSED_BY = by("equal_contents_have_equal_samples")


class _Silent(MemorySampler):
    def sample(self, path: PurePath, /) -> str:
        return super().sample(path) if self.storage.tree.find(path) else ""


class TestSamplerThatIsSilentAboutWhatIsGone(_Sampler):
    kind = _Silent
    REFUSED_BY = by("what_is_no_file_is_an_error")


class _Recorder(RecorderContract):
    recorder: type[MemoryRecorder]

    @pytest.fixture
    def harness(self) -> test_recorder.MemoryHarness:
        storage, clock = MemoryStorage(), MemoryClock()
        storage.put_folder("/live")
        return test_recorder.MemoryHarness(self.recorder(storage, clock), storage, clock, PurePath("/live"))


class _Sluggish(test_recorder._ByHost):
    """Asks its supervisor once a second."""

    def __init__(self, storage: MemoryStorage, clock: MemoryClock) -> None:
        super().__init__(storage, clock, tick_s=1.0)


class TestRecorderThatSeldomAsks(_Recorder):
    REFUSED_BY = by("the_supervisor_is_asked_five_times_a_second")
    recorder = _Sluggish


class _Talkative(test_recorder._ByHost):
    """Shows its command line."""

    def record(self, source: StreamSource, /, **options: Any) -> RecorderEnd:
        options["on_log"](f"opening rtsp://{source.user}:{source.password}@{source.host}")
        return super().record(source, **options)


class TestRecorderThatTellsThePassword(_Recorder):
    REFUSED_BY = by("the_password_is_in_no_line")
    recorder = _Talkative


class _Wilful(test_recorder._ByHost):
    """Ends when it likes to."""

    def record(self, source: StreamSource, /, **options: Any) -> RecorderEnd:
        ask, clock = options["on_tick"], self.clock

        def later() -> bool:
            asked = ask()
            deaf_until_s[0] = deaf_until_s[0] or (0.0 if asked else clock.monotonic_s() + 20)
            return clock.monotonic_s() < deaf_until_s[0] if deaf_until_s[0] else True

        deaf_until_s = [0.0]
        return super().record(source, **{**options, "on_tick": later})


class TestRecorderThatDoesNotEnd(_Recorder):
    REFUSED_BY = by("a_recorder_that_is_asked_to_end_ends", "a_recorder_that_is_not_wanted_ends")
    recorder = _Wilful


class _Mute(test_recorder._ByHost):
    """Says nothing of media that arrive, so that its supervisor takes it for stalled."""

    def record(self, source: StreamSource, /, **options: Any) -> RecorderEnd:
        tell, first = options["on_progress"], list[object]()

        def once(progress: object) -> None:
            if not first:
                first.append(progress)
            tell(first[0])

        return super().record(source, **{**options, "on_progress": once})


class TestRecorderThatShowsNoLife(_Recorder):
    REFUSED_BY = by("media_that_arrive_are_told_of")
    recorder = _Mute


def _pictures(adapter: Callable[[MemoryStorage], PictureCounter]) -> test_pictures.MemoryHarness:
    """The files of the contract's own run, and another counter."""
    harness = test_pictures.memory_harness()
    return attrs.evolve(harness, counter=adapter(harness.storage))


class _Weighing(MemoryPictures):
    """Takes a file that grows for pictures."""

    def count(self, path: PurePath, /, *, known: StoredPictures) -> StoredPictures:
        content = self.storage.content(path)
        return StoredPictures(len(content), ((0.0, float(len(content))),), (len(content),))


class TestCounterThatTakesBytesForPictures(PictureCounterContract):
    REFUSED_BY = by("a_file_that_grows_is_counted_on", "sound_is_no_picture", "what_is_no_segment_holds_no_picture")

    @pytest.fixture
    def harness(self) -> test_pictures.MemoryHarness:
        return _pictures(_Weighing)


class _Repeating(MemoryPictures):
    """Begins at the beginning each time, and counts on."""

    def count(self, path: PurePath, /, *, known: StoredPictures) -> StoredPictures:
        return super().count(path, known=attrs.evolve(known, place=()))


class TestCounterThatCountsTwice(PictureCounterContract):
    REFUSED_BY = by("a_file_that_grows_is_counted_on")

    @pytest.fixture
    def harness(self) -> test_pictures.MemoryHarness:
        return _pictures(_Repeating)


class _Lenient(MemoryPictures):
    """Takes a file that is gone for one without pictures."""

    def count(self, path: PurePath, /, *, known: StoredPictures) -> StoredPictures:
        try:
            return super().count(path, known=known)
        except NotFoundError:
            return known


class TestCounterThatCountsWhatIsGone(PictureCounterContract):
    REFUSED_BY = by("a_file_that_is_gone_is_an_error")

    @pytest.fixture
    def harness(self) -> test_pictures.MemoryHarness:
        return _pictures(_Lenient)
