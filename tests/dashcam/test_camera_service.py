"""camera_service as a process, with a UPS, a hub, a card and a server beside it."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.dashcam.outside import MAINS, Outside, wait_until
from tests.dashcam.stand_ins import Program

END_LIMIT_S = 20
SLOW_S = 15
"""What a machine that does something else may take beyond the limits of the service."""
OFFLOAD = ["port_off", "data_on", "copy", "port_off", "upload", "verify", "remove_staged", "power_on"]
"""Without mount and unmount: the system mounts the card here."""


DEAF = """#!/bin/sh
case "$*" in
*--files-from*) trap "" TERM INT HUP; touch "{sign}"; while :; do sleep 1; done;;
esac
exec /usr/bin/rsync "$@"
"""
"""An rsync that begins to send, and then hears nothing."""


@pytest.fixture
def box(tmp_path: Path) -> Outside:
    return Outside(tmp_path)


def ended(process: "subprocess.Popen[str]", kind: signal.Signals) -> tuple[int, float]:
    """Signal it; its exit code, and how long it took."""
    begin_s = time.monotonic()
    process.send_signal(kind)
    return process.wait(300), time.monotonic() - begin_s


def test_one_round_at_home_brings_every_clip_to_the_server(box: Outside) -> None:
    names = box.record()
    assert box.run("--once") == 0, box.stdout + box.stderr
    assert box.actions == OFFLOAD
    assert box.arrived() == set(names)
    assert box.staged() == set()
    assert box.is_recording
    assert box.stderr == ""
    assert {line.split()[1] for line in box.board.asked} == {"VBAT", "VIN", "VIN_THRESHOLD"}
    assert "action=upload" in box.log.read_text()


def test_a_dry_run_tells_the_same_and_touches_nothing(box: Outside) -> None:
    box.record()
    before, hub = box.files(), box.hub.asked
    assert box.run("--once", "--dry-run") == 0, box.stdout + box.stderr
    assert box.actions == OFFLOAD
    assert all("dry-run" in line for line in box.stdout.splitlines() if "action=" in line)
    assert box.files() == before
    assert not box.staging.exists()
    assert not box.log.parent.exists()
    assert all("-a" not in call for call in box.hub.asked[len(hub) :])


def test_a_dry_run_that_nobody_can_read_is_no_success(box: Outside) -> None:
    box.record()
    assert box.run("--once", "--dry-run", stdout=Path("/dev/full")) == 1
    assert "The result could not be written to standard output: No space left on device" in box.stderr


def test_a_round_does_not_depend_on_who_reads_its_lines(box: Outside) -> None:
    names = box.record()
    assert box.run("--once", stdout=Path("/dev/full")) == 0
    assert box.arrived() == set(names)
    assert "action=upload" in box.log.read_text()


@pytest.mark.parametrize(
    ("registers", "code", "actions"),
    [
        ({**MAINS, "VIN": 0, "VBAT": 3340}, 0, ["port_off"]),
        ({**MAINS, "VIN": 0, "VBAT": 3200}, 0, ["port_off", "shutdown"]),
        ({**MAINS, "VIN": 41_981, "VBAT": -2}, 2, []),
        ({**MAINS, "VIN": "", "VBAT": "0x0CFD"}, 2, []),
    ],
)
def test_one_round_by_the_battery(
    tmp_path: Path, registers: dict[str, int | str], code: int, actions: list[str]
) -> None:
    box = Outside(tmp_path, registers)
    box.record()
    assert box.run("--once") == code
    assert box.actions == actions
    assert box.shutdown.calls == ([["-h", "now"]] if "shutdown" in actions else [])
    assert box.switched == (["off"] if actions else [])
    assert box.arrived() == set()
    assert ("The power is not known" in box.stderr) is (code == 2)


def test_a_round_whose_clips_cannot_be_proven_is_exit_code_2(box: Outside) -> None:
    names = box.record()
    Program(box.root / "bin" / "rsync", says="rsync: connection unexpectedly closed", ends_with=12)
    assert box.run("--once") == 2
    assert "This round was not finished or proven" in box.stderr
    assert box.staged() == set(names)
    assert box.is_recording


def test_a_second_instance_is_exit_code_3(box: Outside) -> None:
    process = box.start()
    wait_until(lambda: box.is_recording)
    switched = box.switched
    assert box.run("--once") == 3
    assert "Another process is using" in box.stderr
    assert "action=" not in box.stdout
    assert box.switched == switched
    assert ended(process, signal.SIGTERM)[0] == 0


def test_a_second_box_with_another_staging_and_the_same_port_is_exit_code_3(box: Outside) -> None:
    process = box.start()
    wait_until(lambda: box.is_recording)
    switched = box.switched
    box.configure(paths={"local_staging": str(box.root / "another")})
    assert box.run("--once") == 3
    assert f"Another process is using {box.root}/hub/sys/bus/usb/devices/1-1:1.0/1-1-port1" in box.stderr
    assert "action=" not in box.stdout
    assert box.switched == switched
    assert ended(process, signal.SIGTERM)[0] == 0


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_the_daemon_ends_with_0_and_the_camera_is_as_configured(box: Outside, kind: signal.Signals) -> None:
    box.configure(camera={"on_exit": "powered_off"})
    process = box.start()
    wait_until(lambda: "power_on" in box.actions)
    code, seconds = ended(process, kind)
    assert code == 0, box.stderr
    assert seconds < END_LIMIT_S + SLOW_S
    assert not box.is_powered
    assert box.log.read_text().splitlines()[-1].endswith("Script exited")


def test_the_daemon_that_is_told_to_end_in_the_middle_of_a_copy_goes_on_with_it_next_time(box: Outside) -> None:
    names = box.record(1500)
    process = box.start()
    wait_until(lambda: len(box.staged()) > 3)
    code, seconds = ended(process, signal.SIGTERM)
    staged = box.staged()
    assert (code, box.arrived()) == (0, set())
    assert seconds < END_LIMIT_S + SLOW_S
    assert 0 < len(staged) < len(names)
    assert box.is_recording
    assert not list(box.staging.rglob("*.part*"))


def test_a_deaf_rsync_does_not_keep_the_daemon(box: Outside) -> None:
    box.record()
    deaf = box.root / "bin" / "rsync"
    deaf.write_text(DEAF.format(sign=box.root / "deaf"))
    deaf.chmod(0o755)
    process = box.start()
    wait_until((box.root / "deaf").exists)
    code, seconds = ended(process, signal.SIGTERM)
    assert code == 0, box.stderr
    assert seconds < END_LIMIT_S + SLOW_S
    assert box.is_recording
    assert len(box.staged()) == 3


def test_a_daemon_that_was_killed_is_followed_by_one_that_brings_all_clips(box: Outside) -> None:
    names = box.record(40)
    process = box.start()
    wait_until(lambda: len(box.staged()) > 3)
    process.kill()
    process.wait(60)
    assert box.run("--once") == 0, box.stdout + box.stderr
    assert box.arrived() == set(names)
    assert box.is_recording


def test_a_port_that_carries_the_network_is_refused(box: Outside) -> None:
    box.hub.put_network_behind(1)
    assert box.run("--once") == 1
    assert "eth0" in box.stderr
    assert box.switched == []


@pytest.mark.parametrize("tool", ["lifepo4wered-cli", "rsync"])
def test_a_program_that_is_missing_is_exit_code_1(box: Outside, tool: str) -> None:
    box.only_programs("uhubctl", *{"lifepo4wered-cli", "rsync"} - {tool})
    assert box.run("--once") == 1
    assert f"Required tool not found: {tool}" in box.stderr
    assert box.switched == []


def test_a_log_that_cannot_be_written_is_told_and_stops_nothing(box: Outside) -> None:
    names = box.record()
    box.log.parent.write_text("a file in the place of the folder")
    assert box.run("--once") == 0, box.stderr
    assert "it works without a log" in box.stderr
    assert box.arrived() == set(names)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--check-config", "--simulate", "x"),
        ("--check-config", "--once"),
        ("--simulate", "x", "--dry-run"),
        ("--json",),
    ],
)
def test_flags_that_contradict_one_another_are_refused(box: Outside, arguments: tuple[str, ...]) -> None:
    assert box.run(*arguments) == 1
    assert box.switched == []


def test_all_that_is_wrong_in_a_configuration_is_told_with_the_path_of_the_key(box: Outside) -> None:
    box.configure(camera={"on_exit": False, "port_number": "1"}, poll={"interval": 3}, thresholds={"dwell_seconds": -1})
    assert box.run() == 1
    for key in ("camera.on_exit", "camera.port_number", "poll.interval", "thresholds.dwell_seconds"):
        assert key in box.stderr
    assert box.switched == []


@pytest.mark.parametrize("text", ["", "# camera_service\n\n"])
def test_a_configuration_that_was_cut_off_is_not_all_defaults(box: Outside, text: str) -> None:
    box.config.write_text(text)
    assert box.run("--check-config") == 1
    assert f"{box.config}: the file: found nothing in it, expected a table" in box.stderr
    box.config.write_text("{}")
    assert box.run("--check-config") == 0
