"""The state of a segment is what the ledger and the listing say; which steps there are is tested with the names."""

from pathlib import PurePosixPath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.segments.lifecycle import SegmentState, state_now, state_of
from camvault.core.strategies import digests, identities
from camvault.ports.entries import FileIdentity, Recognition

PATH = PurePosixPath("A/2025-05-28/A_20250528T152000.mkv")
IDENTITY = FileIdentity(5, 7, "8:1", 11, 13)
ENTRY = LedgerEntry(PATH, IDENTITY, "0" * 64, ProofKind.READ_BACK, "2025-05-28T15:20:00+00:00", "5f8dd4a2")
NUMBER = ENTRY.where
PROOFS = (ProofKind.READ_BACK, ProofKind.READ_CACHED, ProofKind.REMOTE_HASH, ProofKind.COMPARED)
entries = st.builds(
    LedgerEntry,
    path=st.just(PATH),
    identity=identities(),
    sha256=st.one_of(digests(), st.just("")),
    kind=st.sampled_from(ProofKind),
    when=st.just("2025-05-28T15:20:00+00:00"),
    where=st.sampled_from(["", "a1b2", "5f8dd4a2"]),
)


class TestStateOf:
    @pytest.mark.parametrize(
        ("kind", "is_logged", "state"),
        [
            *((kind, False, SegmentState.VERIFIED) for kind in PROOFS),
            (ProofKind.SENT, False, SegmentState.SYNCED),
            (ProofKind.SIZE, False, SegmentState.SYNCED),
            (ProofKind.WITHDRAWN, False, SegmentState.READY),
            (ProofKind.WITHDRAWN, True, SegmentState.READY),
            (ProofKind.LOST, False, SegmentState.READY),
            (ProofKind.LOST, True, SegmentState.SYNCED),
        ],
    )
    def test_by_the_last_line_of_the_ledger(self, kind: ProofKind, is_logged: bool, state: SegmentState) -> None:
        assert state_of(IDENTITY, known=attrs.evolve(ENTRY, kind=kind), number=NUMBER, is_logged=is_logged) is state

    def test_without_a_line(self) -> None:
        """A name in a plain log says that it was sent, and no more."""
        assert state_of(IDENTITY, known=None, number=NUMBER) is SegmentState.READY
        assert state_of(IDENTITY, known=None, number=NUMBER, is_logged=True) is SegmentState.SYNCED

    def test_a_proof_without_a_digest_is_none(self) -> None:
        assert state_of(IDENTITY, known=attrs.evolve(ENTRY, sha256=""), number=NUMBER) is SegmentState.READY

    def test_another_device_number_alone_changes_nothing(self) -> None:
        """Numbers of devices change when the machine is started again."""
        assert state_of(attrs.evolve(IDENTITY, device="8:17"), known=ENTRY, number=NUMBER) is SegmentState.VERIFIED

    @pytest.mark.parametrize("number", ["", "a1b2"])
    def test_a_proof_at_another_target_says_that_it_was_sent(self, number: str) -> None:
        assert state_of(IDENTITY, known=ENTRY, number=number) is SegmentState.SYNCED
        assert state_of(IDENTITY, known=attrs.evolve(ENTRY, where=""), number=number) is SegmentState.SYNCED

    @pytest.mark.parametrize("found", [FileIdentity(5, 7, "8:1", 12, 13), FileIdentity(5, 7, "8:1", 11, 14)], ids=str)
    def test_a_file_that_may_be_another_one_is_proven_again(self, found: FileIdentity) -> None:
        """Of the same size and time, as `cp -p` makes it."""
        assert state_of(found, known=ENTRY, number=NUMBER) is SegmentState.READY

    @given(entries, identities(), st.booleans())
    def test_inv_13_a_proof_does_not_outlive_its_file(
        self, known: LedgerEntry, found: FileIdentity, is_logged: bool
    ) -> None:
        """Whatever is known of another file: this one waits, and is proven by a proof of its own only."""
        state = state_of(found, known=known, number=NUMBER, is_logged=is_logged)
        assert state is SegmentState.READY or known.identity == found
        assert state is not SegmentState.VERIFIED or (known.proof is not None and known.where == NUMBER)
        assert state is not SegmentState.VERIFIED or known.identity.recognized_in(found) is Recognition.SAME


@pytest.mark.parametrize("found", [None, FileIdentity(5, 8), FileIdentity(6, 7)])
def test_a_file_that_is_not_under_its_name_any_more_is_gone(found: FileIdentity | None) -> None:
    """Another file that stands there now has a life of its own."""
    assert state_now(SegmentState.SYNCED, seen=IDENTITY, found=found) is SegmentState.REMOVED
    assert state_now(SegmentState.SYNCED, seen=IDENTITY, found=FileIdentity(5, 7)) is SegmentState.SYNCED
