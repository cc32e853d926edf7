"""What makers write beside pictures and sounds is in the output, or the clip is in doubt and says why.

Clips of ordinary programs have none of it, and are in no doubt: `test_all_of_it` and `TestNoLoss`.
"""

import json
import struct
import subprocess
from pathlib import Path, PurePath
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters._shared.containers import structure_doubts
from camvault.adapters._shared.user_boxes import UserBox, carry_over, user_boxes
from camvault.adapters.ffmpeg.looks import message_doubts
from camvault.adapters.ffmpeg.sei import Messages, has_time_codes
from camvault.adapters.ffmpeg.streams import SourceStream
from camvault.adapters.ffmpeg.tags import keys_of, parse_tags, unread_keys
from tests.adapters.ffmpeg.test_all_of_it import X264, encoded, picture, sound
from tests.adapters.ffmpeg.test_all_of_it import made as made_by
from tests.adapters.ffmpeg.test_encodes import CANCEL
from tests.adapters.ffmpeg.tools import TRIXIE, VERSIONS, Tools, tools, tree_program

CAMERA = "a3f0c1d24b5e46778899aabbccddeeff"


@pytest.fixture(params=VERSIONS)
def kit(request: pytest.FixtureRequest) -> Tools:
    return tools(request.param)


def made(path: Path, *words: str) -> Path:
    return made_by(path, *words)


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def with_boxes(path: Path, *, moov: bytes = b"", track: bytes = b"") -> Path:
    """Boxes at the end of the tables, and at the end of the first track; the tables stand at the end of the file."""
    content = path.read_bytes()
    at = content.rindex(b"moov") - 4
    inner = content[at + 8 :]
    track_at = inner.index(b"trak") - 4
    length = int.from_bytes(inner[track_at : track_at + 4], "big")
    larger = box(b"trak", inner[track_at + 8 : track_at + length], track)
    path.write_bytes(content[:at] + box(b"moov", inner[:track_at], larger, inner[track_at + length :], moov))
    return path


def described(path: Path, what: str) -> dict[str, Any]:
    """What Debian's ffprobe says, independently of the adapters."""
    argv = [tree_program(TRIXIE, "ffprobe"), "-v", "error", what, "-of", "json", path]
    done = subprocess.run(list(map(str, argv)), check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def tags_of(path: Path) -> dict[str, str]:
    tags: dict[str, str] = described(path, "-show_format")["format"].get("tags", {})
    return tags


# --- tables of MP4 and MOV -------------------------------------------------------------------------------------------

ITUNES = box(b"hdlr", bytes(8), b"mdir", bytes(12))
GOPRO = box(b"FIRM", b"HD9.01.01.72.00") + box(b"MUID", bytes(range(32))) + box(b"GPMF", b"DEVC" + b"48.1 11.5 " * 90)
XML = box(b"hdlr", bytes(8), b"nrtm", bytes(12)) + box(b"xml ", b"<NonRealTimeMeta><Device serialNo='7'/>")
SPHERE = box(b"uuid", bytes.fromhex("ffcc8263f8554a938814587a02521fdd"), b"<rdf:SphericalVideo/>")


def test_user_data_of_makers_are_in_the_output(kit: Tools, tmp_path: Path) -> None:
    """Of the file and of its tracks, byte for byte; the output has the tags of its own as well."""
    clip = made(tmp_path / "a.mp4", *picture(1), *sound(1), *X264, "-c:a", "aac", "-metadata", "title=Shift 7")
    moov = box(b"udta", GOPRO) + box(b"meta", bytes(4), XML) + box(b"uuid", bytes(range(16)), b"maker")
    with_boxes(clip, moov=moov, track=box(b"udta", box(b"name", b"front")) + SPHERE)
    result = encoded(kit, clip)
    assert result.doubts == ()
    out = tmp_path / "a.mp4.part"
    assert result.size_bytes == out.stat().st_size
    assert structure_doubts(PurePath(out)) == ()
    assert set(user_boxes(PurePath(out)).carried) == set(user_boxes(PurePath(clip)).carried)
    found = {(carried.kind, carried.track_id) for carried in user_boxes(PurePath(out)).carried}
    assert found == {
        *((kind, 0) for kind in (b"FIRM", b"MUID", b"GPMF", b"meta", b"uuid")),
        *((b"name", 1), (b"uuid", 1)),
    }
    assert tags_of(out)["title"] == "Shift 7"


def test_highlights_are_marks_in_the_output(kit: Tools, tmp_path: Path) -> None:
    """TRAP: ffmpeg shows GoPro's as chapters without title, and writes chapters whose track is not there."""
    marks = box(b"HMMT", b"\0\0\0\2", (300).to_bytes(4, "big"), (700).to_bytes(4, "big"))
    clip = with_boxes(made(tmp_path / "a.mp4", *picture(1), *X264), moov=box(b"udta", marks))
    assert encoded(kit, clip).doubts == ()
    (carried,) = user_boxes(PurePath(tmp_path / "a.mp4.part")).carried
    assert carried.content == marks
    assert len(described(tmp_path / "a.mp4.part", "-show_chapters")["chapters"]) == 2


def test_user_data_follow_their_track(kit: Tools, tmp_path: Path) -> None:
    """A sound that stands before the picture in the clip stands behind it in the output."""
    clip = made(tmp_path / "a.mp4", *sound(1), *picture(1), *X264, "-c:a", "aac", "-map", "0", "-map", "1")
    with_boxes(clip, track=box(b"udta", box(b"mic0", b"shoulder")))
    assert encoded(kit, clip).doubts == ()
    (carried,) = user_boxes(PurePath(tmp_path / "a.mp4.part")).carried
    assert str(carried) == "user data of track 2 (mic0, 16 bytes)"


UNKEPT = {
    "an index of positions in the file": (
        box(b"gps ", b"\0\0\1\1" + bytes(4) + b"index" * 9),
        "53 bytes in its tables are not known, and are not kept (box moov/gps )",
    ),
    "a description that points into the file": (
        box(b"meta", bytes(4), box(b"hdlr", bytes(8), b"nrtm", bytes(12)), box(b"iloc", b"0123")),
        "56 bytes in its tables are not known, and are not kept (box moov/meta)",
    ),
    "a description in the user data that is no tags": (
        box(b"udta", box(b"meta", bytes(4), XML)),
        "91 bytes in its tables are not known, and are not kept (box moov/udta/meta)",
    ),
    "items of a maker's own among those of iTunes": (
        box(b"udta", box(b"meta", bytes(4), ITUNES, box(b"ilst", box(b"GPSx", b"1")))),
        "items of its tags are not known, and are not kept (GPSx in moov/udta/meta)",
    ),
    "user data that are no boxes": (
        box(b"udta", b"\0\0\0\3rubbish"),
        "11 bytes in its tables are not known, and are not kept (box moov/udta)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", UNKEPT)
def test_what_cannot_be_carried_over_is_named(tmp_path: Path, what: str) -> None:
    """Beforehand, by the probe, and by the encoder; the original stays."""
    kit = tools("9.0")
    content, doubt = UNKEPT[what]
    clip = with_boxes(made(tmp_path / "a.mp4", *picture(1), *X264), moov=content)
    assert structure_doubts(PurePath(clip)) == (doubt,)
    assert kit.probe.probe(PurePath(clip)).unkept == (doubt,)
    assert encoded(kit, clip).doubts == (doubt,)


def test_unknown_boxes_within_a_track_are_named(tmp_path: Path) -> None:
    """A maker's box between the tables of the samples."""
    clip = made(tmp_path / "a.mp4", *picture(1), *X264)
    with_boxes(clip, track=box(b"mdia", box(b"minf", box(b"stbl", box(b"GPS0", b"48.1")))))
    assert structure_doubts(PurePath(clip)) == (
        "4 bytes in its tables are not known, and are not kept (box stbl/GPS0)",
    )


def test_unknown_boxes_within_a_fragment_are_named(tmp_path: Path) -> None:
    """A recorder that writes fragments may put its data into each; what Smooth Streaming has there is known."""
    fragments = ("-movflags", "frag_keyframe+empty_moov", "-g", "5")
    clip = made(tmp_path / "a.ismv", *picture(1), *X264, *fragments)
    content = clip.read_bytes()
    assert content.count(b"moof") == 5
    assert structure_doubts(PurePath(clip)) == ()
    at = content.index(b"moof") + 4
    length = int.from_bytes(content[at - 8 : at - 4], "big")
    inner = content[at : at - 8 + length]
    clip.write_bytes(content[: at - 8] + box(b"moof", inner, box(b"GPS0", b"48.1")) + content[at - 8 + length :])
    assert structure_doubts(PurePath(clip)) == (
        "4 bytes in its tables are not known, and are not kept (box moof/GPS0)",
    )


@pytest.mark.parametrize("kind", ["emsg", "prft", "meta"])
def test_boxes_of_events_and_clocks_are_named(tmp_path: Path, kind: str) -> None:
    """Beside the footage; demuxers read them at most for themselves."""
    clip = made(tmp_path / "a.mp4", *picture(1), *X264)
    with clip.open("ab") as file:
        file.write(box(kind.encode(), b"2026-01-01"))
    (doubt,) = structure_doubts(PurePath(clip))
    assert doubt.endswith(f"are neither footage nor tables, and are not read (box {kind})")


def test_keys_of_a_type_that_is_not_read_are_named(kit: Tools, tmp_path: Path) -> None:
    """Values that are no text and no number."""
    clip = made(tmp_path / "a.mp4", *picture(1), *X264)
    keys = box(b"keys", bytes(4), b"\0\0\0\2", box(b"mdta", b"com.axon.raw"), box(b"mdta", b"com.axon.unit"))
    values = [
        box((1).to_bytes(4, "big"), box(b"data", b"\0\0\0\x4d", bytes(4), b"\xff\xfe")),
        box((2).to_bytes(4, "big"), box(b"data", b"\0\0\0\1", bytes(4), b"B3")),
    ]
    with_boxes(clip, moov=box(b"meta", box(b"hdlr", bytes(8), b"mdta", bytes(12)), keys, box(b"ilst", *values)))
    assert encoded(kit, clip).doubts == ("QuickTime keys of it were not read, and are not kept: com.axon.raw",)
    kept = tags_of(tmp_path / "a.mp4.part")
    assert kept["com.axon.unit"] == "B3"
    content = clip.read_bytes()
    clip.write_bytes(content.replace(b"data\0\0\0\x4d", b"data\0\0\0\0"))
    assert structure_doubts(PurePath(clip)) == (
        "keys of its tags have values of no type, and are not kept (com.axon.raw in moov/meta)",
    )


def test_a_box_is_written_only_into_tables_at_the_end(tmp_path: Path) -> None:
    """Tables that stand before the footage cannot grow: that is said, and the file stays as it is."""
    clip = made(tmp_path / "a.mp4", *picture(1), *X264, "-movflags", "+faststart")
    content = clip.read_bytes()
    lost = UserBox(b"CAME", box(b"CAME", b"unit 7"), is_user_data=True)
    words = ("user data of the file (CAME, 14 bytes) could not be written into the output",)
    assert carry_over([lost], PurePath(clip), track_ids={}) == words
    assert clip.read_bytes() == content
    (tmp_path / "b").write_bytes(box(b"ftyp") + b"\0\0\0\1")
    assert carry_over([lost], PurePath(tmp_path / "b"), track_ids={}) == words
    elsewhere = UserBox(b"name", box(b"name", b"x"), track_id=9)
    assert carry_over([elsewhere], PurePath(clip), track_ids={1: 1}) == ()


# --- tags of single streams ------------------------------------------------------------------------------------------


def test_tags_of_streams_are_kept(kit: Tools, tmp_path: Path) -> None:
    """What MP4 has no place for becomes keys of the file."""
    tags = {"s:v:0": "lens=wide\nunit 7", "s:a:0": "microphone=shoulder; left=1"}
    words = [word for name, value in tags.items() for word in (f"-metadata:{name}", value)]
    held = ("-metadata:s:v:0", "title=front", "-metadata:s:a:0", "language=deu")
    clip = made(tmp_path / "a.mkv", *picture(1), *sound(1), *X264, "-c:a", "aac", *words, *held)
    assert encoded(kit, clip).doubts == ()
    out = tmp_path / "a.mkv.part"
    kept = tags_of(out)
    assert kept["camvault.stream0.LENS"] == "wide\nunit 7"
    assert kept["camvault.stream1.MICROPHONE"] == "shoulder; left=1"
    assert not [name for name in kept if name.startswith("camvault.") and "DURATION" in name]
    assert out.read_bytes().count(b"namefront") == 1


def test_tags_of_streams_in_any_encoding(tmp_path: Path) -> None:
    """As cameras write them: what is no UTF-8 is passed on as it is."""
    kit = tools("9.0")
    clip = made(tmp_path / "a.mkv", *picture(1), *X264, "-metadata:s:v:0", "lens=Gaerten XX")
    clip.write_bytes(clip.read_bytes().replace(b"Gaerten XX", "Gärten ÜÖß".encode("latin-1")))
    assert encoded(kit, clip).doubts == ()
    assert "Gärten ÜÖß".encode("latin-1") in (tmp_path / "a.mkv.part").read_bytes()


def test_tags_that_cannot_be_read_are_a_doubt(tmp_path: Path) -> None:
    """An ffmpeg that does not say them."""
    kit = tools("9.0")
    wrapper = tmp_path / "ffmpeg"
    wrapper.write_text(f'#!/bin/sh\ncase "$*" in *ffmetadata*) exit 1 ;; esac\nexec {kit.encoder.ffmpeg} "$@"\n')
    wrapper.chmod(0o755)
    clip = made(tmp_path / "a.mp4", *picture(1), *X264)
    encoder = attrs.evolve(kit.encoder, ffmpeg=PurePath(wrapper))
    doubts = encoded(attrs.evolve(kit, encoder=encoder), clip).doubts
    assert doubts == ("the tags of its streams could not be read: exit code 1",)


def test_tags_as_ffmpeg_prints_them() -> None:
    """Line feeds, equals signs and backslashes within them."""
    text = ";FFMETADATA1\ntitle=a\\\nb\\=c\\\\\n[STREAM]\nk\\=1=v\\;\\#\nrubbish\n[CHAPTER]\ntitle=x\n[STREAM]\n"
    assert parse_tags(text) == ({"title": "a\nb=c\\"}, ({"k=1": "v;#"},))


def test_which_tags_of_streams_become_keys() -> None:
    """Not what MP4 holds, and not what describes the packets that are encoded anew."""
    clip = {"creation_time": "2024"}
    ordinary = {"language": "eng", "handler_name": "VideoHandler", "creation_time": "2024", "vendor_id": "[0][0][0][0]"}
    ordinary |= {"encoder": "Lavc61 libx264", "DURATION": "00:01", "BPS-eng": "77", "_STATISTICS_TAGS": "BPS"}
    told = {"language": "de-CH", "creation_time": "2023", "encoder": "GoPro AVC encoder", "vendor_id": "GoPr"}
    assert keys_of(clip, [ordinary], are_names_carried=True) == ({}, [])
    keys, _ = keys_of(clip, [ordinary, told], are_names_carried=True)
    assert keys == {f"camvault.stream1.{name}": value for name, value in told.items()}
    assert keys_of(clip, [{"name": "front"}], are_names_carried=True) == ({}, [])
    assert keys_of(clip, [{"name": "front"}], are_names_carried=False)[0] == {"camvault.stream0.name": "front"}
    long = {"note": "x" * 40_000}
    assert keys_of(clip, [long], are_names_carried=True) == (
        {},
        ["tags of its streams are too long to be kept: camvault.stream0.note"],
    )
    assert list(unread_keys(["a", "b"], ["b"])) == ["QuickTime keys of it were not read, and are not kept: a"]


# --- messages between the pictures -----------------------------------------------------------------------------------


def lost_messages(kit: Tools, clip: Path) -> list[str]:
    stream = SourceStream(0, "video", "h264")
    return list(
        message_doubts(kit.encoder.ffmpeg, PurePath(clip), [stream, attrs.evolve(stream, codec="vp9")], CANCEL, 60)
    )


def test_user_data_between_the_pictures_are_named(kit: Tools, tmp_path: Path) -> None:
    """Body-cams write their position and number there; what x264 says of its settings is no loss."""
    plain = made(tmp_path / "plain.mp4", *picture(1), *X264, "-g", "5")
    assert b"x264 - core" in plain.read_bytes()
    assert lost_messages(kit, plain) == []
    mark = f"h264_metadata=sei_user_data={CAMERA}+lat=48.1"
    clip = made(tmp_path / "a.mkv", "-i", str(plain), "-c", "copy", "-bsf:v", mark)
    (doubt,) = encoded(kit, clip).doubts
    assert doubt == f"messages between the pictures of video stream 0 (h264) are not kept: 5 of user data {CAMERA}"


def test_hevc(kit: Tools, tmp_path: Path) -> None:
    """x265 says its settings in the same way. A message of a camera is put before the first picture."""
    quiet = (
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-x265-params",
        "log-level=error:bframes=0",
        "-pix_fmt",
        "yuv420p",
    )
    clip = made(tmp_path / "a.hevc", *picture(1), *quiet)
    message = b"\0\0\0\1\x4e\1\5\x14" + bytes.fromhex(CAMERA) + b"48.1\x80"
    content = clip.read_bytes()
    at = content.index(b"\0\0\1\x4e\1")
    clip.write_bytes(content[:at] + message + content[at:])
    clip = made(tmp_path / "b.mp4", "-i", str(clip), "-c", "copy")
    (doubt,) = encoded(kit, clip).doubts
    assert doubt == f"messages between the pictures of video stream 0 (hevc) are not kept: 1 of user data {CAMERA}"


def test_times_of_day_between_the_pictures_are_named(kit: Tools, tmp_path: Path) -> None:
    """H.264 has a place for them in the messages that say when a picture is shown, which most clips have without."""
    clip = made(tmp_path / "a.h264", *picture(1), *X264, "-x264-params", "pic-struct=1")
    plain = made(tmp_path / "plain.mp4", "-i", str(clip), "-c", "copy")
    assert lost_messages(kit, plain) == []
    # picture structure 0, with a clock: type 0, no field, counting 0, full, 12 frames, 34 s, 56 min, 11 h, no offset
    bits = "000010000000010000001100100010111000010111"
    timing = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    parts = clip.read_bytes().split(b"\0\0\1\6\1")
    assert len(parts) > 20
    size = parts[1][0]
    changed = [bytes([len(timing)]) + timing + part[1 + size :] for part in parts[1:]]
    clip.write_bytes(b"\0\0\1\6\1".join([parts[0], *changed]))
    clip = made(tmp_path / "b.mp4", "-i", str(clip), "-c", "copy")
    (doubt,) = lost_messages(kit, clip)
    assert doubt == "messages between the pictures of video stream 0 (h264) are not kept: 1 of time codes"
    clip.write_bytes(clip.read_bytes()[:2000])
    (doubt,) = lost_messages(kit, clip)
    assert doubt.startswith("messages between the pictures of video stream 0 (h264) could not be looked at: ")


def test_messages_of_every_kind_are_counted_however_they_come() -> None:
    """In pieces of any size; long numbers, and bytes that were put in so that no start code arises."""
    units = [
        b"\6\5\x13" + bytes.fromhex(CAMERA) + b"\0\0\3\1\x80",
        b"\6\4\4\xb5\0\x31G\x80",
        b"\6\1\1\x40\6\1\0\x80",
        b"\6\xff\x02\1x\x80",
        b"\6\x2d\1x\x2f\1x\x80",
        b"\6\5\x1c" + bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef") + b"x264 - core \x80",
        b"\6\3\2\xff\xff\x80",
        b"\6",
        b"",
    ]
    stream = b"".join(b"\0\0\0\1" + unit for unit in units)
    kinds = (f"user data {CAMERA}", "registered user data b50031", "type 257")
    wanted = dict.fromkeys((*kinds, "arrangement of frames", "orientation of the display"), 1)
    for step in (1, 2, 7, 1000):
        messages = Messages("h264")
        for at in range(0, len(stream), step):
            messages.take(stream[at : at + step])
        messages.finish()
        assert messages.counts == wanted
        assert messages.has_picture_timing
        (words,) = messages.words("stream 0")
        assert words.endswith("and 1 more kinds")
    assert not has_time_codes(["clock_timestamp_flag[0]   0 = 0"])


UNITS = {
    "h264": {
        b"\x65pic": 0,
        b"\x67set": 0,
        b"\x68set": 0,
        b"\x09\xf0": 0,
        b"\x0c\xff\xff\x80": 0,
        b"\x6e\x40\0\7": 0,
        b"\0": 0,
    }
    | {b"\x0cGPS\x80": 1, b"\x09\xf0GPS": 1, b"\x0aGPS": 1, b"\x6e\x40\0\7unit7": 1, b"\x74\x80\0\x20pic": 1}
    | {bytes([kind]) + b"GPS\x80": 1 for kind in (15, 16, 19, 20, 21, 24, 30, 31)},
    "hevc": {b"\x02\1pic": 0, b"\x26\1pic": 0, b"\x40\1set": 0, b"\x46\1\x50": 0, b"\x4c\1\xff\x80": 0, b"\x4a\1": 0}
    | {b"\x4c\1GPS": 1, b"\x02\x09pic": 1, b"\x40\x09set": 1, b"\x03\1pic": 1, b"\x4e\x09\1\1x\x80": 1}
    | {bytes([kind << 1, 1]) + b"GPS\x80": 1 for kind in (10, 22, 31, 41, 47, 48, 62, 63)},
}


@pytest.mark.parametrize("codec", UNITS)
def test_units_that_are_no_picture_are_counted(codec: str) -> None:
    """A second view or layer, fillings that are none, and types that the standards leave to others."""
    for unit, count in UNITS[codec].items():
        messages = Messages(codec)
        messages.take(b"\0\0\1" + unit)
        messages.finish()
        assert sum(messages.counts.values()) == count, (unit, messages.counts)


def test_what_an_encoder_does_not_say_under_its_number_is_counted() -> None:
    messages = Messages("h264")
    messages.take(
        b"\0\0\1\6\5\x18" + bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef") + b"lat=48.1\x80\0\0\1\6\3\3GPS\x80"
    )
    messages.finish()
    assert messages.counts == {"user data dc45e9bde6d948b7962cd820d923eeef": 1, "type 3": 1}


def test_units_of_every_type_come_through(kit: Tools, tmp_path: Path) -> None:
    """TRAP: ffmpeg's filter leaves out the second layer of HEVC, and so would hide the second eye."""
    plain = made(tmp_path / "a.h264", *picture(0.4), *X264)
    plain.write_bytes(plain.read_bytes() + b"\0\0\1\x1eGPS\x80")
    clip = made(tmp_path / "a.mp4", "-i", str(plain), "-c", "copy")
    assert lost_messages(kit, clip) == [
        "messages between the pictures of video stream 0 (h264) are not kept: 1 of units of type 30"
    ]
    quiet = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:bframes=0")
    plain = made(tmp_path / "b.hevc", *picture(0.4), *quiet, "-pix_fmt", "yuv420p")
    plain.write_bytes(plain.read_bytes() + b"\0\0\1\x02\x09second eye\x80")
    clip = made(tmp_path / "b.mp4", "-i", str(plain), "-c", "copy")
    stream = SourceStream(0, "video", "hevc")
    assert list(message_doubts(kit.encoder.ffmpeg, PurePath(clip), [stream], CANCEL, 60)) == [
        "messages between the pictures of video stream 0 (hevc) are not kept: 1 of units of type 1"
    ]


def test_a_unit_without_end_takes_no_memory() -> None:
    messages = Messages("hevc")
    for _ in range(40):
        messages.take(b"\x4e\1\5" * 20_000)
    messages.finish()
    assert len(messages.counts) <= 1


# --- any bytes -------------------------------------------------------------------------------------------------------


def box_of_boxes(kind: bytes) -> bytes:
    """Boxes within boxes, more than a program can go down."""
    content = b"x"
    for _ in range(3000):
        content = box(kind, content)
    return box(b"moov", content)


HEADS = (
    b"",
    b"\0\0\0\x08free\0\0\0\x40moov\0\0\0\x30trak\0\0\0\x20udta\0\0\0\x10meta",
    b"\0\0\0\x08ftyp\0\0\0\x30moof\0\0\0\x20traf\0\0\0\x10uuid",
    b"\0\0\0\x08free" + b"".join(box_of_boxes(kind) for kind in (b"udta", b"trak", b"stbl")),
)


@given(st.sampled_from(HEADS), st.binary(max_size=120), st.integers(1, 20))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, head: bytes, body: bytes, times: int) -> None:
    """No file is so damaged that looking at it fails."""
    path = tmp_path_factory.getbasetemp() / "any_maker"
    path.write_bytes(head + body * times)
    found = user_boxes(PurePath(path))
    assert set(found.doubts) <= set(structure_doubts(PurePath(path)))
    assert sum(len(carried.content) for carried in found.carried) <= path.stat().st_size
    messages = Messages("h264")
    messages.take(head + body * times)
    messages.finish()
    assert sum(messages.counts.values()) <= len(head + body * times)
    assert len(parse_tags((head + body).decode("latin-1"))[1]) <= len(body)


@pytest.mark.parametrize("suffix", ["mts", "mp4"])
def test_the_order_of_fields_is_kept(kit: Tools, suffix: str, tmp_path: Path) -> None:
    """Each AVCHD camcorder writes fields; a doubt would keep the originals of all its clips."""
    fields = (
        "-vf",
        "interlace",
        "-c:v",
        "libx264",
        "-flags",
        "+ilme+ildct",
        "-x264opts",
        "tff=1",
        "-pix_fmt",
        "yuv420p",
    )
    clip = made(tmp_path / f"a.{suffix}", *picture(1, size="160x96"), *fields)
    assert encoded(kit, clip).doubts == ()
    assert tags_of(Path(f"{clip}.part"))["camvault.stream0.field_order"] in ("top first", "top coded first")
