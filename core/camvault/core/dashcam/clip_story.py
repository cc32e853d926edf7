"""Pure: the life of a clip in sentences, as `dashcam why` tells it, from the lines of its ledger.

A name may have been that of several clips: each has a story of its own.
"""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

import attrs

from camvault.core.dashcam.camera_times import camera_time
from camvault.core.dashcam.clip_book import ClipBook, KnownClip
from camvault.core.dashcam.clip_life import is_spoiled
from camvault.core.dashcam.clip_notes import OF_ANOTHER, STILL_RECORDING, read_note
from camvault.core.segments.ledger import LedgerEntry, ProofKind

_PROVEN = {
    ProofKind.READ_BACK: "read back from there and compared",
    ProofKind.READ_CACHED: "read back from there and compared, maybe from a cache of this machine",
    ProofKind.REMOTE_HASH: "the server hashed it",
    ProofKind.COMPARED: "both sides compared checksums",
}
_DIGITS = 12


@attrs.frozen(kw_only=True)
class ClipStory:
    """What happened to one clip.

    Attributes:
        clip: Which one.
        sentences: By time.
        ending: What follows for it now.
    """

    clip: KnownClip
    sentences: tuple[str, ...]
    ending: str


def clip_stories(lines: Iterable[LedgerEntry], *, staged: Iterable[PurePosixPath]) -> tuple[ClipStory, ...]:
    """The stories of the clips that these lines are about, in the order in which they became known.

    Args:
        lines: As `ClipRecords.life` gives them.
        staged: What lies in the staging now.
    """
    book, here = ClipBook(), frozenset(staged)
    told: dict[int, list[str]] = {}
    latest: dict[int, KnownClip] = {}
    for line in lines:
        before = book.meant_by(line)
        number = next((each for each, clip in latest.items() if clip == before), len(latest))
        clip = latest[number] = book.take(line)
        told.setdefault(number, [_born(clip)]).append(_sentence(line))
    return tuple(
        ClipStory(clip=clip, sentences=tuple(told[number]), ending=_ending(clip, is_staged=clip.staged_path in here))
        for number, clip in latest.items()
    )


def unknown_story(path: PurePosixPath) -> str:
    """What is said of a name of which nothing is written down."""
    return f"{path}: no clip of this name was ever seen on the card, nor copied"


def _born(clip: KnownClip) -> str:
    time = camera_time(clip.mtime_ns)
    when = "at a time that no calendar has" if time is None else f"at {time:%Y-%m-%d %H:%M:%S}"
    return f"{clip.card_path}, {clip.size_bytes:,} bytes, changed last {when} by the camera's clock (read as UTC)"


def _sentence(line: LedgerEntry) -> str:
    note = read_note(line.note)
    where = (note.remark if str(note) else line.note) or line.where
    remark = f": {note.remark}" if note.remark else ""
    still = f", {note.remark}" if note.remark.startswith(STILL_RECORDING) else ""
    place = f"in the staging{remark}" if is_spoiled(line) else f"at {where}"
    found = "it was proven" if note.remark.endswith(OF_ANOTHER) else "found missing or different"
    sentences = {
        ProofKind.SEEN: f"seen at {line.when} on the card {line.where or 'without a number'}{still}",
        ProofKind.STAGED: (
            f"copied at {line.when} to the staging as {line.path}, SHA-256 {line.sha256[:_DIGITS]}…{remark}"
        ),
        ProofKind.OVERWRITTEN: (
            f"overwritten or removed by the camera before it could be read: found gone at {line.when}"
        ),
        ProofKind.UNSTAGED: f"removed at {line.when} from the staging, as proven to be at {where}",
        ProofKind.WITHDRAWN: f"taken back at {line.when}: {found} {place}",
        **{kind: f"proven at {line.when} to be at {where}: {how}" for kind, how in _PROVEN.items()},
    }
    return sentences.get(line.kind, f"{line.kind.value} at {line.when}, {where}")


def _ending(clip: KnownClip, *, is_staged: bool) -> str:
    kind: ProofKind = clip.last.kind
    if kind is ProofKind.OVERWRITTEN:
        return "it is lost, unless another card or the server has it"
    if kind is ProofKind.UNSTAGED or (clip.last.proof is not None and not is_staged):
        return "it is at the server"
    if clip.last.proof is not None:
        return "it is at the server, and in the staging until that is removed"
    if kind is ProofKind.SEEN or is_spoiled(clip.last) or not is_staged:
        return "it is on the card, if the camera has not overwritten it since; the next visit copies it"
    return "it waits in the staging to be sent"


def story_lines(stories: Sequence[ClipStory]) -> tuple[str, ...]:
    """All of it as lines for people."""
    return tuple(line for story in stories for line in (*story.sentences, f"now: {story.ending}"))
