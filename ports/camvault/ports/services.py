"""Port: long-running and timed programs under a service manager."""

import enum
from collections.abc import Mapping
from pathlib import PurePath
from typing import Protocol

import attrs


class ServiceKind(enum.Enum):
    """How a service lives."""

    DAEMON = "daemon"
    """Runs for ever, is restarted whatever it ends with, and tells the manager that it is alive."""
    JOB = "job"
    """Runs to its end, started by its schedule only."""


@attrs.frozen
class Schedule:
    """When a job runs: `first_after_s` after its schedule was started, then `every_s` after each run."""

    first_after_s: int = attrs.field(validator=attrs.validators.ge(0))
    every_s: int = attrs.field(validator=attrs.validators.ge(1))


@attrs.frozen
class ServiceDefinition:
    """One program under the service manager, without a word of any manager's own format.

    Attributes:
        name: Without any suffix, such as `record_camera_ROST2`.
        argv: The command line; the first element is an absolute path. `CREDENTIALS` in an argument stands for the
            folder in which the manager puts the credentials.
        user: Who it runs as; "" for root.
        writable: Folders it may write to; made before it starts, owned by `user`, but never where a link of another
            account than root leads. All else is read-only.
        writable_if_there: Folders on foreign file systems that it may write to: mounted before it starts, never made,
            because a folder made on an empty mount point would look like the real one.
        credentials: Secret files by name; the manager hands them to the service, nobody else can read them.
        environment_files: Files of `KEY=value` lines; a missing one is no error.
        has_runtime_folder: It gets a folder in memory, named in `$RUNTIME_DIRECTORY`, which outlives its runs.
        limit_s: How long a run of a job may take before it is killed and counts as failed; 0 for no limit.
        watchdog_s: How long the program may stay silent before it is killed and restarted; 0 for no limit.
    """

    name: str
    description: str
    argv: tuple[str, ...]
    kind: ServiceKind = ServiceKind.JOB
    user: str = ""
    writable: tuple[PurePath, ...] = ()
    writable_if_there: tuple[PurePath, ...] = ()
    credentials: Mapping[str, PurePath] = attrs.field(factory=dict)
    environment_files: tuple[PurePath, ...] = ()
    has_runtime_folder: bool = False
    limit_s: int = 0
    watchdog_s: int = 0
    schedule: Schedule | None = None
    needs_network: bool = False
    may_control_services: bool = False


CREDENTIALS = "{credentials}"
"""In an argument of `ServiceDefinition.argv`: the folder of the service's credentials."""


@attrs.frozen
class ServiceState:
    """What the manager says of one unit; `detail` is in its own words.

    Attributes:
        is_failed: Its last run ended badly.
        active_s: For how long it has been running, by the monotonic clock of the machine: no step of the wall clock
            changes it. 0 while it is starting; None if it does not run, or nobody knows.
        since_s: For how long it has been running, or not running, whichever it does. Of a job that is starting, since
            its start. None if it never ran, or the manager has forgotten it: it keeps what a timer that runs refers to.
    """

    name: str
    is_known: bool
    is_active: bool
    is_enabled: bool
    detail: str = ""
    is_failed: bool = False
    active_s: float | None = None
    since_s: float | None = None


class Services(Protocol):
    """Controls units that the manager knows. Names carry their suffix (`.service`, `.timer`).

    Each raises `ToolError` with the manager's last words, and `NotFoundError` for a unit that does not exist: that is
    never treated as "not running". A unit that still runs exists, even if its definition is gone.
    """

    def start(self, names: tuple[str, ...], /) -> None:
        """Start; a unit that runs is left alone."""
        ...

    def stop(self, names: tuple[str, ...], /) -> None:
        """Stop and wait until they have stopped; a unit that does not run is no error."""
        ...

    def restart(self, name: str, /) -> None:
        """Stop and start one unit; one that does not run is started."""
        ...

    def enable(self, names: tuple[str, ...], /) -> None:
        """Start them with the machine from now on."""
        ...

    def disable(self, names: tuple[str, ...], /) -> None:
        """Do not start them with the machine any more; does not stop them."""
        ...

    def states(self, names: tuple[str, ...], /) -> tuple[ServiceState, ...]:
        """One state per name, in order. An unknown unit is a state, not an error."""
        ...

    def reload(self) -> None:
        """Make the manager read its definitions again."""
        ...
