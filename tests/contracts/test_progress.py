"""The contract of `BatchRecords`, on real and in-memory storage."""

import json
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import attrs
import pytest

from camvault.adapters.contracts.batch_record import PLAIN, BatchRecordsContract
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.ports.batch_record import BatchRecord, BatchRecords, ClipRecord, ClipState, Mode, OutputRecord
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import RecordError
from camvault.ports.files import RecordStore


@attrs.frozen
class World:
    records: RecordStore
    files: BatchRecords
    path: PurePath

    def put(self, text: str) -> None:
        self.records.write_text(self.path, text)

    def text(self) -> str | None:
        return self.records.read_text(self.path)


def _local(tmp_path: Path) -> World:
    storage = LocalStorage()
    return World(storage, JsonProgressFiles(storage), tmp_path / "progress.json")


def _memory(_: Path) -> World:
    storage = MemoryStorage()
    storage.make_folder(PurePath("/desk"))
    return World(storage, JsonProgressFiles(storage), PurePath("/desk/progress.json"))


class TestProgressFiles(BatchRecordsContract):
    @pytest.fixture(params=[_local, _memory], ids=["local", "memory"])
    def harness(self, request: pytest.FixtureRequest, tmp_path: Path) -> World:
        make: Callable[[Path], World] = request.param
        return make(tmp_path)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"mode": "MOVE"}, "'MOVE' is not a valid Mode @ $.mode"),
            ({"mode": "ENCODE"}, "$.kbps: expected a number of at least 1 for mode ENCODE, found None"),
            ({"mode": "ENCODE", "kbps": "300"}, "expected a number or null, found '300' @ $.kbps"),
            ({"mode": "ENCODE", "kbps": True}, "expected a number or null, found True @ $.kbps"),
            ({"mode": "ENCODE", "kbps": 0}, "found 0"),
            ({"mode": "ENCODE", "kbps": float("nan")}, "NaN is not a number"),
            ({"disc_bytes": "25"}, "expected int, found '25' @ $.disc_bytes"),
            ({"disc_bytes": 500_000_000}, "$.safety_bytes: 500000000 leaves nothing of 500000000 disc bytes"),
            ({"files": {}}, "$.files: no clip"),
            ({"files": {"a": "started"}}, "'started' is not a valid ClipState @ $.files['a']"),
            ({"files": []}, "$.files"),
            ({"surprise": 1}, "unknown key 'surprise' @ $"),
            ({"format": 2}, "$"),
            ({"format": 1}, "$.clips: does not describe the clips"),
            ({"clips": {"cam1_001.mp4": {"source": "relative"}}}, "$.clips"),
        ],
    )
    def test_what_is_wrong_is_said_with_its_place(self, harness: World, change: dict[str, Any], words: str) -> None:
        text = json.dumps({**PLAIN, **change})
        harness.put(text)
        with pytest.raises(RecordError) as caught:
            harness.files.load(harness.path)
        assert words in str(caught.value)
        assert harness.text() == text

    def test_a_number_beyond_all_is_named(self, harness: World) -> None:
        """JSON's 1e999 becomes an infinite float, which is greater than every bound."""
        text = json.dumps({**PLAIN, "mode": "COPY", "kbps": 1.5}).replace("1.5", "1e999")
        harness.put(text)
        with pytest.raises(RecordError, match="1e999 is too large"):
            harness.files.load(harness.path)

    @pytest.mark.parametrize(
        ("place", "value", "words"),
        [
            (("output",), "../evil", "not a file name"),
            (("output",), "b.mp4", "two clips have the same output"),
            (("source",), "a.mp4", "not an absolute path"),
            (("made",), None, "missing for a clip that is done"),
            (("made", "sha256"), "short", "sha256"),
            (("made", "source_sha256"), "short", "source_sha256"),
            (("encodes",), [{"size_bytes": 1}], "exactly one of kbps and crf_quarters"),
            (("encodes",), [{"size_bytes": 1, "kbps": 1, "crf_quarters": 9}], "exactly one of kbps and crf_quarters"),
        ],
    )
    def test_described_clips_must_make_sense(
        self, harness: World, place: tuple[str, ...], value: object, words: str
    ) -> None:
        made = OutputRecord(FileIdentity(1, 2), "0" * 64)
        clips = tuple(
            ClipRecord(
                key=key,
                state=ClipState.DONE,
                source=PurePath("/c") / key,
                source_identity=FileIdentity(1, 2),
                output_name=key,
                output=made,
            )
            for key in ("a.mp4", "b.mp4")
        )
        harness.files.save(harness.path, BatchRecord(10, 1, Mode.COPY, None, clips))
        document = json.loads(harness.text() or "")
        target = document["clips"]["a.mp4"]
        for key in place[:-1]:
            target = target[key]
        target[place[-1]] = value
        harness.put(json.dumps(document))
        with pytest.raises(RecordError, match=words):
            harness.files.load(harness.path)
