"""The image verifier reads what is on the medium, and says so. On real mounts."""

import hashlib
import mmap
import os
from pathlib import Path

import attrs
import pytest

from camvault.adapters._shared import medium
from camvault.adapters.isoverify import BridgeVerifier
from camvault.adapters.isoverify.content import ImageReader
from camvault.adapters.isoverify.open_image import OpenImage
from camvault.adapters.memory import MemoryCancellation
from camvault.ports.errors import Cancelled, MismatchError, NotFoundError
from camvault.ports.image import ImageManifest, ImagePlan
from camvault.ports.witness import ReadFrom
from tests.adapters.filesystem.test_medium import disk
from tests.bodycam.image.test_integrations import build


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A tree of one file, of which the content is found in an image."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.mp4").write_bytes(b"footage of a day in May")
    return tmp_path / "tree"


def source_of(image: Path, plan: ImagePlan, manifest: ImageManifest) -> ReadFrom:
    cancel = MemoryCancellation()
    return BridgeVerifier().verify(image, plan=plan, manifest=manifest, on_bytes=lambda _: None, cancel=cancel).source


def spoil(disk_image: Path, old: bytes, new: bytes) -> None:
    """Exchange bytes of a disk below its file system, wherever they stand."""
    content, at = disk_image.read_bytes(), -1
    with disk_image.open("r+b") as file:
        while (at := content.find(old, at + 1)) >= 0:
            file.seek(at)
            file.write(new)


@pytest.mark.xdist_group("loop")
class TestFromTheMedium:
    """The image is read from where it lies, not from what this machine remembers of writing it."""

    def test_an_image_on_a_disk(self, small: Path, tmp_path: Path) -> None:
        with disk(tmp_path) as place:
            assert source_of(place / "image.iso", *build(small, place / "image.iso")) is ReadFrom.MEDIUM

    def test_an_image_in_memory(self, small: Path, in_memory: Path) -> None:
        image = in_memory / "image.iso"
        assert source_of(image, *build(small, image)) is ReadFrom.MEMORY

    @pytest.mark.parametrize("what", [b"day in May", b"NM\x0a\x01\x00a.mp4"], ids=["content", "a name in a tree"])
    def test_what_rots_below_a_cache_that_another_program_holds(self, small: Path, tmp_path: Path, what: bytes) -> None:
        """The image is mapped by another program, so that its pages stay; the disk holds something else."""
        with disk(tmp_path) as place:
            image = place / "image.iso"
            plan, manifest = build(small, image)
            source_of(image, plan, manifest)
            with image.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
                assert mapped.find(what) > 0  # and every page is in the cache now
                spoil(tmp_path / "disk.img", what, what[:-1] + b"X")
                with pytest.raises(MismatchError):
                    source_of(image, plan, manifest)
                assert mapped.find(what) > 0

    def test_where_a_cache_cannot_be_passed_by(
        self, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(medium, "file_system_of", lambda _: "fuse.sshfs")
        assert source_of(tmp_path / "image.iso", *build(small, tmp_path / "image.iso")) is ReadFrom.CACHE

    def test_an_image_that_is_cut_off_in_a_block(self, small: Path, tmp_path: Path) -> None:
        """What is behind a short piece does not begin at a block, and is not asked for."""
        with disk(tmp_path) as place:
            image = place / "image.iso"
            (small / "b.mp4").write_bytes(os.urandom(3 << 20))
            plan, manifest = build(small, image)
            with OpenImage(image) as file:
                os.truncate(image, (2 << 20) + 2048)
                with ImageReader(file, on_bytes=lambda _: None, cancel=MemoryCancellation()) as reader:
                    assert reader.rest() != manifest.sha256
                assert len(file.piece(2 << 20, 4096)) == 2048
                assert len(file.piece(plan.size_bytes, 1)) == 0

    def test_an_image_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError):
            source_of(tmp_path / "image.iso", *build(tmp_path, tmp_path.with_name("other.iso")))


class TestInOnePass:
    """An image is read once, front to back; in front of the content of its files nothing is looked for."""

    SIZE_BYTES = (5 << 20) + 2048

    @pytest.fixture
    def image(self, in_memory: Path) -> Path:
        (in_memory / "image.iso").write_bytes(os.urandom(self.SIZE_BYTES))
        return in_memory / "image.iso"

    @pytest.mark.parametrize("content_at", [0, 2048, 1 << 20, (3 << 20) + 4096, 5 << 20, (5 << 20) + 2048])
    def test_the_digest_of_the_whole_is_that_of_all_of_it(self, image: Path, content_at: int) -> None:
        told: list[int] = []
        with OpenImage(image) as file:
            cancel = MemoryCancellation()
            with ImageReader(file, content_at=content_at, on_bytes=told.append, cancel=cancel) as reader:
                at = -(-content_at // 2048)
                wanted = hashlib.sha256(image.read_bytes()[at * 2048 : at * 2048 + 5000]).hexdigest()
                assert content_at > 5 << 20 or reader.digest(((at, min(5000, self.SIZE_BYTES - at * 2048)),)) == wanted
                assert reader.rest() == hashlib.sha256(image.read_bytes()).hexdigest()
        assert sum(told) == self.SIZE_BYTES

    def test_what_is_in_front_is_stopped_as_the_rest_is(self, image: Path) -> None:
        cancel = MemoryCancellation()
        cancel.request()
        with OpenImage(image) as file, pytest.raises(Cancelled):
            ImageReader(file, content_at=4 << 20, on_bytes=lambda _: None, cancel=cancel).rest()

    def test_a_file_that_is_not_where_the_plan_says_is_proven_all_the_same(self, small: Path, tmp_path: Path) -> None:
        (small / "b.mp4").write_bytes(bytes(3 << 20))
        plan, manifest = build(small, tmp_path / "image.iso")
        moved = [attrs.evolve(file, first_sector=file.first_sector + 1200) for file in plan.files]
        plan = attrs.evolve(plan, files=tuple(moved))
        assert source_of(tmp_path / "image.iso", plan, manifest)
        wrong = {**manifest.file_sha256, plan.files[0].path: manifest.sha256}
        with pytest.raises(MismatchError, match=r"a\.mp4: the content differs"):
            source_of(tmp_path / "image.iso", plan, attrs.evolve(manifest, file_sha256=wrong))

    def test_memory_is_used_again_for_what_was_read_longest_ago(self, in_memory: Path) -> None:
        content = os.urandom(1000) * 40_000
        (in_memory / "image.iso").write_bytes(content)
        with OpenImage(in_memory / "image.iso") as file:
            first = file.piece(0, 2048)
            for at in [*range(0, 64 << 18, 1 << 18), *range(0, 64 << 18, 3 << 17)]:
                assert file.piece(at, 2048) == content[at : at + 2048]
            assert first == content[:2048]
            for at in [*range(120 << 18, 0, -(1 << 18)), *range(0, 152 << 18, 3 << 17)]:
                assert file.piece(at, 2048) == content[at : at + 2048]
