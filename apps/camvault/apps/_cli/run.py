"""Composition root, shared part: logs, console and signals, once for all commands.

An error becomes an exit code by the table in the command's own `STAGE`.
"""

import contextlib
import sys
import traceback
from pathlib import Path
from typing import Any

import attrs

from camvault.adapters.reporting import LINE_FORMATS, Fanout, JsonLogFile, LogFile, make_console, single_line
from camvault.adapters.reporting.lines import encodable, escaped_lines
from camvault.adapters.system import SignalCancellation, SystemClock
from camvault.apps._cli.explain import explained
from camvault.apps._cli.log_place import check_log_place
from camvault.apps._cli.stage import RESULT_LOST_EXIT, USAGE_EXIT, Context, Lines, Parsed, Stage
from camvault.apps._cli.version import version
from camvault.ports.clock import Clock
from camvault.ports.errors import CamvaultError, Cancelled, StorageError, UsageError
from camvault.ports.events import Crashed, Event, Failed, Note, ScriptExited, ScriptStarted, Warned


@attrs.define
class _Logs:
    """Where the events of this run go: the console at once, a log file as soon as there is one."""

    name: str
    clock: Clock
    is_json: bool
    fanout: Fanout
    open_files: list[LogFile | JsonLogFile] = attrs.field(factory=list)

    def log_to(self, path: Path, /, *, limit_bytes: int = 0, lines: Lines = "arrows") -> None:
        """Open the log file; its first line is "Script started"."""
        log: LogFile | JsonLogFile
        try:
            if self.is_json:
                log = JsonLogFile(path, clock=self.clock, limit_bytes=limit_bytes)
            else:
                log = LogFile(path, clock=self.clock, limit_bytes=limit_bytes, line_format=LINE_FORMATS[lines])
        except StorageError as error:
            raise UsageError(f"Cannot write logfile: {error}") from error
        self.open_files.append(log)
        self.fanout.add(log)
        self.fanout.emit(ScriptStarted(self.name, version()))

    def finish(self, exit_code: int) -> None:
        """Write the last line and close."""
        for log in self.open_files:
            if log.problem:
                self.fanout.emit(Warned(f"The log file is not complete: {log.problem}"))
        if self.open_files:
            self.fanout.emit(ScriptExited(exit_code))
        for log in self.open_files:
            log.close()


def run_command(stage: Stage[Any], parsed: Parsed, *, is_last: bool) -> int:
    """Run a stage as a command of its own with parsed flags; return the exit code. `is_last`: see `entry.main`."""
    clock = SystemClock()
    echo = sys.stdout if stage.echo == "stdout" else sys.stderr
    results = _Results()
    screen, close_screen = make_console(
        echo,
        sys.stderr,
        clock=clock,
        is_json=parsed.is_json,
        line_format=LINE_FORMATS[stage.lines],
        on_lost=results.line_lost,
    )
    logs = _Logs(stage.name, clock, parsed.is_json, Fanout([screen]))
    with contextlib.ExitStack() as stack:
        stack.callback(close_screen)
        cancel = SignalCancellation().__enter__() if is_last else stack.enter_context(SignalCancellation())
        context = Context(
            clock=clock,
            cancel=cancel,
            reporter=logs.fanout,
            print_result=results.print,
            lines_are_result=results.lines_are_result,
            log_to=logs.log_to,
            logfile=parsed.logfile and parsed.logfile.absolute(),
            is_json=parsed.is_json,
        )
        code = _guarded(stage, context, logs, parsed)
        if results.problem:
            logs.fanout.emit(Failed(f"The result could not be written to standard output: {results.problem}"))
            code = code or RESULT_LOST_EXIT
        logs.finish(code)
    return code


def _guarded(stage: Stage[Any], context: Context, logs: _Logs, parsed: Parsed) -> int:
    """The stage's exit code, with whatever went wrong reported."""
    try:
        if parsed.logfile is not None:
            check_log_place(parsed.logfile, attrs.asdict(parsed.options, recurse=False))
            logs.log_to(parsed.logfile)
    except UsageError as error:
        context.reporter.emit(Failed(str(error)))
        return USAGE_EXIT
    try:
        stage.run(context, parsed.options)
    except Exception as error:  # noqa: BLE001 - the last resort of a command
        is_how_it_ends = stage.is_resident and isinstance(error, Cancelled)
        event = Note("Stopped, as was asked for") if is_how_it_ends else failure_event(error)
        context.reporter.emit(event)
        for other in error.others if isinstance(error, UsageError) else ():
            context.reporter.emit(Failed(other))
        if isinstance(event, Crashed) and not logs.open_files:  # then there is nowhere else to look
            sys.stderr.writelines(f"{single_line(line)}\n" for line in event.traceback)
        return stage.exit_codes.code_of(error)
    return 0


def failure_event(error: Exception) -> Event:
    """One sentence for an error that camvault raises on purpose; for a bug, a traceback for the log as well."""
    cause = error.__cause__ if not isinstance(error, CamvaultError) and error.__cause__ else error
    if isinstance(error, UsageError):
        return Failed(error.problem)
    if isinstance(error, CamvaultError) or isinstance(cause, CamvaultError):
        return Failed(explained(error))
    lines = "".join(traceback.format_exception(cause)).splitlines()
    return Crashed(f"Unexpected error, {type(cause).__name__}: {error}", tuple(lines))


@attrs.define
class _Results:
    """Writes results to stdout. The work goes on if that fails, and the command ends with an error."""

    problem: str = ""
    are_lines: bool = False

    def lines_are_result(self) -> None:
        """See `Context`."""
        self.are_lines = True

    def line_lost(self, problem: str) -> None:
        """A line of the console could not be written."""
        if self.are_lines:
            self.problem = problem

    def print(self, text: str) -> None:
        """Write lines; a reader that went away (`| head`) had what it wanted."""
        try:
            sys.stdout.write(f"{encodable(escaped_lines(text), sys.stdout.encoding)}\n")
            sys.stdout.flush()
        except BrokenPipeError:
            pass
        except (OSError, ValueError) as error:
            self.problem = (isinstance(error, OSError) and error.strerror) or str(error)
