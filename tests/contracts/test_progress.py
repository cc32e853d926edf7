"""The contract of `ProgressFiles`, on real and in-memory storage."""

import json
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import RecordError
from camvault.ports.files import RecordStore
from camvault.ports.media import ConstantQuality, TargetBitrate
from camvault.ports.progress import (
    Allocation,
    ClipRecord,
    ClipState,
    EncodeOptions,
    EncodeRecord,
    Mode,
    OutputRecord,
    Progress,
    ProgressFiles,
    SampleRecord,
)

PLAIN = {
    "disc_bytes": 25_000_000_000,
    "safety_bytes": 500_000_000,
    "mode": "COPY",
    "kbps": None,
    "files": {"cam1_001.mp4": "done", "cam1_002.mp4": "pending"},
}
"""The specification's own example."""


@attrs.frozen
class World:
    records: RecordStore
    files: ProgressFiles
    path: PurePath


def _local(tmp_path: Path) -> World:
    storage = LocalStorage()
    return World(storage, JsonProgressFiles(storage), tmp_path / "progress.json")


def _memory(_: Path) -> World:
    storage = MemoryStorage()
    storage.make_folder(PurePath("/desk"))
    return World(storage, JsonProgressFiles(storage), PurePath("/desk/progress.json"))


@pytest.fixture(params=[_local, _memory], ids=["local", "memory"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    make: Callable[[Path], World] = request.param
    return make(tmp_path)


TEXT = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]) | st.sampled_from("\udc80\udcff"), min_size=1
).filter(lambda name: name not in (".", ".."))
BYTES = st.integers(0, 2**63)
IDENTITIES = st.builds(FileIdentity, BYTES, st.integers(-(2**62), 2**62))
RATES = st.builds(TargetBitrate, st.integers(1, 10**6)) | st.builds(ConstantQuality, st.integers(4, 252))
SHA = st.text("0123456789abcdef", min_size=64, max_size=64)
LENGTHS = st.floats(0.125, 1e6)


@st.composite
def progresses(draw: st.DrawFn) -> Progress:
    clips = []
    for index, key in enumerate(draw(st.lists(TEXT, min_size=1, max_size=4, unique=True))):
        output = draw(st.none() | st.builds(OutputRecord, IDENTITIES, SHA, st.none() | SHA, TEXT | st.just("")))
        clips.append(
            ClipRecord(
                key=key,
                state=draw(st.sampled_from(ClipState)) if output else ClipState.PENDING,
                source=PurePath("/") / draw(TEXT),
                source_identity=draw(st.none() | IDENTITIES),
                duration_s=draw(LENGTHS),
                has_audio=draw(st.booleans()),
                output_name=f"{index}.mp4",
                output=output,
                samples=tuple(
                    draw(st.lists(st.builds(SampleRecord, LENGTHS, LENGTHS, st.integers(4, 252), BYTES), max_size=2))
                ),
                encodes=tuple(draw(st.lists(st.builds(EncodeRecord, RATES, BYTES, st.booleans()), max_size=2))),
            )
        )
    mode = draw(st.sampled_from(Mode))
    return Progress(
        disc_bytes=draw(st.integers(101, 10**12)),
        safety_bytes=draw(st.integers(0, 100)),
        mode=mode,
        kbps=draw(st.integers(1, 10**6)) if mode is Mode.ENCODE else None,
        clips=tuple(clips),
        options=EncodeOptions(
            allocation=draw(st.sampled_from(Allocation)), preset=draw(st.integers(0, 13)), thread_count=draw(BYTES)
        ),
    )


class TestProgressFiles:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
    @given(progresses())
    def test_what_is_saved_is_loaded(self, world: World, progress: Progress) -> None:
        world.files.save(world.path, progress)
        assert world.files.load(world.path) == progress

    def test_no_file_is_none(self, world: World) -> None:
        assert world.files.load(world.path) is None

    def test_the_specification_s_keys_come_first_and_mean_what_it_says(self, world: World) -> None:
        clip = ClipRecord(key="a.mp4", source=PurePath("/c/a.mp4"), output_name="a.mp4")
        world.files.save(world.path, Progress(10, 1, Mode.ENCODE, 300, (clip,)))
        text = world.records.read_text(world.path)
        assert text is not None
        value: dict[str, Any] = json.loads(text)
        assert list(value)[:5] == ["disc_bytes", "safety_bytes", "mode", "kbps", "files"]
        assert [value[key] for key in list(value)[:5]] == [10, 1, "ENCODE", 300, {"a.mp4": "pending"}]

    def test_the_plain_format_is_read_and_stays_plain(self, world: World) -> None:
        world.records.write_text(world.path, json.dumps(PLAIN))
        progress = world.files.load(world.path)
        assert progress is not None
        assert progress.mode is Mode.COPY
        assert [(clip.key, clip.state.value, clip.source) for clip in progress.clips] == [
            ("cam1_001.mp4", "done", None),
            ("cam1_002.mp4", "pending", None),
        ]
        world.files.save(world.path, progress)
        text = world.records.read_text(world.path)
        assert text is not None
        assert json.loads(text) == PLAIN

    def test_a_fractional_bitrate_is_floored(self, world: World) -> None:
        world.records.write_text(world.path, json.dumps({**PLAIN, "mode": "ENCODE", "kbps": 812.9}))
        progress = world.files.load(world.path)
        assert progress is not None
        assert progress.kbps == 812

    def test_a_file_torn_at_any_byte_is_refused(self, world: World) -> None:
        whole = json.dumps(PLAIN, indent=2)
        for end in range(len(whole)):
            world.records.write_text(world.path, whole[:end])
            with pytest.raises(RecordError):
                world.files.load(world.path)

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
    def test_what_is_wrong_is_said_with_its_place(self, world: World, change: dict[str, Any], words: str) -> None:
        text = json.dumps({**PLAIN, **change})
        world.records.write_text(world.path, text)
        with pytest.raises(RecordError) as caught:
            world.files.load(world.path)
        assert words in str(caught.value)
        assert world.records.read_text(world.path) == text

    def test_a_number_beyond_all_is_refused(self, world: World) -> None:
        """JSON's 1e999 becomes an infinite float, which is greater than every bound."""
        text = json.dumps({**PLAIN, "mode": "COPY", "kbps": 1.5}).replace("1.5", "1e999")
        world.records.write_text(world.path, text)
        with pytest.raises(RecordError, match="1e999 is too large"):
            world.files.load(world.path)

    @pytest.mark.parametrize(
        "text", ["", "[]", "null", "{", "\0", "[" * 100_000, '{"a": 1, "a": 2}', "Infinity", "1e999"]
    )
    def test_what_is_no_progress_file_is_refused(self, world: World, text: str) -> None:
        world.records.write_text(world.path, text)
        with pytest.raises(RecordError):
            world.files.load(world.path)

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
        self, world: World, place: tuple[str, ...], value: object, words: str
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
        world.files.save(world.path, Progress(10, 1, Mode.COPY, None, clips))
        document = json.loads(world.records.read_text(world.path) or "")
        target = document["clips"]["a.mp4"]
        for key in place[:-1]:
            target = target[key]
        target[place[-1]] = value
        world.records.write_text(world.path, json.dumps(document))
        with pytest.raises(RecordError, match=words):
            world.files.load(world.path)
