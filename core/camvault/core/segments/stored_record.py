r"""Pure: what a recorder stored, lines of a file beside its footage for each day.

    when stored session number run first last boot seconds pictures bytes crc32
    when named session number name crc32

| kind   | when it is written                                                                         |
|--------|--------------------------------------------------------------------------------------------|
| stored | the first picture of a segment is in its file; now and then; no more is written to it      |
| named  | the segment has its final name                                                             |

Fields are separated by tabs. A line replaces an earlier one of the same session, segment and run: a run are pictures
without a hole between them. `first` and `last` are when its first and its last picture arrived: by the boot clock, as
the wall clock showed it then. `boot` names the start of the machine, and `seconds` is when the last picture arrived
since then. Pictures and bytes are those of the segment. Times are UTC in ISO format. The CRC is taken over the line up
to its last tab: a torn line is not believed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import PurePath
from zlib import crc32

import attrs

from camvault.core.segments.coverage import Span
from camvault.core.segments.live_names import parse_live_name, session_began_at
from camvault.core.segments.names import parse_segment_name
from camvault.ports.pictures import StoredPictures

STORED_FOLDER = ".stored"
"""The folder in the station's folder that holds the record, one file for each day in UTC."""

SegmentOfSession = tuple[str, int]
"""The name of a session's folder, and the number of a segment in it."""

_STORED, _NAMED = "stored", "named"
_STORED_FIELDS, _NAMED_FIELDS = 12, 6
_NO_BOOT = "-"
_LONGEST_PICTURE_S = 10.0
_WRITTEN_LATE = timedelta(seconds=15)
"""By how much the last change of a file and its last picture differ at most; sound may go on."""
_LONGEST_SESSION_S = 10 * 366 * 86_400
_DAY_NAME = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@attrs.frozen(kw_only=True)
class StoredRun:
    """What is known to be stored of one segment, from its first picture or from a hole on.

    Attributes:
        at: When the line was written.
        segment: The session, and the number of the segment in it.
        run: Which run of the segment, from 0.
        span: From the first picture to the last.
        boot: The start of the machine that `boot_s` belongs to.
        boot_s: When the last picture arrived.
        picture_count: How many pictures the segment holds.
        size_bytes: The size of the segment.
    """

    at: datetime
    segment: SegmentOfSession
    run: int
    span: Span
    boot: str
    boot_s: float
    picture_count: int
    size_bytes: int


@attrs.frozen
class StoredSegment:
    """When the pictures of a segment are shown: `spans`, in order, with holes between them."""

    segment: SegmentOfSession
    spans: tuple[Span, ...]


@attrs.frozen
class StoredRecord:
    """All lines that can be believed, joined.

    Attributes:
        runs: By segment and run, the last line of each.
        names: The segments that a final name was given to, by that name: a name is free again once its file is away.
        last: The line that was written last by a recorder that ran; that was written last, if there is none.
    """

    runs: Mapping[tuple[SegmentOfSession, int], StoredRun] = attrs.field(factory=dict)
    names: Mapping[str, tuple[SegmentOfSession, ...]] = attrs.field(factory=dict)
    last: StoredRun | None = None

    def spans_of(self, segment: SegmentOfSession) -> tuple[Span, ...]:
        """For how long the pictures of a segment are shown, in order; none if nothing is known of it."""
        runs = self._runs_of.get(segment, ())
        each_s = _distance_s(runs)
        return tuple(Span(run.span.start_at, run.span.end_at + timedelta(seconds=each_s)) for run in runs)

    def first_of(self, segment: SegmentOfSession) -> datetime | None:
        """When the first picture of a segment arrived; None if nothing is known of it."""
        runs = self._runs_of.get(segment)
        return runs[0].span.start_at if runs else None

    def size_of(self, segment: SegmentOfSession) -> int:
        """How many bytes of a segment were seen; 0 if nothing is known of it."""
        return max((run.size_bytes for run in self._runs_of.get(segment, ())), default=0)

    def segment_named(self, name: str, *, written_at: datetime) -> StoredSegment | None:
        """The segment with this final name; of several, that which ended closest to `written_at`.

        A name gets a number where it is taken in the next folder. The recorder knows that segment by the name without
        it: it is one of those of that name if it ended when the file was written last.
        """
        found = self._closest(name, written_at)
        segment = parse_segment_name(name)
        if found is not None or segment is None or segment.number == 1:
            return found
        found = self._closest(str(attrs.evolve(segment, number=1)), written_at)
        return found if found is not None and abs(found.spans[-1].end_at - written_at) <= _WRITTEN_LATE else None

    def _closest(self, name: str, written_at: datetime) -> StoredSegment | None:
        named = (StoredSegment(segment, self.spans_of(segment)) for segment in self.names.get(name, ()))
        found = (each for each in named if each.spans)
        return min(found, key=lambda each: abs(each.spans[-1].end_at - written_at), default=None)

    @cached_property
    def _runs_of(self) -> Mapping[SegmentOfSession, list[StoredRun]]:
        found: dict[SegmentOfSession, list[StoredRun]] = {}
        for (segment, _), run in sorted(self.runs.items()):
            found.setdefault(segment, []).append(run)
        return found


def _distance_s(runs: Sequence[StoredRun]) -> float:
    """How far the pictures of a segment are apart: the last one of a run is shown until the next one is due."""
    pairs = max((run.picture_count for run in runs), default=0) - len(runs)
    return min(sum(run.span.seconds for run in runs) / pairs, _LONGEST_PICTURE_S) if pairs > 0 else 0.0


def segment_of(file: PurePath) -> SegmentOfSession | None:
    """Which segment a file in the folder of a session is; None if the recorder did not number it."""
    live = parse_live_name(file.name)
    return (file.parent.name, live.number) if live is not None else None


def runs_in_file(
    segment: SegmentOfSession, found: StoredPictures, *, began_at: datetime, at: datetime, size_bytes: int
) -> Iterator[StoredRun]:
    """The lines for a segment that began at `began_at`, by what is in its file: its recorder may have been killed."""
    for number, (begin_s, end_s) in enumerate(found.runs):
        begin_at, end_at = (began_at + timedelta(seconds=each - found.runs[0][0]) for each in (begin_s, end_s))
        yield StoredRun(
            at=at,
            segment=segment,
            run=number,
            span=Span(begin_at, end_at),
            boot="",
            boot_s=0,
            picture_count=found.count,
            size_bytes=size_bytes,
        )


def files_about(file: PurePath, *, segment_s: float) -> tuple[str, ...]:
    """The files of the record that may hold lines about a segment in the folder of its session.

    Its name may say another time than it was recorded at: it has that from the times of files, which may be touched.
    """
    live = parse_live_name(file.name)
    if live is None:
        return ()
    times = [live.segment.stamp.replace(tzinfo=UTC)]
    began_at = session_began_at(file.parent)
    if began_at is not None:
        times += [began_at, began_at + timedelta(seconds=min((live.number - 1) * segment_s, _LONGEST_SESSION_S))]
    return tuple(sorted({stored_file(at + timedelta(days=days)) for at in times for days in (-1, 0, 1)}))


def stored_line(run: StoredRun) -> str:
    """The line, without its newline."""
    session, number = run.segment
    first, last = _stamp(run.span.start_at), _stamp(run.span.end_at)
    place = (_stamp(run.at), _STORED, session, str(number), str(run.run))
    counts = (str(run.picture_count), str(run.size_bytes))
    return _with_crc((*place, first, last, run.boot or _NO_BOOT, f"{run.boot_s:.3f}", *counts))


def named_line(segment: SegmentOfSession, name: str, *, at: datetime) -> str:
    """The line, without its newline."""
    session, number = segment
    return _with_crc((_stamp(at), _NAMED, session, str(number), name))


def stored_file(at: datetime) -> str:
    """The name of the file that lines written at `at` (aware) are in."""
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def stored_files(period: Span) -> Iterator[str]:
    """The files that may hold lines of segments of the period, in order.

    A line is written when the clock shows the time of its segment, or some hours later: when it is adopted.
    """
    day, last = ((each.astimezone(UTC)).date() for each in (period.start_at, period.end_at))
    for number in range(-1, (last - day).days + 2):
        yield f"{day + timedelta(days=number):%Y-%m-%d}"


def parse_stored(texts: Iterable[str]) -> StoredRecord:
    """What the files of some days say, in the order in which they were written."""
    runs: dict[tuple[SegmentOfSession, int], StoredRun] = {}
    names: dict[str, tuple[SegmentOfSession, ...]] = {}
    known = set[tuple[str, ...]]()  # a line that is replaced by a later one is not looked at
    last = None
    for text in reversed(tuple(texts)):
        for line in reversed(text.split("\n")):
            key = _key(line)
            if key in known or (found := _parsed(line)) is None:
                continue
            known.add(key)
            if isinstance(found, StoredRun):
                runs[found.segment, found.run] = found
                last = found if last is None or (found.boot and not last.boot) else last
            else:
                segment, name = found
                names[name] = (segment, *names.get(name, ()))
    return StoredRecord(runs, names, last)


def compacted(text: str) -> str:
    """The text of one day without the lines that say nothing more: those that are replaced, and torn ones."""
    kept = list[str]()
    known = set[tuple[str, ...]]()
    for line in reversed(text.split("\n")):
        key = _key(line)
        if key not in known and _parsed(line) is not None:
            known.add(key)
            kept.append(f"{line}\n")
    return "".join(reversed(kept))


def files_of_closed_days(names: Iterable[str], *, now: datetime) -> tuple[str, ...]:
    """The files that nobody writes to any more, in order; what has another name is none of the record."""
    yesterday = stored_file(now - timedelta(days=1))
    return tuple(sorted(name for name in names if _DAY_NAME.fullmatch(name) and name < yesterday))


def _key(line: str) -> tuple[str, ...]:
    return tuple(line.split("\t", 5)[1:5])


def _parsed(line: str) -> StoredRun | tuple[SegmentOfSession, str] | None:
    fields = line.split("\t")
    if len(fields) not in (_STORED_FIELDS, _NAMED_FIELDS) or _crc("\t".join(fields[:-1])) != fields[-1]:
        return None
    try:
        return _run(fields) if len(fields) == _STORED_FIELDS else ((fields[2], int(fields[3])), fields[4])
    except ValueError:
        return None


def _run(fields: list[str]) -> StoredRun:
    at, _, session, number, run, first, last, boot, boot_s, pictures, size, _ = fields
    return StoredRun(
        at=datetime.fromisoformat(at),
        segment=(session, int(number)),
        run=int(run),
        span=Span(datetime.fromisoformat(first), datetime.fromisoformat(last)),
        boot="" if boot == _NO_BOOT else boot,
        boot_s=float(boot_s),
        picture_count=int(pictures),
        size_bytes=int(size),
    )


def _with_crc(fields: tuple[str, ...]) -> str:
    text = "\t".join(fields)
    return f"{text}\t{_crc(text)}"


def _stamp(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds")


def _crc(text: str) -> str:
    return f"{crc32(text.encode('utf-8', 'surrogateescape')):08x}"
