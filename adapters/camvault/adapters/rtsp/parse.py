"""Adapter for RTSP cameras, pure part: what ffmpeg says while it records."""

import re
from urllib.parse import quote

import attrs

from camvault.adapters.rtsp.argv import ADDRESS_SIGNS
from camvault.ports.recorder import MediaProgress, StreamSource

_CREDENTIALS = re.compile(r"(rtsps?://)[^/\s@]*(?:@[^/\s@]*)*@", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"(authorization:\s*).*", re.IGNORECASE)  # Basic is nothing but base64


def redacted(line: str, source: StreamSource) -> str:
    """`line` without credentials: ffmpeg prints the whole address when it cannot connect, and requests at "trace"."""
    line = _AUTHORIZATION.sub(r"\1***", _CREDENTIALS.sub(r"\1", line))
    # as they were given, and as they stand in the address
    for secret in (source.secret_path, source.password):
        for form in (secret, quote(secret, safe=ADDRESS_SIGNS), quote(secret, safe="")):
            line = line.replace(form, "***") if form else line
    return line


@attrs.define
class ProgressParser:
    """Takes the `key=value` lines of `-progress`, gives one value per report."""

    _frame_count: int | None = None
    _position_us: int | None = None

    def feed(self, line: str) -> MediaProgress | None:
        """The report that `line` ends, if it ends one. "N/A" and unknown keys say nothing."""
        key, _, value = line.partition("=")
        value = value.strip()
        if key == "frame" and value.isdecimal():
            self._frame_count = int(value)
        elif key == "out_time_us" and value.isdecimal():
            self._position_us = int(value)
        elif key == "progress":
            return MediaProgress(self._frame_count, self._position_us)
        return None
