"""Pure: which stations there are, and in which folder each of them is recorded.

The one answer to that question: from the cameras that are configured and the names of the folders that were seen.

| name                                                  | what it is                                              |
|-------------------------------------------------------|---------------------------------------------------------|
| of a configured camera                                | a station, also while it has no folder                  |
| of any other folder, if a station may have that name  | a station: its camera was removed from the              |
|                                                       | configuration, or there is no configuration             |
| of a folder, beginning with "."                       | nothing: a file manager's, or camvault's own            |
| of a folder, any other                                | a stray folder                                          |
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath

import attrs

from camvault.core.segments.names import is_station
from camvault.core.stations.configuration import Camera


@attrs.frozen
class Station:
    """A camera's name and the folder in which it is recorded.

    Attributes:
        segment_s: The length of its segments in seconds.
        is_configured: Whether a configuration names it; if not, only its folder was found.
    """

    name: str
    folder: PurePath
    segment_s: int
    is_configured: bool = True


@attrs.frozen
class Site:
    """All stations of a machine: the configured ones in their order, then those that were found, by root and name.

    Two stations have the same name if a camera's footage was recorded to another folder before.

    Attributes:
        strays: Folders beside those of the stations whose name no station can have.
    """

    stations: tuple[Station, ...] = ()
    strays: tuple[PurePath, ...] = ()

    def by_name(self) -> Mapping[str, Station]:
        """The first station of each name: the configured one, if there is one."""
        first: dict[str, Station] = {}
        for station in self.stations:
            first.setdefault(station.name, station)
        return first


def configured_stations(cameras: Iterable[Camera]) -> tuple[Station, ...]:
    """The stations of cameras.json, in its order."""
    return tuple(
        Station(camera.station, PurePath(camera.output_dir, camera.station), camera.segment_time) for camera in cameras
    )


def roots_of(stations: Iterable[Station]) -> tuple[PurePath, ...]:
    """The folders that hold the stations' folders, each once, in order."""
    return tuple(dict.fromkeys(station.folder.parent for station in stations))


def site_of(
    stations: Iterable[Station], *, folders: Mapping[PurePath, Iterable[str]], segment_s: int | None = None
) -> Site:
    """The stations that are known already, and those whose folders were seen.

    Args:
        stations: Known already, such as the configured ones.
        folders: By root, the names of the folders in it.
        segment_s: The length in seconds that the segments of a station have of which only a folder is known; None for
            the longest of all `stations`, 0 without any.
    """
    known = tuple(stations)
    taken = {station.folder for station in known}
    found_s = max((station.segment_s for station in known), default=0) if segment_s is None else segment_s
    seen = [folder for folder in _visible(folders) if folder not in taken]
    found = (Station(folder.name, folder, found_s, is_configured=False) for folder in seen if is_station(folder.name))
    return Site((*known, *found), tuple(folder for folder in seen if not is_station(folder.name)))


def _visible(folders: Mapping[PurePath, Iterable[str]]) -> Iterator[PurePath]:
    for root, names in folders.items():
        yield from (root / name for name in sorted(set(names)) if not name.startswith("."))
