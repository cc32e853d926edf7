"""Pure: when segments began, by their names, for hundreds of thousands of them."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

import attrs

from camvault.core.segments.names import parse_segment_name

_PLAIN = re.compile(
    r"(?P<day>(?P<station>[A-Za-z0-9][A-Za-z0-9_-]{0,63})_[0-9]{8})T([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])(Z?)"
    r"(?:~(?:[2-9]|[1-9][0-9]{1,7}))?\.mkv",
    re.ASCII,
)


@attrs.define
class Starts:
    """The instants that names say, as `SegmentName.starts_at` does, at a tenth of its price.

    Of a day on which the clocks of the zone are not set, the first instant is remembered, and the rest is counted from
    there. Any other name is parsed as a whole.
    """

    zone: tzinfo
    segment_s: float
    _midnights: dict[tuple[str, str], datetime | None] = attrs.field(factory=dict, init=False)

    def of(self, name: str, mtime_ns: int) -> tuple[str, datetime] | None:
        """The station and the beginning in UTC; None if the name is no segment's."""
        match = _PLAIN.fullmatch(name)
        if match is None:
            return None
        day, station, hour, minute, second, utc = match.groups()
        if (day, utc) not in self._midnights:
            self._midnights[day, utc] = self._midnight(name, is_utc=bool(utc))
        midnight = self._midnights[day, utc]
        if midnight is None:
            return self._parsed(name, mtime_ns)
        return station, midnight + timedelta(hours=int(hour), minutes=int(minute), seconds=int(second))

    def _parsed(self, text: str, mtime_ns: int) -> tuple[str, datetime] | None:
        name = parse_segment_name(text)
        if name is None:
            return None
        closed_at = datetime.fromtimestamp(mtime_ns / 1e9, UTC)
        return name.station, name.starts_at(zone=self.zone, closed_at=closed_at, length_s=self.segment_s)

    def _midnight(self, text: str, *, is_utc: bool) -> datetime | None:
        """The first instant of the day of the name; None if its hours cannot simply be counted from there."""
        name = parse_segment_name(text)
        if name is None:
            return None
        midnight = name.stamp.replace(hour=0, minute=0, second=0)
        zone = UTC if is_utc else self.zone
        hours = [(midnight + timedelta(hours=hour)).replace(tzinfo=zone) for hour in range(25)]
        offsets = {hour.replace(fold=fold).utcoffset() for hour in hours for fold in (0, 1)}
        return midnight.replace(tzinfo=zone).astimezone(UTC) if len(offsets) == 1 else None
