"""Workflow, private part: the state of the watchdog, read at the beginning of a run and written after each step."""

from pathlib import PurePath

import attrs

from camvault.core.health.watchdog_state import (
    MonitorState,
    WatchedStation,
    document_from,
    monitor_state_from,
    newest,
    orphan,
)
from camvault.core.workflows.recording.monitor.options import MonitorOptions, MonitorPorts
from camvault.ports.errors import CamvaultError, RecordError, StorageError
from camvault.ports.events import Failed, Warned


@attrs.define
class Memory:
    """Holds the state of this run, and keeps it for the next.

    Attributes:
        is_folder_missing: Whether the recording folder is not what it should be: then nothing in it is read or written.
    """

    options: MonitorOptions
    ports: MonitorPorts
    is_folder_missing: bool
    state: MonitorState = attrs.field(init=False, factory=MonitorState)
    _is_unsaved_told: bool = attrs.field(init=False, default=False)

    def load(self) -> None:
        """Read every copy of the state, and continue with the newest."""
        found = [state for path in self._places() if (state := self._state_at(path)) is not None]
        self.state = newest(found) if found or not self.is_folder_missing else orphan()

    def remember(self, station: str, watched: WatchedStation) -> None:
        """Replace what is known of one station."""
        self.state = attrs.evolve(self.state, stations={**self.state.stations, station: watched})

    def keep_only(self, stations: set[str]) -> None:
        """Forget all other stations."""
        rest = {name: each for name, each in self.state.stations.items() if name in stations}
        self.state = attrs.evolve(self.state, stations=rest)

    def save(self) -> None:
        """Write the state to every place that takes it: the recording disk may be full now, or gone at the next run."""
        self.state = attrs.evolve(self.state, serial=self.state.serial + 1)
        problems: list[CamvaultError] = []
        places = self._places()
        for path in places:
            try:
                self.ports.documents.write(path, document_from(self.state))
            except StorageError as error:
                problems.append(error)
        if len(problems) < len(places):
            return
        if not self._is_unsaved_told:
            self._is_unsaved_told = True
            said = "; ".join(map(str, problems)) or "there is no place for it outside the recording folder"
            self.ports.reporter.emit(
                Failed(f"The state cannot be written, so that the next run begins without it: {said}")
            )

    def _places(self) -> tuple[PurePath, ...]:
        root, paths = self.options.recording_dir, self.options.state_paths
        return tuple(path for path in paths if not (self.is_folder_missing and path.is_relative_to(root)))

    def _state_at(self, path: PurePath) -> MonitorState | None:
        try:
            document = self.ports.documents.read(path)
        except (RecordError, StorageError) as error:
            self.ports.reporter.emit(Warned(f"The state of the last run cannot be read: {error}"))
            return None
        state = monitor_state_from(document)
        if state is None and document is not None:
            self.ports.reporter.emit(Warned(f"The state of the last run is damaged, or of another version: {path}"))
        return state
