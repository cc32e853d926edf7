"""Port: unit files: where they are generated, where the service manager finds them, and what belongs to them.

Names carry their suffix (`record_camera_ROST2.service`, `backup_video.timer`) and hold no slash.
"""

import enum
from pathlib import PurePath
from typing import Protocol

import attrs


class UnitRole(enum.Enum):
    """What a unit is for."""

    DAEMON = "daemon"
    JOB = "job"
    TIMER = "timer"


class Seat(enum.Enum):
    """What stands under a unit's name in the manager's own folder."""

    FREE = "nothing"
    LINKED = "the link that should be there"
    OTHER_LINK = "a link to another file"
    GENERATED_FILE = "a file that was generated"
    FOREIGN_FILE = "a file that somebody else wrote"
    MASKED = "masked: a link to /dev/null"


@attrs.frozen
class UnitFile:
    """One unit file in the local folders.

    Attributes:
        path: As the user named the folder, for messages.
        is_generated: Whether it may be replaced and removed.
        is_installable: Whether it can be enabled.
    """

    name: str
    path: PurePath
    text: str
    role: UnitRole
    is_generated: bool
    is_installable: bool


@attrs.frozen
class Place:
    """One unit in the manager's folder: what stands at `target` now, and the `source` it should lead to."""

    target: PurePath
    source: PurePath
    seat: Seat


class UnitSources(Protocol):
    """The local folders."""

    def local(self) -> tuple[UnitFile, ...]:
        """All unit files, services before timers, by name. Folders that are not there hold none."""
        ...

    def write(self, name: str, text: str, /) -> PurePath:
        """Replace the whole file atomically, and return its path for messages."""
        ...

    def remove(self, name: str, /) -> PurePath:
        """Remove a file; one that is gone already is no error.

        Raises:
            ExistsError: It was not generated; it is kept.
        """
        ...


class UnitLinks(Protocol):
    """The manager's folder. Links are absolute."""

    def place(self, name: str, /) -> Place:
        """What stands there."""
        ...

    def link(self, name: str, /) -> None:
        """Make the link; a link or a generated file under the name is replaced at one stroke.

        Raises:
            ExistsError: A file that was not generated stands there, or the unit is masked; it is kept.
        """
        ...

    def orphans(self) -> tuple[str, ...]:
        """Names of links into the local folders whose file is gone."""
        ...

    def unlink(self, name: str, /) -> None:
        """Remove a link and what enabling it made.

        Raises:
            ExistsError: It is no link.
        """
        ...


class UnitRecords(Protocol):
    """What belongs to units and only root may read."""

    def has_secret(self, name: str, text: str, /) -> bool:
        """Whether exactly this secret is kept under the name."""
        ...

    def keep_secret(self, name: str, text: str, /) -> None:
        """Replace a secret atomically. At no moment can anybody but its owner read it."""
        ...

    def forget_secret(self, name: str, /) -> bool:
        """Remove a secret; False if there is none."""
        ...

    def applied(self, name: str, /) -> str:
        """The digest that `mark_applied` kept; "" for none."""
        ...

    def mark_applied(self, name: str, digest: str, /) -> None:
        """Keep which definition the running unit was started with; "" forgets it."""
        ...


class Units(UnitSources, UnitLinks, UnitRecords, Protocol):
    """All of it."""
