"""The contract of `Documents`, on both record stores."""

from pathlib import Path, PurePath

import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.jsonfile import JsonDocuments
from camvault.adapters.memory import MemoryStorage
from camvault.ports.documents import Documents
from camvault.ports.errors import NotFoundError, RecordError
from camvault.ports.files import RecordStore

DOCUMENT = {"text": "a\nü\udcff", "number": 1.5, "list": [1, None, True], "table": {"": {}}}


@pytest.fixture(params=["memory", "local"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> RecordStore:
    if request.param == "local":
        return LocalStorage()
    storage = MemoryStorage()
    storage.put_folder(tmp_path)
    return storage


class TestContract:
    def test_what_was_written_last_is_read(self, records: RecordStore, tmp_path: Path) -> None:
        documents: Documents = JsonDocuments(records)
        path = PurePath(tmp_path) / "state"
        assert documents.read(path) is None

        documents.write(path, {"old": 1})
        documents.write(path, DOCUMENT)

        assert documents.read(path) == DOCUMENT

    @pytest.mark.parametrize("text", ["", "{", '{"a": 1}}', "[" * 100_000])
    def test_what_is_no_document_is_an_error(self, records: RecordStore, tmp_path: Path, text: str) -> None:
        records.write_text(PurePath(tmp_path) / "state", text)
        with pytest.raises(RecordError, match="not JSON"):
            JsonDocuments(records).read(PurePath(tmp_path) / "state")

    def test_a_folder_that_is_missing_is_an_error(self, records: RecordStore, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError):
            JsonDocuments(records).write(PurePath(tmp_path) / "no/state", DOCUMENT)

    def test_what_is_no_number_is_never_written(self, records: RecordStore, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="JSON"):
            JsonDocuments(records).write(PurePath(tmp_path) / "state", {"a": float("nan")})
        assert JsonDocuments(records).read(PurePath(tmp_path) / "state") is None
