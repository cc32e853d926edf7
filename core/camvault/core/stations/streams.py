"""Pure: whether a camera sends what it was set up to send.

A camera that was reset, or updated, records on with another codec or without sound, and nothing stands still: only who
knows what was expected can notice. `expected_video` and `expected_audio` of cameras.json say it, by the names that
ffprobe gives the facts; what they do not name may be anything.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import attrs

from camvault.ports.streams import StreamFacts

VIDEO_FACTS = ("codec_name", "profile", "pix_fmt", "width", "height", "r_frame_rate")
AUDIO_FACTS = ("codec_name", "profile", "sample_rate", "channels", "channel_layout", "channels_text")
"""`channels_text` is another name for `channel_layout`: "mono", "stereo"."""

_ALIASES = {"channels_text": "channel_layout"}
_LAYOUTS = {"1": "mono", "2": "stereo"}


@attrs.frozen
class Expected:
    """What a camera should send. Nothing is expected of a kind with no facts."""

    video: Mapping[str, object] = attrs.field(factory=dict)
    audio: Mapping[str, object] = attrs.field(factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything to compare."""
        return bool(self.video or self.audio)


def differences(expected: Expected, found: Sequence[StreamFacts]) -> tuple[str, ...]:
    """What is not as expected, a phrase each; nothing if the first stream of each kind is."""
    return (
        *_differences("video", expected.video, found),
        *_differences("audio", expected.audio, found),
    )


def _differences(kind: str, expected: Mapping[str, object], found: Sequence[StreamFacts]) -> tuple[str, ...]:
    if not expected:
        return ()
    facts = next((stream.facts for stream in found if stream.kind == kind), None)
    if facts is None:
        wanted = ", ".join(f"{name} {value}" for name, value in expected.items())
        return (f"no {kind}, expected {wanted}",)
    return tuple(
        f"{kind} {name} is {_fact(facts, name) or 'unknown'}, expected {value}"
        for name, value in expected.items()
        if not _is_same(str(value), _fact(facts, name))
    )


def _fact(facts: Mapping[str, str], name: str) -> str:
    """The fact of this name, "" if it is unknown; of sound with a number of channels only, the usual layout."""
    own = _ALIASES.get(name, name)
    if own == "channel_layout":
        return facts.get(own, _LAYOUTS.get(facts.get("channels", ""), ""))
    return facts.get(own, "")


def _is_same(expected: str, found: str) -> bool:
    """The same number, or the same word in any case of letters."""
    wanted, there = _number(expected), _number(found)
    if wanted is not None and there is not None:
        return wanted == there
    return expected.casefold() == found.casefold()


def _number(text: str) -> Fraction | None:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None
