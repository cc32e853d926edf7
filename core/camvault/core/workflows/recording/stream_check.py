"""Workflow: look whether the newest segment of each camera has the streams that were expected, and write that down.

What differs stands in `STATION/.streams` until it is as expected again, so that whoever watches the recorders can tell
the operator.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.core.stations.streams import Expected, differences
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MediaError, NotFoundError, StorageError, ToolError
from camvault.ports.events import Event, Level, Reporter, Warned
from camvault.ports.files import Storage
from camvault.ports.streams import StreamProbe

NOTICE_NAME = ".streams"


@attrs.frozen
class CheckedStation:
    """A camera, and what is expected of it; where nothing is, its segments are not opened."""

    name: str
    folder: PurePath
    expected: Expected
    probe: StreamProbe


@attrs.frozen(kw_only=True)
class StreamPorts:
    """The world of `check_streams`."""

    storage: Storage
    reporter: Reporter
    cancel: Cancellation


@attrs.frozen
class StreamsDiffer(Event):
    """A camera sends something else than it was set up to send."""

    level: ClassVar[Level] = Level.WARNING

    station: str
    path: PurePath
    differences: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.station} is not recorded as expected: {'; '.join(self.differences)} ({self.path})"


def check_streams(
    stations: Sequence[CheckedStation], *, newest: Mapping[str, PurePath], ports: StreamPorts
) -> Mapping[str, tuple[str, ...]]:
    """What differs at each station that was looked at, by its name.

    Args:
        stations: The cameras to look at.
        newest: The newest segment of each station; one that is not there is not looked at.
        ports: The world.

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
            continue  # it is at the target and gone from here already; there will be another
        except (MediaError, StorageError, ToolError) as error:
            ports.reporter.emit(Warned(f"{station.name}: the streams are unknown: {error}"))
            continue
        differs = found[station.name] = differences(station.expected, streams)
        if differs:
            ports.reporter.emit(StreamsDiffer(station.name, path, differs))
        _write_down(station.folder / NOTICE_NAME, differs, ports)
    return found


def read_notice(folder: PurePath, storage: Storage) -> str:
    """What differs at the station of this folder, in one line; "" if nothing does.

    Raises:
        StorageError: It cannot be read.
    """
    return "; ".join((storage.read_text(folder / NOTICE_NAME) or "").splitlines())


def _write_down(notice: PurePath, differs: Sequence[str], ports: StreamPorts) -> None:
    """Only what is new: a camera that is right costs no write."""
    text = "".join(f"{each}\n" for each in differs)
    try:
        if (ports.storage.read_text(notice) or "") != text:
            ports.storage.write_text(notice, text)
    except StorageError as error:
        ports.reporter.emit(Warned(f"{notice}: {error}"))
