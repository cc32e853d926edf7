"""Composition root, shared part: what a stage is, and how it becomes a command.

A stage is one function. Its first parameter is a `Context`, its keyword-only parameters are its flags, each declared
once with `typer.Option` or `typer.Argument`:

    def run(
        context: Context,
        /,
        *,
        build_dir: Annotated[Path, typer.Option("--build-dir", metavar="DIR", help="The folder to master.")],
        force: Annotated[bool, typer.Option("--force", help="Replace the image.")] = False,
    ) -> None:
        from camvault.adapters.filesystem import LocalStorage    # heavy imports stay inside: --help must be fast
        ...

    STAGE = Stage(name="create_iso", run=run, log=Log.REQUIRED, echo="stderr", exit_codes=ExitCodes({1: "..."}))
    entry = STAGE.entry

    if __name__ == "__main__":
        entry()

Returning is exit code 0 (what is returned is the report that a larger job may use); every other ending is an exception,
which `ExitCodes` maps. The pipeline derives its prefixed flags from the same function and calls it in-process.
"""

import enum
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn, Protocol

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.errors import Cancelled, UsageError
from camvault.ports.events import Reporter

CANCELLED_EXIT = 130
USAGE_EXIT = 1


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
    """A stage's table from error to exit code; it is also printed below `--help`.

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

    def __call__(self, path: Path, /, *, limit_bytes: int = 0) -> None:
        """Log everything from here on to `path`, "Script started" first.

        With a limit, a log that has grown beyond it becomes `PATH.1`, in place of the one before, and a new one begins.

        Raises:
            UsageError: "Cannot write logfile".
        """
        ...


@attrs.frozen
class Known:
    """What a larger job knows and a stage of it must hold itself to; a stage that runs alone knows nothing.

    Attributes:
        image_sha256: What the image was when it was verified; another one is not burned.
    """

    image_sha256: str | None = None


@attrs.frozen
class Context:
    """What every stage is given.

    Attributes:
        print_result: Writes to stdout: plans and commands of a dry run.
        log_to: Opens a log file, for commands with `Log.OWN`.
        logfile: The log of the run, absolute, so that nobody masters or removes it; None if there is none.
        known: What a larger job has found out before this stage.
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


@attrs.frozen(kw_only=True)
class Stage:
    """One command, alone or as part of the pipeline.

    Attributes:
        name: The command, as the specification spells it.
        run: The function described at the top of this module.
        log: Whether there is `--logfile`.
        default_log: The log file of `Log.OPTIONAL` without the flag; None for none.
        echo: The stream the log is echoed to. Errors are always on stderr.
        exit_codes: From error to exit code.
        lines: The line format of log and console, by its name in `camvault.adapters.reporting`.
        is_resident: Whether it runs for months: its process is then kept free of the parser, and a stop is no failure.
    """

    name: str
    run: Callable[..., object]
    exit_codes: ExitCodes
    log: Log = Log.REQUIRED
    default_log: Path | None = None
    echo: Literal["stdout", "stderr"] = "stdout"
    lines: Literal["arrows", "brackets"] = "arrows"
    is_resident: bool = False

    def main(self, argv: Sequence[str], *, is_last: bool = False) -> int:
        """Run as a command with these arguments and return the exit code.

        `is_last`: the process ends with it, so signals stay caught: a second Ctrl-C does not change how it ends.
        """
        from camvault.apps._job import run_command  # noqa: PLC0415 - a library that imports a stage needs no parser

        if self.is_resident and is_last:
            from camvault.apps._apart import parse_apart as parse  # noqa: PLC0415
        else:
            from camvault.apps._command import parse  # noqa: PLC0415
        parsed = parse(self, argv)
        return parsed if isinstance(parsed, int) else run_command(self, parsed, is_last=is_last)

    def entry(self) -> NoReturn:
        """The console script."""
        import atexit  # noqa: PLC0415

        atexit.register(_hear_no_more)
        try:
            code = self.main(sys.argv[1:], is_last=True)
        except KeyboardInterrupt:  # before the signals were caught
            code = CANCELLED_EXIT
        sys.exit(flushed(code))


def _hear_no_more() -> None:
    """The exit code is settled; later in its shutdown, Python would give signals their deadly defaults back."""
    import signal  # noqa: PLC0415

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def flushed(code: int) -> int:
    """Flush the standard streams, so that a reader that went away (`| head`) does not change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _silence(stream)
    return code


def _silence(stream: Any) -> None:
    import os  # noqa: PLC0415

    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), stream.fileno())
