"""Adapter for Matroska: one open and one read for each file."""

import os
from collections.abc import Callable
from pathlib import PurePath

from camvault.adapters._shared.durable import translated
from camvault.adapters.matroska.parse import parse_duration
from camvault.ports.durations import Durations

_HEADER_BYTES = 4096


class MatroskaDurations:
    """Reads the duration from a file's header."""

    def seconds(self, path: PurePath, /) -> float | None:
        """See `Durations`."""
        with translated(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                header = os.read(descriptor, _HEADER_BYTES)
            finally:
                os.close(descriptor)
        return parse_duration(header)


_: Callable[[], Durations] = MatroskaDurations
