"""The file system in memory and the real one, side by side: whatever is done to both, both say and hold the same."""

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from camvault.adapters.memory import MemoryCancellation
from camvault.ports.entries import FileKind
from camvault.ports.errors import StorageError
from camvault.ports.files import Storage
from camvault.ports.removal import Leftover, Removal
from tests.contracts.test_files import LocalWorld, MemoryWorld, World

NAMES = st.sampled_from(["a", "b", "d", "d/e", "d/f", "link", "link/e", "d/e/x", "\udcff"])
TEXTS = st.sampled_from(["", "x", "1\n2", "1\n2\n", "\udcfe"])
TIMES = st.integers(1, 3).map(lambda second: second * 1_000_000_000)


def nothing(_: int) -> None:
    """Progress that nobody wants to see."""


class Alike(RuleBasedStateMachine):
    """Every operation of Storage, and what other programs do in between."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        local = LocalWorld(Path(self.folder.name).resolve() / "media")
        local.root.mkdir()
        self.worlds: tuple[World, World] = (MemoryWorld(), local)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def both(self, action: Callable[[Storage, PurePath], Any]) -> None:
        """Do it in both worlds; the outcomes, without the part of the paths above the world, must be equal."""
        outcomes = []
        for world in self.worlds:
            try:
                outcome: object = action(world.storage, world.root)
            except StorageError as error:
                outcome = (type(error), error.path.relative_to(world.root))
            outcomes.append(outcome)
        assert outcomes[0] == outcomes[1]

    # --- other programs

    @rule(name=NAMES, text=TEXTS, mtime_ns=TIMES)
    def put(self, name: str, text: str, mtime_ns: int) -> None:
        for world in self.worlds:
            with contextlib.suppress(StorageError, OSError):
                if self.is_free(world, name):
                    world.put(world.root / name, text.encode("utf-8", "surrogateescape"), mtime_ns)

    @rule(points_to=st.sampled_from(["d", "a", "nowhere", "d/e", "./d/.."]))
    def link(self, points_to: str) -> None:
        for world in self.worlds:
            if world.storage.entry(world.root / "link") is None:
                world.put_link(world.root / "link", points_to)

    @staticmethod
    def is_free(world: World, name: str) -> bool:
        """Whether a file could be put there without following a link."""
        entry = world.storage.entry(world.root / name)
        parent = world.storage.entry((world.root / name).parent)
        return (entry is None or entry.kind is FileKind.FILE) and (parent is None or parent.kind is FileKind.FOLDER)

    # --- the port

    @rule(source=NAMES, name=NAMES)
    def copy(self, source: str, name: str) -> None:
        def action(storage: Storage, root: PurePath) -> object:
            copied = storage.copy(root / source, target=root / name, on_bytes=nothing, cancel=MemoryCancellation())
            original = storage.entry(storage.resolve(root / source))
            # Times of files that the worlds wrote themselves differ between the worlds
            return (
                copied.identity.size_bytes,
                copied.sha256,
                original is not None and original.identity == copied.identity,
            )

        self.both(action)

    @rule(name=NAMES)
    def digest(self, name: str) -> None:
        self.both(lambda s, r: s.digest(r / name, on_bytes=nothing, cancel=MemoryCancellation()))

    @rule(
        source=st.sampled_from(["a", "b", "\udcff"]),
        goal=st.sampled_from(["a", "b", "d", "link"]),
        replace=st.booleans(),
    )
    def publish(self, source: str, goal: str, replace: bool) -> None:
        def action(storage: Storage, root: PurePath) -> object:
            entry = storage.entry(root / source)
            if entry is None or entry.kind is not FileKind.FILE or source == goal:
                return None
            return storage.publish(root / source, target=root / goal, replace=replace).identity.size_bytes

        self.both(action)

    @rule(source=st.sampled_from(["a", "d", "link"]), goal=st.sampled_from(["a", "b", "d", "\udcff"]))
    def rename(self, source: str, goal: str) -> None:
        self.both(lambda s, r: s.rename(r / source, target=r / goal))

    @rule(name=NAMES, is_other=st.booleans())
    def remove(self, name: str, is_other: bool) -> None:
        def action(storage: Storage, root: PurePath) -> object:
            entry = storage.entry(root / name)
            if entry is None or (entry.kind is FileKind.FOLDER):
                return None
            found = entry.identity
            identity = type(found)(found.size_bytes + is_other, found.mtime_ns)
            return storage.remove(Removal(root / name, identity, Leftover("a test")))

        self.both(action)

    @rule(name=NAMES, is_root_included=st.booleans())
    def prune(self, name: str, is_root_included: bool) -> None:
        self.both(lambda s, r: [p.relative_to(r) for p in s.prune(r / name, is_root_included=is_root_included)])

    @rule(name=NAMES)
    def read_text(self, name: str) -> None:
        self.both(lambda s, r: s.read_text(r / name))

    @rule(name=NAMES, text=TEXTS)
    def write_text(self, name: str, text: str) -> None:
        self.both(lambda s, r: s.write_text(r / name, text))

    @rule(name=NAMES, line=st.sampled_from(["", "x", "\udcfd"]))
    def append_line(self, name: str, line: str) -> None:
        self.both(lambda s, r: s.append_line(r / name, line))

    @rule(name=NAMES, must_be_new=st.booleans())
    def make_folder(self, name: str, must_be_new: bool) -> None:
        self.both(lambda s, r: s.make_folder(r / name, must_be_new=must_be_new))

    @rule(name=NAMES)
    def resolve(self, name: str) -> None:
        self.both(lambda s, r: s.resolve(r / name).relative_to(r))

    @rule(name=NAMES)
    def scan(self, name: str) -> None:
        self.both(lambda s, r: [(e.path.relative_to(r), e.kind) for e in s.scan(r / name)])

    @rule(name=NAMES)
    def listing(self, name: str) -> None:
        def action(storage: Storage, root: PurePath) -> object:
            listing = storage.listing(root / name)
            return [(f.name, f.size_bytes) for f in listing.files], listing.folders, listing.others

        self.both(action)

    @rule(name=NAMES)
    def lock(self, name: str) -> None:
        def action(storage: Storage, root: PurePath) -> None:
            with storage.lock(root / name):
                pass

        self.both(action)

    @invariant()
    def both_hold_the_same(self) -> None:
        if hasattr(self, "worlds"):
            memory, local = (
                {e.path.relative_to(w.root): (e.kind, w.content(e.path)) for e in w.storage.scan(w.root)}
                for w in self.worlds
            )
            assert memory == local


Alike.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestAlike = Alike.TestCase
