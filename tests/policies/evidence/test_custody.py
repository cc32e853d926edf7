"""custody.jsonl: read back as written, by us and by anybody."""

import json

import attrs
import pytest
from hypothesis import given

from camvault.core.evidence.camera_start import ClockSource
from camvault.core.evidence.custody import (
    ClipCustody,
    Custody,
    DiscRecord,
    How,
    Made,
    Original,
    clip_line_bytes,
    custody_text,
    parse_custody,
)
from camvault.core.evidence.errors import EvidenceError
from tests.policies.evidence.examples import CUSTODIES

DISC = DiscRecord(
    label="SHIFT", disc_id="ab", stamp="2025-07-18T10:15:00Z", files=1, size_bytes=5, tools={"tool": "x 1"}
)
CLIP = ClipCustody(
    name="cam1.mp4",
    camera="cam1",
    start="2025-07-18T10:15:00Z",
    clock=ClockSource.METADATA,
    duration_s=2.0,
    original=Original(path="/card/cam1.mp4", size_bytes=9, mtime="2025-07-18T10:15:02Z", sha256="1" * 64),
    made=Made(how=How.ENCODE, argv=("ffmpeg", "-i", "a b"), tool="ffmpeg 7.1", doubts=("two frames",)),
    size_bytes=5,
    sha256="2" * 64,
)


@given(CUSTODIES)
def test_every_record_comes_back(custody: Custody) -> None:
    assert parse_custody(custody_text(custody)) == custody


def test_the_lines_are_those_that_were_agreed() -> None:
    disc, clip = map(json.loads, custody_text(Custody(DISC, (CLIP,))).splitlines())
    assert disc["type"] == "disc"
    assert clip == {
        "type": "clip",
        "name": "cam1.mp4",
        "camera": "cam1",
        "start": "2025-07-18T10:15:00Z",
        "clock": "metadata",
        "duration_s": 2.0,
        "original": {"path": "/card/cam1.mp4", "bytes": 9, "mtime": "2025-07-18T10:15:02Z", "sha256": "1" * 64},
        "made": {"how": "encode", "argv": ["ffmpeg", "-i", "a b"], "tool": "ffmpeg 7.1", "doubts": ["two frames"]},
        "on_disc": {"bytes": 5, "sha256": "2" * 64},
    }


@given(CUSTODIES)
def test_what_a_clip_takes_is_known(custody: Custody) -> None:
    alone = custody_text(attrs.evolve(custody, clips=()))
    size_bytes = len(custody_text(custody).encode()) - len(alone.encode())
    assert size_bytes == sum(map(clip_line_bytes, custody.clips))


def test_lines_of_a_later_version_are_passed_over() -> None:
    text = custody_text(Custody(DISC, (CLIP,))) + '{"type": "event", "new": 1}\n'
    assert parse_custody(text) == Custody(DISC, (CLIP,))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "torn"),
        (custody_text(Custody(DISC, (CLIP,)))[:-1], "torn"),
        ("{\n", "expected"),
        ("[]\n", "line 1 is no object"),
        ('{"type": "clip"}\n', "first line"),
        ('{"type": "disc", "format": 2}\n', "first line"),
    ],
)
def test_what_is_no_record_is_refused(text: str, words: str) -> None:
    with pytest.raises(EvidenceError, match=words):
        parse_custody(text)
