"""Which records of a progress file are still true, and what a progress file of the plain format becomes."""

from pathlib import PurePath

import attrs
import pytest

from camvault.core.batch.given_clips import GivenClip
from camvault.core.batch.plan import needed_bytes
from camvault.core.batch.resuming import (
    MadeOutput,
    ResumeWishes,
    batch_of,
    contradictions,
    described,
    done,
    pending,
    recheck,
    replaced,
    results_of,
    with_encode,
    with_findings,
    with_sample,
    with_settled,
)
from camvault.core.batch.uncoded import sources_bytes
from camvault.core.capacity.allocation_values import ComplexityRate, ConstantRate, Encoded, EncodeSample, Sampled
from camvault.ports.batch_record import ClipRecord, ClipState, Coding, Mode, OutputRecord
from camvault.ports.encoding import Allocation, EncodeOptions, EncodeRecord
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.media import ConstantQuality, TargetBitrate
from tests.policies.batch.examples import SHA, clip, original, output, progress, record


class TestProgress:
    def test_what_the_originals_take(self) -> None:
        """Not known of all of them is not known."""
        assert sources_bytes(progress(record(), record("b.mp4"))) == 2000
        assert sources_bytes(progress(record(), ClipRecord("b.mp4"))) is None

    def test_what_was_not_given_contradicts_nothing(self) -> None:
        assert contradictions(progress(record()), ResumeWishes()) == ()
        assert contradictions(progress(record()), ResumeWishes(disc_bytes=1_000_000, safety_bytes=0, preset=8)) == ()

    def test_every_contradiction_is_named(self) -> None:
        wish = ResumeWishes(disc_bytes=5, safety_bytes=1, allocation=Allocation.COMPLEXITY, preset=3)
        found = contradictions(progress(record()), wish)
        assert found[0] == "--disc-bytes is 5 on the command line and 1000000 in the file"
        assert len(found) == 4

    def test_a_done_output_as_recorded_is_kept(self) -> None:
        item = record(state=ClipState.DONE, made=500)
        found = recheck(progress(item), outputs={"a.mp4": output(item)}, originals={"a.mp4": None})
        assert found.progress.clips == (item,)
        assert not found.warnings

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
        assert found.replaced == ()
        assert found.foreign == (() if there is None else (there,)), "it may be somebody's now"

    def test_a_clip_is_done_with_its_output_and_pending_without(self) -> None:
        made = OutputRecord(FileIdentity(500, 9), SHA)
        assert done(record(), made) == record(state=ClipState.DONE, made=500)
        assert pending(done(record(), made)) == record()

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
        assert words in found.warnings[0]
        assert found.replaced == ()

    def test_an_output_that_was_not_recorded_makes_room(self) -> None:
        item = record()
        seen = {"outputs": {"a.mp4": output(item)}, "originals": {"a.mp4": original(item)}}
        found = recheck(progress(item), **seen, copied={"a.mp4"})
        assert (found.replaced, found.foreign) == ((output(item),), ())
        found = recheck(progress(item), **seen)
        assert (found.replaced, found.foreign) == ((), (output(item),)), "a name proves nothing"
        assert not found.redone

    def test_what_has_no_length_is_copied(self) -> None:
        item = attrs.evolve(record(), duration_s=0.0)
        found = recheck(progress(item, mode=Mode.ENCODE), outputs={"a.mp4": None}, originals={"a.mp4": original(item)})
        assert found.progress.clips == (attrs.evolve(item, coding=Coding.IF_ROOM, output_name="a.mp4"),)
        assert not found.warnings
        assert recheck(found.progress, outputs={"a.mp4": None}, originals={"a.mp4": original(item)}).progress.clips == (
            found.progress.clips
        )

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

    def test_a_compared_output_is_taken_over(self) -> None:
        made = MadeOutput(OutputRecord(FileIdentity(5, 6), SHA), 9.5)
        plain = ClipRecord(key="a.mp4", state=ClipState.DONE)
        found = with_findings(plain, clip(), made, kbps=300)
        assert found.encodes == (EncodeRecord(TargetBitrate(300), 5),)
        assert (found.output, found.duration_s, found.source_identity) == (made.record, 10.0, FileIdentity(1000, 7))
        gone = GivenClip(source=PurePath("/a"), resolved=PurePath("/a"))
        assert with_findings(plain, gone, made, kbps=None).duration_s == 9.5
        assert with_findings(plain, gone, made, kbps=None).encodes == ()
        assert with_findings(plain, gone, None, kbps=None).output is None
        assert with_findings(plain, gone, None, kbps=None).duration_s == 0.0


class TestAllocationBridge:
    def test_results_survive_the_progress_file(self) -> None:
        job = attrs.evolve(
            progress(record(), mode=Mode.ENCODE), options=EncodeOptions(allocation=Allocation.COMPLEXITY)
        )
        sampled = Sampled(EncodeSample("a.mp4", 1.0, 2.0, ConstantQuality(160)), 77)
        encoded = Encoded("a.mp4", ConstantQuality(160), 500)
        item = with_sample(job.clips[0], sampled)
        item = with_encode(item, encoded, OutputRecord(FileIdentity(500, 9), SHA))
        item = with_encode(item, attrs.evolve(encoded, is_accepted=False), None)
        job = replaced(job, item)
        assert results_of(job) == [sampled, encoded, attrs.evolve(encoded, is_accepted=False)]
        batch = batch_of(job)
        assert batch is not None
        assert isinstance(batch.policy, ComplexityRate)
        assert with_settled(job).clips[0].state is ClipState.DONE

    def test_constant_uses_the_stored_bitrate(self) -> None:
        """TRAP: on a resume the stored kbps wins, whatever is still pending."""
        job = progress(record("a", ClipState.DONE, made=500), record("b"), mode=Mode.ENCODE)
        batch = batch_of(job)
        assert batch is not None
        assert batch.policy == ConstantRate(300)
        unknown = batch_of(attrs.evolve(job, clips=(attrs.evolve(record(), source_identity=None),)))
        assert unknown is not None
        assert unknown.clips[0].size_bytes == 0

    def test_what_is_copied_is_no_part_of_it(self) -> None:
        """Its size is taken off the limit, as is the output of a clip that is encoded no more."""
        photo = attrs.evolve(record("a.jpg"), coding=Coding.AS_IS)
        later = attrs.evolve(record("b.jpg"), coding=Coding.IF_ROOM)
        kept = with_encode(record("c"), Encoded("c", TargetBitrate(300), 500), OutputRecord(FileIdentity(500, 9), SHA))
        job = progress(photo, later, kept, record("d"), mode=Mode.ENCODE)
        batch = batch_of(job, without={"c"})
        assert batch is not None
        assert [each.key for each in batch.clips] == ["d"]
        assert batch.limit_bytes == job.usable_bytes - 1000 - 500
        assert results_of(job, without={"c"}) == []
        assert [each.state for each in with_settled(job, without={"c"}).clips] == [
            *(ClipState.PENDING, ClipState.PENDING, ClipState.DONE, ClipState.PENDING)
        ]
        assert batch_of(job, without={"c", "d"}) is None
        assert with_settled(job, without={"c", "d"}).clips[2].state is ClipState.DONE

    def test_a_clip_over_its_share_is_held(self) -> None:
        big = OutputRecord(FileIdentity(900_000, 9), SHA)
        item = with_encode(record("a"), Encoded("a", TargetBitrate(300), 900_000), big)
        job = with_settled(progress(item, record("b"), mode=Mode.ENCODE))
        assert job.clips[0].state is ClipState.PENDING
