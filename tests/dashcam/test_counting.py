"""How many clips are where."""

from pathlib import PurePosixPath

from camvault.core.segments.ledger import ProofKind
from camvault.core.workflows.dashcam.counting import ClipCount, count_clips
from tests.dashcam.test_checking import FOLDERS, GONE, PROVEN, STAGED, World

K = ProofKind
WHEN = "2025-06-15"


def test_each_clip_is_counted_where_it_is() -> None:
    world = World()
    lives = (GONE, PROVEN, STAGED, (K.SEEN,), (K.SEEN, K.OVERWRITTEN), (*STAGED, K.SENT), (*PROVEN, K.WITHDRAWN))
    for number, kinds in enumerate(lives):
        world.clip(*kinds, name=PurePosixPath(f"Movie/{number}.MP4"), content=bytes(10**number))
    world.storage.put(FOLDERS.staging / "Movie/found.MP4", b"nobody knows")
    counts = count_clips(storage=world.storage, folders=FOLDERS)
    assert counts.proven == ClipCount(2, 11, WHEN)
    assert counts.staged == ClipCount(4, 100 + 100_000 + 1_000_000 + 12, WHEN)
    assert counts.on_card == ClipCount(1, 1000, WHEN)
    assert counts.overwritten == ClipCount(1, 10_000, WHEN)
    assert counts.not_believed == ""


def test_a_box_that_has_seen_nothing_has_nothing() -> None:
    counts = count_clips(storage=World().storage, folders=FOLDERS)
    assert {counts.on_card, counts.staged, counts.proven, counts.overwritten} == {ClipCount()}


def test_damaged_lines_are_told() -> None:
    world = World()
    world.clip(*STAGED)
    (ledger,) = world.storage.files(FOLDERS.records)
    world.storage.put(ledger, world.storage.content(ledger)[:-4] + b"\n")
    counts = count_clips(storage=world.storage, folders=FOLDERS)
    assert counts.not_believed.startswith("1 line(s) of clips-2025-06.ledger")
    assert counts.staged.count == 1
