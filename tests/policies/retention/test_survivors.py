"""A file of footage goes only beside a witness: any doubt keeps it."""

from collections.abc import Callable
from pathlib import PurePath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core import strategies
from camvault.core.retention.removals import plan_witnessed
from camvault.core.retention.survivors import Survivor
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.removal import Leftover, Proof
from camvault.ports.witness import FileRead, ReadFrom, Sameness, Witness

SHA, MADE = "a" * 64, "b" * 64
HERE = FileIdentity(9, 7, "8:1", 11, 100)
THERE = FileIdentity(5, 8, "8:2", 11, 100)
ORIGINAL = FileEntry(PurePath("/card/a.mp4"), HERE)
CONTENT = FileRead(HERE, SHA, ReadFrom.MEDIUM)
COPY = Survivor(
    path=PurePath("/build/a.mp4"),
    read=FileRead(THERE, MADE, ReadFrom.MEDIUM),
    recorded_sha256=MADE,
    stands_for=SHA,
    sameness=Sameness.TWO,
)
REASON = Proof("/build/a.mp4", MADE)


def test_beside_a_witness_it_goes() -> None:
    plan = plan_witnessed(ORIGINAL, content=CONTENT, survivor=COPY, reason=REASON)
    (removal,) = plan.removals
    assert (removal.path, removal.reason) == (ORIGINAL.path, REASON)
    assert removal.witness == Witness(COPY.path, THERE, MADE, SHA)
    assert plan.kept == ()


def read(survivor: Survivor, **changes: object) -> Survivor:
    return attrs.evolve(survivor, read=attrs.evolve(survivor.read, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda c: attrs.evolve(c, sameness=Sameness.ONE), "is the same file by another name"),
        (lambda c: attrs.evolve(c, sameness=Sameness.UNSURE), "is not seen whether"),
        (lambda c: read(c, identity=attrs.evolve(THERE, device="8:1")), "is the same file by another name"),
        (lambda c: attrs.evolve(c, recorded_sha256=""), "has no SHA-256"),
        (lambda c: attrs.evolve(c, stands_for="?"), "has no SHA-256"),
        (lambda c: read(c, sha256="c" * 64), "does not hold what was recorded"),
        (lambda c: attrs.evolve(c, stands_for="c" * 64), "is not what /build/a.mp4 was made of"),
        (lambda c: read(c, source=ReadFrom.MEMORY), "is in memory"),
        (lambda c: attrs.evolve(read(c, source=ReadFrom.MEMORY), is_cache_trusted=True), "is in memory"),
        (lambda c: read(c, source=ReadFrom.HELD), "holds it in the page cache"),
        (lambda c: attrs.evolve(read(c, source=ReadFrom.HELD), is_cache_trusted=True), "holds it in the page cache"),
        (lambda c: read(c, source=ReadFrom.CACHE), "--trust-cache"),
    ],
)
def test_any_doubt_keeps_it_and_is_said(spoil: Callable[[Survivor], Survivor], why: str) -> None:
    plan = plan_witnessed(ORIGINAL, content=CONTENT, survivor=spoil(COPY), reason=REASON)
    assert plan.removals == ()
    assert why in plan.kept[0].reason


def test_a_cache_that_the_user_trusts_is_a_medium() -> None:
    trusted = attrs.evolve(read(COPY, source=ReadFrom.CACHE), is_cache_trusted=True)
    assert plan_witnessed(ORIGINAL, content=CONTENT, survivor=trusted, reason=REASON).removals


@pytest.mark.parametrize(
    ("going", "content", "why"),
    [
        (attrs.evolve(ORIGINAL, kind=FileKind.SYMLINK), CONTENT, "not a regular file"),
        (ORIGINAL, attrs.evolve(CONTENT, sha256="c" * 64), "is not what /build/a.mp4 was made of"),
        (ORIGINAL, attrs.evolve(CONTENT, identity=attrs.evolve(HERE, inode=12)), "not the file any more"),
    ],
)
def test_what_goes_is_the_file_that_was_looked_at(going: FileEntry, content: FileRead, why: str) -> None:
    plan = plan_witnessed(going, content=content, survivor=COPY, reason=REASON)
    assert plan.removals == ()
    assert why in plan.kept[0].reason


@given(
    entry=st.builds(FileEntry, path=strategies.paths(), identity=strategies.identities()),
    content=st.sampled_from([SHA, MADE]),
    other=st.builds(FileRead, strategies.identities(), st.sampled_from([SHA, MADE]), st.sampled_from(ReadFrom)),
    sameness=st.sampled_from(Sameness),
    recorded=st.sampled_from([SHA, MADE]),
    stands_for=st.sampled_from([SHA, MADE]),
    is_trusted=st.booleans(),
)
def test_every_removal_has_a_witness_that_is_one(  # noqa: PLR0917 - all that may differ
    entry: FileEntry,
    content: str,
    other: FileRead,
    sameness: Sameness,
    recorded: str,
    stands_for: str,
    is_trusted: bool,
) -> None:
    """INV-1, said once more in other words."""
    survivor = Survivor(
        path=PurePath("/w"),
        read=other,
        recorded_sha256=recorded,
        stands_for=stands_for,
        sameness=sameness,
        is_cache_trusted=is_trusted,
    )
    seen = FileRead(entry.identity, content, ReadFrom.MEDIUM)
    plan = plan_witnessed(entry, content=seen, survivor=survivor, reason=Leftover("m"))
    assert len(plan.removals) + len(plan.kept) == 1
    for removal in plan.removals:
        assert removal.witness is not None
        assert sameness is Sameness.TWO
        assert (removal.witness.sha256, removal.witness.stands_for) == (recorded, content)
        assert other.source is ReadFrom.MEDIUM or (is_trusted and other.source is ReadFrom.CACHE)
