"""What is kept of the power states while the service, or the machine, does not run."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.power.readings import ExternalPower, PowerReading
from camvault.core.power.remembered import SPARED_S, memory_document, memory_of, not_kept
from camvault.core.power.states import OBEYS_S, Observation, PowerDecision, PowerMemory, decide
from camvault.core.power.supply import Supply, SupplyMemory
from camvault.core.power.table import BoxState, Command, Occasion
from camvault.core.power.thresholds import PowerLevel, PowerThresholds
from camvault.core.power.weak_charger import ChargerMemory

LOW = SupplyMemory(settled=Supply.LOW, low_since_s=70.5, sag_mv=80)
THRESHOLDS = PowerThresholds(resume=PowerLevel(70))


def kept(memory: PowerMemory, *, boot_id: str = "a", then: str = "a", now_s: float = 30) -> PowerMemory:
    """The memory of the next process."""
    return memory_of(json.loads(json.dumps(memory_document(memory, boot_id=boot_id))), boot_id=then, now_s=now_s)


def look(memory: PowerMemory, battery_mv: int, now_s: float, *, is_external: bool = False) -> PowerDecision:
    external = ExternalPower.PRESENT if is_external else ExternalPower.ABSENT
    reading = PowerReading(battery_mv=battery_mv, external=external)
    return decide(memory, Observation(reading=reading, now_s=now_s, is_server_reached=False), THRESHOLDS)


def test_at_the_very_first_start_nothing_is_remembered() -> None:
    assert memory_of(None, boot_id="a", now_s=30) == PowerMemory()


def test_a_service_that_starts_again_begins_anew_and_knows_what_it_saw() -> None:
    assert kept(PowerMemory(state=BoxState.RESTING, supply=LOW)) == PowerMemory(supply=LOW)


@pytest.mark.parametrize("since_at", [None, datetime(2026, 5, 28, 12, tzinfo=timezone(timedelta(hours=2)))])
def test_a_shutdown_is_not_taken_back_by_another_process(since_at: datetime | None) -> None:
    memory = kept(PowerMemory(state=BoxState.ENDED, supply=LOW, since_at=since_at))
    assert memory == PowerMemory(state=BoxState.ENDED, supply=LOW, since_at=since_at)
    decision = look(memory, 3600, 90, is_external=True)
    assert (decision.commands, decision.memory.state) == ((), BoxState.ENDED)
    at = " at 2026-05-28 12:00:00+0200" if since_at else ""
    assert decision.reason == f"the machine was told to shut down{at}"


@pytest.mark.parametrize("settled", [Supply.LOW, Supply.CRITICAL])
@pytest.mark.parametrize(("boot_id", "then"), [("a", "b"), ("", ""), ("a", "")])
def test_after_a_boot_on_a_low_battery_nothing_is_switched_on_until_resume(
    settled: Supply, boot_id: str, then: str
) -> None:
    memory = kept(PowerMemory(supply=attrs.evolve(LOW, settled=settled, sag_mv=0)), boot_id=boot_id, then=then)
    found = []
    for number, battery_mv in enumerate((3400, 3440, 3449, 3450)):
        decision = look(memory, battery_mv, 30.0 * number)
        memory = decision.memory
        found.append(list(decision.commands))
    assert found == [[Command.PORT_OFF], [], [], [Command.POWER_ON]]


def test_after_a_boot_with_external_power_all_is_well() -> None:
    memory = kept(PowerMemory(supply=LOW), then="b")
    assert look(memory, 2600, 30, is_external=True).commands == (Command.PORT_OFF, Command.POWER_ON)


def test_a_machine_that_a_board_starts_at_once_is_not_shut_down_in_a_loop() -> None:
    memory = kept(PowerMemory(state=BoxState.ENDED, supply=LOW), then="b", now_s=30)
    found = []
    for now_s in (30, 60, 30 + SPARED_S - 1, 30 + SPARED_S, 40 + SPARED_S):
        decision = look(memory, 3000, now_s)
        memory = kept(decision.memory, boot_id="b", then="b") if now_s == 60 else decision.memory
        found.append((decision.occasion, Command.SHUTDOWN in decision.commands))
    assert found == [(Occasion.LOW, False)] * 3 + [(Occasion.CRITICAL, False), (Occasion.CRITICAL, True)]


def test_after_a_boot_nothing_that_was_counted_before_counts() -> None:
    memory = kept(PowerMemory(supply=attrs.evolve(LOW, settled=Supply.ENOUGH)), then="b")
    assert memory.supply == SupplyMemory(sag_mv=80)


def test_a_shutdown_counts_for_ten_minutes_whichever_process_gave_it() -> None:
    memory = kept(PowerMemory(state=BoxState.ENDED, supply=LOW, ended_s=20))
    assert memory.ended_s == 20
    assert look(memory, 3000, 19 + OBEYS_S).memory.state is BoxState.ENDED
    found = look(memory, 3000, 20 + OBEYS_S)
    assert (found.memory.state, found.look_again_s) == (BoxState.RESTING, 10)
    assert look(found.memory, 3000, 30 + OBEYS_S).memory.state is BoxState.ENDING
    assert kept(memory, then="b").ended_s is None


@pytest.mark.parametrize("then", ["a", "b"])
def test_a_battery_that_did_not_show_yet_how_far_it_falls_shows_it_after_a_start(then: str) -> None:
    """The camera took 149 mV from it when it was switched off, and the machine started before the next look."""
    memory = PowerMemory(state=BoxState.RECORDING)
    memory = kept(look(memory, 3325, 10).memory, then=then)
    found = []
    for now_s in (30, 60, 90):
        decision = look(memory, 3474, now_s)
        memory = decision.memory
        found.append(list(decision.commands))
    assert found == [[Command.PORT_OFF], [], []]
    assert memory.supply.sag_mv == 149


def test_a_start_under_load_does_not_forget_how_far_the_battery_falls() -> None:
    memory = kept(PowerMemory(state=BoxState.RESTING, supply=attrs.evolve(LOW, loaded_mv=3326)), then="b")
    memory = look(memory, 3330, 30).memory  # the port has power after a start of the machine
    assert (memory.supply.sag_mv, memory.supply.loaded_mv) == (80, 3326)


def test_documents_of_the_first_version_are_read() -> None:
    document = {name: value for name, value in GOOD.items() if name not in {"ended_s", "loaded_mv"}}
    assert memory_of(document, boot_id="a", now_s=30) == PowerMemory()
    assert memory_of(document, boot_id="b", now_s=30) == PowerMemory()


@pytest.mark.parametrize(("spared_until_s", "then_s"), [(None, SPARED_S), (50, SPARED_S), (900, 900)])
def test_where_nothing_is_kept_the_first_minutes_of_the_machine_are_spared(
    spared_until_s: float | None, then_s: float
) -> None:
    assert not_kept(PowerMemory(spared_until_s=spared_until_s)).spared_until_s == then_s


GOOD = dict(memory_document(PowerMemory(), boot_id="a"))


@pytest.mark.parametrize(
    "document",
    [
        "",
        [],
        {},
        {**GOOD, "version": 2},
        {**GOOD, "version": True},
        {**GOOD, "state": "asleep"},
        {**GOOD, "since": "yesterday"},
        {**GOOD, "supply": None},
        {**GOOD, "sag_mv": 4000},
        {**GOOD, "loaded_mv": 1999},
        {**GOOD, "ended_s": "now"},
        {**GOOD, "low_since_s": "1"},
        {**GOOD, "low_since_s": float("nan")},
        {**GOOD, "boot_id": 7},
        {**GOOD, "more": 1},
        {key: value for key, value in GOOD.items() if key != "sag_mv"},
    ],
)
def test_what_cannot_be_read_counts_as_a_low_battery(document: Any) -> None:
    memory = memory_of(document, boot_id="a", now_s=30)
    assert memory == PowerMemory(supply=SupplyMemory(settled=Supply.LOW))
    assert look(memory, 3440, 30).commands == (Command.PORT_OFF,)


SECONDS = st.one_of(st.none(), st.floats(0, 1e9))


@given(
    st.sampled_from(BoxState),
    st.builds(
        SupplyMemory,
        settled=st.sampled_from(Supply),
        low_since_s=SECONDS,
        critical_since_s=SECONDS,
        recovered_since_s=SECONDS,
        sag_mv=st.integers(0, 400),
    ),
    SECONDS,
)
def test_in_the_same_boot_nothing_of_the_power_is_forgotten(
    state: BoxState, supply: SupplyMemory, spared_until_s: float | None
) -> None:
    memory = PowerMemory(
        state=state, supply=supply, since_at=datetime(2026, 1, 1, tzinfo=UTC), spared_until_s=spared_until_s
    )
    found = kept(memory)
    assert (found.supply, found.spared_until_s) == (supply, spared_until_s)
    assert (found == memory) is (state is BoxState.ENDED)


def test_a_weak_charger_is_remembered_and_in_another_boot_tried_once_more() -> None:
    charger = ChargerMemory(both_since_s=5, is_tried=True, losses=4, weak_until_s=900)
    assert kept(PowerMemory(charger=charger)).charger == ChargerMemory(losses=4, weak_until_s=900)
    assert kept(PowerMemory(charger=charger), then="b").charger == ChargerMemory(losses=4)
