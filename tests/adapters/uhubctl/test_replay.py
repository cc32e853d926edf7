"""What uhubctl printed on a real kernel, each output with the answer that must be found in it."""

from pathlib import Path

import attrs
import pytest

from camvault.adapters.uhubctl.parse import parse_printed

SAMPLES = Path(__file__).parents[2] / "samples" / "uhubctl"


@attrs.frozen
class Answer:
    """Of one port of hub 1-1.

    Attributes:
        port: Which port.
        before: Its power and its device in the first block; None for a port that is not in it.
        after: The same in the second block.
        told: What it was told, of which the words and a second block of this port are proof.
    """

    port: int
    before: tuple[bool, bool] | None
    after: tuple[bool, bool] | None = None
    told: str = ""


ON, EMPTY, OFF = (True, True), (True, False), (False, False)
NOTHING = Answer(2, None)
ANSWERS = {
    "status-of-all": Answer(2, ON),
    "status-of-hub": Answer(1, EMPTY),
    "status-of-port": Answer(2, ON),
    "status-by-search": Answer(2, ON),
    "status-while-off": Answer(2, OFF),
    "status-while-disabled": Answer(2, OFF),
    "status-without-data": Answer(2, ON),
    "status-of-a-hub-without-data": Answer(1, ON),
    "two-hubs": Answer(1, ON),
    "two-hubs-of-which-one-is-a-root": Answer(2, ON),
    "without-descriptions": Answer(1, ON),
    "off": Answer(2, ON, OFF, "off"),
    "off-again": Answer(1, OFF, OFF, "off"),
    "toggle-off": Answer(2, ON, OFF, "off"),
    "off-without-hub": Answer(1, ON, OFF, "off"),
    "on": Answer(2, OFF, ON, "on"),
    "on-again": Answer(2, OFF, ON, "on"),
    "toggle-on": Answer(2, OFF, ON, "on"),
    # told, and seen to have no power; that the device stayed is seen by the kernel's files
    "off-without-sysfs": Answer(2, ON, OFF, "off"),
    "off-without-write-access": Answer(1, ON, OFF, "off"),
    "on-without-sysfs": Answer(2, OFF, EMPTY, "on"),
    # told, and it ignored that
    "off-forced": Answer(2, ON, ON, "off"),
    # not told, and most of them end with 0
    "misspelt-action": Answer(1, ON),
    "no-such-port": Answer(9, None),
    "port-13": Answer(13, None),
    "port-0": NOTHING,
    "no-such-hub": NOTHING,
    "hub-not-listed": NOTHING,
    "off-hub-not-listed": NOTHING,
    "status-as-ordinary-user": NOTHING,
    "off-as-ordinary-user": NOTHING,
    "off-without-hub-and-two-hubs": NOTHING,
    "unknown-flag": NOTHING,
    "version": NOTHING,
}
CONTRADICTORY = {"cycle"}
"""The same port twice: not what is asked for."""


def stdout_of(name: str) -> str:
    _header, _, printed = (SAMPLES / f"{name}.txt").read_text().partition("\n")
    return printed.partition("--- stderr\n")[0]


def test_each_recorded_output_has_its_answer() -> None:
    assert {path.stem for path in SAMPLES.iterdir()} == {*ANSWERS, *CONTRADICTORY}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_output_is_understood(name: str) -> None:
    expected, printed = ANSWERS[name], parse_printed(stdout_of(name))
    for hubs, seen in ((printed.current, expected.before), (printed.new, expected.after)):
        hub = hubs.get("1-1")
        found = (hub.is_powered(expected.port), hub.is_connected(expected.port)) if hub else (None, None)
        assert found == (seen or (None, None))
    told = {action for action in ("on", "off") if printed.has_told("1-1", expected.port, on=action == "on")}
    assert told == ({expected.told} if expected.told else set())


@pytest.mark.parametrize("name", CONTRADICTORY)
def test_an_output_that_tells_a_port_twice_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="twice"):
        parse_printed(stdout_of(name))


@pytest.mark.parametrize("name", ["off", "on", "off-again", "off-without-write-access"])
def test_a_torn_output_tells_nothing_that_the_whole_one_does_not(name: str) -> None:
    text, port, action = stdout_of(name), ANSWERS[name].port, ANSWERS[name].told
    whole = parse_printed(text)
    for end in range(len(text)):
        try:
            torn = parse_printed(text[:end])
        except ValueError:
            continue
        assert torn.sent in {(), (action,)}
        for hubs, all_of_them in ((torn.current, whole.current), (torn.new, whole.new)):
            if "1-1" in hubs:
                assert hubs["1-1"].is_powered(port) in {None, all_of_them["1-1"].is_powered(port)}
