"""Pure: whether a job that runs now and then has failed for so long that the operator is to be told.

A job that fails three times in a row has failed for two of its intervals. A run in between says nothing until it ends;
only a run that ends well ends the incident. Times are monotonic (INV-15).
"""

import enum

import attrs

_FAILURES = 3


class JobState(enum.Enum):
    """What the service manager says of the unit of a job."""

    WELL = "well"
    """Its last run ended well, or it has not run yet."""
    RUNNING = "running"
    FAILED = "failed"
    MISSING = "missing"


@attrs.frozen
class FailingJob:
    """A job that failed: when the clock showed `monotonic_s`, it had been failing for `failing_s`."""

    failing_s: float
    monotonic_s: float
    boot: str
    is_alerted: bool = False


class JobAct(enum.Enum):
    """What the operator is told."""

    NOTHING = "nothing"
    FAILING = "alert: it fails again and again"
    WELL = "alert: it works again"


def judge_job(
    known: FailingJob | None, state: JobState, *, monotonic_s: float, boot: str, every_s: float
) -> tuple[JobAct, FailingJob | None]:
    """What to tell and what to remember, after a look at the job; `known` is None while it works.

    Args:
        known: What the last look remembered.
        state: What this look found.
        monotonic_s: Now.
        boot: An opaque name of this start of the machine.
        every_s: From one run of the job to the next.
    """
    if state in (JobState.WELL, JobState.MISSING):
        return (JobAct.WELL if known is not None and known.is_alerted else JobAct.NOTHING), None
    if known is None:
        return JobAct.NOTHING, FailingJob(0.0, monotonic_s, boot) if state is JobState.FAILED else None
    begun_s = known.monotonic_s if boot == known.boot else 0.0
    failing_s = known.failing_s + max(0.0, monotonic_s - begun_s)
    is_due = failing_s >= (_FAILURES - 1) * every_s and not known.is_alerted
    act = JobAct.FAILING if is_due else JobAct.NOTHING
    return act, FailingJob(failing_s, monotonic_s, boot, known.is_alerted or is_due)
