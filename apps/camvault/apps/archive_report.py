"""Composition root: archive_report."""

from pathlib import Path
from typing import Annotated

import attrs
import typer

from camvault.apps._archive.values import pattern_of
from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.core.archive.dated_names import DEFAULT_PATTERN, NamePattern
from camvault.ports.errors import CamvaultError, MissingToolError
from camvault.ports.events import Note


class IncompleteReportError(CamvaultError):
    """Something could not be looked at, and is missing from the figures; each was named."""


@attrs.frozen(kw_only=True)
class Options:
    """The flags of archive_report."""

    directory: Annotated[
        Path, typer.Argument(metavar="DIRECTORY", help="The input: the folder that cameras upload into.")
    ] = Path("/camera")
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="The archive, DIRECTORY/archived by default."),
    ] = None
    trash_root: Annotated[
        Path | None, typer.Option("--trash-root", metavar="DIR", help="The trash, DIRECTORY/.deleted by default.")
    ] = None
    pattern: Annotated[
        NamePattern | None,
        typer.Option(
            "--pattern",
            metavar="PATTERN",
            parser=pattern_of,
            help=f"How files are named, without their extension: {DEFAULT_PATTERN} by default.",
        ),
    ] = None
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="Leave out footage of earlier days.")] = (
        None
    )
    last: Annotated[
        str | None, typer.Option("--last", metavar="SPAN", help="As --since: the last days, such as 30d or 12w.")
    ] = None
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page with plots as well; needs the extra report."),
    ] = None


def run(context: Context, options: Options) -> None:
    """Say what a camera archive holds, how it grows, what it saves, and what was never archived.

    The command only reads, and opens no footage; it may run beside camera_archiver.
    """
    from camvault.apps._report.making import check_html, reported, write_html  # noqa: PLC0415 - --help must stay fast
    from camvault.apps._report.printing import lines_of  # noqa: PLC0415

    if options.html is not None:
        check_html(options.html)
    made = reported(
        context,
        directory=options.directory,
        output=options.output,
        trash=options.trash_root,
        pattern=options.pattern or NamePattern(),
        since=options.since,
        last=options.last,
    )
    if options.html is not None:
        write_html(made, options.html)
        context.reporter.emit(Note(f"page written: {options.html.absolute()}"))
    for line in lines_of(made, is_json=options.json_output):
        context.print_result(line)
    problems = made.report.problems
    if problems:
        raise IncompleteReportError(f"Not in the figures: {problems[0]}; {len(problems)} such problem(s) in all")


STAGE = Stage(
    name="archive_report",
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "reported",
            1: "wrong usage, no input, or a page that cannot be made or written",
            2: "reported, but something could not be looked at, and is missing from the figures",
        },
        errors={IncompleteReportError: 2, MissingToolError: 1},
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
