"""Pure: which picture belongs to which clip.

A pair has one folder, one camera and one stamp. A picture goes only together with its clip, and right before it: a run
that is cut off in between leaves a clip without a picture, never a picture without a clip.

Files are kept as their folder and what its listing says of them. Their paths are made when somebody asks for them: a
run sees a million of them and works on a few.
"""

import itertools
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePath
from typing import NamedTuple

import attrs

from camvault.core.archive.dated_names import DatedName
from camvault.ports.entries import FileEntry, ListedFile, Listing


@attrs.frozen(eq=False)
class FootageFolder:
    """A folder, and what is in it; `text` is its path once more, as the paths of its files begin."""

    path: PurePath
    listing: Listing
    text: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "text", str(self.path))

    def text_of(self, file: ListedFile) -> str:
        """The path of one of its files, as text."""
        return f"{self.text}/{file.name}"

    def path_of(self, file: ListedFile) -> PurePath:
        """The path of one of its files."""
        return self.path / file.name

    def entry_of(self, file: ListedFile) -> FileEntry:
        """All that is known of one of its files."""
        return FileEntry(self.path / file.name, self.listing.identity_of(file))


class DatedFile(NamedTuple):
    """A file that is named like footage."""

    folder: FootageFolder
    file: ListedFile
    name: DatedName

    @property
    def entry(self) -> FileEntry:
        """What is known of it."""
        return self.folder.entry_of(self.file)


class DatedClip(NamedTuple):
    """A clip and its pictures, which are in its folder."""

    folder: FootageFolder
    file: ListedFile
    name: DatedName
    pictures: tuple[ListedFile, ...] = ()

    @property
    def path(self) -> PurePath:
        """Of the clip itself."""
        return self.folder.path_of(self.file)

    @property
    def entry(self) -> FileEntry:
        """What is known of the clip itself."""
        return self.folder.entry_of(self.file)

    @property
    def files(self) -> tuple[ListedFile, ...]:
        """All of its files, in the order in which they go: the clip last."""
        return (*self.pictures, self.file)

    @property
    def entries(self) -> tuple[FileEntry, ...]:
        """What is known of all of its files, in the same order."""
        return tuple(map(self.folder.entry_of, self.files))

    @property
    def size_bytes(self) -> int:
        """Of all of its files."""
        return sum(file.size_bytes for file in self.files)


@attrs.frozen
class DayFootage:
    """The footage of the folders of one day.

    Attributes:
        clips: With their pictures, the oldest first.
        orphans: Pictures without a clip.
        twins: Stamps of more than one clip: their archives cannot be told apart by name.
    """

    clips: tuple[DatedClip, ...] = ()
    orphans: tuple[DatedFile, ...] = ()
    twins: frozenset[datetime] = frozenset()


def paired(files: Iterable[DatedFile]) -> DayFootage:
    """Clips with their pictures.

    Of two clips that differ in nothing but the case of their extension, the pictures are those of the last one.
    """
    clips: list[DatedFile] = []
    pictures: dict[tuple[str, str, datetime], list[DatedFile]] = {}
    for file in files:
        if file.name.is_clip:
            clips.append(file)
        else:
            pictures.setdefault(_key(file), []).append(file)
    clips.sort(key=_order)
    found = []
    for clip in reversed(clips):
        of_clip = tuple([picture.file for picture in pictures.pop(_key(clip), ())])
        found.append(DatedClip(*clip, of_clip))
    found.reverse()
    orphans = sorted((file for each in pictures.values() for file in each), key=_order)
    return DayFootage(tuple(found), tuple(orphans), _repeated([clip.name.stamp for clip in found]))


def _repeated(stamps: list[datetime]) -> frozenset[datetime]:
    """Which of the stamps, which are in their order, come more than once."""
    return frozenset([one for one, other in itertools.pairwise(stamps) if one == other])


def _key(file: DatedFile) -> tuple[str, str, datetime]:
    folder, _, name = file
    return folder.text, name.camera, name.stamp


def _order(file: DatedFile) -> tuple[datetime, str]:
    folder, listed, name = file
    return name.stamp, folder.text_of(listed)
