"""create_iso, stopped everywhere: no footage is lost, no unproven image has the image's name."""

from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.clip_facts import MemoryClipReader
from camvault.adapters.memory.explorer import explore
from camvault.adapters.memory.image import MemoryImageBuilder, MemoryImageVerifier
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.workflows.bodycam.create_iso import EvidenceWish, ImageRequest, create_iso
from camvault.ports.errors import CamvaultError, ExistsError

pytestmark = pytest.mark.no_cover  # thousands of runs of the same lines, three times as fast

BUILD, TARGET = PurePath("/build"), PurePath("/images/shift.iso")


@attrs.define
class World:
    storage: MemoryStorage
    old: bytes | None
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    evidence: EvidenceWish | None = None

    def run(self) -> object:
        return create_iso(
            ImageRequest(
                build_dir=BUILD,
                target=TARGET,
                stamp="20250718T101500Z",
                label="X",
                is_forced=self.old is not None,
                evidence=self.evidence,
            ),
            storage=self.storage,
            builder=MemoryImageBuilder(self.storage),
            verifier=MemoryImageVerifier(self.storage),
            reason="there is no other",
            clock=MemoryClock(),
            reporter=self.reporter,
            cancel=self.cancel,
            is_image=lambda _: True,
            progress_files=JsonProgressFiles(self.storage),
            clip_reader=MemoryClipReader(self.storage),
        )

    def restart(self) -> None:
        self.storage.restart()
        self.cancel = MemoryCancellation()


def _world(calls: Calls, old: bytes | None, evidence: EvidenceWish | None = None) -> World:
    storage = MemoryStorage(calls=calls)
    storage.put(BUILD / "a.mp4", b"footage")
    storage.put(BUILD / "sub" / "b.mp4", b"more footage")
    if old is not None:
        storage.put(TARGET, old)
    return World(storage, old, evidence=evidence)


def _proven(old: bytes | None, evidence: EvidenceWish | None) -> bytes:
    world = _world(Calls(), old, evidence)
    world.run()
    return world.storage.content(TARGET)


def _explore(old: bytes | None, evidence: EvidenceWish | None = None) -> None:
    allowed = {_proven(old, evidence), old}

    def is_done(world: World, error: CamvaultError) -> bool:
        """The fault came after the image had its name: the next run refuses to replace it, as it should."""
        return isinstance(error, ExistsError) and world.storage.files().get(TARGET) in allowed

    explore(
        lambda calls: _world(calls, old, evidence),
        World.run,
        snapshot=lambda world: world.storage.files(),
        invariants={
            "the sources stand": lambda world: (
                world.storage.files(BUILD) == {BUILD / "a.mp4": b"footage", BUILD / "sub" / "b.mp4": b"more footage"}
            ),
            "under the image's name stands a proven image, or what was there": lambda world: (
                world.storage.files().get(TARGET) in allowed
            ),
        },
        restart=World.restart,
        stop=lambda world: world.cancel.request(),
        may_refuse=is_done,
    )


def test_a_new_image_survives_every_crash() -> None:
    _explore(None)


def test_an_old_image_survives_every_crash() -> None:
    _explore(b"old image")


def test_an_image_with_evidence_survives_every_crash() -> None:
    _explore(b"old image", EvidenceWish(tools={"camvault": "1"}))
