"""prepare on in-memory and real storage: faults, proofs, resuming as a state machine, speed and memory."""

import contextlib
import hashlib
import itertools
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
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.capacity.budget import Budget
from camvault.core.batch.plan import OutputsTooBigError, PrepareRequest
from camvault.core.batch.resuming import Expected
from camvault.core.workflows.bodycam._stop import LinkedCancellation
from camvault.core.workflows.bodycam.prepare import prepare
from camvault.core.workflows.bodycam.events import (
    ClipAgain,
    ClipEncoded,
    ClipStarted,
    DiscCapacity,
    OriginalKept,
    OriginalRemoved,
    OutputsVerified,
    StrangerSetAside,
)
from camvault.core.workflows.bodycam.plan import plan_new
from camvault.ports.entries import FileEntry
from camvault.ports.errors import (
    BusyError,
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
from camvault.ports.media import MediaInfo
from camvault.ports.progress import Allocation, ClipState, Mode
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
    assert str(DiscCapacity(disc, disc - safety)).startswith(f"Disc capacity: {disc:,} bytes ({disc // 10**9} GB)")


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


@pytest.mark.parametrize("operation", ["storage.entry", "probe.probe"])
def test_an_unreadable_clip_is_a_problem(operation: str) -> None:
    world = small_world()
    world.storage.calls.fail(operation, DeniedError(CLIPS / "c0.mp4", "Permission denied"))
    with pytest.raises(UsageError, match=r"c0\.mp4: Permission denied"):
        world.plan()


def test_a_probe_that_dies_of_a_clip_says_something_about_the_clip() -> None:
    world = small_world(Allocation.CONSTANT)
    world.storage.calls.fail("probe.probe", ToolError("ffprobe", 139, ("Segmentation fault",)))
    with pytest.raises(UsageError, match=r"c0\.mp4: ffprobe failed .*Segmentation fault"):
        world.plan()


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


def test_an_output_that_changed_during_the_run_is_found() -> None:
    world = small_world(is_deleting=True)
    target = BUILD / "c0.mp4"
    world.storage.calls.hook("storage.digest", lambda: world.storage.put(BUILD / "c2.mp4", b"other"))
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
    with pytest.raises(ChangedError):
        world.carry_out(plan)
    assert len(world.clips_left()) == 3
    with pytest.raises(UsageError, match="was changed since the job was planned"):
        world.plan_resumed()


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
    assert [event.reason for event in world.reporter.of(OriginalKept)] == ["its content is not what was prepared"]


@pytest.mark.parametrize("size", [100_000, 99_999])
def test_a_file_swapped_between_the_look_and_the_copy_is_refused(size: int) -> None:
    world = small_world(is_deleting=True)
    later_ns = 3_000_000_000_000
    world.storage.calls.hook(
        "storage.copy", lambda: world.storage.put(CLIPS / "c0.mp4", b"x" * size, mtime_ns=later_ns), when=Phase.BEFORE
    )
    with pytest.raises(ChangedError, match="is not the file that the job was planned with"):
        world.run()
    assert world.states()["c0.mp4"] == "pending"
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
    assert "WARNING c1.mp4 is damaged, its original will be kept: a hole" in world.reporter.lines()
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
    world.encoder.target_share = 1.4
    report = world.run()
    assert report.total_bytes <= 200_000
    assert world.reporter.of(ClipAgain)
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


def test_a_failed_encode_stops_the_others_and_leaves_no_half_files() -> None:
    world = small_world(Allocation.CONSTANT, count=4)
    world.budget = Budget(300_000, 0)
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
        with pytest.raises(ToolError, match="boom"):
            world.run()
    assert not [path for path in world.storage.files(BUILD) if path.name.endswith("-part")]
    world.storage.calls.watchers.clear()
    world.executor = InlineExecutor()
    world.resume()
    assert len(world.outputs()) == 4


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
    with pytest.raises(ChangedError):
        world.run()
    assert world.states()["c0.mp4"] == "pending"


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
        (MediaInfo(duration_s=0.3), "has 0.3 s of footage instead of 1.0 s"),
        (MediaInfo(duration_s=1.0, has_video=False), "has 1.0 s of footage"),
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
    world.storage.calls.fail("encoder.encode", ToolError("ffmpeg", 1), when=Phase.AFTER, times=1)
    first = world.plan()
    with pytest.raises(ToolError):
        world.carry_out(first)
    plan = world.plan_resumed()
    assert (plan.mode, plan.progress.kbps) == (Mode.ENCODE, first.progress.kbps)
    assert plan.is_resumed


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
        world.plan_resumed(expected=Expected(preset=3))


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
    if output is not None:
        old = {"same": content, "other": content[:-1] + b"!", "longer output": content + b"!"}[output]
        world.storage.put(BUILD / "c0.mp4", old)
    if is_taken:
        world.run()
        assert world.storage.content(BUILD / "c0.mp4") == content
        return
    with pytest.raises(UsageError, match="nothing proves that its original is there"):
        world.run()
    assert world.storage.content(BUILD / "c0.mp4") == old


@pytest.mark.parametrize("mode", ["COPY", "ENCODE"])
def test_a_plain_output_whose_original_is_gone_is_kept(mode: str) -> None:
    world = World()
    world.storage.put_folder(CLIPS)
    world.storage.put(PROGRESS, PLAIN % (mode, "null" if mode == "COPY" else "300"))
    world.storage.put(BUILD / "c0.mp4", MemoryClip(duration_s=5.0).content(500))
    world.is_deleting = True
    assert world.resume().total_bytes == 500


def test_a_plain_pending_clip_that_is_no_clip_cannot_be_encoded() -> None:
    world = World()
    world.storage.put(CLIPS / "c0.mp4", b"rubbish")
    world.storage.put(PROGRESS, (PLAIN % ("ENCODE", "300")).replace("done", "pending"))
    with pytest.raises(UsageError, match="not a media file"):
        world.plan_resumed()


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
    aside = [event.target.name for event in world.reporter.of(StrangerSetAside)]
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
        with pytest.raises(UsageError, match="No such file"):
            world.plan_resumed(here=here)
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
        operation=st.sampled_from(["storage.copy", "storage.write_text", "encoder.encode", "storage.digest"]),
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
