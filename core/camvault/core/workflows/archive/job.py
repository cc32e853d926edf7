"""Workflow, values: what an archive run is asked for, where it works, and the world that it works with."""

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import tzinfo
from pathlib import PurePath

import attrs

from camvault.core.archive.dated_names import NamePattern
from camvault.core.archive.plan import Action, LeftFile
from camvault.core.retention.trash import TRASH_NAME
from camvault.ports.archiving import Archiver, ArchiveSettings
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.footage import FootageCheck

LEDGERS_NAME = ".camvault-archive"
"""In the root of the archive: the records."""
TRASH_LEDGERS_NAME = ".camvault-trash"
"""In the root of the trash: when each file came there."""


@attrs.frozen(kw_only=True)
class ArchiveRoots:
    """Where footage is, with all links resolved.

    Attributes:
        input: The root that cameras upload into.
        output: The root of the archive.
        trash: The root of the trash; None if what goes is deleted.
        unused_trash: A trash of other runs, of which nothing is work either.
        mounts_in_trash: Where other file systems, or other folders, are to be seen in the trash; None if that cannot be
            read.
    """

    input: PurePath
    output: PurePath
    trash: PurePath | None
    unused_trash: PurePath | None = None
    mounts_in_trash: frozenset[PurePath] | None = frozenset()

    @property
    def all(self) -> tuple[PurePath, ...]:
        """Those that there are."""
        trashes = [each for each in (self.trash, self.unused_trash) if each is not None]
        return (self.input, self.output, *trashes)

    @property
    def used(self) -> tuple[PurePath, ...]:
        """Those in which a run works."""
        return (self.input, self.output) if self.trash is None else (self.input, self.output, self.trash)

    @property
    def is_trash_own(self) -> bool:
        """Whether the trash is the hidden folder of the input, in which nobody else puts anything."""
        return self.trash == self.input / TRASH_NAME

    def excluded_from(self, root: PurePath) -> frozenset[PurePath]:
        """What lies below a root and is not of it: nothing in the trash or the archive is ever work."""
        return frozenset(each for each in self.all if each != root)


@attrs.frozen(kw_only=True)
class ArchiveOptions:
    """What a run is asked for.

    Attributes:
        pattern: How uploaded files are named.
        settings: How archives look.
        job_count: How many clips are transcoded at once.
        settle_s: What was changed within so many seconds is left alone.
        is_made_anew: Every clip is transcoded, whether it has an archive or not.
        is_cleanup: Nothing is transcoded; old footage goes.
        is_output_cleaned: With `is_cleanup`, also from the archive.
        age_days: With `is_cleanup`, what is older goes; 0: nothing goes because of its age.
        max_bytes: With `is_cleanup`, the footage of one root takes no more.
        min_free_bytes: With `is_cleanup`, so much is free on the file system of a root.
        purge_days: What is in the trash for so long goes for good; None: nothing.
        is_cache_trusted: Whether an archive that may have been read from a cache is a witness.
        holder: What says to another run which process holds the roots.
    """

    pattern: NamePattern = attrs.field(factory=NamePattern)
    settings: ArchiveSettings = attrs.field(factory=ArchiveSettings)
    job_count: int = 1
    settle_s: float = 60.0
    is_made_anew: bool = False
    is_cleanup: bool = False
    is_output_cleaned: bool = False
    age_days: float = 30.0
    max_bytes: int | None = None
    min_free_bytes: int | None = None
    purge_days: float | None = None
    is_cache_trusted: bool = False
    holder: str = ""


@attrs.frozen(kw_only=True)
class ArchivePorts:
    """The world. `zone` is that of the stamps in names."""

    storage: Storage
    archiver: Archiver
    footage: FootageCheck
    clock: Clock
    zone: tzinfo
    executor: Executor
    reporter: Reporter
    cancel: Cancellation


@attrs.frozen
class ActionOutcome:
    """An action, and whether it was done."""

    action: Action
    is_done: bool


Tell = Callable[[ActionOutcome | LeftFile], None]
"""Told of each action once it is over, and of each file that is left."""


@attrs.frozen(kw_only=True)
class ArchiveJob:
    """One run."""

    roots: ArchiveRoots
    options: ArchiveOptions
    ports: ArchivePorts
    tell: Tell = lambda _: None

    @property
    def ledgers_folder(self) -> PurePath:
        """Where the records are."""
        return self.roots.output / LEDGERS_NAME
