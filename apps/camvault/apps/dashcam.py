"""Composition root: dashcam."""

import enum
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.ports.errors import CamvaultError, MissingToolError


class DashcamPart(enum.StrEnum):
    """A part of a dashcam box that can be asked by hand."""

    BATTERY = "battery"


class UnknownPowerError(CamvaultError):
    """The battery, or whether power comes in, is not known; why was printed."""


@attrs.frozen(kw_only=True)
class Options:
    """The flags of dashcam."""

    part: Annotated[DashcamPart, typer.Argument(help="What is asked: `battery` reads the UPS once.")]
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False


def run(context: Context, options: Options) -> None:
    """Ask a part of a dashcam box by hand. Nothing is switched."""
    from camvault.adapters.lifepo4wered import Lifepo4weredBattery  # noqa: PLC0415 - --help must stay fast
    from camvault.apps._assembly.power_text import as_json, as_lines  # noqa: PLC0415
    from camvault.core.power.readings import judged  # noqa: PLC0415

    assert options.part is DashcamPart.BATTERY  # noqa: S101 - the only part so far
    reading = judged(Lifepo4weredBattery().registers(cancel=context.cancel))
    for line in as_json(reading) if options.json_output else as_lines(reading):
        context.print_result(line)
    if reading.problems:
        raise UnknownPowerError(f"Not all of the power is known: {'; '.join(reading.problems)}")


STAGE = Stage(
    name="dashcam",
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "known and printed",
            1: "wrong usage, or lifepo4wered-cli is not installed",
            2: "something could not be read or is not believed, and why was printed",
        },
        errors={UnknownPowerError: 2, MissingToolError: 1},
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
