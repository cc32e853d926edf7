"""Port: the errors adapters raise; each kind tells the caller what may be done about it.

Adapters translate a tool's failure into one of these once, with the tool's own last words attached. Apps map a kind to
an exit code in one table.
"""

from pathlib import PurePath

import attrs


class CamvaultError(Exception):
    """Everything camvault raises on purpose; `str()` is one sentence for the person at the terminal."""


@attrs.define(str=False)
class UsageError(CamvaultError):
    """What the user asked for cannot be meant: a flag, a key or a combination. Nothing was touched.

    `others` are further problems that were found in the same look, a sentence each.
    """

    problem: str
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "; ".join((self.problem, *self.others))


class Cancelled(CamvaultError):  # noqa: N818 - a state the user asked for, not a fault
    """The user or the system asked to stop (SIGINT, SIGTERM, SIGHUP)."""

    def __str__(self) -> str:
        return "cancelled"


@attrs.define(str=False)
class BusyError(CamvaultError):
    """Another process holds the lock."""

    path: PurePath

    def __str__(self) -> str:
        return f"Another process is using {self.path}"


# --- files -----------------------------------------------------------------------------------------------------------


@attrs.define(str=False)
class StorageError(CamvaultError):
    """A file operation failed; `problem` holds the system's own words."""

    path: PurePath
    problem: str = "input/output error"

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class NotFoundError(StorageError):
    """The path does not exist. Never raised for a folder that could not be listed."""


class ExistsError(StorageError):
    """The target exists, and the operation never overwrites."""


class DeniedError(StorageError):
    """The system refuses: permissions, a read-only file system."""


class OtherVolumeError(StorageError):
    """The two paths are on different file systems, so that nothing can be moved at one stroke."""


class ChangedError(StorageError):
    """The file is not the one that was planned with: its size, mtime or content differ, or it changed meanwhile."""


@attrs.define(str=False)
class NoSpaceError(StorageError):
    """The file system is full, or would be. `needed_bytes` is 0 where the system did not say."""

    needed_bytes: int = 0
    free_bytes: int = 0

    def __str__(self) -> str:
        if self.needed_bytes:
            return f"{self.path}: not enough space, {self.needed_bytes:,} bytes needed, {self.free_bytes:,} bytes free"
        return f"{self.path}: no space left on device"


@attrs.define(str=False)
class RecordError(CamvaultError):
    """A record (progress file, ledger, configuration) is missing, torn or contradicts what it is used for."""

    path: PurePath
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


# --- tools -----------------------------------------------------------------------------------------------------------


@attrs.define(str=False)
class MissingToolError(CamvaultError):
    """A program is absent, too old or lacks a capability. `found` names path and version of what was found.

    `is_there`: a program was found and ran; it is unfit.
    """

    tool: str
    required: str
    found: str = "nothing"
    is_there: bool = False

    def __str__(self) -> str:
        headline = "Required tool is unfit" if self.is_there else "Required tool not found"
        return f"{headline}: {self.tool}: found {self.found}, required {self.required}"


@attrs.define(str=False)
class ToolError(CamvaultError):
    """A program ran and failed. The exit code is the child's and is never handed on as ours.

    0: it did not fail by its exit code, but could not be started, does not answer, or is no program of its own.
    """

    tool: str
    exit_code: int
    last_lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = " | ".join(self.last_lines[-5:]) or "no message"
        if not self.exit_code:
            return f"{self.tool} failed: {words}"
        return f"{self.tool} failed (its exit code {self.exit_code}): {words}"


@attrs.define(str=False)
class MediaError(CamvaultError):
    """A media file cannot be read or has no usable duration or stream."""

    path: PurePath
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


# --- discs -----------------------------------------------------------------------------------------------------------


@attrs.define(str=False)
class DriveError(CamvaultError):
    """No drive, or the drive cannot be used. Nothing was written."""

    device: str
    problem: str

    def __str__(self) -> str:
        return f"{self.problem}: {self.device}" if self.device else self.problem


class MediumError(DriveError):
    """There is a drive, but its medium cannot take this image (not blank, too small). Nothing was written."""


@attrs.define(str=False)
class BurnError(CamvaultError):
    """Writing failed. `is_spoiled` tells whether the medium has been written to.

    `is_drive_held`: the burner hangs in the kernel, so that whoever asks the drive now may hang as well.
    """

    device: str
    problem: str
    is_spoiled: bool
    last_lines: tuple[str, ...] = ()
    is_drive_held: bool = False

    def __str__(self) -> str:
        fate = "the disc is spoiled" if self.is_spoiled else "the disc is untouched"
        words = " | ".join(self.last_lines[-5:])
        return f"Burning on {self.device} failed, {fate}: {self.problem}" + (f": {words}" if words else "")


@attrs.define(str=False)
class MismatchError(CamvaultError):
    """What was read back is not what was written; `problem` names the place and the files hit."""

    place: str
    problem: str

    def __str__(self) -> str:
        return f"Checksum mismatch on {self.place}: {self.problem}"


# --- alerts ----------------------------------------------------------------------------------------------------------


@attrs.define(str=False)
class AlertError(CamvaultError):
    """A message to the operator was not taken. `is_final` means that sending it again cannot help."""

    channel: str
    problem: str
    is_final: bool = False

    def __str__(self) -> str:
        return f"Alert not sent by {self.channel}: {self.problem}"
