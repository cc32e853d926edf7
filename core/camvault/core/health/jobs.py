"""Pure: whether a job that runs now and then has failed, or has lagged, for so long that the operator is to be told.

A job that fails three times in a row has failed for two of its intervals. A run in between says nothing until it ends;
only a run that ends well ends the incident. A job lags that was not started for three of its intervals although it is
to run now and then, or whose run does not come to an end. Times are monotonic (INV-15).
"""

import enum

import attrs

_FAILURES = 3
_MISSED_RUNS = 3
_LONGEST_RUN_S = 6 * 3600.0
"""Longer than a target takes that has been away for days, but for the first copy of a whole archive."""


class JobState(enum.Enum):
    """What the service manager says of the unit of a job."""

    WELL = "well"
    """Its last run ended well, or it has not run yet."""
    RUNNING = "running"
    FAILED = "failed"
    MISSING = "missing"
    UNSCHEDULED = "unscheduled"
    """It does not run, and although it is to be started now and then, nothing is about to do so."""


@attrs.frozen
class FailingJob:
    """A job that failed, or lagged: when the clock showed `monotonic_s`, it had done so for `failing_s`."""

    failing_s: float
    monotonic_s: float
    boot: str
    is_alerted: bool = False


class JobAct(enum.Enum):
    """What the operator is told."""

    NOTHING = "nothing"
    FAILING = "alert: it fails again and again"
    LAGGING = "alert: it was not started for long, or does not come to an end"
    WELL = "alert: it works again"


def judge_job(
    known: FailingJob | None,
    state: JobState,
    *,
    monotonic_s: float,
    boot: str,
    every_s: float,
    lag_s: float | None = None,
) -> tuple[JobAct, FailingJob | None]:
    """What to tell and what to remember, after a look at the job; `known` is None while it works.

    Args:
        known: What the last look remembered.
        state: What this look found.
        monotonic_s: Now.
        boot: An opaque name of this start of the machine.
        every_s: From one run of the job to the next.
        lag_s: See `lag_of`; None if it does not lag.
    """
    if lag_s is not None:
        act = JobAct.NOTHING if known is not None and known.is_alerted else JobAct.LAGGING
        return act, FailingJob(lag_s, monotonic_s, boot, is_alerted=True)
    if state in (JobState.WELL, JobState.MISSING):
        return (JobAct.WELL if known is not None and known.is_alerted else JobAct.NOTHING), None
    if known is None:
        return JobAct.NOTHING, FailingJob(0.0, monotonic_s, boot) if state is not JobState.RUNNING else None
    begun_s = known.monotonic_s if boot == known.boot else 0.0
    failing_s = known.failing_s + max(0.0, monotonic_s - begun_s)
    is_due = failing_s >= (_FAILURES - 1) * every_s and not known.is_alerted
    told = JobAct.LAGGING if state is JobState.UNSCHEDULED else JobAct.FAILING
    act = told if is_due else JobAct.NOTHING
    return act, FailingJob(failing_s, monotonic_s, boot, known.is_alerted or is_due)


def lag_of(state: JobState, since_s: float | None, *, every_s: float, scheduled_s: float | None) -> float | None:
    """For how many seconds a job has been lagging; None if it is not.

    Args:
        state: What this look found.
        since_s: For how long it has been running, or not running; None if it never ran, or nobody knows.
        every_s: From one run of the job to the next.
        scheduled_s: For how long it has been due to be started now and then; None if it is not. Its timer may have been
            started long after the machine.
    """
    known = [each for each in (since_s, scheduled_s) if each is not None]
    if state is JobState.RUNNING and since_s is not None:
        return since_s if since_s > max(_LONGEST_RUN_S, _MISSED_RUNS * every_s) else None
    if state is not JobState.WELL or scheduled_s is None:
        return None
    return min(known) if min(known) > _MISSED_RUNS * every_s else None
