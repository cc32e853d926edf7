"""Workflow, private part: what must be true before an image is built: the folder, the target, the room."""

from pathlib import PurePath, PurePosixPath

from camvault.core.batch.build_dir import PROGRESS_NAMES
from camvault.core.disc.contents import is_left_out
from camvault.core.workflows.bodycam.create_iso.events import UnfinishedImageRemoved
from camvault.core.workflows.bodycam.create_iso.job import ImageJob
from camvault.core.workflows.steps.target_claim import discard_temporary
from camvault.ports.entries import FileKind
from camvault.ports.errors import BusyError, ExistsError, NoSpaceError, NotFoundError, StorageError, UsageError
from camvault.ports.image import ImagePlan

FAILURE = "Cannot write ISO"
"""How the specification's message begins if the target cannot be written."""


def source_folder(job: ImageJob) -> PurePath:
    """Return the folder to image, links followed.

    Raises:
        NotFoundError: "Directory not found".
        UsageError: "No input files", or the image or the log lies in the folder, or its preparation did not end.
        BusyError: Another process is at work in it.
    """
    build_dir = job.request.build_dir
    root = job.storage.resolve(build_dir)
    entry = job.storage.entry(root)
    if entry is None or entry.kind is not FileKind.FOLDER:
        raise NotFoundError(build_dir, "Directory not found")
    if not _has_content(job, root):
        raise UsageError(f"No input files: {build_dir} holds no file")
    for what, path in (("image", job.target), ("log file", job.request.logfile)):
        if path is not None and root in job.storage.resolve(path).parents:
            raise UsageError(f"{FAILURE}: the {what} {path} lies in the build directory, it would contain itself")
    if job.is_build_dir(root) and not job.request.is_even_unfinished:
        _check_finished(job, root)
    return root


def _check_finished(job: ImageJob, root: PurePath) -> None:
    """Make sure that whoever filled the folder has done all of it: an image of half a batch looks like one of all."""
    try:
        with job.storage.lock(root):
            pass
    except BusyError as error:
        raise BusyError(job.request.build_dir) from error
    except StorageError:
        pass  # it cannot be locked here, so that nobody else did
    unfinished = root / PROGRESS_NAMES[0]
    if job.storage.entry(unfinished) is not None:
        raise UsageError(
            f"{job.request.build_dir} is not finished: {unfinished.name} in it says that clips are left. Finish it with"
            f" prepare_bodycam --resume {job.request.build_dir / unfinished.name}, or image what there is with"
            " --even-unfinished yes"
        )


def _has_content(job: ImageJob, root: PurePath) -> bool:
    """Whether anything in the folder goes onto the disc."""
    is_build_dir = job.is_build_dir(root)
    return any(
        found.kind is not FileKind.FOLDER
        and not is_left_out(PurePosixPath(found.path.relative_to(root)), is_build_dir=is_build_dir)
        for found in job.storage.scan(root)
    )


def check_target(job: ImageJob) -> None:
    """Make sure that the target can be written, and that nothing stands there that may not be replaced.

    Raises:
        ExistsError: "File exists", and it may not be replaced.
        StorageError: "Cannot write ISO".
    """
    try:
        if discard_temporary(job.temporary, storage=job.storage):
            job.reporter.emit(UnfinishedImageRemoved(job.temporary))
        # Power fails here: the probe is the same leftover, which the next run removes
        job.storage.write_text(job.temporary, "")
        discard_temporary(job.temporary, storage=job.storage)
    except StorageError as error:
        raise type(error)(job.target, f"{FAILURE}: {error.problem}") from error
    entry = job.storage.entry(job.target)
    if entry is None:
        return
    if not job.request.is_forced:
        raise ExistsError(job.target, "File exists (--force replaces an image)")
    if entry.kind is not FileKind.FILE:
        raise ExistsError(job.target, "File exists, and it is no file")
    if entry.identity.size_bytes and not job.is_image(job.target):
        raise ExistsError(
            job.target, "File exists, and it is no disc image: --force replaces an image, and nothing else"
        )


def check_room(job: ImageJob, plan: ImagePlan) -> None:
    """Make sure that the target's file system has room for the image.

    Raises:
        NoSpaceError: It has not.
    """
    free_bytes = job.storage.free_bytes(job.target.parent)
    if plan.size_bytes > free_bytes:
        raise NoSpaceError(job.target, "the image does not fit", plan.size_bytes, free_bytes)
