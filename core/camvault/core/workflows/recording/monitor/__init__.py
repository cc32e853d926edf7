"""Workflow: one look at all stations: restart recorders that do not record, and tell the operator once per incident.

Durable steps, in crash order: the restarts; one write of the state, which holds what is remembered of the stations and
the queued alerts; the delivery of each alert, with one write of the state after each. If power fails before the first
write, the next run decides the same again, and no alert was sent. After it, every alert is in the queue. Between the
delivery of an alert and the write after it, the alert is delivered a second time, at most once for each power cut
(INV-20).
"""

from camvault.core.workflows.recording.monitor.events import (
    AlertSent,
    RecorderRestarted,
    StationIdle,
    StationRecovered,
)
from camvault.core.workflows.recording.monitor.look import monitor
from camvault.core.workflows.recording.monitor.options import MonitorOptions, MonitorPorts, MonitorReport
from camvault.core.workflows.recording.monitor.recorders import unit_of

__all__ = [
    "AlertSent",
    "MonitorOptions",
    "MonitorPorts",
    "MonitorReport",
    "RecorderRestarted",
    "StationIdle",
    "StationRecovered",
    "monitor",
    "unit_of",
]
