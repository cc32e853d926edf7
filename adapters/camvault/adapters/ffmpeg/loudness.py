"""Adapter for ffmpeg, pure part: what a mono mix does to the channels of a sound, window by window.

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
