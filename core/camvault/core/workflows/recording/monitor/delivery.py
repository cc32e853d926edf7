"""Workflow, private part: alerts are queued while a run looks, and handed to the channels at its end."""

import attrs

from camvault.core.health.alerts import AlertOrigin
from camvault.core.workflows.recording.monitor.events import AlertSent
from camvault.core.workflows.recording.monitor.options import MonitorPorts
from camvault.core.workflows.recording.monitor.state_files import Memory
from camvault.ports.alerts import Alert, Alerts
from camvault.ports.errors import AlertError
from camvault.ports.events import Failed, Warned

_REFUSALS_A_RUN = 2
"""A channel that refused so many alerts is left until the next run: its password, say, is wrong, not the alerts."""


@attrs.frozen
class Delivery:
    """The queue of alerts in the state, and the channels to the operator."""

    host: str
    ports: MonitorPorts
    memory: Memory

    def origin(self) -> AlertOrigin:
        """This machine, now."""
        return AlertOrigin(self.host, self.ports.clock.now())

    def add(self, alert: Alert) -> None:
        """Queue an alert for every channel."""
        if self.ports.mail_is_missing:
            self.ports.reporter.emit(Warned("Email config incomplete — skipping alert."))
        names = tuple(channel.name for channel in self.ports.channels)
        queue, dropped = self.memory.state.queue.with_alert(alert, names).within()
        for item in dropped:
            self.ports.reporter.emit(Failed(f"The queue of alerts is full, dropped: {item.alert.subject}"))
        self.memory.state = attrs.evolve(self.memory.state, queue=queue)

    def deliver(self) -> None:
        """Hand each channel the alerts that wait for it.

        Raises:
            Cancelled: Asked to stop; what was not delivered stays in the queue.
        """
        for channel in self.ports.channels:
            self._deliver_by(channel)

    def give_sign(self) -> None:
        """Tell whoever watches the watchdog that it looked; not while it cannot tell the operator what it saw."""
        if self.ports.pulse is None or self.memory.state.queue.items:
            return
        try:
            self.ports.pulse.beat()
        except AlertError as error:
            self.ports.reporter.emit(Failed(f"No sign of life: {error}"))

    def _deliver_by(self, channel: Alerts) -> None:
        refusals = 0
        for item in self.memory.state.queue.waiting_for(channel.name):
            self.ports.cancel.check()
            try:
                channel.send(item.alert)
            except AlertError as error:
                self.ports.reporter.emit(Failed(str(error)))
                if not error.is_final:
                    return  # the channel cannot be reached: the next run begins with the same alert
                queue = self.memory.state.queue.refused(item.number)
                refusals += 1
            else:
                self.ports.reporter.emit(AlertSent(channel.name, item.alert.subject))
                queue = self.memory.state.queue.delivered(item.number, channel.name)
            self.memory.state = attrs.evolve(self.memory.state, queue=queue)
            if refusals == _REFUSALS_A_RUN:
                return
            self.memory.save()  # power fails before: this one alert is delivered once more
