"""Workflow, private part: the jobs that run now and then: their incidents are told like those of stations."""

import attrs

from camvault.core.health import alerts
from camvault.core.health.jobs import JobAct, JobState, judge_job, lag_of
from camvault.core.workflows.recording.monitor.delivery import Delivery
from camvault.core.workflows.recording.monitor.options import MonitorOptions, MonitorPorts
from camvault.core.workflows.recording.monitor.state_files import Memory
from camvault.ports.errors import MissingToolError
from camvault.ports.events import Note, Warned
from camvault.ports.services import ServiceState


@attrs.frozen
class JobWatch:
    """Asks the service manager how the last run of each job ended."""

    options: MonitorOptions
    ports: MonitorPorts
    memory: Memory
    delivery: Delivery

    def look(self) -> None:
        """Tell of each job that fails again and again, or lags, and when it works again.

        Raises:
            ToolError: The service manager does not answer.
        """
        units = tuple(self.options.jobs)
        try:
            states = self.ports.services.states((*units, *map(_timer_of, units))) if units else ()
        except MissingToolError:
            return  # the look at the recorders has told
        for state, timer in zip(states, states[len(units) :], strict=False):
            self._judge(state, timer, self.options.jobs[state.name])

    def _judge(self, state: ServiceState, timer: ServiceState, every_s: float) -> None:
        known = dict(self.memory.state.jobs)
        found = _state_of(state, timer)
        scheduled_s = timer.since_s if timer.is_active else None
        act, job = judge_job(
            known.pop(state.name, None),
            found,
            monotonic_s=self.ports.clock.monotonic_s(),
            boot=self.options.boot,
            every_s=every_s,
            lag_s=lag_of(found, state.since_s, every_s=every_s, scheduled_s=scheduled_s),
        )
        if job is not None:
            known[state.name] = job
        self.memory.state = attrs.evolve(self.memory.state, jobs=known)
        if act in (JobAct.FAILING, JobAct.LAGGING) and job is not None:
            tell = alerts.job_failing if act is JobAct.FAILING else alerts.job_lagging
            alert = tell(state.name, job.failing_s, state.detail, host=self.delivery.origin())
            self.ports.reporter.emit(Warned(alert.body.partition("\n")[0]))
            self.delivery.add(alert)
        elif act is JobAct.WELL:
            alert = alerts.job_well(state.name, host=self.delivery.origin())
            self.ports.reporter.emit(Note(alert.body.partition("\n")[0]))
            self.delivery.add(alert)


def _timer_of(unit: str) -> str:
    return f"{unit.removesuffix('.service')}.timer"


def _state_of(state: ServiceState, timer: ServiceState) -> JobState:
    if not state.is_known:
        return JobState.MISSING
    if state.is_active:
        return JobState.RUNNING
    if state.is_failed:
        return JobState.FAILED
    return JobState.UNSCHEDULED if timer.is_enabled and not timer.is_active else JobState.WELL
