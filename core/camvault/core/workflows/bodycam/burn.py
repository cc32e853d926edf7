"""Workflow: one image to one blank disc, and the proof that the disc holds it.

Nothing is recorded: the medium itself is the record. A burn that was cut off leaves a medium that is not blank, which
the next run refuses (INV-8); success is reported only after the image was read back from the medium (INV-6), or where
the user asked not to.
"""

from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.core.disc.burning import Proof, Verdict, describe_damage, image_problem, judge, may_burn, unfinished, with_fate
from camvault.core.workflows._meter import Meter
from camvault.ports.burner import Burner, Drives, ImageMap, Medium, MediumState, ReadBack, VolumeReader
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import (
    BurnError,
    CamvaultError,
    Cancelled,
    ChangedError,
    DriveError,
    MediumError,
    MismatchError,
    NotFoundError,
    StorageError,
)
from camvault.ports.events import Event, Level, Reporter
from camvault.ports.files import FolderReader, Storage

POLL_S = 3.0
"""How often an empty drive is looked into."""

_SETTLE_POLLS = 20


@attrs.frozen
class BurnerChosen(Event):
    """Which tool will write, and why it is that one."""

    burner: str
    device: str
    reason: str

    def __str__(self) -> str:
        return f"Burner for {self.device}: {self.burner} ({self.reason})"


@attrs.frozen
class DiscAwaited(Event):
    """The drive is empty; told once."""

    level: ClassVar[Level] = Level.WARNING

    device: str

    def __str__(self) -> str:
        return f"💿  No disc detected in {self.device}. Please insert a blank BD-R/RE… (press Ctrl-C to cancel)"


@attrs.frozen
class BurnStarted(Event):
    """The first byte is about to be written."""

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
    """The first request to stop while writing: a warning, nothing else."""

    level: ClassVar[Level] = Level.WARNING

    device: str

    def __str__(self) -> str:
        return f"Writing to {self.device}: stopping now would lose the disc. Press Ctrl-C again to stop all the same."


@attrs.frozen
class DiscLost(Event):
    """The user stopped the writing."""

    level: ClassVar[Level] = Level.WARNING

    device: str

    def __str__(self) -> str:
        return f"Stopped while writing: the disc in {self.device} is spoiled"


@attrs.frozen
class StoppedUnverified(Event):
    """The user stopped the reading back."""

    level: ClassVar[Level] = Level.WARNING

    device: str

    def __str__(self) -> str:
        return f"Stopped while reading back: the disc in {self.device} is written but not verified"


@attrs.frozen
class DiscWritten(Event):
    """The burner is done and the drive agrees; not a proof yet."""

    device: str
    is_appendable: bool = False

    def __str__(self) -> str:
        closed = "closed (the session; the disc is left appendable)" if self.is_appendable else "closed"
        return f"Written and {closed}: {self.device}"


@attrs.frozen
class VerificationSkipped(Event):
    """Asked for by the user."""

    level: ClassVar[Level] = Level.WARNING

    device: str

    def __str__(self) -> str:
        return f"Verification skipped: {self.device} was not read back"


@attrs.frozen
class FailedDiscRead(Event):
    """What reading found on a disc although the burner failed; for the user to judge."""

    level: ClassVar[Level] = Level.WARNING

    device: str
    found: str

    def __str__(self) -> str:
        return f"The burner failed; read all the same from {self.device}: {self.found}"


@attrs.frozen
class DiscVerified(Event):
    """The image was read back from the medium, and is equal."""

    device: str
    size_bytes: int
    sha256: str

    def __str__(self) -> str:
        return f"Read back {self.size_bytes:,} bytes from {self.device}, SHA-256 equal: {self.sha256}"


@attrs.frozen
class BurnSucceeded(Event):
    """The last line of a good run."""

    image: PurePath
    device: str
    is_verified: bool
    is_appendable: bool = False

    def __str__(self) -> str:
        verified = "verified" if self.is_verified else "not verified"
        left = "; closed session, disc left appendable: later sessions are possible" if self.is_appendable else ""
        return f"SUCCESS: {self.image} is on {self.device}, {verified}{left}"


@attrs.frozen
class BurnReport:
    """What is on the disc now."""

    device: str
    size_bytes: int
    sha256: str
    is_verified: bool


@attrs.frozen(kw_only=True)
class BurnRequest:
    """What to burn, and where.

    Attributes:
        image: The image.
        device: The drive, as `pick_device` says.
        speed: As the tool counts it; None for its own choice.
        is_verified: Whether the disc is read back.
        sha256: What the image is known to be; None if nobody knows.
    """

    image: PurePath
    device: str
    speed: int | None = None
    is_verified: bool = True
    sha256: str | None = None


def check_image(path: PurePath, /, *, storage: FolderReader, volumes: VolumeReader | None = None) -> FileEntry:
    """The image as it is now. With `volumes` it is also asked whether it is an image at all.

    Raises:
        NotFoundError: "File not found".
        StorageError: It is no file, or empty, or no image.
    """
    entry = storage.entry(storage.resolve(path))
    if entry is None:
        raise NotFoundError(path, "File not found")
    if entry.kind is not FileKind.FILE:
        raise StorageError(path, f"not an image but a {entry.kind.value}")
    if entry.identity.size_bytes == 0:
        raise StorageError(path, "not an image: it is empty")
    problem = image_problem(entry.identity.size_bytes, volumes.identifiers(entry.path)) if volumes else None
    if problem is not None:
        raise StorageError(path, problem)
    return entry


def pick_device(wanted: str | None, /, *, drives: Drives) -> str:
    """The drive that was asked for, or the first one.

    Raises:
        DriveError: "No drive detected".
    """
    device = wanted or next(iter(drives.devices()), None)
    if device is None:
        raise DriveError("", "No drive detected (without a burner, --device stdio:PATH makes a disc file)")
    return device


def burn_image(
    request: BurnRequest,
    /,
    *,
    storage: Storage,
    drives: Drives,
    burner: Burner,
    image_map: ImageMap,
    clock: Clock,
    reporter: Reporter,
    cancel: Cancellation,
) -> BurnReport:
    """Burn, read back, compare. Waits for a disc as long as the drive is empty.

    Raises:
        NotFoundError: "File not found".
        DriveError: "No drive detected": the drive does not answer; nothing was written, or (said so) not verified.
        MediumError: "medium not blank", or too small; nothing was written.
        BurnError: Writing failed; it says whether the disc is spoiled.
        ChangedError: The image is not the one it was when the run began.
        MismatchError: "Checksum mismatch", with the first bad sector and the files hit.
        Cancelled: Stopped by the user.
    """
    burn = _Burn(request, storage, drives, burner, image_map, clock, reporter, cancel)
    entry = check_image(request.image, storage=storage)
    device = request.device
    burn.usable_medium(device, entry)
    sha256 = burn.digest(entry)
    medium = burn.usable_medium(device, entry)  # it may have been changed while the image was read
    written = burn.write(device, entry, medium, sha256)
    if request.is_verified:
        burn.verify(device, entry, sha256)
    else:
        reporter.emit(VerificationSkipped(device))
    is_appendable = written.state is MediumState.APPENDABLE
    reporter.emit(BurnSucceeded(request.image, device, request.is_verified, is_appendable))
    return BurnReport(device, entry.identity.size_bytes, sha256, request.is_verified)


@attrs.frozen
class _Burn:
    """The steps of one run, with what all of them need."""

    request: BurnRequest
    storage: Storage
    drives: Drives
    burner: Burner
    image_map: ImageMap
    clock: Clock
    reporter: Reporter
    cancel: Cancellation

    def usable_medium(self, device: str, entry: FileEntry) -> Medium:
        """The medium once there is one; raises unless the image may be written to it."""
        is_told = False
        while True:
            self.cancel.check()
            medium = self.drives.medium(device)
            decision = may_burn(medium, size_bytes=entry.identity.size_bytes)
            if decision.verdict is Verdict.BURN:
                return medium
            if decision.verdict is Verdict.REFUSE:
                raise MediumError(device, decision.reason)
            if not is_told:
                self.reporter.emit(DiscAwaited(device))
                is_told = True
            self.clock.sleep(POLL_S, cancel=self.cancel)

    def digest(self, entry: FileEntry) -> str:
        """The image's SHA-256, before anything is written."""
        with self.meter("hash", entry) as on_bytes:
            sha256 = self.storage.digest(entry.path, on_bytes=on_bytes, cancel=self.cancel)
        self.check_unchanged(entry, "while it was read; nothing was written")
        if self.request.sha256 not in {None, sha256}:
            raise ChangedError(self.request.image, "is not the image that was verified; nothing was written")
        return sha256

    def check_unchanged(self, entry: FileEntry, when: str) -> None:
        """Raise if another file stands under the image's name now."""
        now = self.storage.entry(entry.path)
        if now is None or now.identity != entry.identity:
            raise ChangedError(self.request.image, f"the image changed {when}")

    def write(self, device: str, entry: FileEntry, medium: Medium, sha256: str) -> Medium:
        """Have it written, and hear from the drive that it is finished; what is in the drive then."""
        image = self.request.image
        self.cancel.check()
        self.reporter.emit(
            BurnStarted(device, medium, image, entry.identity.size_bytes, sha256, burner=self.burner.name)
        )
        with self.cancel.warn_first(lambda: self.reporter.emit(DiscAtRisk(device))):
            # Power fails in here: the medium is not blank any more, and the next run refuses it
            self._write(device, entry)
        written = self.check_finished(device)
        self.check_unchanged(entry, "while it was burned, do not trust the disc")
        self.reporter.emit(DiscWritten(device, written.state is MediumState.APPENDABLE))
        return written

    def check_finished(self, device: str) -> Medium:
        """The medium, finished as the drive says; asked with patience: closing may go on after the tool has ended."""
        medium = self._medium_if_known(device)
        for _ in range(_SETTLE_POLLS):
            if medium is None or medium.state is not MediumState.ABSENT:
                break
            self.clock.sleep(POLL_S, cancel=self.cancel)
            medium = self._medium_if_known(device)
        if medium is None:
            raise BurnError(device, "the drive does not answer after the burn", is_spoiled=True)
        problem = unfinished(medium, finished_states=self.burner.finished_states)
        if problem is not None:
            raise with_fate(BurnError(device, problem, is_spoiled=True), medium)
        return medium

    def _write(self, device: str, entry: FileEntry) -> None:
        try:
            with self.meter("burn", entry) as on_bytes:
                self.burner.burn(
                    entry.path, device=device, speed=self.request.speed, on_bytes=on_bytes, cancel=self.cancel
                )
        except BurnError as error:
            medium = self._medium_if_known(device)
            if medium is not None and self.request.is_verified and medium.state in self.burner.finished_states:
                self.look_all_the_same(device, entry)
            raise with_fate(error, medium) from error
        except Cancelled:
            medium = self._medium_if_known(device)
            if medium is None or may_burn(medium, size_bytes=0).verdict is not Verdict.BURN:
                self.reporter.emit(DiscLost(device))
            raise

    def look_all_the_same(self, device: str, entry: FileEntry) -> None:
        """Tell what is on a disc that was closed by a burner that failed: it may be whole. It stays a failure.

        Known of growisofs: everything is written, CLOSE SESSION fails, and the disc can be read.
        """
        try:
            read = self._read_back(device, entry)
        except CamvaultError as error:
            self.reporter.emit(FailedDiscRead(device, str(error)))
            return
        found = (
            "all of the image, equal" if read.is_equal else describe_damage(read, files=self._files_hit(entry, read))
        )
        self.reporter.emit(FailedDiscRead(device, found))

    def _medium_if_known(self, device: str) -> Medium | None:
        try:
            return self.drives.medium(device)
        except DriveError:
            return None

    def verify(self, device: str, entry: FileEntry, sha256: str) -> None:
        """Read the medium back and compare."""
        read = self._read_back(device, entry)
        match judge(read, sha256=sha256):
            case Proof.IMAGE_CHANGED:
                raise ChangedError(self.request.image, "the image changed while it was burned, do not trust the disc")
            case Proof.DIFFERS:
                raise MismatchError(device, describe_damage(read, files=self._files_hit(entry, read)))
        self.reporter.emit(DiscVerified(device, entry.identity.size_bytes, sha256))

    def _read_back(self, device: str, entry: FileEntry) -> ReadBack:
        try:
            self.drives.reload(device, cancel=self.cancel)
            with self.meter("verify", entry) as on_bytes:
                return self.drives.read_back(
                    device,
                    image=entry.path,
                    size_bytes=entry.identity.size_bytes,
                    on_bytes=on_bytes,
                    cancel=self.cancel,
                )
        except Cancelled:
            self.reporter.emit(StoppedUnverified(device))
            raise
        except DriveError as error:
            raise DriveError(device, f"The disc is written but could not be read back ({error.problem})") from error

    def _files_hit(self, entry: FileEntry, read: ReadBack) -> tuple[str, ...]:
        try:
            return tuple(map(str, self.image_map.files_on(entry.path, read.bad_sectors)))
        except CamvaultError as error:
            return (f"files that cannot be named ({error})",)

    def meter(self, task: str, entry: FileEntry) -> Meter:
        """Progress of one task over the whole image."""
        return Meter(task, entry.identity.size_bytes, self.request.image.name, self.clock, self.reporter)
