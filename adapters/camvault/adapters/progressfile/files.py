"""Adapter for progress files: reads and writes them through a record store, which makes them durable."""

import json
import math
from collections.abc import Collection, Sequence
from pathlib import PurePath
from typing import Any, NoReturn

import attrs
from cattrs import BaseValidationError

from camvault.adapters.progressfile.document import clip_value, problems_of, structured, unstructured
from camvault.ports.errors import RecordError
from camvault.ports.files import RecordStore
from camvault.ports.progress import ClipRecord, Progress, ProgressFiles


@attrs.frozen
class JsonProgressFiles:
    """Progress files as JSON.

    A job saves after every clip, and one clip of thousands has changed then: the text of the others is kept.
    """

    records: RecordStore
    _texts: dict[str, tuple[ClipRecord, str]] = attrs.field(factory=dict, init=False, eq=False, repr=False)

    def load(self, path: PurePath, /) -> Progress | None:
        """The file's content, None if there is no file. See `ProgressFiles.load`."""
        text = self.records.read_text(path)
        if text is None:
            return None
        try:
            return structured(json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite))
        except BaseValidationError as error:
            raise RecordError(path, "; ".join(problems_of(error))) from error
        except (ValueError, RecursionError) as error:
            raise RecordError(path, f"not a progress file: {error}") from error

    def save(self, path: PurePath, progress: Progress, /) -> None:
        """Replace the file. See `ProgressFiles.save`."""
        self.records.write_text(path, self._text(progress))

    def _text(self, progress: Progress) -> str:
        """As `json.dumps` with an indent of 2 would write it."""
        value = unstructured(progress)
        clips = value.pop("clips", None)
        # indenting is slow in Python's json, so the long tables are put together here
        files = [f'    {json.dumps(key)}: "{state}"' for key, state in value["files"].items()]
        parts = [_member(key, entry) if key != "files" else _table(key, files) for key, entry in value.items()]
        if clips is not None:
            parts.append(_table("clips", [self._clip_text(clip) for clip in clips.values()]))
            self._forget_all_but(clips)
        return "{\n" + ",\n".join(parts) + "\n}\n"

    def _clip_text(self, clip: ClipRecord) -> str:
        known = self._texts.get(clip.key)
        if known is not None and known[0] is clip:
            return known[1]
        text = _indented(f"{json.dumps(clip.key)}: {json.dumps(clip_value(clip), indent=2)}", 4)
        self._texts[clip.key] = (clip, text)
        return text

    def _forget_all_but(self, clips: Collection[str]) -> None:
        if len(self._texts) > len(clips):
            for key in self._texts.keys() - clips:
                self._texts.pop(key, None)


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


_conforms: type[ProgressFiles] = JsonProgressFiles
