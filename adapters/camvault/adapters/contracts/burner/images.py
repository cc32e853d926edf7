"""Adapter for pytest: the contracts of `ImageMap` and `VolumeReader`."""

from pathlib import PurePath, PurePosixPath

import pytest

from camvault.ports.burner import ImageMap, VolumeReader
from camvault.ports.errors import MediaError, StorageError


class ImageMapContract:
    """What core relies on: files that a bad sector hits are named, each once, and no others.

    Provide:
        image_map (`ImageMap`): The adapter under test.
        image (`PurePath`): An image that it can read.
        extents (mapping of `PurePosixPath` to `range`): The sectors of each file of `image`; two files at least, in
            the image's order, none of them empty.
        rubbish (`PurePath`): A file of some megabytes that is no image.
    """

    @pytest.fixture
    def image_map(self) -> ImageMap:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `image_map`")

    @pytest.fixture
    def image(self) -> PurePath:
        """An image."""
        raise NotImplementedError("provide the fixture `image`")

    @pytest.fixture
    def extents(self, image: PurePath) -> dict[PurePosixPath, range]:
        """Where its files lie."""
        raise NotImplementedError("provide the fixture `extents`")

    @pytest.fixture
    def rubbish(self) -> PurePath:
        """A file that is no image."""
        raise NotImplementedError("provide the fixture `rubbish`")

    def test_each_file_is_named_by_its_first_and_its_last_sector_alone(
        self, image_map: ImageMap, image: PurePath, extents: dict[PurePosixPath, range]
    ) -> None:
        found = {
            path: [image_map.files_on(image, [at]) for at in (held[0], held[-1])] for path, held in extents.items()
        }
        assert found == {path: [(path,), (path,)] for path in extents}

    def test_files_are_named_once_in_the_order_of_the_image(
        self, image_map: ImageMap, image: PurePath, extents: dict[PurePosixPath, range]
    ) -> None:
        sectors = [sector for held in reversed(extents.values()) for sector in held]
        assert image_map.files_on(image, sectors) == tuple(extents)

    def test_structures_of_the_file_system_belong_to_no_file(
        self, image_map: ImageMap, image: PurePath, extents: dict[PurePosixPath, range]
    ) -> None:
        first = min(held[0] for held in extents.values())
        assert image_map.files_on(image, range(first)) == ()
        assert image_map.files_on(image, []) == ()

    def test_what_is_no_image_is_an_error(self, image_map: ImageMap, rubbish: PurePath) -> None:
        with pytest.raises(MediaError):
            image_map.files_on(rubbish, [300])


class VolumeReaderContract:
    """What core relies on: an image says what it is, and what is no image says nothing.

    Provide:
        volumes (`VolumeReader`): The adapter under test.
        bridge (`PurePath`): An image with an ISO 9660 and a UDF tree.
        rubbish (`PurePath`): A file of some megabytes that is no image.
        missing (`PurePath`): A path at which there is nothing.
    """

    @pytest.fixture
    def volumes(self) -> VolumeReader:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `volumes`")

    @pytest.fixture
    def bridge(self) -> PurePath:
        """An image with both trees."""
        raise NotImplementedError("provide the fixture `bridge`")

    @pytest.fixture
    def rubbish(self) -> PurePath:
        """A file that is no image."""
        raise NotImplementedError("provide the fixture `rubbish`")

    @pytest.fixture
    def missing(self) -> PurePath:
        """A path at which there is nothing."""
        raise NotImplementedError("provide the fixture `missing`")

    def test_a_bridge_names_both_of_its_file_systems(self, volumes: VolumeReader, bridge: PurePath) -> None:
        found = volumes.identifiers(bridge)
        assert found[0] == b"CD001"
        assert {b"BEA01", b"TEA01"} <= set(found)
        assert {b"NSR02", b"NSR03"} & set(found)

    def test_what_is_no_image_has_none(self, volumes: VolumeReader, rubbish: PurePath) -> None:
        assert volumes.identifiers(rubbish) == ()

    def test_what_cannot_be_read_is_an_error_and_not_an_empty_image(
        self, volumes: VolumeReader, missing: PurePath
    ) -> None:
        with pytest.raises(StorageError):
            volumes.identifiers(missing)
