"""Workflow: one image to one blank disc, and the proof that the disc holds it.

No record is kept: the medium itself is the record. A burn that was cut off leaves a medium that is not blank, which
the next run refuses (INV-8). Success is reported only after the image was read back from the medium (INV-6), or where
the user asked not to read it back.
"""

from camvault.core.workflows.bodycam.burn.events import BurnSucceeded, VerificationSkipped
from camvault.core.workflows.bodycam.burn.job import BurnJob
from camvault.core.workflows.bodycam.burn.medium import usable_medium
from camvault.core.workflows.bodycam.burn.read_back import verify
from camvault.core.workflows.bodycam.burn.request import BurnReport, BurnRequest, check_image
from camvault.core.workflows.bodycam.burn.writing import digest, write
from camvault.ports.burner import Burner, Drives, ImageMap
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.medium import MediumState
from camvault.ports.witness import ReadFrom


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
    """Burn an image, read the disc back and compare. Waits for a disc as long as the drive is empty.

    Raises:
        NotFoundError: "File not found".
        StorageError: The request names no image.
        DriveError: The drive does not answer. Nothing was written, or the message says that the disc is written and
            not verified.
        MediumError: "medium not blank", or too small; nothing was written.
        BurnError: Writing failed; the message says whether the disc is spoiled.
        ChangedError: The image is not the one it was when the run began.
        MismatchError: "Checksum mismatch", with the first bad sector and the files hit.
        Cancelled: The user stopped the run.
    """
    job = BurnJob(
        request=request,
        image=check_image(request.image, storage=storage),
        storage=storage,
        drives=drives,
        burner=burner,
        image_map=image_map,
        clock=clock,
        reporter=reporter,
        cancel=cancel,
    )
    usable_medium(job)
    sha256 = digest(job)
    medium = usable_medium(job)  # another one may lie in the drive since the image was read
    written = write(job, medium, sha256)
    source = ReadFrom.MEDIUM
    if request.is_verified:
        source = verify(job, sha256)
    else:
        reporter.emit(VerificationSkipped(job.device))
    is_appendable = written.state is MediumState.APPENDABLE
    reporter.emit(BurnSucceeded(request.image, job.device, request.is_verified, is_appendable))
    return BurnReport(job.device, job.size_bytes, sha256, request.is_verified, source)
