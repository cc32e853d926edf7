"""Composition root, shared part: logs, console, signals and exit codes, once for all commands."""

import contextlib
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from camvault.adapters.reporting import LINE_FORMATS, Fanout, JsonLogFile, LogFile, make_console, single_line
from camvault.adapters.reporting.console import write_line
from camvault.adapters.system import SignalCancellation, SystemClock
from camvault.apps._cli import USAGE_EXIT, Context, Stage
from camvault.apps._logplace import check_log_place
from camvault.apps._version import version
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

    def log_to(self, path: Path, /, *, limit_bytes: int = 0) -> None:
        """Open the log file; its first line is "Script started"."""
        kind: Callable[..., LogFile | JsonLogFile] = JsonLogFile if self.is_json else LogFile
        try:
            log = kind(path, clock=self.clock, limit_bytes=limit_bytes)
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


def run_command(stage: Stage, values: dict[str, Any], *, is_last: bool) -> int:
    """Run a stage as a command of its own with parsed flags; return the exit code. `is_last`: see `Stage.main`."""
    clock = SystemClock()
    is_json = values.pop("log_format") == "json"
    values.pop("version")
    logfile: Path | None = values.pop("logfile", None)
    echo = sys.stdout if stage.echo == "stdout" else sys.stderr
    screen, close_screen = make_console(
        echo, sys.stderr, clock=clock, is_json=is_json, line_format=LINE_FORMATS[stage.lines]
    )
    logs = _Logs(stage.name, clock, is_json, Fanout([screen]))
    with contextlib.ExitStack() as stack:
        stack.callback(close_screen)
        cancel = SignalCancellation().__enter__() if is_last else stack.enter_context(SignalCancellation())
        context = Context(
            clock=clock,
            cancel=cancel,
            reporter=logs.fanout,
            print_result=_print_result,
            log_to=logs.log_to,
            logfile=logfile and logfile.absolute(),
            is_json=is_json,
        )
        code = _guarded(stage, context, logs, logfile, values)
        logs.finish(code)
    return code


def _guarded(stage: Stage, context: Context, logs: _Logs, logfile: Path | None, values: dict[str, Any]) -> int:
    """The stage's exit code, with whatever went wrong reported."""
    try:
        if logfile is not None:
            check_log_place(logfile, values)
            logs.log_to(logfile)
    except UsageError as error:
        context.reporter.emit(Failed(str(error)))
        return USAGE_EXIT
    try:
        stage.run(context, **values)
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
    """One sentence for what camvault raises on purpose, and a traceback for the log if it is a fault of the program."""
    cause = error.__cause__ if not isinstance(error, CamvaultError) and error.__cause__ else error
    if isinstance(error, UsageError):
        return Failed(error.problem)
    if isinstance(error, CamvaultError) or isinstance(cause, CamvaultError):
        return Failed(str(error))
    lines = "".join(traceback.format_exception(cause)).splitlines()
    return Crashed(f"Unexpected error, {type(cause).__name__}: {error}", tuple(lines))


def _print_result(text: str) -> None:
    for line in text.split("\n"):
        write_line(sys.stdout, single_line(line))
