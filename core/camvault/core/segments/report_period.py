"""Pure: the period of a report, from the user's flags.

A date is a day of 23 to 25 hours in the zone of the names; a time without a zone is a wall time in that zone.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from camvault.core.segments.coverage import Span
from camvault.ports.errors import UsageError

_LAST = re.compile(r"([0-9]{1,5})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DEFAULT_LAST = "24h"


def parse_last(text: str) -> timedelta:
    """The length of `90m`, `24h`, `7d` and the like: a number and s, m, h, d or w.

    Raises:
        UsageError: The text is not of this form.
    """
    match = _LAST.fullmatch(text)
    if match is None or not int(match[1]):
        raise UsageError(f"--last: found {text!a}, expected a number and s, m, h, d or w, such as 24h")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _instant(flag: str, text: str, zone: tzinfo) -> datetime:
    try:
        value = datetime.fromisoformat(text)
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{flag}: found {text!a}, expected a date or time such as 2025-05-28 or 2025-05-28T15:20"
        ) from None


def _day(text: str, zone: tzinfo) -> Span:
    try:
        day = date.fromisoformat(text)
        following = day + timedelta(days=1)
    except (ValueError, OverflowError):
        raise UsageError(f"--day: found {text!a}, expected a date such as 2025-05-28") from None
    return Span(datetime.combine(day, time(), zone), datetime.combine(following, time(), zone))


def period_of(
    *, begin: str | None, end: str | None, day: str | None, last: str | None, now: datetime, zone: tzinfo
) -> Span:
    """The period, cut off at `now`; the last 24 hours without any flag.

    Args:
        begin: A date or time, as in `--from`.
        end: A date or time, as in `--to`; `now` without it.
        day: A date, as in `--day`.
        last: A length, as in `--last`.
        now: The time now, aware.
        zone: The zone of the names.

    Raises:
        UsageError: The flags contradict one another or are malformed, or the period is empty or in the future.
    """
    if sum(asked is not None for asked in (begin or end, day, last)) > 1:
        raise UsageError("--day, --last, and --from with --to exclude one another")
    now = now.astimezone(UTC)
    if day is not None:
        asked = _day(day, zone)
        start_at, end_at = asked.start_at, asked.end_at
    elif begin is not None:
        start_at, end_at = _instant("--from", begin, zone), _instant("--to", end, zone) if end else now
    elif end is not None:
        raise UsageError("--to: needs --from")
    else:
        start_at, end_at = now - parse_last(last or DEFAULT_LAST), now
    end_at = min(end_at, now)
    if start_at >= end_at:
        raise UsageError(f"The period from {start_at:%Y-%m-%dT%H:%MZ} to {end_at:%Y-%m-%dT%H:%MZ} is empty")
    return Span(start_at, end_at)
