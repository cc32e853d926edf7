"""What a muxer leaves out without a word is a doubt: the output is read again, and compared with the clip."""

import struct
from pathlib import Path
from typing import Any

import attrs
import pytest

from camvault.adapters.ffmpeg.outcome import Told, output_doubts, packet_doubts
from camvault.adapters.ffmpeg.streams import Mapping, Source, SourceStream
from camvault.adapters.ffmpeg.tags import parse_chapters
from camvault.adapters.ffmpeg.talk import StreamCount, Talk
from tests.adapters.ffmpeg.test_all_of_it import X264, encoded, made, picture
from tests.adapters.ffmpeg.test_makers_data import box, with_boxes
from tests.adapters.ffmpeg.tools import tools

PICTURE = SourceStream(0, "video", "h264")
TEXT = SourceStream(1, "subtitle", "mov_text")
COVER = SourceStream(2, "video", "png", is_cover=True)
CODE = SourceStream(3, "data", "none", tag="tmcd")
MAPPING = Mapping((PICTURE,), subtitles=(TEXT,), copied=(COVER,))
CLIP = Told(
    Source("mov,mp4", (PICTURE, TEXT, COVER, CODE), chapter_count=1),
    {"title": "Shift 7", "creation_time": "2024-01-08T11:12:13.500000Z", "encoder": "Cam", "location": "+48.13702"},
    [{"timecode": "10:00:00:00"}],
    [{"title": "one"}],
)
OUTPUT = attrs.evolve(
    CLIP,
    tags={"title": "Shift 7", "creation_time": "2024-01-08T11:12:13.000000Z", "location": "+48.13702"},
)


def doubts(clip: Told, output: Told, *, keys: dict[str, str] | None = None, codes: int = 1) -> list[str]:
    return list(output_doubts(clip, output, MAPPING, keys=keys or {}, packets_in_file={3: codes}))


def test_an_output_with_all_of_it_is_in_no_doubt() -> None:
    """The muxer's own name is another, and it writes times without fractions."""
    assert doubts(CLIP, OUTPUT) == []
    assert doubts(CLIP, attrs.evolve(OUTPUT, tags={**OUTPUT.tags, "title": "Shift 7;Shift 7"})) == []
    unset = {"creation_time": "1601-01-01T00:00:00.000000Z", "comment": " "}
    assert doubts(attrs.evolve(CLIP, tags=unset), attrs.evolve(OUTPUT, tags={})) == []
    place = {**CLIP.tags, "location": "+48.1370-011.5000+500/"}
    near = {**OUTPUT.tags, "location": "+48.1369-011.5000/", "location-eng": "x"}
    assert doubts(attrs.evolve(CLIP, tags=place), attrs.evolve(OUTPUT, tags=near)) == []


@pytest.mark.parametrize(
    ("output", "doubt"),
    [
        ({"source": Source("mov", (PICTURE, TEXT, CODE))}, "0 of 1 streams of its kind (cover) are in the output"),
        ({"source": Source("mov", (PICTURE, TEXT, COVER))}, "0 of 1 streams of its kind (time code) are in the output"),
        ({"source": Source("mov", (PICTURE, COVER, CODE))}, "0 of 1 streams of its kind (subtitle) are in the output"),
        ({"chapters": [{}]}, "tags of its chapters are not in the output: title"),
        ({"stream_tags": [{"timecode": "0"}]}, "time codes of it are not in the output: 10:00:00:00"),
        ({"tags": {**OUTPUT.tags, "title": "Shift"}}, "tags of it are not in the output: title"),
        ({"tags": {**OUTPUT.tags, "location": "+49.2"}}, "tags of it are not in the output: location"),
        ({"tags": {**OUTPUT.tags, "creation_time": "2023"}}, "tags of it are not in the output: creation_time"),
    ],
)
def test_what_the_output_lacks_is_named(output: dict[str, Any], doubt: str) -> None:
    assert doubts(CLIP, attrs.evolve(OUTPUT, **output)) == [doubt]


def test_more_than_the_output_can_hold_is_named() -> None:
    """A track of several time codes, a chapter too many, a key that was to be written."""
    assert doubts(CLIP, OUTPUT, codes=2) == [
        "2 time codes are in data stream 3 (tmcd), of which the output has the first"
    ]
    assert doubts(attrs.evolve(CLIP, chapters=[{}, {"title": "one"}]), OUTPUT) == [
        "1 of its 2 chapters are in the output"
    ]
    assert doubts(CLIP, OUTPUT, keys={"camvault.stream0.lens": "wide"}) == [
        "tags of it are not in the output: camvault.stream0.lens"
    ]


def test_packets_of_subtitles_that_are_not_in_the_output_are_named() -> None:
    talk = Talk(inputs={1: StreamCount(5), 2: StreamCount(1)}, outputs={1: StreamCount(5), 2: StreamCount(0)})
    assert list(packet_doubts(talk, MAPPING)) == []
    talk.outputs[1] = StreamCount(4)
    assert list(packet_doubts(talk, MAPPING)) == ["4 of 5 packets of subtitle stream 1 (mov_text) are in the output"]


def test_tags_of_chapters_as_ffmpeg_prints_them() -> None:
    text = ";FFMETADATA1\ntitle=x\n[STREAM]\na=b\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=9\ntitle=one\nPOS=48\\=1\n"
    assert parse_chapters(text + "[CHAPTER]\n[STREAM]\n") == ({"title": "one", "POS": "48=1"}, {})


def test_chapters_beside_highlights_are_named(tmp_path: Path) -> None:
    """TRAP: GoPro's highlights are carried as marks, and then no chapters are written."""
    (tmp_path / "c.txt").write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=400\ntitle=arrest\n")
    clip = made(tmp_path / "a.mp4", *picture(0.4), "-i", str(tmp_path / "c.txt"), "-map_chapters", "1", *X264)
    with_boxes(clip, moov=box(b"udta", box(b"HMMT", struct.pack(">II", 1, 200))))
    assert any(
        "tags of its chapters are not in the output: title" in doubt for doubt in encoded(tools("9.0"), clip).doubts
    )


def test_a_cover_beside_keys_of_a_camera_is_named(tmp_path: Path) -> None:
    """TRAP: where tags are QuickTime keys, ffmpeg writes no cover."""
    inputs = (*picture(0.4), "-f", "lavfi", "-i", "color=red:size=64x64:d=0.04", "-map", "0", "-map", "1")
    codecs = (*X264, "-c:v:1", "png", "-frames:v:1", "1", "-disposition:v:1", "attached_pic")
    plain = made(tmp_path / "a.mp4", *inputs, *codecs)
    assert encoded(tools("9.0"), plain).doubts == ()
    keys = box(b"keys", bytes(4), b"\0\0\0\1", box(b"mdta", b"com.axon.unit"))
    value = box((1).to_bytes(4, "big"), box(b"data", b"\0\0\0\1", bytes(4), b"B3"))
    with_boxes(plain, moov=box(b"meta", box(b"hdlr", bytes(8), b"mdta", bytes(12)), keys, box(b"ilst", value)))
    assert encoded(tools("9.0"), plain).doubts == ("0 of 1 streams of its kind (cover) are in the output",)
