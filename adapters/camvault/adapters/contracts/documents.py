"""Adapter for pytest: the contract of `Documents`."""

from collections.abc import Callable
from pathlib import PurePath

import pytest

from camvault.ports.documents import Documents
from camvault.ports.errors import RecordError, StorageError

DOCUMENT = {"text": "a\nü\udcff", "number": 1.5, "list": [1, None, True], "table": {"": {}}}

Damage = Callable[[PurePath], None]
"""Breaks the document at a path, as a torn write or a bad disk would."""


class DocumentsContract:
    """What core relies on: what was written last is read, whole or not at all.

    Provide:
        documents (`Documents`): The adapter under test.
        folder (`PurePath`): An empty folder for documents.
        damage (`Damage`): Breaks a document that `documents` wrote, so that it cannot be read as one.
    """

    @pytest.fixture
    def documents(self) -> Documents:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `documents`")

    @pytest.fixture
    def folder(self) -> PurePath:
        """An empty folder."""
        raise NotImplementedError("provide the fixture `folder`")

    @pytest.fixture
    def damage(self) -> Damage:
        """Breaks a document."""
        raise NotImplementedError("provide the fixture `damage`")

    def test_what_was_written_last_is_read(self, documents: Documents, folder: PurePath) -> None:
        path = folder / "state"
        assert documents.read(path) is None

        documents.write(path, {"old": 1})
        documents.write(path, DOCUMENT)

        assert documents.read(path) == DOCUMENT

    def test_each_path_has_a_document_of_its_own(self, documents: Documents, folder: PurePath) -> None:
        documents.write(folder / "one", {"number": 1})
        documents.write(folder / "two", {"number": 2})

        assert documents.read(folder / "one") == {"number": 1}
        assert documents.read(folder / "three") is None

    def test_a_document_is_as_it_was_when_it_was_written(self, documents: Documents, folder: PurePath) -> None:
        document: dict[str, object] = {"list": [1]}
        documents.write(folder / "state", document)
        document["late"] = True

        assert documents.read(folder / "state") == {"list": [1]}

    def test_what_is_no_document_is_an_error(self, documents: Documents, folder: PurePath, damage: Damage) -> None:
        documents.write(folder / "state", DOCUMENT)
        damage(folder / "state")
        with pytest.raises(RecordError):
            documents.read(folder / "state")

    def test_a_folder_that_is_missing_is_an_error(self, documents: Documents, folder: PurePath) -> None:
        with pytest.raises(StorageError):
            documents.write(folder / "no/state", DOCUMENT)
