"""Adapter for executors, shared part: an order, who gives it, and who works on it."""

import contextlib
import hashlib
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError as FutureCancelledError
from concurrent.futures import Executor, Future, wait
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path, PurePath
from typing import Any, Generic, TypeVar, cast

import attrs

from camvault.adapters._shared.durable import translated
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError, Cancelled, NotFoundError, ToolError

T = TypeVar("T")

_POLL_S = 0.2
_LOOK_S = 0.5
"""How often a worker looks for its order: a question to a server, maybe."""

_WITHDRAW_S = 4.0
"""How long the coordinator waits for workers to stop."""

_APPEAR_S = 10.0
"""How long a new file may be unseen on another machine: what is not there is remembered for some seconds by NFS."""

_SUFFIX = ".camvault-part"


@attrs.define
class OrderCancellation:
    """For a worker: stopping is asked for once the order is gone."""

    order: PurePath
    _is_gone: bool = attrs.field(default=False, init=False)
    _looked_s: float = attrs.field(factory=time.monotonic, init=False)

    @property
    def is_requested(self) -> bool:
        """See `Cancellation`."""
        if not self._is_gone and time.monotonic() - self._looked_s >= _LOOK_S:
            self._looked_s = time.monotonic()
            self._is_gone = not os.path.lexists(self.order)
        return self._is_gone

    def check(self) -> None:
        """See `Cancellation`."""
        if self.is_requested:
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """See `Cancellation`."""
        until_s = time.monotonic() + seconds
        while not self.is_requested and time.monotonic() < until_s:
            time.sleep(min(_POLL_S, seconds))
        return self.is_requested

    def warn_first(self, warning: Callable[[], None]) -> AbstractContextManager[None]:  # noqa: ARG002
        """See `Cancellation`; nobody is there to be warned."""
        return contextlib.nullcontext()


@contextlib.contextmanager
def worked_on(order: PurePath) -> Iterator[tuple[PurePath, Cancellation]]:
    """For a worker: a file of its own, and the wish to stop. The file goes if the work fails.

    Raises:
        NotFoundError: The order is not to be seen here: the storage is not shared.
        Cancelled: The order was withdrawn meanwhile.
    """
    until_s = time.monotonic() + _APPEAR_S
    while not os.path.lexists(order):
        if time.monotonic() > until_s:
            raise NotFoundError(order, "a worker of the farm does not see it: do all share the storage?")
        time.sleep(_POLL_S)
    cancel = OrderCancellation(order)
    attempt = order.with_name(f"{_stem(order)}{uuid.uuid4().hex}{_SUFFIX}")
    try:
        yield attempt, cancel
        _check_wanted(order)
        with Path(attempt).open("rb") as file:
            os.fsync(file.fileno())
    except BaseException:
        Path(attempt).unlink(missing_ok=True)
        raise


def _check_wanted(order: PurePath) -> None:
    if not os.path.lexists(order):
        raise Cancelled


@attrs.frozen
class FarmResult(Generic[T]):
    """What a worker made, or the error that it met, in parts.

    Executors pickle errors in ways of their own: tblib, which Dask uses, loses what stands in slots.
    """

    made: T | None = None
    error_kind: type[CamvaultError] | None = None
    error_parts: Mapping[str, Any] = attrs.field(factory=dict)

    def value(self) -> T:
        """What was made; raises what went wrong."""
        if self.error_kind is not None:
            raise self.error_kind(**self.error_parts)
        return cast("T", self.made)


def attempted(work: Callable[..., T], *arguments: object) -> FarmResult[T]:
    """In a worker: do the work."""
    try:
        return FarmResult(work(*arguments))
    except CamvaultError as error:
        names = [field.name for field in getattr(error, "__attrs_attrs__", ())]
        return FarmResult(None, type(error), {name: getattr(error, name) for name in names})


@attrs.frozen
class Farm:
    """An executor, and how it is called in messages."""

    executor: Executor
    name: str

    def made(self, work: Callable[[PurePath], tuple[T, PurePath]], /, *, target: PurePath, cancel: Cancellation) -> T:
        """Have `target` made: `work` gets the order, and returns its result and the file that it wrote.

        `target` is a temporary name of this run: what has it is removed without a question.

        A worker that is lost is replaced by the executor, with the same order.

        Raises:
            CamvaultError: As the work raises it.
            ToolError: The farm failed.
            Cancelled: Stopping was asked for; workers stop as soon as they see it.
        """
        with translated(target):
            self._give(target)
        try:
            withdraw = partial(Path(target).unlink, missing_ok=True)
            made, attempt = self._awaited(self._submitted(work, target), cancel, on_stop=withdraw)
            with translated(target):
                os.replace(attempt, target)  # noqa: PTH105 - a PurePath
        except BaseException:
            Path(target).unlink(missing_ok=True)
            raise
        finally:
            self._sweep(target)
        return made

    def done(self, work: Callable[[], T], /, *, cancel: Cancellation) -> T:
        """Have something done that makes no file, and is short.

        Raises: as `made`.
        """
        return self._awaited(self._submitted(work), cancel, on_stop=lambda: None)

    def _give(self, order: PurePath) -> None:
        Path(order).unlink(missing_ok=True)
        os.close(os.open(order, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    def _submitted(self, work: Callable[..., T], *arguments: object) -> "Future[FarmResult[T]]":
        try:
            return self.executor.submit(attempted, work, *arguments)
        except RuntimeError as error:  # it was shut down
            raise self._failure(error) from error

    def _awaited(self, future: "Future[FarmResult[T]]", cancel: Cancellation, *, on_stop: Callable[[], object]) -> T:
        while not future.done():
            if cancel.is_requested:
                on_stop()
                wait([future], timeout=_WITHDRAW_S)
                future.cancel()
                raise Cancelled
            wait([future], timeout=_POLL_S)
        try:
            return future.result().value()
        except Cancelled as error:
            cancel.check()
            raise self._failure(RuntimeError("the order was withdrawn by somebody else")) from error
        except CamvaultError:
            raise
        except (Exception, FutureCancelledError) as error:  # whatever else comes back is the farm's failure
            raise self._failure(error) from error

    def _failure(self, error: BaseException) -> ToolError:
        return ToolError(self.name, 0, (f"{type(error).__name__}: {error}".removesuffix(": "),))

    def _sweep(self, order: PurePath) -> None:
        """Remove what workers left that were lost; one that still works has an open file without a name then."""
        begin = _stem(order)
        with contextlib.suppress(OSError):
            for path in list(Path(order).parent.iterdir()):
                token = path.name.removeprefix(begin).removesuffix(_SUFFIX)
                if path.name == f"{begin}{token}{_SUFFIX}" and len(token) == len(uuid.uuid4().hex):
                    path.unlink(missing_ok=True)


def _stem(order: PurePath) -> str:
    """How the names of all attempts begin: as a digest, because a name may be as long as a file system allows."""
    return f".{hashlib.sha256(os.fsencode(order.name)).hexdigest()[:16]}.farm-"
