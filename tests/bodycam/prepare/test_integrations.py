"""prepare on in-memory and real storage: faults, proofs, resuming as a state machine, speed and memory."""

import contextlib
import hashlib
import itertools
import re
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import Call, MemoryCancellation, MemoryReporter, MemoryStorage, Phase
from camvault.adapters.memory.media import MemoryClip, MemoryEncoder, MemoryProbe
from camvault.adapters.memory.tree import Node
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.batch.left_out import ClipsLeftOutError
from camvault.core.batch.plan import OutputsTooBigError, PrepareRequest
from camvault.core.batch.resuming import ResumeWishes
from camvault.core.capacity.budget import Budget
from camvault.core.workflows.bodycam.originals import OriginalKept, OriginalRemoved
from camvault.core.workflows.bodycam.prepare import (
    BitrateDecided,
    BitrateSought,
    CapacityDecided,
    ClipEncoded,
    ClipInDoubt,
    ClipLeftOut,
    ClipNotEncoded,
    ClipRedone,
    ClipStarted,
    FileSetAside,
    LeftoverRemoved,
    NotReadFromMedium,
    OutputsVerified,
    TimeNotKept,
    claimed,
    plan_new,
    prepare,
)
from camvault.core.workflows.steps.linked_cancellation import LinkedCancellation
from camvault.ports.batch_record import ClipState, Coding, Mode
from camvault.ports.encoding import Allocation, RateSearch
from camvault.ports.entries import FileEntry
from camvault.ports.errors import (
    BusyError,
    CamvaultError,
    Cancelled,
    ChangedError,
    DeniedError,
    MediaError,
    MismatchError,
    NoSpaceError,
    RecordError,
    StorageError,
    ToolError,
    UsageError,
)
from camvault.ports.events import Progressed
from camvault.ports.media import MediaInfo, TargetBitrate
from camvault.ports.quality import QualityMeasure
from camvault.ports.witness import ReadFrom
from tests.bodycam.prepare.helpers import BUILD, CLIPS, COMPLETED, PROGRESS, InlineExecutor, World, small_world


def sha256(world: World, path: PurePath) -> str:
    return hashlib.sha256(world.storage.content(path)).hexdigest()


# --- planning --------------------------------------------------------------------------------------------------------


@attrs.frozen
class Sized:
    """Storage that says of every clip that it is `size` bytes."""

    storage: MemoryStorage
    size: int

    def entry(self, path: PurePath) -> FileEntry | None:
        found = self.storage.entry(path)
        if found is None or path.parent != CLIPS:
            return found
        return attrs.evolve(found, identity=attrs.evolve(found.identity, size_bytes=self.size))

    def __getattr__(self, name: str) -> object:
        return getattr(self.storage, name)


@pytest.mark.parametrize(
    ("size", "disc", "safety", "mode"),
    [
        (49_500_000_000, 50_000_000_000, 500_000_000, Mode.COPY),
        (24_900_000_000, 25_000_000_000, 0, Mode.COPY),
        (24_500_000_000, 25_000_000_000, 500_000_000, Mode.COPY),
        (24_500_000_001, 25_000_000_000, 500_000_000, Mode.ENCODE),
    ],
    ids=["s01", "s02", "s10", "s11"],
)
def test_the_specification_s_own_numbers(size: int, disc: int, safety: int, mode: Mode) -> None:
    world = World(budget=Budget(disc, safety))
    world.add("big.mp4", clip=MemoryClip(duration_s=30_000.0))
    world.storage = Sized(world.storage, size)  # type: ignore[assignment]
    plan = world.plan()
    assert (plan.mode, plan.total_bytes) == (mode, size)
    assert str(CapacityDecided(disc, disc - safety)).startswith(f"Disc capacity: {disc:,} bytes ({disc // 10**9} GB)")


def test_planning_touches_nothing() -> None:
    world = small_world(Allocation.CONSTANT)
    before = dict(world.storage.files())
    world.plan()
    assert dict(world.storage.files()) == before
    assert world.storage.tree.find(BUILD) is None


def test_clips_are_looked_at_in_parallel() -> None:
    """Eight probes meet at a barrier: one after the other they never would."""
    world = small_world(count=8)
    barrier = threading.Barrier(8)
    world.storage.calls.hook("probe.probe", lambda: barrier.wait(timeout=20), times=None)
    with ThreadPoolExecutor(8) as executor:
        world.executor = executor
        assert len(world.plan().progress.clips) == 8


def test_ten_thousand_clips_are_planned_in_seconds() -> None:
    world = World(budget=Budget(10**12, 0))
    content = MemoryClip().content(100)
    world.sources = tuple(CLIPS / f"{i:05}.mp4" for i in range(10_000))
    for path in world.sources:
        world.storage.put(path, content)
    started_s = time.process_time()
    plan = world.plan()
    assert len(plan.progress.clips) == 10_000
    assert time.process_time() - started_s < 20


def test_too_little_room_is_refused_with_both_figures() -> None:
    world = small_world()
    world.storage.mount("/desk", name="small", capacity_bytes=1_000_000_000)
    with pytest.raises(UsageError, match=r"1,000,300,000 bytes needed .*1,000,000,000 bytes free"):
        world.plan()


def test_a_path_of_which_nothing_is_known_is_a_problem() -> None:
    world = small_world()
    world.storage.calls.fail("storage.entry", DeniedError(CLIPS / "c0.mp4", "Permission denied"))
    with pytest.raises(UsageError, match=r"c0\.mp4: Permission denied"):
        world.plan()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DeniedError(CLIPS / "c0.mp4", "Permission denied"), r"c0\.mp4: Permission denied; it is copied as it is"),
        (ToolError("ffprobe", 139, ("Segmentation fault",)), r"c0\.mp4: ffprobe failed .*Segmentation fault"),
    ],
)
@pytest.mark.parametrize("allocation", [None, *Allocation])
def test_a_clip_that_cannot_be_read_stops_no_other(
    error: CamvaultError, words: str, allocation: Allocation | None
) -> None:
    """It is told beforehand, and copied as it is when its turn comes, if it can be read by then."""
    world = small_world(allocation)
    world.storage.calls.fail("probe.probe", error)
    plan = world.plan()
    assert re.search(words, "; ".join(plan.warnings))
    report = world.carry_out(plan)
    assert len(report.clips) == 3
    assert world.storage.content(BUILD / "c0.mp4") == world.storage.content(CLIPS / "c0.mp4")


def test_a_file_is_no_build_directory() -> None:
    world = small_world()
    world.storage.put(BUILD, b"")
    with pytest.raises(UsageError, match="is not a directory"):
        world.plan()


def test_an_unreadable_record_of_an_earlier_job_protects_its_outputs() -> None:
    world = small_world()
    world.run()
    world.storage.put(COMPLETED, "torn")
    with pytest.raises(UsageError, match="in the way"):
        world.plan()


def test_a_finished_job_is_replaced_while_its_originals_are_there() -> None:
    world = small_world()
    world.run()
    report = world.run()
    assert len(report.clips) == 3
    assert "WARNING The finished job in this build directory is replaced" in world.reporter.lines()


# --- copying and proving ---------------------------------------------------------------------------------------------


def test_a_copy_that_lost_a_bit_is_found_and_made_again() -> None:
    """INV-6: every call reported success; reading back tells."""
    world = small_world(is_deleting=True)
    world.storage.lossy.add(BUILD / "c1.mp4")
    with pytest.raises(MismatchError, match=r"c1\.mp4 has not the content that was written"):
        world.run()
    assert world.states() == {"c0.mp4": "done", "c1.mp4": "pending", "c2.mp4": "done"}
    assert len(world.clips_left()) == 3
    world.storage.lossy.clear()
    world.resume()
    assert world.clips_left() == set()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (ReadFrom.CACHE, "no way around its cache"),
        (ReadFrom.HELD, "another program holds it"),
        (ReadFrom.MEMORY, "gone with the power"),
    ],
)
def test_outputs_that_were_not_read_from_the_medium_are_told(source: ReadFrom, said: str) -> None:
    """They are as recorded; that they survive was not seen."""
    world = small_world()
    world.storage.mount(BUILD.parent, name="other", read_from=source)
    world.run()
    (told,) = [str(event) for event in world.reporter.events if isinstance(event, NotReadFromMedium)]
    assert said in told
    assert str(BUILD) in told


def test_an_output_that_changed_during_the_run_is_found() -> None:
    world = small_world(is_deleting=True)
    target = BUILD / "c0.mp4"
    world.storage.calls.hook("storage.read_back", lambda: world.storage.put(BUILD / "c2.mp4", b"other"))
    with pytest.raises(MismatchError, match=r"c2\.mp4 is not the file that was made"):
        world.run()
    assert world.storage.tree.find(target) is not None


def test_a_damaged_output_of_a_finished_job_keeps_the_originals() -> None:
    world = small_world()
    world.run()
    world.is_deleting = True
    world.storage.corrupt(BUILD / "c1.mp4")
    before = world.storage.content(COMPLETED)
    with pytest.raises(MismatchError):
        world.resume(COMPLETED)
    assert world.storage.content(COMPLETED) == before
    assert len(world.clips_left()) == 3


@pytest.mark.parametrize("when", [Phase.BEFORE, Phase.DURING])
def test_a_clip_that_changes_is_not_taken_for_the_planned_one(when: Phase) -> None:
    world = small_world(is_deleting=True)
    plan = world.plan()
    clip = MemoryClip(duration_s=9.0).content(99)
    if when is Phase.BEFORE:
        world.storage.put(CLIPS / "c1.mp4", clip)
    else:
        world.storage.calls.hook("storage.copy", lambda: world.storage.put(CLIPS / "c0.mp4", clip), when=when)
    changed = "c1.mp4" if when is Phase.BEFORE else "c0.mp4"
    for again in (plan, None):  # a resume does what is left, which is nothing that can be done
        with pytest.raises(ClipsLeftOutError, match=rf"{changed}: (it changed while|is not the file that)"):
            world.carry_out(again or world.plan_resumed())
        assert len(world.clips_left()) == 3, "no original goes before all is done"
        assert sorted(world.outputs()) == sorted({"c0.mp4", "c1.mp4", "c2.mp4"} - {changed})
    assert "was changed since the job was planned" in world.plan_resumed().warnings[0]


def test_an_original_that_changed_after_its_copy_is_kept_and_said() -> None:
    """INV-2: a name that comes back is a new file."""
    world = small_world(is_deleting=True)
    new = MemoryClip(duration_s=2.0).content(50)
    world.storage.calls.hook("storage.rename", lambda: world.storage.put(CLIPS / "c1.mp4", new))
    report = world.run()
    assert world.clips_left() == {CLIPS / "c1.mp4"}
    assert world.storage.content(CLIPS / "c1.mp4") == new
    assert report.kept == (CLIPS / "c1.mp4",)
    assert [event.path for event in world.reporter.of(OriginalKept)] == [CLIPS / "c1.mp4"]


def test_an_original_that_changes_between_look_and_removal_is_kept() -> None:
    world = small_world(is_deleting=True)
    world.storage.calls.hook("storage.remove", lambda: world.storage.put(CLIPS / "c0.mp4", b"new"))
    assert world.run().kept == (CLIPS / "c0.mp4",)


def test_an_original_that_cannot_be_deleted_is_tried_again_by_a_resume() -> None:
    world = small_world(is_deleting=True)
    world.storage.calls.fail("storage.remove", DeniedError(CLIPS / "c0.mp4", "Read-only file system"))
    with pytest.raises(DeniedError):
        world.run()
    assert world.clips_left() == {CLIPS / "c0.mp4"}
    report = world.resume()
    assert world.clips_left() == set()
    assert report.removed == (CLIPS / "c0.mp4",)
    assert set(report.kept) == {CLIPS / "c1.mp4", CLIPS / "c2.mp4"}, "they are gone already"


@pytest.mark.parametrize("allocation", [None, *Allocation])
def test_another_file_of_the_same_size_and_time_is_kept(allocation: Allocation | None) -> None:
    """INV-2: another card under the same mount point; only reading tells."""
    world = small_world(allocation, is_deleting=True)
    found = world.storage.tree.get(CLIPS / "c1.mp4")
    other = MemoryClip(duration_s=2.0, has_video=False).content(len(found.content))
    world.storage.calls.hook(
        "storage.rename", lambda: world.storage.put(CLIPS / "c1.mp4", other, mtime_ns=found.mtime_ns)
    )
    report = world.run()
    assert report.kept == (CLIPS / "c1.mp4",)
    assert world.storage.content(CLIPS / "c1.mp4") == other
    (kept,) = world.reporter.of(OriginalKept)
    assert kept.reason == "its content is not what /desk/build/c1.mp4 was made of"


@pytest.mark.parametrize("size", [100_000, 99_999])
def test_a_file_swapped_between_the_look_and_the_copy_is_refused(size: int) -> None:
    world = small_world(is_deleting=True)
    later_ns = 3_000_000_000_000
    world.storage.calls.hook(
        "storage.copy", lambda: world.storage.put(CLIPS / "c0.mp4", b"x" * size, mtime_ns=later_ns), when=Phase.BEFORE
    )
    with pytest.raises(ClipsLeftOutError, match=r"c0\.mp4: is not the file that the job was planned with"):
        world.run()
    assert world.states() == {"c0.mp4": "pending", "c1.mp4": "done", "c2.mp4": "done"}
    assert sorted(world.outputs()) == ["c1.mp4", "c2.mp4"], "what was copied of another file is gone"
    assert len(world.clips_left()) == 3


def test_the_progress_file_is_not_written_over_by_a_second_run() -> None:
    world = small_world()
    plan = world.plan()
    world.run()
    world.storage.put(PROGRESS, "somebody else's")
    with pytest.raises(ChangedError, match="run again"):
        world.carry_out(plan)


def test_a_build_directory_in_use_is_refused() -> None:
    world = small_world()
    plan = world.plan()
    world.storage.make_folder(BUILD)
    with world.storage.lock(BUILD), pytest.raises(BusyError):
        world.carry_out(plan)


@pytest.mark.parametrize("is_made", [True, False])
def test_a_folder_that_is_there_is_held_and_stays(is_made: bool) -> None:
    world = small_world()
    world.storage.put_folder(BUILD)
    with claimed(BUILD, storage=world.storage, is_made=is_made) as is_held:
        assert is_held
        with pytest.raises(BusyError):
            world.run()
    assert world.storage.tree.find(BUILD) is not None


def test_a_job_in_a_claimed_folder_does_not_lock_it_again() -> None:
    world = small_world()
    with claimed(BUILD, storage=world.storage, is_made=True) as is_held:
        report = world.carry_out(world.plan(), is_claimed=is_held)
    assert report.progress_file == COMPLETED
    assert world.storage.tree.find(COMPLETED) is not None


@pytest.mark.parametrize("beside", [(), (PurePath("/new/other"),)])
def test_a_claimed_folder_that_was_made_for_nothing_goes_again(beside: tuple[PurePath, ...]) -> None:
    """Only what was made: another run may have begun beside it meanwhile."""
    world = small_world()

    def refused() -> None:
        with claimed(PurePath("/new/deep/build"), storage=world.storage, is_made=True) as is_held:
            assert is_held
            for folder in beside:
                world.storage.put_folder(folder)
            raise UsageError("refused")

    with pytest.raises(UsageError):
        refused()
    assert world.storage.tree.find(PurePath("/new/deep")) is None
    assert (world.storage.tree.find(PurePath("/new")) is not None) == bool(beside)


def test_what_is_no_folder_or_cannot_be_made_is_left_to_the_planning() -> None:
    world = small_world()
    with claimed(BUILD, storage=world.storage, is_made=False) as is_held:
        assert not is_held
    world.storage.calls.fail("storage.make_folder", StorageError(BUILD))
    with claimed(BUILD, storage=world.storage, is_made=True) as is_held:
        assert not is_held
    world.storage.put(BUILD, b"a file")
    with claimed(BUILD, storage=world.storage, is_made=True) as is_held:
        assert not is_held
    assert world.storage.tree.find(BUILD) is not None


def test_progress_reaches_its_end_once() -> None:
    world = small_world()
    world.run()
    for task in ("copy", "verify"):
        seen = [event for event in world.reporter.of(Progressed) if event.task == task]
        assert [event.done == event.total for event in seen].count(True) == 1
        assert seen[-1].done == seen[-1].total == 300_000
        assert len(seen) <= 1002


# --- encoding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("allocation", Allocation)
@pytest.mark.parametrize("jobs", [1, 2, 4, 8])
def test_results_depend_on_nothing_but_the_clips(allocation: Allocation, jobs: int) -> None:
    expected = small_world(allocation, count=6)
    expected.budget = Budget(400_000, 0)
    expected.run()
    world = small_world(allocation, count=6)
    world.budget = Budget(400_000, 0)
    with ThreadPoolExecutor(8) as executor:
        world.executor, world.job_count = executor, jobs
        world.run()
    assert world.outputs() == expected.outputs()
    assert sum(len(world.storage.content(BUILD / name)) for name in world.outputs()) <= 400_000


@pytest.mark.parametrize("allocation", Allocation)
def test_a_damaged_original_is_kept_and_said(allocation: Allocation) -> None:
    """INV-1: an encode that left out what it could not decode proves nothing, also not after a resume."""
    world = small_world(allocation, is_deleting=True)
    clip = MemoryClip(duration_s=2.0, bytes_per_s=40_000.0, damage="a hole")
    world.storage.put(CLIPS / "c1.mp4", clip.content(100_000))
    report = world.run()
    assert world.clips_left() == {CLIPS / "c1.mp4"}
    assert report.kept == (CLIPS / "c1.mp4",)
    assert len(world.outputs()) == 3
    assert "WARNING c1.mp4: not all of it is in its output, the original will be kept: a hole" in world.reporter.lines()
    world.resume()
    assert world.clips_left() == {CLIPS / "c1.mp4"}


def test_a_link_under_the_temporary_name_is_not_written_through() -> None:
    world = small_world(Allocation.CONSTANT, count=3)
    precious = PurePath("/home/precious")
    world.storage.put(precious, b"precious")
    link = BUILD / ".c0.mp4.camvault-part"
    world.storage.make_folder(BUILD)
    world.storage.put_link(link, str(precious))
    plan = world.plan()
    assert [entry.path for entry in plan.leftovers] == [link]
    world.carry_out(attrs.evolve(plan, leftovers=()))  # as if it had come right after the look
    assert world.storage.content(precious) == b"precious"
    assert len(world.outputs()) == 3


def test_no_more_encodes_run_at_once_than_asked_for() -> None:
    world = small_world(Allocation.CONSTANT, count=6)
    world.budget = Budget(400_000, 0)
    running, most = [0], [0]
    lock = threading.Lock()

    def change(by: int) -> None:
        with lock:
            running[0] += by
            most[0] = max(most[0], running[0])
        time.sleep(0.01)

    world.storage.calls.hook("encoder.encode", lambda: change(1), when=Phase.BEFORE, times=None)
    world.storage.calls.hook("encoder.encode", lambda: change(-1), when=Phase.AFTER, times=None)
    with ThreadPoolExecutor(8) as executor:
        world.executor, world.job_count = executor, 2
        world.run()
    assert most[0] == 2


def test_a_clip_that_overshoots_is_made_again_before_the_end() -> None:
    world = small_world(Allocation.CONSTANT)
    world.encoder.surprise = lambda _source, _settings: 1.5  # no sample foretells it
    report = world.run()
    assert report.total_bytes <= 200_000
    assert world.reporter.of(ClipRedone)
    assert all(clip.state is ClipState.DONE for clip in world.progress(COMPLETED).clips)


def test_what_fits_at_no_rate_ends_with_its_number_of_discs() -> None:
    world = small_world(Allocation.CONSTANT, is_deleting=True)
    world.encoder.surprise = lambda _source, _settings: 50.0
    with pytest.raises(OutputsTooBigError):
        world.run()
    assert len(world.clips_left()) == len(world.outputs()) == 3
    assert set(world.states().values()) == {"done"}
    with pytest.raises(OutputsTooBigError):
        world.resume()


def test_a_failed_encode_stops_no_other_and_leaves_no_half_files() -> None:
    world = small_world(Allocation.CONSTANT, count=4)
    world.budget = Budget(290_000, 0)
    both_run = threading.Event()
    seen = itertools.count()

    def meet() -> None:
        if next(seen) == 0:
            both_run.wait(timeout=20)
            raise ToolError("ffmpeg", 1, ("boom",))
        both_run.set()
        time.sleep(0.3)

    world.storage.calls.hook("encoder.encode", meet, times=None)
    with ThreadPoolExecutor(4) as executor:
        world.executor, world.job_count = executor, 2
        with pytest.raises(ClipsLeftOutError, match=r"1 of 4.*boom; its 100,000 bytes do not fit the [\d,]+ that are"):
            world.run()
    assert len(world.reporter.of(ClipEncoded)) == 3
    assert [event.reason for event in world.reporter.of(ClipNotEncoded)] == ["ffmpeg failed (its exit code 1): boom"]
    assert not [path for path in world.storage.files(BUILD) if path.name.endswith("-part")]
    made = world.outputs()
    kbps = world.progress().kbps
    assert len(made) == 3
    world.storage.calls.watchers.clear()
    world.executor, world.reporter = InlineExecutor(), MemoryReporter()
    assert world.resume().kbps == kbps
    assert len(world.reporter.of(ClipEncoded)) == 1, "what is done is not done again"
    assert world.outputs().items() >= made.items()


@pytest.mark.parametrize("allocation", Allocation)
@pytest.mark.parametrize("fails_at", ["encoder.encode", "encoder.sample"])
def test_what_the_encoder_refuses_is_copied_as_it_is(allocation: Allocation, fails_at: str) -> None:
    """All others are encoded, and the clip is on the disc under its own name."""
    world = small_world(allocation, count=5)
    odd = "c4" if allocation is Allocation.CONSTANT else "c1"  # at one rate only its own share of the room is left
    others = [f"c{index}.mp4" for index in range(5) if f"c{index}" != odd]
    world.storage.move(CLIPS / f"{odd}.mp4", target=CLIPS / f"{odd}.mov")
    world.sources = (*map(CLIPS.joinpath, others), CLIPS / f"{odd}.mov")
    world.budget = Budget(450_000, 0)
    refusal = MediaError(CLIPS / f"{odd}.mov", "Source Width must be at least 4")

    def refuse(call: Call, phase: Phase) -> None:
        if phase is Phase.AFTER and call.operation == fails_at and call.arguments[0] == CLIPS / f"{odd}.mov":
            raise refusal

    world.storage.calls.watchers.append(refuse)
    report = world.run()
    if fails_at == "encoder.sample" and allocation is Allocation.CONSTANT:
        assert not world.reporter.of(ClipNotEncoded), "its encode would say what is wrong, and does not"
        return
    assert [event.reason for event in world.reporter.of(ClipNotEncoded)] == ["Source Width must be at least 4"]
    assert sorted(world.outputs()) == sorted([*others, f"{odd}.mov"])
    (copied,) = [clip for clip in world.progress(COMPLETED).clips if clip.coding is Coding.AS_IS]
    assert world.storage.content(BUILD / copied.key) == world.storage.content(CLIPS / copied.key)
    assert report.total_bytes <= 450_000


def test_a_leftover_that_is_gone_already_is_no_matter() -> None:
    world = small_world()
    left = BUILD / ".c0.mp4.camvault-part"
    world.storage.put(left, b"half")
    plan = world.plan()
    assert [entry.path for entry in plan.leftovers] == [left]
    world.storage.tree.discard(left)
    world.carry_out(plan)
    assert len(world.outputs()) == 3


def test_a_full_disk_is_resumed() -> None:
    world = small_world(Allocation.CONSTANT)
    world.storage.calls.fail("encoder.encode", NoSpaceError(BUILD, "No space left on device"), when=Phase.DURING)
    with pytest.raises(NoSpaceError):
        world.run()
    assert world.outputs() == {}
    world.resume()
    assert len(world.outputs()) == 3


def test_a_clip_that_changes_while_it_is_encoded_is_refused() -> None:
    world = small_world(Allocation.CONSTANT)
    new = MemoryClip(duration_s=1.0).content(5)
    world.storage.calls.hook("encoder.encode", lambda: world.storage.put(CLIPS / "c0.mp4", new), when=Phase.AFTER)
    with pytest.raises(ClipsLeftOutError, match=r"1 of 3 clips are left out.*c0\.mp4"):
        world.run()
    assert world.states() == {"c0.mp4": "pending", "c1.mp4": "done", "c2.mp4": "done"}


def test_stopping_is_prompt_and_nothing_half_made_stays() -> None:
    world = small_world(Allocation.COMPLEXITY)
    world.storage.calls.hook("encoder.encode", world.cancel.request, when=Phase.DURING)
    with pytest.raises(Cancelled):
        world.run()
    assert world.outputs() == {}
    assert len(world.reporter.of(ClipEncoded)) == 0
    world.cancel = MemoryCancellation()
    world.resume()
    assert world.reporter.of(OutputsVerified)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (MediaInfo(duration_s=1.0, has_video=False), "has no picture"),
        (None, "cannot be played"),
    ],
)
def test_an_encode_that_is_not_the_footage_keeps_the_original(found: MediaInfo | None, words: str) -> None:
    world = small_world(Allocation.CONSTANT, is_deleting=True)
    plan = world.plan()

    class Doubtful(MemoryProbe):
        def probe(self, path: PurePath, /) -> MediaInfo:
            if path != BUILD / "c0.mp4":
                return MemoryProbe(world.storage).probe(path)
            if found is None:
                raise MediaError(path, "moov atom not found")
            return found

    with pytest.raises(MismatchError, match=words):
        prepare(
            plan,
            is_deleting_originals=True,
            job_count=1,
            storage=world.storage,
            probe=Doubtful(world.storage),
            encoder=world.encoder,
            progress_files=world.progress_files,
            executor=InlineExecutor(),
            reporter=world.reporter,
            cancel=world.cancel,
        )
    assert len(world.clips_left()) == 3
    assert world.states()["c0.mp4"] == "pending"


# --- resuming --------------------------------------------------------------------------------------------------------


def test_a_bitrate_survives_a_resume_whatever_is_pending() -> None:
    """TRAP: pending clips alone would fit, and the mode would flip to COPY."""
    world = small_world(Allocation.CONSTANT)
    world.storage.calls.fail("encoder.encode", NoSpaceError(BUILD), when=Phase.AFTER, times=1)
    with pytest.raises(NoSpaceError):
        world.run()
    stored = world.progress()
    assert stored.options.rate_search is RateSearch.DONE
    plan = world.plan_resumed()
    assert (plan.mode, plan.progress.kbps) == (Mode.ENCODE, stored.kbps)
    assert plan.is_resumed
    assert world.carry_out(plan).kbps == stored.kbps


def test_one_bitrate_is_found_by_samples_and_kept() -> None:
    """It stands in the progress file before the first clip is encoded, and all clips are encoded at it."""
    world = small_world(Allocation.CONSTANT, count=6)
    world.budget = Budget(450_000, 0)
    planned = world.plan().progress.kbps
    report = world.run()
    record = world.progress(COMPLETED)
    assert 0.98 <= report.total_bytes / 450_000 <= 1
    assert report.kbps == record.kbps == world.reporter.of(BitrateDecided)[0].kbps != planned
    assert world.reporter.of(BitrateSought)[0].kbps == planned
    assert {clip.encodes[0].rate for clip in record.clips} == {TargetBitrate(record.kbps or 0)}
    assert all(sample.size_bytes for clip in record.clips for sample in clip.samples)


def measured_world() -> World:
    """Clips of one size, of which each has more to gain by bits than the one before it."""
    world = small_world(Allocation.COMPLEXITY)
    world.options = attrs.evolve(world.options, measure=QualityMeasure.VMAF)
    for source, loss in zip(world.sources, (2.0, 15.0, 40.0), strict=True):
        clip = MemoryClip(duration_s=2.0, bytes_per_s=40_000.0, loss=loss)
        world.storage.put(source, clip.content(100_000))
    return world


def test_quality_is_measured_stored_and_decides() -> None:
    """The figures stand beside the sizes of the samples, and the clip that gains most gets most."""
    world = measured_world()
    world.run()
    clips = world.progress(COMPLETED).clips
    assert world.progress(COMPLETED).options.measure is QualityMeasure.VMAF
    assert all(sample.quality is not None for clip in clips for sample in clip.samples)
    sizes = [clip.output.identity.size_bytes for clip in clips if clip.output]
    assert sizes == sorted(sizes)
    assert sizes[2] > 1.2 * sizes[0]
    assert 0.99 * 200_000 <= sum(sizes) <= 200_000


@pytest.mark.parametrize("place", [1, 2, 4])
def test_a_measured_job_that_is_stopped_measures_nothing_twice(place: int) -> None:
    """The resume ends with the outputs of a job that was not stopped."""
    whole, world = measured_world(), measured_world()
    whole.run()
    begun = itertools.count()

    def fail(call: Call, phase: Phase) -> None:
        if phase is Phase.BEFORE and call.operation == "encoder.sample" and next(begun) == place:
            raise NoSpaceError(BUILD)

    world.storage.calls.watchers.append(fail)
    with pytest.raises(NoSpaceError):
        world.run()
    assert sum(len(clip.samples) for clip in world.progress().clips) == place
    world.resume()
    assert world.outputs() == whole.outputs()
    samples = [clip.samples for clip in world.progress(COMPLETED).clips]
    assert samples == [clip.samples for clip in whole.progress(COMPLETED).clips]


def test_a_measured_job_ends_where_nothing_can_be_measured() -> None:
    """It was begun with another ffmpeg, or there is no meter: the sizes of samples are still known."""
    world = measured_world()
    world.is_measuring = False
    world.run()
    record = world.progress(COMPLETED)
    assert all(sample.quality is None for clip in record.clips for sample in clip.samples)
    assert set(world.states(COMPLETED).values()) == {"done"}


def test_a_job_stopped_among_its_samples_takes_no_sample_twice() -> None:
    """What was sampled is in the progress file; the resumed job ends as one that was not stopped."""
    whole, world = (small_world(Allocation.CONSTANT, count=0) for _ in range(2))
    for one in (whole, world):
        one.budget = Budget(3_000_000, 0)
        for index in range(12):
            clip = MemoryClip(duration_s=10.0, bytes_per_s=20_000.0 * (index % 3 + 1))
            one.add(f"c{index:02}.mp4", 1_000_000, clip)
    whole.run()
    begun = itertools.count()

    def fail(call: Call, phase: Phase) -> None:
        if phase is Phase.BEFORE and call.operation == "encoder.sample" and next(begun) == 2:
            raise NoSpaceError(BUILD)

    world.storage.calls.watchers.append(fail)
    with pytest.raises(NoSpaceError):
        world.run()
    record = world.progress()
    assert record.options.rate_search is RateSearch.OPEN
    assert sum(len(clip.samples) for clip in record.clips) == 2
    world.resume()
    assert world.outputs() == whole.outputs()
    samples = [clip.samples for clip in world.progress(COMPLETED).clips]
    assert samples == [clip.samples for clip in whole.progress(COMPLETED).clips]


def test_clips_that_cannot_be_read_tell_nothing_of_the_rate() -> None:
    """The card is gone: nothing is settled, and the next run finds the rate as the first would have."""
    whole, world = small_world(Allocation.CONSTANT), small_world(Allocation.CONSTANT)
    whole.run()

    def fail(call: Call, phase: Phase) -> None:
        if phase is Phase.BEFORE and call.operation in ("encoder.sample", "encoder.encode"):
            raise StorageError(PurePath(str(call.arguments[0])), "Input/output error")

    world.storage.calls.watchers.append(fail)
    with pytest.raises(ClipsLeftOutError):
        world.run()
    assert world.progress().options.rate_search is RateSearch.OPEN
    assert not any(clip.samples for clip in world.progress().clips)
    world.storage.calls.watchers.clear()
    world.resume()
    assert world.outputs() == whole.outputs()


def test_one_clip_that_cannot_be_read_leaves_the_rate_to_the_others() -> None:
    """The others are sampled and encoded; the clip is encoded at their rate when it can be read again."""
    world = small_world(Allocation.CONSTANT)

    def fail(call: Call, phase: Phase) -> None:
        if phase is Phase.BEFORE and call.operation == "encoder.sample" and call.arguments[0] == CLIPS / "c1.mp4":
            raise StorageError(CLIPS / "c1.mp4", "Input/output error")

    world.storage.calls.watchers.append(fail)
    with pytest.raises(ClipsLeftOutError):
        world.run()
    kbps = world.progress().kbps
    assert sorted(world.outputs()) == ["c0.mp4", "c2.mp4"]
    assert world.progress().options.rate_search is RateSearch.DONE
    world.storage.calls.watchers.clear()
    assert world.resume().kbps == kbps
    assert sorted(world.outputs()) == ["c0.mp4", "c1.mp4", "c2.mp4"]


def test_an_encoder_that_cannot_sample_encodes_at_the_planned_rate() -> None:
    """As before there were samples."""
    world = small_world(Allocation.CONSTANT)
    planned = world.plan().progress.kbps

    def fail(call: Call, phase: Phase) -> None:
        if phase is Phase.BEFORE and call.operation == "encoder.sample":
            raise ToolError("ffmpeg", 1, ("boom",))

    world.storage.calls.watchers.append(fail)
    assert world.run().kbps == planned
    assert {clip.encodes[0].rate for clip in world.progress(COMPLETED).clips} == {TargetBitrate(planned or 0)}


def test_a_progress_file_in_a_place_that_cannot_be_read_is_a_record_error() -> None:
    world = small_world()
    world.run()
    world.storage.unreadable.add(COMPLETED)
    with pytest.raises(RecordError):
        world.plan_resumed(COMPLETED)


def test_a_finished_job_that_says_pending_is_inconsistent() -> None:
    world = small_world()
    world.run()
    job = world.progress(COMPLETED)
    pending = attrs.evolve(job.clips[0], state=ClipState.PENDING, output=None)
    world.progress_files.save(COMPLETED, attrs.evolve(job, clips=(pending, *job.clips[1:])))
    with pytest.raises(RecordError, match="not every clip is done"):
        world.plan_resumed(COMPLETED)


def test_a_stale_finished_record_makes_room() -> None:
    world = small_world()
    world.run()
    world.progress_files.save(PROGRESS, world.progress(COMPLETED))
    world.resume()
    assert world.storage.tree.find(PROGRESS) is None
    assert world.storage.tree.find(COMPLETED) is not None


def test_contradictions_are_record_errors() -> None:
    world = small_world()
    world.run()
    with pytest.raises(RecordError, match="--preset is 3"):
        world.plan_resumed(expected=ResumeWishes(preset=3))


PLAIN = '{"disc_bytes": 1000000, "safety_bytes": 0, "mode": "%s", "kbps": %s, "files": {"c0.mp4": "done"}}'


@pytest.mark.parametrize(
    ("mode", "output", "is_kept"),
    [
        ("COPY", None, False),
        ("COPY", MemoryClip(duration_s=1.0, bytes_per_s=20_000.0).content(100_000), True),
        ("COPY", b"half", False),
        ("ENCODE", MemoryClip(duration_s=1.0).content(500), True),
        ("ENCODE", MemoryClip(duration_s=5.0).content(500), False),
        ("ENCODE", b"rubbish", False),
    ],
)
def test_a_plain_done_output_is_compared_before_it_is_believed(mode: str, output: bytes | None, is_kept: bool) -> None:
    world = small_world(count=1)
    world.storage.put(PROGRESS, PLAIN % (mode, "null" if mode == "COPY" else "300"))
    if output is not None:
        world.storage.put(BUILD / "c0.mp4", output)
    plan = world.plan_resumed()
    assert (plan.progress.clips[0].state is ClipState.DONE) == is_kept
    world.carry_out(plan)
    assert (len(world.reporter.of(ClipStarted)) == 0) == is_kept
    if output is not None and is_kept:
        assert world.storage.content(BUILD / "c0.mp4") == output


@pytest.mark.parametrize("mode", ["COPY", "ENCODE"])
def test_an_adopted_output_lets_its_original_go_only_if_equal(mode: str) -> None:
    """Another clip may have the same name and the same length."""
    world = small_world(count=1, is_deleting=True)
    original = world.storage.content(CLIPS / "c0.mp4")
    world.storage.put(PROGRESS, PLAIN % (mode, "null" if mode == "COPY" else "300"))
    world.storage.put(BUILD / "c0.mp4", original if mode == "COPY" else MemoryClip(duration_s=1.0).content(500))
    world.resume()
    assert bool(world.clips_left()) == (mode == "ENCODE")
    assert [event.reason for event in world.reporter.of(OriginalKept)] == [
        "another tool made the output: only its length could be compared with the original"
    ] * (mode == "ENCODE")


@pytest.mark.parametrize(
    ("given", "output", "is_taken"),
    [
        ("c0.mp4", "same", True),
        ("c0.mp4", "other", False),
        ("c0.mp4", "longer output", False),
        ("c1.mp4", "same", False),
        ("c0.mp4", None, True),
    ],
)
def test_a_new_job_keeps_plain_outputs_that_are_no_copies(given: str, output: str | None, is_taken: bool) -> None:
    """INV-2: an output of the same name may be the only copy of another clip."""
    world = World()
    content = world.storage.content(world.add(given))
    world.storage.put(PROGRESS, PLAIN % ("COPY", "null"))
    outputs = {"same": content, "other": content[:-1] + b"!", "longer output": content + b"!"}
    if output is not None:
        world.storage.put(BUILD / "c0.mp4", outputs[output])
    if is_taken:
        world.run()
        assert world.storage.content(BUILD / "c0.mp4") == content
        return
    with pytest.raises(UsageError, match="nothing proves that its original is there"):
        world.run()
    assert output is not None
    assert world.storage.content(BUILD / "c0.mp4") == outputs[output]


@pytest.mark.parametrize("mode", ["COPY", "ENCODE"])
def test_a_plain_output_whose_original_is_gone_is_kept(mode: str) -> None:
    world = World()
    world.storage.put_folder(CLIPS)
    world.storage.put(PROGRESS, PLAIN % (mode, "null" if mode == "COPY" else "300"))
    world.storage.put(BUILD / "c0.mp4", MemoryClip(duration_s=5.0).content(500))
    world.is_deleting = True
    assert world.resume().total_bytes == 500


def test_a_plain_pending_clip_that_is_no_clip_is_copied() -> None:
    world = World()
    world.storage.put(CLIPS / "c0.mp4", b"rubbish")
    world.storage.put(PROGRESS, (PLAIN % ("ENCODE", "300")).replace("done", "pending"))
    world.resume()
    assert world.storage.content(BUILD / "c0.mp4") == b"rubbish"


def test_a_resume_elsewhere_makes_the_build_directory() -> None:
    world = small_world(count=1)
    world.storage.put(PROGRESS, (PLAIN % ("COPY", "null")).replace("done", "pending"))
    plan = world.plan_resumed()
    other = attrs.evolve(plan, build_dir=PurePath("/desk/other"))
    world.carry_out(other)
    assert world.storage.tree.find(PurePath("/desk/other/c0.mp4")) is not None


# --- what may be somebody's ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["pending", "done"])
@pytest.mark.parametrize("content", [b"somebody's", None], ids=["other", "equal"])
def test_what_nobody_can_prove_to_be_ours_is_set_aside(state: str, content: bytes | None) -> None:
    """A name in a progress file proves nothing; what stands there makes room without being lost."""
    world = small_world(count=1)
    world.storage.put(PROGRESS, (PLAIN % ("COPY", "null")).replace("done", state))
    original = world.storage.content(CLIPS / "c0.mp4")
    for path in (BUILD / "c0.mp4", BUILD / ".camvault-aside-1-c0.mp4"):
        world.storage.put(path, original if content is None else content)
    world.resume()
    aside = [event.target.name for event in world.reporter.of(FileSetAside)]
    assert aside == ([] if content is None else [".camvault-aside-2-c0.mp4"])
    assert [world.storage.content(BUILD / name) for name in aside] == [content] * len(aside)
    assert world.storage.content(BUILD / "c0.mp4") == original


@pytest.mark.parametrize("state", ["pending", "done"])
@pytest.mark.parametrize("is_linked", [False, True])
def test_a_job_started_in_its_build_directory_takes_no_output_for_an_original(state: str, is_linked: bool) -> None:
    """TRAP: names of the plain format are relative to where the command is started: the clip is its own output."""
    world = World(is_deleting=True)
    world.storage.put(PROGRESS, (PLAIN % ("COPY", "null")).replace("done", state))
    world.storage.put(BUILD / "c0.mp4", b"the only copy")
    here = PurePath("/link") if is_linked else BUILD
    if is_linked:
        world.storage.put_link(here, str(BUILD))
    if state == "done":
        world.carry_out(world.plan_resumed(here=here))
    else:
        with pytest.raises(ClipsLeftOutError, match="is not the file that the job was planned with"):
            world.carry_out(world.plan_resumed(here=here))
    assert world.storage.content(BUILD / "c0.mp4") == b"the only copy"
    assert world.reporter.of(OriginalRemoved) == ()


@pytest.mark.parametrize("allocation", [Allocation.CONSTANT, Allocation.COMPLEXITY])
def test_an_output_is_recorded_before_it_has_its_name(allocation: Allocation) -> None:
    """So that no file of ours ever stands there that could be somebody's."""
    world = small_world(allocation)
    recorded: list[bool] = []

    def look(call: Call, phase: Phase) -> None:
        if call.operation == "storage.publish" and phase is Phase.BEFORE:
            temporary = call.arguments[0]
            assert isinstance(temporary, PurePath)
            known = {clip.output.sha256 for clip in world.progress().clips if clip.output}
            recorded.append(sha256(world, temporary) in known)

    world.storage.calls.watchers.append(look)
    world.run()
    assert recorded
    assert all(recorded)


# --- the private cancellation ----------------------------------------------------------------------------------------


class TestLinkedCancellation:
    def test_either_end_stops_it(self) -> None:
        parent = MemoryCancellation()
        linked = LinkedCancellation(parent)
        linked.check()
        assert not linked.wait(0.05)
        linked.request()
        assert linked.wait(60)
        assert not parent.is_requested
        with pytest.raises(Cancelled):
            linked.check()
        other = LinkedCancellation(parent)
        parent.request()
        assert other.is_requested
        with other.warn_first(lambda: None):
            pass


# --- a state machine -------------------------------------------------------------------------------------------------


class ResumableJob(RuleBasedStateMachine):
    """A job that is broken off, damaged and resumed in any order; the model is the uninterrupted run."""

    @initialize(allocation=st.sampled_from([None, *Allocation]), deleting=st.booleans())
    def begin(self, allocation: Allocation | None, deleting: bool) -> None:
        model = small_world(allocation)
        model.run()
        self.expected = model.outputs()
        self.world = small_world(allocation, is_deleting=deleting)
        self.contents = {path: self.world.storage.content(path) for path in self.world.sources}

    @property
    def is_finished(self) -> bool:
        return self.world.storage.tree.find(COMPLETED) is not None

    @rule(
        operation=st.sampled_from(
            ["storage.copy", "storage.write_text", "encoder.encode", "storage.digest", "storage.read_back"]
        ),
        when=st.sampled_from([Phase.BEFORE, Phase.DURING, Phase.AFTER]),
        skipped=st.integers(0, 5),
    )
    def run_until_something_fails(self, operation: str, when: Phase, skipped: int) -> None:
        left = [skipped]

        def fail() -> None:
            left[0] -= 1
            if left[0] == -1:
                raise StorageError(BUILD, "Input/output error")

        self.world.storage.calls.hook(operation, fail, when=when, times=None)
        with contextlib.suppress(StorageError, MismatchError):
            self.world.run_or_resume()
        self.world.storage.calls.watchers.clear()

    @precondition(lambda self: not self.is_finished)
    @rule(name=st.sampled_from(["c0.mp4", "c1.mp4", "c2.mp4"]), content=st.sampled_from([None, b"cut"]))
    def damage_an_output(self, name: str, content: bytes | None) -> None:
        path = BUILD / name
        if self.world.storage.tree.find(path) is None:
            return
        if content is None:
            self.world.storage.tree.discard(path)
        else:
            self.world.storage.put(path, content)

    @rule()
    def run_to_the_end(self) -> None:
        self.world.run_or_resume()
        assert self.world.outputs() == self.expected
        assert bool(self.world.clips_left()) != self.world.is_deleting

    @invariant()
    def no_footage_is_lost(self) -> None:
        if hasattr(self, "world"):
            for path, content in self.contents.items():
                found = self.world.storage.tree.find(path)
                if found is None:
                    assert self.is_finished
                    assert sha256(self.world, BUILD / path.name) == self.expected[path.name]
                else:
                    assert found.content == content


TestResumableJob = ResumableJob.TestCase
TestResumableJob.settings = settings(max_examples=25, stateful_step_count=8, deadline=None)


# --- real storage ----------------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    """A sparse clip of 256 MB is copied, hashed and read back within 16 MB of Python's memory."""
    clip = tmp_path / "big.mp4"
    size = 256_000_000
    with clip.open("wb") as file:
        file.truncate(size)
    storage = LocalStorage()
    cancel = MemoryCancellation()

    class AnyClip:
        name = "any"

        def probe(self, path: PurePath, /) -> MediaInfo:
            return MediaInfo(duration_s=10.0)

    def run(executor: ThreadPoolExecutor) -> int:
        plan = plan_new(
            PrepareRequest(build_dir=tmp_path / "work", sources=(clip,)),
            storage=storage,
            probe=AnyClip(),
            progress_files=JsonProgressFiles(storage),
            executor=executor,
            cancel=cancel,
        )
        return prepare(
            plan,
            is_deleting_originals=False,
            job_count=1,
            storage=storage,
            probe=AnyClip(),
            encoder=MemoryEncoder(MemoryStorage()),
            progress_files=JsonProgressFiles(storage),
            executor=executor,
            reporter=MemoryReporter(),
            cancel=cancel,
        ).total_bytes

    tracemalloc.start()
    try:
        with ThreadPoolExecutor(2) as executor:
            assert run(executor) == size
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 16_000_000, most
    (tmp_path / "work/big.mp4").unlink()


def test_no_progress_file_is_a_record_error() -> None:
    with pytest.raises(RecordError, match="No such file"):
        small_world().plan_resumed()


# --- folders ---------------------------------------------------------------------------------------------------------


def test_a_folder_stands_for_the_files_in_it() -> None:
    """A camera's card as it is: numbered folders, a sidecar, and what other systems left there."""
    world = World()
    card = PurePath("/card/DCIM")
    for name in ("100MEDIA/A.MP4", "101MEDIA/A.MP4", "101MEDIA/B.MP4"):
        world.storage.put(card / name, MemoryClip().content(1000 + len(name)))
    world.storage.put(card / "100MEDIA/A.LRF", b"small")
    for name in (".Trashes/x.mp4", "._A.MP4", "System Volume Information/guid"):
        world.storage.put(card / name, b"not of the camera")
    world.storage.put(card / "progress.json", b"{}")
    world.storage.put_link(card / "link.mp4", str(card / "100MEDIA/A.MP4"))
    world.storage.put_link(card / "folder", str(card / "100MEDIA"))
    world.sources = (card,)
    report = world.run()
    assert sorted(world.outputs()) == ["A.LRF", "A.MP4", "A~2.MP4", "B.MP4"]
    assert [clip.source for clip in report.clips][:2] == [card / "100MEDIA/A.LRF", card / "100MEDIA/A.MP4"]
    warnings = " ".join(world.reporter.lines())
    assert "progress.json is not taken: camvault keeps names like this for its own files" in warnings
    assert "link.mp4 is the same file as" in warnings


@pytest.mark.parametrize("mode", Mode)
def test_what_is_no_file_in_a_folder_is_left_out_by_name(mode: Mode) -> None:
    """A link to a disk that is not there stands for a clip that the user believes to be safe."""
    world = World()
    if mode is Mode.ENCODE:
        world.budget = Budget(700_000, 0)
    card = PurePath("/card")
    world.storage.put(card / "A.MP4", MemoryClip().content(1_000_000))
    world.storage.put(card / "lost+found/#12", b"rescued")
    world.storage.put("/other/B.MP4", b"elsewhere")
    world.storage.put_link(card / "gone.mp4", "/mnt/none.mp4")
    world.storage.put_link(card / "more", "/other")
    world.sources = (card,)
    assert "/card/gone.mp4: No such file; it will be left out" in world.plan().warnings
    with pytest.raises(ClipsLeftOutError) as caught:
        world.run()
    assert [left.source for left in caught.value.left_out] == [card / "gone.mp4", card / "more"]
    assert sorted(world.outputs()) == ["#12", "A.MP4"]


def test_a_folder_of_nothing_but_links_that_lead_nowhere_is_refused() -> None:
    world = World()
    world.storage.put_folder("/card")
    world.storage.put_link("/card/gone.mp4", "/mnt/none.mp4")
    world.storage.put_link("/card/loop.mp4", "/card/loop.mp4")
    world.sources = (PurePath("/card"),)
    with pytest.raises(UsageError) as caught:
        world.plan()
    first, second = str(caught.value).split("; ")
    assert first == "/card/gone.mp4: No such file"
    assert second.startswith("/card/loop.mp4: ")


def test_the_build_directory_and_the_log_are_no_clips_of_the_folder_around_them() -> None:
    world = World()
    world.storage.put("/desk/a.mp4", MemoryClip().content(100))
    world.storage.put("/desk/prep.log", b"started")
    world.sources = (PurePath("/desk"),)
    world.run()
    world.storage.put(BUILD / "other", b"something")
    plan = plan_new(
        PrepareRequest(build_dir=BUILD, sources=world.sources, log_file=PurePath("/desk/prep.log")),
        storage=world.storage,
        probe=MemoryProbe(world.storage),
        progress_files=world.progress_files,
        executor=world.executor,
        cancel=world.cancel,
    )
    assert [clip.key for clip in plan.progress.clips] == ["a.mp4"]


@pytest.mark.parametrize(
    ("is_listed", "words"),
    [(True, "/card/empty: is a directory, and there is no file in it"), (False, "/card/empty: Input/output error")],
)
def test_a_folder_that_gives_no_file_is_a_problem(is_listed: bool, words: str) -> None:
    world = small_world()
    world.storage.put_folder("/card/empty")
    world.sources = (*world.sources, PurePath("/card/empty"))
    if not is_listed:
        world.storage.calls.fail("storage.scan", StorageError(PurePath("/card/empty"), "Input/output error"))
    with pytest.raises(UsageError) as caught:
        world.plan()
    assert str(caught.value) == words


# --- clips left out --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("allocation", [None, *Allocation])
def test_a_job_may_be_finished_without_clips(allocation: Allocation | None) -> None:
    """What is done is complete and may go on to a disc; the record says what is missing, and why."""
    world = small_world(allocation, is_deleting=True)
    world.is_keeping_going = True
    plan = world.plan()
    world.storage.unreadable.add(CLIPS / "c1.mp4")
    report = world.carry_out(plan)
    assert [(clip.key, clip.source) for clip in report.left_out] == [("c1.mp4", CLIPS / "c1.mp4")]
    assert sorted(world.outputs()) == ["c0.mp4", "c2.mp4"]
    assert [clip.left_out != "" for clip in world.progress(COMPLETED).clips] == [False, True, False]
    assert world.clips_left() == {CLIPS / "c1.mp4"}
    again = world.resume()
    assert again.left_out == report.left_out, "a finished job stays finished"
    assert [event.name for event in world.reporter.of(ClipLeftOut)] == ["c1.mp4"]


def test_a_job_is_not_finished_without_any_clip() -> None:
    world = small_world(count=1)
    world.is_keeping_going = True
    plan = world.plan()
    world.storage.unreadable.add(CLIPS / "c0.mp4")
    with pytest.raises(ClipsLeftOutError):
        world.carry_out(plan)
    world.storage.unreadable.clear()
    assert world.resume().left_out == ()


def test_what_was_left_out_is_tried_again_by_a_resume() -> None:
    """Power fails between the record that a clip is left out and the end of the job."""
    world = small_world()
    world.is_keeping_going = True
    plan = world.plan()
    world.storage.unreadable.add(CLIPS / "c1.mp4")
    world.storage.calls.fail("storage.rename", StorageError(PROGRESS, "Input/output error"))
    with pytest.raises(StorageError):
        world.carry_out(plan)
    assert world.progress().clips[1].left_out
    world.storage.unreadable.clear()
    assert world.resume().left_out == ()
    assert len(world.outputs()) == 3


def test_a_correction_that_fails_leaves_the_output_before_it() -> None:
    """The encoder took the clip once; that it refuses it at another rate throws nothing away."""
    world, scratch = small_world(Allocation.CONSTANT), small_world(Allocation.CONSTANT)
    kbps = scratch.run().kbps or 0
    world.encoder.surprise = lambda _, settings: 3.0 if settings.rate == TargetBitrate(kbps) else 1.0
    tries = itertools.count()

    def refuse(call: Call, phase: Phase) -> None:
        if phase is Phase.BEFORE and call.operation == "encoder.encode" and next(tries) >= 3:
            raise ToolError("ffmpeg", 1, ("boom",))

    world.storage.calls.watchers.append(refuse)
    with pytest.raises(OutputsTooBigError):
        world.run()
    assert len(world.outputs()) == 3
    assert "that failed, the output before it stays" in " ".join(world.reporter.lines())


def test_a_doubt_is_told_once_for_each_clip() -> None:
    """However often a clip is encoded again: the same words five times are five lines that nobody reads."""
    world = World(budget=Budget(200_000, 0))
    for index in range(3):
        kept = ("a subtitle",) if index else ()
        clip = MemoryClip(duration_s=1.0 + index, bytes_per_s=20_000.0 * (index + 1), unkept=kept)
        world.add(f"c{index}.mp4", 100_000, clip)
    world.encoder.surprise = lambda _source, _settings: 1.5  # no sample foretells it
    world.run()
    encodes = [event.name for event in world.reporter.of(ClipEncoded)]
    assert encodes.count("c1.mp4") + encodes.count("c2.mp4") > 2
    assert sorted(event.name for event in world.reporter.of(ClipInDoubt)) == ["c1.mp4", "c2.mp4"]


def test_nothing_of_this_run_is_left_over_from_an_earlier_one() -> None:
    world = small_world(Allocation.CONSTANT)
    world.encoder.surprise = lambda _source, _settings: 1.5  # no sample foretells it
    world.run()
    assert world.reporter.of(ClipRedone)
    assert world.reporter.of(LeftoverRemoved) == ()


@pytest.mark.parametrize("allocation", [None, Allocation.CONSTANT])
def test_a_time_that_cannot_be_held_is_a_warning(allocation: Allocation | None) -> None:
    """ext4 with small inodes ends in 2038; the clock of a camera does not."""
    latest_ns = 2**31 * 10**9

    class SmallInodes(MemoryStorage):
        def _file(self, content: bytes, mtime_ns: int | None = None) -> Node:
            return super()._file(content, None if mtime_ns is None else min(mtime_ns, latest_ns))

    world = attrs.evolve(small_world(allocation), storage=SmallInodes(), sources=())
    world.encoder = MemoryEncoder(world.storage)
    for index in range(3):
        world.add(f"c{index}.mp4", 100_000, MemoryClip(duration_s=1.0 + index))
    node = world.storage.tree.get(CLIPS / "c0.mp4")
    world.storage.tree.set(CLIPS / "c0.mp4", attrs.evolve(node, mtime_ns=2_366_841_600 * 10**9))
    assert len(world.run().clips) == 3
    assert [event.name for event in world.reporter.of(TimeNotKept)] == ["c0.mp4"]


@pytest.mark.parametrize("times", [1, 3])
def test_a_clip_of_which_one_sample_fails_is_taken_out_once(times: int) -> None:
    """Several samples of it run at once: what the others give, or how they fail, is of no use any more."""
    world = small_world(Allocation.COMPLEXITY, count=5)
    world.budget, world.job_count = Budget(450_000, 0), 3
    first = CLIPS / "c4.mp4"
    left = itertools.count()

    def refuse(call: Call, phase: Phase) -> None:
        is_sample = call.operation == "encoder.sample" and call.arguments[0] == first
        if phase is Phase.BEFORE and is_sample and next(left) < times:
            raise MediaError(first, "no picture")

    world.storage.calls.watchers.append(refuse)
    world.run()
    assert [event.name for event in world.reporter.of(ClipNotEncoded)] == ["c4.mp4"]
    assert len(world.outputs()) == 5


@pytest.mark.parametrize("times", [1, 3])
def test_samples_of_one_clip_that_run_at_once(times: int) -> None:
    """A clip of minutes has several: after the first that fails, the others are of no use, however they end."""
    world = small_world(Allocation.COMPLEXITY, count=2)
    world.budget, world.job_count = Budget(2_500_000, 0), 8
    long = world.add("long.mp4", 3_000_000, MemoryClip(duration_s=120.0, bytes_per_s=5_000.0))
    left = itertools.count()

    def refuse(call: Call, phase: Phase) -> None:
        is_sample = call.operation == "encoder.sample" and call.arguments[0] == long
        if phase is Phase.BEFORE and is_sample and next(left) < times:
            raise MediaError(long, "no picture")

    world.storage.calls.watchers.append(refuse)
    with pytest.raises(ClipsLeftOutError, match=r"long\.mp4"):
        world.run()
    assert [event.name for event in world.reporter.of(ClipNotEncoded)] == ["long.mp4"]


def test_a_full_drive_stops_encodes_that_run_beside_it() -> None:
    """None goes on after the job has ended, and nothing half made is left."""
    world = small_world(Allocation.CONSTANT)
    world.job_count = 2
    world.storage.calls.fail("encoder.encode", NoSpaceError(BUILD / "c0.mp4"))
    with pytest.raises(NoSpaceError):
        world.run()
    assert not [path for path in world.storage.files(BUILD) if path.name.endswith("-part")]


def test_a_completed_record_that_stands_there_at_the_end_is_replaced() -> None:
    """Somebody copied it back meanwhile, of an earlier job."""
    world = small_world()
    world.storage.calls.hook("storage.copy", lambda: world.storage.put(COMPLETED, b"{}"), when=Phase.AFTER)
    world.run()
    assert b"c0.mp4" in world.storage.content(COMPLETED)


def test_a_full_drive_stops_a_copy_for_all() -> None:
    """It would meet every other clip as well."""
    world = small_world()
    world.storage.calls.fail("storage.copy", NoSpaceError(BUILD / "c0.mp4"))
    with pytest.raises(NoSpaceError):
        world.run()
    assert world.reporter.of(ClipLeftOut) == ()


def test_what_an_encode_cannot_keep_is_told_beforehand() -> None:
    world = small_world(Allocation.CONSTANT, is_deleting=True)
    clip = MemoryClip(duration_s=2.0, bytes_per_s=40_000.0, unkept=("data stream 2 (camm) is left out",))
    world.storage.put(CLIPS / "c1.mp4", clip.content(100_000))
    plan = world.plan()
    assert plan.warnings == ("/clips/c1.mp4: data stream 2 (camm) is left out; its original will be kept",)
    assert world.carry_out(plan).kept == (CLIPS / "c1.mp4",)


def test_a_clip_that_vanishes_between_two_looks_is_a_problem() -> None:
    """The first look asks whether it is a folder; the second one says what is wrong."""
    world = small_world()
    seen = itertools.count()

    def fail(call: Call, phase: Phase) -> None:
        is_clip = call.operation == "storage.entry" and call.arguments[0] == CLIPS / "c0.mp4"
        if phase is Phase.BEFORE and is_clip and next(seen) == 1:
            raise DeniedError(CLIPS / "c0.mp4", "Permission denied")

    world.storage.calls.watchers.append(fail)
    with pytest.raises(UsageError, match=r"c0\.mp4: Permission denied"):
        world.plan()
