"""Workflow, private part: a cancellation that a workflow can request itself, to stop its own workers."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled

_SLICE_S = 0.1


@attrs.define(eq=False)
class LinkedCancellation:
    """A cancellation that is requested when its parent is, or when `request` was called."""

    parent: Cancellation
    _is_set: bool = False

    def request(self) -> None:
        """Stop the work that was given this object; the parent is not requested."""
        self._is_set = True

    @property
    def is_requested(self) -> bool:
        """Whether stopping was asked for."""
        return self._is_set or self.parent.is_requested

    def check(self) -> None:
        """Raise `Cancelled` if stopping was asked for."""
        if self.is_requested:
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """Block for `seconds` or until stopping is asked for; return `is_requested`."""
        left_s = seconds
        while left_s > 0 and not self.is_requested:
            self.parent.wait(min(_SLICE_S, left_s))
            left_s -= _SLICE_S
        return self.is_requested

    def warn_first(self, warning: Callable[[], None]) -> AbstractContextManager[None]:
        """Inside, the parent's first request only calls `warning`."""
        return self.parent.warn_first(warning)


_conforms: type[Cancellation] = LinkedCancellation
