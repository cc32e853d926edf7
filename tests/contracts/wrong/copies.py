"""Wrong adapters of `FileCopier`."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import attrs

from camvault.adapters.contracts.files import FileCopierContract
from camvault.adapters.contracts.files.harness import sha256
from camvault.adapters.memory import MemoryStorage
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import Copied, FileEntry, FileKind
from camvault.ports.errors import Cancelled
from tests.contracts.wrong.refusal import by
from tests.contracts.wrong.storage import _Files


class _Clobbering(MemoryStorage):
    def copy(self, source: PurePath, /, *, target: PurePath, **options: Any) -> Copied:
        there = self.tree.find(target)
        if there and there.kind is FileKind.FILE and source != target:
            self.tree.discard(target)
        return super().copy(source, target=target, **options)


class TestCopierThatOverwrites(_Files, FileCopierContract):
    REFUSED_BY = by("copy_never_overwrites")
    storage_type = _Clobbering


class _Early(MemoryStorage):
    """Says what the file was before it got its name."""

    def publish(self, temporary: PurePath, /, *, target: PurePath, replace: bool = False) -> FileEntry:
        before = self.tree.identity(temporary) if self.tree.find(temporary) else None
        entry = super().publish(temporary, target=target, replace=replace)
        return attrs.evolve(entry, identity=before or entry.identity)


class TestCopierThatTellsTheIdentityTooEarly(_Files, FileCopierContract):
    REFUSED_BY = by("what_came_of_it_is_the_file_under_its_final_name")
    storage_type = _Early


class _Untidy(MemoryStorage):
    """Leaves a part under the final name when it is stopped."""

    def copy(self, source: PurePath, /, *, target: PurePath, **options: Any) -> Copied:
        try:
            return super().copy(source, target=target, **options)
        except Cancelled:
            self.put(target, b"half of someth")
            raise


class TestCopierThatLeavesAPart(_Files, FileCopierContract):
    REFUSED_BY = by("a_cancelled_copy_leaves_nothing", "a_copy_that_is_not_begun_leaves_nothing")
    storage_type = _Untidy


class _Hasty(MemoryStorage):
    """Takes the digest of what it reads, whether or not that was one file."""

    def digest(self, path: PurePath, /, *, on_bytes: Callable[[int], None], cancel: Cancellation) -> str:
        cancel.check()
        content = self._source(path).content
        if content:
            on_bytes(len(content))
        cancel.check()
        return sha256(content)


class TestCopierThatHashesAChangingFile(_Files, FileCopierContract):
    REFUSED_BY = by("digest_of_a_changing_file_is_none_at_all")
    storage_type = _Hasty


class _Unwitting(MemoryStorage):
    """Does not look whether the source is still what it was."""

    def copy(self, source: PurePath, /, *, target: PurePath, **options: Any) -> Copied:
        tell, node = options["on_bytes"], self.tree.nodes.get(self.tree.real(source))

        def tell_and_restore(count: int) -> None:
            tell(count)
            if node is not None and self.tree.nodes.get(self.tree.real(source)) != node:
                self.tree.set(self.tree.real(source), node)

        return super().copy(source, target=target, **{**options, "on_bytes": tell_and_restore})


class TestCopierOfAChangingSource(_Files, FileCopierContract):
    REFUSED_BY = by("a_source_that_changes_meanwhile_is_refused", "a_source_that_grows_meanwhile_is_refused")
    storage_type = _Unwitting


class _Racing(MemoryStorage):
    """Looks for the target at the beginning only."""

    def copy(self, source: PurePath, /, *, target: PurePath, **options: Any) -> Copied:
        tell, is_free = options["on_bytes"], self.tree.find(target) is None

        def tell_and_clear(count: int) -> None:
            tell(count)
            if is_free and source != target:
                self.tree.discard(target)

        return super().copy(source, target=target, **{**options, "on_bytes": tell_and_clear})


class TestCopierThatOverwritesWhatAppears(_Files, FileCopierContract):
    REFUSED_BY = by("a_target_that_appears_meanwhile_is_not_overwritten")
    storage_type = _Racing


class _Undated(MemoryStorage):
    """Copies the content and not the time, so that the copy is another file at the next look."""

    def copy(self, source: PurePath, /, *, target: PurePath, **options: Any) -> Copied:
        copied = super().copy(source, target=target, **options)
        entry = self.put(target, self.content(target))
        return attrs.evolve(copied, identity=entry.identity)


class TestCopierThatForgetsTheTime(_Files, FileCopierContract):
    REFUSED_BY = by("copy_gives_content_mtime_and_digest")
    storage_type = _Undated


class _Forcing(MemoryStorage):
    """Gives a name, whatever has it."""

    def publish(self, temporary: PurePath, /, *, target: PurePath, replace: bool = False) -> FileEntry:
        return super().publish(temporary, target=target, replace=True)

    def move(self, source: PurePath, /, *, target: PurePath) -> FileEntry:
        if self.tree.find(source) is not None and self.tree.find(target) is not None:
            self.tree.discard(target)
        return super().move(source, target=target)


class TestCopierThatForcesNames(_Files, FileCopierContract):
    REFUSED_BY = by("publish_overwrites_only_if_asked", "move_never_overwrites")
    storage_type = _Forcing
