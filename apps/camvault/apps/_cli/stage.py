"""Composition root, shared part: what a command is, as data.

A command is one frozen attrs class, its options, and one function. Each field of the class is a flag, declared once by
the `typer.Option` or `typer.Argument` in its annotation:

    @attrs.frozen(kw_only=True)
    class Options:
        build_dir: Annotated[Path, typer.Option("--build-dir", metavar="DIR", help="The folder to master.")]
        force: Annotated[bool, typer.Option("--force", help="Replace the image.")] = False

    def run(context: Context, options: Options) -> None:
        from camvault.adapters.filesystem import LocalStorage    # heavy imports stay inside: --help must be fast
        ...

    STAGE = Stage(name="create_iso", options=Options, run=run, exit_codes=ExitCodes({1: "..."}))
    entry = console_script(STAGE)

    if __name__ == "__main__":
        entry()

Returning is exit code 0 (what is returned is the report that a larger command may use); every other ending is an
exception, which `ExitCodes` maps. A larger command holds the options class of each of its stages in a field, with a
`flags.Part` that says under which prefix the stage's flags are its own.
"""

import enum
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.errors import Cancelled, UsageError
from camvault.ports.events import Reporter

CANCELLED_EXIT = 130
USAGE_EXIT = 1
RESULT_LOST_EXIT = 1
"""The work is done, and what the command prints could not be written."""

OptionsT = TypeVar("OptionsT")
Lines = Literal["arrows", "brackets", "dashes"]


class YesNo(enum.StrEnum):
    """The values of `yes|no` flags."""

    YES = "yes"
    NO = "no"

    def __bool__(self) -> bool:
        return self is YesNo.YES


class Log(enum.Enum):
    """Whether a command has `--logfile`."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    OWN = "own"  # no flag: the command itself decides with `Context.log_to`


@attrs.frozen
class ExitCodes:
    """A command's table from error to exit code; it is also printed below `--help`.

    `meanings` says what a code means to the user. `errors` maps error classes: the class nearest to the error's own
    wins; a function is asked with the error. `otherwise` is for every error that is not listed, also for unexpected
    ones. Whatever the table says, `Cancelled` is 130, nothing else is (INV-9), and `UsageError` is 1.
    """

    meanings: Mapping[int, str]
    errors: Mapping[type[Any], int | Callable[[Any], int]] = attrs.field(factory=dict)
    otherwise: int = 1

    def code_of(self, error: BaseException) -> int:
        """The exit code for `error`."""
        match error:
            case Cancelled() | KeyboardInterrupt():
                return CANCELLED_EXIT
            case UsageError():
                return USAGE_EXIT
        nearest = (self.errors[kind] for kind in type(error).__mro__ if kind in self.errors)
        code = next(nearest, self.otherwise)
        return code if isinstance(code, int) else code(error)

    def rows(self) -> tuple[tuple[int, str], ...]:
        """Code and meaning, in order, with those that all commands share."""
        shared = {0: "done", CANCELLED_EXIT: "stopped by Ctrl-C, SIGTERM or SIGHUP"}
        return tuple(sorted({**shared, **self.meanings}.items()))


class LogTo(Protocol):
    """Opens the log file of the run."""

    def __call__(self, path: Path, /, *, limit_bytes: int = 0, lines: Lines = "arrows") -> None:
        """Log everything from here on to `path`, "Script started" first.

        With a limit, a log that has grown beyond it becomes `PATH.1`, in place of the one before, and a new one begins.
        `lines` is the format of its lines, by its name in `camvault.adapters.reporting`.

        Raises:
            UsageError: "Cannot write logfile".
        """
        ...


@attrs.frozen
class Known:
    """Facts that a larger command hands to a stage; a stage that runs alone has none.

    Attributes:
        image_sha256: What the image was when it was verified; another one is not burned.
        disc_bytes: What the disc holds that the image is made for.
    """

    image_sha256: str | None = None
    disc_bytes: int | None = None


@attrs.frozen
class Context:
    """What every command is given.

    Attributes:
        print_result: Writes to stdout: plans, reports and the commands of a dry run.
        lines_are_result: Called by a command of which the lines on stdout are the result, such as those of a rehearsal:
            one that cannot be written is a lost result. Of a command that does something they are a copy of the log.
        log_to: Opens a log file, for commands with `Log.OWN`.
        logfile: The log of the run, absolute, so that no stage masters or removes it; None if there is none.
        known: What a larger command has found out before this stage.
        is_json: Whether log and console are lines for machines.
    """

    clock: Clock
    cancel: Cancellation
    reporter: Reporter
    print_result: Callable[[str], None]
    log_to: LogTo
    logfile: Path | None = None
    known: Known = attrs.field(factory=Known)
    is_json: bool = False
    lines_are_result: Callable[[], None] = lambda: None


@attrs.frozen
class Parsed:
    """A command line: the command's own options, and the flags that every command has."""

    options: Any
    logfile: Path | None
    is_json: bool


@attrs.frozen(kw_only=True)
class Stage(Generic[OptionsT]):
    """One command, alone or as part of the pipeline; `entry` parses its flags and runs it.

    Attributes:
        name: The command, as the specification spells it.
        options: The class whose fields are its flags.
        run: The function described at the top of this module; its docstring is the text of `--help`.
        log: Whether there is `--logfile`.
        default_log: The log file of `Log.OPTIONAL` without the flag; None for none.
        echo: The stream the log is echoed to. Errors are always on stderr.
        exit_codes: From error to exit code.
        lines: The line format of log and console, by its name in `camvault.adapters.reporting`.
        is_resident: Whether it runs for months: its process is then kept free of the parser, and a stop is no failure.
    """

    name: str
    options: type[OptionsT]
    run: Callable[[Context, OptionsT], object]
    exit_codes: ExitCodes
    log: Log = Log.REQUIRED
    default_log: Path | None = None
    echo: Literal["stdout", "stderr"] = "stdout"
    lines: Lines = "arrows"
    is_resident: bool = False
