"""camera_service --check-config and --simulate, as commands."""

import json
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from camvault.adapters.tracefile import DRIVES, drive_path


def service(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "camvault.apps.camera_service", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text("upload:\n  host: nas.local\nthresholds:\n  dwell_seconds: 60\n")
    return path


def test_a_configuration_is_printed_with_its_defaults(config: Path) -> None:
    done = service("--config", config, "--check-config")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert (found["upload"]["host"], found["upload"]["port"]) == ("nas.local", 22)


def test_all_problems_of_a_configuration_are_named_at_once(config: Path) -> None:
    config.write_text("upload:\n  port: '22'\ncamera:\n  after_copy: off\n")
    done = service("--config", config, "--check-config")
    assert (done.returncode, done.stdout) == (1, "")
    assert "upload.port: found '22'" in done.stderr
    assert "camera.after_copy: found 'off', expected one of recording, powered_off" in done.stderr


@pytest.mark.parametrize("trace", DRIVES)
def test_a_drive_is_simulated_and_drawn(config: Path, tmp_path: Path, trace: str) -> None:
    plot = tmp_path / "plot.svg"
    done = service("--config", config, "--simulate", trace, "--json", "--plot", plot)
    assert done.returncode == 0, done.stderr
    looks = [json.loads(line) for line in done.stdout.splitlines()]
    assert {look["state"] for look in looks} >= {"copying", "recording", "sending"}
    assert (looks[-1]["state"] == "ended") is (trace == "battery-runs-out")
    drawn = "".join(ET.parse(plot).getroot().itertext())  # noqa: S314 - our own
    assert all(word in drawn for word in ("battery in mV", "recording", "copying", "sending", "hours", trace))


def test_a_file_of_the_users_goes_before_a_shipped_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert drive_path(Path("commute")).is_file()
    Path("commute").write_text("mine")
    assert drive_path(Path("commute")) == Path("commute")


def test_lines_for_people_say_what_changes_and_why(config: Path) -> None:
    done = service("--config", config, "--simulate", "battery-runs-out")
    *lines, last = done.stdout.splitlines()
    assert "shutdown: battery below shutdown: battery at" in lines[-1]
    assert last.endswith("GB staged wait")
    assert len(lines) < 60


def test_json_lines_are_a_trace_too(config: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_text(
        '{"time": 0, "vbat": 3400, "vin": 0, "host": 0}\n\n{"time": 60, "vbat": 3400, "vin": 0, "host": 0}\n'
    )
    done = service("--config", config, "--simulate", trace, "--json")
    looks = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(look["at_s"], look["state"]) for look in looks] == [(at_s, "recording") for at_s in (0, 10, 30, 60)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("time,vbat,vin\n0,1,2\n", "row 1, host: found nothing, expected a column host"),
        ("time,vbat,vin,host\n0,1,2,1,9\n", "row 1, too many cells: found an unknown column"),
        ('{"time": 0\n', "row 1: no JSON"),
        ('{"time": 0}\n[1]\n', "row 2: found [1], expected an object"),
        ("", "the trace: found no row"),
    ],
)
def test_a_wrong_trace_is_exit_code_1(config: Path, tmp_path: Path, content: str, problem: str) -> None:
    trace = tmp_path / "trace"
    trace.write_text(content)
    done = service("--config", config, "--simulate", trace)
    assert (done.returncode, done.stdout) == (1, "")
    assert problem in done.stderr


def test_wrong_usage_is_exit_code_1(config: Path, tmp_path: Path) -> None:
    trace, there = "commute", tmp_path / "there.svg"
    there.touch()
    for arguments, problem in (
        (("--check-config", "--simulate", trace), "--check-config and --simulate exclude one another"),
        (("--check-config", "--once"), "--dry-run and --once are of the service"),
        (("--simulate", trace, "--dry-run"), "--dry-run and --once are of the service"),
        (("--check-config", "--json"), "--plot and --json are of --simulate"),
        (("--simulate", trace, "--plot", there), "is there, and is not touched"),
        (("--simulate", tmp_path / "none.csv"), "No such file"),
        (("--simulate", "comute"), "names a file, or one of battery-runs-out, commute, disturbed-bus"),
    ):
        done = service("--config", config, *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert problem in done.stderr
    assert service("--config", tmp_path / "none.yaml", "--check-config").returncode == 1


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("1796045060123456789", "row 2, time: found '1796045060123456789', expected seconds, no milli- or nanoseconds"),
        ("1e10", "found 115,741 days from the first row to the last, expected at most 1,000,000 looks"),
    ],
)
def test_a_trace_that_would_never_end_is_refused(config: Path, tmp_path: Path, last: str, said: str) -> None:
    trace = tmp_path / "drive.csv"
    trace.write_text(f"time,vbat,vin,host\n0,3420,0,0\n{last},3340,0,0\n")
    done = service("--config", config, "--simulate", trace)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_a_long_simulation_ends_when_it_is_told_to(config: Path, tmp_path: Path) -> None:
    trace = tmp_path / "drive.csv"
    trace.write_text("time,vbat,vin,host\n0,3420,0,0\n29000000,3340,0,0\n")
    argv = [sys.executable, "-m", "camvault.apps.camera_service", "--config", str(config), "--simulate", str(trace)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        time.sleep(2)
        running.terminate()
        assert running.wait(timeout=30) == 130
