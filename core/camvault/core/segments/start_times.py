"""Pure: when segments began, by their names, fast enough for hundreds of thousands of names."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

import attrs

from camvault.core.segments.file_times import written_at
from camvault.core.segments.live_names import parse_live_name
from camvault.core.segments.names import SegmentName, parse_segment_name

_PLAIN = re.compile(
    r"(?P<day>(?P<station>[A-Za-z0-9][A-Za-z0-9_-]{0,63})_[0-9]{8})T([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])(Z?)"
    r"(?:~(?:[2-9]|[1-9][0-9]{1,7})|\.[1-9][0-9]{0,9})?\.mkv",
    re.ASCII,
)


@attrs.define
class Starts:
    """The same instants as `SegmentName.starts_at`, in a tenth of the time.

    The first instant of each day is remembered, and times of that day are counted from it. On a day on which the offset
    of the zone changes, each name is parsed as a whole.

    Attributes:
        zone: The zone of local names.
        segment_s: The usual length of a segment.
    """

    zone: tzinfo
    segment_s: float
    _midnights: dict[tuple[str, str], datetime | None] = attrs.field(factory=dict, init=False)

    def of(self, name: str, mtime_ns: int) -> tuple[str, datetime] | None:
        """The station and the beginning in UTC; None if the name is no segment's. `mtime_ns` is since 1970.

        The name may be that of a file in the folder of a session.
        """
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
        name = _segment_name(text)
        if name is None:
            return None
        closed_at = written_at(mtime_ns)
        return name.station, name.starts_at(zone=self.zone, closed_at=closed_at, length_s=self.segment_s)

    def _midnight(self, text: str, *, is_utc: bool) -> datetime | None:
        """The first instant of the day in the name; None if the offset of the zone changes on that day."""
        name = _segment_name(text)
        if name is None:
            return None
        midnight = name.stamp.replace(hour=0, minute=0, second=0)
        zone = UTC if is_utc else self.zone
        hours = [(midnight + timedelta(hours=hour)).replace(tzinfo=zone) for hour in range(25)]
        offsets = {hour.replace(fold=fold).utcoffset() for hour in hours for fold in (0, 1)}
        return midnight.replace(tzinfo=zone).astimezone(UTC) if len(offsets) == 1 else None


def _segment_name(text: str) -> SegmentName | None:
    live = parse_live_name(text)
    return parse_segment_name(text) if live is None else live.segment
