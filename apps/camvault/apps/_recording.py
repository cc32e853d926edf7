"""Composition root, shared part: what the recording commands are put together from."""

import os
import random
from pathlib import Path, PurePath

from camvault.adapters._process import find_program
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.systemd.notify import SystemdNotify
from camvault.apps._cli import Context
from camvault.core.workflows.recording.record import Ports
from camvault.ports.errors import MissingToolError, UsageError
from camvault.ports.events import Warned
from camvault.ports.recorder import Recorder


def read_password(context: Context, password: str | None, password_file: Path | None) -> str:
    """The password from a file or, with a warning, from the command line.

    Raises:
        UsageError: Both are given, or the file cannot be read or is empty. No message holds the password.
    """
    if password is not None and password_file is not None:
        raise UsageError("--password and --password-file exclude one another")
    if password is not None:
        context.reporter.emit(
            Warned("--password: everybody on this machine can see it in the list of processes; use --password-file")
        )
        return password
    if password_file is None:
        return ""
    try:
        lines = password_file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"--password-file {password_file}: {reason}") from None
    if not lines or not lines[0]:
        raise UsageError(f"--password-file {password_file}: found an empty first line, expected the password")
    return lines[0]


def find_recorder_program(name: str) -> PurePath:
    """An ffmpeg: the one that was named, or the wheel's if there is none on PATH.

    Raises:
        MissingToolError: There is none.
    """
    found = find_program(name)
    if found is None and name == "ffmpeg":
        from camvault.adapters.ffmpeg.find import wheel_program  # noqa: PLC0415 - only where it is needed

        found = wheel_program()
    if found is None:
        raise MissingToolError("ffmpeg", "an executable program (--ffmpeg_path)", name)
    return found


def pin_to_core(context: Context, core: int | None) -> None:
    """Run on one core, counted round the cores there are; where that is not allowed, record all the same."""
    if core is None or not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))
    try:
        os.sched_setaffinity(0, {cores[core % len(cores)]})
    except OSError as error:
        context.reporter.emit(Warned(f"Could not set CPU affinity – needs CAP_SYS_NICE ({error.strerror})"))  # noqa: RUF001


def supervisor_ports(context: Context, recorder: Recorder) -> Ports:
    """The real world of a recorder."""
    return Ports(
        recorder=recorder,
        storage=LocalStorage(),
        clock=context.clock,
        supervision=SystemdNotify(),
        reporter=context.reporter,
        cancel=context.cancel,
        chance=random.random,
    )
