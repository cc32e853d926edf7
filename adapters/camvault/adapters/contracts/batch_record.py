"""Adapter for pytest: the contract of `BatchRecords`; needs hypothesis."""

import json
from pathlib import PurePath
from typing import Any, Protocol

import attrs
import pytest
from hypothesis import HealthCheck, given, settings

from camvault.adapters.contracts._batch_records import batch_records
from camvault.ports.batch_record import BatchRecord, BatchRecords, ClipRecord, ClipState, Mode, OutputRecord
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import RecordError

PLAIN = {
    "disc_bytes": 25_000_000_000,
    "safety_bytes": 500_000_000,
    "mode": "COPY",
    "kbps": None,
    "files": {"cam1_001.mp4": "done", "cam1_002.mp4": "pending"},
}
"""The specification's own example."""


_LONG = 300


def _long_job() -> BatchRecord:
    clips = (ClipRecord(key=f"{n}.mp4", source=PurePath(f"/c/{n}.mp4"), output_name=f"{n}.mp4") for n in range(_LONG))
    return BatchRecord(25_000_000_000, 1, Mode.COPY, None, tuple(clips))


def _with_done(progress: BatchRecord, place: int) -> BatchRecord:
    made = OutputRecord(FileIdentity(place, 2), f"{place:064x}")
    clips = list(progress.clips)
    clips[place] = attrs.evolve(clips[place], state=ClipState.DONE, output=made)
    return attrs.evolve(progress, clips=tuple(clips))


class BatchRecordHarness(Protocol):
    """The adapter, and the file behind it."""

    @property
    def files(self) -> BatchRecords:
        """The adapter under test."""
        ...

    @property
    def path(self) -> PurePath:
        """A progress file that is not there yet, in a folder that is."""
        ...

    def put(self, text: str) -> None:
        """Write the file as another program would."""
        ...

    def text(self) -> str | None:
        """What is in the file; None without one. UTF-8, surrogates escaped."""
        ...


class BatchRecordsContract:
    """What core relies on: what is saved is loaded, in the specification's format, and nothing doubtful is loaded.

    Provide:
        harness (`BatchRecordHarness`): The adapter under test, and its file.
    """

    @pytest.fixture
    def harness(self) -> BatchRecordHarness:
        """The adapter under test, and its file."""
        raise NotImplementedError("provide the fixture `harness`")

    # A fixture for all examples, and a property that several adapters inherit: both are meant
    @settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
        max_examples=40,
        deadline=None,
    )
    @given(batch_records())
    def test_what_is_saved_is_loaded(self, harness: BatchRecordHarness, progress: BatchRecord) -> None:
        harness.files.save(harness.path, progress)
        assert harness.files.load(harness.path) == progress

    def test_whatever_is_saved_in_a_long_job_is_loaded_by_the_next_process(self, harness: BatchRecordHarness) -> None:
        progress = _long_job()
        for place in range(0, _LONG, 7):
            progress = _with_done(progress, place)
            harness.files.save(harness.path, progress)
            assert harness.files.load(harness.path) == progress

    def test_the_file_alone_lags_behind_by_one_clip_in_a_hundred_at_most_and_never_says_more(
        self, harness: BatchRecordHarness
    ) -> None:
        progress = _long_job()
        for place in range(0, _LONG, 7):
            progress = _with_done(progress, place)
            harness.files.save(harness.path, progress)
            said = json.loads(harness.text() or "")["files"]
            behind = [clip.key for clip in progress.clips if clip.state.value != said[clip.key]]
            assert len(behind) <= _LONG // 100
            assert all(said[key] == "pending" for key in behind)

    def test_a_settled_file_says_everything_alone(self, harness: BatchRecordHarness) -> None:
        progress = _long_job()
        harness.files.save(harness.path, progress)
        for place in range(5):
            progress = _with_done(progress, place)
            harness.files.save(harness.path, progress)
        harness.files.settle(harness.path)
        text = harness.text()
        assert text is not None
        harness.put(json.dumps(json.loads(text)))  # another text, which nothing that stands beside it belongs to
        assert harness.files.load(harness.path) == progress

    def test_a_file_that_somebody_changed_is_as_they_wrote_it(self, harness: BatchRecordHarness) -> None:
        progress = _long_job()
        harness.files.save(harness.path, progress)
        harness.files.save(harness.path, _with_done(progress, 3))
        harness.put(json.dumps(PLAIN))
        found = harness.files.load(harness.path)
        assert found is not None
        assert [clip.key for clip in found.clips] == ["cam1_001.mp4", "cam1_002.mp4"]

    def test_no_file_is_none(self, harness: BatchRecordHarness) -> None:
        assert harness.files.load(harness.path) is None

    def test_the_specification_s_keys_come_first_and_mean_what_it_says(self, harness: BatchRecordHarness) -> None:
        clip = ClipRecord(key="a.mp4", source=PurePath("/c/a.mp4"), output_name="a.mp4")
        harness.files.save(harness.path, BatchRecord(10, 1, Mode.ENCODE, 300, (clip,)))
        text = harness.text()
        assert text is not None
        value: dict[str, Any] = json.loads(text)
        assert list(value)[:5] == ["disc_bytes", "safety_bytes", "mode", "kbps", "files"]
        assert [value[key] for key in list(value)[:5]] == [10, 1, "ENCODE", 300, {"a.mp4": "pending"}]

    def test_the_plain_format_is_read_and_stays_plain(self, harness: BatchRecordHarness) -> None:
        harness.put(json.dumps(PLAIN))
        progress = harness.files.load(harness.path)
        assert progress is not None
        assert progress.mode is Mode.COPY
        assert [(clip.key, clip.state.value, clip.source) for clip in progress.clips] == [
            ("cam1_001.mp4", "done", None),
            ("cam1_002.mp4", "pending", None),
        ]
        harness.files.save(harness.path, progress)
        text = harness.text()
        assert text is not None
        assert json.loads(text) == PLAIN

    def test_a_fractional_bitrate_is_floored(self, harness: BatchRecordHarness) -> None:
        harness.put(json.dumps({**PLAIN, "mode": "ENCODE", "kbps": 812.9}))
        progress = harness.files.load(harness.path)
        assert progress is not None
        assert progress.kbps == 812

    def test_a_file_torn_at_any_byte_is_refused(self, harness: BatchRecordHarness) -> None:
        whole = json.dumps(PLAIN, indent=2)
        for end in range(len(whole)):
            harness.put(whole[:end])
            with pytest.raises(RecordError):
                harness.files.load(harness.path)

    @pytest.mark.parametrize(
        "change",
        [
            {"mode": "MOVE"},
            {"mode": "ENCODE"},
            {"mode": "ENCODE", "kbps": "300"},
            {"mode": "ENCODE", "kbps": True},
            {"mode": "ENCODE", "kbps": 0},
            {"mode": "ENCODE", "kbps": float("nan")},
            {"disc_bytes": "25"},
            {"disc_bytes": 500_000_000},
            {"files": {}},
            {"files": {"a": "started"}},
            {"files": []},
            {"surprise": 1},
        ],
        ids=str,
    )
    def test_what_contradicts_itself_is_refused_and_left_alone(
        self, harness: BatchRecordHarness, change: dict[str, Any]
    ) -> None:
        text = json.dumps({**PLAIN, **change})
        harness.put(text)
        with pytest.raises(RecordError):
            harness.files.load(harness.path)
        assert harness.text() == text

    def test_a_number_beyond_all_is_refused(self, harness: BatchRecordHarness) -> None:
        """JSON's 1e999 becomes an infinite float, which is greater than every bound."""
        text = json.dumps({**PLAIN, "mode": "COPY", "kbps": 1.5}).replace("1.5", "1e999")
        harness.put(text)
        with pytest.raises(RecordError):
            harness.files.load(harness.path)

    @pytest.mark.parametrize(
        "text", ["", "[]", "null", "{", "\0", "[" * 100_000, '{"a": 1, "a": 2}', "Infinity", "1e999"]
    )
    def test_what_is_no_progress_file_is_refused(self, harness: BatchRecordHarness, text: str) -> None:
        harness.put(text)
        with pytest.raises(RecordError):
            harness.files.load(harness.path)
