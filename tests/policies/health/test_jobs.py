"""When somebody is told of a job that fails."""

from collections.abc import Sequence

import pytest

from camvault.core.health.jobs import FailingJob, JobAct, JobState, judge_job, lag_of

EVERY_S = 600


def told(states: Sequence[tuple[float, JobState]], *, boot_changes_at: float = float("inf")) -> list[JobAct]:
    known: FailingJob | None = None
    acts = []
    for at_s, state in states:
        boot, now_s = ("a", at_s) if at_s < boot_changes_at else ("b", at_s - boot_changes_at)
        act, known = judge_job(known, state, monotonic_s=now_s, boot=boot, every_s=EVERY_S)
        acts.append(act)
    return [act for act in acts if act is not JobAct.NOTHING]


@pytest.mark.parametrize("between", [JobState.FAILED, JobState.RUNNING])
def test_a_job_that_fails_three_times_is_told_of_once_and_once_when_it_works_again(between: JobState) -> None:
    failing = [(at_s, JobState.FAILED if at_s % 600 else between) for at_s in range(300, 7200, 300)]
    assert told(failing[:4]) == []
    assert told(failing) == [JobAct.FAILING]
    assert told([*failing, (7200, JobState.WELL), (7500, JobState.WELL)]) == [JobAct.FAILING, JobAct.WELL]


def test_a_job_that_fails_now_and_then_is_not_told_of() -> None:
    states = [JobState.FAILED, JobState.FAILED, JobState.WELL] * 10
    assert told([(300.0 * number, state) for number, state in enumerate(states)]) == []


@pytest.mark.parametrize("state", [JobState.WELL, JobState.RUNNING, JobState.MISSING])
def test_what_never_failed_is_no_incident(state: JobState) -> None:
    assert told([(0, state), (9000, state)]) == []


def test_the_time_since_a_start_of_the_machine_counts() -> None:
    states = [(float(at_s), JobState.FAILED) for at_s in range(0, 3000, 300)]
    assert told(states, boot_changes_at=900) == [JobAct.FAILING]


@pytest.mark.parametrize(
    ("state", "since_s", "scheduled_s", "lag_s"),
    [
        (JobState.WELL, 1800, 9000, None),
        (JobState.WELL, 1801, 9000, 1801),
        (JobState.WELL, 864_000, 60, None),  # its timer was started a minute ago
        (JobState.WELL, 864_000, None, None),  # somebody else starts it
        (JobState.WELL, None, 9000, 9000),  # something that it needs is not there since the start
        (JobState.WELL, None, 900, None),
        (JobState.RUNNING, None, 9000, None),
        (JobState.RUNNING, 21_600, 21_600, None),
        (JobState.RUNNING, 21_601, None, 21_601),
        (JobState.FAILED, 864_000, 864_000, None),
        (JobState.MISSING, None, None, None),
    ],
)
def test_a_job_lags_that_is_not_started_or_does_not_end(
    state: JobState, since_s: float | None, scheduled_s: float | None, lag_s: float | None
) -> None:
    assert lag_of(state, since_s, every_s=EVERY_S, scheduled_s=scheduled_s) == lag_s


def test_a_job_whose_timer_was_stopped_lags_after_two_intervals() -> None:
    stopped = [(float(at_s), JobState.UNSCHEDULED) for at_s in range(0, 3000, 300)]
    assert told(stopped[:4]) == []
    assert told([*stopped, (3000, JobState.RUNNING), (3300, JobState.WELL)]) == [JobAct.LAGGING, JobAct.WELL]


def test_a_job_that_lags_is_told_of_once_whatever_it_does_until_it_ends_well() -> None:
    known: FailingJob | None = None
    acts = []
    looks = [(JobState.WELL, 2000.0), (JobState.WELL, 2300.0), (JobState.RUNNING, None), (JobState.FAILED, None)]
    looks += [(JobState.FAILED, None)] * 10 + [(JobState.WELL, None)] * 2
    for number, (state, lag_s) in enumerate(looks):
        act, known = judge_job(known, state, monotonic_s=300.0 * number, boot="a", every_s=EVERY_S, lag_s=lag_s)
        acts.append(act)
    assert [act for act in acts if act is not JobAct.NOTHING] == [JobAct.LAGGING, JobAct.WELL]
    assert known is None
