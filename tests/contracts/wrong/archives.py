"""Wrong adapters of `Archiver`."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import attrs
import pytest

from camvault.adapters.contracts.archiving import ArchiverContract
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.archiving import MemoryArchiver
from camvault.ports.archiving import ArchiveMade
from camvault.ports.errors import Cancelled, MediaError
from tests.contracts import test_archiving
from tests.contracts.wrong.refusal import by


@attrs.define
class _World(test_archiving.MemoryArchives):
    """With another archiver."""

    archiver_type: Callable[[MemoryStorage], MemoryArchiver] = MemoryArchiver

    def __attrs_post_init__(self) -> None:
        self.storage.put_folder(self.folder)
        self.archiver = self.archiver_type(self.storage)


class _Trusting(MemoryArchiver):
    """Takes every file for an archive of every clip."""

    def doubts(self, archive: PurePath, /, **options: Any) -> tuple[str, ...]:
        super().doubts(archive, **options)
        return ()


class TestArchiverThatNeverDoubts(ArchiverContract):
    REFUSED_BY = by(
        "an_archive_of_another_clip_is_doubted",
        "an_archive_without_the_sound_is_doubted",
        "half_an_archive_is_doubted",
    )

    @pytest.fixture
    def harness(self) -> _World:
        return _World(archiver_type=_Trusting)


class _Discreet(MemoryArchiver):
    """Makes something of what is damaged."""

    def archive(self, source: PurePath, /, *, target: PurePath, **options: Any) -> ArchiveMade:
        try:
            return super().archive(source, target=target, **options)
        except MediaError:
            self.storage.put(target, b"what could be decoded")
            return ArchiveMade(21, 1.0, "memory", "0" * 64)


class TestArchiverThatHidesDamage(ArchiverContract):
    REFUSED_BY = by("a_damaged_source_has_no_archive", "rubbish_is_a_media_error")

    @pytest.fixture
    def harness(self) -> _World:
        return _World(archiver_type=_Discreet)


class _Modern(MemoryArchiver):
    """An archive is as old as its making."""

    def archive(self, source: PurePath, /, *, target: PurePath, **options: Any) -> ArchiveMade:
        made = super().archive(source, target=target, **options)
        self.storage.put(target, self.storage.content(target))
        return made


class TestArchiverThatForgetsTheTime(ArchiverContract):
    REFUSED_BY = by("an_archive_is_as_old_as_its_source")

    @pytest.fixture
    def harness(self) -> _World:
        return _World(archiver_type=_Modern)


class _Hasty(MemoryArchiver):
    """Says the digest of what it wrote first."""

    def archive(self, source: PurePath, /, *, target: PurePath, **options: Any) -> ArchiveMade:
        made = super().archive(source, target=target, **options)
        entry = self.storage.tree.get(target)
        self.storage.put(target, entry.content[::-1], mtime_ns=entry.mtime_ns)
        return made


class TestArchiverThatProvedSomethingElse(ArchiverContract):
    REFUSED_BY = by(
        "what_was_proven_is_what_is_there",
        "an_archive_is_one_of_its_source",
        "an_archive_without_the_sound_is_doubted",
        "a_larger_archive_is_not_kept",
    )

    @pytest.fixture
    def harness(self) -> _World:
        return _World(archiver_type=_Hasty)


class _Shortening(MemoryArchiver):
    """Takes a stop for an end."""

    def archive(self, source: PurePath, /, **options: Any) -> ArchiveMade:
        try:
            return super().archive(source, **options)
        except Cancelled:
            return ArchiveMade(1, 1.0, "memory", "0" * 64)


class TestArchiverThatCallsAPartTheWhole(ArchiverContract):
    REFUSED_BY = by("cancelled_before", "cancelled_in_the_middle")

    @pytest.fixture
    def harness(self) -> _World:
        return _World(archiver_type=_Shortening)
