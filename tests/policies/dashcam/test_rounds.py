"""Which commands a round gives."""

import itertools

import attrs
import pytest

from camvault.core.dashcam.configuration import CardConfig
from camvault.core.dashcam.rounds import commands_now, exit_command, goes_on
from camvault.core.power.states import PowerDecision, PowerMemory
from camvault.core.power.table import TABLE, BoxState, Command, Occasion

COPYING = (Command.DATA_ON, Command.MOUNT, Command.COPY, Command.UNMOUNT)
SENDING = (Command.UPLOAD, Command.VERIFY, Command.REMOVE_STAGED)


def decision(before: BoxState, occasion: Occasion) -> PowerDecision:
    state, commands = TABLE[before, occasion]
    return PowerDecision(memory=PowerMemory(state=state), commands=commands, occasion=occasion, reason="")


@pytest.mark.parametrize(
    ("before", "occasion", "running", "expected"),
    [
        (BoxState.COPYING, Occasion.CLIPS, Command.COPY, ()),
        (BoxState.SENDING, Occasion.STAGED, Command.UPLOAD, ()),
        # What is not known ends what runs, and switches nothing
        (BoxState.COPYING, Occasion.UNKNOWN, Command.COPY, (Command.UNMOUNT,)),
        (BoxState.SENDING, Occasion.UNKNOWN, Command.UPLOAD, ()),
        (BoxState.COPYING, Occasion.LOW, Command.COPY, (Command.UNMOUNT, Command.PORT_OFF)),
        (BoxState.COPYING, Occasion.NOTHING, Command.COPY, (Command.UNMOUNT, Command.POWER_ON)),
        # A server that was missed once ends nothing, and begins nothing
        (BoxState.COPYING, Occasion.MISSED, Command.COPY, ()),
        (BoxState.SENDING, Occasion.MISSED, Command.UPLOAD, ()),
        (BoxState.COPYING, Occasion.MISSED, None, ()),
        # What has ended by itself is unmounted already
        (BoxState.COPYING, Occasion.LOW, None, (Command.PORT_OFF,)),
        (BoxState.COPYING, Occasion.CLIPS, None, COPYING),
        (BoxState.COPYING, Occasion.STAGED, None, (Command.PORT_OFF, *SENDING)),
        # Off twice is off once
        (BoxState.STARTED, Occasion.STAGED, None, (Command.PORT_OFF, *SENDING)),
        (BoxState.STARTED, Occasion.NOTHING, None, (Command.PORT_OFF, Command.POWER_ON)),
    ],
)
def test_commands(before: BoxState, occasion: Occasion, running: Command | None, expected: tuple[Command, ...]) -> None:
    assert commands_now(decision(before, occasion), CardConfig(), running=running) == expected


@pytest.mark.parametrize(
    ("occasion", "running", "expected"),
    [
        (Occasion.CLIPS, Command.COPY, True),
        (Occasion.MISSED, Command.COPY, True),
        (Occasion.MISSED, None, False),
        (Occasion.NOTHING, Command.COPY, False),
        (Occasion.UNKNOWN, Command.COPY, False),
    ],
)
def test_what_runs_goes_on_while_the_same_is_decided_or_the_server_is_missed_once(
    occasion: Occasion, running: Command | None, expected: bool
) -> None:
    assert goes_on(running, decision(BoxState.COPYING, occasion)) is expected


def test_after_a_copy_the_camera_is_as_configured() -> None:
    recording = attrs.evolve(CardConfig(), after_copy="recording")
    assert commands_now(decision(BoxState.COPYING, Occasion.STAGED), recording) == (Command.POWER_ON, *SENDING)


@pytest.mark.parametrize("after_copy", ["recording", "powered_off"])
def test_only_words_of_the_log_are_given(after_copy: str) -> None:
    camera = CardConfig(after_copy=after_copy)
    for (before, occasion), running in itertools.product(TABLE, (None, Command.COPY, Command.UPLOAD)):
        commands = commands_now(decision(before, occasion), camera, running=running)
        assert Command.AFTER_COPY not in commands
        assert all(one is not other for one, other in itertools.pairwise(commands))


@pytest.mark.parametrize("state", BoxState)
def test_at_the_end_a_camera_is_left_as_configured_unless_it_is_off_because_of_the_battery(state: BoxState) -> None:
    is_in_use = state in {BoxState.RECORDING, BoxState.COPYING, BoxState.SENDING}
    assert exit_command(state, CardConfig()) is (Command.POWER_ON if is_in_use else None)
    assert exit_command(state, CardConfig(on_exit="powered_off")) is (Command.PORT_OFF if is_in_use else None)
