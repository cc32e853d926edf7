"""The state that the watchdog keeps from one run to the next."""

from datetime import UTC, datetime

from camvault.core.health import alerts as alerting
from camvault.core.health.alerts import AlertOrigin, AlertQueue
from camvault.core.health.station_signs import StoredFile
from camvault.core.health.watchdog import StationMemory, StationPhase
from camvault.core.health.watchdog_state import (
    MissingFolder,
    MonitorState,
    WatchedStation,
    document_from,
    monitor_state_from,
    newest,
    newest_files,
    orphan,
)


def test_memory_survives_the_way_through_a_document() -> None:
    memory = StationMemory(
        files={"a.mkv": StoredFile(1, 2)}, monotonic_s=1.5, boot="b", phase=StationPhase.SETTLING, idle_s=2.5,
        down_s=3.5, settling_s=4.5, wait_s=5.5, restarts=6, is_alerted=True, has_recorded=True,
    )  # fmt: skip
    alert = alerting.down("R", "idle", action="x", host=AlertOrigin("h", datetime(2025, 5, 28, tzinfo=UTC)))
    state = MonitorState(
        7, {"R": WatchedStation(memory, 8, 9, "no audio")}, True, AlertQueue().with_alert(alert, ("mail", "command"))
    )

    assert monitor_state_from(document_from(state)) == state


def test_the_newest_files_are_remembered() -> None:
    files = {str(n): StoredFile(1, n) for n in range(5)}
    assert newest_files(files, 5) == (files, -1)
    assert newest_files(files, 2) == ({"4": StoredFile(1, 4), "3": StoredFile(1, 3)}, 2)


def test_what_is_missing_survives_the_way_through_a_document() -> None:
    state = MonitorState(3, missing=MissingFolder(1.5, 2.5, "boot"), is_orphan=True)
    assert monitor_state_from(document_from(state)) == state


def test_a_document_from_before_is_understood() -> None:
    document = {
        key: value for key, value in document_from(MonitorState()).items() if key not in {"missing", "is_orphan"}
    }
    assert monitor_state_from(document) == MonitorState()


def test_the_newest_copy_counts() -> None:
    assert newest([]) == MonitorState()
    assert newest([MonitorState(2), MonitorState(1)]) == MonitorState(2)
    assert newest([orphan()]) == orphan()
    assert newest([orphan(), MonitorState(7, is_disk_alerted=True)]) == MonitorState(
        orphan().serial, is_disk_alerted=True
    )
