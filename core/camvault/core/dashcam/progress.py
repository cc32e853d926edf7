"""Pure: when the camera is due again, and when another try to send makes sense (`poll.recheck_minutes`).

| what ended                                   | the camera is due     | staged clips are sent       |
|----------------------------------------------|-----------------------|-----------------------------|
| a copy of all that was there                 | after the recheck     | at once                     |
| a copy because staging is full               | once clips went       | at once                     |
| a copy because the power or the server went  | as soon as they allow | as soon as they allow       |
| a copy that failed                           | after the recheck     | at once                     |
| an upload after which a clip went            | -                     | at once, the rest of them   |
| an upload after which none did               | after the recheck     | after the recheck           |
| the same, and staging was not full           | -                     | after the recheck           |
| an upload that was interrupted               | -                     | as soon as they allow       |

Meanwhile the camera records. A camera that does not come up as a disk, and a server that refuses, cost no recording.
"""

import attrs

from camvault.core.dashcam.configuration import PollConfig

_MINUTE_S = 60


def recheck_s(poll: PollConfig) -> float:
    """How long the camera is left alone; at least until the next look, because each would be due at once."""
    return max(poll.recheck_minutes * _MINUTE_S, poll.interval_seconds)


@attrs.frozen(kw_only=True)
class OffloadProgress:
    """What is remembered of the last copy and the last upload, in monotonic seconds; nothing is kept for another run.

    Attributes:
        left_alone_since_s: When the camera was copied to its end, or a copy failed; None if it is to be asked now.
        stuck_since_s: When an upload made no clip leave the staging; None if it is to be tried now.
    """

    left_alone_since_s: float | None = None
    stuck_since_s: float | None = None

    def copied(
        self, now_s: float, *, is_whole: bool, is_interrupted: bool, is_any_staged: bool = False
    ) -> "OffloadProgress":
        """After a copy, or after the camera could not be used at all.

        Args:
            now_s: Monotonic.
            is_whole: All finished clips of the card are staged or proven.
            is_interrupted: It was told to end, or staging was full: nothing speaks against going on.
            is_any_staged: A clip was staged: what did not leave the staging before says nothing of it.
        """
        is_left_alone = is_whole or not is_interrupted
        stuck_since_s = None if is_any_staged else self.stuck_since_s
        return OffloadProgress(left_alone_since_s=now_s if is_left_alone else None, stuck_since_s=stuck_since_s)

    def sent(self, now_s: float, *, removed_count: int, is_interrupted: bool) -> "OffloadProgress":
        """After an upload, by which so many clips left the staging; `is_interrupted`: it was told to end."""
        is_stuck = not removed_count and not is_interrupted
        return attrs.evolve(self, stuck_since_s=now_s if is_stuck else None)

    def is_camera_due(self, now_s: float, *, recheck_s: float) -> bool:
        """Whether the camera is to be asked."""
        return self.left_alone_since_s is None or now_s - self.left_alone_since_s >= recheck_s

    def is_sending_stuck(self, now_s: float, *, recheck_s: float) -> bool:
        """Whether it is too early for another try to send."""
        return self.stuck_since_s is not None and now_s - self.stuck_since_s < recheck_s
