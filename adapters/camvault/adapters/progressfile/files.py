"""Adapter for progress files: reads and writes them through a record store, which makes them durable."""

import json
import math
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, NoReturn

import attrs
from cattrs import BaseValidationError

from camvault.adapters.progressfile.document import clip_value, head_value, own_value, problems_of, structured
from camvault.ports.batch_record import BatchRecord, BatchRecords, ClipRecord
from camvault.ports.errors import RecordError
from camvault.ports.files import RecordStore


@attrs.frozen
class JsonProgressFiles:
    """Progress files as JSON.

    A job saves after every clip, and one clip of thousands has changed then: the lines of the others are kept. There is
    no journal beside the file: the specification wants the file itself to be right after each clip, also after a kill.
    """

    records: RecordStore
    _rows: "list[_Rows]" = attrs.field(factory=list, init=False, eq=False, repr=False)

    def load(self, path: PurePath, /) -> BatchRecord | None:
        """The file's content, None if there is no file. See `BatchRecords.load`."""
        text = self.records.read_text(path)
        if text is None:
            return None
        try:
            return structured(json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite))
        except BaseValidationError as error:
            raise RecordError(path, "; ".join(problems_of(error))) from error
        except (ValueError, RecursionError) as error:
            raise RecordError(path, f"not a progress file: {error}") from error

    def save(self, path: PurePath, progress: BatchRecord, /) -> None:
        """Replace the file. See `BatchRecords.save`."""
        self.records.write_text(path, self._text(progress))

    def _text(self, progress: BatchRecord) -> str:
        """As `json.dumps` with an indent of 2 would write it."""
        del self._rows[len(progress.clips) :]
        for number, clip in enumerate(progress.clips):
            if number == len(self._rows):
                self._rows.append(_Rows.of(clip))
            elif self._rows[number].clip is not clip:
                self._rows[number] = _Rows.of(clip)
        # indenting is slow in Python's json, so the long tables are put together here
        parts = [_member(key, value) for key, value in head_value(progress).items()]
        parts.append(_table("files", [rows.state for rows in self._rows]))
        own = own_value(progress)
        if own is not None:
            parts += [_member(key, value) for key, value in own.items()]
            parts.append(_table("clips", [rows.description for rows in self._rows]))
        return "{\n" + ",\n".join(parts) + "\n}\n"


@attrs.frozen
class _Rows:
    """The lines of one clip, in `files` and in `clips`."""

    clip: ClipRecord
    state: str
    description: str

    @classmethod
    def of(cls, clip: ClipRecord) -> "_Rows":
        key = json.dumps(clip.key)
        description = _indented(f"{key}: {json.dumps(clip_value(clip), indent=2)}", 4)
        return cls(clip, f'    {key}: "{clip.state}"', description)


def _member(key: str, value: Any) -> str:
    return _indented(f"{json.dumps(key)}: {json.dumps(value, indent=2)}", 2)


def _table(key: str, rows: Sequence[str]) -> str:
    return f"  {json.dumps(key)}: {{\n" + ",\n".join(rows) + "\n  }"


def _indented(text: str, width: int) -> str:
    margin = " " * width
    return margin + text.replace("\n", f"\n{margin}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key occurs twice")
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")


_conforms: type[BatchRecords] = JsonProgressFiles
