"""Composition root: service_helper."""

import enum
import sys
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, TypeVar

import attrs
import typer

from camvault.apps._cli import Context, ExitCodes, Log, Stage
from camvault.core.workflows.recording import services as workflow
from camvault.ports.errors import UsageError
from camvault.ports.events import Event, Reporter

if TYPE_CHECKING:
    from camvault.core.stations.configuration import BackupConfig, Camera, Checked
    from camvault.ports.services import Services
    from camvault.ports.units import Units

T = TypeVar("T")
NOT_RUNNING_EXIT = 3
DEFAULT_USER = "recordingpi"


class Action(enum.StrEnum):
    """What can be asked for."""

    GENERATE = "generate"
    LINK = "link"
    START = "start"
    STOP = "stop"
    ENABLE = "enable"
    DISABLE = "disable"
    STATUS = "status"


_WITHOUT_MANAGER = frozenset({Action.GENERATE, Action.LINK})


def run(
    context: Context,
    /,
    *,
    actions: Annotated[
        list[str], typer.Argument(metavar="ACTION...", help=f"One or more of {', '.join(Action)}; done in this order.")
    ],
    cameras_config: Annotated[Path, typer.Option("--cameras_config", metavar="FILE", help="The cameras.")] = Path(
        "cameras.json"
    ),
    backup_config: Annotated[
        Path, typer.Option("--backup_config", metavar="FILE", help="NAS and local folders.")
    ] = Path("backup.json"),
    services_dir: Annotated[
        Path, typer.Option("--services_dir", metavar="DIR", help="Where .service files are generated.")
    ] = Path("services"),
    timers_dir: Annotated[
        Path, typer.Option("--timers_dir", metavar="DIR", help="Where .timer files are generated.")
    ] = Path("timers"),
    root: Annotated[
        Path | None,
        typer.Option("--root", metavar="DIR", help="Link into the tree of another machine; no systemctl."),
    ] = None,
    run_as: Annotated[
        str, typer.Option("--run-as", metavar="USER", help="Who records, organizes and copies.")
    ] = DEFAULT_USER,
    bin_dir: Annotated[
        Path | None,
        typer.Option(
            "--bin-dir", metavar="DIR", help="Where the commands will be; this command's folder if not given."
        ),
    ] = None,
) -> None:
    """Generate systemd units for all cameras and jobs, link them, and control them.

    Only what changed is written, linked and restarted; units of cameras that are gone are stopped and removed.
    """
    wanted = _actions(actions)
    if root is not None and (others := [each for each in wanted if each not in _WITHOUT_MANAGER]):
        raise UsageError(f"--root: no service manager runs there for {', '.join(others)}")
    from camvault.adapters.systemd import LocalUnits, Systemctl  # noqa: PLC0415 - --help must stay fast

    job = _Job(
        cameras_config=cameras_config,
        backup_config=backup_config,
        programs=(bin_dir or _own_folder()).absolute(),
        user=run_as,
        units=LocalUnits(services=services_dir, timers=timers_dir, root=(root or Path("/")).absolute()),
        services=None if root is not None else Systemctl(context.cancel),
        reporter=_Results(context.print_result, context.reporter),
    )
    for action in wanted:
        context.cancel.check()
        job.do(action)


def _actions(words: list[str]) -> tuple[Action, ...]:
    """All of them, before the first is done."""
    unknown = [word for word in words if word not in set(Action)]
    if unknown:
        raise UsageError(f"unknown action {', '.join(map(ascii, unknown))}: one or more of {', '.join(Action)}")
    return tuple(map(Action, words))


def _own_folder() -> Path:
    """Where the commands are that were installed with this one."""
    called = Path(sys.argv[0])
    return called.parent if called.name == STAGE.name else Path(sys.executable).parent


@attrs.frozen
class _Results:
    """Results go to stdout as they are; the rest as every command does it."""

    print_result: Callable[[str], None]
    others: Reporter

    def emit(self, event: Event, /) -> None:
        if isinstance(event, workflow.ServicesEvent):
            self.print_result(str(event))
        else:
            self.others.emit(event)


@attrs.frozen(kw_only=True)
class _Job:
    cameras_config: Path
    backup_config: Path
    programs: PurePath
    user: str
    units: "Units"
    services: "Services | None"
    reporter: Reporter

    def do(self, action: Action) -> None:
        if action is Action.GENERATE:
            workflow.generate(self._unit_files(), units=self.units, reporter=self.reporter)
        elif action is Action.LINK:
            workflow.link(self._secrets(), units=self.units, services=self.services, reporter=self.reporter)
        else:
            assert self.services  # noqa: S101 - asked before the first action
            control: Callable[..., object] = getattr(workflow, action.value)
            control(units=self.units, services=self.services, reporter=self.reporter)

    def _unit_files(self) -> Mapping[str, str]:
        from camvault.adapters.systemd import unit_files  # noqa: PLC0415
        from camvault.core.stations.services import Layout, definitions  # noqa: PLC0415

        layout = Layout(
            programs=self.programs,
            cameras_config=self.cameras_config.absolute(),
            backup_config=self.backup_config.absolute(),
            user=self.user,
        )
        needed = definitions(self._cameras(), self._backup(), layout=layout)
        try:
            return {name: text for each in needed for name, text in unit_files(each).items()}
        except ValueError as error:
            raise UsageError(f"[ERROR] {error}") from error

    def _secrets(self) -> Mapping[str, str]:
        from camvault.core.stations.services import secrets  # noqa: PLC0415

        if not self.units.local():
            raise UsageError(workflow.NO_UNITS)
        return secrets(self._cameras())

    def _cameras(self) -> "tuple[Camera, ...]":
        from camvault.core.stations.configuration import read_cameras  # noqa: PLC0415

        return _checked(self.cameras_config, read_cameras)

    def _backup(self) -> "BackupConfig":
        from camvault.core.stations.configuration import read_backup  # noqa: PLC0415

        return _checked(self.backup_config, read_backup)


def _checked(path: Path, read: "Callable[[object], Checked[T]]") -> T:
    """The configuration in the file.

    Raises:
        UsageError: It is not there, or something in it is wrong; every problem is named.
    """
    from camvault.adapters.jsonc import read_jsonc  # noqa: PLC0415

    if not path.exists():
        raise UsageError(f"[ERROR] Config file {path} not found")
    checked = read(read_jsonc(path))
    if checked.value is None:
        first, *others = (f"[ERROR] {path}: {problem}" for problem in checked.problems)
        raise UsageError(first, tuple(others))
    return checked.value


STAGE = Stage(
    name="service_helper",
    run=run,
    log=Log.OWN,
    echo="stdout",
    exit_codes=ExitCodes(
        {
            1: "wrong usage, a bad configuration, something in the way, root's rights are needed, or systemd refused",
            NOT_RUNNING_EXIT: "status: a recorder or timer does not run, or a job ended badly",
        },
        {workflow.NotRunningError: NOT_RUNNING_EXIT},
    ),
)
entry = STAGE.entry

if __name__ == "__main__":
    entry()
