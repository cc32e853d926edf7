"""Composition root: service_helper."""

import enum
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import attrs
import typer

from camvault.apps._assembly.templates import TEMPLATES, TemplateName
from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.core.workflows.recording.services import NotRunningError
from camvault.ports.errors import UsageError

NOT_RUNNING_EXIT = 3
DEFAULT_USER = "recordingpi"


class ServiceAction(enum.StrEnum):
    """What can be asked for."""

    GENERATE = "generate"
    LINK = "link"
    START = "start"
    STOP = "stop"
    ENABLE = "enable"
    DISABLE = "disable"
    STATUS = "status"


_WITHOUT_MANAGER = frozenset({ServiceAction.GENERATE, ServiceAction.LINK})


def _print_template(name: TemplateName | None) -> None:
    if name is not None:
        sys.stdout.write(TEMPLATES[name])
        sys.stdout.flush()
        raise typer.Exit


@attrs.frozen(kw_only=True)
class Options:
    """The flags of service_helper."""

    actions: Annotated[
        list[str],
        typer.Argument(metavar="ACTION...", help=f"One or more of {', '.join(ServiceAction)}; done in this order."),
    ]
    cameras_config: Annotated[Path, typer.Option("--cameras_config", metavar="FILE", help="The cameras.")] = Path(
        "cameras.json"
    )
    backup_config: Annotated[Path, typer.Option("--backup_config", metavar="FILE", help="NAS and local folders.")] = (
        Path("backup.json")
    )
    services_dir: Annotated[
        Path, typer.Option("--services_dir", metavar="DIR", help="Where .service files are generated.")
    ] = Path("services")
    timers_dir: Annotated[
        Path, typer.Option("--timers_dir", metavar="DIR", help="Where .timer files are generated.")
    ] = Path("timers")
    root: Annotated[
        Path | None,
        typer.Option("--root", metavar="DIR", help="Link into the tree of another machine; no systemctl."),
    ] = None
    run_as: Annotated[str, typer.Option("--run-as", metavar="USER", help="Who records, organizes and copies.")] = (
        DEFAULT_USER
    )
    bin_dir: Annotated[
        Path | None,
        typer.Option(
            "--bin-dir", metavar="DIR", help="Where the commands will be; this command's folder if not given."
        ),
    ] = None

    print_template: Annotated[
        TemplateName | None,
        typer.Option(
            "--print-template",
            metavar="NAME",
            help=f"Print a template of a configuration file and exit: {', '.join(TemplateName)}.",
            is_eager=True,
            callback=_print_template,
        ),
    ] = None


def run(context: Context, options: Options) -> None:
    """Generate systemd units for all cameras and jobs, link them, and control them.

    Only what changed is written, linked and restarted; units of cameras that are gone are stopped and removed.
    """
    from camvault.adapters.systemd import LocalUnits, Systemctl  # noqa: PLC0415 - --help must stay fast
    from camvault.apps._assembly.places import checked_places  # noqa: PLC0415
    from camvault.apps._assembly.units import UnitResults, UnitSource, check_systemctl, control  # noqa: PLC0415
    from camvault.core.workflows.recording import services as workflow  # noqa: PLC0415

    actions = _actions(options)
    if options.root is None and set(actions) - {ServiceAction.GENERATE}:
        check_systemctl()
    root = (options.root or Path("/")).absolute()
    units = LocalUnits(services=options.services_dir, timers=options.timers_dir, root=root)
    services = Systemctl(context.cancel) if options.root is None else None
    reporter = UnitResults(context.print_result, context.reporter)
    source = UnitSource(
        cameras_config=options.cameras_config,
        backup_config=options.backup_config,
        programs=(options.bin_dir or _own_folder()).absolute(),
        user=options.run_as,
        check_places=partial(checked_places, context, is_here=options.root is None),
    )
    for action in actions:
        context.cancel.check()
        if action is ServiceAction.GENERATE:
            workflow.generate(source.unit_files(), units=units, reporter=reporter)
        elif action is ServiceAction.LINK:
            workflow.link(source.secrets(units), units=units, services=services, reporter=reporter)
        elif services is not None:
            control(action.value, units=units, services=services, reporter=reporter)


def _actions(options: Options) -> tuple[ServiceAction, ...]:
    """What was asked for, all of it checked before the first is done."""
    words = options.actions
    unknown = [word for word in words if word not in set(ServiceAction)]
    if unknown:
        raise UsageError(f"unknown action {', '.join(map(ascii, unknown))}: one or more of {', '.join(ServiceAction)}")
    others = [word for word in words if ServiceAction(word) not in _WITHOUT_MANAGER]
    if options.root is not None and others:
        raise UsageError(f"--root: no service manager runs there for {', '.join(others)}")
    return tuple(map(ServiceAction, words))


def _own_folder() -> Path:
    """Where the commands are that were installed with this one."""
    called = Path(sys.argv[0])
    return called.parent if called.name == STAGE.name else Path(sys.executable).parent


STAGE = Stage(
    name="service_helper",
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stdout",
    exit_codes=ExitCodes(
        {
            1: "wrong usage, a bad configuration, something in the way, root's rights are needed, or systemd refused",
            NOT_RUNNING_EXIT: "status: a recorder or timer does not run, or a job ended badly",
        },
        {NotRunningError: NOT_RUNNING_EXIT},
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
