"""Workflow, private part: what is on the card, believed only if the card was alive before and after."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.dashcam.card_files import is_below, is_system_file, is_system_folder, name_problem
from camvault.core.workflows.dashcam.copy_ports import CopyPorts
from camvault.ports.camera_card import CardLostError, MountedCard
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import NotFoundError, StorageError

ROOT = PurePosixPath()


@attrs.frozen(kw_only=True)
class ListedCard:
    """The clips on a card.

    Attributes:
        files: The clips, with what the camera puts beside them.
        counts: How many of them are below each folder that is copied and is there.
        problems: Folders that are not there, or cannot be listed, and clips that cannot be staged; a sentence each.
        unseen: Folders and files of which nothing is known because of that.
    """

    files: Mapping[PurePosixPath, FileIdentity]
    counts: Mapping[PurePosixPath, int]
    problems: tuple[str, ...]
    unseen: tuple[PurePosixPath, ...]

    def is_seen(self, path: PurePosixPath) -> bool:
        """Whether a file with this path would have been listed."""
        is_copied = any(is_below(path, folder) for folder in self.counts)
        return is_copied and not any(is_below(path, folder) for folder in self.unseen)


def check_alive(mounted: MountedCard, *, ports: CopyPorts) -> None:
    """Go on only with a card that is alive.

    Raises:
        CardLostError: It is not known to be.
    """
    problem = ports.card.problem(mounted)
    if problem:
        raise CardLostError(str(mounted.folder), problem)


def check_apart(mounted: MountedCard, *, ports: CopyPorts, staging: PurePath) -> None:
    """Copy nothing to the card itself.

    Raises:
        StorageError: The staging is on it.
    """
    if mounted.card is not None and ports.storage.device_of(staging) == ports.storage.device_of(mounted.folder):
        raise StorageError(staging, "it is on the camera's card itself")


def list_card(mounted: MountedCard, *, ports: CopyPorts, subdirs: Sequence[str]) -> ListedCard:
    """The clips below these folders of the card, or below its root.

    Raises:
        CardLostError: The card was not alive before or after: it may look empty then.
        Cancelled: Asked to stop.
    """
    check_alive(mounted, ports=ports)
    listing = _Listing(mounted, ports)
    for folder in [PurePosixPath(subdir) for subdir in subdirs] or [ROOT]:
        listing.add_root(folder)
    check_alive(mounted, ports=ports)
    return ListedCard(
        files=listing.files,
        counts=listing.counts,
        problems=tuple(listing.problems),
        unseen=tuple(listing.unseen),
    )


@attrs.define
class _Listing:
    mounted: MountedCard
    ports: CopyPorts
    files: dict[PurePosixPath, FileIdentity] = attrs.field(factory=dict, init=False)
    counts: dict[PurePosixPath, int] = attrs.field(factory=dict, init=False)
    problems: list[str] = attrs.field(factory=list, init=False)
    unseen: list[PurePosixPath] = attrs.field(factory=list, init=False)

    def add_root(self, folder: PurePosixPath) -> None:
        before = len(self.unseen)
        self._add(folder)
        if folder not in self.unseen[before:]:
            self.counts[folder] = sum(path.is_relative_to(folder) for path in self.files)

    def _add(self, folder: PurePosixPath) -> None:
        self.ports.cancel.check()
        try:
            listing = self.ports.storage.listing(self.mounted.folder / folder, is_damaged_told=True)
        except NotFoundError:
            self._not_seen(folder, f"{folder} is not on the card")
            return
        except StorageError as error:
            self._not_seen(folder, f"{folder} cannot be listed: {error.problem}")
            return
        for file in listing.files:
            path = folder / file.name
            problem = name_problem(path)
            if problem:
                self.problems.append(problem)
            elif not is_system_file(file.name):
                self.files[path] = listing.identity_of(file)
        for name, said in listing.unknown:  # a damaged card: what else is there can be saved
            self._not_seen(folder / name, f"{folder / name} cannot be looked at: {said}")
        self.problems += [f"{folder / name} is neither a file nor a folder" for name in listing.others]
        for name in listing.folders:
            if not is_system_folder(name):
                self._add(folder / name)

    def _not_seen(self, folder: PurePosixPath, problem: str) -> None:
        self.unseen.append(folder)
        self.problems.append(problem)
