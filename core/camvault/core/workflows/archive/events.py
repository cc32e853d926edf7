"""Workflow, private part: what an archive run tells."""

from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.ports.events import Event, Level


@attrs.frozen
class ArchiveMadeOf(Event):
    """An archive is there, proven and recorded."""

    source: PurePath
    target: PurePath
    source_bytes: int
    archive_bytes: int
    encoder: str
    quality: str = ""

    def __str__(self) -> str:
        how = "taken as it is: an encode would be larger" if self.encoder == "remux" else self.encoder
        quality = f", {self.quality}" if self.quality else ""
        sizes = f"{self.source_bytes:,} -> {self.archive_bytes:,} bytes"
        return f"Transcoded: {self.source} -> {self.target} ({sizes}, {how}{quality})"


@attrs.frozen
class ArchiveVerified(Event):
    """An archive of which there was no record is one of this clip."""

    source: PurePath
    target: PurePath

    def __str__(self) -> str:
        return f"Verified: {self.target} is an archive of {self.source}"


@attrs.frozen
class ArchiveRefused(Event):
    """An archive of which there is no record is none of this clip; it stays, and the clip gets another one."""

    level: ClassVar[Level] = Level.WARNING

    source: PurePath
    target: PurePath
    reason: str

    def __str__(self) -> str:
        return f"{self.target} is no archive of {self.source}, which gets another one: {self.reason}"


@attrs.frozen
class TranscodeFailed(Event):
    """No archive could be made; the clip stays."""

    level: ClassVar[Level] = Level.ERROR

    path: PurePath
    reason: str

    def __str__(self) -> str:
        skipped = f"Skipping removal of {self.path} due to transcoding failure"
        return f"Failed to transcode {self.path}: {self.reason}. {skipped}"


@attrs.frozen
class MovedToTrash(Event):
    """A file is in the trash."""

    path: PurePath
    to: PurePath
    reason: str

    def __str__(self) -> str:
        return f"Moved to trash: {self.path} -> {self.to} ({self.reason})"


@attrs.frozen
class RemovedForGood(Event):
    """A file is gone."""

    path: PurePath
    reason: str

    def __str__(self) -> str:
        return f"Removed: {self.path} ({self.reason})"


@attrs.frozen
class NeverArchived(Event):
    """A rule of the user takes footage of which no archive is known."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePath

    def __str__(self) -> str:
        return f"{self.path} was never archived"


@attrs.frozen
class OrphanFound(Event):
    """A picture whose clip never came, or is gone."""

    path: PurePath

    def __str__(self) -> str:
        return f"Found orphaned JPG (no MP4 pair): {self.path}"


@attrs.frozen
class OrphansRemoved(Event):
    """How many of them went."""

    count: int

    def __str__(self) -> str:
        return f"Removed {self.count} orphaned JPG files"


@attrs.frozen
class FolderRemoved(Event):
    """An empty folder is gone."""

    path: PurePath

    def __str__(self) -> str:
        return f"Removed empty directory: {self.path}"


@attrs.frozen
class LeftAlone(Event):
    """A file that is not worked on yet."""

    path: PurePath
    reason: str

    def __str__(self) -> str:
        return f"Left alone: {self.path}: {self.reason}"


@attrs.frozen
class ProblemKept(Event):
    """A file that stays although it should not have to."""

    level: ClassVar[Level] = Level.ERROR

    path: PurePath
    reason: str

    def __str__(self) -> str:
        return f"Kept: {self.path}: {self.reason}"


@attrs.frozen
class RuleBinds(Event):
    """A rule of the user takes footage."""

    root: PurePath
    rule: str
    figure: str

    def __str__(self) -> str:
        return f"{self.rule} binds in {self.root}: {self.figure}"


@attrs.frozen
class RuleNotMet(Event):
    """A rule of the user cannot be met."""

    level: ClassVar[Level] = Level.ERROR

    root: PurePath
    reason: str

    def __str__(self) -> str:
        return f"{self.root}: {self.reason}"
