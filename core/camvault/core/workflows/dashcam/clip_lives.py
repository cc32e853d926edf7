"""Workflow: what became of a clip, by its path or by its name alone. Changes nothing."""

from collections.abc import Mapping
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.dashcam.clip_book import KnownClip
from camvault.core.dashcam.clip_life import CardClipState
from camvault.core.dashcam.clip_story import ClipStory, clip_stories
from camvault.core.free_names import folded
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.ports.entries import FileIdentity
from camvault.ports.files import Storage


@attrs.frozen(kw_only=True)
class ClipLife:
    """What happened to one clip, and where it is now."""

    story: ClipStory
    state: CardClipState


def lives_of(name: str, *, storage: Storage, folders: BoxFolders) -> tuple[ClipLife, ...]:
    """The clips of this name; none if no clip of that name was ever seen.

    Args:
        name: The path on the card or in the staging, or the end of it; upper and lower case are the same.
        storage: Where the records are.
        folders: The same.

    Raises:
        StorageError: A ledger cannot be read.
    """
    records = ClipRecords(folders, storage)
    path = _below(name, folders)
    known = {each for clip in records.clips() for each in (clip.card_path, clip.staged_path) if each is not None}
    paths = [path] if path in known else sorted(each for each in known if _is_named(each, path))
    staged = {clip.path: clip.identity for clip in records.staged()}
    stories = [story for each in paths for story in clip_stories(records.life(each), staged=staged)]
    found = {story.clip.last: story for story in stories}  # one that has two names is told once
    return tuple(ClipLife(story=story, state=_state(story.clip, staged)) for story in found.values())


def _state(clip: KnownClip, staged: Mapping[PurePosixPath, FileIdentity]) -> CardClipState:
    return clip.state(staged=None if clip.staged_path is None else staged.get(clip.staged_path))


def _below(name: str, folders: BoxFolders) -> PurePosixPath:
    """The path below the staging or the card."""
    path = PurePath(name)
    return PurePosixPath(path.relative_to(folders.staging) if path.is_relative_to(folders.staging) else path)


def _is_named(known: PurePosixPath, given: PurePosixPath) -> bool:
    """Whether one path is the end of the other: a name alone, or with the folder where the card is mounted."""
    one, other = PurePosixPath(folded(str(known))).parts, PurePosixPath(folded(str(given))).parts
    count = min(len(one), len(other))
    return count > 0 and one[-count:] == other[-count:]
