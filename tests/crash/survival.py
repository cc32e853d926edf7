"""For the crash explorer: after every removal a readable copy of all footage exists, with the recorded digest."""

import functools
import hashlib
import json
from pathlib import PurePath

import attrs

from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.calls import Call, Phase


@functools.lru_cache(maxsize=4096)  # the few contents of a world are asked for thousands of times
def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@attrs.define
class Survival:
    """Watches the removals of a world, and knows what was there before the first one.

    A copy of an original is a file that can be read and has its digest, or one that a progress file has recorded, with
    this digest, as made of it.
    """

    storage: MemoryStorage
    build_dir: PurePath
    originals: dict[str, PurePath] = attrs.field(factory=dict)
    made_of: dict[str, str] = attrs.field(factory=dict)
    removal_count: int = 0
    _read: dict[PurePath, bytes] = attrs.field(init=False, repr=False)
    """The progress files as they were read last."""

    def __attrs_post_init__(self) -> None:
        self._read = dict.fromkeys(
            (self.build_dir / name for name in ("progress.json", "progress.completed.json")), b""
        )

    @classmethod
    def watch(cls, storage: MemoryStorage, *, build_dir: PurePath, footage: tuple[PurePath, ...]) -> "Survival":
        """Watch a world from now on."""
        found = cls(storage, build_dir, {sha256(storage.content(path)): path for path in footage})
        storage.calls.watchers.append(found)
        return found

    def __call__(self, call: Call, phase: Phase) -> None:
        """A watcher of `Calls`."""
        self._learn()
        if call.operation in {"storage.remove", "storage.publish", "storage.rename"} and phase is Phase.AFTER:
            self.removal_count += call.operation == "storage.remove"
            self.check()

    def _learn(self) -> None:
        for path, content in self._read.items():
            node = self.storage.tree.find(path)
            if node is not None and node.content is not content:
                self._read[path] = node.content
                clips = json.loads(node.content).get("clips", {}).values()
                for made in (clip["made"] for clip in clips if clip.get("made")):
                    self.made_of[made["sha256"]] = made.get("source_sha256") or made["sha256"]

    def check(self) -> bool:
        """Whether all footage can be read somewhere; raises an AssertionError that says what cannot."""
        unreadable = {*self.storage.damage, *self.storage.hidden_damage, *self.storage.rotten}
        there = {sha256(content) for path, content in self.storage.files().items() if path not in unreadable}
        alive = there | {self.made_of[digest] for digest in there if digest in self.made_of}
        gone = [str(path) for digest, path in self.originals.items() if digest not in alive]
        assert not gone, f"no readable copy is left of {', '.join(gone)}"
        return True
