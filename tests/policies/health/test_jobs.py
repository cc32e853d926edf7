"""When somebody is told of a job that fails."""

from collections.abc import Sequence

import pytest

from camvault.core.health.jobs import FailingJob, JobAct, JobState, judge_job

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
