"""A charger that has power for the box, and none for the camera."""

from collections.abc import Sequence

import pytest

from camvault.core.power.readings import ExternalPower
from camvault.core.power.weak_charger import COUNTED_MOST, ChargerMemory

P, A, U = ExternalPower.PRESENT, ExternalPower.ABSENT, ExternalPower.UNKNOWN
Looks = Sequence[tuple[float, ExternalPower, bool]]


def after(memory: ChargerMemory, looks: Looks) -> ChargerMemory:
    for now_s, external, is_loaded in looks:
        memory = memory.seen(external, is_loaded=is_loaded, now_s=now_s)
    return memory


@pytest.mark.parametrize(
    ("looks", "losses"),
    [
        ([(30, A, True)], 1),
        ([(30, P, True), (60, A, True)], 1),
        ([(30, U, True), (60, A, True)], 1),
        ([(300, A, True)], 1),  # looked at seldom: it was never seen to carry
        ([(30, A, True), (60, A, True)], 1),  # one loss
        ([(119, P, True), (130, A, True)], 1),
        ([(120, P, True), (130, A, True)], 0),  # carried, and gone for another reason
        ([(30, P, False), (60, A, False)], 0),  # the camera was switched off before
    ],
)
def test_power_that_goes_before_it_carried_the_camera_is_a_loss(looks: Looks, losses: int) -> None:
    assert after(ChargerMemory().tried(0), looks).losses == losses


def test_power_that_comes_while_the_camera_runs_and_goes_is_no_loss_and_carries_in_the_end() -> None:
    memory = ChargerMemory(losses=2)
    assert after(memory, [(0, P, True), (60, A, True), (90, P, True), (200, P, True)]).losses == 2
    assert after(memory, [(0, P, True), (60, A, True), (90, P, True), (210, P, True)]) == ChargerMemory()


@pytest.mark.parametrize(("losses", "pause_s"), [(1, 0), (2, 900), (3, 1800), (4, 3600), (9, 3600), (10**6, 3600)])
def test_it_is_left_alone_for_longer_and_longer_but_an_hour_at_most(losses: int, pause_s: float) -> None:
    memory = ChargerMemory(losses=min(losses, COUNTED_MOST)).tried(0).seen(A, is_loaded=True, now_s=30)
    assert memory.is_weak(30 + pause_s - 1) is bool(pause_s)
    assert not memory.is_weak(30 + pause_s)
