"""cleanup, cut off everywhere."""

from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryReporter, MemoryStorage
from camvault.adapters.memory.explorer import explore
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.workflows.bodycam.cleanup import clean_up
from camvault.ports.errors import CamvaultError
from tests.bodycam.cleanup.helpers import make_build_dir

pytestmark = pytest.mark.no_cover  # thousands of runs of the same lines, three times as fast

BUILD_DIR = PurePath("/v/images/bodycam_1")
ORIGINALS = {PurePath("/originals/a.mp4"): b"content of a.mp4", PurePath("/originals/b.mp4"): b"content of b.mp4"}


@attrs.define
class World:
    """A build directory beside the originals."""

    storage: MemoryStorage
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)

    def run(self) -> None:
        clean_up(
            BUILD_DIR,
            guarded=(PurePath("/home"),),
            storage=self.storage,
            progress_files=JsonProgressFiles(self.storage),
            reporter=MemoryReporter(),
            cancel=self.cancel,
        )

    def restart(self) -> None:
        self.storage.restart()
        self.cancel = MemoryCancellation()


def make_world(calls: Calls) -> World:
    storage = MemoryStorage(calls=calls)
    for path, content in ORIGINALS.items():
        storage.put(path, content)
    make_build_dir(BUILD_DIR, storage=storage, originals=PurePath("/originals"))
    return World(storage)


def needs_rmdir(world: World, error: CamvaultError) -> bool:
    """Cut off between the marker and the folder: an empty folder is left, and the message says what to do."""
    return "rmdir removes it" in str(error) and not world.storage.files(BUILD_DIR)


def test_cut_off_everywhere() -> None:
    """Whatever happens, the originals stay, and the next run removes the rest or says what it needs."""
    found = explore(
        make_world,
        World.run,
        snapshot=lambda world: world.storage.files(),
        invariants={
            "the originals are untouched": lambda world: world.storage.files("/originals") == ORIGINALS,
            "only the build directory loses files": lambda world: all(
                BUILD_DIR in PurePath(str(call.arguments[0])).parents
                for call in world.storage.calls.log
                if call.operation == "storage.remove"
            ),
        },
        restart=World.restart,
        stop=lambda world: world.cancel.request(),
        may_refuse=needs_rmdir,
    )
    assert found.cut_count >= 40
    assert found.pair_count == 200
