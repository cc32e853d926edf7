r"""Pure: the timeline of one recorder, lines of a file beside its footage, and the causes of gaps that it gives.

    when TAB kind TAB detail TAB crc32

| kind      | when it is written                                  | detail                                        |
|-----------|-----------------------------------------------------|-----------------------------------------------|
| STARTED   | the supervisor began                                | when the machine was started                  |
| RECORDING | the first media of a session arrived                |                                               |
| ENDED     | a session ended                                     | its cause, then when media last arrived       |
| STOPPED   | the supervisor was asked to stop                    |                                               |
| CLOCK     | the wall clock was set by more than two seconds     | what it would have shown; `when` is the new   |

Times are UTC in ISO format. The CRC is taken over the line up to its last tab: a torn line is not believed.
"""

import enum
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zlib import crc32

import attrs

from camvault.core.segments.coverage import Cause, ClockStep, Outage, Span

_FIELD_COUNT = 4
_SLACK = timedelta(seconds=10)
"""Clock steps of less than two seconds are not written down, but add up to this much."""


class TimelineKind(enum.Enum):
    """The kinds of lines."""

    STARTED = "started"
    RECORDING = "recording"
    ENDED = "ended"
    STOPPED = "stopped"
    CLOCK = "clock"


_KINDS = {kind.value: kind for kind in TimelineKind}
_CAUSES = {cause.value: cause for cause in Cause}


@attrs.frozen
class TimelineEntry:
    """One line.

    Attributes:
        at: When it was written, aware.
        cause: Of ENDED: why the session ended.
        since: Of ENDED: when media last arrived. Of CLOCK: what the clock would have shown. Of STARTED: when the
            machine was started.
    """

    at: datetime
    kind: TimelineKind
    cause: Cause | None = None
    since: datetime | None = None


def timeline_line(entry: TimelineEntry) -> str:
    """The line, without its newline."""
    detail = " ".join(
        part
        for part in (
            entry.cause.value.replace(" ", "-") if entry.cause else "",
            _stamp(entry.since) if entry.since else "",
        )
        if part
    )
    text = f"{_stamp(entry.at)}\t{entry.kind.value}\t{detail}"
    return f"{text}\t{_crc(text)}"


def parse_timeline(text: str) -> tuple[TimelineEntry, ...]:
    """All lines that can be believed, in the order in which they were written."""
    return tuple(entry for line in text.split("\n") if (entry := _parsed(line)) is not None)


def _parsed(line: str) -> TimelineEntry | None:
    fields = line.split("\t")
    if len(fields) != _FIELD_COUNT or _crc("\t".join(fields[:-1])) != fields[-1] or fields[1] not in _KINDS:
        return None
    cause, since = None, None
    for word in fields[2].split():
        cause = _CAUSES.get(word.replace("-", " "), cause)
        since = _instant(word) or since
    at = _instant(fields[0])
    return TimelineEntry(at, _KINDS[fields[1]], cause, since) if at else None


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _stamp(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds")


def _crc(text: str) -> str:
    return f"{crc32(text.encode('utf-8', 'surrogateescape')):08x}"


def explanations(entries: Iterable[TimelineEntry], *, until: datetime) -> Iterator[Outage | ClockStep]:
    """What the entries explain: steps of the clock, and why there was no recording from the last media to the next.

    Args:
        entries: In the order in which they were written.
        until: The time now, at which a gap that has not ended is cut off.
    """
    gap: _OpenGap | None = None
    clock = _Clock()
    for entry in entries:
        clock.look(entry)
        match entry.kind:
            case TimelineKind.CLOCK:
                yield from clock.set_by(entry)
            case TimelineKind.ENDED if gap:
                yield from gap.kept_open_by(entry)
            case TimelineKind.ENDED:
                gap = _OpenGap(entry.cause or Cause.RESTART, entry.since or entry.at)
            case TimelineKind.STOPPED:
                if gap:
                    yield gap.until(entry.at)
                gap = _OpenGap(Cause.OPERATOR, entry.at, behind=gap.reason if gap else None)
            case TimelineKind.STARTED if gap:
                gap.start(entry.at)
            case TimelineKind.STARTED:
                # killed, or the power went: nothing was written at its end
                gap = _OpenGap(Cause.RESTART, entry.at, started_at=entry.at)
            case _:  # recording
                if gap:
                    yield gap.until(entry.at)
                gap = None
    if gap:
        yield gap.until(until)


@attrs.define
class _Clock:
    """The clock of the machine, as far as the entries read so far show it.

    Attributes:
        shown_at: What the clock showed last.
        booted_at: When the machine was started, by the clock as it is set now. It moves with each step of the clock;
            otherwise only if the machine was started again, or the clock was set while no supervisor ran.
        is_watched: Whether every step since the last entry CLOCK is known.
    """

    shown_at: datetime | None = None
    booted_at: datetime | None = None
    is_watched: bool = True

    def look(self, entry: TimelineEntry) -> None:
        """Take the next entry into account."""
        is_set = entry.kind is TimelineKind.CLOCK
        from_at = entry.since if is_set and entry.since else entry.at
        if self.shown_at is not None and from_at < self.shown_at - _SLACK:
            self.is_watched = False
        self.shown_at = entry.at
        if entry.kind is TimelineKind.STARTED:
            if self.booted_at and entry.since and abs(entry.since - self.booted_at) > _SLACK:
                self.is_watched = False
            self.booted_at = entry.since
        elif is_set and self.booted_at:
            self.booted_at += entry.at - from_at

    def set_by(self, entry: TimelineEntry) -> Iterator[Outage | ClockStep]:
        """How the clock was set. Skipped hours that may have passed with no supervisor running count as a restart."""
        from_at = entry.since or entry.at
        yield ClockStep(from_at, entry.at, self.is_watched)
        if not self.is_watched:
            yield _outage(Cause.RESTART, from_at, entry.at)
        self.is_watched = True


@attrs.define
class _OpenGap:
    """A gap that has not ended at the entries read so far.

    Attributes:
        cause: Why there is no recording.
        since: When media last arrived.
        started_at: When a supervisor was started in the gap: what keeps the gap open from then on is its cause.
        behind: The cause that the gap had before the supervisor was stopped; the watchdog may have stopped it because
            of that.
    """

    cause: Cause
    since: datetime
    started_at: datetime | None = None
    behind: Cause | None = None

    @property
    def reason(self) -> Cause | None:
        """Why there is no recording, as far as it is known; the start of a supervisor alone is no reason."""
        is_reason = self.started_at is None and self.cause is not Cause.OPERATOR
        return self.cause if is_reason else self.behind

    def start(self, at: datetime) -> None:
        """A supervisor was started: the operator no longer keeps the gap open."""
        if self.cause is Cause.OPERATOR and self.started_at is None:
            self.started_at = at

    def until(self, end_at: datetime) -> Outage:
        return _outage(self.cause, self.since, end_at)

    def kept_open_by(self, ended: TimelineEntry) -> Iterator[Outage]:
        """A further session ended. The gap keeps its first cause; other causes that kept it open are reported too."""
        cause = ended.cause or Cause.RESTART
        if self.started_at is not None:
            if self.cause is Cause.OPERATOR:
                yield self.until(self.started_at)
            self.cause = self.behind or cause
            self.since, self.started_at, self.behind = self.started_at, None, None
        if self.cause is Cause.RESTART:
            self.cause = cause  # a restart takes seconds: the gap lasts because of this cause
        if cause is not self.cause:
            yield _outage(cause, ended.at, ended.at)


def _outage(cause: Cause, start_at: datetime, end_at: datetime) -> Outage:
    return Outage(cause, Span(start_at, max(start_at.astimezone(UTC), end_at.astimezone(UTC))))
