"""Workflow: compare the streams of the newest segment of each camera with the expected ones, and note differences.

The differences stand in `STATION/.streams` until there are none any more; `monitor_recordings` reads them there and
tells the operator.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.core.stations.expected_streams import ExpectedStreams, differences
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MediaError, NotFoundError, StorageError, ToolError
from camvault.ports.events import Event, Level, Reporter, Warned
from camvault.ports.files import Storage
from camvault.ports.streams import StreamProbe

NOTICE_NAME = ".streams"


@attrs.frozen
class CheckedStation:
    """A camera and the streams expected of it; if none are, its segments are not opened."""

    name: str
    folder: PurePath
    expected: ExpectedStreams
    probe: StreamProbe


@attrs.frozen(kw_only=True)
class StreamPorts:
    """What `check_streams` works with."""

    storage: Storage
    reporter: Reporter
    cancel: Cancellation


@attrs.frozen
class StreamsDiffer(Event):
    """A camera sends other streams than expected."""

    level: ClassVar[Level] = Level.WARNING

    station: str
    path: PurePath
    differences: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.station} is not recorded as expected: {'; '.join(self.differences)} ({self.path})"


def check_streams(
    stations: Sequence[CheckedStation], *, newest: Mapping[str, PurePath], ports: StreamPorts
) -> Mapping[str, tuple[str, ...]]:
    """Check each station, and return the differences of those that were checked, by name.

    Args:
        stations: The cameras to look at.
        newest: The newest segment of each station; a station that is not in it is not checked.
        ports: What is worked with.

    Raises:
        Cancelled: Asked to stop.
    """
    found = {}
    for station in stations:
        path = newest.get(station.name)
        if path is None:
            continue
        ports.cancel.check()
        try:
            streams = station.probe.streams(path) if station.expected else ()
        except NotFoundError:
            continue  # the segment has been backed up and removed already; a newer one follows
        except (MediaError, StorageError, ToolError) as error:
            ports.reporter.emit(Warned(f"{station.name}: the streams are unknown: {error}"))
            continue
        differs = found[station.name] = differences(station.expected, streams)
        if differs:
            ports.reporter.emit(StreamsDiffer(station.name, path, differs))
        _write_down(station.folder / NOTICE_NAME, differs, ports)
    return found


def read_notice(folder: PurePath, storage: Storage) -> str:
    """The noted differences of the station in this folder, in one line; "" if there are none.

    Raises:
        StorageError: The notice cannot be read.
    """
    return "; ".join((storage.read_text(folder / NOTICE_NAME) or "").splitlines())


def _write_down(notice: PurePath, differs: Sequence[str], ports: StreamPorts) -> None:
    """Write the notice if it changes; a camera that sends the expected streams costs no write."""
    text = "".join(f"{each}\n" for each in differs)
    try:
        if (ports.storage.read_text(notice) or "") != text:
            ports.storage.write_text(notice, text)
    except StorageError as error:
        ports.reporter.emit(Warned(f"{notice}: {error}"))
