"""Workflow: a folder to a disc image that was read back and compared.

Crash order: the image is written beside its target under a temporary name, verified, and only then renamed. Whatever
stands under the target's name was proven; an old image stays until the new one is (INV-6). A temporary file that a
crash left behind is removed by the next run. Two runs on one target exclude one another by an empty file beside it.
"""

import contextlib
import functools
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import PurePath, PurePosixPath
from typing import ClassVar

import attrs

from camvault.core.batch.build_dir import LEFTOVER_SUFFIX, MARKER_NAME, is_marker
from camvault.core.disc.content import is_left_out
from camvault.core.disc.labels import check_label, shown_shorter, stamp_label, stamp_of
from camvault.core.batch.names import temporary_name
from camvault.core.retention.removals import plan_leftovers
from camvault.core.workflows._meter import Meter
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.entries import FileKind
from camvault.ports.errors import (
    BusyError,
    ExistsError,
    MismatchError,
    NoSpaceError,
    NotFoundError,
    StorageError,
    UsageError,
)
from camvault.ports.events import Event, Failed, Level, Reporter
from camvault.ports.files import Storage
from camvault.ports.image import ImageBuilder, ImageManifest, ImagePlan, ImageVerifier


@attrs.frozen
class BuilderChosen(Event):
    """What writes the image and what checks it, and why."""

    builder: str
    verifier: str
    reason: str

    def __str__(self) -> str:
        return f"Image builder: {self.builder} ({self.reason}); checked with {self.verifier}"


@attrs.frozen
class LabelShortened(Event):
    """Not every reader will show the whole label."""

    level: ClassVar[Level] = Level.WARNING

    label: str
    consequence: str

    def __str__(self) -> str:
        return f"Label {self.label}: {self.consequence}"


@attrs.frozen
class NameSubstituted(Event):
    """UDF cannot hold a name; Rock Ridge holds it exactly."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePosixPath
    udf_path: PurePosixPath

    def __str__(self) -> str:
        return f"UDF cannot hold the name of {self.path}: there it is {self.udf_path}, in Rock Ridge it is exact"


@attrs.frozen
class FileLeftOut(Event):
    """camvault's own files are not for the disc."""

    path: PurePosixPath

    def __str__(self) -> str:
        return f"Not on the disc, camvault keeps it for itself: {self.path}"


@attrs.frozen
class LeftoverRemoved(Event):
    """An earlier run was cut off."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePath

    def __str__(self) -> str:
        return f"Removed the unfinished image of an earlier run: {self.path}"


@attrs.frozen
class ImageStarted(Event):
    """The plan is made, the first byte is about to be written."""

    target: PurePath
    label: str
    file_count: int
    size_bytes: int

    def __str__(self) -> str:
        return (
            f"Creating ISO image… {self.target}, label {self.label}, {self.file_count:,} files, "
            f"{self.size_bytes:,} bytes ({self.size_bytes // 2048:,} sectors)"
        )


@attrs.frozen
class ImageVerified(Event):
    """Both trees hold every file."""

    file_count: int
    sha256: str

    def __str__(self) -> str:
        return f"Verified: {self.file_count:,} files equal in both trees, SHA-256 of the image {self.sha256}"


@attrs.frozen
class ImageCreated(Event):
    """The image has its name."""

    target: PurePath
    size_bytes: int

    def __str__(self) -> str:
        return f"ISO created successfully: {self.target} ({self.size_bytes:,} bytes)"


@attrs.frozen
class ImageReport:
    """The image that stands under its name now; both digests are of what was read back in both trees."""

    path: PurePath
    label: str
    size_bytes: int
    sha256: str
    file_count: int
    file_sha256: Mapping[PurePosixPath, str]


@attrs.frozen(kw_only=True)
class ImageRequest:
    """What to make of what.

    Attributes:
        build_dir: The folder; absolute.
        target: The image; absolute. Its folder is made.
        label: None for the stamp.
        stamp: The moment that stands in the image, as in a default label; None for the label's or now.
        is_forced: Whether an existing image may be replaced.
        logfile: The log of the run, which must not lie in the build directory.
    """

    build_dir: PurePath
    target: PurePath
    label: str | None = None
    stamp: str | None = None
    is_forced: bool = False
    logfile: PurePath | None = None


def create_iso(
    request: ImageRequest,
    /,
    *,
    storage: Storage,
    builder: ImageBuilder,
    verifier: ImageVerifier,
    reason: str,
    clock: Clock,
    reporter: Reporter,
    cancel: Cancellation,
) -> ImageReport:
    """Check in the specification's order, build, verify, rename.

    Raises:
        NotFoundError: "Directory not found".
        UsageError: "No input files", an impossible label, the image or the log inside the build directory.
        ExistsError: "File exists".
        BusyError: Another process makes this image.
        NoSpaceError: The image would not fit; nothing was written.
        ChangedError: A source changed; no image.
        MismatchError: The image does not hold what it should; no image.
        StorageError: "Cannot write ISO", or a source that cannot be read.
    """
    now = clock.now()
    root = _checked_build_dir(request, storage)
    _check_outside(root, {"image": request.target, "log file": request.logfile}, storage)
    with _claimed(request.target, storage):
        return _create(
            request,
            root,
            now,
            storage=storage,
            builder=builder,
            verifier=verifier,
            reason=reason,
            clock=clock,
            reporter=reporter,
            cancel=cancel,
        )


def _create(
    request: ImageRequest,
    root: PurePath,
    now: datetime,
    *,
    storage: Storage,
    builder: ImageBuilder,
    verifier: ImageVerifier,
    reason: str,
    clock: Clock,
    reporter: Reporter,
    cancel: Cancellation,
) -> ImageReport:
    temporary = request.target.with_name(temporary_name(request.target.name))
    _check_target(request, temporary, storage, reporter)
    at = stamp_of(label=request.label, stamp=request.stamp, now=now)
    label = check_label(stamp_label(at) if request.label is None else request.label)
    for consequence in shown_shorter(label):
        reporter.emit(LabelShortened(label, consequence))
    reporter.emit(BuilderChosen(builder.name, verifier.name, reason))
    is_ours = is_marker(storage.read_text(root / MARKER_NAME))
    plan = builder.plan(
        root, label=label, stamped_at=at, is_left_out=functools.partial(is_left_out, is_build_dir=is_ours)
    )
    _announce(plan, reporter)
    _check_room(plan, request, storage)
    reporter.emit(ImageStarted(request.target, label, len(plan.files), plan.size_bytes))
    try:
        manifest = _built(
            plan,
            temporary,
            request,
            storage=storage,
            builder=builder,
            verifier=verifier,
            clock=clock,
            reporter=reporter,
            cancel=cancel,
        )
    except Exception as error:
        _discard(temporary, storage)
        if isinstance(error, StorageError | MismatchError):
            reporter.emit(Failed(f"ISO not created: {request.target}"))
        raise
    reporter.emit(ImageCreated(request.target, plan.size_bytes))
    return ImageReport(request.target, label, plan.size_bytes, manifest.sha256, len(plan.files), manifest.file_sha256)


def _checked_build_dir(request: ImageRequest, storage: Storage) -> PurePath:
    root = storage.resolve(request.build_dir)
    entry = storage.entry(root)
    if entry is None or entry.kind is not FileKind.FOLDER:
        raise NotFoundError(request.build_dir, "Directory not found")
    is_ours = is_marker(storage.read_text(root / MARKER_NAME))
    for found in storage.scan(root):
        inside = PurePosixPath(found.path.relative_to(root))
        if found.kind is not FileKind.FOLDER and not is_left_out(inside, is_build_dir=is_ours):
            return root
    raise UsageError(f"No input files: {request.build_dir} holds no file")


@contextlib.contextmanager
def _claimed(target: PurePath, storage: Storage) -> Iterator[None]:
    """Inside, no other run makes this image. The folder is made.

    The lock's name goes while the lock is held: whoever opened it before that looks again once it has the lock, as
    `Storage.lock` promises, and finds no name or that of the next run.
    """
    lock = target.with_name(temporary_name(f"lock.{target.name}"))
    with contextlib.ExitStack() as stack:
        try:
            storage.make_folder(target.parent)
            stack.enter_context(storage.lock(lock))
        except BusyError as error:
            raise BusyError(target) from error
        except StorageError as error:
            raise type(error)(target, f"Cannot write ISO: {error.problem}") from error
        try:
            yield
        finally:
            # Power fails before this: an empty file is left, which the next run on this target locks and removes
            _discard(lock, storage)


def _check_target(request: ImageRequest, temporary: PurePath, storage: Storage, reporter: Reporter) -> None:
    """Where the image goes can be written, and nothing stands there that may not be replaced."""
    try:
        if _discard(temporary, storage):
            reporter.emit(LeftoverRemoved(temporary))
        # Power fails here: the probe is the same leftover, which the next run removes
        storage.write_text(temporary, "")
        _discard(temporary, storage)
    except StorageError as error:
        raise type(error)(request.target, f"Cannot write ISO: {error.problem}") from error
    entry = storage.entry(request.target)
    if entry is not None and (not request.is_forced or entry.kind is not FileKind.FILE):
        hint = "" if request.is_forced else " (--force replaces it)"
        raise ExistsError(request.target, f"File exists{hint}")


def _check_outside(root: PurePath, paths: dict[str, PurePath | None], storage: Storage) -> None:
    for what, path in paths.items():
        if path is not None and root in storage.resolve(path).parents:
            raise UsageError(
                f"Cannot write ISO: the {what} {path} lies in the build directory, it would contain itself"
            )


def _announce(plan: ImagePlan, reporter: Reporter) -> None:
    for path in plan.left_out:
        reporter.emit(FileLeftOut(path))
    for path, udf_path in plan.udf_paths.items():
        if path.name != udf_path.name:
            reporter.emit(NameSubstituted(path, udf_path))


def _check_room(plan: ImagePlan, request: ImageRequest, storage: Storage) -> None:
    free_bytes = storage.free_bytes(request.target.parent)
    if plan.size_bytes > free_bytes:
        raise NoSpaceError(request.target, "the image does not fit", plan.size_bytes, free_bytes)


def _built(
    plan: ImagePlan,
    temporary: PurePath,
    request: ImageRequest,
    *,
    storage: Storage,
    builder: ImageBuilder,
    verifier: ImageVerifier,
    clock: Clock,
    reporter: Reporter,
    cancel: Cancellation,
) -> ImageManifest:
    """Write, verify, rename; what was written."""
    with Meter("image", plan.size_bytes, request.target.name, clock, reporter) as on_bytes:
        # Power fails in here: a temporary file is left, which the next run removes
        manifest = builder.write(plan, target=temporary, on_bytes=on_bytes, cancel=cancel)
    entry = storage.entry(temporary)
    if entry is None or entry.identity.size_bytes != plan.size_bytes:
        raise StorageError(request.target, "ISO not created: the builder left no image of the planned size")
    with Meter("verify", plan.size_bytes, request.target.name, clock, reporter) as on_bytes:
        count = verifier.verify(temporary, plan=plan, manifest=manifest, on_bytes=on_bytes, cancel=cancel)
    reporter.emit(ImageVerified(count, manifest.sha256))
    cancel.check()
    # Power fails here: either name holds the proven image; an old one is replaced in the same moment
    storage.publish(temporary, target=request.target, replace=request.is_forced)
    return manifest


def _discard(temporary: PurePath, storage: Storage) -> bool:
    """Remove our temporary file, if it is there."""
    entry = storage.entry(temporary)
    if entry is None:
        return False
    for removal in plan_leftovers([entry], marker=LEFTOVER_SUFFIX).removals:
        storage.remove(removal)
    return True
