"""Port: from a folder to a disc image, and the proof that the image holds the folder."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import PurePath, PurePosixPath
from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileIdentity
from camvault.ports.files import OnBytes
from camvault.ports.witness import ReadFrom

SECTOR_BYTES = 2048


@attrs.frozen
class ImageFile:
    """One file of the image: where it comes from, which file it was, and the sectors that will hold it.

    `path` is relative to `root`, the folder that becomes the image.
    """

    path: PurePosixPath
    root: PurePath
    identity: FileIdentity
    first_sector: int
    sector_count: int
    file_id: tuple[int, int] | None = None
    """Device and inode where the builder looks at them: a file put in its place with size and time kept is another."""

    @property
    def source(self) -> PurePath:
        """Where it comes from."""
        return self.root / self.path


@attrs.frozen(kw_only=True)
class Placement:
    """Where in the image content goes, for those who want to find it without a file system.

    Attributes:
        early: The file whose content begins at `early_sector`, before that of all others; None for none.
        early_sector: Where that is: at or behind the first sector that may hold content.
        last: Files whose content comes behind that of all others, in this order.
        alignment_sectors: At a multiple of what the content of every other file begins.
    """

    early: PurePosixPath | None = None
    early_sector: int = 0
    last: tuple[PurePosixPath, ...] = ()
    alignment_sectors: int = 1


@attrs.frozen
class ImagePlan:
    """The whole image before its first byte is written; `sector_count` is exact."""

    label: str
    stamped_at: datetime
    sector_count: int
    files: tuple[ImageFile, ...]
    folders: tuple[PurePosixPath, ...] = ()
    udf_paths: Mapping[PurePosixPath, PurePosixPath] = attrs.field(factory=dict)
    """What is called differently in the UDF tree, because UDF cannot hold its name; Rock Ridge holds every name."""
    left_out: tuple[PurePosixPath, ...] = ()
    """What stands in the folder and was left out as asked."""
    placement: Placement = attrs.field(factory=Placement)
    """As it was asked for."""

    @property
    def size_bytes(self) -> int:
        """The exact size of the image."""
        return self.sector_count * SECTOR_BYTES

    def files_at(self, sector: int) -> tuple[PurePosixPath, ...]:
        """The files that lie on `sector`: more than none only for file content."""
        return tuple(f.path for f in self.files if f.first_sector <= sector < f.first_sector + f.sector_count)


@attrs.frozen
class ImageManifest:
    """What was written: the digest of the whole image and of each file, all taken from the same single read."""

    sha256: str
    size_bytes: int
    file_sha256: Mapping[PurePosixPath, str]


@attrs.frozen
class ImageCheck:
    """An image was read back and holds what it should: how many files in both trees, and where the bytes came from."""

    file_count: int
    source: ReadFrom


class ImageBuilder(Protocol):
    """Folder to UDF/ISO-9660 bridge image, right in both trees."""

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        ...

    def plan(
        self,
        root: PurePath,
        /,
        *,
        label: str,
        stamped_at: datetime,
        is_left_out: Callable[[PurePosixPath], bool] = lambda _: False,
        beside: PurePath | None = None,
        placement: Placement | None = None,
    ) -> ImagePlan:
        """Lay the image out without reading file content or writing anything. Deterministic.

        `is_left_out` is asked for each path relative to `root`; a folder that is left out takes its content with it.
        What is below the folder `beside` goes onto the image as well, as if it were below `root`. An empty file lies
        nowhere, whatever `placement` says.

        Raises:
            StorageError: Something below one of the folders cannot be read, or is neither file nor folder.
            UsageError: The tree cannot be represented exactly; or something stands in both folders; or this builder
                cannot place content.
        """
        ...

    def write(self, plan: ImagePlan, /, *, target: PurePath, on_bytes: OnBytes, cancel: Cancellation) -> ImageManifest:
        """Write exactly `plan.size_bytes` bytes to `target` (a temporary name) durably, reading each source once.

        Links are not followed. On failure or cancellation a part of `target` may be left.

        Raises:
            StorageError: A source cannot be read.
            ChangedError: A source is not the file that was planned with, or changed while it was read.
            NoSpaceError: The file system is full.
        """
        ...


class ImageVerifier(Protocol):
    """Reads an image back with code that did not write it."""

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        ...

    def verify(
        self, image: PurePath, /, *, plan: ImagePlan, manifest: ImageManifest, on_bytes: OnBytes, cancel: Cancellation
    ) -> ImageCheck:
        """Re-read both trees: names, sizes, content and labels, from the medium where this machine's cache allows it.

        Raises:
            MismatchError: Anything differs; the first difference is named.
            StorageError: The medium does not give the image, whatever a cache still holds.
        """
        ...
