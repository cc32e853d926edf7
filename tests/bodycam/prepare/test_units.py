"""Pure parts of prepare_bodycam: names, plans, progress, restarts."""

from pathlib import PurePath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.capacity.encoding import Complexity, Constant, Encoded, Sample, Sampled
from camvault.core.capacity.budget import Budget
from camvault.core.batch.names import (
    aside_name,
    clip_names,
    folded,
    is_reserved,
    is_temporary,
    temporary_name,
)
from camvault.core.batch.plan import (
    GivenClip,
    OutputsTooBigError,
    PreparePlan,
    PrepareRequest,
    Refusal,
    gigabytes,
    hours,
    lengths_agree,
    needed_bytes,
    plan_batch,
)
from camvault.core.batch.resuming import (
    Expected,
    Made,
    adopted,
    batch_of,
    contradictions,
    described,
    proofs_of,
    recheck,
    replaced,
    results_of,
    sources_bytes,
    with_encode,
    with_sample,
    with_settled,
)
from camvault.core.batch.starting import FolderFacts, FolderPlan, plan_folder
from camvault.core.workflows.bodycam.events import (
    BitrateDecided,
    ClipAgain,
    ClipCopied,
    ClipDamaged,
    ClipEncoded,
    ClipStarted,
    LeftoverRemoved,
    ModeDecided,
    OriginalKept,
    OriginalRemoved,
    OutputsVerified,
    Resumed,
    WorkingDir,
)
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.media import ConstantQuality, MediaInfo, TargetBitrate
from camvault.ports.progress import (
    Allocation,
    ClipRecord,
    ClipState,
    EncodeOptions,
    EncodeRecord,
    Mode,
    OutputRecord,
    Progress,
)

BUILD = PurePath("/desk")
SHA = "ab" * 32

CHARACTERS = st.characters(exclude_characters="/\0", exclude_categories=["Cs"]) | st.sampled_from("\udc80\udcff")
NAMES = st.text(CHARACTERS, min_size=1, max_size=40).filter(lambda name: name not in (".", ".."))


def clip(
    path: str = "/clips/a.mp4",
    size: int = 1000,
    *,
    kind: FileKind = FileKind.FILE,
    seconds: float | None = 10.0,
    has_video: bool = True,
) -> GivenClip:
    source = PurePath(path)
    return GivenClip(
        source=source,
        resolved=source,
        entry=FileEntry(source, FileIdentity(size, 7), kind),
        info=MediaInfo(duration_s=seconds, has_video=has_video) if seconds else None,
        media_problem="" if seconds else "moov atom not found",
    )


def request(*, disc: int = 10_000, safety: int = 0, min_kbps: int = 1) -> PrepareRequest:
    return PrepareRequest(build_dir=BUILD, sources=(), budget=Budget(disc, safety), min_kbps=min_kbps)


def planned(*clips: GivenClip, disc: int = 10_000, safety: int = 0) -> PreparePlan:
    plan = plan_batch(request(disc=disc, safety=safety), clips)
    assert isinstance(plan, PreparePlan), plan
    return plan


def refused(*clips: GivenClip, disc: int = 10_000, min_kbps: int = 1) -> str:
    plan = plan_batch(request(disc=disc, min_kbps=min_kbps), clips)
    assert isinstance(plan, Refusal)
    return str(plan)


class TestNames:
    def test_two_clips_of_one_name_do_not_overwrite_each_other(self) -> None:
        """TRAP name clash: a/clip.mp4 and b/clip.mp4."""
        names = clip_names(["clip.mp4", "clip.mp4", "CLIP.MP4", "clip~2.mp4"], mode=Mode.COPY)
        assert [name.output for name in names] == ["clip.mp4", "clip~2.mp4", "CLIP~3.MP4", "clip~2~2.mp4"]

    def test_encoded_outputs_are_mp4_whatever_the_originals_were(self) -> None:
        names = clip_names(["a.MP4", "b.mov", "b.avi", "c", "..hidden", "d.tar.mkv"], mode=Mode.ENCODE)
        assert [name.output for name in names] == [
            "a.MP4",
            "b.mp4",
            "b~2.mp4",
            "c.mp4",
            "..hidden.mp4",
            "d.tar.mp4",
        ]

    def test_an_encode_does_not_take_the_name_of_another_clip(self) -> None:
        names = clip_names(["a.mov", "a.mp4"], mode=Mode.ENCODE)
        assert [name.output for name in names] == ["a.mp4", "a~2.mp4"]

    @given(st.lists(NAMES, max_size=12), st.sampled_from(Mode))
    def test_names_are_unique_short_and_stable(self, names: list[str], mode: Mode) -> None:
        made = clip_names(names, mode=mode)
        assert len({folded(name.output) for name in made}) == len(names)
        assert len({folded(name.key) for name in made}) == len(names)
        assert made == clip_names(names, mode=mode)
        assert made[:3] == clip_names(names[:3], mode=mode)

    @pytest.mark.parametrize("name", ["x" * 251 + ".mov", "é" * 125 + ".avi", "x" * 255, "\udcff" * 251 + ".ts"])
    def test_long_names_stay_within_255_bytes(self, name: str) -> None:
        for made in clip_names([name, name, name], mode=Mode.ENCODE):
            assert len(made.output.encode("utf-8", "surrogateescape")) <= 255
            assert made.output.endswith(".mp4")

    @given(NAMES)
    def test_temporary_names_are_ours_and_fit(self, name: str) -> None:
        made = temporary_name(name)
        assert is_temporary(made)
        assert is_reserved(made)
        assert len(made.encode("utf-8", "surrogateescape")) <= 255

    @pytest.mark.parametrize(
        "name", ["progress.json", "Progress.Completed.JSON", "progress_1.json", ".camvault-build", "x.camvault-part"]
    )
    def test_names_that_would_not_reach_the_disc_are_reserved(self, name: str) -> None:
        assert is_reserved(name)
        assert "rename" in refused(clip(f"/clips/{name}"))


class TestPlan:
    def test_what_fits_is_copied(self) -> None:
        plan = planned(clip("/c/a.mp4", 4000), clip("/c/b.mp4", 6000))
        assert (plan.mode, plan.progress.kbps, plan.total_bytes, plan.total_s) == (Mode.COPY, None, 10_000, 20.0)
        assert plan.summary() == "2 clips, 10 kB: fits 10 kB, so copy"

    def test_one_byte_more_is_encoded(self) -> None:
        plan = planned(clip("/c/a.mp4", 500_000), clip("/c/b.mp4", 500_001), disc=1_000_000)
        assert plan.mode is Mode.ENCODE
        # 1,000,000 bytes less two headers, sound and container of 20 s, in 20 s
        assert plan.progress.kbps == int((1_000_000 - 2 * 4096 - 20 * 72 * 125) / 20 / 125)
        assert "so encode to AV1 at 324 kbit/s" in plan.summary()

    def test_scenario_numbers_of_the_specification(self) -> None:
        gb = 1_000_000_000
        assert planned(clip(size=49 * gb + gb // 2), disc=50 * gb, safety=gb // 2).mode is Mode.COPY
        assert planned(clip(size=24_900_000_000), disc=25 * gb, safety=0).mode is Mode.COPY
        assert planned(clip(size=24_500_000_000), disc=25 * gb, safety=gb // 2).mode is Mode.COPY
        long = clip(size=24_500_000_001, seconds=8 * 3600.0)
        plan = planned(long, disc=25 * gb, safety=gb // 2)
        assert plan.mode is Mode.ENCODE
        assert plan.progress.kbps
        # TRAP: the formula's 6805 kbit/s is the total; video, sound and container must fit together
        assert (plan.progress.kbps + 64 + 8) * 125 * 8 * 3600 <= 24_500_000_000

    def test_complexity_is_said(self) -> None:
        wish = attrs.evolve(request(disc=900_000), options=EncodeOptions(allocation=Allocation.COMPLEXITY))
        plan = plan_batch(wish, [clip(size=1_000_000)])
        assert isinstance(plan, PreparePlan)
        assert "more where the picture needs it" in plan.summary()

    def test_all_problems_are_named_at_once(self) -> None:
        nothing = GivenClip(source=PurePath("/c/gone.mp4"), resolved=PurePath("/c/gone.mp4"))
        unreadable = attrs.evolve(clip("/c/secret.mp4"), problem="Permission denied")
        words = refused(
            nothing,
            unreadable,
            clip("/c/folder", kind=FileKind.FOLDER),
            clip("/c/pipe", kind=FileKind.OTHER),
            clip("/c/empty.mp4", 0),
            clip("/desk/a.mp4"),
        )
        assert words.split("; ") == [
            "/c/gone.mp4: No such file",
            "/c/secret.mp4: Permission denied",
            "/c/folder: is a directory",
            "/c/pipe: is not a regular file",
            "/c/empty.mp4: is empty",
            "/desk/a.mp4: lies in the build directory, where outputs go",
        ]

    def test_a_link_into_the_build_directory_is_refused(self) -> None:
        """TRAP: deleting that original would destroy the only copy."""
        assert "lies in the build directory" in refused(attrs.evolve(clip(), resolved=BUILD / "a.mp4"))

    def test_no_clips_are_refused(self) -> None:
        assert refused() == "no input files"

    def test_a_clip_given_twice_is_taken_once(self) -> None:
        again = attrs.evolve(clip(), source=PurePath("/clips/../clips/a.mp4"))
        plan = planned(clip(), again)
        assert len(plan.progress.clips) == 1
        assert "taken once" in plan.warnings[0]

    def test_a_renamed_output_is_said(self) -> None:
        plan = planned(clip("/a/x.mp4"), clip("/b/x.mp4"))
        assert plan.warnings == ("/b/x.mp4 becomes x~2.mp4: another clip has its name (letter case does not count)",)

    def test_a_broken_clip_is_copied_but_not_encoded(self) -> None:
        """Footage of a camera that lost power must not stay behind."""
        plan = planned(clip(seconds=None), clip("/clips/b.mp4"))
        assert plan.mode is Mode.COPY
        assert plan.warnings == ("/clips/a.mp4: moov atom not found; it is copied as it is",)
        both = refused(clip(size=9000, seconds=None), clip("/clips/b.mp4", 9000, has_video=False))
        assert both == "/clips/a.mp4: moov atom not found; /clips/b.mp4: has no picture"

    def test_below_the_lowest_bitrate_the_number_of_discs_is_named(self) -> None:
        words = refused(*(clip(f"/c/{i}.mp4", 1_000_000) for i in range(4)), disc=1_000_000, min_kbps=300)
        assert "less than the minimum of 300 kbit/s; at that rate it would fit on 2 discs" in words

    @given(st.lists(st.integers(1, 5000), min_size=1, max_size=8), st.integers(1, 20_000), st.data())
    def test_the_plan_is_total_and_its_mode_right(self, sizes: list[int], disc: int, data: st.DataObject) -> None:
        safety = data.draw(st.integers(0, disc - 1))
        clips = [clip(f"/c/{i}.mp4", size) for i, size in enumerate(sizes)]
        plan = plan_batch(request(disc=disc, safety=safety), clips)
        if sum(sizes) <= disc - safety:
            assert isinstance(plan, PreparePlan)
            assert plan.mode is Mode.COPY
        else:
            assert isinstance(plan, Refusal) or plan.mode is Mode.ENCODE


def test_sizes_and_lengths_for_people() -> None:
    assert [gigabytes(n) for n in (50_000_000_000, 24_500_000_000, 640_000_000, 1500, 980)] == [
        "50 GB",
        "24.5 GB",
        "640 MB",
        "1.5 kB",
        "980 bytes",
    ]
    assert [hours(s) for s in (18720, 200, 59.6, 3)] == ["5 h 12 min", "3 min 20 s", "1 min 0 s", "3 s"]


def test_lengths_agree_within_half_a_second_or_a_percent() -> None:
    assert lengths_agree(1.0, 1.5)
    assert not lengths_agree(1.0, 1.6)
    assert lengths_agree(1000, 1010)
    assert not lengths_agree(1000, 1020)


def test_too_big_says_how_many_discs() -> None:
    assert str(OutputsTooBigError(20, 10, 3)).endswith("they would need 3 such discs")
    assert "one output alone" in str(OutputsTooBigError(20, 10, None))


# --- progress --------------------------------------------------------------------------------------------------------


def record(key: str = "a.mp4", state: ClipState = ClipState.PENDING, *, size: int = 1000, made: int = 0) -> ClipRecord:
    return ClipRecord(
        key=key,
        state=state,
        source=PurePath("/clips") / key,
        source_identity=FileIdentity(size, 7),
        duration_s=10.0,
        output_name=key,
        output=OutputRecord(FileIdentity(made, 9), SHA) if made else None,
    )


def progress(*clips: ClipRecord, mode: Mode = Mode.COPY, disc: int = 1_000_000) -> Progress:
    kbps = 300 if mode is Mode.ENCODE else None
    return Progress(disc_bytes=disc, safety_bytes=0, mode=mode, kbps=kbps, clips=clips)


def original(item: ClipRecord, *, mtime_ns: int = 7, kind: FileKind = FileKind.FILE) -> FileEntry:
    assert item.source
    return FileEntry(item.source, FileIdentity(1000, mtime_ns), kind)


def output(item: ClipRecord, *, size: int = 500, mtime_ns: int = 9, kind: FileKind = FileKind.FILE) -> FileEntry:
    return FileEntry(BUILD / item.key, FileIdentity(size, mtime_ns), kind)


class TestProgress:
    def test_what_the_originals_take(self) -> None:
        """Not known of all of them is not known."""
        assert sources_bytes(progress(record(), record("b.mp4"))) == 2000
        assert sources_bytes(progress(record(), ClipRecord("b.mp4"))) is None

    def test_what_was_not_given_contradicts_nothing(self) -> None:
        assert contradictions(progress(record()), Expected()) == ()
        assert contradictions(progress(record()), Expected(disc_bytes=1_000_000, safety_bytes=0, preset=8)) == ()

    def test_every_contradiction_is_named(self) -> None:
        wish = Expected(disc_bytes=5, safety_bytes=1, allocation=Allocation.COMPLEXITY, preset=3)
        found = contradictions(progress(record()), wish)
        assert found[0] == "--disc-bytes is 5 on the command line and 1000000 in the file"
        assert len(found) == 4

    def test_a_done_output_as_recorded_is_kept(self) -> None:
        item = record(state=ClipState.DONE, made=500)
        found = recheck(progress(item), outputs={"a.mp4": output(item)}, originals={"a.mp4": None})
        assert found.progress.clips == (item,)
        assert not found.problems

    @pytest.mark.parametrize(
        ("what", "words"),
        [
            (None, "is missing"),
            ({"size": 499}, "was changed"),
            ({"mtime_ns": 8}, "was changed"),
            ({"kind": FileKind.SYMLINK}, "was changed"),
        ],
    )
    def test_a_done_output_that_is_another_file_is_made_again(self, what: dict[str, int] | None, words: str) -> None:
        """TRAP: "done" outputs that vanished or changed are not trusted."""
        item = record(state=ClipState.DONE, made=500)
        there = None if what is None else output(item, **what)  # type: ignore[arg-type]
        found = recheck(progress(item), outputs={"a.mp4": there}, originals={"a.mp4": original(item)})
        assert found.progress.clips[0].state is ClipState.PENDING
        assert found.progress.clips[0].output is None
        assert words in found.redone[0][1]
        assert found.leftovers == ()
        assert found.strangers == (() if there is None else (there,)), "it may be somebody's now"

    def test_a_done_clip_without_record_is_made_again(self) -> None:
        item = record(state=ClipState.DONE)
        found = recheck(progress(item), outputs={"a.mp4": None}, originals={"a.mp4": original(item)})
        assert "not recorded" in found.redone[0][1]

    @pytest.mark.parametrize(
        ("there", "words"),
        [
            (None, "No such file"),
            (original(record(), kind=FileKind.FOLDER), "is not a regular file"),
            (original(record(), mtime_ns=8), "was changed since the job was planned"),
        ],
    )
    def test_what_must_be_made_needs_its_original(self, there: FileEntry | None, words: str) -> None:
        """TRAP: an output whose original is gone is never removed to make it again."""
        item = record(state=ClipState.DONE, made=500)
        changed = output(item, size=3)
        found = recheck(progress(item), outputs={"a.mp4": changed}, originals={"a.mp4": there})
        assert words in found.problems[0]
        assert found.leftovers == ()

    def test_an_output_that_was_not_recorded_makes_room(self) -> None:
        item = record()
        seen = {"outputs": {"a.mp4": output(item)}, "originals": {"a.mp4": original(item)}}
        found = recheck(progress(item), **seen, copied={"a.mp4"})
        assert (found.leftovers, found.strangers) == ((output(item),), ())
        found = recheck(progress(item), **seen)
        assert (found.leftovers, found.strangers) == ((), (output(item),)), "a name proves nothing"
        assert not found.redone

    def test_an_encode_needs_a_length(self) -> None:
        item = attrs.evolve(record(), duration_s=0.0)
        found = recheck(progress(item, mode=Mode.ENCODE), outputs={"a.mp4": None}, originals={"a.mp4": original(item)})
        assert found.problems == ("/clips/a.mp4: not a media file",)

    def test_a_proof_is_for_the_original_as_it_was_planned(self) -> None:
        item = record(state=ClipState.DONE, made=1000)
        (found,) = proofs_of(item, where="/desk/a.mp4").values()
        assert (found.identity, found.proof.sha256, found.proof.where) == (FileIdentity(1000, 7), SHA, "/desk/a.mp4")

    @pytest.mark.parametrize("unknown", ["source", "source_identity", "output"])
    def test_what_is_unknown_proves_nothing(self, unknown: str) -> None:
        item = attrs.evolve(record(state=ClipState.DONE, made=1000), **{unknown: None})  # type: ignore[arg-type]
        assert proofs_of(item, where="/desk") == {}

    def test_an_output_in_doubt_proves_nothing(self) -> None:
        item = record(state=ClipState.DONE, made=1000)
        assert item.output is not None
        item = attrs.evolve(item, output=attrs.evolve(item.output, doubt="its source was damaged"))
        assert proofs_of(item, where="/desk") == {}

    def test_needed_room_is_what_is_pending_and_one_gigabyte(self) -> None:
        clips = (record("a", ClipState.DONE, made=5), record("b"), attrs.evolve(record("c"), source_identity=None))
        assert needed_bytes(clips) == 1_000_001_000


class TestPlainFormat:
    def test_names_are_relative_to_the_current_folder(self) -> None:
        plain = progress(ClipRecord(key="a.mov"), ClipRecord(key="/x/a.mov"), record("b.mov"), mode=Mode.ENCODE)
        found = described(plain, sources_in=PurePath("/here"))
        assert [c.source for c in found.clips] == [
            PurePath("/here/a.mov"),
            PurePath("/x/a.mov"),
            PurePath("/clips/b.mov"),
        ]
        assert [c.output_name for c in found.clips] == ["a.mp4", "a~2.mp4", "b.mov"]

    def test_a_compared_output_is_adopted(self) -> None:
        made = Made(OutputRecord(FileIdentity(5, 6), SHA), 9.5)
        plain = ClipRecord(key="a.mp4", state=ClipState.DONE)
        found = adopted(plain, clip(), made, kbps=300)
        assert found.encodes == (EncodeRecord(TargetBitrate(300), 5),)
        assert (found.output, found.duration_s, found.source_identity) == (made.record, 10.0, FileIdentity(1000, 7))
        gone = GivenClip(source=PurePath("/a"), resolved=PurePath("/a"))
        assert adopted(plain, gone, made, kbps=None).duration_s == 9.5
        assert adopted(plain, gone, made, kbps=None).encodes == ()
        assert adopted(plain, gone, None, kbps=None).output is None
        assert adopted(plain, gone, None, kbps=None).duration_s == 0.0


class TestAllocationBridge:
    def test_results_survive_the_progress_file(self) -> None:
        job = attrs.evolve(
            progress(record(), mode=Mode.ENCODE), options=EncodeOptions(allocation=Allocation.COMPLEXITY)
        )
        sampled = Sampled(Sample("a.mp4", 1.0, 2.0, 160), 77)
        encoded = Encoded("a.mp4", ConstantQuality(160), 500)
        item = with_sample(job.clips[0], sampled)
        item = with_encode(item, encoded, OutputRecord(FileIdentity(500, 9), SHA))
        item = with_encode(item, attrs.evolve(encoded, is_accepted=False), None)
        job = replaced(job, item)
        assert results_of(job) == [sampled, encoded, attrs.evolve(encoded, is_accepted=False)]
        assert isinstance(batch_of(job).policy, Complexity)
        assert with_settled(job).clips[0].state is ClipState.DONE

    def test_constant_uses_the_stored_bitrate(self) -> None:
        """TRAP: on a resume the stored kbps wins, whatever is still pending."""
        job = progress(record("a", ClipState.DONE, made=500), record("b"), mode=Mode.ENCODE)
        assert batch_of(job).policy == Constant(300)
        assert (
            batch_of(attrs.evolve(job, clips=(attrs.evolve(record(), source_identity=None),))).clips[0].size_bytes == 0
        )

    def test_a_clip_over_its_share_is_held(self) -> None:
        big = OutputRecord(FileIdentity(900_000, 9), SHA)
        item = with_encode(record("a"), Encoded("a", TargetBitrate(300), 900_000), big)
        job = with_settled(progress(item, record("b"), mode=Mode.ENCODE))
        assert job.clips[0].state is ClipState.PENDING


# --- restarting ------------------------------------------------------------------------------------------------------


def entry(name: str, *, size: int = 500, kind: FileKind = FileKind.FILE) -> FileEntry:
    return FileEntry(BUILD / name, FileIdentity(size, 9), kind)


def folder(
    *entries: FileEntry,
    previous: Progress | None = None,
    originals: dict[str, FileEntry | None] | None = None,
    is_marked: bool = False,
    log_file: PurePath | None = None,
    clips: tuple[ClipRecord, ...] = (record(),),
    copied: tuple[str, ...] = (),
) -> FolderPlan:
    facts = FolderFacts(
        root=BUILD,
        entries=entries,
        previous=previous,
        originals=originals or {},
        is_marked=is_marked,
        log_file=log_file,
        copied=copied,
    )
    return plan_folder(facts, progress=progress(*clips))


class TestRestart:
    def test_an_empty_folder_is_taken(self) -> None:
        assert folder() == FolderPlan()

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
        assert plan.leftovers == (entry("a.mp4"),)
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
        assert entry("a.mp4") not in plan.leftovers
        assert "its original is gone or was changed" in plan.problems[0]

    def test_the_record_of_a_finished_job_goes_last(self) -> None:
        old = record("z.mp4", state=ClipState.DONE, made=500)
        plan = folder(
            entry("progress.completed.json"),
            entry("z.mp4"),
            previous=progress(old),
            originals={"z.mp4": original(old)},
        )
        assert [item.path.name for item in plan.leftovers] == ["z.mp4", "progress.completed.json"]
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
        assert plan.leftovers == ((found,) if problem is None else ())
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
        assert plan.leftovers == (entry("a.mp4"),)
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


def test_every_event_is_a_sentence() -> None:
    work = PurePath("/desk")
    sentences = {
        WorkingDir(work): "Working dir: /desk",
        ModeDecided(Mode.COPY, "it fits"): "Disc-fit decision: COPY (it fits)",
        BitrateDecided(300): "Re-encoding all clips at ~300 kbps",
        Resumed(work, 1, 2): "Resuming /desk: 1 clips done, 2 pending",
        ClipStarted(1, 3, "a.mp4"): "[1/3] → a.mp4",
        ClipCopied("a.mp4", 1000, SHA): f"a.mp4: 1,000 bytes, SHA-256 {SHA}",
        ClipEncoded("a.mp4", "CRF 40", 10, 20, is_accepted=True): "a.mp4: 20 to 10 bytes at CRF 40",
        ClipEncoded("a.mp4", "CRF 40", 10, 20, is_accepted=False): (
            "a.mp4: 20 to 10 bytes at CRF 40, the one before stays"
        ),
        ClipDamaged("a.mp4", "a hole"): "a.mp4 is damaged, its original will be kept: a hole",
        ClipAgain("a.mp4", "it is missing"): "a.mp4 is made again: it is missing",
        LeftoverRemoved(work): "Removed /desk, left over from an earlier run",
        OutputsVerified(3, 50, 100): "Verified 3 outputs: 50 of 100 bytes (50.0%)",
        OriginalRemoved(work, "proven"): "Deleted original /desk: proven",
        OriginalKept(work, "changed"): "Kept original /desk: changed",
    }
    assert {str(event): text for event, text in sentences.items()} == {text: text for text in sentences.values()}
