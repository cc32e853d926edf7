"""Whether a medium may be written, and what is said of it after a failure."""

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.disc.medium_verdict import MediumVerdict, may_burn, unfinished, with_fate
from camvault.ports.errors import BurnError
from camvault.ports.medium import Medium, MediumState
from tests.bodycam.burn.helpers import MEDIA

DEVICE = "/dev/sr0"


class TestMediumVerdict:
    @given(MEDIA, st.integers(1, 2**40))
    def test_only_a_blank_disc_that_is_large_enough_is_burned(self, medium: Medium, size_bytes: int) -> None:
        """Whatever lies in the drive."""
        decision = may_burn(medium, size_bytes=size_bytes)

        is_fit = medium.state is MediumState.BLANK and size_bytes <= medium.free_bytes
        assert (decision.verdict is MediumVerdict.BURN) == is_fit
        assert (decision.verdict is MediumVerdict.WAIT) == (medium.state is MediumState.ABSENT)
        assert bool(decision.reason) == (decision.verdict is not MediumVerdict.BURN)

    @given(st.booleans(), st.none() | MEDIA)
    def test_a_disc_is_called_untouched_only_on_somebodys_word(self, is_spoiled: bool, medium: Medium | None) -> None:
        """The drive's, or else the tool's."""
        error = with_fate(BurnError(DEVICE, "problem", is_spoiled=is_spoiled), medium)

        if medium is not None and medium.state is MediumState.BLANK:
            assert not error.is_spoiled
        elif medium is None or medium.state in {MediumState.ABSENT, MediumState.UNSUITABLE}:
            assert error.is_spoiled == is_spoiled
        else:
            assert error.is_spoiled

    @given(MEDIA, st.frozensets(st.sampled_from(MediumState)))
    def test_a_medium_is_finished_in_the_states_of_its_burner_only(
        self, medium: Medium, finished: frozenset[MediumState]
    ) -> None:
        """Whatever the burner reports."""
        problem = unfinished(medium, finished_states=finished)
        assert (problem is None) == (medium.state in finished)
        assert problem is None or medium.state.value in problem
