"""Adapter for the operating system: its clock and its wishes to stop."""

from camvault.adapters.system.cancellation import EventCancellation, SignalCancellation
from camvault.adapters.system.clock import SystemClock

__all__ = ["EventCancellation", "SignalCancellation", "SystemClock"]
