"""The contract of `Documents`, on both record stores."""

from pathlib import Path, PurePath

import pytest

from camvault.adapters.contracts.documents import DOCUMENT, Damage, DocumentsContract
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.jsonfile import JsonDocuments
from camvault.adapters.memory import MemoryStorage
from camvault.ports.errors import NotFoundError, RecordError
from camvault.ports.files import RecordStore


@pytest.fixture(params=["memory", "local"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> RecordStore:
    if request.param == "local":
        return LocalStorage()
    storage = MemoryStorage()
    storage.put_folder(tmp_path)
    return storage


class TestJsonDocuments(DocumentsContract):
    @pytest.fixture
    def documents(self, records: RecordStore) -> JsonDocuments:
        return JsonDocuments(records)

    @pytest.fixture
    def folder(self, tmp_path: Path) -> PurePath:
        return PurePath(tmp_path)

    @pytest.fixture
    def damage(self, records: RecordStore) -> Damage:
        def tear(path: PurePath) -> None:
            text = records.read_text(path) or ""
            records.write_text(path, text[: len(text) // 2])

        return tear

    @pytest.mark.parametrize("text", ["", "{", '{"a": 1}}', "[" * 100_000])
    def test_what_is_no_json_is_named(self, records: RecordStore, folder: PurePath, text: str) -> None:
        records.write_text(folder / "state", text)
        with pytest.raises(RecordError, match="not JSON"):
            JsonDocuments(records).read(folder / "state")

    def test_a_folder_that_is_missing_is_said_to_be(self, documents: JsonDocuments, folder: PurePath) -> None:
        with pytest.raises(NotFoundError):
            documents.write(folder / "no/state", DOCUMENT)

    def test_what_is_no_number_is_never_written(self, documents: JsonDocuments, folder: PurePath) -> None:
        with pytest.raises(ValueError, match="JSON"):
            documents.write(folder / "state", {"a": float("nan")})
        assert documents.read(folder / "state") is None
