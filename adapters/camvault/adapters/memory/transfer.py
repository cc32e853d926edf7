"""Adapter for tests and library users: a target in memory, under the contract of the real ones, with faults."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters.memory.storage import MemoryStorage
from camvault.ports.cancellation import Cancellation
from camvault.ports.transfer import (
    Another,
    Evidence,
    EvidenceKind,
    Here,
    NoRecordedTarget,
    Offline,
    PushCause,
    Pushed,
    RecordedTarget,
    Sendable,
    Sight,
    TargetAnswer,
    Transfer,
    Unsure,
    WantedTarget,
)
from camvault.ports.witness import Sameness

_PARTIAL, _WRITE_FAILED, _TIMEOUT = 23, 11, 30  # source: rsync(1), exit values
FIRST_NUMBER = "5f8dd4a2-4c5c-4dd0-9a5c-3f1f0c1b2a37"


@attrs.define
class MemoryTransfer:
    """Sends files of `storage` to a dictionary.

    Attributes:
        storage: Where the files are; its calls are announced.
        remote: What stands at the target, and what was replaced there, each with its mtime.
        kind: How it is looked at.
        device: The file system that the target is on.
        marker: The number in its marker; "" if it has none.
        record: The number that was written down on this side; "" if it was never used.
        evidence: What shows that the target is offline; "" if it is not.
        problem: Why nothing can be told of it; "" if something can.
        shares_device: Whether it is on the device of the footage.
        union: Files that may be one with those here, and whether they are, because a union shows the footage.
        shows: A folder of `storage` of which the files are seen at the target too: an alias, a union, a bind mount.
        poison: Files that cannot be sent.
        lies: Files that arrive short, although everything reports success.
        hangs: Files on which a push hangs.
        unreadable: Files that are listed at the target and cannot be read there.
        caches: Files that are read from a cache, with the answer for that (`CACHED`, `HELD`). With the `kind`
            `READ_CACHED`, all others are `CACHED`.
        capacity_bytes: How much fits.
        failures: What the next pushes say, each once; nothing is sent by them.
    """

    storage: MemoryStorage
    remote: dict[PurePosixPath, tuple[bytes, int]] = attrs.field(factory=dict)
    replaced: list[tuple[PurePosixPath, bytes]] = attrs.field(factory=list)
    kind: EvidenceKind = EvidenceKind.READ_BACK
    device: str = "memory"
    marker: str = FIRST_NUMBER
    record: str = FIRST_NUMBER
    evidence: str = ""
    problem: str = ""
    shares_device: bool = False
    union: dict[PurePosixPath, Sameness] = attrs.field(factory=dict)
    shows: PurePath | None = None
    poison: set[PurePosixPath] = attrs.field(factory=set)
    lies: set[PurePosixPath] = attrs.field(factory=set)
    hangs: set[PurePosixPath] = attrs.field(factory=set)
    unreadable: set[PurePosixPath] = attrs.field(factory=set)
    caches: dict[PurePosixPath, Sight] = attrs.field(factory=dict)
    capacity_bytes: int | None = None
    failures: list[Pushed] = attrs.field(factory=list)

    @property
    def where(self) -> str:
        """The address, for the messages."""
        return "memory:/target"

    @property
    def is_there(self) -> bool:
        """Whether something answers; a push to a target that does not goes nowhere, and succeeds."""
        return not (self.evidence or self.problem)

    def wanted(self) -> WantedTarget:
        """What was written down."""
        return RecordedTarget(self.record) if self.record else NoRecordedTarget()

    def ask(self) -> TargetAnswer:
        """By the attributes."""
        with self.storage.calls.call("transfer.ask"):
            return self._answer()

    def mark(self, *, anew: bool = False) -> TargetAnswer:
        """The marker and the record are made at once; numbers count up."""
        with self.storage.calls.call("transfer.mark"):
            if self.is_there and (anew or not self.record):
                if anew or not self.marker:
                    self.marker = (
                        f"{int(self.marker.partition('-')[0] or '0', 16) + 1:08x}-{self.marker.partition('-')[2]}"
                    )
                self.record = self.marker
            return self._answer()

    def _answer(self) -> TargetAnswer:
        if self.problem:
            return Unsure(self.problem)
        if not self.record:
            return Unsure("it was not used before")
        if self.evidence:
            return Offline(self.record, self.evidence)
        if not self.marker:
            return Unsure("its marker is missing")
        if self.marker != self.record:
            return Another(self.marker, self.record)
        return Here(self.marker, self.device, self.shares_device)

    def push(
        self, files: Sequence[Sendable], /, *, root: PurePath, by_content: bool = False, cancel: Cancellation
    ) -> Pushed:
        """One file after the other; after each the power may fail."""
        with self.storage.calls.call("transfer.push", *(file.path for file in files)) as announce_half:
            cancel.check()
            if not self.is_there:
                return Pushed()
            if self.failures:
                return self.failures.pop(0)
            problems: dict[PurePosixPath, str] = {}
            sent_bytes = 0
            for file in files:
                if file.path in self.hangs:
                    return Pushed(_TIMEOUT, "it took too long", problems, is_hung=True, cause=PushCause.CUT_OFF)
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
                    words = "No space left on device"
                    return Pushed(_WRITE_FAILED, words, problems, cause=PushCause.NO_SPACE, sent_bytes=sent_bytes)
                if held is not None and held != (content, node.mtime_ns):
                    self.replaced.append((file.path, held[0]))
                self.remote[file.path] = (content, node.mtime_ns)
                sent_bytes += len(content)
                announce_half()
                cancel.check()
            words = "some files" if problems else ""
            return Pushed(_PARTIAL if problems else 0, words, problems, bool(problems), sent_bytes=sent_bytes)

    def prove(
        self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Evidence]:
        """By the kind of look that was asked for."""
        with self.storage.calls.call("transfer.prove", *(file.path for file in files)):
            cancel.check()
            found: dict[PurePosixPath, Evidence] = {}
            for file in files:
                held, node = self._held(file.path, root)[0], self.storage.tree.find(root / file.path)
                if held is None or file.path in self.unreadable:
                    continue
                if self.kind is not EvidenceKind.COMPARED:
                    found[file.path] = Evidence(self.kind, hashlib.sha256(held).hexdigest())
                elif node is not None and node.content == held:
                    found[file.path] = Evidence(self.kind)
            return found

    def look(
        self, files: Sequence[Sendable], /, *, root: PurePath, by_content: bool, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Sight]:
        """Nothing can be told of a target that is not there."""
        with self.storage.calls.call("transfer.look", *(file.path for file in files)):
            cancel.check()
            return {
                file.path: self._sight(file, root, by_content=by_content)
                for file in files
                if self.is_there and not (file.path in self.unreadable and self._held(file.path, root)[0] is not None)
            }

    def apart(
        self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Sameness]:
        """By `union`; nothing can be told of a target that is not there."""
        del root
        with self.storage.calls.call("transfer.apart", *(file.path for file in files)):
            cancel.check()
            return {file.path: self.union.get(file.path, Sameness.TWO) for file in files if self.is_there}

    def _sight(self, file: Sendable, root: PurePath, *, by_content: bool) -> Sight:
        held, mtime_ns = self._held(file.path, root)
        if held is None:
            return Sight.GONE
        node = self.storage.tree.find(root / file.path)
        if node is None:
            return Sight.SAME if len(held) == file.identity.size_bytes and not by_content else Sight.OTHER
        is_alike = held == node.content
        if not by_content and mtime_ns == node.mtime_ns and len(held) == len(node.content):
            is_alike = (held[:1], held[-1:]) == (node.content[:1], node.content[-1:])
        usual = Sight.CACHED if self.kind is EvidenceKind.READ_CACHED and held else Sight.SAME
        return self.caches.get(file.path, usual) if is_alike else Sight.OTHER

    def _held(self, path: PurePosixPath, root: PurePath) -> tuple[bytes | None, int]:
        """What stands there under this name, and its mtime."""
        if not self.is_there:
            return None, 0
        if self.shows is not None and (root / path).is_relative_to(self.shows):
            node = self.storage.tree.find(root / path)
            if node is not None:
                return node.content, node.mtime_ns
        return self.remote.get(path, (None, 0))


_conforms: type[Transfer] = MemoryTransfer
