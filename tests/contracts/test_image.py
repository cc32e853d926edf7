"""The contract of `ImageBuilder` and `ImageVerifier`, on the bridge writer with pycdlib, and in memory."""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.bridge import BridgeBuilder
from camvault.adapters.isoverify import PycdlibVerifier
from camvault.adapters.memory import MemoryCancellation, MemoryStorage
from camvault.adapters.memory.image import MemoryImageBuilder, MemoryImageVerifier
from camvault.ports.errors import Cancelled, ChangedError, MismatchError, StorageError, UsageError
from camvault.ports.image import ImageBuilder, ImageManifest, ImagePlan, ImageVerifier

AT = datetime(2025, 7, 18, 10, 15, tzinfo=UTC)
LABEL = "20250718T101500Z"


@attrs.frozen
class World:
    builder: ImageBuilder
    verifier: ImageVerifier
    root: PurePath
    put: Callable[[PurePath, bytes], object]
    read: Callable[[PurePath], bytes]
    link: Callable[[PurePath], object]

    @property
    def target(self) -> PurePath:
        return self.root.with_name("image.part")

    def plan(self, label: str = LABEL, at: datetime = AT) -> ImagePlan:
        return self.builder.plan(self.root, label=label, stamped_at=at)

    def write(self, plan: ImagePlan) -> ImageManifest:
        return self.builder.write(plan, target=self.target, on_bytes=lambda _: None, cancel=MemoryCancellation())

    def verify(self, plan: ImagePlan, manifest: ImageManifest) -> int:
        return self.verifier.verify(
            self.target, plan=plan, manifest=manifest, on_bytes=lambda _: None, cancel=MemoryCancellation()
        )


def _bridge(tmp_path: Path) -> World:
    def put(path: PurePath, content: bytes) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content)
        os.utime(path, ns=(0, hash(content) % 10**18))

    return World(
        BridgeBuilder(),
        PycdlibVerifier(),
        tmp_path / "tree",
        put,
        lambda path: Path(path).read_bytes(),
        lambda path: Path(path).symlink_to("a.mp4"),
    )


def _memory(_: Path) -> World:
    storage = MemoryStorage()
    return World(
        MemoryImageBuilder(storage),
        MemoryImageVerifier(storage),
        PurePath("/tree"),
        storage.put,
        storage.content,
        lambda path: storage.put_link(path, "a.mp4"),
    )


@pytest.fixture(params=[_bridge, _memory], ids=["bridge", "memory"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    made: World = request.param(tmp_path)
    made.put(made.root / "a.mp4", b"first clip" * 1000)
    made.put(made.root / "sub" / "deep" / "b.mp4", b"second clip")
    made.put(made.root / "empty.mp4", b"")
    return made


class TestImage:
    def test_the_plan_is_exact_and_the_manifest_is_that_of_the_image(self, world: World) -> None:
        plan = world.plan()
        manifest = world.write(plan)
        image = world.read(world.target)
        assert len(image) == plan.size_bytes == manifest.size_bytes
        assert manifest.sha256 == hashlib.sha256(image).hexdigest()

    def test_content_lies_where_the_plan_says(self, world: World) -> None:
        plan = world.plan()
        manifest = world.write(plan)
        image = world.read(world.target)
        for file in plan.files:
            piece = image[file.first_sector * 2048 :][: file.identity.size_bytes]
            assert piece == world.read(file.source)
            assert manifest.file_sha256[file.path] == hashlib.sha256(piece).hexdigest()
            if file.sector_count:
                assert plan.files_at(file.first_sector) == (file.path,)

    def test_everything_is_planned(self, world: World) -> None:
        plan = world.plan()
        assert {str(f.path) for f in plan.files} == {"a.mp4", "sub/deep/b.mp4", "empty.mp4"}
        assert {str(f) for f in plan.folders} == {"sub", "sub/deep"}

    def test_what_is_left_out_is_named_and_nothing_else(self, world: World) -> None:
        plan = world.builder.plan(world.root, label=LABEL, stamped_at=AT, is_left_out=lambda path: path.name == "sub")
        assert {str(f.path) for f in plan.files} == {"a.mp4", "empty.mp4"}
        assert plan.left_out == (PurePosixPath("sub"),)
        assert plan.folders == ()

    def test_a_good_image_is_verified(self, world: World) -> None:
        plan = world.plan()
        assert world.verify(plan, world.write(plan)) == 3

    def test_the_same_input_gives_the_same_bytes(self, world: World) -> None:
        first = world.write(world.plan())
        content = world.read(world.target)
        assert world.write(world.plan()) == first
        assert world.read(world.target) == content

    def test_another_stamp_gives_another_image(self, world: World) -> None:
        first = world.write(world.plan())
        assert world.write(world.plan(at=AT + timedelta(seconds=1))).sha256 != first.sha256

    def test_a_source_that_changed_since_the_plan_fails(self, world: World) -> None:
        plan = world.plan()
        world.put(world.root / "a.mp4", b"another clip" * 1000)
        with pytest.raises(ChangedError):
            world.write(plan)

    def test_a_link_is_refused(self, world: World) -> None:
        world.link(world.root / "link.mp4")
        with pytest.raises(StorageError, match=r"link\.mp4"):
            world.plan()

    def test_a_label_that_no_image_holds_is_refused(self, world: World) -> None:
        with pytest.raises(UsageError):
            world.plan("x" * 33)

    def test_a_flipped_bit_of_content_is_found_and_named(self, world: World) -> None:
        plan = world.plan()
        manifest = world.write(plan)
        first = next(f for f in plan.files if f.path.name == "a.mp4").first_sector * 2048
        image = bytearray(world.read(world.target))
        image[first] ^= 1
        world.put(world.target, bytes(image))
        with pytest.raises(MismatchError, match=r"a\.mp4"):
            world.verify(plan, manifest)

    def test_a_flipped_bit_of_the_last_sector_is_found(self, world: World) -> None:
        plan = world.plan()
        manifest = world.write(plan)
        image = bytearray(world.read(world.target))
        image[-1] ^= 1
        world.put(world.target, bytes(image))
        with pytest.raises(MismatchError):
            world.verify(plan, manifest)

    def test_a_request_to_stop_is_heard(self, world: World) -> None:
        plan = world.plan()
        cancel = MemoryCancellation()
        cancel.request()
        with pytest.raises(Cancelled):
            world.builder.write(plan, target=world.target, on_bytes=lambda _: None, cancel=cancel)
        manifest = world.write(plan)
        with pytest.raises(Cancelled):
            world.verifier.verify(world.target, plan=plan, manifest=manifest, on_bytes=lambda _: None, cancel=cancel)

    def test_every_byte_is_reported_once(self, world: World) -> None:
        plan = world.plan()
        done: list[int] = []
        world.builder.write(plan, target=world.target, on_bytes=done.append, cancel=MemoryCancellation())
        assert sum(done) == plan.size_bytes
