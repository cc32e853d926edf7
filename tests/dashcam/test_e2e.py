"""dashcam as a command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dashcam.board import Board


def dashcam(path: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "camvault.apps.dashcam", *arguments],
        env={**os.environ, "PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize(("vin_mv", "is_external"), [(5208, True), (4497, False), (0, False)])
def test_what_is_known_is_printed(tmp_path: Path, vin_mv: int, is_external: bool) -> None:
    Board(tmp_path, {"VBAT": 3325, "VIN": vin_mv, "VIN_THRESHOLD": 4498})
    done = dashcam(tmp_path, "battery", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "battery_mv": 3325,
        "battery_percent": 40,
        "external_power": is_external,
        "problems": [],
    }


@pytest.mark.parametrize(
    ("changes", "unknown", "problem"),
    [
        ({"VIN": 41_981}, {"external_power"}, "VIN: found 41981 mV, expected 0 to 6500 mV"),
        ({"VIN": -2}, {"external_power"}, "VIN: the board does not answer"),
        ({"VBAT": -1}, {"battery_mv", "battery_percent"}, "VBAT: the board has no such register"),
        ({"VBAT": "0x0CFD"}, {"battery_mv", "battery_percent"}, "VBAT: lifepo4wered-cli gave no number: '0x0CFD'"),
    ],
)
def test_what_is_not_known_is_null_and_has_its_reason(
    tmp_path: Path, changes: dict[str, int | str], unknown: set[str], problem: str
) -> None:
    Board(tmp_path, {"VBAT": 3325, "VIN": 5208, "VIN_THRESHOLD": 4498, **changes})
    done = dashcam(tmp_path, "battery", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 2
    assert {key for key, value in answer.items() if value is None} == unknown
    assert answer["problems"] == [problem]
    assert problem in done.stderr


def test_a_tool_that_is_missing_is_exit_code_1(tmp_path: Path) -> None:
    done = dashcam(tmp_path, "battery")
    assert (done.returncode, done.stdout) == (1, "")
    assert "lifepo4wered-cli" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["batter"], ["battery", "usb"]])
def test_wrong_usage_is_exit_code_1(tmp_path: Path, arguments: list[str]) -> None:
    done = dashcam(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"VIN": 0}, ["battery         3325 mV, about 40 %", "external power  no"]),
        (
            {"VBAT": -2, "VIN": 5208},
            ["battery         not known", "external power  yes", "                VBAT: the board does not answer"],
        ),
    ],
)
def test_lines_for_people(tmp_path: Path, changes: dict[str, int | str], lines: list[str]) -> None:
    Board(tmp_path, {"VBAT": 3325, "VIN_THRESHOLD": 4498, **changes})
    assert dashcam(tmp_path, "battery").stdout.splitlines() == lines
