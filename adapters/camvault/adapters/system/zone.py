"""Adapter for the operating system's zone: local time as the C library knows it, daylight saving included."""

from datetime import UTC, datetime, timedelta, tzinfo


class LocalZone(tzinfo):
    """The zone that TZ or /etc/localtime names, for any instant, not only for now."""

    def utcoffset(self, dt: datetime | None, /) -> timedelta | None:
        """The offset then; of the repeated autumn hour the first unless `fold` is 1."""
        return None if dt is None else dt.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, dt: datetime | None, /) -> timedelta | None:  # noqa: ARG002 - of every zone
        """Not known to the C library by itself."""
        return None

    def tzname(self, dt: datetime | None, /) -> str | None:
        """The short name then."""
        return None if dt is None else dt.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, dt: datetime, /) -> datetime:
        """The wall time of an instant."""
        local = dt.replace(tzinfo=UTC).astimezone()
        return local.replace(tzinfo=self)
