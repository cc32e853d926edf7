"""The life of a clip, and what the records say of it."""

from pathlib import PurePosixPath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam import clip_life
from camvault.core.dashcam.clip_life import CardClipState, ClipEvent, clip_step, state_of_clip
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.ports.entries import FileIdentity

S, E, K = CardClipState, ClipEvent, ProofKind
ENTRY = LedgerEntry(PurePosixPath("A.MP4"), FileIdentity(5, 7), "0" * 64, K.STAGED, "2025-05-28T15:20:00+00:00", "")


class TestSteps:
    def test_the_table_of_the_docstring_is_that_of_the_code(self) -> None:
        lines = [
            line.split("|")[1:3] for line in (clip_life.__doc__ or "").splitlines() if " -> " in line and "|" in line
        ]
        told = {
            (S[state.strip()], E[event.strip()]): S[part.split("->")[1].strip()]
            for state, steps in lines
            if state.strip() in S.__members__
            for part in steps.split("·")
            for event in part.split("->")[0].split(",")
        }
        possible = {(s, e): clip_step(s, e).state for s in S for e in E if not clip_step(s, e).refusal}
        assert told == possible

    @pytest.mark.parametrize("state", S)
    @pytest.mark.parametrize("event", E)
    def test_what_is_refused_changes_nothing_and_says_why(self, state: CardClipState, event: ClipEvent) -> None:
        done = clip_step(state, event)
        assert not done.refusal or (
            done.state is state and done.refusal == f"what is {state.value} cannot be {event.value}"
        )

    @given(st.lists(st.sampled_from(E)))
    def test_inv_35_nothing_leaves_the_staging_that_was_not_proven_and_not_disproven_since(
        self, events: list[ClipEvent]
    ) -> None:
        state, proven = S.ON_CARD, False
        for event in events:
            done = clip_step(state, event)
            if not done.refusal:
                proven = event in (E.PROVEN, E.FOUND_AGAIN) or (proven and event in (E.SENT, E.UNSTAGED))
            state = done.state
            assert state is not S.UNSTAGED or proven


class TestStates:
    @pytest.mark.parametrize(
        ("kind", "where", "is_staged", "state"),
        [
            (K.SEEN, "", False, S.ON_CARD),
            (K.OVERWRITTEN, "", False, S.OVERWRITTEN),
            (K.STAGED, "", True, S.STAGED),
            (K.STAGED, "", False, S.ON_CARD),
            (K.SENT, "7", True, S.SENT),
            (K.SIZE, "7", True, S.SENT),
            (K.SENT, "7", False, S.ON_CARD),
            (K.REMOTE_HASH, "7", True, S.VERIFIED),
            (K.REMOTE_HASH, "7", False, S.UNSTAGED),
            (K.UNSTAGED, "7", False, S.UNSTAGED),
            (K.WITHDRAWN, "7", True, S.STAGED),
            (K.WITHDRAWN, "7", False, S.ON_CARD),
            (K.WITHDRAWN, "", True, S.ON_CARD),
            (K.LOST, "", False, S.ON_CARD),
        ],
    )
    def test_the_last_line_and_the_staging_say_it(
        self, kind: ProofKind, where: str, is_staged: bool, state: CardClipState
    ) -> None:
        assert state_of_clip(attrs.evolve(ENTRY, kind=kind, where=where), is_staged=is_staged) is state

    def test_what_was_never_written_down_is_on_the_card_at_best(self) -> None:
        assert state_of_clip(None, is_staged=True) is S.ON_CARD

    def test_inv_13_a_proof_without_a_digest_is_none(self) -> None:
        entry = attrs.evolve(ENTRY, kind=K.REMOTE_HASH, sha256="")
        assert state_of_clip(entry, is_staged=False) is S.ON_CARD
