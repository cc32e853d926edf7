"""Wrong adapters of `Reach`."""

from typing import ClassVar

import attrs
import pytest

from camvault.adapters.contracts.reach import ReachContract
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.reach import MemoryReach
from camvault.ports.cancellation import Cancellation
from camvault.ports.reach import Reached
from tests.contracts.wrong.refusal import by


class _Reach(ReachContract):
    KIND: ClassVar[type[MemoryReach]]

    @pytest.fixture
    def near(self) -> MemoryReach:
        return type(self).KIND()

    @pytest.fixture
    def away(self) -> MemoryReach:
        return type(self).KIND(is_near=False)

    @pytest.fixture
    def cancel(self) -> MemoryCancellation:
        return MemoryCancellation()

    @pytest.fixture
    def requested(self) -> MemoryCancellation:
        cancel = MemoryCancellation()
        cancel.request()
        return cancel


class _Hopeful(MemoryReach):
    def look(self, *, cancel: Cancellation) -> Reached:
        return attrs.evolve(super().look(cancel=cancel), is_reached=True)


class TestReachThatTakesAnyAnswerForNear(_Reach):
    """As one does that only looks whether the look ended."""

    REFUSED_BY = by("a_server_that_does_not_answer_is_not_reached")
    KIND = _Hopeful


class _Mute(MemoryReach):
    def look(self, *, cancel: Cancellation) -> Reached:
        return attrs.evolve(super().look(cancel=cancel), words="")


class TestReachThatGivesNoReason(_Reach):
    REFUSED_BY = by("a_server_that_answers_is_reached", "a_server_that_does_not_answer_is_not_reached")
    KIND = _Mute


class _Deaf(MemoryReach):
    def look(self, *, cancel: Cancellation) -> Reached:
        del cancel
        return super().look(cancel=MemoryCancellation())


class TestReachThatCannotBeStopped(_Reach):
    REFUSED_BY = by("a_look_that_is_stopped_says_nothing")
    KIND = _Deaf
