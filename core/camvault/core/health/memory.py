"""Pure: what `monitor_recordings` keeps from one run to the next, as a document and back.

Everything that is true together stands in one document, replaced at one stroke: an incident and its message, above all.
`serial` grows with each write, so that of two copies the newer one is known where a disk was full for a while.

When the recording folder is gone, so may be the copy in it. What is remembered then, with nothing to begin from, is
joined with that copy as soon as it is there again.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from camvault.core.health.alerts import Queue, Queued
from camvault.core.health.watchdog import Memory, Phase
from camvault.ports.alerts import Alert
from camvault.ports.entries import FileIdentity

VERSION = 1
_ORPHAN_SERIAL = 10**12
FILES_LIMIT = 1000
"""How many files of a station are remembered: where nobody moves them away, the newest."""


@attrs.frozen
class Watched:
    """What is known of one station.

    Attributes:
        floor_ns: The mtime of the newest file that is not remembered; files up to it are old ones.
        restarts: How often its unit was restarted, ever.
        streams: How its streams differ from what was expected, as the operator was told; "" if they do not.
    """

    memory: Memory
    floor_ns: int = -1
    restarts: int = 0
    streams: str = ""


@attrs.frozen
class Missing:
    """The recording folder is not there: since `down_s` when `monotonic_s` was read."""

    down_s: float
    monotonic_s: float
    boot: str

    def later(self, monotonic_s: float, boot: str) -> "Missing":
        """As of now; a new start of the machine counts from its beginning (INV-15)."""
        begun_s = self.monotonic_s if boot == self.boot else 0.0
        return Missing(self.down_s + max(0.0, monotonic_s - begun_s), monotonic_s, boot)


@attrs.frozen
class State:
    """Everything. Stations by name.

    Attributes:
        missing: While the recording folder is not there, which was told.
        is_orphan: It began without memory, while the folder that holds the other copy was not there.
    """

    serial: int = 0
    stations: Mapping[str, Watched] = attrs.field(factory=dict)
    is_disk_alerted: bool = False
    queue: Queue = attrs.field(factory=Queue)
    missing: Missing | None = None
    is_orphan: bool = False


def orphan() -> State:
    """A beginning that is newer than whatever stands in the folder that is not there."""
    return State(serial=_ORPHAN_SERIAL, is_orphan=True)


def newest(states: Iterable[State]) -> State:
    """What is remembered: the newest copy; if that is an orphan, joined with the newest of the others."""
    *others, last = sorted(states, key=lambda state: state.serial) or [State()]
    if not (last.is_orphan and others):
        return last
    found = others[-1]
    queue = found.queue
    for item in last.queue.items:
        queue = queue.with_alert(item.alert, item.pending)
    return attrs.evolve(found, serial=last.serial, queue=queue, missing=last.missing)


def remembered(files: Mapping[str, FileIdentity], limit: int = FILES_LIMIT) -> tuple[Mapping[str, FileIdentity], int]:
    """The newest `limit` of the files, and the mtime of the newest that is not among them; -1 if all are."""
    if len(files) <= limit:
        return files, -1
    newest_first = sorted(files.items(), key=lambda item: item[1].mtime_ns, reverse=True)
    return dict(newest_first[:limit]), newest_first[limit][1].mtime_ns


def document_of(state: State) -> dict[str, object]:
    """As plain values."""
    return {
        "version": VERSION,
        "serial": state.serial,
        "is_disk_alerted": state.is_disk_alerted,
        "missing": attrs.asdict(state.missing) if state.missing is not None else None,
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


def _document_of(watched: Watched) -> dict[str, object]:
    memory = watched.memory
    scalars = {
        field.name: getattr(memory, field.name)
        for field in attrs.fields(Memory)
        if field.name not in {"files", "phase"}
    }
    files = {name: [identity.size_bytes, identity.mtime_ns] for name, identity in memory.files.items()}
    return {
        **scalars,
        "phase": memory.phase.value,
        "files": files,
        "floor_ns": watched.floor_ns,
        "all_restarts": watched.restarts,
        "streams": watched.streams,
    }


def state_of(document: object) -> State | None:
    """The state; None if the document is none of this version's."""
    try:
        return _state_of(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _state_of(document: Any) -> State:
    if document["version"] != VERSION:
        raise ValueError(document["version"])
    items = tuple(
        Queued(
            int(each["number"]),
            Alert(str(each["subject"]), str(each["body"]), datetime.fromisoformat(each["raised_at"])),
            tuple(map(str, each["pending"])),
        )
        for each in document["alerts"]
    )
    missing = document.get("missing")
    return State(
        serial=int(document["serial"]),
        stations={name: _watched_of(each) for name, each in document["stations"].items()},
        is_disk_alerted=bool(document["is_disk_alerted"]),
        queue=Queue(items, int(document["next_alert"])),
        missing=_missing_of(missing) if missing is not None else None,
        is_orphan=bool(document.get("is_orphan")),
    )


def _missing_of(document: Any) -> Missing:
    return Missing(float(document["down_s"]), float(document["monotonic_s"]), str(document["boot"]))


def _watched_of(document: Any) -> Watched:
    files = {name: FileIdentity(int(size), int(mtime)) for name, (size, mtime) in document["files"].items()}
    memory = Memory(
        files=files,
        monotonic_s=float(document["monotonic_s"]),
        boot=str(document["boot"]),
        phase=Phase(document["phase"]),
        idle_s=float(document["idle_s"]),
        down_s=float(document["down_s"]),
        settling_s=float(document["settling_s"]),
        wait_s=float(document["wait_s"]),
        restarts=int(document["restarts"]),
        is_alerted=bool(document["is_alerted"]),
        has_recorded=bool(document["has_recorded"]),
    )
    streams = str(document.get("streams", ""))  # older memories have none
    return Watched(memory, int(document["floor_ns"]), int(document["all_restarts"]), streams)
