"""Adapter for progress files: reads and writes them through a record store, which makes them durable."""

import json
from pathlib import PurePath
from typing import Any, NoReturn

import attrs
from cattrs import BaseValidationError

from camvault.adapters.progressfile.document import problems_of, structured, unstructured
from camvault.ports.errors import RecordError
from camvault.ports.files import RecordStore
from camvault.ports.progress import Progress, ProgressFiles


@attrs.frozen
class JsonProgressFiles:
    """Progress files as JSON."""

    records: RecordStore

    def load(self, path: PurePath, /) -> Progress | None:
        """The file's content, None if there is no file. See `ProgressFiles.load`."""
        text = self.records.read_text(path)
        if text is None:
            return None
        try:
            return structured(json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse))
        except BaseValidationError as error:
            raise RecordError(path, "; ".join(problems_of(error))) from error
        except (ValueError, RecursionError) as error:
            raise RecordError(path, f"not a progress file: {error}") from error

    def save(self, path: PurePath, progress: Progress, /) -> None:
        """Replace the file. See `ProgressFiles.save`."""
        self.records.write_text(path, json.dumps(unstructured(progress), indent=2, ensure_ascii=True) + "\n")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key occurs twice")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")


_conforms: type[ProgressFiles] = JsonProgressFiles
