"""Wrong adapters of `Documents` and `ProgressFiles`."""

from collections.abc import Mapping
from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.contracts.batch_record import BatchRecordsContract
from camvault.adapters.contracts.documents import Damage, DocumentsContract
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.ports.batch_record import BatchRecord
from camvault.ports.errors import (
    NotFoundError,
    RecordError,
)
from tests.contracts import (
    test_progress,
)
from tests.contracts.wrong.refusal import by


class _Shelf:
    """Keeps documents in memory, and takes what it cannot read for nothing."""

    def __init__(self) -> None:
        self.held: dict[PurePath, object] = {}

    def read(self, path: PurePath, /) -> object:
        return self.held.get(path)

    def write(self, path: PurePath, document: Mapping[str, object], /) -> None:
        if path.parent.name == "no":
            raise NotFoundError(path)
        self.held[path] = document


class TestDocumentsThatAreNotKept(DocumentsContract):
    REFUSED_BY = by("a_document_is_as_it_was_when_it_was_written", "what_is_no_document_is_an_error")

    @pytest.fixture
    def documents(self) -> _Shelf:
        return _Shelf()

    @pytest.fixture
    def folder(self) -> PurePath:
        return PurePath("/state")

    @pytest.fixture
    def damage(self, documents: _Shelf) -> Damage:
        return lambda path: documents.held.update({path: None})


class _Progress(BatchRecordsContract):
    files: type[JsonProgressFiles]

    @pytest.fixture
    def harness(self) -> test_progress.World:
        storage = MemoryStorage()
        storage.make_folder(PurePath("/desk"))
        return test_progress.World(storage, self.files(storage), PurePath("/desk/progress.json"))


class _Lossy(JsonProgressFiles):
    def save(self, path: PurePath, progress: BatchRecord, /) -> None:
        super().save(path, attrs.evolve(progress, safety_bytes=0))


class TestProgressThatChangesAFigure(_Progress):
    REFUSED_BY = by(
        "what_is_saved_is_loaded",
        "the_specification_s_keys_come_first_and_mean_what_it_says",
        "the_plain_format_is_read_and_stays_plain",
        "a_settled_file_says_everything_alone",
        "whatever_is_saved_in_a_long_job_is_loaded_by_the_next_process",
    )
    files = _Lossy


class _Hopeful(JsonProgressFiles):
    """Takes a file that it cannot read for none: the job begins anew."""

    def load(self, path: PurePath, /) -> BatchRecord | None:
        try:
            return super().load(path)
        except RecordError:
            return None


class TestProgressThatBeginsAnew(_Progress):
    REFUSED_BY = by(
        "a_file_torn_at_any_byte_is_refused",
        "what_contradicts_itself_is_refused_and_left_alone",
        "a_number_beyond_all_is_refused",
        "what_is_no_progress_file_is_refused",
    )
    files = _Hopeful
