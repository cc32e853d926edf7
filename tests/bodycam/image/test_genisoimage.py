"""The real genisoimage behind the port: what it promises there, and what it refuses."""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest

from camvault.adapters._shared import process
from camvault.adapters.genisoimage import GenisoimageBuilder, find_genisoimage
from camvault.adapters.isoverify import BridgeVerifier, PycdlibVerifier
from camvault.adapters.memory import MemoryCancellation
from camvault.ports.errors import Cancelled, ChangedError, MismatchError, StorageError, ToolError, UsageError
from camvault.ports.image import ImageManifest, ImagePlan

AT = datetime(2025, 7, 18, 10, 15, tzinfo=UTC)


@pytest.fixture
def builder() -> GenisoimageBuilder:
    found = find_genisoimage(cancel=MemoryCancellation())
    assert found is not None, "genisoimage is not installed"
    return found


@pytest.fixture
def root(build_dir: Path) -> Path:
    deep = build_dir / Path(*"abcdef")
    deep.mkdir(parents=True)
    (build_dir / "empty folder").mkdir()
    (deep / ("x" * 103)).write_bytes(os.urandom(3_000_000))
    (build_dir / "-dash 日.MP4").write_bytes(b"")
    (build_dir / "-dash 日.mp4").write_bytes(b"second")
    os.utime(build_dir / "-dash 日.mp4", ns=(0, 1_600_000_000 * 10**9))  # read at another time than written
    return build_dir


def write(builder: GenisoimageBuilder, plan: ImagePlan, target: Path, done: list[int] | None = None) -> ImageManifest:
    told = [] if done is None else done
    return builder.write(plan, target=target, on_bytes=told.append, cancel=MemoryCancellation())


def verify(image: Path, plan: ImagePlan, manifest: ImageManifest) -> int:
    """What camvault's own reader finds, and pycdlib as well."""
    both = [
        verifier.verify(image, plan=plan, manifest=manifest, on_bytes=lambda _: None, cancel=MemoryCancellation())
        for verifier in (BridgeVerifier(), PycdlibVerifier())
    ]
    assert both[0] == both[1]
    return both[0].file_count


def test_its_image_is_right_in_both_trees_and_of_the_planned_size(
    builder: GenisoimageBuilder, root: Path, tmp_path: Path
) -> None:
    image, done = tmp_path / "image.iso", list[int]()
    plan = builder.plan(root, label="EVIDENCE_20250718T101500Z_ABCDEF", stamped_at=AT)
    manifest = write(builder, plan, image, done)
    assert image.stat().st_size == plan.size_bytes == manifest.size_bytes == sum(done)
    assert manifest.sha256 == hashlib.sha256(image.read_bytes()).hexdigest()
    assert verify(image, plan, manifest) == 5
    assert PurePosixPath("empty folder") in plan.folders


def test_what_is_left_out_is_not_in_the_image(builder: GenisoimageBuilder, root: Path, tmp_path: Path) -> None:
    plan = builder.plan(root, label="X", stamped_at=AT, is_left_out=lambda path: path.name == "a.mp4")
    assert plan.left_out == (PurePosixPath("a.mp4"),)
    assert verify(tmp_path / "x.iso", plan, write(builder, plan, tmp_path / "x.iso")) == 4


def test_a_folder_it_would_not_hold_exactly_is_refused(builder: GenisoimageBuilder, root: Path) -> None:
    (root / "T10:15.mp4").write_bytes(b"clip")
    with pytest.raises(UsageError, match=r"T10:15\.mp4.*--builder bridge can"):
        builder.plan(root, label="X", stamped_at=AT)


@pytest.mark.parametrize(
    ("at_s", "said"),
    [
        (-2_208_988_801, "changed 1899-12-31"),
        (1_830_297_600, "changed 2028-01-01"),
        (5_869_584_000, "changed 2156-01-01"),
        (2**40, "changed 1,099,511,627,776 s after 1970"),
    ],
)
def test_a_time_that_it_does_not_keep_is_refused_with_the_file(
    builder: GenisoimageBuilder, in_memory: Path, at_s: int, said: str
) -> None:
    (in_memory / "clock.mp4").write_bytes(b"clip")
    os.utime(in_memory / "clock.mp4", (at_s, at_s))
    with pytest.raises(UsageError) as raised:
        builder.plan(in_memory, label="X", stamped_at=AT)

    expected = f"clock.mp4: {said}, it keeps times from 1900 to 2027 only; --builder bridge can"
    assert str(raised.value).endswith(expected)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_times_that_it_keeps_are_in_both_trees_whatever_the_zone(
    builder: GenisoimageBuilder, in_memory: Path, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    (in_memory / "clips").mkdir()
    for at_s in (-2_208_988_800, -1, 0, 1_830_297_599):
        (in_memory / "clips" / f"{at_s}.mp4").write_bytes(b"clip")
        os.utime(in_memory / "clips" / f"{at_s}.mp4", (at_s, at_s))
    plan = builder.plan(in_memory / "clips", label="X", stamped_at=AT)

    assert verify(in_memory / "x.iso", plan, write(builder, plan, in_memory / "x.iso")) == 4


def test_a_label_that_no_image_holds_is_refused(builder: GenisoimageBuilder, root: Path) -> None:
    with pytest.raises(UsageError):
        builder.plan(root, label="X" * 33, stamped_at=AT)


def test_a_link_is_refused(builder: GenisoimageBuilder, root: Path) -> None:
    (root / "link.mp4").symlink_to("a.mp4")
    with pytest.raises(StorageError, match=r"link\.mp4"):
        builder.plan(root, label="X", stamped_at=AT)


def test_a_source_that_changed_since_the_plan_fails(builder: GenisoimageBuilder, root: Path, tmp_path: Path) -> None:
    plan = builder.plan(root, label="X", stamped_at=AT)
    (root / "a.mp4").write_bytes(b"changed")
    with pytest.raises(ChangedError, match=r"a\.mp4"):
        write(builder, plan, tmp_path / "x.iso")


def test_a_source_that_changes_while_it_runs_fails(
    builder: GenisoimageBuilder, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content it reads is another one than the one that was hashed, of the same size."""
    plan, run = builder.plan(root, label="X", stamped_at=AT), process.run

    def disturbed(*argv: object, **more: object) -> object:
        (root / "a.mp4").write_bytes(b"other" * 5000)
        return run(*argv, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "run", disturbed)
    with pytest.raises(ChangedError, match=r"a\.mp4"):
        write(builder, plan, tmp_path / "x.iso")


def test_a_flipped_bit_is_found(builder: GenisoimageBuilder, root: Path, tmp_path: Path) -> None:
    image = tmp_path / "x.iso"
    plan = builder.plan(root, label="X", stamped_at=AT)
    manifest = write(builder, plan, image)
    raw = bytearray(image.read_bytes())
    raw[raw.index(b"first" * 5000)] ^= 1
    image.write_bytes(raw)
    with pytest.raises(MismatchError, match=r"a\.mp4: the content differs"):
        verify(image, plan, manifest)


def test_a_target_that_cannot_be_written_is_told_in_its_words(builder: GenisoimageBuilder, root: Path) -> None:
    plan = builder.plan(root, label="X", stamped_at=AT)
    with pytest.raises(ToolError, match="genisoimage"):
        write(builder, plan, Path("/proc/none/x.iso"))


def test_a_request_to_stop_is_heard(builder: GenisoimageBuilder, root: Path, tmp_path: Path) -> None:
    plan, cancel = builder.plan(root, label="X", stamped_at=AT), MemoryCancellation()
    cancel.request()
    with pytest.raises(Cancelled):
        builder.write(plan, target=tmp_path / "x.iso", on_bytes=lambda _: None, cancel=cancel)


def test_another_program_of_its_name_is_not_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_genisoimage(cancel=MemoryCancellation()) is None
    (tmp_path / "genisoimage").write_text("#!/bin/sh\necho mkisofs 3.02\n")
    (tmp_path / "genisoimage").chmod(0o755)
    assert find_genisoimage(cancel=MemoryCancellation()) is None


def test_the_command_uses_it_when_asked(
    create: Callable[..., tuple[int, str]], build_dir: Path, tmp_path: Path
) -> None:
    code, said = create(build_dir, "--builder", "genisoimage", "--volume-label", "ASKED")
    assert code == 0
    assert "Image builder: genisoimage 1.1" in said
    assert "2 files equal in both trees" in said
    assert (tmp_path / "out" / "shift.iso").is_file()


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (("--builder", "genisoimage", "--stamp", "20250718T101500Z"), "given moment"),
        (("--builder", "hdiutil"), "does not tell the size"),
    ],
)
def test_the_command_says_why_a_builder_is_refused(
    create: Callable[..., tuple[int, str]], build_dir: Path, flags: tuple[str, ...], word: str
) -> None:
    code, said = create(build_dir, *flags)
    assert (code, word in said) == (1, True)


def test_a_builder_that_is_not_there_is_a_missing_tool(
    create: Callable[..., tuple[int, str]], build_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, said = create(build_dir, "--builder", "genisoimage")
    assert (code, "Required tool not found: genisoimage" in said) == (1, True)
