"""Workflow, private part: the disc is read back and compared with the image."""

from camvault.core.disc.read_back import ReadBackResult, describe_damage, judge_read_back
from camvault.core.retention.survivors import medium_doubt
from camvault.core.workflows.bodycam.burn.events import BurnStoppedUnverified, DiscVerified, FailedDiscRead
from camvault.core.workflows.bodycam.burn.job import BurnJob
from camvault.ports.burner import ReadBack
from camvault.ports.errors import CamvaultError, Cancelled, ChangedError, DriveError, MismatchError
from camvault.ports.events import Warned
from camvault.ports.witness import ReadFrom


def verify(job: BurnJob, sha256: str) -> ReadFrom:
    """Read the disc back and compare it with the image, whose digest was `sha256` before the burn.

    Returns: Where the bytes came from; of a disc file that may be less than its medium, which is told.

    Raises:
        MismatchError: The disc does not hold the image.
        ChangedError: The image is not the one that was burned.
        DriveError: The disc could not be read back.
        Cancelled: The user stopped the reading.
    """
    read = _read_back(job)
    match judge_read_back(read, sha256=sha256):
        case ReadBackResult.IMAGE_CHANGED:
            raise ChangedError(job.request.image, "the image changed while it was burned, do not trust the disc")
        case ReadBackResult.DIFFERS:
            raise MismatchError(job.device, describe_damage(read, files=_files_hit(job, read)))
    job.reporter.emit(DiscVerified(job.device, job.size_bytes, sha256))
    unseen = medium_doubt(read.source)
    if unseen:
        job.reporter.emit(Warned(f"{job.device} was read back, but {unseen}"))
    return read.source


def look_after_failure(job: BurnJob) -> None:
    """Tell what is on a disc that a failing burner has finished. The burn stays a failure, whatever is found.

    Such a disc may be whole: growisofs fails if CLOSE SESSION fails, after everything was written.
    """
    try:
        read = _read_back(job)
    except CamvaultError as error:
        job.reporter.emit(FailedDiscRead(job.device, str(error)))
        return
    found = "all of the image, equal" if read.is_equal else describe_damage(read, files=_files_hit(job, read))
    job.reporter.emit(FailedDiscRead(job.device, found))


def _read_back(job: BurnJob) -> ReadBack:
    try:
        job.drives.reload(job.device, cancel=job.cancel)
        with job.meter("verify") as on_bytes:
            return job.drives.read_back(
                job.device, image=job.image.path, size_bytes=job.size_bytes, on_bytes=on_bytes, cancel=job.cancel
            )
    except Cancelled:
        job.reporter.emit(BurnStoppedUnverified(job.device))
        raise
    except DriveError as error:
        raise DriveError(job.device, f"The disc is written but could not be read back ({error.problem})") from error


def _files_hit(job: BurnJob, read: ReadBack) -> tuple[str, ...]:
    try:
        return tuple(map(str, job.image_map.files_on(job.image.path, read.bad_sectors)))
    except CamvaultError as error:
        return (f"files that cannot be named ({error})",)
