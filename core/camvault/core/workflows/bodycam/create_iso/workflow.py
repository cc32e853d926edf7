"""Workflow: a folder to a disc image that was read back and compared.

Crash order: the image is written beside its target under a temporary name, verified, and only then renamed. An image
under the target's name was proven, and an old image stays until the new one is proven (INV-6). A temporary file that a
crash left behind is removed by the next run. An empty locked file beside the target keeps two runs on one target apart.
"""

import functools
from collections.abc import Callable
from datetime import datetime
from pathlib import PurePath

from camvault.core.disc.contents import is_left_out
from camvault.core.disc.labels import check_label, shown_shorter, stamp_label, stamp_of
from camvault.core.workflows.bodycam.create_iso.checks import FAILURE, check_room, check_target, source_folder
from camvault.core.workflows.bodycam.create_iso.events import (
    BuilderChosen,
    FileLeftOut,
    ImageCreated,
    ImageStarted,
    LabelShortened,
    NameSubstituted,
)
from camvault.core.workflows.bodycam.create_iso.evidence import clear_stage, staged
from camvault.core.workflows.bodycam.create_iso.job import ImageJob
from camvault.core.workflows.bodycam.create_iso.mastering import master
from camvault.core.workflows.bodycam.create_iso.request import ImageReport, ImageRequest
from camvault.core.workflows.steps.target_claim import claimed
from camvault.ports.batch_record import BatchRecords
from camvault.ports.cancellation import Cancellation
from camvault.ports.clip_facts import ClipReader
from camvault.ports.clock import Clock
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.image import ImageBuilder, ImagePlan, ImageVerifier


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
    is_image: Callable[[PurePath], bool],
    progress_files: BatchRecords,
    clip_reader: ClipReader,
) -> ImageReport:
    """Check in the specification's order, build, verify, rename.

    Args:
        request: Which image, of which folder.
        storage: Where both are.
        builder: Writes the image.
        verifier: Reads it back.
        reason: Why it is this builder.
        clock: For the default label.
        reporter: Told of everything.
        cancel: Asked between steps.
        is_image: Whether a file is a disc image; no other file is replaced.
        progress_files: The record of the batch, for the evidence.
        clip_reader: What clips say of themselves, for the evidence.

    Raises:
        NotFoundError: "Directory not found".
        UsageError: "No input files", an impossible label, the image or the log inside the build directory, or the build
            directory is not finished.
        ExistsError: "File exists".
        BusyError: Another process makes this image, or is at work in the build directory.
        NoSpaceError: The image would not fit; nothing was written.
        ChangedError: A source changed; no image.
        MismatchError: The image does not hold what it should; no image.
        StorageError: "Cannot write ISO", or a source that cannot be read.
    """
    job = ImageJob(
        request=request,
        storage=storage,
        builder=builder,
        verifier=verifier,
        clock=clock,
        reporter=reporter,
        cancel=cancel,
        is_image=is_image,
        progress_files=progress_files,
        clip_reader=clip_reader,
    )
    now = clock.now()
    root = source_folder(job)
    with claimed(request.target, storage=storage, failure=FAILURE):
        clear_stage(job)
        check_target(job)
        with staged(job, _planned(job, root, now, reason), root) as image:
            plan = image.plan
            check_room(job, plan)
            reporter.emit(ImageStarted(request.target, plan.label, len(plan.files), plan.size_bytes))
            manifest, source = master(job, image)
    reporter.emit(ImageCreated(request.target, plan.size_bytes))
    return ImageReport(
        path=request.target,
        label=plan.label,
        size_bytes=plan.size_bytes,
        sha256=manifest.sha256,
        file_count=len(plan.files),
        file_sha256=manifest.file_sha256,
        source=source,
    )


def _planned(job: ImageJob, root: PurePath, now: datetime, reason: str) -> ImagePlan:
    """Lay the image out, and tell what the user should know of it."""
    wanted = job.request.label
    at = stamp_of(label=wanted, stamp=job.request.stamp, now=now)
    label = check_label(stamp_label(at) if wanted is None else wanted)
    for consequence in shown_shorter(label):
        job.reporter.emit(LabelShortened(label, consequence))
    job.reporter.emit(BuilderChosen(job.builder.name, job.verifier.name, reason))
    is_out = functools.partial(is_left_out, is_build_dir=job.is_build_dir(root))
    plan = job.builder.plan(root, label=label, stamped_at=at, is_left_out=is_out)
    for path in plan.left_out:
        job.reporter.emit(FileLeftOut(path))
    for path, udf_path in plan.udf_paths.items():
        if path.name != udf_path.name:
            job.reporter.emit(NameSubstituted(path, udf_path))
    return plan
