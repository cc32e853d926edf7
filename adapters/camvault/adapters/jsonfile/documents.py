"""Adapter for JSON: documents in files, through a record store, which makes them durable."""

import json
from collections.abc import Callable, Mapping
from pathlib import PurePath

import attrs

from camvault.ports.documents import Documents
from camvault.ports.errors import RecordError
from camvault.ports.files import RecordStore


@attrs.frozen
class JsonDocuments:
    """Documents as JSON, in ASCII."""

    records: RecordStore

    def read(self, path: PurePath, /) -> object:
        """See `Documents`."""
        text = self.records.read_text(path)
        if text is None:
            return None
        try:
            document: object = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RecordError(path, f"not JSON: {error}") from None
        return document

    def write(self, path: PurePath, document: Mapping[str, object], /) -> None:
        """See `Documents`."""
        self.records.write_text(path, json.dumps(document, ensure_ascii=True, allow_nan=False) + "\n")


_: Callable[[RecordStore], Documents] = JsonDocuments
