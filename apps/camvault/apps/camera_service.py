"""Composition root: camera_service."""

from pathlib import Path
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.ports.errors import MissingToolError, UsageError
from camvault.ports.events import Note


@attrs.frozen(kw_only=True)
class Options:
    """The flags of camera_service."""

    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration, YAML.")] = Path(
        "/etc/camera_service/config.yaml"
    )
    check_config: Annotated[
        bool, typer.Option("--check-config", help="Print the configuration with its defaults, and end.")
    ] = False
    simulate: Annotated[
        Path | None,
        typer.Option(
            "--simulate",
            metavar="TRACE",
            help="Say what would be decided in a drive: CSV, JSON lines, or `commute`, which is shipped.",
        ),
    ] = None
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="With --simulate: draw it, as SVG; needs the extra report."),
    ] = None
    json_output: Annotated[bool, typer.Option("--json", help="With --simulate: one JSON object for each look.")] = False

    def check(self) -> None:
        """Refuse combinations that cannot be meant, before anything is looked at."""
        if self.check_config == (self.simulate is not None):
            raise UsageError("give either --check-config or --simulate TRACE; the service itself is to come")
        if self.simulate is None and (self.plot is not None or self.json_output):
            raise UsageError("--plot and --json are of --simulate")
        if self.plot is not None and self.plot.exists():
            raise UsageError(f"--plot: {self.plot} is there, and is not touched; give another file")


def run(context: Context, options: Options) -> None:
    """Try the configuration of a dashcam box: nothing is switched, mounted or sent."""
    from camvault.apps._assembly.configuration import box_config  # noqa: PLC0415 - heavy: --help must stay fast

    options.check()
    config = box_config(options.config)
    if options.simulate is None:
        import json  # noqa: PLC0415

        context.print_result(json.dumps(attrs.asdict(config), indent=2))
        return
    from camvault.apps._assembly.simulation import as_json, plotted, told, trace_points  # noqa: PLC0415
    from camvault.core.dashcam.simulated_box import OffloadRates  # noqa: PLC0415
    from camvault.core.dashcam.simulation import simulate  # noqa: PLC0415

    looks = tuple(simulate(trace_points(options.simulate), config, OffloadRates()))
    context.print_result("\n".join(as_json(looks) if options.json_output else told(looks)))
    if options.plot is not None:
        from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415
        from camvault.adapters.matplotlib import drawn_power  # noqa: PLC0415

        drawing = drawn_power(plotted(looks, title=options.simulate.name))
        LocalStorage().write_text(options.plot.absolute(), drawing)
        context.reporter.emit(Note(f"plot written: {options.plot.absolute()}"))


STAGE = Stage(
    name="camera_service",
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "the configuration is right, or the drive was simulated",
            1: "wrong usage, configuration or trace, or a plot that cannot be drawn or written",
        },
        errors={MissingToolError: 1},
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
