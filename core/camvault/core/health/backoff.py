"""Pure: how long to wait before a recorder is started again.

The one rule for both that restart recorders: the supervisor, which starts ffmpeg again within seconds, and the
watchdog, which restarts the supervisor's unit within minutes. The wait doubles with each failure in a row, up to a
limit.
"""

import attrs

_DOUBLINGS_MOST = 62
"""More doublings than any limit needs; a power of two of any size would take memory for each failure."""


def doubled_s(failures: int, *, first_s: float, most_s: float) -> float:
    """The wait in seconds after so many failures in a row (1 for the first): `first_s`, doubled up to `most_s`."""
    return min(most_s, first_s * (1 << min(max(failures - 1, 0), _DOUBLINGS_MOST)))


@attrs.frozen
class BackOff:
    """How long to wait before a recorder is started again: doubling from `first_s` to `most_s`.

    `jitter` is the share of the wait that chance may add, so that the cameras behind one switch are not all connected
    to in the same instant.
    """

    first_s: float = attrs.field(default=0.5, validator=attrs.validators.gt(0))
    most_s: float = attrs.field(default=60, validator=attrs.validators.gt(0))
    jitter: float = attrs.field(default=0.25, validator=[attrs.validators.ge(0), attrs.validators.le(1)])

    def delay_s(self, failures: int, *, chance: float) -> float:
        """The wait after so many failures in a row (1 for the first), with `chance` from 0 to 1."""
        wait_s = doubled_s(failures, first_s=self.first_s, most_s=self.most_s)
        return float(wait_s * (1 + self.jitter * chance))


def failures_after_end(failures: int, *, recorded_s: float, segment_time_s: float) -> int:
    """Failures in a row, now that a recorder has ended for whatever reason.

    A recorder that wrote a whole segment was healthy: the count begins again.
    """
    return 1 if recorded_s >= segment_time_s else failures + 1
