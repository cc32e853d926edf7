"""Pure: whether the configured folders can be used beside one another, the same for all jobs of recording (INV-24).

Two folders are compared by where they really are: as written, with links followed, by device and inode, and by their
place on their file system, which sees through bind mounts.

| two folders              | refused if                                        | because                               |
|--------------------------|---------------------------------------------------|---------------------------------------|
| output_dir and READY     | they are one, or the first lies in the second, or | what is being recorded would be sent  |
|                          | the second in the folder of a station             | and removed                           |
| output_dir, quarantine   | the same                                          | broken footage would be taken for new |
|                          |                                                   | and new footage for broken            |
| READY and quarantine     | they are one, or one lies in the other            | nothing is removed in quarantine      |
| READY and the target     | they are one, or one lies in the other            | there would be no second copy         |
| output_dir, the target   | they are one, or the second lies in the folder of | recordings and copies would be mixed  |
|                          | a station                                         |                                       |
| quarantine, the target   | they are one                                      | the same                              |

A folder whose mount point, of /etc/fstab or as it was when a job used it last, has nothing mounted is closed.

What lies in an `output_dir`, but in no station's folder, is a warning: it looks like a station.
"""

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import PurePath

import attrs

from camvault.core.stations.configuration import BackupConfig, Camera
from camvault.core.stations.place_record import PLACE_RECORD_NAME


class PlaceUse(enum.Enum):
    """What a configured folder is for."""

    RECORDING = "what cameras record"
    READY = "what waits for the backup"
    QUARANTINE = "broken segments"
    RECORDS = "records of the backup"
    LOCKS = "locks"
    TARGET = "the copies"


NEEDED = frozenset({PlaceUse.READY, PlaceUse.RECORDS, PlaceUse.LOCKS})
"""Without these, what waits for the backup is left as it is."""
OF_FOOTAGE = frozenset({PlaceUse.RECORDING, PlaceUse.READY, PlaceUse.QUARANTINE})
"""It is written down on which mount these were: without their disk they look like empty folders."""


@attrs.frozen
class ConfiguredPlace:
    """A configured folder: the key that names it (`output_dir`), what it is for, and the path as configured.

    Attributes:
        stations: The stations that are recorded in it.
    """

    key: str
    use: PlaceUse
    path: PurePath
    stations: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.key} ({self.path})"


@attrs.frozen
class PlaceFacts:
    """What was seen of a place. What is not known is None.

    Attributes:
        resolved: The path with links followed.
        spot: Its file system and the path there, which is the same for all mounts of that file system.
        folder: Device and inode of the folder.
        unmounted: The mount point at or above it that is configured, and at which nothing is mounted.
        vanished: The mount point that it was on when it was used last, and at which nothing is mounted now.
        is_silent: Whether a look at it did not end in time.
    """

    resolved: PurePath
    spot: tuple[str, PurePath] | None = None
    folder: tuple[str, int] | None = None
    unmounted: PurePath | None = None
    vanished: PurePath | None = None
    is_silent: bool = False


@attrs.frozen
class PlacesReport:
    """What is wrong with the configured folders.

    Attributes:
        overlaps: Why the configuration is refused.
        closed: By configured path, why nothing may be looked for, or written, below it.
        warnings: What may be meant so.
    """

    overlaps: tuple[str, ...] = ()
    closed: Mapping[PurePath, str] = attrs.field(factory=dict)
    warnings: tuple[str, ...] = ()


class _Way(enum.Enum):
    """How two places lie to one another."""

    SAME = "is the same folder as"
    FIRST_INSIDE = "lies inside"
    SECOND_INSIDE = "contains"


_ALL = frozenset(_Way)
_REFUSED: Mapping[tuple[PlaceUse, PlaceUse], frozenset[_Way]] = {
    (PlaceUse.RECORDING, PlaceUse.READY): frozenset({_Way.SAME, _Way.FIRST_INSIDE}),
    (PlaceUse.RECORDING, PlaceUse.QUARANTINE): frozenset({_Way.SAME, _Way.FIRST_INSIDE}),
    (PlaceUse.READY, PlaceUse.QUARANTINE): _ALL,
    (PlaceUse.READY, PlaceUse.TARGET): _ALL,
    (PlaceUse.RECORDING, PlaceUse.TARGET): frozenset({_Way.SAME}),
    (PlaceUse.QUARANTINE, PlaceUse.TARGET): frozenset({_Way.SAME}),
}
"""The uses in the order of `PlaceUse`."""


def configured_places(
    cameras: Iterable[Camera] = (), backup: BackupConfig | None = None
) -> tuple[ConfiguredPlace, ...]:
    """The folders that cameras.json and backup.json name, in the order of `PlaceUse`; a target behind ssh is none."""
    stations: dict[PurePath, list[str]] = {}
    for camera in cameras:
        stations.setdefault(PurePath(camera.output_dir), []).append(camera.station)
    found = [ConfiguredPlace("output_dir", PlaceUse.RECORDING, path, tuple(names)) for path, names in stations.items()]
    if backup is None:
        return tuple(found)
    found += [
        ConfiguredPlace("ready_for_backup_dir", PlaceUse.READY, PurePath(backup.ready_for_backup_dir)),
        ConfiguredPlace("quarantine_dir", PlaceUse.QUARANTINE, backup.quarantine),
        ConfiguredPlace("success_log_dir", PlaceUse.RECORDS, PurePath(backup.success_log_dir)),
        ConfiguredPlace("lock_dir", PlaceUse.LOCKS, PurePath(backup.lock_dir)),
    ]
    target = PurePath(backup.nas_target_dir)
    return (
        (*found, ConfiguredPlace("nas_target_dir", PlaceUse.TARGET, target)) if target.is_absolute() else tuple(found)
    )


def closed_needed(places: Iterable[ConfiguredPlace], report: PlacesReport) -> tuple[str, ...]:
    """Why a job that works on what waits for the backup cannot; empty if it can."""
    return tuple(report.closed[each.path] for each in places if each.use in NEEDED and each.path in report.closed)


def check_places(places: Sequence[ConfiguredPlace], facts: Mapping[PurePath, PlaceFacts]) -> PlacesReport:
    """Compare all places with one another.

    Args:
        places: In the order of `PlaceUse`, as `configured_places` returns them.
        facts: By configured path, what was seen of each.
    """
    overlaps, warnings = list[str](), list[str]()
    for first, second in combinations(places, 2):
        refused = _REFUSED.get((first.use, second.use))
        if refused is None:
            continue
        way = _way(facts[first.path], facts[second.path])
        if way in refused:
            overlaps.append(_overlap(f"{first} {way.value} {second}", second))
        elif way is _Way.SECOND_INSIDE:
            station = _station_around(first, facts[first.path], facts[second.path])
            if station:
                overlaps.append(_overlap(f"{second} lies inside the folder of station {station}, {first}", second))
            elif first.use is PlaceUse.RECORDING:
                warnings.append(f"{second} lies inside {first}: it looks like the folder of a station")
    return PlacesReport(tuple(overlaps), dict(_closed(places, facts)), tuple(warnings))


def _overlap(problem: str, to_change: ConfiguredPlace) -> str:
    return f"{problem}: footage could be lost or hidden. Name another folder for {to_change.key}, apart from the others"


def _closed(places: Iterable[ConfiguredPlace], facts: Mapping[PurePath, PlaceFacts]) -> Iterator[tuple[PurePath, str]]:
    for place in places:
        point = facts[place.path].unmounted
        if place.use is PlaceUse.TARGET:
            continue  # whoever uses it asks it
        if point is not None:
            problem = (
                f"nothing is mounted at {point}, although /etc/fstab says that something should be; what is written"
                f" there now would be hidden later. Mount it (mount {point}), or name another folder"
            )
            yield place.path, f"{place}: {problem}"
        elif facts[place.path].vanished is not None:
            point = facts[place.path].vanished
            problem = (
                f"nothing is mounted at {point}, where its disk was when it was used last; what is written there now"
                f" would be hidden later. Mount it, name another folder, or, if this is where it belongs now, remove"
                f" {PLACE_RECORD_NAME} from success_log_dir and lock_dir"
            )
            yield place.path, f"{place}: {problem}"
        elif facts[place.path].is_silent:
            yield place.path, f"{place}: it does not answer; see whether its disk or server is well"


def _way(first: PlaceFacts, second: PlaceFacts) -> _Way | None:
    if first.folder is not None and first.folder == second.folder:
        return _Way.SAME
    ways = {_way_of_paths(first.resolved, second.resolved)}
    if first.spot is not None and second.spot is not None and first.spot[0] == second.spot[0]:
        ways.add(_way_of_paths(first.spot[1], second.spot[1]))
    return next((way for way in _Way if way in ways), None)


def _way_of_paths(first: PurePath, second: PurePath) -> _Way | None:
    if first == second:
        return _Way.SAME
    if first.is_relative_to(second):
        return _Way.FIRST_INSIDE
    return _Way.SECOND_INSIDE if second.is_relative_to(first) else None


def _station_around(place: ConfiguredPlace, outer: PlaceFacts, inner: PlaceFacts) -> str:
    """The station of `place` in whose folder `inner` is; "" if in none."""
    pairs = [(outer.resolved, inner.resolved)]
    if outer.spot is not None and inner.spot is not None and outer.spot[0] == inner.spot[0]:
        pairs.append((outer.spot[1], inner.spot[1]))
    around = {path.relative_to(root).parts[0] for root, path in pairs if root in path.parents}
    return next((station for station in place.stations if station in around), "")
