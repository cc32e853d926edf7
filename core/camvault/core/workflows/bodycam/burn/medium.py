"""Workflow, private part: the medium before the burn (waited for, judged) and after it (finished or not)."""

from camvault.core.disc.medium_verdict import MediumVerdict, may_burn, unfinished, with_fate
from camvault.core.workflows.bodycam.burn.events import DiscAwaited
from camvault.core.workflows.bodycam.burn.job import BurnJob
from camvault.ports.errors import BurnError, MediumError
from camvault.ports.medium import Medium, MediumState

_SETTLE_POLLS = 20
"""How often a drive is asked again after the burn while it shows no disc: a minute in all."""


def usable_medium(job: BurnJob) -> Medium:
    """Return the medium once there is one; wait as long as the drive is empty.

    Raises:
        MediumError: The image may not be written to this medium.
        DriveError: The drive does not answer.
        Cancelled: The user stopped the waiting.
    """
    is_told = False
    while True:
        job.cancel.check()
        medium = job.drives.medium(job.device)
        decision = may_burn(medium, size_bytes=job.size_bytes)
        if decision.verdict is MediumVerdict.BURN:
            return medium
        if decision.verdict is MediumVerdict.REFUSE:
            raise MediumError(job.device, decision.reason)
        if not is_told:
            job.reporter.emit(DiscAwaited(job.device))
            is_told = True
        job.wait()


def finished_medium(job: BurnJob) -> Medium:
    """Return the medium, which the drive says is finished.

    A drive may go on closing the disc after the burner has ended, and shows no disc meanwhile: it is asked repeatedly.

    Raises:
        BurnError: The drive does not answer, or says that the disc is not finished.
    """
    medium = job.medium_if_known()
    for _ in range(_SETTLE_POLLS):
        if medium is None or medium.state is not MediumState.ABSENT:
            break
        job.wait()
        medium = job.medium_if_known()
    if medium is None:
        raise BurnError(job.device, "the drive does not answer after the burn", is_spoiled=True)
    problem = unfinished(medium, finished_states=job.burner.finished_states)
    if problem is not None:
        raise with_fate(BurnError(job.device, problem, is_spoiled=True), medium)
    return medium
