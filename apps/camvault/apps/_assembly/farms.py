"""Composition root, shared part: where clips are encoded: here, or by a farm that shares the storage."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs
import typer

from camvault.apps._cli.stage import Context
from camvault.ports.events import Note

if TYPE_CHECKING:
    from camvault.adapters.farm import Farm

LOCAL = "local"
_DASK = "dask://"
_PORT_MOST = 65_535
EXECUTOR_HELP = (
    "Where clips are encoded: local, or dask://HOST:PORT, whose workers see the same paths (camvault[dask])."
)


@attrs.frozen
class FoundFarm:
    """A farm that answered, and how many clips it takes at once."""

    farm: "Farm"
    job_count: int


def executor_of(text: str) -> str:
    """What the text after `--executor` means: "local", or the scheduler of a cluster."""
    host, colon, port = text.removeprefix(_DASK).rpartition(":")
    is_scheduler = text.startswith(_DASK) and colon and host and "/" not in text.removeprefix(_DASK)
    if text == LOCAL or (is_scheduler and port.isdecimal() and 0 < int(port) <= _PORT_MOST):
        return text
    raise typer.BadParameter(f"{text[:60]!a} is neither {LOCAL} nor {_DASK}HOST:PORT")


@contextmanager
def farm_at(context: Context, executor: str) -> Iterator[FoundFarm | None]:
    """Connect to the farm; None where clips are encoded here.

    Raises:
        MissingToolError: What the farm needs is not installed here.
        ToolError: Nobody answers there.
    """
    if executor == LOCAL:
        yield None
        return
    from camvault.adapters.dask import dask_cluster  # noqa: PLC0415 - only where it is needed
    from camvault.adapters.farm import Farm  # noqa: PLC0415

    with dask_cluster(executor.removeprefix(_DASK)) as cluster:
        words = f"{cluster.worker_count} workers, {cluster.thread_count} clips at once"
        context.reporter.emit(Note(f"clips are encoded by {executor}: {words}"))
        yield FoundFarm(Farm(cluster.executor, executor), cluster.thread_count)
