"""Bytes that no demuxer reads, or of which it keeps one of several: each kind is named, and what is ordinary is not."""

import struct
from pathlib import Path, PurePath

import pytest

from camvault.adapters._shared.containers import structure_doubts
from camvault.adapters._shared.payload import payload_of
from camvault.adapters._shared.user_boxes import UserBox, lost_with_tracks, user_boxes
from tests.adapters.ffmpeg.test_makers_data import ITUNES, box
from tests.adapters.ffmpeg.test_unread_bytes import BLOCK, cluster, element, mkv, packet


def doubts(path: Path, content: bytes) -> list[str]:
    path.write_bytes(content)
    found = (*structure_doubts(PurePath(path)), *payload_of(PurePath(path)).doubts)
    return list(dict.fromkeys(found))


# --- MP4 and MOV -----------------------------------------------------------------------------------------------------


def text(*entries: bytes, kind: bytes = b"\xa9cmt") -> bytes:
    return box(kind, *(struct.pack(">HH", len(entry), 0x15C7) + entry for entry in entries))


def moov(*boxes: bytes) -> bytes:
    return box(b"ftyp", b"isom") + box(b"moov", box(b"mvhd"), *boxes)


def data(value: bytes) -> bytes:
    return box(b"data", b"\0\0\0\1", bytes(4), value)


def items(*inner: bytes) -> bytes:
    return moov(box(b"udta", box(b"meta", bytes(4), ITUNES, box(b"ilst", *inner))))


def keys(*pairs: tuple[bytes, bytes]) -> bytes:
    names = box(b"keys", bytes(4), struct.pack(">I", len(pairs)), *(box(b"mdta", name) for name, _ in pairs))
    values = [box(struct.pack(">I", at), data(value)) for at, (_, value) in enumerate(pairs, start=1)]
    return moov(box(b"meta", box(b"hdlr", bytes(8), b"mdta", bytes(12)), names, box(b"ilst", *values)))


ENTRY = "a text of its tags has more than one entry, of which one is kept (©cmt in moov/udta)"
ITEM = "items of its tags have more than one value, of which one is kept (©cmt in moov/udta/meta)"
KEY = "keys of its tags have more than one value, of which one is kept (com.axon.unit in moov/meta)"


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (moov(box(b"udta", text(b"one"))), []),
        (moov(box(b"udta", text(b"one\0"))), []),
        (moov(box(b"udta", text(b"one"), text(b"me", kind=b"\xa9ART"))), []),
        (moov(box(b"udta", text(b"one", b"lat=48.1"))), [ENTRY]),
        (moov(box(b"udta", text(b"one\0lat=48.1"))), [ENTRY]),
        (moov(box(b"udta", text(b"one"), text(b"two"))), [ENTRY]),
        (items(box(b"\xa9cmt", data(b"one")), box(b"covr", data(b"a\0b"), data(b"2"))), []),
        (items(box(b"\xa9cmt", data(b"one"), data(b"two"))), [ITEM]),
        (items(box(b"\xa9cmt", data(b"one")), box(b"\xa9cmt", data(b"two"))), [ITEM]),
        (items(box(b"\xa9cmt", data(b"one\0two"))), [ITEM]),
        (keys((b"com.axon.unit", b"B3"), (b"com.axon.case", b"7")), []),
        (keys((b"com.axon.unit", b"B3"), (b"com.axon.unit", b"B4")), [KEY]),
        (keys((b"com.axon.unit", b"B3\0B4")), [KEY]),
        (
            moov() + box(b"moov", box(b"mvhd")),
            ["a second set of tables is in it at byte 28, which is not read (box moov)"],
        ),
        (moov() + box(b"free", b"camera 7"), []),
        (moov() + box(b"free", b"lat=48.1") * 40, ["320 bytes in its fillings are not zero, and are not read"]),
        (moov() + box(b"free", bytes(200)) * 40, []),
    ],
)
def test_of_several_texts_one_is_read(tmp_path: Path, content: bytes, wanted: list[str]) -> None:
    assert doubts(tmp_path / "a.mov", content) == wanted


@pytest.mark.parametrize("kind", [b"uuid", b"GPS0", b"beam"])
def test_a_box_of_a_makers_own_may_stand_first(tmp_path: Path, kind: bytes) -> None:
    """It hid all that is looked for in an MP4."""
    lost = box(b"udta", box(b"meta", bytes(4)))
    assert doubts(tmp_path / "a.mp4", box(kind, b"0123456789abcdef lat=48.1") + moov(lost)) == [
        f"33 bytes of it at byte 0 are neither footage nor tables, and are not read (box {kind.decode()})",
        "12 bytes in its tables are not known, and are not kept (box moov/udta/meta)",
    ]
    assert doubts(tmp_path / "b", box(kind, b"0123") * 80) == []


def test_texts_of_a_track_are_carried_over(tmp_path: Path) -> None:
    """A demuxer reads those of a track as if they were the file's; those of a track that is written anew are named."""
    track = box(
        b"trak", box(b"tkhd", bytes(12), b"\0\0\0\3"), box(b"udta", text(b"unit 7"), text(b"x", kind=b"\xa9swr"))
    )
    assert doubts(tmp_path / "a.mov", moov(track)) == []
    found = user_boxes(PurePath(tmp_path / "a.mov")).carried
    assert found == (UserBox(b"\xa9cmt", text(b"unit 7"), track_id=3, is_user_data=True),)
    assert list(lost_with_tracks(found, [1, 3], 0)) == list(lost_with_tracks(found, [1], 1)) == []
    assert list(lost_with_tracks(found, [1], 0)) == [
        "user data of track 3 (©cmt, 18 bytes) is not kept: its track is written anew"
    ]


# --- Matroska --------------------------------------------------------------------------------------------------------


def tag(name: bytes, *targets: bytes) -> bytes:
    simple = element(0x67C8, element(0x45A3, name) + element(0x4487, b"48.1"))
    return element(0x7373, element(0x63C0, b"".join(targets)) + simple)


def chapters(*parts: bytes) -> bytes:
    titled = element(0x80, element(0x85, b"arrest") + element(0x437C, b"eng"))
    atom = element(0xB6, element(0x73C4, b"\1") + element(0x91, b"\0") + titled + b"".join(parts))
    return mkv(element(0x1043A770, element(0x45B9, element(0x45BC, b"\1") + atom)))


UNKNOWN = "9 bytes of it are not known, and are not read (element 0x4c4d)"
MAKERS = element(0x4C4D, b"48.1 11.5")
UID = element(0x63C5, b"\x12")


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (mkv(element(0x1254C367, tag(b"UNIT") + tag(b"CASE")), tracks=element(0xAE, element(0x73C5, b"\x12"))), []),
        (mkv(element(0x1254C367, tag(b"BPS") + tag(b"BPS", UID)), tracks=element(0xAE, element(0x73C5, b"\x12"))), []),
        (mkv(element(0x1254C367, tag(b"POS") + tag(b"pos"))), ["a tag is in it more than once, and is not kept (pos)"]),
        (
            mkv(element(0x1254C367, tag(b"POS", UID))),
            ["tags in it are of a track that it does not describe, and are not kept (0x12)"],
        ),
        (chapters(), []),
        (chapters(MAKERS), [UNKNOWN]),
        (chapters(element(0xB6, b"nested")), ["6 bytes of it are not known, and are not read (element 0xb6)"]),
        (mkv(tracks=element(0xAE, element(0xD7, b"\2") + element(0x83, b"\2") + MAKERS)), [UNKNOWN]),
        (mkv(element(0x1941A469, element(0x61A7, element(0x466E, b"a.jpg") + MAKERS))), [UNKNOWN]),
        (element(0x1A45DFA3, b"") + MAKERS + mkv(cluster(BLOCK))[12:], [UNKNOWN]),
        (element(0x1A45DFA3, b"") + element(0xEC, bytes(9)) + mkv(cluster(BLOCK))[12:], []),
        (
            element(0x1A45DFA3, b"") + element(0xEC, bytes(9)) + mkv(cluster(BLOCK))[12:-20],
            ["it is cut: 20 bytes are missing at its end"],
        ),
        (element(0x1A45DFA3, b"") + b"\x4c\x4d\x01" + b"\xff" * 7 + b"rest", []),
    ],
)
def test_what_is_not_read_of_matroska(tmp_path: Path, content: bytes, wanted: list[str]) -> None:
    assert doubts(tmp_path / "a.mkv", content) == wanted


# --- MPEG-TS, AVI, FLV -----------------------------------------------------------------------------------------------


def services(provider: bytes, name: bytes) -> bytes:
    """A table of one service, as a packet."""
    told = b"\1" + bytes([len(provider)]) + provider + bytes([len(name)]) + name
    loop = b"\0\1\xfc\x80" + bytes([len(told) + 2]) + b"\x48" + bytes([len(told)]) + told
    body = b"\0\1\xc1\0\0\xff\1\xff" + loop + b"crc."
    return packet(0x11, b"\0\x42" + struct.pack(">H", 0xF000 | len(body)) + body)


def test_names_of_programs_in_a_transport_stream_are_named(tmp_path: Path) -> None:
    """Cameras have their number there. What ffmpeg writes by default is none."""
    plain = packet(0, b"\0") * 4
    assert doubts(tmp_path / "a.ts", plain + services(b"FFmpeg", b"Service01")) == []
    assert doubts(tmp_path / "a.ts", plain + services(b"", b"")) == []
    assert doubts(tmp_path / "a.ts", plain + packet(0x11, b"\0\x46other") + packet(0x11, b"\xc8")) == []
    assert doubts(tmp_path / "a.ts", plain + services(b"Axon", b"unit 7")) == [
        "names of its programs are not kept (SDT): Axon, unit 7"
    ]


def test_packets_of_an_avi_that_are_of_no_stream_are_named(tmp_path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("<I", len(body)) + body

    def avi(*parts: bytes) -> bytes:
        header = chunk(b"LIST", b"hdrl" + chunk(b"LIST", b"strl" + chunk(b"strh", bytes(8))))
        return chunk(b"RIFF", b"AVI " + header + chunk(b"LIST", b"movi" + b"".join(parts)))

    assert doubts(tmp_path / "a.avi", avi(chunk(b"00dc", b"pics"))) == []
    assert doubts(tmp_path / "a.avi", avi(chunk(b"00dc", b"pics"), chunk(b"05tx", b"48.1"))) == [
        "packets in it are of streams that it does not describe, and are not read (5)"
    ]


def test_data_of_an_flv_that_are_no_tags_are_named(tmp_path: Path) -> None:
    def script(name: bytes) -> bytes:
        body = b"\2" + struct.pack(">H", len(name)) + name + b"\5"
        return b"\x12" + len(body).to_bytes(3, "big") + bytes(7) + body + struct.pack(">I", len(body) + 11)

    head = b"FLV\1\5\0\0\0\x09\0\0\0\0"
    assert doubts(tmp_path / "a.flv", head + script(b"onMetaData")) == []
    assert doubts(tmp_path / "a.flv", head + script(b"onMetaData") + script(b"onCuePoint") * 3) == [
        "data in it are not kept (onCuePoint at byte 42)"
    ]
