"""What a configuration would have decided in a drive."""

import itertools
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.configuration import BoxConfig, CardConfig, LevelsConfig, PollConfig
from camvault.core.dashcam.simulated_box import OffloadRates
from camvault.core.dashcam.simulation import SimulatedLook, TracePoint, simulate, span_problem
from camvault.core.power.table import BoxState, Command
from camvault.ports.battery import PowerRegisters

RATES = OffloadRates(recorded=1e6, copied=10e6, sent=5e6)
COPY = (Command.DATA_ON, Command.MOUNT, Command.COPY, Command.UNMOUNT)
SEND = (Command.UPLOAD, Command.VERIFY, Command.REMOVE_STAGED)


def point(at_s: float, *, vbat_mv: int | None = 3450, is_near: bool, **changes: Any) -> TracePoint:
    registers = PowerRegisters(vbat_mv=vbat_mv, vin_mv=0, vin_threshold_mv=4498)
    return attrs.evolve(TracePoint(at_s=at_s, registers=registers, is_server_reached=is_near), **changes)


def looks(*points: TracePoint, config: BoxConfig | None = None) -> list[SimulatedLook]:
    return list(simulate(points, config or BoxConfig(), RATES))


def states(found: list[SimulatedLook]) -> list[BoxState]:
    """The states, one after the other."""
    return [look.state for number, look in enumerate(found) if not number or look.state is not found[number - 1].state]


def test_what_was_recorded_away_from_home_is_copied_and_then_sent() -> None:
    found = looks(point(0, is_near=False), point(600, is_near=True), point(1200, is_near=True))
    assert states(found) == [BoxState.RECORDING, BoxState.COPYING, BoxState.SENDING, BoxState.RECORDING]
    by_time = {look.at_s: look for look in found}
    assert by_time[600].card_bytes == 570e6  # it was off for the first 30 s
    assert (by_time[657].card_bytes, by_time[657].staged_bytes) == (0, 570e6)
    assert by_time[771].staged_bytes == 0
    assert [by_time[at_s].commands for at_s in (600, 630, 657, 660)] == [(*COPY,), (), (Command.PORT_OFF, *SEND), ()]


def test_a_camera_that_was_a_disk_is_switched_off_before_it_records_as_the_service_does() -> None:
    found = looks(
        point(0, is_near=False), point(600, is_near=True), point(640, is_near=False), point(700, is_near=False)
    )
    begun, ended = [look for look in found if look.at_s >= 600 and look.commands]
    assert (begun.commands, ended.commands) == (COPY, (Command.PORT_OFF, Command.POWER_ON))


def test_what_is_off_is_not_switched_off_once_more() -> None:
    low = (point(0, vbat_mv=3300, is_near=False), point(60, vbat_mv=3500, is_near=True))
    staged = looks(*low, point(300, is_near=True))
    resting = [look.commands for look in staged if look.at_s <= 60]
    assert resting == [(Command.PORT_OFF,), (), COPY]


@pytest.mark.parametrize(("days", "problem"), [(1, ""), (347, ""), (348, "found 348 days from the first row to the")])
def test_a_trace_is_a_million_looks_at_most(days: int, problem: str) -> None:
    found = span_problem((point(5, is_near=False), point(5 + days * 86_400, is_near=False)), interval_s=30)
    assert (found.startswith(problem), bool(found)) == (True, bool(problem))


def test_the_camera_is_left_alone_until_it_is_looked_at_again() -> None:
    found = looks(point(0, is_near=True), point(3600, is_near=True))
    begun = [
        look.at_s
        for number, look in enumerate(found)
        if "data_on" in [c.value for c in look.commands]
        and (not number or found[number - 1].state is not BoxState.COPYING)
    ]
    assert len(begun) >= 3
    assert min(later - earlier for earlier, later in itertools.pairwise(begun)) >= 900


def test_a_server_that_is_missed_once_ends_nothing() -> None:
    """INV-35."""
    found = looks(
        point(0, is_near=False),
        point(600, is_near=True),
        point(630, is_near=False),
        point(650, is_near=True),
        point(1200, is_near=True),
    )
    assert [look.at_s for look in found if 600 <= look.at_s <= 660] == [600, 610, 630, 657, 660]
    assert states(found) == [BoxState.RECORDING, BoxState.COPYING, BoxState.SENDING, BoxState.RECORDING]


def test_the_camera_is_left_alone_until_the_next_look_at_least() -> None:
    config = BoxConfig(poll=PollConfig(recheck_minutes=0))
    found = looks(point(0, is_near=False), point(600, is_near=True), point(1500, is_near=True), config=config)
    assert {BoxState.COPYING, BoxState.SENDING, BoxState.RECORDING} <= set(states(found))
    assert len(found) < 150  # as the service, it does not turn in circles


def test_nothing_is_copied_from_a_camera_that_is_not_there() -> None:
    found = looks(point(0, is_near=False), point(300, is_near=True, is_camera_there=False), point(600, is_near=True))
    assert found[-2].card_bytes == 270e6
    assert all(look.state is BoxState.RECORDING for look in found if look.at_s < 600)


def test_while_nothing_is_known_nothing_moves() -> None:
    found = looks(
        point(0, is_near=False),
        point(300, is_near=True),
        point(330, vbat_mv=None, is_near=True),
        point(360, is_near=True),
    )
    by_time = {look.at_s: look for look in found}
    assert by_time[360].card_bytes == by_time[330].card_bytes


def test_it_ends_with_the_shutdown() -> None:
    found = looks(point(0, is_near=False), point(60, vbat_mv=3200, is_near=False), point(6000, is_near=False))
    assert [look.state for look in found[-2:]] == [BoxState.ENDING, BoxState.ENDED]
    assert found[-1].at_s == 70


@pytest.mark.parametrize(("dwell_s", "is_off"), [(0, True), (120, False)])
def test_a_configuration_makes_the_difference(dwell_s: float, is_off: bool) -> None:
    config = BoxConfig(thresholds=LevelsConfig(dwell_seconds=dwell_s))
    sag = (point(0, is_near=False), point(60, vbat_mv=3300, is_near=False), point(90, is_near=False))
    assert (BoxState.RESTING in states(looks(*sag, config=config))) is is_off


def test_a_trace_of_one_point_is_one_look() -> None:
    assert states(looks(point(0, is_near=False))) == [BoxState.RECORDING]


def test_what_staging_does_not_take_is_copied_after_what_it_has_was_sent() -> None:
    rates = attrs.evolve(RATES, staging_bytes=200e6)
    found = list(
        simulate((point(0, is_near=False), point(600, is_near=True), point(1200, is_near=True)), BoxConfig(), rates)
    )
    assert states(found)[:7] == [BoxState.RECORDING, *[BoxState.COPYING, BoxState.SENDING] * 3]
    assert max(look.staged_bytes for look in found) == 200e6
    assert any(look.card_bytes == look.staged_bytes == 0 for look in found if look.at_s > 600)


def test_a_camera_that_does_not_come_up_is_left_alone_and_what_is_staged_is_sent() -> None:
    config = BoxConfig(poll=PollConfig(recheck_minutes=60))
    found = looks(
        point(0, is_near=True, is_camera_there=False), point(3000, is_near=True, is_camera_there=False), config=config
    )
    assert states(found) == [BoxState.COPYING, BoxState.RECORDING]
    assert found[-1].card_bytes == 0
    begun = [look.at_s for look in found if Command.COPY in look.commands]
    assert begun == [0]


def test_a_camera_that_records_while_clips_are_sent() -> None:
    config = BoxConfig(camera=CardConfig(after_copy="recording", off_seconds=0))
    found = looks(point(0, is_near=False), point(600, is_near=True), point(780, is_near=True), config=config)
    sending = [look for look in found if look.state is BoxState.SENDING]
    assert sending[0].commands == (Command.PORT_OFF, Command.POWER_ON, *SEND)  # it was a disk
    assert sending[-1].card_bytes > 0


TRACES = st.lists(
    st.tuples(st.integers(0, 2000), st.sampled_from((3300, 3420, 3600, None, 41_981)), st.booleans(), st.booleans()),
    min_size=1,
    max_size=15,
)


@given(TRACES, st.sampled_from(("recording", "powered_off")), st.sampled_from((0, 30, 100)))
def test_what_must_be_true_of_every_drive(
    rows: list[tuple[int, int | None, bool, bool]], after_copy: str, off_seconds: float
) -> None:
    """Time goes on, nothing is more than there is room for, and what is told is what the service tells."""
    config = BoxConfig(camera=CardConfig(after_copy=after_copy, off_seconds=off_seconds))
    rates = attrs.evolve(RATES, staging_bytes=300e6)
    at_s, points = 0, []
    for seconds, vbat_mv, is_near, is_there in rows:
        points.append(point(at_s, vbat_mv=vbat_mv, is_near=is_near, is_camera_there=is_there))
        at_s += seconds
    found = list(simulate(points, config, rates))
    assert found == list(simulate(points, config, rates))
    for before, look in itertools.pairwise(found):
        assert 0 < look.at_s - before.at_s <= 30
        assert look.card_bytes + look.staged_bytes <= before.card_bytes + before.staged_bytes + 1e6 * 30 + 1
    for look in found:
        assert 0 <= look.staged_bytes <= 300e6
        assert look.card_bytes >= 0
        assert Command.AFTER_COPY not in look.commands
        assert look.reading.battery_mv is not None or not set(look.commands) - {Command.UNMOUNT}
