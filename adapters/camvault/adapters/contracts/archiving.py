"""Adapter for pytest: the contract of `Archiver`."""

import hashlib
from pathlib import PurePath
from typing import Protocol

import pytest

from camvault.adapters.contracts.stop import StopRequest
from camvault.ports.archiving import ArchiveMade, Archiver, ArchiveSettings, Sound
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled, MediaError, NoSpaceError, NotFoundError

HOSTILE = ("-i.mp4", "a\nb.mp4", "%03d.mp4", "http:x.mp4", "quote'\"`$(x).mp4", "\udcff\udcfe.mp4")
TOLERANCE_S = 0.05
A_DAY_S = 86_400


class ArchiverHarness(Protocol):
    """The adapter under test, and where clips for it are made."""

    @property
    def archiver(self) -> Archiver:
        """The adapter under test."""
        ...

    @property
    def folder(self) -> PurePath:
        """An empty folder for clips and archives."""
        ...

    def clip(self, name: str, *, seconds: float = 1.0, picture: str = "one") -> PurePath:
        """A whole clip with sound in `folder`, whose encode is smaller; its file was written a day ago or earlier.

        `picture` is "one" or "other": they look different.
        """
        ...

    def hardly_larger(self, name: str) -> PurePath:
        """A whole clip in `folder`, whose encode is larger than it is."""
        ...

    def damaged(self, name: str) -> PurePath:
        """A clip in `folder` of two seconds, some of which cannot be decoded."""
        ...

    def rubbish(self, name: str, content: bytes) -> PurePath:
        """A file in `folder` with this content."""
        ...

    def cut(self, path: PurePath) -> PurePath:
        """The same file without its second half, in `folder`."""
        ...

    def size_of(self, path: PurePath) -> int:
        """The size of a file, in bytes."""
        ...

    def mtime_ns_of(self, path: PurePath) -> int:
        """When the file was written."""
        ...

    def content_of(self, path: PurePath) -> bytes:
        """What is in the file."""
        ...

    def names(self) -> set[str]:
        """The names in `folder`."""
        ...

    def full_folder(self) -> PurePath:
        """A folder on a file system of at most 8 KiB."""
        ...

    def stop_in_the_middle(self) -> Cancellation:
        """A cancellation that is requested while the next archive, of a clip of 60 seconds, is made."""
        ...


def ignore(_seconds: float) -> None:
    """No progress wanted."""


class ArchiverContract:
    """What core relies on: an archive that is returned is of its source, whole, and what it may lack is told.

    Sources go when their archives are proven: an archiver that hides damage, or makes another picture, loses footage.

    Provide:
        harness (`ArchiverHarness`): The adapter, and clips for it.
    """

    @pytest.fixture
    def harness(self) -> ArchiverHarness:
        """The adapter, and clips for it."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.fixture
    def stop(self) -> StopRequest:
        """The cancellation that is handed to the archiver."""
        return StopRequest()

    @staticmethod
    def _made(harness: ArchiverHarness, source: PurePath, target: PurePath, stop: Cancellation) -> ArchiveMade:
        return harness.archiver.archive(
            source, target=target, settings=ArchiveSettings(), on_seconds=ignore, cancel=stop
        )

    def test_an_archive_is_whole_and_small(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """It is complete, of the size and the length that are returned, and lacks nothing."""
        source, target = harness.clip("a.mp4"), harness.folder / ".a.part"
        made = self._made(harness, source, target, stop)
        assert made.size_bytes == harness.size_of(target) > 0
        assert made.size_bytes < harness.size_of(source)
        assert made.duration_s == pytest.approx(1.0, abs=TOLERANCE_S)
        assert made.encoder
        assert not made.is_remuxed
        assert (made.doubts, made.quality) == ((), "")
        assert harness.names() == {"a.mp4", ".a.part"}

    def test_what_was_proven_is_what_is_there(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """Core compares the digest with what it reads from the medium."""
        for source in (harness.clip("a.mp4"), harness.hardly_larger("b.mp4")):
            target = harness.folder / f".{source.name}.part"
            made = self._made(harness, source, target, stop)
            assert made.sha256 == hashlib.sha256(harness.content_of(target)).hexdigest()

    def test_an_archive_is_as_old_as_its_source(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """People sort and find footage by the time of its file."""
        source, target = harness.clip("a.mp4"), harness.folder / ".a.part"
        self._made(harness, source, target, stop)
        assert harness.mtime_ns_of(target) == harness.mtime_ns_of(source)

    def test_an_archive_is_one_of_its_source(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """Asked later, without a record, it is still known; and the source was only read."""
        source, target = harness.clip("a.mp4"), harness.folder / ".a.part"
        before = harness.size_of(source)
        self._made(harness, source, target, stop)
        assert harness.archiver.doubts(target, source=source, sound=Sound.KEEP, cancel=stop) == ()
        assert harness.size_of(source) == before

    def test_an_archive_of_another_clip_is_doubted(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """Another picture, or another length."""
        source, target = harness.clip("a.mp4"), harness.folder / ".a.part"
        self._made(harness, source, target, stop)
        other, longer = harness.clip("b.mp4", picture="other"), harness.clip("c.mp4", seconds=2.0)
        assert harness.archiver.doubts(target, source=other, sound=Sound.KEEP, cancel=stop)
        assert harness.archiver.doubts(target, source=longer, sound=Sound.KEEP, cancel=stop)

    def test_an_archive_without_the_sound_is_doubted(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """Unless none is wanted."""
        source, target = harness.clip("a.mp4"), harness.folder / ".a.part"
        silent = ArchiveSettings(sound=Sound.DROP)
        harness.archiver.archive(source, target=target, settings=silent, on_seconds=ignore, cancel=stop)
        assert harness.archiver.doubts(target, source=source, sound=Sound.KEEP, cancel=stop)
        assert harness.archiver.doubts(target, source=source, sound=Sound.DROP, cancel=stop) == ()

    def test_half_an_archive_is_doubted(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """So is a file that is none at all."""
        source, target = harness.clip("a.mp4"), harness.folder / ".a.part"
        self._made(harness, source, target, stop)
        assert harness.archiver.doubts(harness.cut(target), source=source, sound=Sound.KEEP, cancel=stop)
        rubbish = harness.rubbish("c.mp4", b"no archive at all\n" * 100)
        assert harness.archiver.doubts(rubbish, source=source, sound=Sound.KEEP, cancel=stop)
        assert harness.archiver.doubts(harness.rubbish("d.mp4", b""), source=source, sound=Sound.KEEP, cancel=stop)

    def test_who_is_not_there_is_told_from_who_is_broken(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """A missing archive is no doubt, and a missing source is no damage."""
        source, nothing = harness.clip("a.mp4"), harness.folder / "nothing.mp4"
        with pytest.raises(NotFoundError):
            harness.archiver.doubts(nothing, source=source, sound=Sound.KEEP, cancel=stop)
        with pytest.raises(NotFoundError):
            harness.archiver.doubts(source, source=nothing, sound=Sound.KEEP, cancel=stop)
        with pytest.raises(NotFoundError):
            self._made(harness, nothing, harness.folder / ".a.part", stop)

    def test_a_larger_archive_is_not_kept(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """The streams are taken as they are."""
        source, target = harness.hardly_larger("a.mp4"), harness.folder / ".a.part"
        made = self._made(harness, source, target, stop)
        assert made.is_remuxed
        assert made.doubts == ()
        assert made.size_bytes == harness.size_of(target)
        assert harness.archiver.doubts(target, source=source, sound=Sound.KEEP, cancel=stop) == ()

    def test_a_damaged_source_has_no_archive(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """It is blamed by its name, also when an archive of it is judged."""
        source = harness.damaged("a.mp4")
        with pytest.raises(MediaError) as caught:
            self._made(harness, source, harness.folder / ".a.part", stop)
        assert caught.value.path == source
        with pytest.raises(MediaError):
            harness.archiver.doubts(harness.clip("b.mp4", seconds=2.0), source=source, sound=Sound.KEEP, cancel=stop)

    @pytest.mark.parametrize("content", [b"", b"not a clip\n" * 500], ids=["nothing", "rubbish"])
    def test_rubbish_is_a_media_error(self, harness: ArchiverHarness, stop: StopRequest, content: bytes) -> None:
        """The source is blamed, by its name."""
        source = harness.rubbish("a.mp4", content)
        with pytest.raises(MediaError) as caught:
            self._made(harness, source, harness.folder / ".a.part", stop)
        assert caught.value.path == source

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_names(self, harness: ArchiverHarness, stop: StopRequest, name: str) -> None:
        """Source and target may be called anything."""
        source, target = harness.clip(name), harness.folder / f"{name}.part"
        self._made(harness, source, target, stop)
        assert harness.names() == {name, target.name}

    def test_existing_target_is_overwritten(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """A leftover of a crash under the temporary name is no obstacle."""
        target = harness.rubbish(".a.part", b"x" * 1_000_000)
        made = self._made(harness, harness.clip("a.mp4"), target, stop)
        assert made.size_bytes == harness.size_of(target) != 1_000_000

    def test_progress_rises_to_the_end(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """Positions in the source never go back, and end at its end."""
        seen: list[float] = []
        source, target = harness.clip("a.mp4"), harness.folder / ".a.part"
        settings = ArchiveSettings()
        harness.archiver.archive(source, target=target, settings=settings, on_seconds=seen.append, cancel=stop)
        assert seen == sorted(seen)
        assert seen[-1] == pytest.approx(1.0, abs=0.15)

    def test_quality_is_told_with_its_measure(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """If that is wished."""
        settings = ArchiveSettings(is_quality_measured=True)
        source, target = harness.clip("a.mp4"), harness.folder / ".a.part"
        made = harness.archiver.archive(source, target=target, settings=settings, on_seconds=ignore, cancel=stop)
        measure, figure, *_ = made.quality.split()
        assert measure in {"XPSNR", "VMAF"}
        assert float(figure) > 10

    def test_full_disk(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """A full disk is told from a broken clip."""
        with pytest.raises(NoSpaceError):
            self._made(harness, harness.clip("a.mp4"), harness.full_folder() / ".a.part", stop)

    def test_cancelled_before(self, harness: ArchiverHarness, stop: StopRequest) -> None:
        """Nothing is started once stopping was asked for."""
        source = harness.clip("a.mp4")
        stop.request()
        with pytest.raises(Cancelled):
            self._made(harness, source, harness.folder / ".a.part", stop)
        assert harness.names() == {"a.mp4"}

    def test_cancelled_in_the_middle(self, harness: ArchiverHarness) -> None:
        """What was stopped is never taken for finished."""
        source = harness.clip("a.mp4", seconds=60)
        stop = harness.stop_in_the_middle()
        with pytest.raises(Cancelled):
            self._made(harness, source, harness.folder / ".a.part", stop)

    def test_name(self, harness: ArchiverHarness) -> None:
        """The log can say what encoded."""
        assert harness.archiver.name
