"""prepare under the crash explorer: stopped at every point it loses no footage and ends the same."""

import pytest

from camvault.adapters.memory import Call, Calls, MemoryCancellation, MemoryStorage
from camvault.adapters.memory.explorer import explore, io_error, no_space
from camvault.adapters.memory.media import MemoryClip
from camvault.core.batch.build_dir import ASIDE_PREFIX
from camvault.core.batch.marker import BUILD_MARKER_NAME
from camvault.core.batch.names import is_journal
from camvault.core.capacity.budget import Budget
from camvault.core.workflows.bodycam.cleanup import check_removable
from camvault.core.workflows.bodycam.prepare import FileSetAside
from camvault.ports.encoding import Allocation, EncodeOptions
from camvault.ports.errors import CamvaultError
from tests.bodycam.prepare.helpers import BUILD, CLIPS, COMPLETED, PROGRESS, World
from tests.crash.survival import Survival

pytestmark = pytest.mark.no_cover  # thousands of runs of the same lines, three times as fast

SECONDS = (1.0, 2.0)
SIZE = 100_000
CARD = frozenset(CLIPS / f"c{index}.mp4" for index in range(len(SECONDS)))


def make_world(
    calls: Calls, allocation: Allocation | None, *, is_correcting: bool = False, lag_parts: int = 100
) -> World:
    """Two clips, to be copied (no allocation) or encoded; originals are to be deleted."""
    world = World(storage=MemoryStorage(calls=calls), is_deleting=True, lag_parts=lag_parts)
    for index, seconds in enumerate(SECONDS):
        clip = MemoryClip(duration_s=seconds, bytes_per_s=30_000.0 * (index + 1))
        world.add(f"c{index}.mp4", SIZE, clip)
    if allocation is not None:
        world.budget = Budget(90_000, 0)
        world.options = EncodeOptions(allocation=allocation, crf_step_quarters=4)
    if is_correcting:
        world.encoder.target_share = 1.4
    Survival.watch(world.storage, build_dir=BUILD, footage=world.sources)
    return world


def restart(world: World) -> None:
    """A new process: the wish to stop and the lock went with the old one."""
    world.cancel = MemoryCancellation()
    world.storage.restart()


def snapshot(world: World) -> dict[str, object]:
    """What the outputs are: of copies the content; of encodes the footage, for an error may have cost one its rate."""
    files: dict[str, object] = {**world.outputs()}
    if world.budget.disc_bytes < SIZE:
        files = {name: MemoryClip.read(world.storage.content(BUILD / name)) for name in files}
    aside = sorted(path.name for path in world.storage.files(BUILD) if path.name.startswith(ASIDE_PREFIX))
    return {**files, "states": world.states(COMPLETED), "left": world.clips_left(), "aside": aside}


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


def no_journal_stays(world: World) -> bool:
    """Once the job is finished, the progress file alone says so."""
    is_finished = world.storage.tree.find(COMPLETED) is not None
    return not (is_finished and any(is_journal(path.name) for path in world.storage.files(BUILD)))


def nothing_goes_before_the_job_is_finished(world: World) -> bool:
    return len(world.clips_left()) == len(SECONDS) or world.storage.tree.find(COMPLETED) is not None


def final_names_are_complete(world: World) -> str | None:
    """INV-3 and INV-4: what is recorded as done is there, with the recorded digest."""
    path = PROGRESS if world.storage.tree.find(PROGRESS) is not None else COMPLETED
    if world.storage.tree.find(path) is None:
        return None
    outputs = world.outputs()
    for clip in world.progress(path).clips:
        if clip.state.value == "done" and (clip.output is None or outputs.get(clip.key) != clip.output.sha256):
            return f"{clip.key} is recorded as done and is not"
    return None


def nothing_of_ours_looks_foreign(world: World) -> bool:
    """Whatever was cut off: cleanup would know all of it, and a resume had nothing to set aside."""
    assert world.reporter.of(FileSetAside) == ()
    if world.storage.tree.find(BUILD / BUILD_MARKER_NAME) is None:
        return True  # not begun
    check_removable(
        BUILD,
        guarded=(),
        storage=world.storage,
        progress_files=world.progress_files,
        is_losing_allowed=True,
    )
    return True


def card_error(call: Call) -> CamvaultError | None:
    """The card with the clips, and nothing else."""
    return io_error(call) if any(argument in CARD for argument in call.arguments) else None


def build_drive_error(call: Call) -> CamvaultError | None:
    """Everything but the card."""
    return None if card_error(call) else io_error(call)


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
    allocation: Allocation | None, is_correcting: bool, capsys: pytest.CaptureFixture[str], every: int
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
        errors=(io_error if allocation is not Allocation.COMPLEXITY else build_drive_error, no_space),
        pairs=150,
        every=every,
    )
    with capsys.disabled():
        print(f"\nprepare, {allocation.value if allocation else 'copy'}: {found}")  # noqa: T201 - to be seen
    assert found.cut_count > 3 * len(SECONDS) / every
    assert found.stop_count > len(SECONDS)


@pytest.mark.parametrize("allocation", [None, Allocation.COMPLEXITY], ids=["copy", "complexity"])
def test_a_job_with_a_journal_survives_everything_everywhere(
    allocation: Allocation | None, capsys: pytest.CaptureFixture[str], every: int
) -> None:
    """As a job of thousands of clips: most records are lines of a journal."""
    found = explore(
        lambda calls: make_world(calls, allocation, lag_parts=1),
        World.run_or_resume,
        snapshot=snapshot,
        invariants={
            "no footage is lost": no_footage_is_lost,
            "originals go only after the job is finished": nothing_goes_before_the_job_is_finished,
            "what is done is complete": final_names_are_complete,
            "nothing of ours looks foreign": nothing_of_ours_looks_foreign,
            "no journal stays": no_journal_stays,
        },
        restart=restart,
        stop=lambda world: world.cancel.request(),
        errors=(io_error if allocation is None else build_drive_error, no_space),
        pairs=150,
        every=every,
    )
    with capsys.disabled():
        print(f"\nprepare with a journal, {allocation.value if allocation else 'copy'}: {found}")  # noqa: T201
    assert found.cut_count > 3 * len(SECONDS) / every


def make_second_world(calls: Calls, kind: str) -> World:
    """A job is done, and another one begins in the same build directory."""
    world = make_world(calls, Allocation.CONSTANT if kind == "encodes by encodes" else None)
    world.is_deleting = False
    world.run()
    del calls.watchers[:]
    footage = world.sources
    if kind == "encodes by copies":
        world.budget, world.options = Budget(90_000, 0), EncodeOptions(allocation=Allocation.CONSTANT)
    elif kind == "another card":
        for source in world.sources:
            content = world.storage.content(source)
            mtime_ns = world.storage.tree.get(source).mtime_ns
            world.storage.put(source, content[:-1] + b"2", mtime_ns=mtime_ns)
        footage += tuple(BUILD / source.name for source in world.sources)
    world.is_deleting = kind != "another card"
    world.encoder.target_share = 0.8  # so that the encodes are others
    Survival.watch(world.storage, build_dir=BUILD, footage=footage)
    return world


def start_again(world: World) -> None:
    """Without --resume, until that is begun; then the new job is resumed."""
    is_begun = world.storage.tree.find(PROGRESS) is not None
    world.resume() if is_begun or len(world.clips_left()) < len(SECONDS) else world.run()


@pytest.mark.parametrize(
    "kind",
    [
        "copies by copies",
        "encodes by encodes",
        pytest.param("encodes by copies", marks=pytest.mark.nightly),
        "another card",
    ],
)
def test_starting_again_survives_everything_everywhere(
    kind: str, capsys: pytest.CaptureFixture[str], every: int
) -> None:
    """New before old: whatever is cut off, a readable copy of both generations exists, until the new one is proven."""
    found = explore(
        lambda calls: make_second_world(calls, kind),
        World.run,
        rerun=start_again,
        snapshot=snapshot,
        invariants={
            "what is done is complete": final_names_are_complete,
            "nothing of ours looks foreign": nothing_of_ours_looks_foreign,
        },
        restart=restart,
        stop=lambda world: world.cancel.request(),
        pairs=60,
        every=every,
    )
    with capsys.disabled():
        print(f"\nprepare again, {kind}: {found}")  # noqa: T201 - to be seen
    assert found.cut_count > 3 * len(SECONDS) / every


@pytest.mark.parametrize("alias", ["bind mount", "hard link", "union", "indistinct", "half unreadable"])
def test_no_alias_is_a_copy(alias: str, capsys: pytest.CaptureFixture[str], every: int) -> None:
    """A finished job is resumed to delete originals, and these are the outputs by other names: all are kept."""

    def make(calls: Calls) -> World:
        world = make_world(calls, None)
        world.is_deleting = False
        world.run()
        world.is_deleting = True
        storage, (first, second) = world.storage, world.sources
        if alias in ("bind mount", "union"):
            for source in world.sources:
                storage.tree.discard(source)
            (storage.bind if alias == "bind mount" else storage.unite)(first.parent, shows=BUILD)
        elif alias == "hard link":
            for source in world.sources:
                storage.tree.discard(source)
                storage.put_hard_link(source, BUILD / source.name)
        elif alias == "indistinct":
            storage.indistinct = {first, second}
        else:
            storage.hidden_damage = {BUILD / second.name: SIZE // 2}
        return world

    def resume(world: World) -> None:
        try:
            world.resume(COMPLETED)
        except CamvaultError:
            if alias != "half unreadable":
                raise

    found = explore(
        make,
        resume,
        rerun=resume,
        snapshot=lambda world: (world.clips_left(), world.outputs()),
        invariants={"all originals are there": lambda world: world.clips_left() == set(world.sources)},
        restart=restart,
        stop=lambda world: world.cancel.request(),
        pairs=50,
        every=every,
    )
    with capsys.disabled():
        print(f"\nprepare, {alias}: {found}")  # noqa: T201 - to be seen


def test_a_card_that_cannot_be_read_for_a_moment(capsys: pytest.CaptureFixture[str], every: int) -> None:
    """At one quality for all, the others do not wait for a clip that cannot be read: they are encoded without it.

    So the outputs are other ones than those of an undisturbed run; each is complete, and all fit.
    """

    def outline(world: World) -> dict[str, object]:
        total = sum(clip.output.identity.size_bytes for clip in world.progress(COMPLETED).clips if clip.output)
        found = {"names": sorted(world.outputs()), "states": world.states(COMPLETED), "left": world.clips_left()}
        return {**found, "fits": total <= world.budget.usable_bytes}

    found = explore(
        lambda calls: make_world(calls, Allocation.COMPLEXITY),
        World.run_or_resume,
        snapshot=outline,
        invariants={"no footage is lost": no_footage_is_lost, "what is done is complete": final_names_are_complete},
        restart=restart,
        errors=(card_error,),
        pairs=100,
        every=every,
    )
    with capsys.disabled():
        print(f"\nprepare, complexity, errors of the card: {found}")  # noqa: T201 - to be seen
    assert found.error_count > len(SECONDS)


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
