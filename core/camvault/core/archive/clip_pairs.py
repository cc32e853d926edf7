"""Pure: which picture belongs to which clip.

A pair has one folder, one camera and one stamp. A picture goes only together with its clip, and right before it: a run
that is cut off in between leaves a clip without a picture, never a picture without a clip.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter

import attrs

from camvault.core.archive.dated_names import DatedName
from camvault.ports.entries import FileEntry


@attrs.frozen
class DatedFile:
    """A file that is named like footage; `folder` is the number of the folder that it is in."""

    entry: FileEntry
    name: DatedName
    folder: int = 0


@attrs.frozen
class DatedClip:
    """A clip and its pictures."""

    entry: FileEntry
    name: DatedName
    pictures: tuple[FileEntry, ...] = ()

    @property
    def entries(self) -> tuple[FileEntry, ...]:
        """All of its files, in the order in which they go: the clip last."""
        return (*self.pictures, self.entry)

    @property
    def size_bytes(self) -> int:
        """Of all of its files."""
        return sum(entry.identity.size_bytes for entry in self.entries)


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
    pictures: defaultdict[tuple[int, str, datetime], list[DatedFile]] = defaultdict(list)
    for file in files:
        if file.name.is_clip:
            clips.append(file)
        else:
            pictures[_key(file)].append(file)
    clips.sort(key=_order)
    last = {_key(clip): clip for clip in clips}
    found = []
    for clip in clips:
        of_clip = pictures.pop(_key(clip), []) if last[_key(clip)] is clip else []
        found.append(DatedClip(clip.entry, clip.name, tuple(map(attrgetter("entry"), of_clip))))
    orphans = sorted((file for each in pictures.values() for file in each), key=_order)
    counts = Counter(clip.name.stamp for clip in clips)
    return DayFootage(tuple(found), tuple(orphans), frozenset(stamp for stamp, count in counts.items() if count > 1))


def _key(file: DatedFile) -> tuple[int, str, datetime]:
    return file.folder, file.name.camera, file.name.stamp


def _order(file: DatedFile) -> tuple[datetime, str]:
    return file.name.stamp, str(file.entry.path)
