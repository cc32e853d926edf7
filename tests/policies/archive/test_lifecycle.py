"""The life of archived footage."""

import itertools

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.archive.lifecycle import ArchiveEvent, ArchiveState, archive_step, state_of_source
from camvault.core.archive.records import ArchiveFacts, ArchiveRecord
from camvault.ports.entries import FileIdentity
from tests.policies.archive.test_records import RECORD as DOUBTED

S, E = ArchiveState, ArchiveEvent
RECORD = attrs.evolve(DOUBTED, facts=ArchiveFacts())


def test_a_source_is_archived_then_in_the_trash_then_gone() -> None:
    state = S.SOURCE
    for event in (E.PROVEN, E.LET_GO, E.PURGED):
        step = archive_step(state, event)
        assert not step.refusal
        state = step.state
    assert state is S.GONE


@pytest.mark.parametrize("event", [E.LET_GO, E.DELETED])
def test_a_source_without_an_archive_never_goes_as_archived(event: ArchiveEvent) -> None:
    step = archive_step(S.SOURCE, event)
    assert step.state is S.SOURCE
    assert event.value in step.refusal


@given(st.lists(st.sampled_from(ArchiveEvent)))
def test_what_is_gone_stays_gone_and_is_deleted_only_by_archive_or_rule(events: list[ArchiveEvent]) -> None:
    state = S.SOURCE
    for event in events:
        step = archive_step(state, event)
        assert bool(step.refusal) == (step.state is state and (state, event) != (S.ARCHIVED, E.PROVEN))
        assert state is not S.GONE or step.refusal
        if step.state is S.GONE and state is not S.GONE:
            assert event in (E.DELETED, E.ERASED, E.PURGED)
        state = step.state


def test_every_state_but_gone_can_be_left() -> None:
    left = {state for state, event in itertools.product(S, E) if archive_step(state, event).state is not state}
    assert left == set(S) - {S.GONE}


@pytest.mark.parametrize(
    ("known", "archive", "state"),
    [
        (None, None, S.SOURCE),
        (None, RECORD.archive_identity, S.SOURCE),
        (RECORD, None, S.SOURCE),
        (RECORD, RECORD.archive_identity, S.ARCHIVED),
        (DOUBTED, RECORD.archive_identity, S.SOURCE),
        (RECORD, attrs.evolve(RECORD.archive_identity, ctime_ns=7), S.ARCHIVED),
        (RECORD, attrs.evolve(RECORD.archive_identity, size_bytes=7), S.SOURCE),
    ],
)
def test_a_source_is_archived_if_its_recorded_archive_is_there(
    known: ArchiveRecord | None, archive: FileIdentity | None, state: ArchiveState
) -> None:
    assert state_of_source(known, archive=archive) is state
