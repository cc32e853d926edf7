"""Adapter for progress files: reads and writes them through a record store, which makes them durable."""

import hashlib
import itertools
import json
import math
import operator
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, NoReturn

import attrs
from cattrs import BaseValidationError

from camvault.adapters._shared.durable import temporary_name
from camvault.adapters.progressfile.document import clip_value, head_value, own_value, problems_of, structured
from camvault.ports.batch_record import BatchRecord, BatchRecords, ClipRecord
from camvault.ports.errors import RecordError
from camvault.ports.files import RecordStore


@attrs.frozen
class JsonProgressFiles:
    """Progress files as JSON.

    A job saves after every clip, and one clip of thousands has changed then. So a job of at least `lag_parts` clips
    writes what changed into a journal beside the file, a line each time, and the whole file only when one clip in
    `lag_parts` would stand in the journal alone: the work for a job grows with its clips, not with their square. The
    first line of the journal names the SHA-256 of the file that it continues; beside any other one it means nothing.

    A shorter job, and one of the plain format, has no journal: its file is right after each clip.
    """

    records: RecordStore
    lag_parts: int = attrs.field(default=100, validator=attrs.validators.ge(1))
    _rows: "list[_Rows]" = attrs.field(factory=list, init=False, eq=False, repr=False)
    _journals: "dict[PurePath, _Journal]" = attrs.field(factory=dict, init=False, eq=False, repr=False)

    def load(self, path: PurePath, /) -> BatchRecord | None:
        """The file's content, None if there is no file. See `BatchRecords.load`."""
        text = self.records.read_text(path)
        if text is None:
            return None
        changes = self._changes_since(path, text)
        try:
            value = _parsed(text)
            if changes:
                try:
                    return structured(_changed(value, changes))
                except (BaseValidationError, ValueError, TypeError):
                    pass  # lines that do not belong to it say nothing; the file alone is true, and older
            return structured(value)
        except BaseValidationError as error:
            raise RecordError(path, "; ".join(problems_of(error))) from error
        except (ValueError, RecursionError) as error:
            raise RecordError(path, f"not a progress file: {error}") from error

    def save(self, path: PurePath, progress: BatchRecord, /) -> None:
        """Replace the file, or add to its journal. See `BatchRecords.save`."""
        journal = self._journals.get(path)
        changed = journal.changed_in(progress) if journal and journal.record else []
        if journal is None or not changed or journal.clip_count + len(changed) > len(progress.clips) // self.lag_parts:
            self._replace(path, progress)
            return
        line = json.dumps(_line(changed))
        if journal.clip_count:
            self.records.append_line(_journal_of(path), line)
        else:
            self.records.write_text(_journal_of(path), f"{journal.head}\n{line}\n")
            journal.head_there = journal.head
        journal.record, journal.is_there = progress, True
        journal.clip_count += len(changed)

    def settle(self, path: PurePath, /) -> PurePath | None:
        """Replace the file if there is more in its journal. See `BatchRecords.settle`."""
        journal = self._journals.get(path)
        if journal is None or not journal.is_there:
            return None
        if journal.record is not None and journal.clip_count:
            self._replace(path, journal.record)
        self._journals[path].is_there = False
        return _journal_of(path)

    def _replace(self, path: PurePath, progress: BatchRecord) -> None:
        text, before = self._text(progress), self._journals.get(path, _Journal())
        head = _head_for(text)
        if before.head_there == head:
            # the file becomes again what it was: the old journal would continue it once more
            self.records.write_text(_journal_of(path), "")
            before.head_there = ""
        self.records.write_text(path, text)
        # Power fails here: the journal continues the file before this one, and means nothing any more
        self._journals[path] = _Journal(
            progress,
            head,
            is_plain=own_value(progress) is None,
            is_there=before.is_there,
            head_there=before.head_there,
        )

    def _changes_since(self, path: PurePath, text: str) -> list[dict[str, Any]]:
        """What the journal says of this text, up to the first line that is torn or damaged."""
        content = self.records.read_text(_journal_of(path))
        if content is None:
            return []
        head, *lines = content.split("\n")
        known = self._journals.setdefault(path, _Journal())
        known.is_there, known.head_there = True, head
        found: list[dict[str, Any]] = []
        if head != _head_for(text):
            return found
        for line in lines[:-1]:
            try:
                change = _parsed(line)
            except (ValueError, RecursionError):
                break
            if not isinstance(change, dict) or not all(isinstance(change.get(key), dict) for key in _TABLES):
                break
            found.append(change)
        return found

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


_TABLES = ("files", "clips")


@attrs.define
class _Journal:
    """What this object knows of the journal of one file.

    `record` is what was saved last, `head` the first line of a journal that continues the file, and `head_there` the
    first line of the journal which stands beside it.
    """

    record: BatchRecord | None = None
    head: str = ""
    is_plain: bool = False
    clip_count: int = 0
    is_there: bool = False
    head_there: str = ""

    def changed_in(self, progress: BatchRecord) -> list[ClipRecord]:
        """The clips that are other ones now; none if more has changed than a line of a journal can say."""
        before = self.record
        if before is None or self.is_plain or len(before.clips) != len(progress.clips):
            return []
        if attrs.evolve(before, clips=()) != attrs.evolve(progress, clips=()):
            return []
        differs = map(operator.is_not, before.clips, progress.clips)
        places = list(itertools.compress(range(len(progress.clips)), differs))
        pairs = ((before.clips[place], progress.clips[place]) for place in places)
        if any(old.key != new.key or new.source is None for old, new in pairs):
            return []
        return [progress.clips[place] for place in places]


def _journal_of(path: PurePath) -> PurePath:
    """Beside the file, and known as unfinished: it goes onto no disc, and `cleanup` removes it."""
    return temporary_name(path.with_name(f"{path.name}.journal"))


def _head_for(text: str) -> str:
    return json.dumps({"continues": hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()})


def _line(clips: Sequence[ClipRecord]) -> dict[str, Any]:
    return {
        "files": {clip.key: clip.state.value for clip in clips},
        "clips": {clip.key: clip_value(clip) for clip in clips},
    }


def _changed(value: Any, changes: Sequence[dict[str, Any]]) -> Any:
    """The document with these changes in it. Raises ValueError if they are of clips that it does not have."""
    tables = {key: dict(value[key]) for key in _TABLES}
    for change in changes:
        for key, table in tables.items():
            if not change[key].keys() <= table.keys():
                raise ValueError(f"a change of clips that are not in {key}")
            table.update(change[key])
    return {**value, **tables}


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


def _parsed(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)


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
