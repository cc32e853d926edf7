"""What uhubctl may print beside what was recorded: USB 3 by its source, errors, and devices that lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.uhubctl.parse import parse_printed

USB2 = "Current status for hub 1-1 [2109:3431 VIA, Inc. USB2.0 Hub, USB 2.10, 4 ports, ppps]"
USB3 = "Current status for hub 2-1 [2109:0817 VIA USB3.0 Hub, USB 3.20, 4 ports, ppps]"


@pytest.mark.parametrize(
    ("line", "is_powered", "is_connected"),
    [
        ("  Port 4: 02a0 power 5gbps Rx.Detect", True, False),
        ("  Port 4: 0203 power 5gbps U0 enable connect [2ca3:001f DJI]", True, True),
        ("  Port 4: 0080 off", False, False),
        ("  Port 4: 0100 off", False, False),
        ("  Port 4: fffffff9", None, None),
        ("  Port 4: ffffffff", None, None),
        ("", None, None),
    ],
)
def test_power_of_usb_3_is_another_bit(line: str, is_powered: bool | None, is_connected: bool | None) -> None:
    hub = parse_printed(f"{USB3}\n{line}\n").current["2-1"]
    assert (hub.is_powered(4), hub.is_connected(4)) == (is_powered, is_connected)


@pytest.mark.parametrize(
    ("line", "is_powered"),
    [
        ("  Port 4: 0100 power", True),
        ("  Port 4: 0503 power highspeed enable connect [2ca3:001f DJI]", True),
        ("  Port 4: 0108 power oc []", True),
        ("  Port 4: 0008 oc", False),
        ("  Port 4: 0203 power", False),
        ("  Port 4: 0000 power enable connect []", False),
    ],
)
def test_the_number_counts_and_not_the_words(line: str, is_powered: bool) -> None:
    assert parse_printed(f"{USB2}\n{line}\n").current["1-1"].is_powered(4) is is_powered


def test_both_halves_of_a_usb_3_hub_are_told_apart() -> None:
    printed = parse_printed(f"{USB2}\n  Port 4: 0000 off\n{USB3}\n  Port 4: 02a0 power 5gbps Rx.Detect\n")
    assert {name: hub.is_powered(4) for name, hub in printed.current.items()} == {"1-1": False, "2-1": True}


@pytest.mark.parametrize(
    "text",
    [
        "Current status for hub 1-1\n",
        "Current status for hub 1-1 []\n",
        "Status for hub: new status for hub 1-1 [x, USB 2.00, 4 ports, ppps]\n",
        f"{USB2}\n  Port 4: off\n",
        f"{USB2}\n  Port 4: 01 power\n",
        f"{USB2}\n  Port four: 0100 power\n",
        f"{USB2}\n  Port 4: 0100 power\n  Port 4: 0000 off\n",
        f"{USB2}\n{USB2}\n",
        "  Port 4: 0100 power\n",
    ],
)
def test_what_is_told_in_another_form_or_twice_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="uhubctl printed"):
        parse_printed(text)


def test_a_device_cannot_say_of_its_own_port_that_it_is_off() -> None:
    name = "[2ca3:001f camera]\n  Port 2: 0000 off"
    with pytest.raises(ValueError, match="twice"):
        parse_printed(f"{USB2}\n  Port 2: 0103 power enable connect {name}\n")


def test_lines_of_a_later_release_are_passed_over() -> None:
    printed = parse_printed(f"uhubctl 3\n{USB2}\n  Port 2: 0000 off\nAll is well\n")
    assert printed.current["1-1"].is_powered(2) is False


@given(st.text(), st.text(st.characters(blacklist_characters="\n")))
def test_no_text_is_an_answer_by_chance(text: str, about: str) -> None:
    for hostile in (
        text,
        f"{USB2}\n  Port 2: {about}\n",
        f"Current status for hub 1-1 [{about}]\n  Port 2: 0000 off\n",
    ):
        try:
            printed = parse_printed(hostile)
        except ValueError:
            continue
        assert not printed.has_told("1-1", 2, on=False)
