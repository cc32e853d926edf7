"""camvault's own reader of images: it finds what pycdlib finds, refuses what is wrong, and survives what is damaged."""

import binascii
import hashlib
import os
import re
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camvault.adapters.genisoimage import find_genisoimage
from camvault.adapters.isoverify import BridgeVerifier, PycdlibVerifier, iso9660, udf
from camvault.adapters.isoverify.open_image import OpenImage
from camvault.adapters.isoverify.pycdlib_trees import read_with_pycdlib
from camvault.adapters.isoverify.sectors import Sectors
from camvault.adapters.isoverify.trees import read_image
from camvault.adapters.isoverify.views import ImageView, ReadImage
from camvault.adapters.memory import MemoryCancellation
from camvault.ports.errors import MismatchError, StorageError
from camvault.ports.image import ImageManifest, ImagePlan, ImageVerifier
from tests.bodycam.image.test_integrations import AT, build, put, trees

SECTOR = 2048


def view_of(image: Path, read: ReadImage = read_image) -> ImageView:
    with OpenImage(image) as file:
        view = read(file, 1000)
    view.joliet_files.sort()
    return view


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(trees)
def test_any_image_is_read_as_pycdlib_reads_it(tree: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as name:
        put(Path(name) / "tree", tree)
        build(Path(name) / "tree", Path(name) / "image.iso")
        assert view_of(Path(name) / "image.iso") == view_of(Path(name) / "image.iso", read_with_pycdlib)


def fill(root: Path) -> None:
    (root / "sub" / "deep").mkdir(parents=True)
    names = ("a.mp4", "b.mp4", "sub/c.mp4", "sub/deep/d.mp4", "sub/" + "long " * 45 + "ü.mp4", "月.mp4")
    for number, name in enumerate(names):
        (root / name).write_bytes(b"clip %d " % number * 700)
        os.utime(root / name, ns=(0, (1_600_000_000 + number) * 10**9))
    (root / "empty.mp4").touch()


@attrs.define
class Edited:
    """An image in memory, edited as a wrong writer would have written it: all checksums are those of what is there."""

    content: bytearray
    plan: ImagePlan

    def tag(self, at: int) -> None:
        """Make the checksum and the CRC of a UDF descriptor right."""
        size = int.from_bytes(self.content[at + 10 : at + 12], "little")
        crc = binascii.crc_hqx(self.content[at + 16 : at + 16 + size], 0)
        self.content[at + 8 : at + 10] = struct.pack("<H", crc)
        self.content[at + 4] = 0
        self.content[at + 4] = sum(self.content[at : at + 16]) & 0xFF

    def identifier(self, name: str) -> int:
        """Where the UDF folder entry of this name begins."""
        return self.content.index(b"\x08" + name.encode("latin-1")) - 38

    def udf_entry(self, name: str) -> int:
        """Where the UDF file entry of this name begins."""
        (block,) = struct.unpack_from("<I", self.content, self.identifier(name) + 24)
        return int(257 + block) * SECTOR

    def record(self, name: str) -> int:
        """Where the directory record begins whose Rock Ridge name this is."""
        at = self.content.index(b"NM" + bytes((5 + len(name), 1, 0)) + name.encode())
        return self.record_before(at)

    def joliet(self, name: str) -> int:
        """Where the Joliet record of this name begins."""
        return self.record_before(self.content.index(name.encode("utf-16-be")))

    def record_before(self, inside: int) -> int:
        at = inside // SECTOR * SECTOR
        while at + self.content[at] <= inside:
            at += self.content[at]
        return at

    def both(self, at: int, value: int) -> None:
        """Write a number in both byte orders."""
        self.content[at : at + 8] = struct.pack("<I", value) + struct.pack(">I", value)

    def put(self, at: int, content: bytes) -> None:
        """Write bytes."""
        self.content[at : at + len(content)] = content


def udf_name(image: Edited) -> None:
    at = image.identifier("b.mp4")
    image.put(at + 39, b"z")
    image.tag(at)


def udf_deleted(image: Edited) -> None:
    at = image.identifier("b.mp4")
    image.put(at + 18, b"\4")
    image.tag(at)


def udf_hidden(image: Edited) -> None:
    at = image.identifier("b.mp4")
    image.put(at + 18, b"\1")
    image.tag(at)


def udf_name_twice(image: Edited) -> None:
    at = image.identifier("b.mp4")
    image.put(at + 39, b"a")
    image.tag(at)


def udf_name_with_a_slash(image: Edited) -> None:
    at = image.identifier("b.mp4")
    image.put(at + 40, b"/")
    image.tag(at)


def udf_size(image: Edited) -> None:
    at = image.udf_entry("b.mp4")
    image.put(at + 56, struct.pack("<Q", 5599))
    image.put(at + 176, struct.pack("<I", 5599))
    image.tag(at)


def udf_size_without_extents(image: Edited) -> None:
    at = image.udf_entry("b.mp4")
    image.put(at + 56, struct.pack("<Q", 5599))
    image.tag(at)


def udf_content_of_another(image: Edited) -> None:
    at, other = image.udf_entry("b.mp4"), image.udf_entry("a.mp4")
    image.put(at + 180, bytes(image.content[other + 180 : other + 184]))
    image.tag(at)


def udf_time(image: Edited) -> None:
    at = image.udf_entry("b.mp4")
    image.content[at + 84 + 8] ^= 1
    image.tag(at)


def udf_content_behind_the_end(image: Edited) -> None:
    at = image.udf_entry("b.mp4")
    image.put(at + 180, struct.pack("<I", 1 << 30))
    image.tag(at)


def udf_folder_in_a_circle(image: Edited) -> None:
    at, up = image.identifier("deep"), image.identifier("sub")
    image.put(at + 20, bytes(image.content[up + 20 : up + 36]))
    image.tag(at)


def udf_folder_that_is_a_file(image: Edited) -> None:
    at = image.identifier("b.mp4")
    image.put(at + 18, b"\2")
    image.tag(at)


def udf_not_closed(image: Edited) -> None:
    image.put(64 * SECTOR + 28, bytes(4))
    image.tag(64 * SECTOR)


def udf_label(image: Edited) -> None:
    for sector in (32, 48):
        image.put(sector * SECTOR + 25, b"Z")
        image.tag(sector * SECTOR)


def udf_second_sequence(image: Edited) -> None:
    image.put(48 * SECTOR + 25, b"Z")
    image.tag(48 * SECTOR)


def udf_last_anchor(image: Edited) -> None:
    at = len(image.content) - SECTOR
    image.put(at + 20, struct.pack("<I", 48))
    image.tag(at)


def udf_no_last_anchor(image: Edited) -> None:
    image.put(len(image.content) - SECTOR, bytes(SECTOR))


def udf_not_announced(image: Edited) -> None:
    image.put(image.content.index(b"NSR02"), b"XXX02")


def rock_ridge_name(image: Edited) -> None:
    image.put(image.content.index(b"NM\x0a\x01\x00b.mp4") + 5, b"z")


def rock_ridge_name_twice(image: Edited) -> None:
    image.put(image.content.index(b"NM\x0a\x01\x00b.mp4") + 5, b"a")


def rock_ridge_name_with_a_slash(image: Edited) -> None:
    image.put(image.content.index(b"NM\x0a\x01\x00b.mp4") + 6, b"/")


def rock_ridge_without_a_name(image: Edited) -> None:
    image.put(image.content.index(b"NM\x0a\x01\x00b.mp4"), b"XX")


def rock_ridge_time(image: Edited) -> None:
    at = image.content.index(b"TF", image.record("b.mp4"))
    image.content[at + 5 + 5] ^= 1


def rock_ridge_kind(image: Edited) -> None:
    image.both(image.content.index(b"PX", image.record("b.mp4")) + 4, 0o120777)


def rock_ridge_continued_in_a_circle(image: Edited) -> None:
    at = image.content.index(b"CE", image.record("a.mp4"))
    where, offset, size = (struct.unpack_from("<I", image.content, at + n)[0] for n in (4, 12, 20))
    image.put(where * SECTOR + offset, bytes(image.content[at : at + 28]))
    assert size > 28


def iso_size(image: Edited) -> None:
    image.both(image.record("b.mp4") + 10, 5599)


def iso_size_in_one_order(image: Edited) -> None:
    image.put(image.record("b.mp4") + 10, struct.pack("<I", 5599))


def iso_content_of_another(image: Edited) -> None:
    at, other = image.record("b.mp4"), image.record("a.mp4")
    image.put(at + 2, bytes(image.content[other + 2 : other + 10]))


def iso_content_behind_the_end(image: Edited) -> None:
    image.both(image.record("b.mp4") + 2, 1 << 30)


def iso_record_gone(image: Edited) -> None:
    """The record before takes its place."""
    at = image.record("b.mp4")
    image.content[image.record_before(at - 1)] += image.content[at]


def iso_folder_in_a_circle(image: Edited) -> None:
    at, up = image.record("deep"), image.record("sub")
    image.put(at + 2, bytes(image.content[up + 2 : up + 18]))


def iso_path_table(image: Edited) -> None:
    (sector,) = struct.unpack_from("<I", image.content, 16 * SECTOR + 140)
    image.content[sector * SECTOR + 12] ^= 1  # the second entry's sector


def iso_path_table_of_the_other_order(image: Edited) -> None:
    (sector,) = struct.unpack_from(">I", image.content, 16 * SECTOR + 148)
    image.content[sector * SECTOR + 15] ^= 1


def iso_label(image: Edited) -> None:
    image.put(16 * SECTOR + 40, b"Z")


def joliet_label(image: Edited) -> None:
    image.put(17 * SECTOR + 41, b"Z")


def joliet_size(image: Edited) -> None:
    image.both(image.joliet("b.mp4") + 10, 5599)


def joliet_content_of_another(image: Edited) -> None:
    at, other = image.joliet("b.mp4"), image.joliet("a.mp4")
    image.put(at + 2, bytes(image.content[other + 2 : other + 10]))


def no_joliet(image: Edited) -> None:
    image.put(17 * SECTOR + 88, b"   ")


def no_rock_ridge(image: Edited) -> None:
    image.put(image.content.index(b"SP\x07\x01"), b"XX")


BOTH = (
    *(udf_name, udf_size, udf_size_without_extents, udf_content_of_another, udf_time, udf_label, udf_last_anchor),
    *(udf_not_announced, rock_ridge_name, rock_ridge_name_twice, rock_ridge_time, iso_size, iso_size_in_one_order),
    *(iso_content_of_another, iso_record_gone, iso_path_table, iso_label, joliet_label, joliet_size),
    *(joliet_content_of_another, no_joliet, no_rock_ridge),
)
"""What pycdlib finds, too."""
OURS = (
    *(udf_deleted, udf_hidden, udf_name_twice, udf_name_with_a_slash, udf_content_behind_the_end),
    *(udf_folder_in_a_circle, udf_folder_that_is_a_file, udf_not_closed, udf_second_sequence, udf_no_last_anchor),
    *(rock_ridge_name_with_a_slash, rock_ridge_without_a_name, rock_ridge_kind, rock_ridge_continued_in_a_circle),
    *(iso_content_behind_the_end, iso_folder_in_a_circle, iso_path_table_of_the_other_order),
)


@attrs.frozen
class Made:
    image: Path
    plan: ImagePlan
    manifest: ImageManifest


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    fill(folder / "tree")
    (folder / "tree" / ("x" * 240 + ".mp4")).write_bytes(b"a name that is continued")
    return Made(folder / "image.iso", *build(folder / "tree", folder / "image.iso", "EVIDENCE"))


def check(verifier: ImageVerifier, made: Made) -> int:
    return verifier.verify(
        made.image, plan=made.plan, manifest=made.manifest, on_bytes=lambda _: None, cancel=MemoryCancellation()
    ).file_count


def cases() -> Iterator[object]:
    for edit in (*BOTH, *OURS):
        yield pytest.param(BridgeVerifier(), edit, id=f"bridge-{edit.__name__}")
    for edit in BOTH:
        yield pytest.param(PycdlibVerifier(), edit, id=f"pycdlib-{edit.__name__}")


@pytest.mark.parametrize(("verifier", "edit"), list(cases()))
def test_an_image_that_was_written_wrong_is_found(
    made: Made, tmp_path: Path, verifier: ImageVerifier, edit: Callable[[Edited], None]
) -> None:
    """The digest of the whole image is that of the wrong one: only the trees can tell."""
    edited = Edited(bytearray(made.image.read_bytes()), made.plan)
    before = bytes(edited.content)
    edit(edited)
    assert edited.content != before
    wrong = tmp_path / "wrong.iso"
    wrong.write_bytes(edited.content)
    sha256 = hashlib.sha256(edited.content).hexdigest()
    with pytest.raises(MismatchError):
        check(verifier, Made(wrong, made.plan, attrs.evolve(made.manifest, sha256=sha256)))


def test_an_image_that_is_right_is_right_for_both(made: Made) -> None:
    assert check(BridgeVerifier(), made) == check(PycdlibVerifier(), made) == 8


@given(at=st.integers(0, 200), value=st.integers(0, 255), is_cut=st.booleans(), tail=st.binary(max_size=3))
def test_an_entry_of_rock_ridge_that_is_read_in_one_go_says_what_it_says_field_by_field(
    made: Made, at: int, value: int, is_cut: bool, tail: bytes
) -> None:
    """Whatever is wrong in it."""
    content = made.image.read_bytes()
    start = Edited(bytearray(content), made.plan).record("a.mp4")
    use = bytearray(content[start + 33 + content[start + 32] + 1 - content[start + 32] % 2 : start + content[start]])
    use[at % len(use)] = value
    whole = memoryview(bytes(use[: at % len(use)] if is_cut else use) + tail)
    record = iso9660.Record(b"A.MP4;1", 1, 1, bytes(7), 0, whole)

    def read() -> object:
        with OpenImage(made.image) as file:
            try:
                return iso9660.Iso9660Reader(Sectors(file), 100).entry_of(record)
            except MismatchError as error:
                return str(error)

    with pytest.MonkeyPatch.context() as patch:
        found = read()
        patch.setattr(iso9660, "_USUAL", re.compile(b"(?!)"))
        assert read() == found


def test_more_entries_than_expected_by_far_are_refused_before_they_are_read(made: Made) -> None:
    with OpenImage(made.image) as file, pytest.raises(MismatchError, match="many more entries"):
        read_image(file, -995)
    with OpenImage(made.image) as file, pytest.raises(MismatchError, match="much larger"):
        read_image(file, -1000)


def test_a_medium_that_does_not_give_the_trees_is_no_mismatch(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(OpenImage, "read_piece", broken)
    with pytest.raises(StorageError, match="Input/output error") as raised:
        check(BridgeVerifier(), made)
    assert not isinstance(raised.value, MismatchError)


# --- damaged images ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_genisoimage(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("by_genisoimage")
    (folder / "tree" / "sub" / "deep").mkdir(parents=True)
    for name in ("a.mp4", "sub/b.mp4", "sub/deep/" + "x" * 100):
        (folder / "tree" / name).write_bytes(name.encode() * 500)
    builder = find_genisoimage(cancel=MemoryCancellation())
    assert builder is not None, "genisoimage is not installed"
    plan = builder.plan(folder / "tree", label="X", stamped_at=AT)
    builder.write(plan, target=folder / "x.iso", on_bytes=lambda _: None, cancel=MemoryCancellation())
    return (folder / "x.iso").read_bytes()


damages = st.lists(
    st.tuples(
        st.integers(0, 2**31),  # which of the sectors that hold anything
        st.one_of(st.integers(0, 2047), st.integers(0, 300)),
        st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from([b"\xff" * 4, bytes(4), b"\1", b"\x80"])),
    ),
    min_size=1,
    max_size=6,
)


def outcome(content: bytes) -> str:
    """What reading says of these bytes; any other exception fails the test."""
    with tempfile.NamedTemporaryFile(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as file:
        file.write(content)
        file.flush()
        began = time.process_time()
        try:
            view_of(Path(file.name))
        except MismatchError as error:
            return str(error)
        finally:
            assert time.process_time() - began < 5
    return ""


def damaged(content: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Other bytes here and there, where there are any but zeros."""
    used = [n for n in range(len(content) // SECTOR) if any(content[n * SECTOR : (n + 1) * SECTOR])]
    found = bytearray(content)
    for which, offset, other in changes:
        at = used[which % len(used)] * SECTOR + offset
        found[at : at + len(other)] = other[: SECTOR - offset]
    return bytes(found)


@pytest.mark.parametrize("are_checksums_right", [True, False])
@pytest.mark.parametrize("who", ["bridge", "genisoimage"])
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(changes=damages, other_end=st.one_of(st.none(), st.integers(0, 2**31)))
def test_a_damaged_image_is_read_or_refused(  # noqa: PLR0917 - what pytest and hypothesis give
    made: Made,
    by_genisoimage: bytes,
    who: str,
    are_checksums_right: bool,
    changes: list[tuple[int, int, bytes]],
    other_end: int | None,
) -> None:
    """`are_checksums_right`: as if the damage was there before the checksums were made."""
    content = made.image.read_bytes() if who == "bridge" else by_genisoimage
    content = damaged(content, changes)
    if other_end is not None:
        content = content[: other_end % len(content)]
    with pytest.MonkeyPatch.context() as patch:
        if are_checksums_right:
            patch.setattr(udf, "check_tag", lambda *_: None)
        outcome(content)


@pytest.mark.parametrize("who", ["bridge", "genisoimage"])
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(swaps=st.lists(st.tuples(st.integers(0, 2**31), st.integers(0, 2**31)), min_size=1, max_size=5))
def test_sectors_that_changed_their_places_are_read_or_refused(
    made: Made, by_genisoimage: bytes, who: str, swaps: list[tuple[int, int]]
) -> None:
    content = bytearray(made.image.read_bytes() if who == "bridge" else by_genisoimage)
    used = [n for n in range(len(content) // SECTOR) if any(content[n * SECTOR : (n + 1) * SECTOR])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(udf, "check_tag", lambda *_: None)
        for pair in swaps:
            here, there = (slice(used[n % len(used)] * SECTOR, (used[n % len(used)] + 1) * SECTOR) for n in pair)
            content[here], content[there] = content[there], content[here]
        outcome(bytes(content))


@pytest.mark.parametrize("size_bytes", [0, 1, 2047, 2048, 17 * 2048, 257 * 2048])
def test_what_is_no_image_is_refused(size_bytes: int) -> None:
    assert "cannot be read as a disc image" in outcome(os.urandom(size_bytes))
    assert "cannot be read as a disc image" in outcome(bytes(size_bytes))
