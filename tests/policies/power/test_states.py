"""The states of the box: the table, its page, and what must be true of every trace (INV-32 to INV-35)."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.power.readings import VBAT_MV, VIN_MV, ExternalPower, PowerReading, judged
from camvault.core.power.states import (
    TABLE,
    BoxState,
    Command,
    Observation,
    Occasion,
    PowerDecision,
    PowerMemory,
    decide,
)
from camvault.core.power.thresholds import PowerLevel, PowerThresholds
from camvault.ports.battery import PowerRegisters

PAGE = Path(__file__).parents[3] / "docs/design/power-states.md"
SWITCHING = {Command.PORT_OFF, Command.POWER_ON, Command.DATA_ON, Command.AFTER_COPY}
OFFLOADING = {Command.DATA_ON, Command.MOUNT, Command.COPY, Command.UPLOAD, Command.VERIFY, Command.REMOVE_STAGED}
COPYING = [Command.DATA_ON, Command.MOUNT, Command.COPY, Command.UNMOUNT]
SENDING = [Command.UPLOAD, Command.VERIFY, Command.REMOVE_STAGED]
GARBAGE = (None, -1, -2, 0xFFFF, 41_981, 4_197_813)


def seen(battery_mv: int | None = 3400, *, is_external: bool = False, **changes: object) -> Observation:
    external = ExternalPower.PRESENT if is_external else ExternalPower.ABSENT
    reading = PowerReading(battery_mv=battery_mv, external=external, problems=("VBAT: found nothing",))
    observed = Observation(reading=reading, now_s=0, is_server_reached=True)
    return attrs.evolve(observed, **changes)  # type: ignore[arg-type]


def stuck(**changes: object) -> Observation:
    return attrs.evolve(seen(staged_count=1, is_sending_stuck=True), **changes)  # type: ignore[arg-type]


def test_every_occasion_is_answered_in_every_state_but_the_last() -> None:
    assert set(TABLE) == set(itertools.product(set(BoxState) - {BoxState.ENDED}, Occasion))


def test_the_page_is_the_table() -> None:
    rows = [
        f"| {state.value} | {occasion.value} | {following.value} | {' '.join(f'`{each.value}`' for each in commands)} |"
        for (state, occasion), (following, commands) in TABLE.items()
    ]
    found = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")][1:]
    assert found == rows


@pytest.mark.parametrize(
    ("looks", "states", "commands"),
    [
        # No network: it records, and is not told so again
        (
            [seen(is_server_reached=False)] * 2,
            [BoxState.RECORDING] * 2,
            [[Command.PORT_OFF, Command.POWER_ON], []],
        ),
        # The server is near: copied, then sent, then it records
        (
            [seen(), seen(is_camera_due=False, staged_count=2), seen(is_camera_due=False)],
            [BoxState.COPYING, BoxState.SENDING, BoxState.RECORDING],
            [
                [Command.PORT_OFF, *COPYING],
                [Command.AFTER_COPY, *SENDING],
                [Command.POWER_ON],
            ],
        ),
        # Staging is full: all that is in it is sent before more is copied
        (
            [seen(is_room_staged=False, staged_count=9), seen(staged_count=1), seen()],
            [BoxState.SENDING, BoxState.SENDING, BoxState.COPYING],
            [[Command.PORT_OFF, Command.AFTER_COPY, *SENDING], SENDING, COPYING],
        ),
        # The server takes nothing: the camera records, and is copied when it is due
        (
            [seen(is_camera_due=False, staged_count=1), stuck(is_camera_due=False), stuck()],
            [BoxState.SENDING, BoxState.RECORDING, BoxState.COPYING],
            [[Command.PORT_OFF, Command.AFTER_COPY, *SENDING], [Command.POWER_ON], COPYING],
        ),
        # A camera that is not seen is not copied
        (
            [seen(is_camera_there=False), seen(is_camera_there=False, staged_count=1), seen(is_camera_there=True)],
            [BoxState.RECORDING, BoxState.SENDING, BoxState.COPYING],
            None,
        ),
        # The battery gets empty
        (
            [seen(), seen(3349), seen(3249), seen(3249), seen(is_external=True)],
            [BoxState.COPYING, BoxState.RESTING, BoxState.ENDING, BoxState.ENDED, BoxState.ENDED],
            [
                [Command.PORT_OFF, *COPYING],
                [Command.PORT_OFF],
                [],
                [Command.SHUTDOWN],
                [],
            ],
        ),
        # Power returns before the machine is told to shut down; without load the battery is not that low
        ([seen(3249), seen(is_external=True)], [BoxState.ENDING, BoxState.COPYING], None),
        ([seen(3249), seen(3300)], [BoxState.ENDING, BoxState.RESTING], None),
        # Nothing is known: what runs is stopped, and nothing is switched
        (
            [seen(), seen(None), seen()],
            [BoxState.COPYING] * 3,
            [[Command.PORT_OFF, *COPYING], [], COPYING],
        ),
        ([seen(None), seen()], [BoxState.STARTED, BoxState.COPYING], [[], [Command.PORT_OFF, *COPYING]]),
    ],
)
def test_stories(looks: list[Observation], states: list[BoxState], commands: list[list[Command]] | None) -> None:
    memory, found = PowerMemory(), []
    for look in looks:
        decision = decide(memory, look, PowerThresholds())
        memory = decision.memory
        found.append(decision)
    assert [each.memory.state for each in found] == states
    assert commands is None or [list(each.commands) for each in found] == commands


@pytest.mark.parametrize(
    ("look", "reason"),
    [
        (
            seen(3249),
            "battery below shutdown: battery at 3249 mV, about 20 % (disconnect below 50 %, shutdown below 25 %)",
        ),
        (seen(None), "the power is not known: VBAT: found nothing"),
        (seen(is_external=True), "the camera is due: external power, server reached"),
        (
            seen(is_external=True, is_server_reached=False),
            "nothing to do here: external power, server not reached",
        ),
        (
            seen(is_external=True, is_room_staged=False, staged_count=3),
            "staged clips wait: external power, server reached, 3 clips staged, no room for another clip in staging",
        ),
        (
            seen(is_external=True, is_room_staged=False),
            "nothing to do here: external power, server reached, no room for another clip in staging",
        ),
    ],
)
def test_a_reason_has_the_figures_that_decided(look: Observation, reason: str) -> None:
    assert decide(PowerMemory(), look, PowerThresholds()).reason == reason


@attrs.frozen
class Trace:
    """Looks, and the registers that they saw."""

    thresholds: PowerThresholds
    looks: tuple[tuple[PowerRegisters, Observation], ...]


def thresholds_of(choose: random.Random) -> PowerThresholds:
    disconnect, shutdown = sorted((choose.randrange(101), choose.randrange(101)), reverse=True)
    return PowerThresholds(
        disconnect=PowerLevel(disconnect),
        shutdown=PowerLevel(shutdown),
        resume=PowerLevel(choose.randrange(disconnect, 101)) if choose.random() < 0.5 else None,
        hysteresis_percent=choose.choice((0, 5, 20)),
        dwell_s=choose.choice((0, 30, 120)),
    )


def registers_of(choose: random.Random) -> PowerRegisters:
    def value(bounds: range) -> int | None:
        return choose.choice(GARBAGE) if choose.random() < 0.2 else choose.choice(bounds)

    vin_mv = 0 if choose.random() < 0.6 else value(VIN_MV)
    threshold_mv = 4498 if choose.random() < 0.9 else value(VIN_MV)
    return PowerRegisters(vbat_mv=value(VBAT_MV[1000:1700]), vin_mv=vin_mv, vin_threshold_mv=threshold_mv)


def trace(seed: int, length: int = 20) -> Trace:
    choose, now_s = random.Random(seed), 0.0
    looks = []
    for _ in range(length):
        now_s += choose.choice((1, 30, 60))
        registers = registers_of(choose)
        looks.append(
            (
                registers,
                Observation(
                    reading=judged(registers),
                    now_s=now_s,
                    is_server_reached=choose.random() < 0.6,
                    is_camera_due=choose.random() < 0.6,
                    is_room_staged=choose.random() < 0.8,
                    staged_count=choose.choice((0, 0, 3)),
                ),
            )
        )
    return Trace(thresholds_of(choose), tuple(looks))


def lived(played: Trace) -> Iterator[tuple[PowerRegisters, Observation, PowerMemory, PowerDecision]]:
    memory = PowerMemory()
    for registers, look in played.looks:
        decision = decide(memory, look, played.thresholds)
        yield registers, look, memory, decision
        memory = decision.memory


def check(played: Trace) -> None:
    """What must be true of every trace."""
    switched_off_s = switched_on_s = None
    for registers, look, before, decision in lived(played):
        commands, reading = set(decision.commands), look.reading
        is_external = registers.vin_mv in VIN_MV and reading.external is ExternalPower.PRESENT
        if reading.battery_mv is None and not is_external:  # INV-32
            assert not commands & (SWITCHING | OFFLOADING | {Command.SHUTDOWN})
        if Command.SHUTDOWN in commands:  # INV-34
            assert not is_external
            assert reading.battery_mv is not None
            assert played.thresholds.shutdown.is_above(reading.battery_mv)
            assert before.state is BoxState.ENDING
        if before.state is BoxState.ENDED:
            assert decision.memory.state is BoxState.ENDED
            assert not commands
        if commands & {Command.COPY, Command.UPLOAD}:  # INV-35
            assert look.is_server_reached
            assert (
                is_external
                or not played.thresholds.disconnect.is_above(reading.battery_mv or 0)
                or (played.thresholds.dwell_s)
            )
            assert not {Command.COPY, Command.UPLOAD} <= commands
        if Command.REMOVE_STAGED in commands:
            assert decision.commands.index(Command.VERIFY) < decision.commands.index(Command.REMOVE_STAGED)
        was_resting = before.state is BoxState.RESTING
        if is_external:
            switched_off_s = switched_on_s = None  # external power counts at once, in both directions
        elif decision.memory.state is BoxState.RESTING and not was_resting:  # INV-33
            if switched_on_s is not None:
                assert look.now_s - switched_on_s >= played.thresholds.dwell_s
            switched_off_s = look.now_s
        elif was_resting and commands & SWITCHING:
            if switched_off_s is not None:
                assert look.now_s - switched_off_s >= played.thresholds.dwell_s
            assert reading.battery_mv is not None
            assert played.thresholds.is_recovered(reading.battery_mv)
            switched_on_s = look.now_s


@given(st.integers(0, 2**64))
def test_what_must_be_true_of_every_trace(seed: int) -> None:
    check(trace(seed))


@pytest.mark.no_cover  # the same lines again and again, three times as fast
def test_it_is_true_of_a_hundred_thousand_traces() -> None:
    for seed in range(100_000):
        check(trace(seed, length=4))


def test_traces_reach_every_cell_of_the_table() -> None:
    reached = {
        (before.state, decision.occasion) for seed in range(3_000) for _, _, before, decision in lived(trace(seed))
    }
    assert set(TABLE) <= reached
