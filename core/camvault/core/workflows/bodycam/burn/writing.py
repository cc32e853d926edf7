"""Workflow, private part: the image is hashed, then written to the medium."""

from camvault.core.disc.medium_verdict import MediumVerdict, may_burn, with_fate
from camvault.core.workflows.bodycam.burn.events import BurnStarted, DiscAtRisk, DiscSpoiled, DiscWritten
from camvault.core.workflows.bodycam.burn.job import BurnJob
from camvault.core.workflows.bodycam.burn.medium import finished_medium
from camvault.core.workflows.bodycam.burn.read_back import look_after_failure
from camvault.ports.errors import BurnError, Cancelled, ChangedError
from camvault.ports.medium import Medium, MediumState


def digest(job: BurnJob) -> str:
    """Return the image's SHA-256, taken before anything is written.

    Raises:
        ChangedError: The image changed while it was read, or it has not the digest that the request names.
    """
    with job.meter("hash") as on_bytes:
        sha256 = job.storage.digest(job.image.path, on_bytes=on_bytes, cancel=job.cancel)
    job.check_unchanged("while it was read; nothing was written")
    if job.request.sha256 not in {None, sha256}:
        raise ChangedError(job.request.image, "is not the image that was verified; nothing was written")
    return sha256


def write(job: BurnJob, medium: Medium, sha256: str) -> Medium:
    """Have the image written, and ask the drive whether the disc is finished; return the finished medium.

    Raises:
        BurnError: Writing failed, or the disc is not finished.
        ChangedError: The image changed while it was burned.
        Cancelled: The user stopped twice.
    """
    job.cancel.check()
    job.reporter.emit(
        BurnStarted(job.device, medium, job.request.image, job.size_bytes, sha256, burner=job.burner.name)
    )
    with job.cancel.warn_first(lambda: job.reporter.emit(DiscAtRisk(job.device))):
        # Power fails in here: the medium is not blank any more, and the next run refuses it
        _run_burner(job)
    written = finished_medium(job)
    job.check_unchanged("while it was burned, do not trust the disc")
    job.reporter.emit(DiscWritten(job.device, written.state is MediumState.APPENDABLE))
    return written


def _run_burner(job: BurnJob) -> None:
    try:
        with job.meter("burn") as on_bytes:
            job.burner.burn(
                job.image.path, device=job.device, speed=job.request.speed, on_bytes=on_bytes, cancel=job.cancel
            )
    except BurnError as error:
        medium = None if error.is_drive_held else job.medium_if_known()
        if medium is not None and job.request.is_verified and medium.state in job.burner.finished_states:
            look_after_failure(job)
        raise with_fate(error, medium) from error
    except Cancelled:
        medium = job.medium_if_known()
        if medium is None or may_burn(medium, size_bytes=0).verdict is not MediumVerdict.BURN:
            job.reporter.emit(DiscSpoiled(job.device))
        raise
