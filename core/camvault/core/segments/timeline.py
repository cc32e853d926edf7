r"""Pure: what happened to one recorder, as lines of a file beside the footage, and what that says about gaps.

    when TAB kind TAB detail TAB crc32

| kind      | when it is written                                  | detail                                        |
|-----------|-----------------------------------------------------|-----------------------------------------------|
| STARTED   | the supervisor began                                | when the machine was started                  |
| RECORDING | the first media of a session arrived                |                                               |
| ENDED     | a session ended                                     | its cause, then when media last arrived       |
| STOPPED   | somebody stopped the supervisor                     |                                               |
| CLOCK     | the wall clock was set by more than two seconds     | what it would have shown; `when` is the new   |

Times are UTC in ISO format. The CRC is that of the line before its last tab: a torn line is not believed.
"""

import enum
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zlib import crc32

import attrs

from camvault.core.segments.coverage import Cause, ClockStep, Happened, Span

_FIELD_COUNT = 4
_SLACK = timedelta(seconds=10)
"""Steps of less than two seconds are not written down, and add up."""


class Kind(enum.Enum):
    """What a line says."""

    STARTED = "started"
    RECORDING = "recording"
    ENDED = "ended"
    STOPPED = "stopped"
    CLOCK = "clock"


_KINDS = {kind.value: kind for kind in Kind}
_CAUSES = {cause.value: cause for cause in Cause}


@attrs.frozen
class Entry:
    """One line.

    Attributes:
        at: When, aware.
        cause: Why a session ended.
        since: When media last arrived before a session ended; what a clock would have shown before it was set; when
            the machine was started on which a supervisor began.
    """

    at: datetime
    kind: Kind
    cause: Cause | None = None
    since: datetime | None = None


def line_of(entry: Entry) -> str:
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


def parse(text: str) -> tuple[Entry, ...]:
    """All lines that can be believed, in the order in which they were written."""
    return tuple(entry for line in text.split("\n") if (entry := _parsed(line)) is not None)


def _parsed(line: str) -> Entry | None:
    fields = line.split("\t")
    if len(fields) != _FIELD_COUNT or _crc("\t".join(fields[:-1])) != fields[-1] or fields[1] not in _KINDS:
        return None
    cause, since = None, None
    for word in fields[2].split():
        cause = _CAUSES.get(word.replace("-", " "), cause)
        since = _instant(word) or since
    at = _instant(fields[0])
    return Entry(at, _KINDS[fields[1]], cause, since) if at else None


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _stamp(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds")


def _crc(text: str) -> str:
    return f"{crc32(text.encode('utf-8', 'surrogateescape')):08x}"


def explanations(entries: Iterable[Entry], *, until: datetime) -> Iterator[Happened | ClockStep]:
    """What the entries explain: why there was no recording, from when media last arrived to when it arrived again.

    Args:
        entries: In the order in which they were written.
        until: Now: where what has not ended yet is cut off.
    """
    gap: _Open | None = None
    clock = _Clock()
    for entry in entries:
        clock.look(entry)
        match entry.kind:
            case Kind.CLOCK:
                yield from clock.set_by(entry)
            case Kind.ENDED if gap:
                yield from gap.kept_open_by(entry)
            case Kind.ENDED:
                gap = _Open(entry.cause or Cause.RESTART, entry.since or entry.at)
            case Kind.STOPPED:
                if gap:
                    yield gap.until(entry.at)
                gap = _Open(Cause.OPERATOR, entry.at, behind=gap.reason if gap else None)
            case Kind.STARTED if gap:
                gap.start(entry.at)
            case Kind.STARTED:
                # killed, or the power went: nothing was written at its end
                gap = _Open(Cause.RESTART, entry.at, started_at=entry.at)
            case _:  # recording
                if gap:
                    yield gap.until(entry.at)
                gap = None
    if gap:
        yield gap.until(until)


@attrs.define
class _Clock:
    """What the entries say of the clock.

    Attributes:
        shown_at: What it showed last.
        booted_at: When the machine was started, by the clock as it stands now: it moves with each step, and else only
            if the machine was started anew, or the clock was set while nobody looked.
        is_watched: Whether all is known that was done to it since it was set.
    """

    shown_at: datetime | None = None
    booted_at: datetime | None = None
    is_watched: bool = True

    def look(self, entry: Entry) -> None:
        is_set = entry.kind is Kind.CLOCK
        from_at = entry.since if is_set and entry.since else entry.at
        if self.shown_at is not None and from_at < self.shown_at - _SLACK:
            self.is_watched = False
        self.shown_at = entry.at
        if entry.kind is Kind.STARTED:
            if self.booted_at and entry.since and abs(entry.since - self.booted_at) > _SLACK:
                self.is_watched = False
            self.booted_at = entry.since
        elif is_set and self.booted_at:
            self.booted_at += entry.at - from_at

    def set_by(self, entry: Entry) -> Iterator[Happened | ClockStep]:
        """How it was set. What was skipped, and nobody knows that it never was, counts as the time of a restart."""
        from_at = entry.since or entry.at
        yield ClockStep(from_at, entry.at, self.is_watched)
        if not self.is_watched:
            yield _happened(Cause.RESTART, from_at, entry.at)
        self.is_watched = True


@attrs.define
class _Open:
    """A gap that did not end yet.

    Attributes:
        started_at: When a supervisor was started in it: whatever keeps it open from then on is its cause.
        behind: Why there was no recording already when somebody stopped the supervisor: a watchdog, say, because of it.
    """

    cause: Cause
    since: datetime
    started_at: datetime | None = None
    behind: Cause | None = None

    @property
    def reason(self) -> Cause | None:
        """Why there is no recording, as far as that is known; a start alone is no reason."""
        is_reason = self.started_at is None and self.cause is not Cause.OPERATOR
        return self.cause if is_reason else self.behind

    def start(self, at: datetime) -> None:
        """Nobody keeps the supervisor from recording any more."""
        if self.cause is Cause.OPERATOR and self.started_at is None:
            self.started_at = at

    def until(self, end_at: datetime) -> Happened:
        return _happened(self.cause, self.since, end_at)

    def kept_open_by(self, ended: Entry) -> Iterator[Happened]:
        """A further session ended. The first cause began the gap; what kept it open is told too."""
        cause = ended.cause or Cause.RESTART
        if self.started_at is not None:
            if self.cause is Cause.OPERATOR:
                yield self.until(self.started_at)
            self.cause = self.behind or cause
            self.since, self.started_at, self.behind = self.started_at, None, None
        if self.cause is Cause.RESTART:
            self.cause = cause  # a restart takes seconds; this is why it did not help
        if cause is not self.cause:
            yield _happened(cause, ended.at, ended.at)


def _happened(cause: Cause, start_at: datetime, end_at: datetime) -> Happened:
    return Happened(cause, Span(start_at, max(start_at.astimezone(UTC), end_at.astimezone(UTC))))
