"""What is done with a clip."""

from datetime import datetime
from pathlib import PurePath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.archive.clip_pairs import DatedClip, FootageFolder
from camvault.core.archive.dated_names import DatedName
from camvault.core.archive.plan import (
    ClipFacts,
    ClipPlan,
    ClipStep,
    Eviction,
    LeftFile,
    Purge,
    RemoveAction,
    TranscodeAction,
    actions_of,
    judge_clip,
)
from camvault.core.archive.records import INPUT, ArchiveFacts
from camvault.core.retention.trash import TrashFolder
from camvault.ports.entries import FileEntry, FileIdentity, ListedFile, Listing
from camvault.ports.removal import RetentionReason
from tests.policies.archive.test_records import RECORD

ENTRY = FileEntry(PurePath("/camera/2023/01/09/REO_a_20230109120000.mp4"), RECORD.source_identity)
FOLDER = FootageFolder(ENTRY.path.parent, Listing())
FILE = ListedFile(ENTRY.path.name, ENTRY.identity.size_bytes, ENTRY.identity.mtime_ns, 1, 1)
CLIP = DatedClip(FOLDER, FILE, DatedName("a", datetime(2023, 1, 9, 12), True))
FACTS = ClipFacts(age_s=3600, settle_s=60)
KNOWN = attrs.evolve(RECORD, facts=ArchiveFacts("libx264"))
ARCHIVED = FACTS._replace(known=KNOWN, archive=RECORD.archive_identity)


@pytest.mark.parametrize(
    ("facts", "step"),
    [
        (FACTS, ClipStep.TRANSCODE),
        (ARCHIVED, ClipStep.LET_GO),
        (ARCHIVED._replace(archive=None), ClipStep.TRANSCODE),
        (ARCHIVED._replace(is_made_anew=True), ClipStep.TRANSCODE),
        (FACTS._replace(is_unrecorded=True), ClipStep.VERIFY),
        (FACTS._replace(is_unrecorded=True, is_made_anew=True), ClipStep.TRANSCODE),
        (FACTS._replace(age_s=-86_400), ClipStep.TRANSCODE),
        (FACTS._replace(age_s=0, settle_s=0), ClipStep.TRANSCODE),
    ],
)
def test_the_step_of_a_clip(facts: ClipFacts, step: ClipStep) -> None:
    judged = judge_clip(CLIP, facts)
    assert isinstance(judged, tuple)
    assert judged[0] is step
    assert judged[1]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (FACTS._replace(age_s=59), "it was changed 59 s ago, and may still be written"),
        (ARCHIVED._replace(age_s=-3), "it was changed 3 s ago"),
        (FACTS._replace(defect="it has no tables"), "it may still be uploaded: it has no tables"),
    ],
)
def test_what_may_still_be_written_is_left_alone_and_is_no_problem(facts: ClipFacts, words: str) -> None:
    judged = judge_clip(CLIP, facts)
    assert isinstance(judged, LeftFile)
    assert not judged.is_problem
    assert words in judged.reason


def test_an_empty_clip_is_a_problem() -> None:
    empty = CLIP._replace(file=FILE._replace(size_bytes=0))
    assert judge_clip(empty, FACTS) == LeftFile(ENTRY.path, "it is empty: nothing of it was uploaded", True)


def test_a_clip_with_a_doubted_archive_stays_until_another_one_is_asked_for() -> None:
    doubted = ARCHIVED._replace(known=attrs.evolve(KNOWN, facts=ArchiveFacts(doubts=("no sound",))))
    judged = judge_clip(CLIP, doubted)
    assert isinstance(judged, LeftFile)
    assert judged.is_problem
    assert "no sound" in judged.reason
    again = judge_clip(CLIP, doubted._replace(is_made_anew=True))
    assert isinstance(again, tuple)
    assert again[0] is ClipStep.TRANSCODE


ALL_FACTS = st.builds(
    ClipFacts,
    age_s=st.floats(-1e6, 1e6),
    settle_s=st.floats(0, 1e5),
    defect=st.sampled_from(["", "no tables"]),
    known=st.sampled_from([None, KNOWN, RECORD]),
    archive=st.sampled_from([None, RECORD.archive_identity, FileIdentity(1, 1)]),
    is_unrecorded=st.booleans(),
    is_made_anew=st.booleans(),
)


@given(ALL_FACTS)
def test_a_clip_is_let_go_only_if_the_record_names_an_archive_that_is_there(facts: ClipFacts) -> None:
    judged = judge_clip(CLIP, facts)
    if isinstance(judged, tuple) and judged[0] is ClipStep.LET_GO:
        assert facts.known is not None
        assert facts.archive == facts.known.archive_identity
        assert not facts.known.facts.doubts
    if isinstance(judged, tuple):
        assert abs(facts.age_s) >= facts.settle_s


def test_the_actions_of_a_plan_are_flat_and_the_clip_goes_last() -> None:
    picture = FileEntry(ENTRY.path.with_suffix(".jpg"), FileIdentity(1, 1))
    clip = CLIP._replace(pictures=(ListedFile(picture.path.name, 1, 1, 1, 1),))
    removals = (
        RemoveAction(picture, None, "its clip is archived as /a.mp4"),
        RemoveAction(ENTRY, None, "archived as /a.mp4"),
    )
    plan = ClipPlan(clip=clip, step=ClipStep.TRANSCODE, reason="r", archive_text="/a.mp4")
    assert list(actions_of(plan)) == [TranscodeAction(ENTRY.path, PurePath("/a.mp4"), "r"), *removals]
    assert list(actions_of(plan._replace(step=ClipStep.LET_GO))) == list(removals)
    reason = RetentionReason("--age", "31 days")
    assert list(actions_of(Eviction(removals, reason, INPUT, "2023-01-09"))) == list(removals)
    assert list(actions_of(Purge(removals[0], reason))) == [removals[0]]
    assert removals[0].path == picture.path


def test_what_goes_to_the_trash_keeps_its_name_unless_it_is_taken_there() -> None:
    trash = TrashFolder(PurePath("/trash/input/2023/01/09"), frozenset({FILE.name}), unix_s=7)
    clip = CLIP._replace(pictures=(FILE._replace(name="REO_a_20230109120000.jpg"),))
    plan = ClipPlan(clip=clip, step=ClipStep.LET_GO, reason="r", archive_text="/a.mp4", trash=trash)
    assert [action.to for action in plan.removals] == [
        trash.path / "REO_a_20230109120000.jpg",
        trash.path / "REO_a_20230109120000_7_1.mp4",
    ]
