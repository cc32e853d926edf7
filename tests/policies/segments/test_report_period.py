"""The period of a report, from the user's flags."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from camvault.core.segments.report_period import period_of
from camvault.ports.errors import UsageError

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NOW = datetime(2025, 10, 27, 12, tzinfo=UTC)


def period(**asked: str) -> tuple[str, str]:
    values = {"begin": None, "end": None, "day": None, "last": None, **asked}
    found = period_of(**values, now=NOW, zone=STOCKHOLM)
    return f"{found.start_at:%m-%dT%H:%M}", f"{found.end_at:%m-%dT%H:%M}"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ("10-26T12:00", "10-27T12:00")),
        ({"last": "90m"}, ("10-27T10:30", "10-27T12:00")),
        ({"day": "2025-10-26"}, ("10-25T22:00", "10-26T23:00")),  # 25 hours
        ({"day": "2025-10-27"}, ("10-26T23:00", "10-27T12:00")),  # not beyond now
        ({"begin": "2025-10-25"}, ("10-24T22:00", "10-27T12:00")),
        ({"begin": "2025-10-25T10:00", "end": "2025-10-25T12:00Z"}, ("10-25T08:00", "10-25T12:00")),
    ],
)
def test_periods(asked: dict[str, str], expected: tuple[str, str]) -> None:
    assert period(**asked) == expected


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"last": "soon"}, "--last: found 'soon'"),
        ({"last": "0h"}, "--last"),
        ({"day": "2025-02-30"}, "--day: found"),
        ({"day": "9999-12-31"}, "--day: found"),
        ({"begin": "x"}, "--from: found"),
        ({"begin": "2025-10-26", "end": "x"}, "--to: found"),
        ({"end": "2025-10-26"}, "--to: needs --from"),
        ({"day": "2025-10-26", "last": "24h"}, "exclude one another"),
        ({"day": "2026-01-01"}, "is empty"),
    ],
)
def test_a_period_that_cannot_be_meant_is_named(asked: dict[str, str], problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        period(**asked)
    assert problem in str(caught.value)
