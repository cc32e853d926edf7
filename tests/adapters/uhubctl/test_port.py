"""uhubctl as a program on PATH: always asked for one port of one hub, and never believed without the kernel."""

import os
from pathlib import Path, PurePath

import pytest

from camvault.adapters._shared.sysfs import Sysfs
from camvault.adapters._shared.usb_switching import Patience
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.uhubctl import UhubctlPort
from camvault.ports.errors import MissingToolError
from camvault.ports.usb import UsbIds, UsbPortError
from tests.adapters.uhubctl.test_replay import SAMPLES
from tests.dashcam.fake_hub import CAMERA_IDS, FakeHub, install

QUICK = Patience(reaction_s=0.05, device_s=0.05, recheck_s=0.01, poll_s=0.01)
NO_PPPS = "uhubctl does not list hub 1-1 as one that switches each port by itself; "
CANCEL = MemoryCancellation()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    """With uhubctl on PATH."""
    hub = FakeHub(tmp_path)
    hub.make()
    hub.plug(2)
    monkeypatch.setenv("PATH", f"{install(tmp_path).parent}{os.pathsep}{os.environ['PATH']}")
    return hub


def port(hub: FakeHub, number: int = 2, limit_s: float = 60.0) -> UhubctlPort:
    kernel = Sysfs(PurePath(hub.root / "sys"))
    return UhubctlPort(hub="1-1", port=number, kernel=kernel, patience=QUICK, limit_s=limit_s)


def say(hub: FakeHub, script: str) -> None:
    (hub.root / "bin" / "uhubctl").write_text(f"#!/bin/sh\n{script}\n")


def replay(hub: FakeHub, name: str) -> None:
    """Print what was recorded, and end as was recorded."""
    header, _, printed = (SAMPLES / f"{name}.txt").read_text().partition("\n")
    out, _, err = printed.partition("--- stderr\n")
    (hub.root / "out").write_text(out)
    (hub.root / "err").write_text(err)
    say(hub, f"cat '{hub.root}/out'; cat '{hub.root}/err' >&2; exit {header.rpartition(' ')[2]}")


def test_hub_and_port_are_named_in_each_call(hub: FakeHub) -> None:
    port(hub).switch_power(on=False, cancel=CANCEL)
    port(hub).switch_power(on=True, cancel=CANCEL)
    assert all(call[:4] == ["-l", "1-1", "-p", "2"] for call in hub.asked)
    assert [call[4:] for call in hub.asked if call[4:]] == [["-a", "off"], ["-a", "on"]]


def test_a_refused_port_is_not_even_asked_to_switch(hub: FakeHub) -> None:
    hub.put_network_behind(2)
    with pytest.raises(UsbPortError, match="eth0"):
        port(hub).switch_power(on=False, cancel=CANCEL)
    assert hub.asked == []


def test_without_uhubctl_there_is_nothing_to_switch_with(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(hub.root / "nowhere"))
    for action in (port(hub).state, port(hub).refusal):
        with pytest.raises(MissingToolError, match="uhubctl"):
            action(cancel=CANCEL)


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        ("no-such-hub", "No compatible devices detected at location 9-9!"),
        ("hub-not-listed", "No compatible devices detected!"),
        ("status-as-ordinary-user", "There were permission problems while accessing USB."),
        ("unknown-flag", "invalid option"),
        ("version", "2.5.0"),
        ("cycle", "twice"),
    ],
)
def test_a_hub_that_is_not_listed_is_refused_with_uhubctl_s_words(hub: FakeHub, sample: str, words: str) -> None:
    replay(hub, sample)
    refusal = port(hub).refusal(cancel=CANCEL)
    assert refusal.startswith(NO_PPPS)
    assert words in refusal
    assert port(hub).state(cancel=CANCEL).is_powered is None


def test_a_hub_that_was_listed_by_force_is_refused(hub: FakeHub) -> None:
    replay(hub, "off-forced")
    assert port(hub).refusal(cancel=CANCEL) == "hub 1-1 does not switch each port by itself (nops)"


def test_a_port_that_uhubctl_does_not_know_is_refused(hub: FakeHub) -> None:
    (hub.root / "sys/bus/usb/devices/1-1/maxchild").unlink()
    assert port(hub, 9).refusal(cancel=CANCEL) == "hub 1-1 has 4 ports"


@pytest.mark.parametrize("script", ["exec sleep 600", "kill -9 $$", "printf '\\377\\000'", "yes | head -c 400000"])
def test_a_uhubctl_that_hangs_dies_or_babbles_says_nothing(hub: FakeHub, script: str) -> None:
    say(hub, script)
    found = port(hub, limit_s=2.0).state(cancel=CANCEL)
    assert (found.is_powered, found.is_data_on) == (None, True)
    assert found.words
    assert port(hub, limit_s=2.0).refusal(cancel=CANCEL).startswith(NO_PPPS)


def switching(hub: FakeHub, answer: str) -> None:
    """As listed, but for one that is told to switch."""
    program = hub.root / "bin" / "uhubctl"
    program.rename(program.with_name("sound"))
    say(hub, f'case "$*" in *-a*) {answer} ;; *) exec "{program.with_name("sound")}" "$@" ;; esac')
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (f"cat '{SAMPLES}/misspelt-action.txt'; exit 0", r"uhubctl did not switch it \(its exit code 0\)"),
        (f"cat '{SAMPLES}/no-such-port.txt'; exit 0", r"uhubctl did not switch it \(its exit code 0\)"),
        (f"cat '{SAMPLES}/on.txt'; exit 0", r"uhubctl did not switch it \(its exit code 0\)"),
        (f"cat '{SAMPLES}/cycle.txt'; exit 0", "uhubctl printed hub 1-1 twice"),
        ("echo No permission >&2; exit 1", r"uhubctl did not switch it \(its exit code 1\): No permission"),
        ("exec sleep 600", "it took longer than"),
    ],
)
def test_a_port_that_was_not_told_is_an_error(hub: FakeHub, answer: str, words: str) -> None:
    switching(hub, answer)
    with pytest.raises(UsbPortError, match=words) as caught:
        port(hub, limit_s=10.0).switch_power(on=False, cancel=CANCEL)
    assert not caught.value.is_refused
    assert hub.is_powered(2)


def test_a_switch_that_the_kernel_did_not_see_is_an_error_with_what_uhubctl_complained_of(hub: FakeHub) -> None:
    """Told past the kernel: the port has no power, and a dead device stays."""
    complaint = "Failed to set port status by writing to /sys/x/disable (Permission denied)."
    switching(hub, f"cat '{SAMPLES}/off.txt'; echo '{complaint}' >&2")
    with pytest.raises(UsbPortError) as caught:
        port(hub).switch_power(on=False, cancel=CANCEL)
    assert complaint in str(caught.value)


def test_a_usb_3_hub_has_power_by_another_bit(hub: FakeHub) -> None:
    (hub.root / "hub.json").unlink()
    other = FakeHub(hub.root / "other")
    other.make(is_usb3=True)
    other.plug(2)
    install(other.root).replace(hub.root / "bin" / "uhubctl")
    ours = port(other)
    assert ours.switch_power(on=False, cancel=CANCEL).is_powered is False
    assert ours.switch_power(on=True, cancel=CANCEL).is_powered is True


def test_the_data_of_another_device_than_the_camera_is_not_switched(hub: FakeHub) -> None:
    kernel = Sysfs(PurePath(hub.root / "sys"))
    vendor, product = CAMERA_IDS
    for wanted, found in (
        (UsbIds("0781", product), f"0781:{product}"),
        (UsbIds(vendor, "5567"), f"{vendor}:5567"),
        (UsbIds("0781"), "0781:any"),
    ):
        other = UhubctlPort(hub="1-1", port=2, kernel=kernel, patience=QUICK, wanted=wanted)
        with pytest.raises(UsbPortError, match=f"another device is in it: {vendor}:{product}, expected {found}"):
            other.switch_data(on=False, cancel=CANCEL)
        assert (hub.device(2) / "authorized").read_text().strip() == "1"
    for wanted in (UsbIds(), UsbIds(vendor), UsbIds(vendor, product)):
        ours = UhubctlPort(hub="1-1", port=2, kernel=kernel, patience=QUICK, wanted=wanted)
        assert ours.switch_data(on=False, cancel=CANCEL).is_data_on is False
