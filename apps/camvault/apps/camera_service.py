"""Composition root: camera_service."""

from pathlib import Path
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.core.workflows.dashcam.unfinished import UnfinishedRoundError
from camvault.ports.errors import BusyError, UsageError


@attrs.frozen(kw_only=True)
class Options:
    """The flags of camera_service."""

    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration, YAML.")] = Path(
        "/etc/camera_service/config.yaml"
    )
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; nothing is switched, mounted, sent or written.")
    ] = False
    once: Annotated[bool, typer.Option("--once", help="One round, and then the end.")] = False
    check_config: Annotated[
        bool, typer.Option("--check-config", help="Print the configuration with its defaults, and end.")
    ] = False
    simulate: Annotated[
        Path | None,
        typer.Option(
            "--simulate",
            metavar="TRACE",
            help="Say what would be decided in a drive: CSV, JSON lines, or one that is shipped: battery-runs-out, "
            "commute, disturbed-bus.",
        ),
    ] = None
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="With --simulate: draw it, as SVG; needs the extra report."),
    ] = None
    json_output: Annotated[bool, typer.Option("--json", help="With --simulate: one JSON object for each look.")] = False

    def check(self) -> None:
        """Refuse combinations that cannot be meant, before anything is looked at."""
        if self.check_config and self.simulate is not None:
            raise UsageError("--check-config and --simulate exclude one another")
        if (self.check_config or self.simulate is not None) and (self.dry_run or self.once):
            raise UsageError("--dry-run and --once are of the service: not with --check-config or --simulate")
        if self.simulate is None and (self.plot is not None or self.json_output):
            raise UsageError("--plot and --json are of --simulate")
        if self.plot is not None and self.plot.exists():
            raise UsageError(f"--plot: {self.plot} is there, and is not touched; give another file")


def run(context: Context, options: Options) -> None:
    """Offload a dashcam over USB while the server is near and the battery lasts. Without flags: until it is stopped."""
    from camvault.apps._assembly.configuration import box_config  # noqa: PLC0415 - heavy: --help must stay fast

    options.check()
    config = box_config(options.config)
    if options.check_config:
        import json  # noqa: PLC0415

        context.print_result(json.dumps(attrs.asdict(config), indent=2))
    elif options.simulate is not None:
        from camvault.apps._assembly.simulation import show_simulation  # noqa: PLC0415

        show_simulation(context, config, options.simulate, plot=options.plot, is_json=options.json_output)
    else:
        from camvault.apps._assembly.box_service import serve  # noqa: PLC0415

        serve(context, config, is_once=options.once, is_dry=options.dry_run)


STAGE = Stage(
    name="camera_service",
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stdout",
    is_resident=True,
    exit_codes=ExitCodes(
        {
            0: "stopped by Ctrl-C, SIGTERM or SIGHUP; with --once the round is finished and proven; with other flags "
            "the configuration is right, or the drive was simulated",
            1: "wrong usage, configuration or trace, a port that may not be switched, a program that is missing, or "
            "something that cannot be written",
            2: "--once: this round could not be finished or proven, and why was told",
            3: "another instance, or a part of dashcam that switches, copies or sends, is running",
            130: "--once, --simulate: stopped by Ctrl-C, SIGTERM or SIGHUP",
        },
        errors={UnfinishedRoundError: 2, BusyError: 3},
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
