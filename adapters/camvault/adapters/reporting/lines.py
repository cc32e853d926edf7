"""Adapter for reporting, pure part: from an event to one line of text or JSON.

A file name may hold newlines, control characters and bytes that are not UTF-8. None of them may forge a log line, move
a cursor or fail to be written: they are escaped here, for every rendering.
"""

import enum
import json
import os
import re
import shlex
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import attrs

from camvault.adapters.reporting.redaction import Redact, redact_nothing
from camvault.ports.events import Crashed, Event, Level, Progressed, Scoped, level_of, unscoped

LineFormat = Callable[[datetime, Level, str], str]
"""Builds a log line from time, level and an escaped message; each specification has its own."""

# C0, DEL, C1, line and paragraph separators, bidirectional overrides, surrogates
_UNSAFE = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)


_STRAY_BYTES = range(0xDC80, 0xDD00)  # how Python spells a byte of a file name that is not UTF-8
_PLAIN = bytes(range(0x20, 0x7F)) + b"\n"
"""What is printable of ASCII, and the newlines of a text of many lines."""
_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code in _STRAY_BYTES:
        return f"\\x{code - 0xDC00:02x}"
    return _NAMED.get(match[0]) or (f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}")  # noqa: PLR2004 - one byte


def single_line(text: str) -> str:
    """The text as one printable line: control characters, separators and stray bytes as backslash escapes."""
    return _UNSAFE.sub(_escape, text)


def escaped_lines(text: str) -> str:
    """The same for each line of a text of many, whose newlines stay."""
    if text.isascii():
        is_plain = not text.encode("ascii").translate(None, _PLAIN)  # a quarter of the time of `isprintable`
    else:
        is_plain = text.replace("\n", "").isprintable()
    if is_plain:
        return text  # nothing that is printable is escaped
    return "\n".join(map(single_line, text.split("\n")))


def encodable(text: str, encoding: str | None) -> str:
    """The text with everything escaped that a stream of this encoding cannot show."""
    encoding = encoding or "utf-8"
    if text.isascii() and encoding == "utf-8":
        return text
    return text.encode(encoding, "backslashreplace").decode(encoding)


def shell_line(argv: tuple[str, ...]) -> str:
    """A command as one line that can be pasted into any POSIX shell, whatever bytes its arguments hold.

    What must not stand in a line is spelled for `printf`, which every shell knows; `$'…'` is unknown to dash.
    """
    line = shlex.join(argv)
    if not _UNSAFE.search(line):
        return line
    raw = line.replace("\\", "\\\\").replace("%", "%%")
    spelled = _UNSAFE.sub(lambda match: "".join(f"\\{byte:03o}" for byte in os.fsencode(match[0])), raw)
    return f'eval "$(printf {shlex.quote(spelled)})"'


def arrows(at: datetime, level: Level, message: str) -> str:
    """The line format of the body-cam commands: `2025-07-18 12:15:00 CEST ▶ INFO ▶ message`."""
    return f"{at:%Y-%m-%d %H:%M:%S %Z} ▶ {level.name} ▶ {message}"


def brackets(at: datetime, level: Level, message: str) -> str:
    """The line format of the watchdog: `[2025-05-28 15:20:10] [INFO] message`."""
    return f"[{at:%Y-%m-%d %H:%M:%S}] [{level.name}] {message}"


def dashes(at: datetime, level: Level, message: str) -> str:
    """The line format of the camera archive, that of Python's logging: `2025-05-28 15:20:10,123 - INFO - message`."""
    return f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03} - {level.name} - {message}"


LINE_FORMATS: Mapping[str, LineFormat] = {"arrows": arrows, "brackets": brackets, "dashes": dashes}


def message_of(event: Event, redact: Redact = redact_nothing) -> str:
    """The event's sentence, redacted and on one line. An event that cannot say itself is named."""
    try:
        text = str(event)
    except Exception as error:  # noqa: BLE001 - a faulty event must not stop the work
        text = f"{type(event).__name__} (no text: {type(error).__name__})"
    return single_line(redact(text))


def shown_level(event: Event) -> Level:
    """The level that a line names. Progress that is shown at all is news like other news."""
    return Level.INFO if isinstance(unscoped(event), Progressed) else level_of(event)


def text_lines(event: Event, at: datetime, line_format: LineFormat, redact: Redact) -> list[str]:
    """The line of a log file, and one more for each line of a traceback."""
    level = shown_level(event)
    inner = unscoped(event)
    details = inner.traceback if isinstance(inner, Crashed) else ()
    messages = [message_of(event, redact), *(single_line(redact(f"| {line}")) for line in details)]
    return [line_format(at, level, message) for message in messages]


def json_line(event: Event, at: datetime, redact: Redact) -> str:
    r"""One JSON object in ASCII: `at`, `level`, `event`, `scope` (if any), `message`, and the event's fields in `data`.

    Bytes of file names that are not UTF-8 appear as lone surrogates (`\udcff`), as Python's `os.fsdecode` gives them.
    """
    inner = unscoped(event)
    record: dict[str, Any] = {"at": at.isoformat(), "level": shown_level(event).name, "event": type(inner).__name__}
    if isinstance(event, Scoped):
        record["scope"] = event.scope
    record["message"] = message_of(inner, redact)
    record["data"] = _fields(inner, redact)
    return json.dumps(record)


def _fields(value: Any, redact: Redact) -> dict[str, Any]:
    return {a.name: _plain(getattr(value, a.name), redact) for a in attrs.fields(type(value))}


def _plain(value: Any, redact: Redact) -> Any:
    """A value as JSON knows it; what it does not know as redacted text."""
    plain: Any
    match value:
        case enum.Enum():
            plain = _plain(value.value, redact)
        case float():
            plain = value if abs(value) < float("inf") else None  # JSON has no NaN and no infinity
        case None | bool() | int():
            plain = value
        case datetime():
            plain = value.isoformat()
        case Mapping():
            plain = {redact(str(key)): _plain(item, redact) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            plain = [_plain(item, redact) for item in value]
        case _ if attrs.has(type(value)):
            plain = _fields(value, redact)
        case _:
            plain = redact(str(value))
    return plain
