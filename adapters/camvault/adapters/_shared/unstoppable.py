"""Private to adapters: a cancellation for what has to be finished in any case, and ends by its limit of time."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from camvault.ports.cancellation import Cancellation


class Unstoppable:
    """A cancellation that is never requested."""

    is_requested = False

    def check(self) -> None:
        """Go on."""

    def wait(self, seconds: float) -> bool:
        """Not offered: nothing that is done with it waits for a time to pass."""
        raise NotImplementedError(seconds)

    def warn_first(self, warning: Callable[[], None]) -> AbstractContextManager[None]:  # noqa: ARG002 - never asked
        """There is no request, so there is nothing to warn of."""
        return nullcontext()


_conforms: type[Cancellation] = Unstoppable
