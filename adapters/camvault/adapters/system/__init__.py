"""Adapter for the operating system: its clock, its wishes to stop, and the machine itself."""

from camvault.adapters.system.cancellation import EventCancellation, SignalCancellation, time_limit
from camvault.adapters.system.clock import SystemClock
from camvault.adapters.system.host import SystemHost

__all__ = ["EventCancellation", "SignalCancellation", "SystemClock", "SystemHost", "time_limit"]
