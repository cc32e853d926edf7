"""Adapter for files of traces: a file to rows; what may be in a row is not known here."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

from camvault.adapters._shared.durable import read_regular
from camvault.ports.errors import RecordError


def read_rows(path: PurePath) -> Iterator[Mapping[str, object]]:
    """The rows of a file: JSON lines if it begins with a brace, CSV with a heading otherwise.

    Raises:
        RecordError: It cannot be read, or a row is none; the row is named.
    """
    try:
        text = read_regular(Path(path)).decode("utf-8-sig")
    except OSError as error:
        raise RecordError(path, error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise RecordError(path, f"not UTF-8 at byte {error.start}") from error
    return _json_rows(path, text) if text.lstrip().startswith("{") else _csv_rows(path, text)


def _csv_rows(path: PurePath, text: str) -> Iterator[Mapping[str, object]]:
    try:
        for row in csv.DictReader(text.splitlines()):
            yield {"too many cells" if name is None else name: value for name, value in row.items()}
    except csv.Error as error:
        raise RecordError(path, f"no CSV: {error}") from error


def _json_rows(path: PurePath, text: str) -> Iterator[Mapping[str, object]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RecordError(path, f"row {number}: no JSON: {error}") from error
        if not isinstance(row, dict):
            raise RecordError(path, f"row {number}: found {line.strip()[:40]}, expected an object")
        yield row
