"""Pure: how many clips are encoded at once, with how many threads each, and how many are looked at at once."""

from camvault.core.capacity.allocation_values import LAG
from camvault.ports.encoding import Allocation

_PROBES_PER_CPU = 2


def thread_count(allocation: Allocation, *, wished_jobs: int | None, cpu_count: int) -> int:
    """The threads of one encode.

    One at a bitrate: only then are the bytes of an encode the same every time (measured). At a constant quality they
    are the same for any number of threads, and no more than `LAG` clips are encoded at once: the threads are shared
    out.
    """
    if allocation is not Allocation.COMPLEXITY:
        return 1
    return max(1, cpu_count // min(LAG, wished_jobs or cpu_count))


def job_count(*, wished_jobs: int | None, thread_count: int, cpu_count: int) -> int:
    """How many clips are encoded at once: as asked for, else as many as there are processors for their threads."""
    return wished_jobs or max(1, cpu_count // thread_count)


def worker_count(*, wished_jobs: int | None, cpu_count: int) -> int:
    """How many threads of this process wait for tools: for each encode one, and two probes for each processor."""
    return max(wished_jobs or cpu_count, _PROBES_PER_CPU * cpu_count)
