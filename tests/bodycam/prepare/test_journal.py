"""Beside the progress file of a long job stands a journal: torn, damaged or of another file, it never says too much."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path, PurePath

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.adapters.contracts._batch_records import batch_records
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import Call, MemoryStorage, PowerCut
from camvault.adapters.memory.calls import Phase
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.batch.names import is_journal, is_temporary
from camvault.core.workflows.bodycam.cleanup import clean_up
from camvault.core.workflows.bodycam.prepare import ClipCopied, LeftoverRemoved
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Mode, OutputRecord
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import CamvaultError
from tests.bodycam.prepare.helpers import BUILD, CLIPS, COMPLETED, PROGRESS, World, small_world

PATH = PurePath("/desk/progress.json")
JOURNAL = PurePath("/desk/.progress.json.journal.camvault-part")


def new(lag_parts: int = 1) -> JsonProgressFiles:
    storage = MemoryStorage()
    storage.make_folder(PATH.parent)
    return JsonProgressFiles(storage, lag_parts=lag_parts)


def job(count: int = 4) -> BatchRecord:
    clips = (ClipRecord(key=f"{n}.mp4", source=PurePath(f"/c/{n}.mp4"), output_name=f"{n}.mp4") for n in range(count))
    return BatchRecord(25_000_000_000, 1, Mode.COPY, None, tuple(clips))


def with_done(progress: BatchRecord, *places: int) -> BatchRecord:
    clips = list(progress.clips)
    for place in places:
        made = OutputRecord(FileIdentity(place, 2), f"{place:064x}")
        clips[place] = attrs.evolve(clips[place], state=ClipState.DONE, output=made)
    return attrs.evolve(progress, clips=tuple(clips))


def text_of(files: JsonProgressFiles, path: PurePath = PATH) -> str:
    return files.records.read_text(path) or ""


def test_the_file_stays_and_the_journal_grows_by_a_line() -> None:
    files, first = new(), job()
    files.save(PATH, first)
    before = text_of(files)
    for place in range(3):
        files.save(PATH, first := with_done(first, place))
    assert text_of(files) == before
    assert len(text_of(files, JOURNAL).splitlines()) == 1 + 3
    assert JsonProgressFiles(files.records).load(PATH) == first


def test_a_short_job_has_no_journal() -> None:
    files, first = new(100), job(99)
    files.save(PATH, first)
    files.save(PATH, with_done(first, 5))
    assert files.records.read_text(JOURNAL) is None
    assert json.loads(text_of(files))["files"]["5.mp4"] == "done"
    assert files.settle(PATH) is None


def test_its_name_is_that_of_an_unfinished_file() -> None:
    """So it goes onto no disc, and cleanup, a resume, and versions before know what it is."""
    files = new()
    files.save(PATH, job())
    files.save(PATH, with_done(job(), 1))
    journal = files.settle(PATH)
    assert journal == JOURNAL
    assert is_temporary(JOURNAL.name)
    assert is_journal(JOURNAL.name)
    assert not is_journal(".a.mp4.camvault-part")


def test_what_is_no_change_of_clips_is_written_into_the_file() -> None:
    files, first = new(), attrs.evolve(job(), mode=Mode.ENCODE, kbps=300)
    files.save(PATH, first)
    files.save(PATH, with_done(first, 1))
    other = attrs.evolve(with_done(first, 1, 2), kbps=200)
    files.save(PATH, other)
    assert json.loads(text_of(files))["kbps"] == 200
    assert files.load(PATH) == other
    fewer = attrs.evolve(other, clips=other.clips[:2])
    files.save(PATH, fewer)
    assert files.load(PATH) == fewer
    renamed = attrs.evolve(fewer, clips=tuple(attrs.evolve(c, key=f"new {c.key}") for c in fewer.clips))
    files.save(PATH, renamed)
    assert files.load(PATH) == renamed


def test_clips_that_change_together_are_one_line() -> None:
    files, first = new(), job()
    files.save(PATH, first)
    files.save(PATH, with_done(first, 0, 3))
    assert len(text_of(files, JOURNAL).splitlines()) == 2


@pytest.mark.parametrize("lines_kept", [0, 1, 2])
def test_a_journal_torn_at_any_byte_says_what_its_whole_lines_say(lines_kept: int) -> None:
    files, first = new(), job()
    states = [first, with_done(first, 0), with_done(first, 0, 1)]
    for progress in states:
        files.save(PATH, progress)
    whole = text_of(files, JOURNAL)
    lines = whole.splitlines(keepends=True)
    start = len("".join(lines[: 1 + lines_kept])) if lines_kept else 0
    end = len("".join(lines[: 2 + lines_kept]))
    for cut in range(start, min(end, len(whole)) - (lines_kept < 2)):
        files.records.write_text(JOURNAL, whole[:cut])
        assert JsonProgressFiles(files.records).load(PATH) == states[lines_kept]


@given(st.binary(min_size=1, max_size=6), st.integers(0, 2000), st.integers(0, 5))
def test_a_damaged_journal_leaves_the_file_or_what_was_saved(other: bytes, at: int, kept: int) -> None:
    files, first = new(), job()
    states = [first, with_done(first, 0), with_done(first, 0, 1), with_done(first, 0, 1, 2)]
    for progress in states:
        files.save(PATH, progress)
    whole = bytearray(text_of(files, JOURNAL).encode())
    place = at % len(whole)
    whole[place : place + kept] = other
    files.records.write_text(JOURNAL, whole.decode("utf-8", "surrogateescape"))
    found = JsonProgressFiles(files.records).load(PATH)
    assert found is not None
    assert {clip.key for clip in found.clips} == {clip.key for clip in first.clips}


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        '{"files": {}}',
        '{"files": {"9.mp4": "done"}, "clips": {}}',
        '{"files": {"1.mp4": "done"}, "clips": {"1.mp4": 5}}',
        '{"files": {"1.mp4": "gone"}, "clips": {}}',
        '{"files": [], "clips": []}',
        "\0" * 100,
    ],
)
def test_a_line_that_is_none_leaves_the_file_as_it_is(line: str) -> None:
    files = new()
    files.save(PATH, job())
    files.save(PATH, with_done(job(), 0))
    head = text_of(files, JOURNAL).splitlines()[0]
    files.records.write_text(JOURNAL, f"{head}\n{line}\n")
    assert JsonProgressFiles(files.records).load(PATH) == job()


def test_the_journal_of_a_file_before_means_nothing() -> None:
    """Power failed after the file was replaced; or a version that knows no journals went on with the job."""
    files, first = new(), job()
    files.save(PATH, first)
    files.save(PATH, with_done(first, 0))
    stale = text_of(files, JOURNAL)
    other = JsonProgressFiles(files.records)
    other.save(PATH, with_done(first, 3))
    assert text_of(files, JOURNAL) == stale
    assert other.load(PATH) == with_done(first, 3)


def test_a_file_that_was_copied_elsewhere_is_true_and_older() -> None:
    files, first = new(), job()
    files.save(PATH, first)
    files.save(PATH, with_done(first, 0))
    files.records.write_text(PurePath("/desk/copy.json"), text_of(files))
    assert files.load(PurePath("/desk/copy.json")) == first


def test_a_journal_that_was_found_is_named_when_it_may_go() -> None:
    files, first = new(), job()
    files.save(PATH, first)
    files.save(PATH, with_done(first, 0))
    resumed = JsonProgressFiles(files.records)
    assert resumed.load(PATH) == with_done(first, 0)
    resumed.save(PATH, with_done(first, 0))
    assert json.loads(text_of(files))["files"]["0.mp4"] == "done"
    assert resumed.settle(PATH) == JOURNAL


@pytest.mark.parametrize("is_new", [False, True], ids=["one run", "a later run"])
def test_a_file_that_becomes_what_it_was_is_not_continued_by_the_journal_of_then(*, is_new: bool) -> None:
    """An output that is made again at the same rate is waiting, as before it was done for the first time."""
    files, first = new(), job()
    files.save(PATH, first)
    files.save(PATH, with_done(first, 0))
    if is_new:
        files = JsonProgressFiles(files.records, lag_parts=1)
        assert files.load(PATH) == with_done(first, 0)
    other = attrs.evolve(first, safety_bytes=first.safety_bytes + 1)
    files.save(PATH, other)
    files.save(PATH, first)
    assert JsonProgressFiles(files.records).load(PATH) == first
    files.save(PATH, with_done(first, 1))
    assert JsonProgressFiles(files.records).load(PATH) == with_done(first, 1)


@settings(max_examples=25)
@given(st.lists(st.tuples(batch_records(), st.sets(st.integers(0, 5))), min_size=1, max_size=3), st.integers(1, 3))
def test_what_is_loaded_is_what_was_saved_last(steps: list[tuple[BatchRecord, set[int]]], lag_parts: int) -> None:
    files, later = new(lag_parts), steps[0][0]
    for progress, changed in steps:
        later = attrs.evolve(
            progress,
            clips=tuple(
                attrs.evolve(clip, duration_s=clip.duration_s + 1) if place in changed else clip
                for place, clip in enumerate(progress.clips)
            ),
        )
        for each in (progress, later):
            files.save(PATH, each)
            assert JsonProgressFiles(files.records).load(PATH) == each
    files.settle(PATH)
    files.records.write_text(JOURNAL, "")
    assert JsonProgressFiles(files.records).load(PATH) == later


def journals(world: World) -> list[str]:
    return [path.name for path in world.storage.files(BUILD) if is_journal(path.name)]


def states_without_a_journal(world: World, path: PurePath) -> list[str]:
    return list(json.loads(world.storage.content(path))["files"].values())


def with_journal(count: int = 4) -> World:
    world = small_world(count=count)
    world.lag_parts = 1
    return world


def test_a_job_ends_with_the_file_alone() -> None:
    world = with_journal()
    world.run()
    assert journals(world) == []
    assert states_without_a_journal(world, COMPLETED) == ["done"] * 4
    assert world.reporter.of(LeftoverRemoved) == ()


def test_a_job_that_fails_ends_with_the_file_alone() -> None:
    world = with_journal()
    world.storage.unreadable.add(CLIPS / "c2.mp4")
    with pytest.raises(CamvaultError):
        world.run()
    assert journals(world) == []
    assert sorted(states_without_a_journal(world, PROGRESS)) == ["done", "done", "done", "pending"]


def cut_after_two(world: World) -> None:
    """The power fails when two clips stand in the journal."""

    def watch(call: Call, phase: Phase) -> None:
        if call.operation == "storage.append_line" and phase is Phase.AFTER:
            raise PowerCut

    world.storage.calls.watchers.append(watch)
    with pytest.raises(PowerCut):
        world.run()
    world.storage.calls.watchers.remove(watch)
    world.storage.calls.is_on = True
    world.storage.restart()
    assert len(journals(world)) == 1


def test_a_job_that_was_cut_off_goes_on_with_what_the_journal_says() -> None:
    world = with_journal()
    cut_after_two(world)
    assert states_without_a_journal(world, PROGRESS) == ["pending"] * 4
    assert sorted(world.states().values()) == ["done", "done", "pending", "pending"]
    world.resume()
    assert journals(world) == []
    assert len(world.reporter.of(ClipCopied)) == 4
    assert states_without_a_journal(world, COMPLETED) == ["done"] * 4


def test_the_journal_of_a_job_that_was_cut_off_does_not_outlive_a_new_start_or_cleanup() -> None:
    world = with_journal()
    cut_after_two(world)
    world.run()
    assert journals(world) == []
    world = with_journal()
    cut_after_two(world)
    clean_up(
        BUILD,
        guarded=(),
        storage=world.storage,
        progress_files=world.progress_files,
        reporter=world.reporter,
        cancel=world.cancel,
    )
    assert world.storage.tree.find(BUILD) is None


def test_a_kill_in_the_middle_of_thousands_of_clips_loses_no_record(tmp_path: Path) -> None:
    """A process says what it has saved, and is killed without a warning; what it said is there."""
    script = textwrap.dedent(
        f"""
        import attrs
        from pathlib import PurePath
        from camvault.adapters.filesystem import LocalStorage
        from camvault.adapters.progressfile import JsonProgressFiles
        from tests.bodycam.prepare.test_journal import job, with_done

        files, progress = JsonProgressFiles(LocalStorage()), job(1000)
        path = PurePath({str(tmp_path)!r}, "progress.json")
        for place in range(1000):
            progress = with_done(progress, place)
            files.save(path, progress)
            print(place, flush=True)
        """
    )
    for wanted in (3, 25, 60):
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            last = next(int(line) for line in process.stdout if int(line) >= wanted)
            os.kill(process.pid, signal.SIGKILL)
            last = max([last, *map(int, process.stdout.read().split())])
        progress = JsonProgressFiles(LocalStorage()).load(tmp_path / "progress.json")
        assert progress is not None
        done = sum(clip.state is ClipState.DONE for clip in progress.clips)
        assert done in {last + 1, last + 2}  # the one that was saved, and not yet told
