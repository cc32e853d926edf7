"""Composition root, shared part: from a stage's signature to a strict command line.

Strict means: usage errors end with 1, long options are never abbreviated, and of two options that exclude one another
only one is taken.
"""

import copy
import enum
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperCommand
from typer.exceptions import TyperException
from typer.models import OptionInfo, ParameterInfo

from camvault.apps._cli import USAGE_EXIT, ExitCodes, Log, Stage


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


def parse(stage: Stage, argv: Sequence[str]) -> dict[str, Any] | int:
    """The values of all flags by parameter name, or an exit code: 0 after `--help`, 1 after a usage error."""
    parameters = (*flags_of(stage.run), *_common(stage))
    command = _command(stage, parameters)
    try:
        parsed = command.main(args=list(argv), prog_name=stage.name, standalone_mode=False)
    except TyperException as error:
        sys.stderr.write(f"{stage.name}: {_sentence(error, command)}\nTry '{stage.name} --help'.\n")
        return USAGE_EXIT
    return parsed if isinstance(parsed, dict) else int(parsed or 0)


def _sentence(error: TyperException, command: TyperCommand) -> str:
    name = getattr(error, "option_name", None)
    if name is None or not error.message.startswith("No such option"):
        return error.format_message()
    hidden = {option for p in command.params if getattr(p, "hidden", False) for option in p.opts}
    close = ", ".join(sorted({*(getattr(error, "possibilities", None) or ())} - hidden))
    return f"unknown option {name!a}" + (f" (did you mean {close}?)" if close else "")


def flags_of(run: Callable[..., Any]) -> tuple[inspect.Parameter, ...]:
    """The keyword-only parameters of a stage function: its flags and arguments."""
    signature = inspect.signature(run, eval_str=True)
    return tuple(p for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY)


def declaration(parameter: inspect.Parameter) -> ParameterInfo:
    """The `typer.Option` or `typer.Argument` of a parameter."""
    found = [item for item in get_args(parameter.annotation)[1:] if isinstance(item, ParameterInfo)]
    if len(found) != 1:
        raise TypeError(f"parameter {parameter.name} needs exactly one typer.Option or typer.Argument")
    return found[0]


def spellings(parameter: inspect.Parameter) -> tuple[str, ...]:
    """The long options of a parameter as declared, `--verify/--skip-verify` in one piece; empty for an argument."""
    info = declaration(parameter)
    if not isinstance(info, OptionInfo):
        return ()
    # in `Annotated`, typer keeps the first spelling in `default`
    declared = [d for d in (info.default, *(info.param_decls or ())) if isinstance(d, str)]
    return tuple(d for d in declared if d.startswith("--")) or _default_spelling(parameter)


def _default_spelling(parameter: inspect.Parameter) -> tuple[str, ...]:
    flag = parameter.name.replace("_", "-")
    is_switch = get_args(parameter.annotation)[0] is bool
    return (f"--{flag}/--no-{flag}",) if is_switch else (f"--{flag}",)


def respelled(
    parameter: inspect.Parameter, *, name: str, options: Sequence[str], help_text: str | None = None
) -> inspect.Parameter:
    """The same declaration under another name and other long options."""
    info = copy.copy(declaration(parameter))
    info.default = options[0]
    info.param_decls = tuple(options[1:])
    info.help = help_text or info.help
    kind = get_args(parameter.annotation)[0]
    return parameter.replace(name=name, annotation=Annotated[kind, info])


def _common(stage: Stage) -> Iterator[inspect.Parameter]:
    """The flags that every command has."""
    if stage.log is not Log.OWN:
        option = typer.Option("--logfile", metavar="FILE", help="Log of the run; new lines are added at its end.")
        default = inspect.Parameter.empty if stage.log is Log.REQUIRED else stage.default_log
        kind = Path if stage.log is Log.REQUIRED else Path | None
        yield inspect.Parameter(
            "logfile", inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
        )
    format_option = typer.Option(
        "--log-format", help="Lines for people or for machines, in the log and on the console."
    )
    yield inspect.Parameter(
        "log_format",
        inspect.Parameter.KEYWORD_ONLY,
        default=LogFormat.TEXT,
        annotation=Annotated[LogFormat, format_option],
    )
    version_option = typer.Option(
        "--version", is_eager=True, callback=_print_version, help="Print the version and exit."
    )
    yield inspect.Parameter(
        "version", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, version_option]
    )


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from camvault.apps._version import version  # noqa: PLC0415

        sys.stdout.write(f"camvault {version()}\n")
        raise typer.Exit


def _command(stage: Stage, parameters: Sequence[inspect.Parameter]) -> TyperCommand:
    """A command that returns the parsed values. Its signature is put together from `parameters`."""

    def callback(**values: Any) -> dict[str, Any]:
        return values

    required_first = sorted(parameters, key=lambda p: p.default is not p.empty)
    callback.__signature__ = inspect.Signature(required_first)  # type: ignore[attr-defined]
    callback.__annotations__ = {p.name: p.annotation for p in required_first}
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    app.command(
        name=stage.name,
        cls=_StrictCommand,
        help=inspect.getdoc(stage.run),
        epilog=_exit_table(stage.exit_codes),
        context_settings={"max_content_width": 120},
    )(callback)
    command = typer.main.get_command(app)
    assert isinstance(command, TyperCommand)  # noqa: S101 - for the type checker
    return command


def _exit_table(codes: ExitCodes) -> str:
    rows = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in codes.rows())
    return f"\b\nExit codes:\n{rows}"
