"""Pure: how long is waited after a command failed, so that none is given at every look: doubling up to a limit."""

import attrs

from camvault.core.health.backoff import doubled_s


@attrs.frozen
class Tries:
    """Failures in a row, and when the last one was; monotonic."""

    count: int = 0
    failed_s: float = 0

    def failed(self, now_s: float) -> "Tries":
        """After one more failure."""
        return Tries(self.count + 1, now_s)

    def is_early(self, now_s: float, *, first_s: float, most_s: float) -> bool:
        """Whether it is too early to try again."""
        return self.count > 0 and now_s - self.failed_s < doubled_s(self.count, first_s=first_s, most_s=most_s)
