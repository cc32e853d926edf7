"""prepare under the crash explorer: stopped at every point it loses no footage and ends the same."""

import pytest

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryStorage
from camvault.adapters.memory.explorer import explore
from camvault.adapters.memory.media import MemoryClip
from camvault.core.batch.build_dir import MARKER_NAME
from camvault.core.capacity.budget import Budget
from camvault.core.workflows.bodycam.cleanup import check_removable
from camvault.core.workflows.bodycam.events import StrangerSetAside
from camvault.ports.progress import Allocation, EncodeOptions
from tests.bodycam.prepare.helpers import BUILD, COMPLETED, PROGRESS, World

SECONDS = (1.0, 2.0)
SIZE = 100_000


def make_world(calls: Calls, allocation: Allocation | None, *, is_correcting: bool = False) -> World:
    """Two clips, to be copied (no allocation) or encoded; originals are to be deleted."""
    world = World(storage=MemoryStorage(calls=calls), is_deleting=True)
    for index, seconds in enumerate(SECONDS):
        clip = MemoryClip(duration_s=seconds, bytes_per_s=30_000.0 * (index + 1))
        world.add(f"c{index}.mp4", SIZE, clip)
    if allocation is not None:
        world.budget = Budget(90_000, 0)
        world.options = EncodeOptions(allocation=allocation, crf_step_quarters=4)
    if is_correcting:
        world.encoder.target_share = 1.4
    return world


def restart(world: World) -> None:
    """A new process: the wish to stop and the lock went with the old one."""
    world.cancel = MemoryCancellation()
    world.storage.restart()


def snapshot(world: World) -> dict[str, object]:
    files = world.outputs()
    return {**files, "states": world.states(COMPLETED), "left": world.clips_left()}


def no_footage_is_lost(world: World) -> str | None:
    """Each clip is where it was, or its whole footage is in the build directory."""
    for index, source in enumerate(world.sources):
        if world.storage.tree.find(source) is not None:
            continue
        content = world.storage.content(BUILD / source.name)
        clip = MemoryClip.read(content)
        if clip is None or clip.duration_s != SECONDS[index]:
            return f"{source.name} is gone and its output is no such footage"
    return None


def nothing_goes_before_the_job_is_finished(world: World) -> bool:
    return len(world.clips_left()) == len(SECONDS) or world.storage.tree.find(COMPLETED) is not None


def final_names_are_complete(world: World) -> str | None:
    """INV-3 and INV-4: what is recorded as done is there, with the recorded digest."""
    path = COMPLETED if world.storage.tree.find(COMPLETED) is not None else PROGRESS
    if world.storage.tree.find(path) is None:
        return None
    outputs = world.outputs()
    for clip in world.progress(path).clips:
        if clip.state.value == "done" and (clip.output is None or outputs.get(clip.key) != clip.output.sha256):
            return f"{clip.key} is recorded as done and is not"
    return None


def nothing_of_ours_looks_foreign(world: World) -> bool:
    """Whatever was cut off: cleanup would know all of it, and a resume had nothing to set aside."""
    assert world.reporter.of(StrangerSetAside) == ()
    if world.storage.tree.find(BUILD / MARKER_NAME) is None:
        return True  # not begun
    check_removable(
        BUILD,
        guarded=(),
        storage=world.storage,
        progress_files=world.progress_files,
        cancel=MemoryCancellation(),
        is_losing_allowed=True,
    )
    return True


@pytest.mark.parametrize(
    ("allocation", "is_correcting"),
    [
        (None, False),
        (Allocation.CONSTANT, False),
        (Allocation.CONSTANT, True),
        (Allocation.COMPLEXITY, False),
    ],
    ids=["copy", "constant", "constant-corrected", "complexity"],
)
def test_prepare_survives_everything_everywhere(
    allocation: Allocation | None, is_correcting: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    found = explore(
        lambda calls: make_world(calls, allocation, is_correcting=is_correcting),
        World.run_or_resume,
        snapshot=snapshot,
        invariants={
            "no footage is lost": no_footage_is_lost,
            "originals go only after the job is finished": nothing_goes_before_the_job_is_finished,
            "what is done is complete": final_names_are_complete,
            "nothing of ours looks foreign": nothing_of_ours_looks_foreign,
        },
        restart=restart,
        stop=lambda world: world.cancel.request(),
        pairs=150,
    )
    with capsys.disabled():
        print(f"\nprepare, {allocation.value if allocation else 'copy'}: {found}")  # noqa: T201 - to be seen
    assert found.cut_count > 3 * len(SECONDS)
    assert found.stop_count > len(SECONDS)


def test_the_explorer_would_notice_a_deletion_without_proof() -> None:
    """A workflow that deletes before it copies is caught: the invariants above can fail."""

    def careless(world: World) -> None:
        world.storage.tree.discard(world.sources[0])
        world.run_or_resume()

    with pytest.raises(Exception, match="No such file"):
        explore(
            lambda calls: make_world(calls, None),
            careless,
            snapshot=snapshot,
            invariants={"no footage is lost": no_footage_is_lost},
            restart=restart,
        )
