"""The rows of a trace."""

from collections.abc import Mapping

import pytest

from camvault.core.dashcam.simulation import TracePoint
from camvault.core.dashcam.trace import read_trace
from camvault.core.power.readings import ExternalPower, judged
from camvault.ports.battery import PowerRegisters


def test_rows_of_csv_and_of_json() -> None:
    rows: list[Mapping[str, object]] = [
        {"time": "0", "vbat": "3400", "vin": "", "host": "1"},
        {"time": 30.5, "vbat": 41_981, "vin": -2, "vin_threshold": 4250, "host": False, "camera": 0},
    ]
    assert read_trace(rows).value == (
        TracePoint(
            at_s=0,
            registers=PowerRegisters(vbat_mv=3400, vin_threshold_mv=4498, words=("VIN: nothing was read",)),
            is_server_reached=True,
        ),
        TracePoint(
            at_s=30.5,
            registers=PowerRegisters(vbat_mv=41_981, vin_mv=-2, vin_threshold_mv=4250),
            is_server_reached=False,
            is_camera_there=False,
        ),
    )


@pytest.mark.parametrize("garbage", ["0x0CFD", "error", "-", "99999999999999999999999", "3400 mV", "-1", "-2", "41981"])
def test_garbage_of_a_register_is_a_point_of_which_nothing_is_known(garbage: str) -> None:
    points = read_trace([{"time": "0", "vbat": garbage, "vin": garbage, "host": "1"}]).value
    assert points is not None
    reading = judged(points[0].registers)
    assert (reading.battery_mv, reading.external) == (None, ExternalPower.UNKNOWN)
    assert all(garbage[:40] in problem for problem in reading.problems)


def test_times_with_a_date() -> None:
    rows = [{"time": f"2026-05-28T12:00:{second}+00:00", "vbat": "", "vin": "", "host": "0"} for second in ("00", "30")]
    points = read_trace(rows).value
    assert points is not None
    assert points[1].at_s - points[0].at_s == 30


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ([], ["the trace: found no row, expected at least one"]),
        (
            [{"time": "0", "vbatt": "3400", "vin": "0", "host": "1"}],
            [
                "row 1, vbatt: found an unknown column, expected one of time, vbat, vin, vin_threshold, host, camera",
                "row 1, vbat: found nothing, expected a column vbat",
            ],
        ),
        (
            [
                {"time": "10", "vbat": "3.4", "vin": "0", "host": "yes"},
                {"time": "nan", "vbat": "", "vin": "", "host": "0"},
                {"time": "soon", "vbat": "", "vin": "", "host": "0"},
                {"time": "20", "vbat": "", "vin": "", "host": "0"},
                {"time": "5", "vbat": "", "vin": "", "host": "0"},
                {"time": "1796045000123", "vbat": "", "vin": "", "host": "0"},
            ],
            [
                "row 1, vbat: found '3.4', expected whole millivolts, or nothing",
                "row 1, host: found 'yes', expected 1 or 0",
                "row 2, time: found 'nan', expected seconds or an ISO time",
                "row 3, time: found 'soon', expected seconds or an ISO time",
                "row 5, time: found 5, expected a time that is not before that of the row above",
                "row 6, time: found '1796045000123', expected seconds, no milli- or nanoseconds",
            ],
        ),
    ],
)
def test_all_problems_are_named_at_once(rows: list[Mapping[str, object]], problems: list[str]) -> None:
    checked = read_trace(rows)
    assert checked.value is None
    assert [str(problem) for problem in checked.problems] == problems
