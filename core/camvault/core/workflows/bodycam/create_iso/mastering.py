"""Workflow, private part: the planned image is written, read back and given its name."""

from camvault.core.retention.survivors import medium_doubt
from camvault.core.workflows.bodycam.create_iso.events import ImageVerified
from camvault.core.workflows.bodycam.create_iso.evidence import StagedImage
from camvault.core.workflows.bodycam.create_iso.job import ImageJob
from camvault.core.workflows.steps.target_claim import discard_temporary
from camvault.ports.errors import MismatchError, StorageError
from camvault.ports.events import Failed, Warned
from camvault.ports.image import ImageManifest, ImagePlan
from camvault.ports.witness import ReadFrom


def master(job: ImageJob, staged: StagedImage) -> tuple[ImageManifest, ReadFrom]:
    """Make the image; return what was written, and where it was read from then.

    After a failure no temporary file is left.

    Raises:
        StorageError: Writing failed, or the builder left no image of the planned size.
        MismatchError: The image does not hold what was planned.
        Cancelled: The user stopped the run.
    """
    plan = staged.plan
    try:
        manifest = _written(job, plan)
        _check_evidence(manifest, staged)
        source = _verified(job, plan, manifest)
        job.cancel.check()
        # Power fails here: either name holds the proven image; an old one is replaced in the same moment
        job.storage.publish(job.temporary, target=job.target, replace=job.request.is_forced)
    except Exception as error:
        discard_temporary(job.temporary, storage=job.storage)
        if isinstance(error, StorageError | MismatchError):
            job.reporter.emit(Failed(f"ISO not created: {job.target}"))
        raise
    return manifest, source


def _written(job: ImageJob, plan: ImagePlan) -> ImageManifest:
    with job.meter("image", plan) as on_bytes:
        # Power fails in here: a temporary file is left, which the next run removes
        manifest = job.builder.write(plan, target=job.temporary, on_bytes=on_bytes, cancel=job.cancel)
    entry = job.storage.entry(job.temporary)
    if entry is None or entry.identity.size_bytes != plan.size_bytes:
        raise StorageError(job.target, "ISO not created: the builder left no image of the planned size")
    return manifest


def _check_evidence(manifest: ImageManifest, staged: StagedImage) -> None:
    """Make sure that the evidence tells the truth: what was written has the digests that it says (INV-46)."""
    for path, sha256 in staged.sha256.items():
        if manifest.file_sha256[path] != sha256:
            raise MismatchError(str(path), "its content is not what its record says; no evidence would be true")


def _verified(job: ImageJob, plan: ImagePlan, manifest: ImageManifest) -> ReadFrom:
    with job.meter("verify", plan) as on_bytes:
        check = job.verifier.verify(job.temporary, plan=plan, manifest=manifest, on_bytes=on_bytes, cancel=job.cancel)
    job.reporter.emit(ImageVerified(check.file_count, manifest.sha256))
    unseen = medium_doubt(check.source)
    if unseen:
        job.reporter.emit(Warned(f"{job.target} was read back, but {unseen}"))
    return check.source
