"""Adapter for ffmpeg, pure part: how loud a sound is, window by window: what a mono mix does to it, and an encoder.

Microphones of opposite phase cancel one another out, the channel for low frequencies is in no mix, and of many channels
each is faint. Where that is so one channel is taken instead of the mix, and what that loses is a doubt.
"""

import math
from collections.abc import Sequence

_LOUD_DB = -65.0
"""Fainter windows are noise of the microphones: nothing is lost in them."""

_MIX_LOSES_DB = 15.0
"""How much fainter than the loudest of two channels their mix may be; of more channels each is fainter by itself."""

_CHANNEL_LOSES_DB = 6.0
"""How much fainter than the loudest channel the one may be that is taken instead of the mix."""

_AUDIBLE_DB = -45.0
_MUCH_DB = 20.0
"""From how much difference on the sound of an archive is another one. An encoder does not change its loudness."""
_LEAST_OTHER = 2

Windows = Sequence[Sequence[float]]
"""The level of each channel in dB, for each window."""


def choice(channels: Windows, mix: Windows) -> tuple[int | None, int]:
    """Which channel is taken instead of the mix (None: the mix stays), and in how many windows sound is lost then."""
    pairs = [(window, mixed[0]) for window, mixed in zip(channels, mix, strict=False) if max(window) > _LOUD_DB]
    counts = {len(window) for window, _ in pairs}
    if len(counts) != 1:
        return None, 0  # silence; a number of channels that changes is a doubt by itself
    count = counts.pop()
    spare = _MIX_LOSES_DB + 10 * math.log10(max(1.0, count / 2))
    by_mix = sum(mixed + spare < max(window) for window, mixed in pairs)
    if not by_mix:
        return None, 0
    by_channel = [
        sum(window[channel] + _CHANNEL_LOSES_DB < max(window) for window, _ in pairs) for channel in range(count)
    ]
    best = min(range(count), key=lambda channel: by_channel[channel])
    return (best, by_channel[best]) if by_channel[best] < by_mix else (None, by_mix)


def other_windows(source_db: Windows, archive_db: Windows, *, is_one_enough: bool = False) -> int:
    """How many windows of a sound are much fainter or louder in its archive, the windows beside them included.

    0 if it is one only, unless that is enough: where a sound begins, it may be in the one window or in the next.
    """
    source, archive = [levels[0] for levels in source_db if levels], [levels[0] for levels in archive_db if levels]
    count = _missing(source, archive) + _missing(archive, source)
    return count if is_one_enough or count >= _LEAST_OTHER else 0


def _missing(one: Sequence[float], other: Sequence[float]) -> int:
    """How many windows of one are audible, and have nothing of it in the other."""
    return sum(
        level > _AUDIBLE_DB and max(other[max(0, at - 1) : at + 2], default=-math.inf) < level - _MUCH_DB
        for at, level in enumerate(one)
    )
