"""Adapter for reporting: log files, as text lines and as JSON lines."""

import contextlib
import errno
import os
import stat
import threading
from pathlib import PurePath

from camvault.adapters._shared.durable import translated
from camvault.adapters.reporting.lines import LineFormat, arrows, json_line, text_lines
from camvault.adapters.reporting.redaction import Redact, redact_nothing
from camvault.ports.clock import Clock
from camvault.ports.events import Event, Level, Reporter, level_of


class _LineFile:
    """Appends whole lines, each with one write, so that lines of several processes do not mix.

    `problem` is the first reason why a line could not be written; writing goes on with the next line. With a limit, a
    file that has reached it becomes `PATH.1`, in place of the one before.
    """

    def __init__(self, path: PurePath, *, limit_bytes: int) -> None:
        self.path = path
        self.problem: str | None = None
        self._limit_bytes = limit_bytes
        self._lock = threading.RLock()  # a signal handler may report while this thread does
        with translated(path):
            self._descriptor = _opened(path)
        self._end_torn_line()

    def _end_torn_line(self) -> None:
        """A last line that was torn by a crash is ended, never merged with the first line of this run."""
        try:
            with open(self.path, "rb") as reader:  # noqa: PTH123 - a PurePath
                reader.seek(-1, os.SEEK_END)
                is_torn = reader.read(1) != b"\n"
        except OSError:  # empty, or a pipe, or not readable
            return
        if is_torn:
            self.write("")

    def write(self, line: str) -> None:
        """Append one line; never raises."""
        data = f"{line}\n".encode("utf-8", "backslashreplace")
        with self._lock:
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
                if self._limit_bytes and os.fstat(self._descriptor).st_size >= self._limit_bytes:
                    self._begin_anew()
            except OSError as error:
                self.problem = self.problem or error.strerror or str(error)

    def _begin_anew(self) -> None:
        os.replace(self.path, f"{self.path}.1")  # noqa: PTH105 - a PurePath
        descriptor = _opened(self.path)
        os.close(self._descriptor)
        self._descriptor = descriptor

    def close(self) -> None:
        """Let go of the file; further lines are lost."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1


def _opened(path: PurePath) -> int:
    """Open without waiting for a reader, should it be a pipe. Devices, and pipes that somebody reads, are taken."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "it is a pipe that nobody reads, expected a file") from error
        raise
    os.set_blocking(descriptor, True)
    return descriptor


def rotated(path: PurePath, *, limit_bytes: int) -> None:
    """Let a log of more than `limit_bytes` become `PATH.1`, and each `PATH.N` before it `PATH.N+1`; none is removed.

    A log that cannot be renamed grows on.
    """
    with contextlib.suppress(OSError):
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size <= limit_bytes:
            return
        count = 0
        while os.path.lexists(f"{path}.{count + 1}"):
            count += 1
        for number in range(count, 0, -1):
            os.rename(f"{path}.{number}", f"{path}.{number + 1}")  # noqa: PTH104 - a PurePath
        os.rename(path, f"{path}.1")  # noqa: PTH104 - a PurePath


class LogFile:
    """A log file in the line format of a specification. Appends; progress is left out.

    A file that has reached `limit_bytes` becomes `PATH.1`, in place of the one before; 0 for no limit.

    Raises (on construction): An error of `camvault.ports.errors` if the file cannot be opened for writing.
    """

    def __init__(
        self,
        path: PurePath,
        /,
        *,
        clock: Clock,
        line_format: LineFormat = arrows,
        level: Level = Level.INFO,
        redact: Redact = redact_nothing,
        limit_bytes: int = 0,
    ) -> None:
        self._file = _LineFile(path, limit_bytes=limit_bytes)
        self._clock = clock
        self._format = line_format
        self._level = level
        self._redact = redact

    @property
    def problem(self) -> str | None:
        """Why the log is not complete, None if it is."""
        return self._file.problem

    def emit(self, event: Event, /) -> None:
        """Append the event's lines."""
        if level_of(event) < self._level:
            return
        for line in text_lines(event, self._clock.now(), self._format, self._redact):
            self._file.write(line)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class JsonLogFile:
    """A log file with one JSON object a line; otherwise as `LogFile`."""

    def __init__(
        self,
        path: PurePath,
        /,
        *,
        clock: Clock,
        level: Level = Level.INFO,
        redact: Redact = redact_nothing,
        limit_bytes: int = 0,
    ) -> None:
        self._file = _LineFile(path, limit_bytes=limit_bytes)
        self._clock = clock
        self._level = level
        self._redact = redact

    @property
    def problem(self) -> str | None:
        """Why the log is not complete, None if it is."""
        return self._file.problem

    def emit(self, event: Event, /) -> None:
        """Append the event as JSON."""
        if level_of(event) >= self._level:
            self._file.write(json_line(event, self._clock.now(), self._redact))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


_conforms: tuple[type[Reporter], ...] = (LogFile, JsonLogFile)
