"""Adapter for tests and library users: every port in memory, faults included, under the contracts of the real ones."""

from camvault.adapters.memory.cancellation import MemoryCancellation
from camvault.adapters.memory.clock import MemoryClock
from camvault.adapters.memory.reporter import MemoryReporter

__all__ = ["MemoryCancellation", "MemoryClock", "MemoryReporter"]
