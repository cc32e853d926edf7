"""Adapter for ruamel.yaml: a file to plain values."""

from pathlib import Path, PurePath

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from camvault.adapters._shared.durable import read_regular
from camvault.ports.errors import RecordError


def read_yaml(path: PurePath) -> object:
    """The document in a file: tables, lists, texts, numbers, true, false and None.

    Raises:
        RecordError: It cannot be read, or is no YAML; line and column are named.
    """
    try:
        content = read_regular(Path(path))
    except OSError as error:
        raise RecordError(path, error.strerror or "cannot be read") from error
    try:
        return YAML(typ="safe", pure=True).load(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise RecordError(path, f"not UTF-8 at byte {error.start}") from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise RecordError(path, _problem(error)) from error


def _problem(error: Exception) -> str:
    """One sentence of the parser's message, which has a line for each place."""
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    if mark is None:
        return f"no YAML: {str(error).partition(chr(10))[0]}"
    return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"  # type: ignore[attr-defined]
