"""Workflow, values: what to burn and where, and what is on the disc afterwards; and the checks that come first."""

from pathlib import PurePath

import attrs

from camvault.core.disc.image_format import image_problem
from camvault.ports.burner import Drives, VolumeReader
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import DriveError, NotFoundError, StorageError
from camvault.ports.files import FolderReader
from camvault.ports.witness import ReadFrom


@attrs.frozen(kw_only=True)
class BurnRequest:
    """What to burn, and where.

    Attributes:
        image: The image.
        device: The drive, as `pick_device` returns it.
        speed: The writing speed as the burner counts it; None for the burner's own choice.
        is_verified: Whether the disc is read back and compared.
        sha256: The SHA-256 that the image must have; None if it is not known.
    """

    image: PurePath
    device: str
    speed: int | None = None
    is_verified: bool = True
    sha256: str | None = None


@attrs.frozen
class BurnReport:
    """What is on the disc now."""

    device: str
    size_bytes: int
    sha256: str
    is_verified: bool
    source: ReadFrom = ReadFrom.MEDIUM
    """Where the bytes of the verification came from."""


def check_image(path: PurePath, /, *, storage: FolderReader, volumes: VolumeReader | None = None) -> FileEntry:
    """Return the entry of the image as it is now, links followed.

    With `volumes`, the file's volume descriptors are read as well: a file without any is no image.

    Raises:
        NotFoundError: "File not found".
        StorageError: The path is not a file, or the file is empty or no image.
    """
    entry = storage.entry(storage.resolve(path))
    if entry is None:
        raise NotFoundError(path, "File not found")
    if entry.kind is not FileKind.FILE:
        raise StorageError(path, f"not an image but a {entry.kind.value}")
    if entry.identity.size_bytes == 0:
        raise StorageError(path, "not an image: it is empty")
    problem = image_problem(entry.identity.size_bytes, volumes.identifiers(entry.path)) if volumes else None
    if problem is not None:
        raise StorageError(path, problem)
    return entry


def pick_device(wanted: str | None, /, *, drives: Drives) -> str:
    """Return the drive that was asked for, or the first one that is found.

    Raises:
        DriveError: "No drive detected".
    """
    device = wanted or next(iter(drives.devices()), None)
    if device is None:
        raise DriveError("", "No drive detected (without a burner, --device stdio:PATH makes a disc file)")
    return device
