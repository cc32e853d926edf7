"""Where a file came from: the record of the batch is believed, and a file without one is its own original."""

from pathlib import PurePath

import attrs

from camvault.core.evidence.camera_start import ClockSource
from camvault.core.evidence.clip_custody import SeenFile, clip_custody
from camvault.core.evidence.custody import How
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Coding, Mode, OutputRecord
from camvault.ports.clip_facts import ContainerFacts
from camvault.ports.entries import FileIdentity

ON_DISC, ORIGINAL = "2" * 64, "1" * 64
TOOL = "camvault 1"
SEEN = SeenFile(name="cam1.mp4", source=PurePath("/build/cam1.mp4"), identity=FileIdentity(50, 0), sha256=ON_DISC)
OUTPUT = OutputRecord(FileIdentity(50, 0), ON_DISC, ORIGINAL, "two frames", ("ffmpeg", "-i", "x"), "ffmpeg 7.1")
CLIP = ClipRecord(
    key="cam1.mov",
    state=ClipState.DONE,
    source=PurePath("/card/cam1_20250718101500.mov"),
    source_identity=FileIdentity(900, 1_000_000_000),
    duration_s=2.5,
    output_name="cam1.mp4",
    output=OUTPUT,
)
ENCODED = BatchRecord(1000, 0, Mode.ENCODE, 300, (CLIP,))


def test_an_encode_names_its_original_and_what_was_done() -> None:
    found = clip_custody(SEEN, batch=ENCODED, clip=CLIP, tool=TOOL)
    assert (found.original.path, found.original.size_bytes) == ("/card/cam1_20250718101500.mov", 900)
    assert (found.original.mtime, found.original.sha256) == ("1970-01-01T00:00:01Z", ORIGINAL)
    assert (found.made.how, found.made.argv, found.made.tool) == (How.ENCODE, ("ffmpeg", "-i", "x"), "ffmpeg 7.1")
    assert found.made.doubts == ("two frames",)
    assert (found.start, found.clock, found.duration_s) == ("2025-07-18T10:15:00", ClockSource.NAME, 2.5)
    assert (found.size_bytes, found.sha256) == (50, ON_DISC)


def test_a_copy_has_the_digest_of_its_original() -> None:
    copied = attrs.evolve(CLIP, output=OutputRecord(FileIdentity(50, 0), ON_DISC), source_identity=None)
    for batch, clip in (
        (attrs.evolve(ENCODED, mode=Mode.COPY, kbps=None), copied),
        (ENCODED, attrs.evolve(copied, coding=Coding.AS_IS)),
    ):
        found = clip_custody(SEEN, batch=batch, clip=clip, tool=TOOL)
        assert (found.made.how, found.made.tool, found.made.doubts) == (How.COPY, TOOL, ())
        assert (found.original.sha256, found.original.size_bytes) == (ON_DISC, 50)


def test_an_encode_of_another_tool_has_no_digest_of_its_original() -> None:
    clip = attrs.evolve(CLIP, output=OutputRecord(FileIdentity(50, 0), ON_DISC), duration_s=0)
    seen = attrs.evolve(SEEN, facts=ContainerFacts(3.0, {"creation_time": "2025-07-18T10:15:00Z"}))
    found = clip_custody(seen, batch=ENCODED, clip=clip, tool=TOOL)
    assert (found.original.sha256, found.duration_s, found.clock) == ("", 3.0, ClockSource.METADATA)


def test_a_file_without_record_is_its_own_original() -> None:
    unrecorded = attrs.evolve(CLIP, output=None)
    plain = attrs.evolve(CLIP, source=None)
    for batch, clip in ((None, CLIP), (ENCODED, None), (ENCODED, unrecorded), (ENCODED, plain)):
        found = clip_custody(SEEN, batch=batch, clip=clip, tool=TOOL)
        assert (found.original.path, found.original.sha256) == ("/build/cam1.mp4", ON_DISC)
        assert found.made.how is How.COPY
