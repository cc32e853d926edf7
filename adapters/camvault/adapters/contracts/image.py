"""Adapter for pytest: the contract of `ImageBuilder` and `ImageVerifier`, which need one another."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import PurePath, PurePosixPath
from typing import Protocol

import attrs
import pytest

from camvault.adapters.contracts.stop import StopRequest
from camvault.ports.errors import Cancelled, ChangedError, MismatchError, StorageError, UsageError
from camvault.ports.image import ImageBuilder, ImageCheck, ImageManifest, ImagePlan, ImageVerifier, Placement

AT = datetime(2025, 7, 18, 10, 15, tzinfo=UTC)
LABEL = "20250718T101500Z"


class ImageHarness(Protocol):
    """The two adapters, and the file system that they work on."""

    @property
    def builder(self) -> ImageBuilder:
        """The builder under test, or one that is trusted to make images for the verifier."""
        ...

    @property
    def verifier(self) -> ImageVerifier:
        """The verifier under test, or one that is trusted to read the builder's images."""
        ...

    @property
    def root(self) -> PurePath:
        """The folder that becomes an image; the contract fills it. The image is written beside it."""
        ...

    def put(self, path: PurePath, content: bytes) -> object:
        """Write a file, with the folders above it; another content gives it another time of change."""
        ...

    def read(self, path: PurePath) -> bytes:
        """The content of a file."""
        ...

    def put_link(self, path: PurePath, points_to: str) -> object:
        """Make a symlink."""
        ...


def _target(harness: ImageHarness) -> PurePath:
    return harness.root.with_name("image.part")


def _beside(harness: ImageHarness) -> PurePath:
    return harness.root.with_name("beside")


def _plan(harness: ImageHarness, label: str = LABEL, at: datetime = AT) -> ImagePlan:
    return harness.builder.plan(harness.root, label=label, stamped_at=at)


def _write(harness: ImageHarness, plan: ImagePlan) -> ImageManifest:
    return harness.builder.write(plan, target=_target(harness), on_bytes=lambda _: None, cancel=StopRequest())


def _verify(harness: ImageHarness, plan: ImagePlan, manifest: ImageManifest) -> ImageCheck:
    return harness.verifier.verify(
        _target(harness), plan=plan, manifest=manifest, on_bytes=lambda _: None, cancel=StopRequest()
    )


class ImageContract:
    """What core relies on: an image holds exactly what was planned, and a verifier overlooks no difference.

    Provide:
        harness (`ImageHarness`): The adapters, and an empty world around them.
    """

    @pytest.fixture
    def harness(self) -> ImageHarness:
        """The adapters, and an empty world around them."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.fixture(autouse=True)
    def _folder(self, harness: ImageHarness) -> None:
        harness.put(harness.root / "a.mp4", b"first clip" * 1000)
        harness.put(harness.root / "sub" / "deep" / "b.mp4", b"second clip")
        harness.put(harness.root / "empty.mp4", b"")

    def test_both_have_names(self, harness: ImageHarness) -> None:
        assert harness.builder.name
        assert harness.verifier.name

    def test_the_plan_is_exact_and_the_manifest_is_that_of_the_image(self, harness: ImageHarness) -> None:
        plan = _plan(harness)
        manifest = _write(harness, plan)
        image = harness.read(_target(harness))
        assert len(image) == plan.size_bytes == manifest.size_bytes
        assert manifest.sha256 == hashlib.sha256(image).hexdigest()

    def test_content_lies_where_the_plan_says(self, harness: ImageHarness) -> None:
        plan = _plan(harness)
        manifest = _write(harness, plan)
        image = harness.read(_target(harness))
        for file in plan.files:
            piece = image[file.first_sector * 2048 :][: file.identity.size_bytes]
            assert piece == harness.read(file.source)
            assert manifest.file_sha256[file.path] == hashlib.sha256(piece).hexdigest()
            if file.sector_count:
                assert plan.files_at(file.first_sector) == (file.path,)

    def test_everything_is_planned(self, harness: ImageHarness) -> None:
        plan = _plan(harness)
        assert {str(f.path) for f in plan.files} == {"a.mp4", "sub/deep/b.mp4", "empty.mp4"}
        assert {str(f) for f in plan.folders} == {"sub", "sub/deep"}

    def test_what_is_left_out_is_named_and_nothing_else(self, harness: ImageHarness) -> None:
        plan = harness.builder.plan(
            harness.root, label=LABEL, stamped_at=AT, is_left_out=lambda path: path.name == "sub"
        )
        assert {str(f.path) for f in plan.files} == {"a.mp4", "empty.mp4"}
        assert plan.left_out == (PurePosixPath("sub"),)
        assert plan.folders == ()

    def test_a_second_folder_lies_beside_the_first(self, harness: ImageHarness) -> None:
        harness.put(_beside(harness) / "notes" / "x.txt", b"from elsewhere")
        plan = harness.builder.plan(harness.root, label=LABEL, stamped_at=AT, beside=_beside(harness))
        assert {str(f.path) for f in plan.files} == {"a.mp4", "sub/deep/b.mp4", "empty.mp4", "notes/x.txt"}
        assert {str(f) for f in plan.folders} == {"sub", "sub/deep", "notes"}
        manifest = _write(harness, plan)
        assert manifest.file_sha256[PurePosixPath("notes/x.txt")] == hashlib.sha256(b"from elsewhere").hexdigest()
        assert _verify(harness, plan, manifest).file_count == 4

    @pytest.mark.parametrize("path", ["a.mp4", "sub/x.mp4"])
    def test_nothing_stands_in_both_folders(self, harness: ImageHarness, path: str) -> None:
        harness.put(_beside(harness) / path, b"other")
        with pytest.raises(UsageError):
            harness.builder.plan(harness.root, label=LABEL, stamped_at=AT, beside=_beside(harness))

    def test_content_goes_where_it_is_wanted(self, harness: ImageHarness) -> None:
        early, last = PurePosixPath("notes/early.txt"), (PurePosixPath("notes/z.txt"), PurePosixPath("notes/b.txt"))
        for path in (early, *last):
            harness.put(_beside(harness) / path, b"evidence" * 300)
        placement = Placement(early=early, early_sector=600, last=last, alignment_sectors=32)
        plan = harness.builder.plan(
            harness.root, label=LABEL, stamped_at=AT, beside=_beside(harness), placement=placement
        )
        sectors = {file.path: file.first_sector for file in plan.files}
        others = [sectors[PurePosixPath(path)] for path in ("a.mp4", "sub/deep/b.mp4")]
        assert sectors[early] == 600
        assert all(sector > 600 and sector % 32 == 0 for sector in others)
        assert max(others) < sectors[last[0]] < sectors[last[1]]
        assert sectors[PurePosixPath("empty.mp4")] == 0
        manifest = _write(harness, plan)
        image = harness.read(_target(harness))
        for file in plan.files:
            assert image[file.first_sector * 2048 :][: file.identity.size_bytes] == harness.read(file.source)
        assert _verify(harness, plan, manifest).file_count == 6

    def test_an_empty_file_lies_nowhere_wherever_it_is_wanted(self, harness: ImageHarness) -> None:
        placement = Placement(early=PurePosixPath("empty.mp4"), early_sector=600, last=(PurePosixPath("none"),))
        plan = harness.builder.plan(harness.root, label=LABEL, stamped_at=AT, placement=placement)
        assert {f.first_sector for f in plan.files if str(f.path) == "empty.mp4"} == {0}
        assert _verify(harness, plan, _write(harness, plan)).file_count == 3

    def test_a_good_image_is_verified(self, harness: ImageHarness) -> None:
        plan = _plan(harness)
        assert _verify(harness, plan, _write(harness, plan)).file_count == 3

    def test_the_same_input_gives_the_same_bytes(self, harness: ImageHarness) -> None:
        first = _write(harness, _plan(harness))
        content = harness.read(_target(harness))
        assert _write(harness, _plan(harness)) == first
        assert harness.read(_target(harness)) == content

    def test_another_stamp_gives_another_image(self, harness: ImageHarness) -> None:
        first = _write(harness, _plan(harness))
        assert _write(harness, _plan(harness, at=AT + timedelta(seconds=1))).sha256 != first.sha256

    def test_a_source_that_changed_since_the_plan_fails(self, harness: ImageHarness) -> None:
        plan = _plan(harness)
        harness.put(harness.root / "a.mp4", b"another clip" * 1000)
        with pytest.raises(ChangedError):
            _write(harness, plan)

    def test_a_link_is_refused(self, harness: ImageHarness) -> None:
        harness.put_link(harness.root / "link.mp4", "a.mp4")
        with pytest.raises(StorageError, match=r"link\.mp4"):
            _plan(harness)

    def test_a_label_that_no_image_holds_is_refused(self, harness: ImageHarness) -> None:
        with pytest.raises(UsageError):
            _plan(harness, "x" * 33)

    def test_a_flipped_bit_of_content_is_found_and_named(self, harness: ImageHarness) -> None:
        plan = _plan(harness)
        manifest = _write(harness, plan)
        first = next(f for f in plan.files if f.path.name == "a.mp4").first_sector * 2048
        image = bytearray(harness.read(_target(harness)))
        image[first] ^= 1
        harness.put(_target(harness), bytes(image))
        with pytest.raises(MismatchError, match=r"a\.mp4"):
            _verify(harness, plan, manifest)

    def test_a_flipped_bit_of_the_last_sector_is_found(self, harness: ImageHarness) -> None:
        plan = _plan(harness)
        manifest = _write(harness, plan)
        image = bytearray(harness.read(_target(harness)))
        image[-1] ^= 1
        harness.put(_target(harness), bytes(image))
        with pytest.raises(MismatchError):
            _verify(harness, plan, manifest)

    @pytest.mark.parametrize("what", ["label", "a file too many", "a folder too many"])
    def test_an_image_of_another_plan_is_found(self, harness: ImageHarness, what: str) -> None:
        """As if the image had another label, or were without what the plan has."""
        plan = _plan(harness)
        manifest = _write(harness, plan)
        missing = attrs.evolve(plan.files[0], path=PurePosixPath("missing.mp4"))
        other = {
            "label": attrs.evolve(plan, label="20250718T101501Z"),
            "a file too many": attrs.evolve(plan, files=(*plan.files, missing)),
            "a folder too many": attrs.evolve(plan, folders=(*plan.folders, PurePosixPath("missing"))),
        }[what]
        sha256 = {**manifest.file_sha256, missing.path: manifest.file_sha256[plan.files[0].path]}
        with pytest.raises(MismatchError):
            _verify(harness, other, attrs.evolve(manifest, file_sha256=sha256))

    def test_a_request_to_stop_is_heard(self, harness: ImageHarness) -> None:
        plan = _plan(harness)
        stop = StopRequest()
        stop.request()
        with pytest.raises(Cancelled):
            harness.builder.write(plan, target=_target(harness), on_bytes=lambda _: None, cancel=stop)
        manifest = _write(harness, plan)
        with pytest.raises(Cancelled):
            harness.verifier.verify(
                _target(harness), plan=plan, manifest=manifest, on_bytes=lambda _: None, cancel=stop
            )

    def test_every_byte_is_reported_once(self, harness: ImageHarness) -> None:
        plan = _plan(harness)
        done: list[int] = []
        harness.builder.write(plan, target=_target(harness), on_bytes=done.append, cancel=StopRequest())
        assert sum(done) == plan.size_bytes
