"""Adapter for pytest: the contracts of `FootageCheck` and `ContentSampler`."""

from collections.abc import Callable, Sequence
from pathlib import PurePath

import pytest

from camvault.ports.errors import StorageError
from camvault.ports.footage import ContentSampler, FootageCheck


class FootageCheckContract:
    """What core relies on: footage is never called broken, and what holds none is told why.

    A segment that is called broken goes into quarantine and is not sent; one that is not is proven and may go.

    Provide:
        check (`FootageCheck`): The adapter under test.
        playable (sequence of `PurePath`): Segments with footage, one of them of a recorder that was killed.
        broken (sequence of `PurePath`): An empty file and a file of rubbish at least.
        missing (`PurePath`): A path at which there is nothing.
    """

    @pytest.fixture
    def check(self) -> FootageCheck:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `check`")

    @pytest.fixture
    def playable(self) -> Sequence[PurePath]:
        """Segments with footage."""
        raise NotImplementedError("provide the fixture `playable`")

    @pytest.fixture
    def broken(self) -> Sequence[PurePath]:
        """Files without footage."""
        raise NotImplementedError("provide the fixture `broken`")

    @pytest.fixture
    def missing(self) -> PurePath:
        """A path at which there is nothing."""
        raise NotImplementedError("provide the fixture `missing`")

    def test_footage_has_no_defect(self, check: FootageCheck, playable: Sequence[PurePath]) -> None:
        assert {path: check.defect(path) for path in playable} == dict.fromkeys(playable, "")

    def test_what_holds_no_footage_is_told_why(self, check: FootageCheck, broken: Sequence[PurePath]) -> None:
        assert [path for path in broken if not check.defect(path)] == []

    def test_a_file_that_is_gone_is_an_error_and_no_defect(self, check: FootageCheck, missing: PurePath) -> None:
        with pytest.raises(StorageError):
            check.defect(missing)


Put = Callable[[str, bytes], PurePath]
_PART_BYTES = 16 * 1024
_CLIP = b"begin" + bytes(60 * 1024) + b"middle" + bytes(60 * 1024) + b"end"


class ContentSamplerContract:
    """What core relies on: equal contents have equal samples, and recordings that differ have different ones.

    A clip whose sample is known is not copied again: what is sampled alike is lost when the camera overwrites it.

    Provide:
        samples (`ContentSampler`): The adapter under test.
        put (function of a name and a content to a `PurePath`): Writes a file, and says where it is.
        unfit (sequence of `PurePath`): A path at which there is nothing, a link to a file, and a folder.
    """

    @pytest.fixture
    def samples(self) -> ContentSampler:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `samples`")

    @pytest.fixture
    def put(self) -> Put:
        """Writes a file."""
        raise NotImplementedError("provide the fixture `put`")

    @pytest.fixture
    def unfit(self) -> Sequence[PurePath]:
        """What is no file."""
        raise NotImplementedError("provide the fixture `unfit`")

    @pytest.mark.parametrize("content", [b"", b"x", _CLIP, bytes(3 * _PART_BYTES)])
    def test_equal_contents_have_equal_samples(self, samples: ContentSampler, put: Put, content: bytes) -> None:
        assert samples.sample(put("a.mp4", content)) == samples.sample(put("b.mp4", content)) != ""

    @pytest.mark.parametrize(
        "other",
        [
            _CLIP.replace(b"begin", b"BEGIN"),
            _CLIP.replace(b"middle", b"MIDDLE"),
            _CLIP.replace(b"end", b"END"),
            _CLIP + b"\0",
            _CLIP[:-1],
            b"",
        ],
        ids=["first", "middle", "last", "longer", "shorter", "empty"],
    )
    def test_another_recording_has_another_sample(self, samples: ContentSampler, put: Put, other: bytes) -> None:
        assert samples.sample(put("a.mp4", _CLIP)) != samples.sample(put("b.mp4", other))

    @pytest.mark.parametrize("size_bytes", [1, _PART_BYTES, 2 * _PART_BYTES, 3 * _PART_BYTES])
    def test_all_of_a_short_file_is_in_its_sample(self, samples: ContentSampler, put: Put, size_bytes: int) -> None:
        plain = samples.sample(put("plain", bytes(size_bytes)))
        for at in {0, size_bytes // 3, size_bytes // 2, size_bytes - 1}:
            changed = bytearray(size_bytes)
            changed[at] = 1
            assert samples.sample(put(f"changed {at}", bytes(changed))) != plain

    def test_what_is_no_file_is_an_error(self, samples: ContentSampler, unfit: Sequence[PurePath]) -> None:
        for path in unfit:
            with pytest.raises(StorageError):
                samples.sample(path)
