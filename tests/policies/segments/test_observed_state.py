"""The state of a segment from what is seen of its file."""

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.segments.lifecycle import SegmentEvent, SegmentState, step
from camvault.core.segments.observed_state import observed_state
from camvault.ports.entries import FileIdentity

identities = st.builds(FileIdentity, st.integers(0, 3), st.integers(0, 3))


@given(identities, identities)
def test_a_file_that_changed_is_still_written(chosen: FileIdentity, now: FileIdentity) -> None:
    state = observed_state(chosen, now)
    assert state is (SegmentState.COMPLETE if chosen == now else SegmentState.RECORDING)
    for event in (SegmentEvent.ADOPTED, SegmentEvent.MOVED, SegmentEvent.BROKEN):
        assert bool(step(state, event).refusal) == (chosen != now)


@given(identities, identities)
def test_a_file_in_quarantine_is_quarantined_whatever_is_written(chosen: FileIdentity, now: FileIdentity) -> None:
    """Only the operator releases it."""
    state = observed_state(chosen, now, is_in_quarantine=True)
    assert state is SegmentState.QUARANTINED
    assert [event for event in SegmentEvent if not step(state, event).refusal] == [SegmentEvent.RELEASED]
