"""Workflow, events: what happens while an image is made."""

from pathlib import PurePath, PurePosixPath
from typing import ClassVar

import attrs

from camvault.ports.events import Event, Level
from camvault.ports.image import SECTOR_BYTES


@attrs.frozen
class BuilderChosen(Event):
    """The builder was chosen; `reason` says why it is that one. `verifier` checks what the builder wrote."""

    builder: str
    verifier: str
    reason: str

    def __str__(self) -> str:
        return f"Image builder: {self.builder} ({self.reason}); checked with {self.verifier}"


@attrs.frozen
class LabelShortened(Event):
    """A reader of the image will show only the beginning of the label; `consequence` says which one."""

    level: ClassVar[Level] = Level.WARNING

    label: str
    consequence: str

    def __str__(self) -> str:
        return f"Label {self.label}: {self.consequence}"


@attrs.frozen
class NameSubstituted(Event):
    """UDF cannot hold a name, so the file has another one in the UDF tree; Rock Ridge holds the exact name."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePosixPath
    udf_path: PurePosixPath

    def __str__(self) -> str:
        return f"UDF cannot hold the name of {self.path}: there it is {self.udf_path}, in Rock Ridge it is exact"


@attrs.frozen
class FileLeftOut(Event):
    """A file that camvault keeps for its own use was left out of the image."""

    path: PurePosixPath

    def __str__(self) -> str:
        return f"Not on the disc, camvault keeps it for itself: {self.path}"


@attrs.frozen
class EvidenceMade(Event):
    """The image will carry its evidence, at these places; `size_bytes` is what the image takes more for it."""

    places: str
    file_count: int
    size_bytes: int

    def __str__(self) -> str:
        return f"Evidence of {self.file_count:,} files, {self.size_bytes:,} bytes of the image: {self.places}"


@attrs.frozen
class EvidenceLeftOut(Event):
    """The files fit the disc, and their evidence does not fit beside them: the image is made without it."""

    level: ClassVar[Level] = Level.WARNING

    size_bytes: int
    capacity_bytes: int

    def __str__(self) -> str:
        return (
            f"The image carries no evidence: with it, it would take {self.size_bytes:,} bytes, and the disc holds "
            f"{self.capacity_bytes:,}"
        )


@attrs.frozen
class UnfinishedImageRemoved(Event):
    """The temporary file of an earlier run, which was cut off, was removed."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePath

    def __str__(self) -> str:
        return f"Removed the unfinished image of an earlier run: {self.path}"


@attrs.frozen
class ImageStarted(Event):
    """The image is planned and its room was checked; the builder is started next."""

    target: PurePath
    label: str
    file_count: int
    size_bytes: int

    def __str__(self) -> str:
        return (
            f"Creating ISO image… {self.target}, label {self.label}, {self.file_count:,} files, "
            f"{self.size_bytes:,} bytes ({self.size_bytes // SECTOR_BYTES:,} sectors)"
        )


@attrs.frozen
class ImageVerified(Event):
    """The image was read back, and every file was found equal in both of its trees."""

    file_count: int
    sha256: str

    def __str__(self) -> str:
        return f"Verified: {self.file_count:,} files equal in both trees, SHA-256 of the image {self.sha256}"


@attrs.frozen
class ImageCreated(Event):
    """The proven image stands under its final name."""

    target: PurePath
    size_bytes: int

    def __str__(self) -> str:
        return f"ISO created successfully: {self.target} ({self.size_bytes:,} bytes)"
