"""Workflow, private part: the local units are linked into the service manager, with the credentials that they need."""

from collections.abc import Iterable, Mapping

from camvault.core.stations.service_plan import digest
from camvault.core.workflows.recording.services.events import (
    CredentialRemoved,
    CredentialStored,
    UnitLinked,
    UnitsControlled,
    UnitUnlinked,
)
from camvault.core.workflows.recording.services.present_units import local_units
from camvault.ports.errors import DeniedError, UsageError
from camvault.ports.events import Reporter
from camvault.ports.services import Services
from camvault.ports.units import Seat, UnitFile, UnitRole, Units


def link(
    secrets: Mapping[str, str], *, units: Units, services: Services | None, reporter: Reporter
) -> tuple[UnitFile, ...]:
    """Link all local units into the service manager, unlink others, and restart what runs with an old definition.

    Args:
        secrets: Text by name of the credential, which is the name of its service without suffix.
        units: The folders.
        services: None where no service manager runs, such as in the file tree of another machine.
        reporter: Told of every step.

    Raises:
        UsageError: There are no local units, something stands in the way, or root's rights are needed.
    """
    files = local_units(units)
    try:
        _refuse_foreign(files, units)
        gone = _remove_orphans(units, services, reporter)
        _keep_secrets(secrets, gone, units, reporter)
        _link_missing(files, units, reporter)
        if services:
            services.reload()
            _restart_outdated(files, units, services, reporter)
    except DeniedError as error:
        raise UsageError(f"[ERROR] Need sudo to create {error.path}") from error
    return files


def _refuse_foreign(files: Iterable[UnitFile], units: Units) -> None:
    places = [units.place(each.name) for each in files]
    in_the_way = [place for place in places if place.seat in {Seat.FOREIGN_FILE, Seat.MASKED}]
    if in_the_way:
        found = ", ".join(f"{place.target} ({place.seat.value})" for place in in_the_way)
        raise UsageError(f"[ERROR] In the way, and kept: {found}")


def _remove_orphans(units: Units, services: Services | None, reporter: Reporter) -> tuple[str, ...]:
    orphans = sorted(units.orphans(), key=lambda name: not name.endswith(".timer"))
    if services:
        active = [state.name for state in services.states(tuple(orphans)) if state.is_active]
        services.stop(tuple(active))
    for name in orphans:
        units.unlink(name)
        units.mark_applied(name, "")
        reporter.emit(UnitUnlinked(name))
    return tuple(orphans)


def _keep_secrets(secrets: Mapping[str, str], gone: Iterable[str], units: Units, reporter: Reporter) -> None:
    for name, text in secrets.items():
        if not units.has_secret(name, text):
            # power fails after this line: the unit is restarted without need; its restart is never forgotten
            units.mark_applied(f"{name}.service", "")
            units.keep_secret(name, text)
            reporter.emit(CredentialStored(name))
    services_here = {each.name.removesuffix(".service") for each in units.local()}
    for name in sorted((services_here | {each.removesuffix(".service") for each in gone}) - set(secrets)):
        if units.forget_secret(name):
            reporter.emit(CredentialRemoved(name))


def _link_missing(files: Iterable[UnitFile], units: Units, reporter: Reporter) -> None:
    for file in files:
        place = units.place(file.name)
        if place.seat is not Seat.LINKED:
            units.link(file.name)
            reporter.emit(UnitLinked(place.target, place.source))


def _restart_outdated(files: Iterable[UnitFile], units: Units, services: Services, reporter: Reporter) -> None:
    outdated = [each for each in files if units.applied(each.name) != digest(each.text)]
    states = services.states(tuple(each.name for each in outdated))
    for file, state in zip(outdated, states, strict=True):
        # a running job is left to finish its work; its next run uses the new definition
        if state.is_active and file.role is not UnitRole.JOB:
            services.restart(file.name)
            reporter.emit(UnitsControlled("RESTART", file.name))
        units.mark_applied(file.name, digest(file.text))  # power fails before: the unit is restarted once more
