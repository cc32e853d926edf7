"""A visit to the camera's card, cut off everywhere: of the box, and of the card."""

import hashlib
import itertools
from pathlib import PurePosixPath

import pytest

from camvault.adapters.memory.calls import Call, Calls, Phase
from camvault.adapters.memory.explorer import explore
from camvault.core.dashcam.clip_life import CardClipState
from camvault.core.segments.ledger import ProofKind
from camvault.core.workflows.dashcam.copying import copy_clips
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.ports.camera_card import CardLostError
from tests.dashcam.visit import FOLDERS, SECOND_NS, START_NS, Box

CLIPS = {"Event/E1.MP4": b"crash", "Event/E2.MP4": b"crash two", "1.MP4": b"footage"}
KNOWN = b"CRASH"
"""What was under the name of the first clip before, with its size and its time; the server has it."""
GONE = "0.MP4"


def make_box(calls: Calls) -> Box:
    box = Box(calls=calls)
    box.record("Event/E1.MP4", KNOWN, at_s=0)
    box.record(GONE, "never copied", at_s=-900)
    answers = iter(["", "the battery is low"])
    box.visit(lambda: next(answers))
    box.prove("Event/E1.MP4")
    box.storage.tree.discard(box.card.medium / GONE)
    for number, (path, content) in enumerate(CLIPS.items()):
        box.record(path, content, at_s=60 * number)
    return box


def end_state(box: Box) -> dict[str, object]:
    """What is staged, and what is written down of each clip."""
    kinds = {path: box.kinds(path) for path in (*CLIPS, GONE, "Event/E1~2.MP4")}
    return {**box.staged(), **kinds}


def nothing_untrue(box: Box) -> str:
    """What is recorded as staged is there, whole, under its name; and nothing else is under the name of a clip."""
    records = ClipRecords(FOLDERS, box.storage)
    staged = {clip.path: clip for clip in records.staged()}
    whole = {*CLIPS.values(), KNOWN}
    partial = [str(path) for path in staged if box.storage.content(FOLDERS.staging / path) not in whole]
    book = records.book(["2025-07"])
    untrue = []
    for clip in book.clips():
        if clip.last.kind is ProofKind.STAGED:
            assert clip.staged_path is not None
            there = staged.get(clip.staged_path)
            content = box.storage.content(FOLDERS.staging / clip.staged_path) if there else b""
            is_true = there and clip.state(staged=there.identity) is CardClipState.STAGED
            if not is_true or hashlib.sha256(content).hexdigest() != clip.sha256:
                untrue.append(str(clip.card_path))
    return f"partial {partial}, untrue {untrue}" if partial or untrue else ""


def card_is_as_it_was(box: Box) -> bool:
    return {
        str(path.relative_to(box.card.medium)): content for path, content in box.storage.files("/medium").items()
    } == CLIPS


def proven_stays_proven(box: Box) -> bool:
    records = ClipRecords(FOLDERS, box.storage)
    book = records.book(["2025-07"])
    sha256 = hashlib.sha256(KNOWN).hexdigest()
    return [clip.last.kind for clip in book.clips() if clip.sha256 == sha256] == [ProofKind.UNSTAGED]


def test_wherever_the_box_is_stopped_nothing_is_lost_and_no_record_is_untrue(every: int) -> None:
    explored = explore(
        make_box,
        Box.visit,
        snapshot=end_state,
        invariants={
            "what is recorded as staged is there": lambda box: nothing_untrue(box) or True,
            "the card is as it was": card_is_as_it_was,
            "what was proven stays proven": proven_stays_proven,
        },
        restart=Box.restart,
        stop=lambda box: box.cancel.request(),
        pairs=80,
        every=every,
    )
    assert explored.cut_count > 100 / every


@pytest.mark.parametrize("is_empty_when_dead", [True, False])
def test_wherever_the_card_dies_nothing_is_concluded_and_the_next_visit_ends_as_if_it_had_not(
    *, is_empty_when_dead: bool
) -> None:
    undisturbed = make_box(Calls())
    undisturbed.visit()
    lost_count = 0
    for number in itertools.count(1):
        box = make_box(Calls())
        box.card.is_empty_when_dead = is_empty_when_dead
        mounted = box.mounted()
        points = itertools.count(1)

        def pull(
            call: Call, phase: Phase, box: Box = box, points: "itertools.count[int]" = points, at: int = number
        ) -> None:
            if next(points) == at:
                box.card.pull()

        box.calls.watchers.append(pull)
        try:
            report = copy_clips(mounted, ports=box.ports, folders=FOLDERS, config=box.config, stop=lambda: "")
        except CardLostError:
            lost_count += 1
        else:
            assert report.is_whole
            assert next(points) <= number + 1, "a card that died was not noticed"
        is_over = next(points) <= number
        box.calls.watchers.remove(pull)
        assert nothing_untrue(box) == ""
        assert proven_stays_proven(box)
        box.card.plug_in()
        assert box.visit().is_whole
        assert end_state(box) == end_state(undisturbed), number
        if is_over:
            break
    assert lost_count > 100
    print(f"the card died at {lost_count} points")  # noqa: T201


def test_the_world_has_what_it_should() -> None:
    box = make_box(Calls())
    box.visit()
    assert box.staged() == {"Event/E1~2.MP4": b"crash", "Event/E2.MP4": b"crash two", "1.MP4": b"footage"}
    assert box.kinds(GONE) == [ProofKind.SEEN, ProofKind.OVERWRITTEN]
    clip = (
        ClipRecords(FOLDERS, box.storage)
        .book(["2025-07"])
        .staged_as(PurePosixPath("Event/E1~2.MP4"), box.storage.tree.identity(FOLDERS.staging / "Event/E1~2.MP4"))
    )
    assert clip is not None
    assert clip.mtime_ns == START_NS + 0 * SECOND_NS
