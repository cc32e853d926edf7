"""Adapter for tests and library users: a target in memory, under the contract of the real ones, with faults."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters.memory.storage import MemoryStorage
from camvault.ports.cancellation import Cancellation
from camvault.ports.transfer import Evidence, EvidenceKind, Pushed, Sendable, Sight, TargetError, Transfer

_PARTIAL, _WRITE_FAILED, _TIMEOUT = 23, 11, 30  # source: rsync(1), exit values


@attrs.define
class MemoryTransfer:
    """Sends files of `storage` to a dictionary.

    Attributes:
        storage: Where the files are; its calls are announced.
        remote: What stands at the target, and what was replaced there, each with its mtime.
        kind: How it is looked at.
        word: What `check` says while the target is there.
        is_there: Whether it is; a push to a target that is not there goes nowhere, and succeeds.
        is_other: Whether something else is there, and `check` says so, unless it may begin.
        is_known: Whether it was used before.
        poison: Files that cannot be sent.
        lies: Files that arrive short, although everything reports success.
        hangs: Files on which a push hangs.
        capacity_bytes: How much fits.
    """

    storage: MemoryStorage
    remote: dict[PurePosixPath, tuple[bytes, int]] = attrs.field(factory=dict)
    replaced: list[tuple[PurePosixPath, bytes]] = attrs.field(factory=list)
    kind: EvidenceKind = EvidenceKind.READ_BACK
    word: str = "memory"
    is_there: bool = True
    is_other: bool = False
    is_known: bool = True
    poison: set[PurePosixPath] = attrs.field(factory=set)
    lies: set[PurePosixPath] = attrs.field(factory=set)
    hangs: set[PurePosixPath] = attrs.field(factory=set)
    capacity_bytes: int | None = None

    @property
    def where(self) -> str:
        """For the ledger."""
        return "memory:/target"

    def check(self, *, may_begin: bool = False, must_be_known: bool = False) -> str:
        """Whether `is_there`."""
        with self.storage.calls.call("transfer.check"):
            if must_be_known and not self.is_known:
                raise TargetError(self.where, "it was not used before")
            if not self.is_there:
                raise TargetError(self.where, "it is not mounted")
            if self.is_other and not may_begin:
                raise TargetError(self.where, "it is another target", is_other=True)
            self.is_known = True
            return self.word

    def push(
        self, files: Sequence[Sendable], /, *, root: PurePath, by_content: bool = False, cancel: Cancellation
    ) -> Pushed:
        """One file after the other; after each the power may fail."""
        with self.storage.calls.call("transfer.push", *(file.path for file in files)) as announce_half:
            cancel.check()
            if not self.is_there:
                return Pushed()
            problems: dict[PurePosixPath, str] = {}
            for file in files:
                if file.path in self.hangs:
                    return Pushed(_TIMEOUT, "it took too long", problems, is_hung=True)
                node = self.storage.tree.find(root / file.path)
                if node is None or file.path in self.poison:
                    problems[file.path] = "it cannot be read"
                    continue
                content = node.content[:-1] if file.path in self.lies else node.content
                held = self.remote.get(file.path)
                looks_equal = held is not None and (len(held[0]), held[1]) == (len(content), node.mtime_ns)
                if looks_equal and not by_content:
                    continue
                used_bytes = sum(len(held) for path, (held, _) in self.remote.items() if path != file.path)
                if self.capacity_bytes is not None and used_bytes + len(content) > self.capacity_bytes:
                    return Pushed(_WRITE_FAILED, "No space left on device", problems)
                if held is not None and held != (content, node.mtime_ns):
                    self.replaced.append((file.path, held[0]))
                self.remote[file.path] = (content, node.mtime_ns)
                announce_half()
                cancel.check()
            return Pushed(_PARTIAL if problems else 0, "some files" if problems else "", problems, bool(problems))

    def prove(
        self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Evidence]:
        """By the kind of look that was asked for."""
        with self.storage.calls.call("transfer.prove", *(file.path for file in files)):
            cancel.check()
            found: dict[PurePosixPath, Evidence] = {}
            for file in files:
                held = self.remote.get(file.path) if self.is_there else None
                if held is None:
                    continue
                if self.kind is not EvidenceKind.COMPARED:
                    found[file.path] = Evidence(self.kind, hashlib.sha256(held[0]).hexdigest())
                elif (node := self.storage.tree.find(root / file.path)) is not None and node.content == held[0]:
                    found[file.path] = Evidence(self.kind)
            return found

    def look(
        self, files: Sequence[Sendable], /, *, root: PurePath, by_content: bool, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Sight]:
        """Nothing can be told of a target that is not there."""
        with self.storage.calls.call("transfer.look", *(file.path for file in files)):
            cancel.check()
            return {file.path: self._sight(file, root, by_content=by_content) for file in files if self.is_there}

    def _sight(self, file: Sendable, root: PurePath, *, by_content: bool) -> Sight:
        held = self.remote.get(file.path)
        if held is None:
            return Sight.GONE
        node = self.storage.tree.find(root / file.path)
        is_same = len(held[0]) == (file.identity.size_bytes if node is None else len(node.content))
        if by_content:
            is_same = node is not None and node.content == held[0]
        return Sight.SAME if is_same else Sight.OTHER


_conforms: type[Transfer] = MemoryTransfer
