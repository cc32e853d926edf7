"""Pure: whether a camera sends the streams that its configuration expects.

A camera that was reset or updated may continue with another codec or without sound. Its recorder does not stall: only a
comparison with the expected streams shows the difference. `expected_video` and `expected_audio` of cameras.json
state them, by the names that ffprobe uses; facts that are not named there may have any value.
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
class ExpectedStreams:
    """The streams that a camera should send. A kind without facts is not checked."""

    video: Mapping[str, object] = attrs.field(factory=dict)
    audio: Mapping[str, object] = attrs.field(factory=dict)

    def __bool__(self) -> bool:
        """Whether any fact is expected."""
        return bool(self.video or self.audio)


def differences(expected: ExpectedStreams, found: Sequence[StreamFacts]) -> tuple[str, ...]:
    """A phrase for each difference between the expected facts and the first stream of each kind; empty without any."""
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
    """The fact of this name, "" if unknown; the layout of sound follows from the number of channels if need be."""
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
