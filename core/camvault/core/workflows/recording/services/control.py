"""Workflow, private part: units are started, stopped, enabled, disabled, and reported."""

from collections.abc import Callable, Iterable

import attrs

from camvault.core.workflows.recording.services.events import UnitReported, UnitsControlled
from camvault.core.workflows.recording.services.present_units import local_units
from camvault.ports.errors import CamvaultError
from camvault.ports.events import Reporter
from camvault.ports.services import Services, ServiceState
from camvault.ports.units import Seat, UnitFile, UnitRole, Units


@attrs.define(str=False)
class NotRunningError(CamvaultError):
    """Units that should run do not run, or ended with a failure."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"[ERROR] not running or failed: {', '.join(self.names)}"


def start(*, units: Units, services: Services, reporter: Reporter) -> None:
    """Start recorders and timers. Jobs wait for their timers."""
    files = local_units(units)
    _control("START", services.start, (*_names_of(files, UnitRole.DAEMON), *_names_of(files, UnitRole.TIMER)), reporter)


def stop(*, units: Units, services: Services, reporter: Reporter) -> None:
    """Stop everything, also units that are not generated any more: first the timers, which would start others."""
    files = local_units(units)
    orphans = units.orphans()
    ordered = (
        *(name for name in orphans if name.endswith(".timer")),
        *(name for role in (UnitRole.TIMER, UnitRole.JOB) for name in _names_of(files, role)),
        *_names_of(files, UnitRole.DAEMON),
        *(name for name in orphans if not name.endswith(".timer")),
    )
    states = services.states(ordered)
    _control("STOP", services.stop, tuple(state.name for state in states if state.is_active), reporter)


def enable(*, units: Units, services: Services, reporter: Reporter) -> None:
    """From now on, start recorders and timers with the machine."""
    files = local_units(units)
    _control("ENABLE", services.enable, _installable(files), reporter)


def disable(*, units: Units, services: Services, reporter: Reporter) -> None:
    """No longer start recorders and timers with the machine.

    With that, systemd also removes the links to unit files that lie outside its own folders (systemctl(1), "disable").
    They are made again, so that the units can still be started by hand.
    """
    files = local_units(units)
    states = services.states(_installable(files))
    _control("DISABLE", services.disable, tuple(state.name for state in states if state.is_known), reporter)
    known = {state.name for state in states if state.is_known}
    for file in files:
        if file.name in known and units.place(file.name).seat is Seat.FREE:
            units.link(file.name)
    services.reload()


def status(*, units: Units, services: Services, reporter: Reporter) -> tuple[ServiceState, ...]:
    """Report each unit.

    Raises:
        NotRunningError: A recorder or a timer does not run, or a job ended badly.
    """
    files = local_units(units)
    states = services.states(tuple(each.name for each in files))
    bad = []
    for file, state in zip(files, states, strict=True):
        is_well = _is_well(file, state)
        reporter.emit(UnitReported(state, is_well))
        bad += [] if is_well else [file.name]
    if bad:
        raise NotRunningError(tuple(bad))
    return states


def _is_well(file: UnitFile, state: ServiceState) -> bool:
    if not state.is_known or state.is_failed:
        return False
    return state.is_active or file.role is UnitRole.JOB


def _names_of(files: Iterable[UnitFile], role: UnitRole) -> tuple[str, ...]:
    return tuple(each.name for each in files if each.role is role)


def _installable(files: Iterable[UnitFile]) -> tuple[str, ...]:
    return tuple(each.name for each in files if each.is_installable)


def _control(action: str, act: Callable[[tuple[str, ...]], None], names: tuple[str, ...], reporter: Reporter) -> None:
    act(names)
    for name in names:
        reporter.emit(UnitsControlled(action, name))
