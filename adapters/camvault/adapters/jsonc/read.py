"""Adapter for json5: text or a file to plain values. A key that stands twice is an error, not the last one's win."""

from pathlib import Path, PurePath

import json5

from camvault.adapters._shared.durable import read_regular
from camvault.ports.errors import RecordError


def parse_jsonc(text: str, *, path: PurePath) -> object:
    """The values in `text`; `path` is for messages.

    Raises:
        RecordError: With line and column; never with the content of the line, which may hold a password.
    """
    try:
        value: object = json5.loads(text.removeprefix("\ufeff"), allow_duplicate_keys=False)
    except (ValueError, RecursionError) as error:
        raise RecordError(path, f"not valid JSON: {_where(str(error))}") from None
    return value


def read_jsonc(path: Path) -> object:
    """The values in the file.

    Raises:
        RecordError: It cannot be read, or is no JSON with comments.
    """
    try:
        text = read_regular(path).decode("utf-8")
    except OSError as error:
        raise RecordError(path, error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise RecordError(path, f"not UTF-8 at byte {error.start}") from error
    return parse_jsonc(text, path=path)


def _where(message: str) -> str:
    # json5 0.17: "<string>:2 Unexpected ... at column 2", and "Duplicate key ... found in object"
    at_line = message.removeprefix("<string>:")
    return message if at_line == message else f"line {at_line}"
