"""Pure: how regularly a camera sends its pictures, and how soon its silence is a stall.

The longest gap between two pictures of the last hour says what is usual for this camera and its network. Some tens of
that is a stall, but never less than a floor, nor more than `--stall-timeout`. Until pictures have come for some
minutes, nothing is known, and `--stall-timeout` alone counts.

ffmpeg reports twice a second, so a gap is known to within a report: pictures that come in each report are taken to come
evenly, and a report without any counts in full. One such report in the last hour makes the limit ten seconds, so that
only the silence of a camera that never falters is told from a hiccup sooner.
"""

import attrs

from camvault.core.health.stall import RecordingSigns, SignKind, StallPolicy

REPORT_S = 0.5
"""How far apart the recorder's reports are."""

_MINUTE_S = 60.0
_MINUTES_KEPT = 60
_MINUTES_LEAST = 10


@attrs.frozen
class Rhythm:
    """How a camera sends its pictures.

    Attributes:
        minutes: The longest gap of each minute that had pictures, oldest first, as (minute by the monotonic clock,
            seconds).
        group_s: The longest distance of its key frames; 0 if that is not known.
    """

    minutes: tuple[tuple[int, float], ...] = ()
    group_s: float = 0.0


def gap_between(before: RecordingSigns, after: RecordingSigns) -> float | None:
    """The longest gap in seconds between pictures that came since `before`; None if none came, or were not counted."""
    if before.basis is not SignKind.FRAMES or after is before or after.basis is not SignKind.FRAMES:
        return None
    apart_s = after.since_s - before.since_s
    return max(apart_s / max(1, after.mark - before.mark), apart_s - REPORT_S)


def with_gap(rhythm: Rhythm, gap_s: float, *, now_s: float) -> Rhythm:
    """The rhythm with a gap that ended at `now_s`."""
    minute = int(now_s // _MINUTE_S)
    if rhythm.minutes and rhythm.minutes[-1][0] == minute:
        if gap_s <= rhythm.minutes[-1][1]:
            return rhythm
        return attrs.evolve(rhythm, minutes=(*rhythm.minutes[:-1], (minute, gap_s)))
    return attrs.evolve(rhythm, minutes=(*_of_last_hour(rhythm, minute), (minute, gap_s)))


def stall_limit_s(rhythm: Rhythm, *, now_s: float, policy: StallPolicy, unseen_s: float = 0.0) -> float:
    """After how many seconds without a picture this camera has stalled.

    Of its silence, nobody looked for `unseen_s`: on a busy machine neither the supervisor nor the recorder runs.
    """
    known = _of_last_hour(rhythm, int(now_s // _MINUTE_S))
    if len(known) < _MINUTES_LEAST:
        return policy.stall_timeout_s
    longest_s = max(gap_s for _, gap_s in known)
    return min(policy.stall_timeout_s, max(policy.stall_least_s, policy.gap_times * longest_s) + unseen_s)


def no_key_frame_words(rhythm: Rhythm, *, waited_s: float) -> str:
    """Why a camera that sends pictures was not recorded within `waited_s`, for an operator."""
    is_known = rhythm.group_s >= waited_s
    often = f"one every {rhythm.group_s:.0f} s" if is_known else "them less often than that, or none"
    return (
        f"no key frame for {waited_s:.0f} s, and no recording begins without one: your camera sends {often}; "
        "raise --stall-timeout above the time between two of them, or let it send them more often"
    )


def _of_last_hour(rhythm: Rhythm, minute: int) -> tuple[tuple[int, float], ...]:
    return tuple(each for each in rhythm.minutes if minute - each[0] < _MINUTES_KEPT)
