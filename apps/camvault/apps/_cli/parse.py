"""Composition root, shared part: from an options class to a strict command line.

Strict means: usage errors end with 1, long options are never abbreviated, and of two options that exclude one another
only one is taken.
"""

import copy
import enum
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast, get_args

import attrs
import typer
from typer.core import TyperCommand
from typer.exceptions import TyperException

from camvault.apps._cli.flags import Flag, filled, flags_of
from camvault.apps._cli.refusals import path, reason
from camvault.apps._cli.stage import RESULT_LOST_EXIT, USAGE_EXIT, ExitCodes, Log, Parsed, Stage

_HELP_WIDTH = 76  # a terminal of 80 columns without the indentation of the table; its lines are not filled anew


class LogFormat(enum.StrEnum):
    """The renderings of the log."""

    TEXT = "text"
    JSON = "json"


class _StrictCommand(TyperCommand):
    """Refuses `--verify --skip-verify`: click would silently take the last one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given = {arg.split("=", 1)[0] for arg in _before_double_dash(args)}
        for parameter in self.params:
            chosen = given.intersection(parameter.opts)
            refused = given.intersection(parameter.secondary_opts)
            if chosen and refused:
                raise typer.BadParameter(f"{min(chosen)} and {min(refused)} exclude one another")
        return super().parse_args(ctx, args)


def _before_double_dash(args: Sequence[str]) -> Sequence[str]:
    return args[: args.index("--")] if "--" in args else args


def parse(stage: Stage[Any], argv: Sequence[str]) -> Parsed | int:
    """What the command line says, or an exit code: 0 after `--help`, 1 after a usage error."""
    flags = (*flags_of(stage.options), *_common(stage))
    command = _command(stage, flags)
    try:
        found = command.main(args=list(argv), prog_name=stage.name, standalone_mode=False)
    except TyperException as error:
        sys.stderr.write(f"{stage.name}: {_sentence(error, command)}\nTry '{stage.name} --help'.\n")
        return USAGE_EXIT
    except BrokenPipeError:  # a reader of `--help` that went away
        return 0
    except OSError as error:
        sys.stderr.write(f"{stage.name}: The result could not be written to standard output: {error.strerror}\n")
        return RESULT_LOST_EXIT
    if found is None or isinstance(found, int):
        return found or 0
    values = {flag.path: getattr(found, flag.name) for flag in flags}
    logfile = values.get(("logfile",))
    return Parsed(filled(stage.options, values), cast("Path | None", logfile), values["log_format",] is LogFormat.JSON)


def _sentence(error: TyperException, command: TyperCommand) -> str:
    name = getattr(error, "option_name", None)
    if name is None or not error.message.startswith("No such option"):
        return reason(error, error.format_message())
    hidden = {option for p in command.params if getattr(p, "hidden", False) for option in p.opts}
    close = ", ".join(sorted({*(getattr(error, "possibilities", None) or ())} - hidden))
    return f"unknown option {name!a}" + (f" (did you mean {close}?)" if close else "")


def _common(stage: Stage[Any]) -> Iterator[Flag]:
    """The flags that every command has."""
    if stage.log is not Log.OWN:
        option = typer.Option("--logfile", metavar="FILE", help="Log of the run; new lines are added at its end.")
        is_required = stage.log is Log.REQUIRED
        default = attrs.NOTHING if is_required else stage.default_log
        yield Flag(path=("logfile",), kind=Path if is_required else Path | None, info=option, default=default)
    log_format = typer.Option("--log-format", help="Lines for people or for machines, in the log and on the console.")
    yield Flag(path=("log_format",), kind=LogFormat, info=log_format, default=LogFormat.TEXT)
    show_version = typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    yield Flag(path=("version",), kind=bool, info=show_version, default=False)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from camvault.apps._cli.version import version  # noqa: PLC0415

        sys.stdout.write(f"camvault {version()}\n")
        sys.stdout.flush()
        raise typer.Exit


def _command(stage: Stage[Any], flags: Sequence[Flag]) -> TyperCommand:
    """A command that returns an object with the value of each flag by `Flag.name`."""
    required_first = sorted(flags, key=lambda flag: flag.default is not attrs.NOTHING)
    fields = {flag.name: attrs.field(type=_strict(flag).annotation, default=flag.default) for flag in required_first}
    values: Callable[..., Any] = attrs.make_class("Values", fields, frozen=True, kw_only=True)
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    app.command(
        name=stage.name,
        cls=_StrictCommand,
        help=inspect.getdoc(stage.run),
        epilog=_exit_table(stage.exit_codes),
        context_settings={"max_content_width": 120},
    )(values)
    command = typer.main.get_command(app)
    assert isinstance(command, TyperCommand)  # noqa: S101 - for the type checker
    return command


def _strict(flag: Flag) -> Flag:
    """The flag; if its values are paths, without the empty one."""
    kinds = {flag.kind, *get_args(flag.kind)}
    if not kinds & {Path, list[Path]} or flag.info.parser is not None:
        return flag
    info = copy.copy(flag.info)
    info.parser = path
    return attrs.evolve(flag, info=info)


def _exit_table(codes: ExitCodes) -> str:
    rows = "\n".join(_exit_row(code, meaning) for code, meaning in codes.rows())
    return f"\b\nExit codes:\n{rows}"


def _exit_row(code: int, meaning: str) -> str:
    head = f"  {code:>3}  "
    return textwrap.fill(meaning, _HELP_WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
