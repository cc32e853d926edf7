"""The bridge writer against readers that know nothing of it: 7z, xorriso, isoinfo, udfinfo, pycdlib."""

import hashlib
import itertools
import os
import re
import subprocess
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camvault.adapters.bridge import BridgeBuilder
from camvault.adapters.bridge import builder as builder_module
from camvault.adapters.bridge.layout import FILE_BYTES_MAX, lay_out
from camvault.adapters.bridge.sink import Sink
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.isoverify import BridgeVerifier, PycdlibVerifier
from camvault.adapters.isoverify.open_image import OpenImage
from camvault.adapters.isoverify.trees import read_image
from camvault.adapters.isoverify.views import ImageView
from camvault.adapters.memory import MemoryCancellation
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import ChangedError, DeniedError, MismatchError, NoSpaceError, UsageError
from camvault.ports.image import ImageManifest, ImagePlan
from tests.sevenzip import SEVEN_ZIP

OLD_IMAGE = bytes(16 * 2048) + b"\0BEA01\1" + bytes(2041)

AT = datetime(2025, 7, 18, 10, 15, tzinfo=UTC)
LABEL = "EVIDENCE_20250718T101500Z_ABCDEF"
GIB = 1 << 30


def out(*argv: str | Path) -> bytes:
    return subprocess.run(argv, check=True, capture_output=True).stdout


def build(root: Path, image: Path, label: str = LABEL) -> tuple[ImagePlan, ImageManifest]:
    builder = BridgeBuilder()
    plan = builder.plan(root, label=label, stamped_at=AT)
    return plan, builder.write(plan, target=image, on_bytes=lambda _: None, cancel=MemoryCancellation())


def verify(image: Path, plan: ImagePlan, manifest: ImageManifest) -> int:
    """What camvault's own reader finds, and pycdlib, which knows nothing of camvault, as well."""
    both = [
        verifier.verify(image, plan=plan, manifest=manifest, on_bytes=lambda _: None, cancel=MemoryCancellation())
        for verifier in (BridgeVerifier(), PycdlibVerifier())
    ]
    assert both[0] == both[1]
    return both[0].file_count


def trees_of(image: Path) -> ImageView:
    with OpenImage(image) as file:
        return read_image(file, 1000)


def tree_of(root: Path) -> dict[bytes, bytes | None]:
    """Relative path to content; None for a folder."""
    base = os.fsencode(root)
    found: dict[bytes, bytes | None] = {}
    for folder, folders, files in os.walk(base):
        found |= {os.path.relpath(os.path.join(folder, name), base): None for name in folders}  # noqa: PTH118
        for name in files:
            path = os.path.join(folder, name)  # noqa: PTH118
            with open(path, "rb") as file:  # noqa: PTH123
                found[os.path.relpath(path, base)] = file.read()
    return found


def extract_rock_ridge(image: Path, target: Path) -> None:
    out("xorriso", "-osirrox", "on", "-indev", image, "-extract", "/", target)
    out("chmod", "-R", "u+w", target)


tame = st.text("abcXYZ019 -_äé日", min_size=1, max_size=40).filter(lambda t: t.strip(" ") == t)
names = st.builds(lambda stem, end: stem + end, tame, st.sampled_from(["", ".mp4", ".b"]))
contents = st.one_of(st.sampled_from([0, 1, 2047, 2048, 2049, 70_000]), st.integers(0, 9000)).map(
    lambda size: (b"%d " % size * (size // 2 + 1))[:size]
)
trees = st.recursive(
    st.dictionaries(names, contents, max_size=6),
    lambda inner: st.dictionaries(names, st.one_of(contents, inner), max_size=4),
    max_leaves=12,
)


def put(root: Path, tree: dict[str, object]) -> None:
    root.mkdir()
    folded: set[str] = set()
    for name, content in tree.items():
        if name.casefold() in folded:
            continue
        folded.add(name.casefold())
        if isinstance(content, bytes):
            (root / name).write_bytes(content)
        else:
            put(root / name, content)  # type: ignore[arg-type]


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(trees)
def test_any_tree_is_planned_to_the_sector_and_right_in_both_trees(tree: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, image = Path(name), Path(name) / "image.iso"
        put(folder / "tree", tree)
        # 7z 26.02 opens no UDF without any content ("Headers Error"), genisoimage's neither
        (folder / "tree" / "~content").write_bytes(b"content")
        plan, manifest = build(folder / "tree", image)
        assert image.stat().st_size == plan.sector_count * 2048
        assert plan.sector_count % 32 == 0
        assert verify(image, plan, manifest) == len(plan.files)
        expected = tree_of(folder / "tree")
        out(SEVEN_ZIP, "x", "-y", "-tudf", f"-o{folder / 'udf'}", image)
        assert tree_of(folder / "udf") == expected
        extract_rock_ridge(image, folder / "rock")
        assert tree_of(folder / "rock") == expected
        out(SEVEN_ZIP, "t", "-tiso", image)


HOSTILE = [
    b"-rf",
    b"new\nline.mp4",
    b"q\"uo'te.mp4",
    b"x" * 251 + b".mp4",
    b"y" * 255,
    ("日" * 85).encode(),
    ("ü" * 127).encode() + b"z",
    b"bad\xff\xfe%41.mp4",
    b"bad%FF%FE%2541.mp4",
    "emoji 🎥.mp4".encode(),
    b"a:b*c?.mp4",
    b" leading and trailing ",
    b"$HOME `id`\\.mp4",
    b"CASE.MP4",
    b"case.mp4",
    b"...",
]


def test_hostile_names_come_back_exactly(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    for folder in (b"", b"sub\n\xff", "月".encode() * 85):
        where = os.path.join(os.fsencode(root), folder)  # noqa: PTH118
        os.makedirs(where, exist_ok=True)  # noqa: PTH103
        for number, name in enumerate(HOSTILE):
            if not os.path.lexists(os.path.join(where, name)):  # noqa: PTH118
                Path(os.fsdecode(where), os.fsdecode(name)).write_bytes(name + b"%d" % number)
    image = tmp_path / "image.iso"
    plan, manifest = build(root, image)
    assert verify(image, plan, manifest) == len(plan.files)
    extract_rock_ridge(image, tmp_path / "rock")
    assert tree_of(tmp_path / "rock") == tree_of(root)
    renamed = {path.name for path in plan.udf_paths if path.parent == PurePosixPath()}
    assert renamed == {"sub\n\udcff", "y" * 255, "x" * 251 + ".mp4", os.fsdecode(b"bad\xff\xfe%41.mp4")}
    found = trees_of(image).udf.files
    assert str(plan.udf_paths[PurePosixPath("y" * 255)]) in found
    assert "emoji 🎥.mp4" in found


def test_files_over_4_gib_are_right_in_both_trees(in_memory: Path) -> None:
    root = in_memory / "tree"
    root.mkdir()
    size = 4_300_000_001
    with open(root / "big.mp4", "wb") as file:  # noqa: PTH123
        file.truncate(size)
        for at in (0, GIB - 4, 4 * GIB - 2050, 4 * GIB + 5, size - 9):
            file.seek(at)
            file.write(b"marker %d" % (at % 10))
        file.truncate(size)
    (root / "small.mp4").write_bytes(b"after the big one")
    image = in_memory / "image.iso"
    plan, manifest = build(root, image)
    assert image.stat().st_blocks * 512 < 64 << 20, "holes stay holes"
    assert verify(image, plan, manifest) == 2
    extents = trees_of(image)
    assert len(extents.udf.files["big.mp4"][0]) == 5
    assert len(extents.iso.files["big.mp4"][0]) == 2
    for kind in ("udf", "iso"):
        listed = out(SEVEN_ZIP, "l", "-slt", f"-t{kind}", image).decode()
        assert f"Size = {size}" in listed
        assert out(SEVEN_ZIP, "x", "-so", f"-t{kind}", image, "small.mp4") == b"after the big one"
        extracting = [SEVEN_ZIP, "x", "-so", f"-t{kind}", str(image), "big.mp4"]
        with subprocess.Popen(extracting, stdout=subprocess.PIPE) as extracted:
            compared = subprocess.run(["cmp", "-", root / "big.mp4"], stdin=extracted.stdout, check=False)
        assert (compared.returncode, extracted.returncode) == (0, 0)
    assert out(SEVEN_ZIP, "l", "-slt", "-tudf", image).decode().count(f"Size = {size}") == 1


def test_a_file_larger_than_any_disc_is_refused() -> None:
    everything = [(PurePosixPath("huge.mp4"), FileIdentity(FILE_BYTES_MAX + 1, 0))]
    with pytest.raises(UsageError, match="at most"):
        lay_out(everything, [PurePosixPath()])
    assert lay_out([(PurePosixPath("huge.mp4"), FileIdentity(FILE_BYTES_MAX, 0))], [PurePosixPath()])


def test_more_folders_than_path_tables_can_number_are_refused() -> None:
    folders = [PurePosixPath(), *(PurePosixPath(str(number)) for number in range(65_535))]
    with pytest.raises(UsageError, match="65,536 folders"):
        lay_out([], folders)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    for number, name in enumerate(("a.mp4", "sub/b.mp4")):
        (tmp_path / "tree" / name).write_bytes(b"%d" % number * 10_000)
        os.utime(tmp_path / "tree" / name, ns=(0, (1_600_000_000 + number) * 10**9 + 123_456_789))
    return tmp_path / "tree"


def test_labels_in_all_five_places(small: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    build(small, image)
    said = dict(line.split("=", 1) for line in out("udfinfo", image).decode().splitlines() if "=" in line)
    assert (said["label"], said["vid"], said["fsid"]) == (LABEL, LABEL[:30], LABEL[:30])
    assert f"Volume id: {LABEL}\n" in out("isoinfo", "-d", "-i", image).decode()
    raw = image.read_bytes()
    assert raw[17 * 2048 + 40 : 17 * 2048 + 72].decode("utf-16-be") == LABEL[:16]
    assert out("blkid", "-p", "-o", "value", "-s", "TYPE", image).strip() == b"udf"


def test_udfinfo_finds_it_closed_and_complete(small: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    plan, _ = build(small, image)
    said = out("udfinfo", image).decode().splitlines()
    assert {"integrity=closed", "numfiles=2", "numdirs=2", "udfrev=1.02", "accesstype=readonly"} <= set(said)
    assert {"start=256, blocks=1, type=ANCHOR", f"start={plan.sector_count - 1}, blocks=1, type=ANCHOR"} <= set(said)
    assert f"start=257, blocks={plan.sector_count - 258}, type=PSPACE" in said
    last = max(f.first_sector + f.sector_count for f in plan.files)
    assert last < plan.sector_count - 1, "a free sector between the content and the end of the partition"


def test_times_are_kept_in_all_trees(small: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    build(small, image)
    listed = out(SEVEN_ZIP, "l", "-slt", "-tudf", image).decode()
    assert "Modified = 2020-09-13 12:26:40.123456" in listed
    extract_rock_ridge(image, tmp_path / "rock")
    assert (tmp_path / "rock" / "sub" / "b.mp4").stat().st_mtime == 1_600_000_001
    assert "Modified = 2020-09-13 12:26:40" in out(SEVEN_ZIP, "l", "-slt", "-tiso", image).decode()


@pytest.mark.parametrize("mtime_ns", [-(10**18), -1, 0, 2**62, 253_402_300_799 * 10**9 // 10])
def test_times_outside_a_trees_range_do_not_break_it(small: Path, tmp_path: Path, mtime_ns: int) -> None:
    os.utime(small / "a.mp4", ns=(0, mtime_ns))
    plan, manifest = build(small, tmp_path / "image.iso")
    assert verify(tmp_path / "image.iso", plan, manifest) == 2


def test_another_copy_of_the_tree_gives_the_same_bytes(small: Path, tmp_path: Path) -> None:
    out("cp", "-r", "--preserve=timestamps", small, tmp_path / "copy")
    (tmp_path / "copy" / "sub" / "new").touch()
    (tmp_path / "copy" / "sub" / "new").unlink()  # the folder's own time differs now
    build(small, tmp_path / "1.iso")
    build(tmp_path / "copy", tmp_path / "2.iso")
    assert (tmp_path / "1.iso").read_bytes() == (tmp_path / "2.iso").read_bytes()


def test_a_plan_is_written_by_another_builder_just_the_same(small: Path, tmp_path: Path) -> None:
    plan, manifest = build(small, tmp_path / "1.iso")
    again = BridgeBuilder().write(plan, target=tmp_path / "2.iso", on_bytes=lambda _: None, cancel=MemoryCancellation())
    assert again == manifest
    foreign = attrs.evolve(plan, sector_count=plan.sector_count + 32)
    with pytest.raises(UsageError, match="another builder"):
        BridgeBuilder().write(foreign, target=tmp_path / "3.iso", on_bytes=lambda _: None, cancel=MemoryCancellation())


def test_deep_folders(tmp_path: Path) -> None:
    deep = tmp_path / "tree" / Path(*(f"level {n}" for n in range(40)))
    deep.mkdir(parents=True)
    (deep / "clip.mp4").write_bytes(b"deep")
    plan, manifest = build(tmp_path / "tree", tmp_path / "image.iso")
    assert verify(tmp_path / "image.iso", plan, manifest) == 1
    extract_rock_ridge(tmp_path / "image.iso", tmp_path / "rock")
    assert tree_of(tmp_path / "rock") == tree_of(tmp_path / "tree")


# --- sources that do not hold still ---------------------------------------------------------------------------------


def _grow(path: Path) -> None:
    with open(path, "ab") as file:  # noqa: PTH123
        file.write(b"more")


def _shrink(path: Path) -> None:
    os.truncate(path, 3)


def _touch(path: Path) -> None:
    os.utime(path, ns=(0, 5))


def _vanish(path: Path) -> None:
    path.unlink()


def _replace_alike(path: Path) -> None:
    """Another file with the size and the time of the planned one."""
    status = path.stat()
    other = path.with_name("other")
    other.write_bytes(bytes(status.st_size))
    os.utime(other, ns=(0, status.st_mtime_ns))
    other.rename(path)


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


@pytest.mark.parametrize("change", [_grow, _shrink, _touch, _vanish, _link, _replace_alike])
def test_a_source_that_changes_before_it_is_read_fails_the_build(
    small: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    builder = BridgeBuilder()
    plan = builder.plan(small, label="X", stamped_at=AT)
    change(small / "a.mp4")
    with pytest.raises(ChangedError, match=r"a\.mp4"):
        builder.write(plan, target=tmp_path / "x.iso", on_bytes=lambda _: None, cancel=MemoryCancellation())


@pytest.mark.parametrize("size_bytes", [10_000, 200_000], ids=["read in one go", "read in pieces"])
@pytest.mark.parametrize("change", [_grow, _shrink, _touch])
def test_a_source_that_changes_while_it_is_read_fails_the_build(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], size_bytes: int
) -> None:
    (small / "a.mp4").write_bytes(bytes(size_bytes))
    builder, read, fill = BridgeBuilder(), os.read, Sink.fill
    plan = builder.plan(small, label="X", stamped_at=AT)
    todo = [change]

    def disturb() -> None:
        if todo:
            todo.pop()(small / "a.mp4")

    def disturbed_read(descriptor: int, count: int) -> bytes:
        disturb()
        return read(descriptor, count)

    def disturbed_fill(self: Sink, into: Callable[[memoryview], int], count: int) -> int:
        disturb()
        return fill(self, into, count)

    monkeypatch.setattr(os, "read", disturbed_read)
    monkeypatch.setattr(Sink, "fill", disturbed_fill)
    with pytest.raises(ChangedError, match=r"a\.mp4"):
        builder.write(plan, target=tmp_path / "x.iso", on_bytes=lambda _: None, cancel=MemoryCancellation())
    assert not todo


def test_a_source_that_is_given_in_small_pieces(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems do that."""
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, count: read(descriptor, min(count, 3000)))
    plan, manifest = build(small, tmp_path / "image.iso")
    assert manifest.file_sha256[PurePosixPath("a.mp4")] == hashlib.sha256(b"0" * 10_000).hexdigest()
    verify(tmp_path / "image.iso", plan, manifest)


def test_an_unreadable_source_fails_the_plan(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything: the system's answer is forced."""
    monkeypatch.setattr(os, "access", lambda path, *_, **__: not str(path).endswith("b.mp4"))
    with pytest.raises(DeniedError, match=r"b\.mp4"):
        BridgeBuilder().plan(small, label="X", stamped_at=AT)


@pytest.fixture
def little_disk(tmp_path: Path) -> Iterator[Path]:
    """An ext4 of its own, with room for one megabyte."""
    disk, where = tmp_path / "little.img", tmp_path / "little"
    where.mkdir()
    with open(disk, "wb") as file:  # noqa: PTH123
        file.truncate(2 << 20)
    out("mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", disk)
    out("mount", "-o", "loop", disk, where)
    yield where
    out("umount", where)


@pytest.mark.xdist_group("loop")
def test_a_full_disk_is_told_with_both_figures(small: Path, little_disk: Path) -> None:
    (small / "a.mp4").write_bytes(os.urandom(3_000_000))
    with pytest.raises(NoSpaceError, match=r"bytes needed, [\d,]+ bytes free"):
        build(small, little_disk / "image.iso")


@pytest.mark.xdist_group("loop")
@pytest.mark.parametrize("is_early", [True, False], ids=["seen before writing", "filled meanwhile"])
def test_no_room_on_a_real_disk_leaves_the_old_image_and_nothing_else(
    create: Callable[..., tuple[int, str]],
    small: Path,
    little_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_early: bool,
) -> None:
    """The second: another program fills the disk after we looked."""
    (small / "a.mp4").write_bytes(os.urandom(3_000_000))
    old = little_disk / "shift.iso"
    old.write_bytes(OLD_IMAGE)
    if not is_early:
        monkeypatch.setattr(LocalStorage, "free_bytes", lambda *_: 1 << 30)
    code, said = create(small, "--force", iso=old)
    assert code == 1
    assert re.search(r"not enough space, [\d,]+ bytes needed, [\d,]+ bytes free", said)
    assert ("Creating ISO image" in said) is not is_early
    assert [path.name for path in little_disk.iterdir() if path.name != "lost+found"] == ["shift.iso"]
    assert old.read_bytes() == OLD_IMAGE


# --- a verifier that can say no -------------------------------------------------------------------------------------


def _swap(image: Path, old: bytes, new: bytes) -> None:
    raw = image.read_bytes()
    assert old in raw
    image.write_bytes(raw.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"NM\x0a\x01\x00a.mp4", b"NM\x0a\x01\x00z.mp4"),  # a name of Rock Ridge
        (b"\x08a.mp4", b"\x08z.mp4"),  # a name of UDF: its descriptor's CRC is wrong now, too
        (LABEL[:16].encode("utf-16-be"), ("Z" + LABEL[1:16]).encode("utf-16-be")),
        (b"\x08" + LABEL.encode(), b"\x08" + b"Z" + LABEL[1:].encode()),
    ],
)
def test_every_place_is_compared(small: Path, tmp_path: Path, old: bytes, new: bytes) -> None:
    image = tmp_path / "image.iso"
    plan, manifest = build(small, image)
    _swap(image, old, new)
    with pytest.raises(MismatchError):
        verify(image, plan, manifest)


def test_an_image_of_another_size_is_refused(small: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    plan, manifest = build(small, image)
    with open(image, "ab") as file:  # noqa: PTH123
        file.write(bytes(2048))
    with pytest.raises(MismatchError, match="bytes instead of"):
        verify(image, plan, manifest)
    image.write_bytes(bytes(plan.size_bytes))
    with pytest.raises(MismatchError, match="cannot be read"):
        verify(image, plan, manifest)


def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    (root / "big.mp4").write_bytes(os.urandom(1 << 20) * 96)
    builder = BridgeBuilder()
    plan = builder.plan(root, label="X", stamped_at=AT)
    tracemalloc.start()
    try:
        builder.write(plan, target=tmp_path / "x.iso", on_bytes=lambda _: None, cancel=MemoryCancellation())
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
    finally:
        tracemalloc.stop()


def test_ids_differ_for_another_content(small: Path) -> None:
    builder = BridgeBuilder()
    first = builder.plan(small, label="X", stamped_at=AT)
    (small / "c.mp4").touch()
    second = builder.plan(small, label="X", stamped_at=AT)
    found = [builder_module.unique_of(plan) for plan in (first, second, attrs.evolve(first, label="Y"))]
    assert all(a != b for a, b in itertools.combinations(found, 2))


@pytest.mark.xdist_group("loop")
def test_a_full_disk_ends_create_iso_with_1(
    small: Path, little_disk: Path, create: Callable[..., tuple[int, str]]
) -> None:
    """The command itself; nothing is left on the disk."""
    (small / "a.mp4").write_bytes(os.urandom(3_000_000))
    code, said = create(small, iso=little_disk / "image.iso")
    assert (code, "bytes needed" in said) == (1, True)
    assert {path.name for path in little_disk.iterdir()} <= {"lost+found"}
