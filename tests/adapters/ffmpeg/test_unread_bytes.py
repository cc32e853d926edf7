"""Bytes of Matroska, MPEG and AVI that no demuxer reads are a doubt; structure and filling are none."""

from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters._shared.containers import structure_doubts
from camvault.adapters._shared.payload import payload_of
from tests.adapters.ffmpeg.test_all_of_it import X264, encoded, made, picture, sound
from tests.adapters.ffmpeg.tools import VERSIONS, Tools, tools


@pytest.fixture(params=VERSIONS)
def kit(request: pytest.FixtureRequest) -> Tools:
    return tools(request.param)


# --- Matroska --------------------------------------------------------------------------------------------------------


def element(name: int, content: bytes) -> bytes:
    head = name.to_bytes((name.bit_length() + 7) // 8, "big")
    return head + (len(content) | 1 << 56).to_bytes(8, "big") + content


def mkv(*parts: bytes, tracks: bytes = b"") -> bytes:
    entry = element(0xAE, element(0xD7, b"\1") + element(0x83, b"\1"))
    described = element(0x1654AE6B, entry + tracks)
    return element(0x1A45DFA3, b"") + element(0x18538067, described + b"".join(parts))


BLOCK = element(0xA3, b"\x81\0\0\x80" + bytes(range(100)))


def cluster(*parts: bytes) -> bytes:
    return element(0x1F43B675, element(0xE7, b"\0") + b"".join(parts))


UNREAD = {
    "an element of a maker's own": (
        mkv(cluster(BLOCK), element(0x1A2B3C4D, b"48.1 11.5")),
        "9 bytes of it are not known, and are not read (element 0x1a2b3c4d)",
    ),
    "one between the packets": (
        mkv(cluster(BLOCK, element(0x4C4D, b"GPS"))),
        "3 bytes of it are not known, and are not read (element 0x4c4d)",
    ),
    "one beside a packet": (
        mkv(cluster(element(0xA0, element(0xA1, b"\x81\0\0\0x") + element(0x75A1, b"more")))),
        "4 bytes of it are not known, and are not read (element 0x75a1)",
    ),
    "one in the description of the file": (
        mkv(element(0x1549A966, element(0x4D80, b"app") + element(0x4C4D, b"unit 7"))),
        "6 bytes of it are not known, and are not read (element 0x4c4d)",
    ),
    "a tag that is no text": (
        mkv(element(0x1254C367, element(0x7373, element(0x67C8, element(0x45A3, b"n") + element(0x4485, b"raw"))))),
        "3 bytes of it are not known, and are not read (element 0x4485)",
    ),
    "packets of a track that is not described": (
        mkv(cluster(BLOCK, element(0xA3, b"\x87\0\0\x80gps"))),
        "packets in it are of tracks that it does not describe, and are not read (track 7)",
    ),
    "a track of an unknown kind": (
        mkv(tracks=element(0xAE, element(0xD7, b"\2") + element(0x83, b"\x44"))),
        "its track 2 is of a kind that is not known, and is not read (type 68)",
    ),
}


@pytest.mark.parametrize("what", UNREAD)
def test_what_no_demuxer_reads_in_matroska_is_named(tmp_path: Path, what: str) -> None:
    content, doubt = UNREAD[what]
    clip = tmp_path / "a.mkv"
    clip.write_bytes(content)
    assert payload_of(PurePath(clip)).doubts == (doubt,)
    assert set(structure_doubts(PurePath(clip))) <= {doubt}


def test_fillings_of_matroska_say_nothing(tmp_path: Path) -> None:
    """And a cluster or a segment without a length ends where the next begins."""
    clip = tmp_path / "a.mkv"
    clip.write_bytes(mkv(element(0xEC, b"filling"), cluster(BLOCK, element(0xEC, b"x"), element(0xBF, b"crc."))))
    assert payload_of(PurePath(clip)).doubts == ()
    endless = b"\x01" + b"\xff" * 7
    parts = b"\x1f\x43\xb6\x75" + endless + BLOCK + element(0xEC, b"x")
    clip.write_bytes(element(0x1A45DFA3, b"") + b"\x18\x53\x80\x67" + endless + parts * 2 + element(0x4C4D, b"unit"))
    found = payload_of(PurePath(clip))
    assert found.size_bytes == 200
    assert found.doubts == ("4 bytes of it are not known, and are not read (element 0x4c4d)",)


def test_a_tenth_of_a_matroska_file_that_nobody_reads_is_noticed(tmp_path: Path) -> None:
    """Once nine tenths of such a file were enough."""
    clip = made(tmp_path / "a.mkv", *picture(2), *sound(2), *X264, "-c:a", "aac")
    content = clip.read_bytes()
    at = content.index(b"\x1f\x43\xb6\x75")
    clip.write_bytes(content[:at] + element(0x1A2B3C4D, b"48.1 11.5 " * (len(content) // 200)) + content[at:])
    doubts = encoded(tools("9.0"), clip).doubts
    assert any("(element 0x1a2b3c4d)" in doubt for doubt in doubts)


# --- MPEG ------------------------------------------------------------------------------------------------------------


def packet(pid: int, payload: bytes, *, begins: bool = True) -> bytes:
    return bytes((0x47, (0x40 if begins else 0) | pid >> 8, pid & 0xFF, 0x10)) + payload.ljust(184, b"\xff")


def test_data_in_a_transport_stream_that_are_no_stream_are_named(tmp_path: Path) -> None:
    """Sections, or bytes of a maker's own, under a PID that is no stream; tables and fillings are none."""
    kit = tools("9.0")
    clip = made(tmp_path / "a.ts", *picture(1), *sound(1), *X264, "-c:a", "aac")
    content = clip.read_bytes()
    nothing = packet(0x345, b"\xff", begins=False) + packet(0x1FFF, b"null") + packet(0x12, b"\0\x4e guide")
    clip.write_bytes(content + nothing)
    assert payload_of(PurePath(clip)).data_ids == frozenset()
    clip.write_bytes(content + nothing + packet(0x345, b"lat=48.1", begins=False))
    assert encoded(kit, clip).doubts == (
        "data in it that are no stream are not read, and are not in the output (PID 0x345)",
    )


def pes(kind: int, payload: bytes, *, header: bytes = b"\x80\0\0") -> bytes:
    body = header + payload
    return b"\0\0\1" + bytes([kind]) + len(body).to_bytes(2, "big") + body


MPEG2 = ("-c:v", "mpeg2video", "-q:v", "3", "-c:a", "mp2", "-f", "vob")


def test_data_in_a_program_stream_that_are_not_read_are_named(kit: Tools, tmp_path: Path) -> None:
    """Private data of a maker, and bytes between the packets; padding is none."""
    content = made(tmp_path / "1.mpg", *picture(1), *MPEG2).read_bytes()
    clip = tmp_path / "a.mpg"
    filled = content + pes(0xBE, b"\xff" * 50_000) + bytes(5000)
    clip.write_bytes(filled)
    assert payload_of(PurePath(clip)).doubts == ()
    clip.write_bytes(filled[:-5010])
    assert payload_of(PurePath(clip)).doubts == ("it is cut: 10 bytes are missing at its end",)
    clip.write_bytes(filled + content[:14] + pes(0xBF, b"\x55gps 48.1", header=b"") + b"positions " * 200)
    assert set(encoded(kit, clip).doubts) == {
        "a stream in it was not noticed, and is not in the output (ID 0x1bf)",
        "2,000 bytes between its packets are no part of it, and are not read",
    }


def test_a_program_stream_of_mpeg_1_and_private_sounds(tmp_path: Path) -> None:
    """Headers of packets without a length; and the numbers that private streams have within."""
    pack1 = b"\0\0\1\xba\x21" + bytes(7)
    parts = (
        pes(0xE0, b"picture", header=b"\xff\xff\x60\x20\x21\0\1\0\1"),
        pes(0xE0, b"picture", header=b"\x31" + bytes(9)),
        pes(0xE0, b"picture", header=b"\x0f"),
        pes(0xBD, b"\x80\1\0\1ac3"),
        pes(0xBD, b"\x0b\x77raw"),
        pes(0xBD, b"\xa0lpcm"),
        pes(0xBC, b"map"),
        b"\0\0\1\xb9",
    )
    clip = tmp_path / "a.mpg"
    clip.write_bytes(pack1 * 30 + b"".join(parts))
    found = payload_of(PurePath(clip))
    assert found.stream_ids == {0x1E0, 0x80, 0xA0}
    assert found.size_bytes == 3 * len(b"picture") + len(b"\x80\1\0\1ac3") + len(b"\x0b\x77raw") + len(b"\xa0lpcm")


# --- AVI -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JUNK", "gpsd", "strd"])
def test_chunks_of_a_maker_in_an_avi_are_named(tmp_path: Path, kind: str) -> None:
    """Dashcams write positions into chunks that players skip; who wrote the file is no loss."""
    kit = tools("9.0")
    clip = made(tmp_path / "a.avi", *picture(1), *sound(1), "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")
    content = clip.read_bytes()

    def with_chunk(body: bytes) -> Path:
        chunk = kind.encode() + len(body).to_bytes(4, "little") + body
        clip.write_bytes(content[:4] + (len(content) - 8 + len(chunk)).to_bytes(4, "little") + content[8:] + chunk)
        return clip

    assert payload_of(PurePath(with_chunk(bytes(400)))).doubts == ()
    (doubt,) = encoded(kit, with_chunk(b"N48.1,E11.5;" * 50)).doubts
    assert doubt == f"600 bytes of it are neither footage nor tables, and are not read (chunk {kind})"


# --- any bytes -------------------------------------------------------------------------------------------------------

TAGS = b"x"
for _ in range(1500):
    TAGS = element(0x67C8, TAGS)
HEADS = (
    b"",
    mkv(cluster(BLOCK))[:60],
    mkv(element(0x1254C367, TAGS)),
    b"\0\0\1\xba\x44" + bytes(9) + b"\0\0\1\xe0\0\x20",
    (b"\x47\x40\0\x10" + bytes(184)) * 4,
    b"RIFF\xff\0\0\0AVI LIST\x20\0\0\0INFO",
)


@given(st.sampled_from(HEADS), st.binary(max_size=120), st.integers(1, 20))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, head: bytes, body: bytes, times: int) -> None:
    """No file is so damaged that looking at it fails."""
    path = tmp_path_factory.getbasetemp() / "any_unread"
    path.write_bytes(head + body * times)
    assert payload_of(PurePath(path)).size_bytes <= path.stat().st_size
    said = structure_doubts(PurePath(path))
    assert len(set(said)) == len(said)
