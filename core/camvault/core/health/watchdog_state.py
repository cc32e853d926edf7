"""Pure: the state that `monitor_recordings` keeps from one run to the next, as a value and as a document.

All of it is one document, which is replaced atomically, because its parts must agree: above all, an incident and its
alert. `serial` grows with each write; it tells the newer of two copies if one could not be written for a while, such as
on a full disk.

While the recording folder is missing, the copy of the state in it is missing too. If there is no other copy, the run
begins an empty state, an orphan, which is joined with that copy as soon as the folder is back.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from camvault.core.health.alerts import AlertQueue, QueuedAlert
from camvault.core.health.jobs import FailingJob
from camvault.core.health.station_signs import StoredFile
from camvault.core.health.watchdog import StationMemory, StationPhase
from camvault.ports.alerts import Alert

VERSION = 1
_ORPHAN_SERIAL = 10**12
FILES_LIMIT = 1000
"""So many files of a station are remembered, the newest ones. There are more if organize_video does not run."""


@attrs.frozen
class WatchedStation:
    """What is known of one station.

    Attributes:
        memory: What the watchdog remembers.
        floor_ns: The mtime of the newest file that is not remembered: no file up to this mtime is new. -1 if there is
            none.
        restarts: How often its unit was restarted since the state was first written.
        streams: How its streams differ from the expected ones, as the operator was told; "" if they do not.
    """

    memory: StationMemory
    floor_ns: int = -1
    restarts: int = 0
    streams: str = ""


@attrs.frozen
class MissingFolder:
    """The incident of a missing recording folder: when the clock showed `monotonic_s`, it had lasted for `down_s`."""

    down_s: float
    monotonic_s: float
    boot: str

    def later(self, monotonic_s: float, boot: str) -> "MissingFolder":
        """The incident as of now; after a new start of the machine, the time since that start is added (INV-15)."""
        begun_s = self.monotonic_s if boot == self.boot else 0.0
        return MissingFolder(self.down_s + max(0.0, monotonic_s - begun_s), monotonic_s, boot)


@attrs.frozen
class MonitorState:
    """All that is remembered.

    Attributes:
        serial: How often the state was written.
        stations: By name.
        is_disk_alerted: Whether the operator was told of the full disk.
        queue: The alerts that wait for a channel.
        missing: The incident of a missing recording folder, which the operator was told; None while there is none.
        closed: The incidents of other configured folders that cannot be used, by their path.
        full: The other configured folders of whose full disk the operator was told.
        jobs: The incidents of jobs, by their unit.
        is_orphan: Whether this state began empty while the folder that holds the other copy was missing.
    """

    serial: int = 0
    stations: Mapping[str, WatchedStation] = attrs.field(factory=dict)
    is_disk_alerted: bool = False
    queue: AlertQueue = attrs.field(factory=AlertQueue)
    missing: MissingFolder | None = None
    closed: Mapping[str, MissingFolder] = attrs.field(factory=dict)
    full: tuple[str, ...] = ()
    jobs: Mapping[str, FailingJob] = attrs.field(factory=dict)
    is_orphan: bool = False


def orphan() -> MonitorState:
    """An empty state that is newer than any copy in the folder that is missing."""
    return MonitorState(serial=_ORPHAN_SERIAL, is_orphan=True)


def newest(states: Iterable[MonitorState]) -> MonitorState:
    """The newest copy of the state; if this is an orphan, it is joined with the newest of the others."""
    *others, last = sorted(states, key=lambda state: state.serial) or [MonitorState()]
    if not (last.is_orphan and others):
        return last
    found = others[-1]
    queue = found.queue
    for item in last.queue.items:
        queue = queue.with_alert(item.alert, item.pending)
    return attrs.evolve(found, serial=last.serial, queue=queue, missing=last.missing)


def newest_files(files: Mapping[str, StoredFile], limit: int = FILES_LIMIT) -> tuple[Mapping[str, StoredFile], int]:
    """The newest `limit` of the files, and the mtime of the newest of the rest; -1 if there is no rest."""
    if len(files) <= limit:
        return files, -1
    newest_first = sorted(files.items(), key=lambda item: item[1].mtime_ns, reverse=True)
    return dict(newest_first[:limit]), newest_first[limit][1].mtime_ns


def document_from(state: MonitorState) -> dict[str, object]:
    """The state as plain values, for JSON."""
    return {
        "version": VERSION,
        "serial": state.serial,
        "is_disk_alerted": state.is_disk_alerted,
        "missing": attrs.asdict(state.missing) if state.missing is not None else None,
        "closed": {path: attrs.asdict(each) for path, each in state.closed.items()},
        "full": list(state.full),
        "jobs": {unit: attrs.asdict(each) for unit, each in state.jobs.items()},
        "is_orphan": state.is_orphan,
        "stations": {name: _document_of(watched) for name, watched in state.stations.items()},
        "next_alert": state.queue.next_number,
        "alerts": [
            {
                "number": item.number,
                "subject": item.alert.subject,
                "body": item.alert.body,
                "raised_at": item.alert.raised_at.isoformat(),
                "pending": list(item.pending),
            }
            for item in state.queue.items
        ],
    }


def _document_of(watched: WatchedStation) -> dict[str, object]:
    memory = watched.memory
    # [pictures, mtime]; older releases wrote bytes for pictures: their files grow no more, and the next ones are new
    scalars = {
        field.name: getattr(memory, field.name)
        for field in attrs.fields(StationMemory)
        if field.name not in {"files", "phase"}
    }
    files = {name: [file.picture_count, file.mtime_ns] for name, file in memory.files.items()}
    return {
        **scalars,
        "phase": memory.phase.value,
        "files": files,
        "floor_ns": watched.floor_ns,
        "all_restarts": watched.restarts,
        "streams": watched.streams,
    }


def monitor_state_from(document: object) -> MonitorState | None:
    """The state; None if the document is not one of this version."""
    try:
        return _state_of(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _state_of(document: Any) -> MonitorState:
    if document["version"] != VERSION:
        raise ValueError(document["version"])
    items = tuple(
        QueuedAlert(
            int(each["number"]),
            Alert(str(each["subject"]), str(each["body"]), datetime.fromisoformat(each["raised_at"])),
            tuple(map(str, each["pending"])),
        )
        for each in document["alerts"]
    )
    missing = document.get("missing")
    return MonitorState(
        serial=int(document["serial"]),
        stations={name: _watched_of(each) for name, each in document["stations"].items()},
        is_disk_alerted=bool(document["is_disk_alerted"]),
        queue=AlertQueue(items, int(document["next_alert"])),
        missing=_missing_of(missing) if missing is not None else None,
        closed={path: _missing_of(each) for path, each in document.get("closed", {}).items()},
        full=tuple(map(str, document.get("full", ()))),
        jobs={unit: _job_of(each) for unit, each in document.get("jobs", {}).items()},
        is_orphan=bool(document.get("is_orphan")),
    )


def _missing_of(document: Any) -> MissingFolder:
    return MissingFolder(float(document["down_s"]), float(document["monotonic_s"]), str(document["boot"]))


def _job_of(document: Any) -> FailingJob:
    return FailingJob(
        float(document["failing_s"]),
        float(document["monotonic_s"]),
        str(document["boot"]),
        bool(document["is_alerted"]),
    )


def _watched_of(document: Any) -> WatchedStation:
    files = {name: StoredFile(int(count), int(mtime)) for name, (count, mtime) in document["files"].items()}
    memory = StationMemory(
        files=files,
        monotonic_s=float(document["monotonic_s"]),
        boot=str(document["boot"]),
        phase=StationPhase(document["phase"]),
        idle_s=float(document["idle_s"]),
        down_s=float(document["down_s"]),
        settling_s=float(document["settling_s"]),
        wait_s=float(document["wait_s"]),
        restarts=int(document["restarts"]),
        is_alerted=bool(document["is_alerted"]),
        has_recorded=bool(document["has_recorded"]),
        # documents of older releases have none of the following
        is_low=bool(document.get("is_low")),
        is_granted=bool(document.get("is_granted")),
        had_problem=bool(document.get("had_problem")),
        fair_s=float(document.get("fair_s", 0)),
    )
    streams = str(document.get("streams", ""))
    return WatchedStation(memory, int(document["floor_ns"]), int(document["all_restarts"]), streams)
