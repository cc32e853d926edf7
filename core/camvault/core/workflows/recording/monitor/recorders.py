"""Workflow, private part: the units that record the stations, as the service manager knows them."""

import attrs

from camvault.core.health.station_signs import UnitState
from camvault.core.stations.service_plan import recorder_name
from camvault.core.workflows.recording.monitor.events import RecorderRestarted
from camvault.ports.errors import MissingToolError, NotFoundError, ToolError
from camvault.ports.events import Failed, Reporter
from camvault.ports.services import Services


def unit_of(station: str) -> str:
    """The unit that records a station."""
    return f"{recorder_name(station)}.service"


@attrs.frozen
class Recorders:
    """Asks for the state of recorders, and restarts them."""

    services: Services
    reporter: Reporter
    _told: set[str] = attrs.field(factory=set, init=False)

    def state(self, station: str) -> tuple[UnitState, float | None]:
        """The state of the station's unit, and for how many seconds it has been active.

        If the service manager cannot be asked, the unit is taken to run: a restart that is due is then tried, and its
        failure reported.
        """
        try:
            (state,) = self.services.states((unit_of(station),))
        except ToolError as error:
            self.reporter.emit(Failed(str(error)))
            return UnitState.UP, None
        except MissingToolError as error:
            if str(error) not in self._told:
                self._told.add(str(error))
                problem = f"Units are not watched, and no recorder is restarted, only files are looked at: {error}"
                self.reporter.emit(Failed(problem))
            return UnitState.UP, None
        if not state.is_known:
            return UnitState.MISSING, None
        if state.is_active:
            return UnitState.UP, state.active_s
        return (UnitState.DOWN if state.is_enabled else UnitState.STOPPED), None

    def restart(self, station: str) -> str:
        """Restart the station's unit; return what went wrong, "" if nothing did."""
        try:
            self.services.restart(unit_of(station))
        except (ToolError, MissingToolError, NotFoundError) as error:
            self.reporter.emit(Failed(f"Could not restart {unit_of(station)}: {error}"))
            return str(error)
        self.reporter.emit(RecorderRestarted(unit_of(station)))
        return ""
