"""Workflow, values: the image to make, and the image that was made."""

from collections.abc import Mapping
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.evidence.disc_set import DiscSet
from camvault.ports.signing import Signer
from camvault.ports.witness import ReadFrom


@attrs.frozen(kw_only=True)
class EvidenceWish:
    """That the image carries its evidence.

    `tools` are what the disc is made with, and on which machine by whom: names and values, `camvault` among them.
    `disc_set` is the set that the disc belongs to; None for a disc of its own. `signer` signs for `operator`; None for
    no signature.
    """

    tools: Mapping[str, str]
    disc_set: DiscSet | None = None
    signer: Signer | None = None
    operator: str = ""


@attrs.frozen(kw_only=True)
class ImageRequest:
    """Which image to make, and from which folder.

    Attributes:
        build_dir: The folder; absolute.
        target: The image; absolute. Its folder is made if it is missing.
        label: The volume label; None for the time of the image.
        stamp: The time that stands in the image, written as in a default label; None for that of the label, or now.
        is_forced: Whether an existing image may be replaced; nothing else ever is.
        is_even_unfinished: Whether to image a build directory whose preparation did not end, or is at work in it.
        logfile: The log of the run, which must not lie in the build directory.
        evidence: What the image carries beside the files, so that it proves itself; None for nothing.
        capacity_bytes: What the disc holds: evidence that has no room is left out; None where that is not known.
    """

    build_dir: PurePath
    target: PurePath
    label: str | None = None
    stamp: str | None = None
    is_forced: bool = False
    is_even_unfinished: bool = False
    logfile: PurePath | None = None
    evidence: EvidenceWish | None = None
    capacity_bytes: int | None = None


@attrs.frozen
class ImageReport:
    """The image that stands under its final name now.

    `sha256` is the digest of the image, `file_sha256` that of each file, as read back from both trees.
    """

    path: PurePath
    label: str
    size_bytes: int
    sha256: str
    file_count: int
    file_sha256: Mapping[PurePosixPath, str]
    source: ReadFrom = ReadFrom.MEDIUM
    """Where the bytes of the verification came from."""
