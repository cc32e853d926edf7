"""Adapter for Dask: a cluster that exists, as an executor. Needs `camvault[dask]`.

What a lost worker was doing is done again by another one: Dask sees to that, up to its setting
`distributed.scheduler.allowed-failures` (3). camvault starts no scheduler and no worker.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

import attrs

from camvault.ports.errors import MissingToolError, ToolError

_ANSWER_S = 15.0


@attrs.frozen
class DaskCluster:
    """A cluster that answered.

    Attributes:
        executor: Takes orders.
        thread_count: How many orders its workers take at once, as of now; at least 1.
        worker_count: How many workers there are now.
    """

    executor: Executor
    thread_count: int
    worker_count: int


@contextmanager
def dask_cluster(place: str) -> Iterator[DaskCluster]:
    """Connect to the scheduler at "HOST:PORT".

    Raises:
        MissingToolError: Dask is not installed here.
        ToolError: Nobody answers there, or there are no workers.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - a second to import, and an extra
    except ImportError as error:
        raise MissingToolError("dask", "the extra camvault[dask]", "no module named distributed") from error
    try:
        client: Any = Client(f"tcp://{place}", timeout=_ANSWER_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ToolError("dask", 0, (f"no scheduler answers at {place}: {error}",)) from error
    with client:
        threads = client.nthreads()
        if not threads:
            raise ToolError("dask", 0, (f"the scheduler at {place} has no workers",))
        executor = client.get_executor(pure=False)
        try:
            yield DaskCluster(executor, max(1, sum(threads.values())), len(threads))
        finally:
            executor.shutdown(wait=False)
