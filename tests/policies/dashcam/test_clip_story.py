"""The life of a clip in sentences."""

from pathlib import PurePosixPath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.clip_notes import OF_ANOTHER, ClipNote, following_note
from camvault.core.dashcam.clip_story import clip_stories, story_lines, unknown_story
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.ports.entries import FileIdentity

K = ProofKind
NAME, OTHER = PurePosixPath("Event/E1.MP4"), PurePosixPath("Event/E1~2.MP4")
CLIP = FileIdentity(104_857_600, 1_750_000_000 * 10**9)
SEEN = LedgerEntry(NAME, CLIP, "", K.SEEN, "2025-06-15T17:00:00+00:00", "67EF-9CED")
STAGED = LedgerEntry(NAME, CLIP, "a" * 64, K.STAGED, "2025-06-15T17:01:00+00:00", "", str(ClipNote(sample="s1")))
SENT = attrs.evolve(STAGED, kind=K.SENT, where="5f8d", note="pi@nas:/data", when="2025-06-15T17:02:00+00:00")
PROVEN = attrs.evolve(SENT, kind=K.REMOTE_HASH, when="2025-06-15T17:03:00+00:00")
UNSTAGED = attrs.evolve(PROVEN, kind=K.UNSTAGED, when="2025-06-15T17:04:00+00:00")
OVERWRITTEN = attrs.evolve(SEEN, kind=K.OVERWRITTEN, when="2025-06-15T18:00:00+00:00")
BORN = "Event/E1.MP4, 104,857,600 bytes, changed last at 2025-06-15 15:06:40 by the camera's clock (read as UTC)"


def told(*lines: LedgerEntry, staged: tuple[PurePosixPath, ...] = ()) -> tuple[str, ...]:
    return story_lines(clip_stories(lines, staged=staged))


def test_a_whole_life_is_told() -> None:
    assert told(SEEN, STAGED, SENT, PROVEN, UNSTAGED) == (
        BORN,
        "seen at 2025-06-15T17:00:00+00:00 on the card 67EF-9CED",
        "copied at 2025-06-15T17:01:00+00:00 to the staging as Event/E1.MP4, SHA-256 aaaaaaaaaaaa…",
        "sent at 2025-06-15T17:02:00+00:00, pi@nas:/data",
        "proven at 2025-06-15T17:03:00+00:00 to be at pi@nas:/data: the server hashed it",
        "removed at 2025-06-15T17:04:00+00:00 from the staging, as proven to be at pi@nas:/data",
        "now: it is at the server",
    )


def test_one_that_was_overwritten_is_told() -> None:
    assert told(SEEN, OVERWRITTEN)[-2:] == (
        "overwritten or removed by the camera before it could be read: found gone at 2025-06-15T18:00:00+00:00",
        "now: it is lost, unless another card or the server has it",
    )


def test_why_it_was_left_and_what_was_wrong_with_it_is_told() -> None:
    open_line = attrs.evolve(SEEN, where="", note=str(ClipNote(remark="still recording: it is cut")))
    damaged = attrs.evolve(STAGED, note=str(ClipNote(remark="it is cut")))
    lines = told(open_line, damaged)
    assert lines[1] == "seen at 2025-06-15T17:00:00+00:00 on the card without a number, still recording: it is cut"
    assert lines[2].endswith("SHA-256 aaaaaaaaaaaa…: it is cut")


@pytest.mark.parametrize(
    ("lines", "is_staged", "ending"),
    [
        ([SEEN], False, "it is on the card, if the camera has not overwritten it since; the next visit copies it"),
        ([STAGED], True, "it waits in the staging to be sent"),
        ([STAGED], False, "it is on the card, if the camera has not overwritten it since; the next visit copies it"),
        ([STAGED, PROVEN], True, "it is at the server, and in the staging until that is removed"),
        ([STAGED, PROVEN], False, "it is at the server"),
        ([STAGED, attrs.evolve(PROVEN, kind=K.WITHDRAWN)], True, "it waits in the staging to be sent"),
        (
            [STAGED, attrs.evolve(PROVEN, kind=K.WITHDRAWN, where="")],
            True,
            "it is on the card, if the camera has not overwritten it since; the next visit copies it",
        ),
    ],
)
def test_what_follows_is_told(lines: list[LedgerEntry], ending: str, *, is_staged: bool) -> None:
    assert told(*lines, staged=(NAME,) if is_staged else ())[-1] == f"now: {ending}"


def test_a_doubt_says_where() -> None:
    withdrawn = attrs.evolve(PROVEN, kind=K.WITHDRAWN)
    when = "taken back at 2025-06-15T17:03:00+00:00: found missing or different"
    assert f"{when} at pi@nas:/data" in told(STAGED, withdrawn)
    assert f"{when} in the staging" in told(STAGED, attrs.evolve(withdrawn, where="", note=""))


def test_a_doubt_says_what_was_found() -> None:
    note = following_note(STAGED.note, remark="pi@nas:/data: it is missing")
    withdrawn = attrs.evolve(PROVEN, kind=K.WITHDRAWN, note=note)
    assert told(STAGED, withdrawn)[2].endswith("found missing or different at pi@nas:/data: it is missing")
    spoiled = attrs.evolve(withdrawn, where="", note=str(ClipNote(remark="it is another")))
    assert told(STAGED, spoiled)[2].endswith("found missing or different in the staging: it is another")


def test_a_proof_of_another_server_is_told_as_that() -> None:
    note = str(ClipNote(sample="s1", remark=f"pi@old:/data; {OF_ANOTHER}"))
    lines = told(STAGED, attrs.evolve(PROVEN, kind=K.WITHDRAWN, note=note))
    when = "taken back at 2025-06-15T17:03:00+00:00"
    assert lines[-2] == f"{when}: it was proven at pi@old:/data; another server is used now"


def test_each_clip_of_a_name_has_its_story() -> None:
    later = FileIdentity(7, CLIP.mtime_ns + 10**15)
    second = attrs.evolve(STAGED, path=OTHER, identity=later, note=str(ClipNote(card_path=NAME)))
    stories = clip_stories([SEEN, STAGED, attrs.evolve(SEEN, identity=later), second, UNSTAGED], staged=[OTHER])
    assert [(story.clip.size_bytes, story.ending) for story in stories] == [
        (104_857_600, "it is at the server"),
        (7, "it waits in the staging to be sent"),
    ]
    assert [len(story.sentences) for story in stories] == [4, 3]


def test_times_that_no_calendar_has_are_told() -> None:
    assert (
        "changed last at a time that no calendar has" in told(attrs.evolve(SEEN, identity=FileIdentity(1, 10**30)))[0]
    )


def test_a_name_of_which_nothing_is_known_is_told() -> None:
    assert told() == ()
    assert unknown_story(NAME) == "Event/E1.MP4: no clip of this name was ever seen on the card, nor copied"


@given(st.lists(st.sampled_from([SEEN, STAGED, SENT, PROVEN, UNSTAGED, OVERWRITTEN]), max_size=8))
def test_no_line_is_left_out(lines: list[LedgerEntry]) -> None:
    stories = clip_stories(lines, staged=[])
    assert sum(len(story.sentences) - 1 for story in stories) == len(lines)
