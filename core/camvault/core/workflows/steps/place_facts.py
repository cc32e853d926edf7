"""Workflow step: look at the configured folders, as `stations.places` takes them."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import PurePath
from typing import Protocol

import attrs

from camvault.core.mounts import missing_mount, mount_point_of, spot_of
from camvault.core.stations.place_record import (
    PLACE_RECORD_NAME,
    KnownMounts,
    known_mounts_text,
    parse_known_mounts,
    with_seen,
)
from camvault.core.stations.places import (
    OF_FOOTAGE,
    ConfiguredPlace,
    PlaceFacts,
    PlacesReport,
    PlaceUse,
    check_places,
)
from camvault.ports.errors import StorageError
from camvault.ports.files import FolderReader, RecordStore
from camvault.ports.mounts import MountTable


class PlaceStorage(FolderReader, RecordStore, Protocol):
    """Looks at folders, and keeps what is written down of them."""


def places_report(
    places: Iterable[ConfiguredPlace],
    *,
    storage: PlaceStorage,
    table: MountTable,
    answers: Callable[[PurePath], bool] = lambda _: True,
    is_noted: bool = False,
) -> PlacesReport:
    """Look at every place, and compare all of them.

    The target is not touched: it may sleep or hang. It is compared as it is written; whoever uses it looks at it then.
    On which mount each folder of footage was is read in the folders of records and locks.

    Args:
        places: The configured ones.
        storage: Looks at them, and has the records.
        table: What should be mounted, and what is.
        answers: Whether a folder can be looked at without waiting for ever; asked once for each file system.
        is_noted: Whether it is written down there as well, for the next time; not in a dry run.
    """
    known = tuple(places)
    asked: dict[object, bool] = {}

    def is_answering(place: ConfiguredPlace) -> bool:
        spot = spot_of(place.path, table=table)
        where = place.path if spot is None else spot[0]
        if where not in asked:
            asked[where] = answers(place.path)
        return asked[where]

    facts = {place.path: _facts(place, storage, table, is_answering) for place in known}
    records = [
        each.path / PLACE_RECORD_NAME
        for each in known
        if each.use in (PlaceUse.RECORDS, PlaceUse.LOCKS) and _is_usable(facts[each.path])
    ]
    mounts = _known_mounts(records, storage)
    facts |= {
        path: attrs.evolve(facts[path], vanished=_vanished(facts[path], mounts.get(path), table)) for path in facts
    }
    report = check_places(known, facts)
    if is_noted and not report.overlaps:
        seen = {
            each.path: mount_point_of(facts[each.path].resolved, table=table)
            for each in known
            if each.use in OF_FOOTAGE and each.path not in report.closed
        }
        _note(with_seen(mounts, seen), records, storage)
    return report


def _is_usable(facts: PlaceFacts) -> bool:
    return not facts.is_silent and facts.unmounted is None


def _vanished(facts: PlaceFacts, mount: PurePath | None, table: MountTable) -> PurePath | None:
    """The mount point on which the place was, if the place is there still, and its disk is not."""
    if mount is None or not table.mounted or mount in table.mounted:
        return None
    return mount if facts.resolved.is_relative_to(mount) else None


def _known_mounts(records: Iterable[PurePath], storage: RecordStore) -> KnownMounts:
    """What the records say together; one that cannot be read says nothing, and whoever needs its folder tells."""
    known: dict[PurePath, PurePath] = {}
    for record in records:
        with suppress(StorageError):
            known |= parse_known_mounts(storage.read_text(record) or "")
    return known


def _note(known: KnownMounts, records: Iterable[PurePath], storage: PlaceStorage) -> None:
    """Write down what is known, where there is a folder for it and it is not written there already."""
    text = known_mounts_text(known)
    for record in records:
        with suppress(StorageError):  # a full disk: the record before it stays
            if storage.entry(record.parent) is not None and (storage.read_text(record) or "") != text:
                storage.write_text(record, text)


def _facts(
    place: ConfiguredPlace, storage: FolderReader, table: MountTable, is_answering: Callable[[ConfiguredPlace], bool]
) -> PlaceFacts:
    as_written = _found_at(place.path, table)
    if place.use is PlaceUse.TARGET:
        return as_written
    if not is_answering(place):
        return attrs.evolve(as_written, is_silent=True)
    try:
        resolved = storage.resolve(place.path)
        entry = storage.entry(resolved)
    except StorageError:
        return as_written  # whoever uses it tells
    identity = entry.identity if entry is not None else None
    numbered = (identity.device, identity.inode) if identity is not None and identity.inode is not None else None
    return attrs.evolve(_found_at(resolved, table), folder=numbered)


def _found_at(path: PurePath, table: MountTable) -> PlaceFacts:
    return PlaceFacts(path, spot_of(path, table=table), unmounted=missing_mount(path, table=table))
