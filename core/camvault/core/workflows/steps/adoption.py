"""Workflow step: a file of a session gets its final name in the station's folder."""

from datetime import datetime, tzinfo
from itertools import islice
from pathlib import PurePath

import attrs

from camvault.core.free_names import folded, free_names
from camvault.core.segments.lifecycle import SegmentEvent
from camvault.core.segments.live_names import parse_live_name
from camvault.core.segments.names import is_of_station, parse_segment_name
from camvault.core.segments.sessions import adopted_names
from camvault.core.workflows.steps.segment_step import check_step
from camvault.ports.entries import FileEntry
from camvault.ports.errors import ExistsError, StorageError
from camvault.ports.files import Storage

_NAMES_TRIED = 1000


@attrs.define(str=False)
class OtherStationError(StorageError):
    """The name of a file says that it is a segment of another station; it stays where it is."""


def adopt(
    file: FileEntry,
    *,
    station: str,
    folder: PurePath,
    zone: tzinfo,
    storage: Storage,
    taken: set[str],
    first_at: datetime | None = None,
) -> FileEntry:
    """Move `file` out of its session's folder, under the first name that is free; return it at its new place.

    The caller holds the station's lock, or knows that the recorder of the session does not write to the file any more.

    Args:
        file: A file in a session's folder, as it was listed.
        station: The station's code name.
        folder: The station's folder.
        zone: The zone of local names.
        storage: Where the file is looked at once more, and moved.
        taken: Names that are in use in `folder`, folded. It need not hold all of them: the storage overwrites nothing.
            The names that were tried are added.
        first_at: When its first picture arrived, as its recorder wrote it down; None if that is not known.

    Raises:
        StepRefusedError: The file is still written.
        OtherStationError: The file is a segment of another station.
        ExistsError: No name is free.
        NotFoundError: The file is gone.
        StorageError: The file cannot be moved. It stays where it is, as with all of these.
    """
    live = parse_live_name(file.path.name)
    name = live.segment if live is not None else parse_segment_name(file.path.name)
    if name is not None and not is_of_station(name, station):
        raise OtherStationError(file.path, f"its name says that it is of {name.station}")
    check_step(file, SegmentEvent.ADOPTED, storage=storage)
    free = free_names(adopted_names(file.path, zone=zone, first_at=first_at), taken=taken)
    for wanted in islice(free, _NAMES_TRIED):
        taken.add(folded(wanted))
        try:
            # power fails behind it: the file is one of the station's, and `organize` takes it
            return storage.move(file.path, target=folder / wanted)
        except ExistsError:
            continue
    raise ExistsError(file.path, "it has no name that is free, and stays where it is")
