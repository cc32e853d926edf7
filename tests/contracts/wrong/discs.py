"""Wrong adapters of `ImageBuilder`, `ImageVerifier`, `Burner`, `Drives`, `ImageMap` and `VolumeReader`."""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

import attrs
import pytest

from camvault.adapters.contracts.burner import BurnerContract, ImageMapContract, VolumeReaderContract
from camvault.adapters.contracts.files.harness import sha256
from camvault.adapters.contracts.image import ImageContract
from camvault.adapters.contracts.stop import StopRequest
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.burner import MemoryBurner, MemoryDrives
from camvault.adapters.memory.image import MemoryImageBuilder, MemoryImageVerifier
from camvault.ports.burner import ReadBack
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MismatchError
from camvault.ports.image import ImageCheck
from camvault.ports.medium import MediumState
from camvault.ports.witness import ReadFrom
from tests.contracts import (
    test_burner,
    test_image,
)
from tests.contracts.wrong.refusal import by


class _Image(ImageContract):
    builder: type[MemoryImageBuilder] = MemoryImageBuilder
    verifier: type[MemoryImageVerifier] = MemoryImageVerifier

    @pytest.fixture
    def harness(self) -> test_image.World:
        storage = MemoryStorage()
        return test_image.World(
            self.builder(storage), self.verifier(storage), PurePath("/tree"), storage.put, storage.content,
            storage.put_link,
        )  # fmt: skip


class _Believing(MemoryImageVerifier):
    """Compares names and sizes."""

    def verify(self, image: PurePath, /, *, cancel: Cancellation, **options: Any) -> ImageCheck:
        cancel.check()
        return ImageCheck(len(options["plan"].files), ReadFrom.MEDIUM)


class TestVerifierThatBelieves(_Image):
    REFUSED_BY = by(
        "a_flipped_bit_of_content_is_found_and_named",
        "a_flipped_bit_of_the_last_sector_is_found",
        "an_image_of_another_plan_is_found",
    )
    verifier = _Believing


class _Contented(MemoryImageVerifier):
    """Compares the content, and neither label nor names."""

    def verify(self, image: PurePath, /, *, cancel: Cancellation, **options: Any) -> ImageCheck:
        cancel.check()
        plan, manifest, content = options["plan"], options["manifest"], self.storage.content(image)
        for file in plan.files:
            start = file.first_sector * 2048
            if sha256(content[start : start + file.identity.size_bytes]) != manifest.file_sha256[file.path]:
                raise MismatchError(str(image), str(file.path))
        if sha256(content) != manifest.sha256:
            raise MismatchError(str(image), "the whole")
        return ImageCheck(len(plan.files), ReadFrom.MEDIUM)


class TestVerifierThatComparesContentOnly(_Image):
    REFUSED_BY = by("an_image_of_another_plan_is_found")
    verifier = _Contented


class _Careless(MemoryImageBuilder):
    """Takes the file that it finds for the one that was planned with."""

    def write(self, plan: Any, /, **options: Any) -> Any:
        entries = {file.source: self.storage.tree.entry(file.source) for file in plan.files}
        files = tuple(attrs.evolve(f, identity=e.identity) for f in plan.files if (e := entries[f.source]))
        return super().write(attrs.evolve(plan, files=files), **options)


class TestBuilderThatTakesAnotherFile(_Image):
    REFUSED_BY = by("a_source_that_changed_since_the_plan_fails")
    builder = _Careless


class _Burner(BurnerContract):
    burner: Callable[[MemoryDrives], MemoryBurner] = MemoryBurner
    drives: Callable[..., MemoryDrives] = MemoryDrives

    @pytest.fixture
    def harness(self, tmp_path: Path) -> test_burner.MemoryWorld:
        world = test_burner.MemoryWorld(tmp_path)
        world.drives = type(self).drives(test_burner.read_image, world.disc)
        world.burner = type(self).burner(world.drives)
        return world


class TestBurnerThatLies(_Burner):
    REFUSED_BY = by("a_write_error_is_told")

    @staticmethod
    def burner(drives: MemoryDrives) -> MemoryBurner:
        return MemoryBurner(drives, is_liar=True)


class _Reckless(MemoryBurner):
    """Writes to whatever lies in the drive."""

    def burn(self, image: PurePath, /, *, device: str, **options: Any) -> None:
        disc = self.drives.loaded(device)
        if disc.state is not MediumState.BLANK:
            disc.state, disc.content = MediumState.BLANK, bytearray()
        super().burn(image, device=device, **options)


class TestBurnerThatWritesOver(_Burner):
    REFUSED_BY = by("a_used_medium_is_refused")
    burner = _Reckless


class _Cached(MemoryDrives):
    """Reads the image back from its own memory."""

    def read_back(self, device: str, /, **options: Any) -> ReadBack:
        options["cancel"].check()
        options["on_bytes"](options["size_bytes"])
        seen = sha256(test_burner.read_image(options["image"]))
        options["cancel"].check()
        return ReadBack(seen, seen)


class TestDrivesThatReadTheCache(_Burner):
    REFUSED_BY = by(
        "a_flipped_bit_is_found",
        "an_unreadable_sector_is_named",
        "a_cancellation_never_leaves_a_finished_medium_with_the_image",
        "reading_back_can_be_cancelled",
    )
    drives = _Cached


class _Unheeding(MemoryBurner):
    """Burns on when it is asked to stop."""

    def burn(self, image: PurePath, /, **options: Any) -> None:
        super().burn(image, **{**options, "cancel": StopRequest()})


class TestBurnerThatGoesOn(_Burner):
    REFUSED_BY = by(
        "a_cancellation_before_the_first_byte_leaves_a_blank_medium",
        "a_cancellation_never_leaves_a_finished_medium_with_the_image",
    )
    burner = _Unheeding


class _Anywhere(MemoryDrives):
    """Takes every name for its drive."""

    def _check(self, device: str) -> None:
        return


class TestDrivesThatKnowEveryDevice(_Burner):
    REFUSED_BY = by("what_is_no_drive_is_left_alone", "what_is_no_drive_has_no_medium")
    drives = _Anywhere


class _EveryFile:
    """Names all files."""

    def files_on(self, image: PurePath, sectors: Sequence[int], /) -> tuple[PurePosixPath, ...]:
        return (PurePosixPath("a.mp4"), PurePosixPath("b.mp4")) if image.name == "image" else ()


class TestImageMapThatNamesAll(ImageMapContract):
    REFUSED_BY = by(
        "each_file_is_named_by_its_first_and_its_last_sector_alone",
        "structures_of_the_file_system_belong_to_no_file",
        "what_is_no_image_is_an_error",
    )

    @pytest.fixture
    def image_map(self) -> _EveryFile:
        return _EveryFile()

    @pytest.fixture
    def image(self) -> PurePath:
        return PurePath("/image")

    @pytest.fixture
    def extents(self) -> dict[PurePosixPath, range]:
        return {PurePosixPath("a.mp4"): range(300, 302), PurePosixPath("b.mp4"): range(302, 303)}

    @pytest.fixture
    def rubbish(self) -> PurePath:
        return PurePath("/rubbish")


class _NoVolumes:
    def identifiers(self, image: PurePath, /) -> tuple[bytes, ...]:
        return ()


class TestVolumeReaderThatSeesNothing(VolumeReaderContract):
    REFUSED_BY = by("a_bridge_names_both_of_its_file_systems", "what_cannot_be_read_is_an_error_and_not_an_empty_image")

    @pytest.fixture
    def volumes(self) -> _NoVolumes:
        return _NoVolumes()

    @pytest.fixture
    def bridge(self) -> PurePath:
        return PurePath("/image")

    @pytest.fixture
    def rubbish(self) -> PurePath:
        return PurePath("/rubbish")

    @pytest.fixture
    def missing(self) -> PurePath:
        return PurePath("/missing")
