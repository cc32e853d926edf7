"""Adapter for tests and library users: every port in memory, faults included, under the contracts of the real ones."""

from camvault.adapters.memory.calls import Call, Calls, Phase, PowerCut, watched
from camvault.adapters.memory.cancellation import MemoryCancellation
from camvault.adapters.memory.clock import MemoryClock
from camvault.adapters.memory.reporter import MemoryReporter
from camvault.adapters.memory.storage import MemoryStorage

__all__ = [
    "Call",
    "Calls",
    "MemoryCancellation",
    "MemoryClock",
    "MemoryReporter",
    "MemoryStorage",
    "Phase",
    "PowerCut",
    "watched",
]
