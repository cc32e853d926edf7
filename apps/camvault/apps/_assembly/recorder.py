"""Composition root, shared part: what a recorder is put together from."""

import os
import random
from functools import partial
from pathlib import Path, PurePath
from typing import NoReturn

import attrs

from camvault.adapters._shared.process import find_program
from camvault.adapters.filesystem import LocalStorage, lock_across_exec
from camvault.adapters.matroska import MatroskaPictures
from camvault.adapters.rtsp import FfmpegRecorder, become_recorder
from camvault.adapters.systemd.notify import SystemdNotify
from camvault.apps._assembly.given_text import given_text
from camvault.apps._assembly.recording_place import recording_problem
from camvault.apps._cli.stage import Context
from camvault.core.checked_values import is_host
from camvault.core.stations.stream_address import HOST_RULE, PATH_RULE, is_stream_path, shown
from camvault.core.workflows.recording.record import (
    RecordOptions,
    RecordPorts,
    claim_station,
    learned_way,
    prepare_unsupervised,
)
from camvault.ports.errors import MissingToolError, UsageError
from camvault.ports.events import Failed, Warned
from camvault.ports.recorder import Recorder, StreamSource

_BYTE_ORDER_MARK = "\ufeff"
"""Some editors write it before the first line."""
_LOG_LIMIT_BYTES = 4 * 1024 * 1024


def read_password(context: Context, password: str | None, password_file: Path | None) -> str:
    """The password from a file or, with a warning, from the command line.

    Raises:
        UsageError: Both are given, or the file cannot be read or is empty. No message holds the password.
        Cancelled: Stopped while the file, a pipe, was waited for.
    """
    if password is not None and password_file is not None:
        raise UsageError("--password and --password-file exclude one another")
    if password is not None:
        context.reporter.emit(
            Warned("--password: everybody on this machine can see it in the list of processes; use --password-file")
        )
        return password
    return "" if password_file is None else _first_line(context, "--password-file", password_file, "the password")


def read_path(context: Context, path_file: Path | None) -> str:
    """The secret path of the stream, from a file; "" if there is none.

    Raises:
        UsageError: The file cannot be read, or its first line is no path. No message holds it.
        Cancelled: Stopped while the file, a pipe, was waited for.
    """
    if path_file is None:
        return ""
    path = _first_line(context, "--rtsp_path_file", path_file, "the path")
    if not path.startswith("/") or "://" in path:
        raise UsageError(f"--rtsp_path_file {path_file}: found something else, expected a path that begins with /")
    return path


def _first_line(context: Context, flag: str, path: Path, what: str) -> str:
    lines = given_text(context, flag, path).removeprefix(_BYTE_ORDER_MARK).splitlines()
    if not lines or not lines[0]:
        raise UsageError(f"{flag} {path}: found an empty first line, expected {what}")
    return lines[0]


def stream_source(ip: str, port: int, path: str, user: str, password: str) -> StreamSource:
    """The stream of the camera at `ip`.

    Raises:
        UsageError: `ip` is no address, `path` no path of one, or there is a password and no user. No message holds the
            password.
    """
    if password and not user:
        raise UsageError("--user: found nothing, expected whom the password is for")
    if not is_host(ip):
        raise UsageError(f"--ip: found {shown(ip)}, expected {HOST_RULE}")
    if not is_stream_path(path if path.startswith("/") else f"/{path}"):
        raise UsageError(f"--rtsp_path: found {shown(path)}, expected {PATH_RULE}")
    return StreamSource(ip, port, path, user, password)


def open_log(context: Context, path: Path) -> None:
    """Keep the log of a recorder, which never ends, at `path`; its folder is made.

    Without a log it records all the same: that is told once.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        context.log_to(path, limit_bytes=_LOG_LIMIT_BYTES)
    except OSError as error:
        _tell_of_no_log(context, f"{path.parent}: {error.strerror}")
    except UsageError as error:
        _tell_of_no_log(context, error.problem)


def _tell_of_no_log(context: Context, problem: str) -> None:
    context.reporter.emit(Failed(f"--logs_dir: it records without a log: {problem}"))


def find_recorder_program(name: str) -> PurePath:
    """An ffmpeg: the one that was named, or the wheel's if there is none on PATH.

    Raises:
        MissingToolError: There is none.
    """
    found = find_program(name)
    if found is None and name == "ffmpeg":
        from camvault.adapters._shared.wheel import wheel_program  # noqa: PLC0415 - only where it is needed

        found = wheel_program()
    if found is None:
        raise MissingToolError(
            "ffmpeg", "an executable program (--ffmpeg_path)", "nothing" if name == "ffmpeg" else name
        )
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


def supervisor_ports(context: Context, recorder: Recorder) -> RecordPorts:
    """The real world of a recorder."""
    return RecordPorts(
        recorder=recorder,
        storage=LocalStorage(),
        pictures=MatroskaPictures(),
        clock=context.clock,
        supervision=SystemdNotify(),
        reporter=context.reporter,
        cancel=context.cancel,
        chance=random.random,
        place_problem=recording_problem,
    )


def become_ffmpeg(context: Context, program: PurePath, source: StreamSource, options: RecordOptions) -> NoReturn:
    """Replace this process by ffmpeg, which holds the locks of station and session; `organize_video` adopts.

    Before that, the way is found in which the camera can be recorded: nobody is there to find it afterwards.
    """
    problem = recording_problem(options.output_root)
    if problem:
        raise UsageError(problem)
    storage = LocalStorage()
    storage.make_folder(options.lock_path.parent)
    take = partial(lock_across_exec, options.lock_path)
    claim_station(take, options, clock=context.clock, cancel=context.cancel)
    ports = supervisor_ports(context, FfmpegRecorder(program))
    options = attrs.evolve(options, way=learned_way(source, options=options, ports=ports))
    settings = prepare_unsupervised(options, storage=storage, clock=context.clock)
    lock_across_exec(settings.folder)  # says which session has the open file
    become_recorder(program, source, settings=settings)
