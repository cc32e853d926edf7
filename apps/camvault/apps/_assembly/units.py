"""Composition root, shared part: the units of all cameras and jobs, from the configuration to systemd."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TypeVar

import attrs

from camvault.adapters._shared.process import find_program
from camvault.adapters.systemd import unit_files
from camvault.apps._assembly.configuration import backup_config, cameras_config
from camvault.apps._assembly.templates import TemplateName
from camvault.core.stations.configuration import BackupConfig, Camera
from camvault.core.stations.service_plan import ServiceLayout, definitions, secrets
from camvault.core.workflows.recording import services as workflow
from camvault.ports.errors import UsageError
from camvault.ports.events import Event, Reporter
from camvault.ports.services import Services
from camvault.ports.units import Units

T = TypeVar("T")

_CONTROLS: Mapping[str, Callable[..., object]] = {
    "start": workflow.start,
    "stop": workflow.stop,
    "enable": workflow.enable,
    "disable": workflow.disable,
    "status": workflow.status,
}


@attrs.frozen
class UnitResults:
    """Prints the results of `service_helper` on stdout without a time stamp; other events go to the usual reporter."""

    print_result: Callable[[str], None]
    others: Reporter

    def emit(self, event: Event, /) -> None:
        """See `Reporter`."""
        if isinstance(event, workflow.ServicesEvent):
            self.print_result(str(event))
        else:
            self.others.emit(event)


def check_systemctl() -> None:
    """Make sure that there is a service manager, before anything is linked for it.

    Raises:
        UsageError: There is no systemctl on PATH.
    """
    if find_program("systemctl") is None:
        raise UsageError(
            "[ERROR] there is no systemctl on PATH, so that nothing is linked or controlled here; --root DIR links into"
            " the tree of another machine"
        )


def control(action: str, *, units: Units, services: Services, reporter: Reporter) -> None:
    """Start, stop, enable, disable or show the linked units.

    Raises:
        NotRunningError: A unit does not run, or a job ended badly.
    """
    _CONTROLS[action](units=units, services=services, reporter=reporter)


@attrs.frozen(kw_only=True)
class UnitSource:
    """What units are generated from; every error begins with `[ERROR]`, as specified."""

    cameras_config: Path
    backup_config: Path
    programs: PurePath
    user: str
    check_places: Callable[[Sequence[Camera], BackupConfig], object]

    def unit_files(self) -> Mapping[str, str]:
        """The text of each unit by its name.

        Raises:
            UsageError: A configuration is not there or wrong or names no camera, folders overlap, or a value cannot
                stand in a unit.
        """
        layout = ServiceLayout(
            programs=self.programs,
            cameras_config=self.cameras_config.absolute(),
            backup_config=self.backup_config.absolute(),
            user=self.user,
        )
        cameras = _marked(cameras_config, self.cameras_config, TemplateName.CAMERAS)
        if not cameras:
            raise UsageError(
                f"[ERROR] {self.cameras_config}: cameras: found no camera, expected at least one, such as "
                '{"station": "ROST1", "ip": "192.168.1.75"}'
            )
        backup = _marked(backup_config, self.backup_config, TemplateName.BACKUP)
        try:
            self.check_places(cameras, backup)
        except UsageError as error:
            raise _as_specified(error) from error
        needed = definitions(cameras, backup, layout=layout)
        try:
            return {name: text for each in needed for name, text in unit_files(each).items()}
        except ValueError as error:
            raise UsageError(f"[ERROR] {error}") from error

    def secrets(self, units: Units) -> Mapping[str, str]:
        """The passwords that go into files beside the units.

        Raises:
            UsageError: There are no units yet, or cameras.json is not there or wrong.
        """
        if not units.local():
            raise UsageError(workflow.NO_UNITS)
        return secrets(_marked(cameras_config, self.cameras_config, TemplateName.CAMERAS))


def _marked(read: Callable[[Path], T], path: Path, template: TemplateName) -> T:
    if not path.exists():
        hint = f"service_helper --print-template {template} prints a template of it"
        raise UsageError(f"[ERROR] Config file {path} not found ({hint})")
    try:
        return read(path)
    except UsageError as error:
        raise _as_specified(error) from error


def _as_specified(error: UsageError) -> UsageError:
    return UsageError(f"[ERROR] {error.problem}", tuple(f"[ERROR] {other}" for other in error.others))
