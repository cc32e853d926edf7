"""Pure: what a camera archive holds, in figures by day and camera; nothing is kept by file.

Each clip and each archive that is known is told once, as a `ClipFact`. Its day and its camera are those of its name; of
an archive without a record the camera is not known.
"""

import enum
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

import attrs

from camvault.core.archive.day_gaps import DayGap, day_gaps
from camvault.core.archive.growth import DiskOutlook, WeekFigures, growth_per_day, monday_of, weeks
from camvault.core.archive.measures import QualityFigures, by_measure, parse_quality

TRASH = "trash"
"""The third area, beside `records.INPUT` and `records.OUTPUT`."""

Camera = str | None
"""The name of a camera, "" if the pattern of names has none; None: no record says it."""


class ClipStanding(enum.Enum):
    """Where a clip, or its archive, is."""

    KEPT = "kept"
    """An archive with a record."""
    UNRECORDED = "unrecorded"
    """An archive without one: from before camvault, or put there by somebody."""
    DONE = "done"
    """A clip in the input, of which there is an archive."""
    DOUBTFUL = "doubtful"
    """A clip in the input, whose archive may lack something of it."""
    WAITING = "waiting"
    """A clip in the input, of which there is no archive."""
    TRASHED = "trashed"
    """A clip in the trash, of which there is no archive."""
    DELETED = "deleted"
    """A clip that a rule deleted, of which there was no archive."""
    GONE = "gone"
    """An archive that a rule took."""
    MISSING = "missing"
    """An archive that is recorded and not there, and no rule took it."""


NEVER_ARCHIVED = (ClipStanding.WAITING, ClipStanding.TRASHED, ClipStanding.DELETED)
"""Of such clips no archive was made, or it is not there."""
ARCHIVES = (ClipStanding.KEPT, ClipStanding.UNRECORDED)
"""What is in the archive."""


class ClipFact(NamedTuple):
    """One clip, or one archive: a bare tuple, because a report sees a million of them.

    `size_bytes` is that of the archive, or of the clip with its pictures; of an archive with a record, `source_bytes`
    is that of its clip, `encoder` and `quality` are those of the record, and `archive` is its path.
    """

    day: date
    camera: Camera
    standing: ClipStanding
    size_bytes: int
    source_bytes: int = 0
    encoder: str = ""
    quality: str = ""
    archive: str = ""


@attrs.define
class FootageSums:
    """Sums over clips and archives.

    Attributes:
        counts: By standing.
        sizes: By standing, in bytes.
        source_bytes: Of the clips of which an archive is kept and recorded.
        remuxed_count: Archives that are the clip's own streams.
        qualities: By measure, of the archives that are kept.
    """

    counts: Counter[ClipStanding] = attrs.field(factory=Counter)
    sizes: Counter[ClipStanding] = attrs.field(factory=Counter)
    source_bytes: int = 0
    remuxed_count: int = 0
    qualities: dict[str, QualityFigures] = attrs.field(factory=dict)

    def add(self, fact: ClipFact) -> None:
        """One more."""
        self.counts[fact.standing] += 1
        self.sizes[fact.standing] += fact.size_bytes
        if fact.standing is not ClipStanding.KEPT:
            return
        self.source_bytes += fact.source_bytes
        self.remuxed_count += fact.encoder == "remux"
        quality = parse_quality(fact.quality)
        if quality is not None:
            found = QualityFigures.of(quality, fact.archive)
            self.qualities = by_measure((*self.qualities.values(), found))

    def merge(self, other: "FootageSums") -> None:
        """All of the other's."""
        self.counts += other.counts
        self.sizes += other.sizes
        self.source_bytes += other.source_bytes
        self.remuxed_count += other.remuxed_count
        self.qualities = by_measure((*self.qualities.values(), *other.qualities.values()))

    @classmethod
    def of(cls, parts: Iterable["FootageSums"]) -> "FootageSums":
        """The sum of all parts."""
        found = cls()
        for part in parts:
            found.merge(part)
        return found

    @property
    def archive_count(self) -> int:
        """What is in the archive."""
        return sum(self.counts[standing] for standing in ARCHIVES)

    @property
    def archive_bytes(self) -> int:
        """What is in the archive."""
        return sum(self.sizes[standing] for standing in ARCHIVES)

    @property
    def saved_bytes(self) -> int:
        """How much smaller the archives with a record are than their clips."""
        return self.source_bytes - self.sizes[ClipStanding.KEPT]


@attrs.frozen(kw_only=True)
class CameraFigures:
    """What is known of one camera; `days` are those with footage, wherever it is by now."""

    camera: Camera
    days: frozenset[date]
    sums: FootageSums
    gaps: tuple[DayGap, ...]


@attrs.frozen(kw_only=True)
class AreaFigures:
    """What lies in the input, the archive or the trash.

    Attributes:
        name: Which one it is.
        file_count: All files in date folders.
        size_bytes: Of these files.
        growth_bytes_per_day: See `growth.growth_per_day`.
    """

    name: str
    file_count: int
    size_bytes: int
    growth_bytes_per_day: float | None


@attrs.define
class Holdings:
    """Takes facts one by one; what it holds is bounded by the number of days and cameras.

    Attributes:
        cells: The sums of each day and camera.
        bytes_by_day: By area and day, what lies there; files of an impossible day have none.
        area_counts: By area, how many files lie there.
        area_bytes: By area, their size.
        gone_days: By area, the first day of which something is gone.
    """

    cells: defaultdict[tuple[date, Camera], FootageSums] = attrs.field(factory=lambda: defaultdict(FootageSums))
    bytes_by_day: defaultdict[str, Counter[date]] = attrs.field(factory=lambda: defaultdict(Counter))
    area_counts: Counter[str] = attrs.field(factory=Counter)
    area_bytes: Counter[str] = attrs.field(factory=Counter)
    gone_days: dict[str, date] = attrs.field(factory=dict)

    def add(self, fact: ClipFact) -> None:
        """A clip or an archive."""
        self.cells[fact.day, fact.camera].add(fact)

    def occupy(self, area: str, day: date | None, *, file_count: int, size_bytes: int) -> None:
        """What lies in a folder of an area."""
        self.area_counts[area] += file_count
        self.area_bytes[area] += size_bytes
        if day is not None:
            self.bytes_by_day[area][day] += size_bytes

    def went(self, area: str, day: date) -> None:
        """Something of this day is no longer in an area."""
        self.gone_days[area] = min(day, self.gone_days.get(area, day))

    def total(self) -> FootageSums:
        """All of it."""
        return FootageSums.of(self.cells.values())

    def by_camera(self, *, until: date) -> tuple[CameraFigures, ...]:
        """Each camera by name, archives without a record last; `until` is the last day that is over."""
        days: defaultdict[Camera, dict[date, FootageSums]] = defaultdict(dict)
        for (day, camera), sums in self.cells.items():
            days[camera][day] = sums
        return tuple(
            CameraFigures(
                camera=camera,
                days=frozenset(of_day),
                sums=FootageSums.of(of_day.values()),
                gaps=() if camera is None else day_gaps(of_day, until=until),
            )
            for camera, of_day in sorted(days.items(), key=lambda item: (item[0] is None, item[0] or ""))
        )

    def by_week(self) -> tuple[WeekFigures, ...]:
        """What is in the archive of each week."""
        return weeks(
            (day, sums.archive_count, sums.archive_bytes) for (day, _), sums in self.cells.items() if sums.archive_count
        )

    def quality_by_week(self) -> dict[tuple[date, str], QualityFigures]:
        """By Monday and measure."""
        found: dict[tuple[date, str], QualityFigures] = {}
        for (day, _), sums in self.cells.items():
            for measure, figures in sums.qualities.items():
                key = monday_of(day), measure
                found[key] = found[key].plus(figures) if key in found else figures
        return dict(sorted(found.items()))

    def area(self, name: str, *, today: date) -> AreaFigures:
        """What lies in one area, and how fast it grows."""
        by_day = self.bytes_by_day[name]
        oldest = min((day for day, size in by_day.items() if size), default=None)
        gone = self.gone_days.get(name)
        return AreaFigures(
            name=name,
            file_count=self.area_counts[name],
            size_bytes=self.area_bytes[name],
            growth_bytes_per_day=growth_per_day(
                by_day,
                first_day=min((day for day, _ in self.cells), default=None),
                today=today,
                is_rolling=oldest is not None and gone is not None and gone < oldest,
            ),
        )


@attrs.frozen(kw_only=True)
class HoldingsReport:
    """What a camera archive holds.

    Attributes:
        today: The day of the report, which is not over.
        since: Earlier days are left out; None for none.
        cells: The sums of each day and camera, the oldest first.
        cameras: Each camera.
        total: All of them.
        weeks: What is in the archive of each week.
        quality_weeks: The quality of archives by Monday and measure.
        areas: Input, archive and trash.
        disks: The file systems that they are on.
        problems: What could not be looked at: the figures lack it.
        notes: What else should be known.
    """

    today: date
    since: date | None
    cells: Mapping[tuple[date, Camera], FootageSums]
    cameras: tuple[CameraFigures, ...]
    total: FootageSums
    weeks: tuple[WeekFigures, ...]
    quality_weeks: Mapping[tuple[date, str], QualityFigures]
    areas: tuple[AreaFigures, ...]
    disks: tuple[DiskOutlook, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def sums_of(self, standings: Iterable[ClipStanding]) -> tuple[tuple[date, Camera, ClipStanding, int, int], ...]:
        """Day, camera, standing, number and bytes of clips with one of these standings, the oldest first."""
        wanted = tuple(standings)
        return tuple(
            (day, camera, standing, sums.counts[standing], sums.sizes[standing])
            for (day, camera), sums in self.cells.items()
            for standing in wanted
            if sums.counts[standing]
        )


def by_day_and_camera(key: tuple[date, Camera]) -> tuple[date, bool, str]:
    """The order of cells: by day, then by camera, archives without a record last."""
    day, camera = key
    return day, camera is None, camera or ""
