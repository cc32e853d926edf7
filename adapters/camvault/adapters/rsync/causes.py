"""Adapter for rsync, pure part: why a push failed, by its exit code and by what was said.

The code alone does not tell. Measured with rsync 3.5.0 and OpenSSH 9.2: a host key that changed, and a key that is
refused, end with 255 mostly and with 12 sometimes; a server without rsync with 127 or with 12; a full disk with 11, as
a folder that is missing. So the words come first, and those that forbid another try before all others.
"""

import signal
from collections.abc import Iterable

from camvault.ports.transfer import PushCause

_CAUSES_BY_WORDS: tuple[tuple[PushCause, tuple[str, ...]], ...] = (
    (
        PushCause.REFUSED,
        (
            "host key verification failed",
            "remote host identification has changed",
            "no matching host key",
            "permission denied",
            "too many authentication failures",
            "no such identity",
            "bad permissions",
            "command not found",
            "rsync: not found",
            "does not run rsync",
            "read-only file system",
            "mkdir",
            "change_dir",
            "missing trailing-",
        ),
    ),
    (PushCause.NO_SPACE, ("no space left on device", "disk quota exceeded")),
    (
        PushCause.NO_NETWORK,
        (
            "connection refused",
            "could not resolve hostname",
            "temporary failure in name resolution",
            "no route to host",
            "network is unreachable",
            "network is down",
            "connection timed out",
            "operation timed out",
        ),
    ),
    (
        PushCause.CUT_OFF,
        (
            "closed by remote host",
            "connection reset",
            "broken pipe",
            "timeout, server",
            "io timeout after",
            "timeout in data send/receive",
            "connection unexpectedly closed",
        ),
    ),
)

_CAUSES_BY_CODE = {
    **dict.fromkeys((1, 2, 3, 4, 6, 25, 126, 127), PushCause.REFUSED),
    **dict.fromkeys((5, 10, 35), PushCause.NO_NETWORK),
    **dict.fromkeys((19, 20, 30, 137, 143, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP), PushCause.CUT_OFF),
}
"""Source: rsync(1), EXIT VALUES. 12 and 255 may be anything: they are tried again, a few times."""


def cause_of(exit_code: int, lines: Iterable[str]) -> PushCause:
    """Why a push that ended with this code and said this failed; of 0, nothing did."""
    if not exit_code:
        return PushCause.UNKNOWN
    said = "\n".join(lines).lower()
    by_words = (cause for cause, words in _CAUSES_BY_WORDS if any(word in said for word in words))
    return next(by_words, _CAUSES_BY_CODE.get(exit_code, PushCause.UNKNOWN))
