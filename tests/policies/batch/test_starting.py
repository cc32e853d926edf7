"""Whether a new job may begin in a folder, and which files are removed before."""

from pathlib import PurePath

import pytest

from camvault.core.batch.names import aside_name, is_reserved
from camvault.core.batch.starting import StartFacts, StartPlan, plan_start
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from tests.policies.batch.examples import BUILD, original, progress, record


def entry(name: str, *, size: int = 500, kind: FileKind = FileKind.FILE) -> FileEntry:
    return FileEntry(BUILD / name, FileIdentity(size, 9), kind)


def folder(
    *entries: FileEntry,
    previous: BatchRecord | None = None,
    originals: dict[str, FileEntry | None] | None = None,
    is_marked: bool = False,
    log_file: PurePath | None = None,
    clips: tuple[ClipRecord, ...] = (record(),),
    copied: tuple[str, ...] = (),
) -> StartPlan:
    facts = StartFacts(
        root=BUILD,
        entries=entries,
        previous=previous,
        originals=originals or {},
        is_marked=is_marked,
        log_file=log_file,
        copied=copied,
    )
    return plan_start(facts, progress=progress(*clips))


class TestRestart:
    def test_an_empty_folder_is_taken(self) -> None:
        assert folder() == StartPlan()

    def test_a_folder_of_somebody_else_is_refused(self) -> None:
        assert "no build directory of camvault" in folder(entry("thesis.doc")).problems[0]
        assert "no build directory of camvault" in folder(entry("sub", kind=FileKind.FOLDER)).problems[0]

    def test_the_own_log_may_be_there_already(self) -> None:
        plan = folder(entry("prep.log"), log_file=BUILD / "prep.log")
        assert plan.problems == ()
        assert "will be on the disc as well" in plan.warnings[0]

    def test_leftovers_of_a_stopped_start_go(self) -> None:
        left = entry(".a.mp4.camvault-part")
        plan = folder(left, entry(".camvault-build"), is_marked=True)
        assert plan.leftovers == (left,)
        assert plan.problems == ()

    def test_old_outputs_go_while_their_originals_are_there(self) -> None:
        old = record(state=ClipState.DONE, made=500)
        plan = folder(
            entry("a.mp4"),
            entry("progress.json"),
            previous=progress(old),
            originals={"a.mp4": original(old)},
        )
        assert (plan.replaced, plan.made_of) == ((entry("a.mp4"),), {BUILD / "a.mp4": old})
        assert plan.leftovers == ()
        assert "overwritten" in plan.warnings[0]

    @pytest.mark.parametrize("there", [None, original(record(), mtime_ns=8), original(record(), kind=FileKind.FOLDER)])
    def test_an_output_without_original_is_footage(self, there: FileEntry | None) -> None:
        """TRAP: after --delete-originals yes the outputs are the only copies; a second run must not replace them."""
        old = record(state=ClipState.DONE, made=500)
        plan = folder(
            entry("a.mp4"),
            entry("progress.completed.json"),
            previous=progress(old),
            originals={"a.mp4": there},
        )
        assert entry("a.mp4") not in (*plan.leftovers, *plan.replaced)
        assert "its original is gone or was changed" in plan.problems[0]

    def test_the_record_of_a_finished_job_goes_and_its_outputs_do_not(self) -> None:
        old = record("z.mp4", state=ClipState.DONE, made=500)
        plan = folder(
            entry("progress.completed.json"),
            entry("z.mp4"),
            previous=progress(old),
            originals={"z.mp4": original(old)},
        )
        assert [item.path.name for item in plan.leftovers] == ["progress.completed.json"]
        assert [item.path.name for item in plan.replaced] == ["z.mp4"]
        assert "finished job" in plan.warnings[0]

    @pytest.mark.parametrize(
        ("made", "found", "copied", "problem"),
        [
            (500, entry("a.mp4"), (), None),
            (500, entry("a.mp4", size=499), ("a.mp4",), "was changed since it was made"),
            (0, entry("a.mp4"), ("a.mp4",), None),
            (0, entry("a.mp4"), (), "nothing proves that camvault made it"),
        ],
    )
    def test_only_what_was_recorded_or_is_a_copy_makes_room(
        self, made: int, found: FileEntry, copied: tuple[str, ...], problem: str | None
    ) -> None:
        """Under the name of a pending clip, or in the place of an output, there may be somebody's file."""
        old = record(made=made)
        plan = folder(
            found, entry("progress.json"), previous=progress(old), originals={"a.mp4": original(old)}, copied=copied
        )
        assert plan.replaced == ((found,) if problem is None else ())
        assert [problem in words for words in plan.problems if problem] == [True] * (problem is not None)

    def test_what_was_set_aside_is_not_on_the_disc(self) -> None:
        plan = folder(entry(".camvault-aside-1-a.mp4"), is_marked=True)
        assert (plan.leftovers, plan.problems, plan.warnings) == ((), (), ())
        assert is_reserved(".camvault-aside-1-a.mp4")
        assert len(aside_name("ä" * 127 + "b", 12).encode()) <= 255

    def test_plain_records_prove_nothing(self) -> None:
        """INV-2: an output goes for what it holds, never for its name."""
        plain = progress(ClipRecord(key="a.mp4"), ClipRecord(key="b.mp4"))
        plan = folder(entry("a.mp4"), entry("b.mp4"), entry("progress.json"), previous=plain, copied=("a.mp4",))
        assert plan.replaced == (entry("a.mp4"),)
        assert "b.mp4 is of an earlier job and nothing proves that its original is there" in plan.problems[0]

    def test_a_progress_file_of_somebody_else_makes_no_folder_ours(self) -> None:
        assert "no build directory of camvault" in folder(entry("progress.json")).problems[0]
        assert folder(entry("progress.json"), is_marked=True).problems == ()

    def test_a_link_under_a_temporary_name_is_a_leftover(self) -> None:
        link = entry(".a.mp4.camvault-part", kind=FileKind.SYMLINK)
        assert folder(link, is_marked=True).leftovers == (link,)
        assert folder(entry(".a.mp4.camvault-part", kind=FileKind.FOLDER), is_marked=True).leftovers == ()

    def test_a_folder_under_an_output_name_stays(self) -> None:
        old = record(state=ClipState.DONE, made=500)
        plan = folder(entry("a.mp4", kind=FileKind.FOLDER), entry("progress.json"), previous=progress(old))
        assert "is not a regular file" in plan.problems[0]

    def test_a_clip_that_is_an_output_by_another_name_is_refused(self) -> None:
        """The card is a bind mount of the build directory: what would be set aside is what was to be copied."""
        clip = PurePath("/card/a.mp4")
        plan = plan_start(
            StartFacts(root=BUILD, entries=(), is_marked=True, aliases={clip: BUILD / "a.mp4"}),
            progress=progress(record()),
        )
        assert plan.problems == (
            "/card/a.mp4 is /desk/a.mp4 by another name: a build directory holds copies, choose another one",
        )

    def test_a_foreign_file_in_the_way_is_refused_and_others_are_mentioned(self) -> None:
        plan = folder(
            entry("A.MP4"),
            entry("notes.txt"),
            entry("sub", kind=FileKind.FOLDER),
            FileEntry(BUILD / "sub/a.mp4", FileIdentity(1, 1)),
            is_marked=True,
        )
        assert plan.problems == ("/desk/A.MP4 is in the way and was not made by camvault",)
        assert len(plan.warnings) == 2
