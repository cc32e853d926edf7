"""Workflow, events: what happens while an image is burned."""

from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.ports.events import Event, Level
from camvault.ports.medium import Medium


@attrs.frozen
class BurnerChosen(Event):
    """The burner was chosen; `reason` says why it is that one."""

    burner: str
    device: str
    reason: str

    def __str__(self) -> str:
        return f"Burner for {self.device}: {self.burner} ({self.reason})"


@attrs.frozen
class DiscAwaited(Event):
    """The drive is empty and the workflow waits for a disc; emitted once for each wait."""

    level: ClassVar[Level] = Level.WARNING

    device: str

    def __str__(self) -> str:
        return f"💿  No disc detected in {self.device}. Please insert a blank BD-R/RE… (press Ctrl-C to cancel)"


@attrs.frozen
class BurnStarted(Event):
    """Everything was checked; the burner is started next."""

    device: str
    medium: Medium
    image: PurePath
    size_bytes: int
    sha256: str
    burner: str

    def __str__(self) -> str:
        share = 100 * self.size_bytes / self.medium.free_bytes
        return (
            f"Burning {self.image} ({self.size_bytes:,} bytes, SHA-256 {self.sha256}) to {self.device}, "
            f"{self.medium.kind or 'disc'} with {self.medium.free_bytes:,} bytes free ({share:.1f} % full), "
            f"with {self.burner}"
        )


@attrs.frozen
class DiscAtRisk(Event):
    """Stopping was requested for the first time while the burner wrote; the writing goes on."""

    level: ClassVar[Level] = Level.WARNING

    device: str

    def __str__(self) -> str:
        return f"Writing to {self.device}: stopping now would lose the disc. Press Ctrl-C again to stop all the same."


@attrs.frozen
class DiscSpoiled(Event):
    """The user stopped the writing, and the disc cannot be used any more."""

    level: ClassVar[Level] = Level.WARNING

    device: str

    def __str__(self) -> str:
        return f"Stopped while writing: the disc in {self.device} is spoiled"


@attrs.frozen
class BurnStoppedUnverified(Event):
    """The user stopped the reading back; the disc is written, and its content is not proven."""

    level: ClassVar[Level] = Level.WARNING

    device: str

    def __str__(self) -> str:
        return f"Stopped while reading back: the disc in {self.device} is written but not verified"


@attrs.frozen
class DiscWritten(Event):
    """The burner has ended and the drive says that the disc is finished. That is no proof of the content."""

    device: str
    is_appendable: bool = False

    def __str__(self) -> str:
        closed = "closed (the session; the disc is left appendable)" if self.is_appendable else "closed"
        return f"Written and {closed}: {self.device}"


@attrs.frozen
class VerificationSkipped(Event):
    """The disc was not read back, as the user asked."""

    level: ClassVar[Level] = Level.WARNING

    device: str

    def __str__(self) -> str:
        return f"Verification skipped: {self.device} was not read back"


@attrs.frozen
class FailedDiscRead(Event):
    """What was read from a finished disc although the burner reported a failure; the burn counts as failed."""

    level: ClassVar[Level] = Level.WARNING

    device: str
    found: str

    def __str__(self) -> str:
        return f"The burner failed; read all the same from {self.device}: {self.found}"


@attrs.frozen
class DiscVerified(Event):
    """The image was read back from the medium and is equal to the image file."""

    device: str
    size_bytes: int
    sha256: str

    def __str__(self) -> str:
        return f"Read back {self.size_bytes:,} bytes from {self.device}, SHA-256 equal: {self.sha256}"


@attrs.frozen
class BurnSucceeded(Event):
    """The burn has succeeded; the last event of the run."""

    image: PurePath
    device: str
    is_verified: bool
    is_appendable: bool = False

    def __str__(self) -> str:
        verified = "verified" if self.is_verified else "not verified"
        left = "; closed session, disc left appendable: later sessions are possible" if self.is_appendable else ""
        return f"SUCCESS: {self.image} is on {self.device}, {verified}{left}"
