"""The states of the box: the table, its page, and what must be true of every trace (INV-32 to INV-35)."""

import itertools
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from camvault.core.power.readings import VBAT_MV, VIN_MV, ExternalPower, PowerReading, judged
from camvault.core.power.remembered import memory_document, memory_of
from camvault.core.power.states import LOOK_AGAIN_S, OBEYS_S, Observation, PowerDecision, PowerMemory, decide
from camvault.core.power.supply import Supply, SupplyMemory
from camvault.core.power.table import LOADED, OFFLOADING, TABLE, BoxState, Command, Occasion
from camvault.core.power.thresholds import PowerLevel, PowerThresholds
from camvault.core.power.unknown_power import UNKNOWN_MOST_S
from camvault.core.power.weak_charger import CARRIED_S, LOSSES_MOST, ChargerMemory
from camvault.ports.battery import PowerRegisters
from tools import power_states

SWITCHING = {Command.PORT_OFF, Command.POWER_ON, Command.DATA_ON, Command.AFTER_COPY}
COPYING = [Command.DATA_ON, Command.MOUNT, Command.COPY, Command.UNMOUNT]
SENDING = [Command.UPLOAD, Command.VERIFY, Command.REMOVE_STAGED]
GARBAGE = (None, -1, -2, 0xFFFF, 41_981, 4_197_813)


def seen(battery_mv: int | None = 3400, *, is_external: bool = False, **changes: object) -> Observation:
    external = ExternalPower.PRESENT if is_external else ExternalPower.ABSENT
    reading = PowerReading(battery_mv=battery_mv, external=external, problems=("VBAT: found nothing",))
    observed = Observation(reading=reading, now_s=0, is_server_reached=True)
    return attrs.evolve(observed, **changes)  # type: ignore[arg-type]


def stuck(*, is_external: bool = False, **changes: object) -> Observation:
    observed = seen(is_external=is_external, staged_count=1, is_sending_stuck=True)
    return attrs.evolve(observed, **changes)  # type: ignore[arg-type]


def test_every_occasion_is_answered_in_every_state_but_the_last() -> None:
    of_the_end = {Occasion.TOLD, Occasion.DISOBEYED}
    of_offloads = {Occasion.MISSED, Occasion.UNKNOWN_FOR_LONG}
    cells = set(itertools.product(set(BoxState) - {BoxState.ENDED}, set(Occasion) - of_the_end))
    never = set(itertools.product(set(BoxState) - OFFLOADING, of_offloads)) | set(
        itertools.product(LOADED, {Occasion.WEAK})
    )
    assert set(TABLE) == cells - never | set(itertools.product({BoxState.ENDED}, of_the_end))


def test_nothing_is_decided_beside_the_table() -> None:
    for seed in range(2_000):
        for each in lived(trace(seed)):
            found = each.decision.memory.state, each.decision.commands
            assert found == TABLE[each.before.state, each.decision.occasion]


def test_the_page_is_the_table() -> None:
    """And so is its picture: both are as `python -m tools.power_states` makes them."""
    text = power_states.PAGE.read_text("utf-8")
    assert power_states.page(text) == text
    assert power_states.DIAGRAM.read_text("utf-8") == power_states.diagram()


def test_the_picture_shows_each_way_once() -> None:
    shown = {(arrow.begin, arrow.end, number) for arrow in power_states.arrows() for number in arrow.numbers}
    numbers = [*Occasion]
    ways = {(begin, end, numbers.index(why) + 1) for (begin, why), (end, _) in TABLE.items() if begin is not end}
    assert shown == ways


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
        # The server is missed once between two looks that reach it, twice at the same moment, and twice
        (
            [
                seen(),
                seen(is_server_reached=False, now_s=30),
                seen(now_s=60),
                seen(is_server_reached=False, now_s=90),
                seen(is_server_reached=False, now_s=91),
                seen(is_camera_due=False, staged_count=1, now_s=100),
                seen(is_server_reached=False, staged_count=1, now_s=130),
                seen(is_server_reached=False, staged_count=1, now_s=160),
                seen(is_server_reached=False, now_s=190),
            ],
            [BoxState.COPYING] * 5 + [BoxState.SENDING] * 2 + [BoxState.RECORDING] * 2,
            [
                [Command.PORT_OFF, *COPYING],
                [],
                COPYING,
                [],
                [],
                [Command.AFTER_COPY, *SENDING],
                [],
                [Command.POWER_ON],
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
            stuck(is_external=True, is_camera_due=False),
            "nothing to do here: external power, server reached, 1 clip staged, the last try to send them removed none",
        ),
        (
            seen(is_external=True, is_camera_there=False),
            "nothing to do here: external power, server reached, the camera is not seen in its port",
        ),
        (
            seen(is_external=True, is_room_staged=False),
            "nothing to do here: external power, server reached, no room for another clip in staging",
        ),
    ],
)
def test_a_reason_has_the_figures_that_decided(look: Observation, reason: str) -> None:
    assert decide(PowerMemory(), look, PowerThresholds()).reason == reason


@pytest.mark.parametrize("state", [BoxState.COPYING, BoxState.SENDING])
def test_a_camera_that_was_switched_for_an_offload_records_again_while_nothing_is_known(state: BoxState) -> None:
    memory, found = PowerMemory(state=state), []
    for now_s in (0, 30, UNKNOWN_MOST_S - 1, UNKNOWN_MOST_S, UNKNOWN_MOST_S + 30):
        decision = decide(memory, seen(None, now_s=now_s), PowerThresholds())
        memory = decision.memory
        found.append((memory.state, decision.commands))
    recording = [(BoxState.RECORDING, (Command.POWER_ON,)), (BoxState.RECORDING, ())]
    assert found == [(state, ())] * 3 + recording


def test_what_is_known_in_between_begins_the_time_anew() -> None:
    memory = PowerMemory(state=BoxState.SENDING)
    for battery_mv, now_s in ((None, 0), (3600, 290), (None, 320), (None, 610)):
        decision = decide(memory, seen(battery_mv, now_s=now_s, staged_count=1), PowerThresholds())
        memory = decision.memory
    assert (memory.state, decision.commands) == (BoxState.SENDING, ())


@pytest.mark.parametrize("state", [BoxState.STARTED, BoxState.RESTING, BoxState.ENDING])
def test_nothing_else_is_switched_however_long_nothing_is_known(state: BoxState) -> None:
    memory = PowerMemory(state=state, unknown_since_s=0)
    decision = decide(memory, seen(None, now_s=9000), PowerThresholds())
    assert (decision.memory.state, decision.commands) == (state, ())


@pytest.mark.parametrize(
    ("battery_mv", "is_external", "states"),
    [
        (3000, False, [BoxState.ENDED, BoxState.ENDED, BoxState.RESTING, BoxState.ENDING, BoxState.ENDED]),
        (3000, True, [BoxState.ENDED, BoxState.ENDED, BoxState.RESTING, *[BoxState.RECORDING] * 2]),
        (None, False, [BoxState.ENDED, BoxState.ENDED, *[BoxState.RESTING] * 3]),
    ],
)
def test_a_machine_that_did_not_do_what_it_was_told_is_told_again_or_goes_on(
    battery_mv: int | None, is_external: bool, states: list[BoxState]
) -> None:
    memory = decide(PowerMemory(state=BoxState.ENDING), seen(3000), PowerThresholds()).memory
    found = []
    for now_s in (30, OBEYS_S - 1, OBEYS_S, OBEYS_S + 10, OBEYS_S + 40):
        look = seen(battery_mv, is_external=is_external, now_s=now_s, is_server_reached=False)
        memory = decide(memory, look, PowerThresholds()).memory
        found.append(memory.state)
    assert found == states


@pytest.mark.parametrize(
    ("resume", "rest_mv", "words"),
    [
        (None, 3360, "comes back from 50 % and 5 % more on, less the 20 mV that a camera takes from it"),
        (None, 3340, "comes back from 50 % and 5 % more on"),
        (PowerLevel(70), 3360, "comes back from 70 % on, less the 20 mV that a camera takes from it"),
    ],
)
def test_a_camera_that_is_off_says_when_it_comes_back(resume: PowerLevel | None, rest_mv: int, words: str) -> None:
    thresholds, memory = PowerThresholds(resume=resume), PowerMemory(state=BoxState.RECORDING)
    memory = decide(memory, seen(3340), thresholds).memory
    for look in (seen(rest_mv), seen(3360)):
        decision = decide(memory, look, thresholds)
        memory = decision.memory
    assert decision.reason.endswith(words)


@attrs.frozen
class Trace:
    """Looks, the registers that they saw, and before which of them the service or the machine was started again."""

    thresholds: PowerThresholds
    looks: tuple[tuple[PowerRegisters, Observation], ...]
    boots: Mapping[int, str]
    """The boot of the process that begins at this look."""


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
    looks, boots = [], {}
    for number in range(length):
        now_s += choose.choice((1, 10, 30, 60, 700))
        if choose.random() < 0.08:
            boots[number] = choose.choice(("same", "same", f"boot {number}", ""))
        registers = registers_of(choose)
        observed = Observation(
            reading=judged(registers),
            now_s=now_s,
            is_server_reached=choose.random() < 0.6,
            is_camera_due=choose.random() < 0.6,
            is_camera_there=choose.choice((None, True, True, False)),
            is_room_staged=choose.random() < 0.8,
            staged_count=choose.choice((0, 0, 3)),
            is_sending_stuck=choose.random() < 0.2,
            read_s=None if choose.random() < 0.5 else now_s - choose.choice((0, 1, 90, 91, 5000, -1)),
        )
        looks.append((registers, observed))
    return Trace(thresholds_of(choose), tuple(looks), boots)


@attrs.frozen
class Lived:
    """One look of a trace, and what came of it."""

    registers: PowerRegisters
    look: Observation
    before: PowerMemory
    decision: PowerDecision
    is_started: bool
    """Whether the machine, or the service, was started right before."""

    @property
    def is_stale(self) -> bool:
        read_s = self.look.now_s if self.look.read_s is None else self.look.read_s
        return not 0 <= self.look.now_s - read_s <= 90

    @property
    def is_external(self) -> bool:
        vin_mv, threshold_mv = self.registers.vin_mv, self.registers.vin_threshold_mv
        if self.is_stale or vin_mv is None or threshold_mv is None:
            return False
        return 0 <= vin_mv <= 6500 and 3600 <= threshold_mv <= 6500 and vin_mv >= threshold_mv

    @property
    def battery_mv(self) -> int | None:
        """The voltage, if it is believed."""
        vbat_mv = self.registers.vbat_mv
        return None if self.is_stale or vbat_mv is None or not 2000 <= vbat_mv <= 4000 else vbat_mv


def lived(played: Trace) -> Iterator[Lived]:
    memory, boot = PowerMemory(), "same"
    for number, (registers, look) in enumerate(played.looks):
        if number in played.boots:
            document = memory_document(memory, boot_id=boot)
            boot = played.boots[number]
            memory = memory_of(document, boot_id=boot, now_s=look.now_s)
        decision = decide(memory, look, played.thresholds)
        yield Lived(registers, look, memory, decision, number in played.boots or not number)
        memory = decision.memory


def check(played: Trace) -> None:
    """What must be true of every trace."""
    thresholds = played.thresholds
    switched_off_s = switched_on_s = missed_s = None
    for seen_so in lived(played):
        commands, before, now_s = seen_so.decision.commands, seen_so.before, seen_so.look.now_s
        battery_mv, is_external = seen_so.battery_mv, seen_so.is_external
        given = set(commands)
        if battery_mv is None and not is_external:  # INV-32
            is_long = before.unknown_since_s is not None and now_s - before.unknown_since_s >= UNKNOWN_MOST_S
            assert not given or (is_long and before.state in OFFLOADING and given == {Command.POWER_ON})
        if seen_so.decision.memory.state is BoxState.ENDING:  # the camera is off, and it is looked at again soon
            assert before.state is BoxState.ENDING or seen_so.decision.look_again_s == 10
        check_shutdown(seen_so, thresholds)
        check_offload(seen_so, thresholds)
        missed_s = check_missed(seen_so, missed_s)
        if given & {Command.POWER_ON, Command.DATA_ON} and not is_external:  # the load is looked at soon
            assert seen_so.decision.look_again_s == 10 or before.state is seen_so.decision.memory.state
        was_resting = before.state is BoxState.RESTING
        if is_external and before.state not in LOADED and before.charger.is_weak(now_s):
            assert not given & {Command.POWER_ON, Command.DATA_ON, Command.AFTER_COPY}
        if is_external or seen_so.is_started:
            switched_off_s = switched_on_s = None  # external power counts at once, in both directions
        if is_external:
            continue
        if seen_so.decision.memory.state is BoxState.RESTING and not was_resting:  # INV-33
            if switched_on_s is not None:
                assert now_s - switched_on_s >= thresholds.dwell_s
            switched_off_s = now_s
        elif was_resting and given & SWITCHING:
            if switched_off_s is not None:
                assert now_s - switched_off_s >= thresholds.dwell_s
            assert battery_mv is not None
            was_low = before.supply.settled in {Supply.LOW, Supply.CRITICAL}  # not so after power in `ended`
            assert not was_low or thresholds.is_recovered(battery_mv - seen_so.decision.memory.supply.sag_mv)
            switched_on_s = now_s


def check_shutdown(seen_so: Lived, thresholds: PowerThresholds) -> None:
    """INV-34."""
    commands, before = seen_so.decision.commands, seen_so.before
    if Command.SHUTDOWN in commands:
        assert commands == (Command.SHUTDOWN,)
        assert not seen_so.is_external
        assert seen_so.battery_mv is not None
        assert thresholds.shutdown.is_above(seen_so.battery_mv)
        assert before.state is BoxState.ENDING
        assert before.spared_until_s is None or seen_so.look.now_s >= before.spared_until_s
    if before.state is BoxState.ENDED and not (before.ended_s and seen_so.look.now_s - before.ended_s >= OBEYS_S):
        assert seen_so.decision.memory.state is BoxState.ENDED
        assert not commands


def check_offload(seen_so: Lived, thresholds: PowerThresholds) -> None:
    """INV-35."""
    commands, look = seen_so.decision.commands, seen_so.look
    if {Command.COPY, Command.UPLOAD} & set(commands):
        assert look.is_server_reached
        is_low = thresholds.disconnect.is_above(seen_so.battery_mv or 0)
        assert seen_so.is_external or not is_low or thresholds.dwell_s
        assert not {Command.COPY, Command.UPLOAD} <= set(commands)
    if Command.COPY in commands:
        assert look.is_camera_due
        assert look.is_room_staged
        assert look.is_camera_there is not False
        assert commands.index(Command.MOUNT) < commands.index(Command.COPY) < commands.index(Command.UNMOUNT)
    if Command.UPLOAD in commands:
        assert look.staged_count
        assert not look.is_sending_stuck
        assert commands.index(Command.VERIFY) < commands.index(Command.REMOVE_STAGED)


def check_missed(seen_so: Lived, missed_s: float | None) -> float | None:
    """INV-35; since when the server was not reached."""
    look, decision = seen_so.look, seen_so.decision
    if look.is_server_reached:
        assert decision.occasion is not Occasion.MISSED
        return None
    is_second = missed_s is not None and look.now_s - missed_s >= LOOK_AGAIN_S
    if seen_so.before.state in OFFLOADING:
        assert (decision.occasion is Occasion.NOTHING) <= is_second
        assert (decision.occasion is Occasion.MISSED) <= (not is_second and decision.look_again_s == LOOK_AGAIN_S)
    return look.now_s if missed_s is None else missed_s


@given(st.integers(0, 2**64))
def test_what_must_be_true_of_every_trace(seed: int) -> None:
    check(trace(seed))


@pytest.mark.no_cover  # the same lines again and again, three times as fast
def test_it_is_true_of_a_hundred_thousand_traces() -> None:
    for seed in range(100_000):
        check(trace(seed, length=4))


def test_traces_reach_every_cell_of_the_table() -> None:
    reached: set[tuple[BoxState, Occasion]] = set()
    for seed in range(20_000):
        reached |= {(each.before.state, each.decision.occasion) for each in lived(trace(seed, length=60))}
        if set(TABLE) <= reached:
            return
    raise AssertionError(set(TABLE) - reached)


LEVELS = st.builds(
    PowerThresholds,
    disconnect=st.builds(PowerLevel, st.integers(0, 100)),
    shutdown=st.just(PowerLevel(0)),
    hysteresis_percent=st.sampled_from((0, 5, 20)),
    dwell_s=st.sampled_from((0, 60)),
)


@given(rest_mv=st.integers(2900, 3700), sag_mv=st.integers(0, 400), thresholds=LEVELS, is_near=st.booleans())
@example(rest_mv=3400, sag_mv=60, thresholds=PowerThresholds(), is_near=False)
def test_a_battery_that_stays_the_same_is_switched_off_once_at_most(
    rest_mv: int, sag_mv: int, thresholds: PowerThresholds, is_near: bool
) -> None:
    """INV-33: a reading under load starts no loop, whatever the load does to the battery."""
    memory, now_s, offs, is_on = PowerMemory(), 0.0, 0, False
    for _ in range(100):
        reading = PowerReading(battery_mv=rest_mv - (sag_mv if is_on else 0), external=ExternalPower.ABSENT)
        decision = decide(memory, Observation(reading=reading, now_s=now_s, is_server_reached=is_near), thresholds)
        offs += is_on and Command.PORT_OFF in decision.commands
        is_on = decision.memory.state in LOADED
        memory, now_s = decision.memory, now_s + (decision.look_again_s or 30)
    assert offs <= 1


@attrs.frozen(kw_only=True)
class WeakBox:
    """A box whose charger breaks down under the camera."""

    rest_mv: int
    sag_mv: int
    thresholds: PowerThresholds
    is_near: bool
    interval_s: int
    starts: frozenset[int] = frozenset()
    """Before which look the service is started again."""


WEAK_BOXES = st.builds(
    WeakBox,
    rest_mv=st.integers(2900, 3700),
    sag_mv=st.integers(0, 400),
    thresholds=LEVELS,
    is_near=st.booleans(),
    interval_s=st.sampled_from((1, 10, 30, 300)),
    starts=st.frozensets(st.integers(0, 400), max_size=3),
)


@given(WEAK_BOXES)
@example(WeakBox(rest_mv=3300, sag_mv=20, thresholds=PowerThresholds(), is_near=False, interval_s=30))
def test_a_charger_that_breaks_down_under_the_camera_does_not_switch_it_for_ever(box: WeakBox) -> None:
    """INV-33: three times in the first minutes, and at last once an hour; a start of the service changes little."""
    memory, now_s, ons, is_on = PowerMemory(), 0.0, 0, False
    for number in range(400):
        if number in box.starts:
            memory = memory_of(memory_document(memory, boot_id="a"), boot_id="a", now_s=now_s)
        external = ExternalPower.ABSENT if is_on else ExternalPower.PRESENT
        reading = PowerReading(battery_mv=box.rest_mv - (box.sag_mv if is_on else 0), external=external)
        look = Observation(reading=reading, now_s=now_s, is_server_reached=box.is_near)
        decision = decide(memory, look, box.thresholds)
        ons += decision.memory.state in LOADED and not is_on
        is_on = decision.memory.state in LOADED
        memory, now_s = decision.memory, now_s + (decision.look_again_s or box.interval_s)
    assert ons <= LOSSES_MOST + 2 + now_s // 3600 + 2 * len(box.starts)


@given(st.lists(st.sampled_from((1, 10, 30, 130)), min_size=1, max_size=60))
def test_a_charger_that_carries_the_camera_is_never_called_weak(steps: list[int]) -> None:
    memory, now_s = PowerMemory(charger=ChargerMemory(losses=LOSSES_MOST)), 0.0
    for step in steps:
        memory = decide(memory, seen(3000, is_external=True, now_s=now_s), PowerThresholds()).memory
        assert memory.state in LOADED
        now_s += step
    assert memory.charger.losses == (0 if now_s - steps[-1] >= CARRIED_S else LOSSES_MOST)


def test_a_weak_charger_is_told_with_what_was_seen_and_when_it_is_tried_again() -> None:
    memory, found = PowerMemory(state=BoxState.RESTING, charger=ChargerMemory(losses=2)), []
    for now_s, is_external in ((0, True), (30, False), (60, True), (929, True), (930, True)):
        decision = decide(memory, seen(3300, is_external=is_external, now_s=now_s), PowerThresholds())
        memory = decision.memory
        found.append((memory.state, decision.occasion))
        if now_s == 60:
            assert decision.reason == (
                "the external power does not carry the camera: external power, lost 3 times in a row when the camera "
                "was switched on; tried again in 14 minutes"
            )
    weak = (BoxState.RESTING, Occasion.WEAK)
    assert found == [
        (BoxState.COPYING, Occasion.CLIPS),
        (BoxState.RESTING, Occasion.LOW),
        weak,
        weak,
        (BoxState.COPYING, Occasion.CLIPS),
    ]


def test_a_battery_that_was_low_is_still_low_when_weak_power_goes() -> None:
    charger, low = ChargerMemory(losses=3, weak_until_s=900), SupplyMemory(settled=Supply.LOW)
    memory, found = PowerMemory(state=BoxState.RESTING, charger=charger, supply=low), []
    for battery_mv, is_external in ((3360, True), (3360, False), (3400, False)):
        decision = decide(memory, seen(battery_mv, is_external=is_external), PowerThresholds())
        memory = decision.memory
        found.append(decision.occasion)
    assert found == [Occasion.WEAK, Occasion.LOW, Occasion.CLIPS]


def test_a_wrong_reading_under_load_does_not_keep_a_camera_off() -> None:
    thresholds, memory, found = PowerThresholds(), PowerMemory(), []
    for number, battery_mv in enumerate((3500, 2500, 3500)):
        decision = decide(memory, seen(battery_mv, is_server_reached=False, now_s=30.0 * number), thresholds)
        memory = decision.memory
        found.append(memory.state)
    assert found == [BoxState.RECORDING, BoxState.ENDING, BoxState.RECORDING]


@pytest.mark.parametrize(
    ("look", "again_s"),
    [
        (seen(), 10),
        (seen(is_server_reached=False), 10),
        (seen(is_external=True), None),
        (seen(3100), 10),
        (seen(3300), None),
        (seen(None), None),
    ],
)
def test_a_load_that_is_switched_is_looked_at_soon(look: Observation, again_s: float | None) -> None:
    first = decide(PowerMemory(), look, PowerThresholds())
    second = decide(first.memory, look, PowerThresholds())
    assert first.look_again_s == again_s
    assert second.look_again_s is None


@pytest.mark.parametrize(("age_s", "is_known"), [(0, True), (90, True), (90.5, False), (-0.1, False)])
def test_an_old_reading_is_not_known(age_s: float, is_known: bool) -> None:
    look = seen(2500, is_external=True, now_s=1000, read_s=1000 - age_s)
    decision = decide(PowerMemory(), look, PowerThresholds())
    assert (decision.occasion is not Occasion.UNKNOWN) is is_known
    assert is_known or decision.reason.startswith("the power is not known: the reading is ")


def test_since_when_a_state_lasts_is_remembered_by_the_clock_of_the_box() -> None:
    first, second = (datetime(2026, 5, 28, 12, minute, tzinfo=UTC) for minute in (0, 1))
    memory = decide(PowerMemory(), seen(is_server_reached=False, at=first), PowerThresholds()).memory
    assert decide(memory, seen(is_server_reached=False, at=second), PowerThresholds()).memory.since_at == first
    assert decide(memory, seen(at=second), PowerThresholds()).memory.since_at == second
