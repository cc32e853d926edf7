"""The parts of `dashcam` that switch, find, copy, send and tell, as commands."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.core.workflows.dashcam.folders import BoxFolders
from tests.dashcam.board import Board
from tests.dashcam.fake_hub import FakeHub, install

PORT = 2
NOT_PROVEN = (
    "Nobody has looked yet whether USB port 1-1 port 2 really cuts the power of the camera: look once with"
    " `dashcam usb prove`"
)


@attrs.frozen
class Box:
    """A configuration, and the hub that it names, with a camera in it."""

    root: Path
    hub: FakeHub
    config: Path
    programs: Path

    @property
    def folders(self) -> BoxFolders:
        return BoxFolders(self.root / "staging")

    def run(self, *words: str, stdin: int = subprocess.DEVNULL) -> "subprocess.CompletedProcess[str]":
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [sys.executable, "-m", "camvault.apps.dashcam", *words, "--config", str(self.config)],
            env={**os.environ, "PATH": path, "CAMVAULT_SYSFS": str(self.hub.root / "sys")},
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    @contextmanager
    def busy(self) -> Iterator[None]:
        """As if the service ran."""
        storage = LocalStorage()
        storage.make_folder(self.folders.records)
        with storage.lock(self.folders.lock):
            yield


@pytest.fixture
def box(tmp_path: Path) -> Box:
    hub = FakeHub(tmp_path / "hub")
    hub.make()
    hub.plug(PORT)
    config = tmp_path / "config.yaml"
    config.write_text(
        f"camera:\n  port_number: {PORT}\n  off_seconds: 0\n  mount_base: {tmp_path}/mounted/cam\n"
        f"paths:\n  local_staging: {tmp_path}/staging\npoll:\n  mount_timeout_seconds: 1\n"
    )
    return Box(tmp_path, hub, config, install(hub.root).parent)


def test_usb_shows_the_port_and_switches_nothing(box: Box) -> None:
    done = box.run("usb", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "port": "1-1 port 2",
        "is_powered": True,
        "is_connected": True,
        "is_data_on": True,
        "vendor": "46f4",
        "product": "0001",
        "hub": "0409:55aa",
        "refusal": "",
        "doubt": NOT_PROVEN,
        "problems": [],
    }
    assert not any("-a" in call for call in box.hub.asked)
    assert box.run("usb").stdout.splitlines() == [
        "port      1-1 port 2 of hub 0409:55aa",
        "power     yes",
        "device    yes, 46f4:0001",
        "data      yes",
        f"proven    {NOT_PROVEN}",
    ]


def test_usb_says_that_a_port_may_not_be_switched(box: Box) -> None:
    box.hub.put_network_behind(PORT)
    done = box.run("usb", "--json")
    assert done.returncode == 2
    assert "eth0" in json.loads(done.stdout)["refusal"]
    assert "it may not be switched: " in done.stderr


def test_the_port_is_switched_by_hand_and_read_back(box: Box) -> None:
    done = box.run("usb", "off", "--json")
    assert (done.returncode, json.loads(done.stdout)["is_powered"]) == (0, False), done.stderr
    done = box.run("usb", "recording", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["is_powered"], found["is_connected"], found["is_data_on"]) == (True, True, False)
    done = box.run("usb", "data")
    assert "data      yes" in done.stdout.splitlines()


def test_a_port_that_may_not_be_switched_is_exit_code_2(box: Box) -> None:
    box.hub.put_network_behind(PORT)
    done = box.run("usb", "off")
    assert (done.returncode, done.stdout) == (2, "")
    assert "eth0" in done.stderr


@pytest.mark.parametrize(
    "words", [("usb", "off"), ("usb", "recording"), ("usb", "data"), ("copy",), ("push",), ("verify",)], ids=" ".join
)
def test_nothing_is_switched_while_the_service_runs(box: Box, words: tuple[str, ...]) -> None:
    with box.busy():
        done = box.run(*words)
    assert (done.returncode, done.stdout, box.hub.asked) == (3, "", [])
    assert "Another process is using" in done.stderr


def test_a_camera_without_a_disk_is_not_found(box: Box) -> None:
    done = box.run("find")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no card within 1 s" in done.stderr


@pytest.mark.parametrize("part", ["find", "copy"])
def test_a_camera_that_records_is_told_at_once_and_then_waited_for(box: Box, part: str) -> None:
    (box.hub.device(PORT) / "authorized").write_text("0\n")
    done = box.run(part)
    assert done.returncode == 2
    waiting = "is not allowed to be used (authorized is 0); waiting for it, 1 s at most"
    assert waiting in done.stderr.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("usb", "on"), "found 'on' after usb, expected none, or off, recording, data, prove"),
        (("usb", "off", "now"), "found 'now' after usb off, expected none"),
        (("look",), "unknown part 'look': expected one of battery,"),
        (("find", "it"), "found 'it' after find, expected none"),
    ],
)
def test_other_words_are_wrong_usage(box: Box, words: tuple[str, ...], told: str) -> None:
    done = box.run(*words)
    assert (done.returncode, done.stdout, box.hub.asked) == (1, "", [])
    assert told in done.stderr


CLIPS = {"on_card", "staged", "proven", "overwritten"}


def test_status_of_a_box_that_has_not_run(box: Box) -> None:
    Board(box.programs, {"VBAT": 3325, "VIN": 0, "VIN_THRESHOLD": 4498})
    done = box.run("status", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["state"], found["last_round"], found["last_shutdown"], found["problems"]) == (None, None, None, [])
    assert (found["copy_s_per_gb"], found["upload_s_per_gb"]) == (None, None)
    assert (found["battery_mv"], found["external_power"]) == (3325, False)
    assert (found["port"], found["is_powered"], found["is_data_on"]) == ("1-1 port 2", True, True)
    assert found["clips"] == {name: {"count": 0, "size_bytes": 0, "last": ""} for name in CLIPS}
    assert box.run("status").stdout.splitlines() == [
        "state           nothing is remembered: the service has not run",
        "battery         3325 mV, about 40 %",
        "external power  no",
        "USB port        1-1 port 2: power yes, data yes",
        f"port proven     {NOT_PROVEN}",
        "on the card     0 clips, 0.0 GB, seen there and not copied yet",
        "staged          0 clips, 0.0 GB, to be sent",
        "proven          0 clips, 0.0 GB, at the server",
        "overwritten     0 clips, 0.0 GB, gone before they were copied",
    ]


def test_status_tells_what_is_remembered_while_the_service_runs(box: Box) -> None:
    Board(box.programs, {"VBAT": 3325, "VIN": 5200, "VIN_THRESHOLD": 4498})
    records = Path(box.folders.records)
    with box.busy():
        (records / "power.json").write_text(json.dumps({"state": "recording", "since": "2025-06-15T15:00:00+00:00"}))
        (records / "shutdown.json").write_text(json.dumps({"at": "2025-06-14", "reason": "battery below shutdown"}))
        (records / "last-round.json").write_text("{")
        (records / "rates.json").write_text('{"copies": [[5000000000, 150]], "uploads": []}')
        done = box.run("status")
    assert done.returncode == 2
    assert "last-round.json: not JSON" in done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "state           recording, since 2025-06-15T15:00:00+00:00"
    assert lines[-2:] == [
        "copied in       30.0 s for each GB, as measured lately",
        "last shutdown   2025-06-14: battery below shutdown",
    ]
    round_ = {"at": "2025-06-15", "reason": "nothing to do here", "problems": ["the server is off", "2 clips wait"]}
    (records / "last-round.json").write_text(json.dumps(round_))
    assert box.run("status").stdout.splitlines()[-4:-1] == [
        "last round      2025-06-15: nothing to do here",
        "                not finished or proven: the server is off",
        "                not finished or proven: 2 clips wait",
    ]


def test_status_tells_what_it_can_where_a_part_fails(box: Box) -> None:
    done = box.run("status", "--json")  # there is no UPS
    found = json.loads(done.stdout)
    assert (done.returncode, found["battery_mv"], found["is_powered"]) == (2, None, True)
    assert found["problems"][0].startswith("battery: Required tool not found: lifepo4wered-cli")


def prove(box: Box, answers: str) -> "subprocess.CompletedProcess[str]":
    """With a person at the terminal who types these answers."""
    ours, theirs = os.openpty()
    os.write(ours, answers.encode())
    try:
        return box.run("usb", "prove", stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_port_is_proven_by_the_eyes_of_a_person(box: Box) -> None:
    done = prove(box, "y\ny\nyes\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "USB port 1-1 port 2 cuts the power of the camera"
    assert done.stderr.count("[y, n, or ? if you cannot tell]") == 3
    assert json.loads(box.run("usb", "--json").stdout)["doubt"] == ""
    assert box.hub.is_powered(PORT)


def test_a_port_that_does_not_cut_the_power_is_written_down_as_that(box: Box) -> None:
    done = prove(box, "y\nn\n")
    assert done.returncode == 2
    assert "does not cut the power" in done.stdout
    assert "was seen on" in json.loads(box.run("usb", "--json").stdout)["doubt"]


def test_what_nobody_saw_is_not_written_down(box: Box) -> None:
    assert prove(box, "?\n").returncode == 2
    assert json.loads(box.run("usb", "--json").stdout)["doubt"] == NOT_PROVEN


def test_without_a_terminal_nothing_is_switched(box: Box) -> None:
    done = box.run("usb", "prove")
    assert (done.returncode, box.hub.asked) == (1, [])
    assert "There is no terminal to ask what the camera does" in done.stderr
