"""Adapter for RTSP cameras, pure part: what ffmpeg says of a stream, and why it ended."""

import re

import attrs

from camvault.ports.recorder import SoundUse, StreamWay, Trouble

_LEVELS = ("quiet", "panic", "fatal", "error", "warning", "info", "verbose", "debug", "trace")
_ERROR, _WARNING, _VERBOSE = (_LEVELS.index(each) for each in ("error", "warning", "verbose"))
_PREFIX = re.compile(r"^(?:\[[^\]]* @ 0x[0-9a-f]+\](?: |$))*(?:\[(" + "|".join(_LEVELS[1:]) + r")\](?: |$))?")
_NUMBER = re.compile(r"0x[0-9a-f]+|\d+")
_SOUND = re.compile(r"Stream #\d+:\d+.*: Audio: ")

_TROUBLES = (
    (Trouble.ORDER, re.compile("Can't write packet with unknown timestamp")),
    (Trouble.UNSEEN, re.compile("matches no streams|dimensions not set")),
    (
        Trouble.SOUND,
        re.compile(
            "No wav codec tag found|Error parsing AAC extradata|no decoder found|Error while opening encoder"
            "|Could not write header.*Invalid argument"
        ),
    ),
)
_HARMLESS = re.compile(
    "Timestamps are unset in a packet|Non-monoton|Packets poorly interleaved|Too many bits .* per frame requested"
    "|^Parsed 'usable only'|^Try -max_interleave_delta|Queue input is backward in time|^Consider increasing the value"
    "|^To ignore this|^More than a single video stream present"
)
"""Said of each camera, or of each picture of some; everything is recorded all the same."""
_SAYS_NOTHING = re.compile(
    r"Impossible to open|Error opening (?:input|output) files?\b|Conversion failed|Exiting normally|^\W*$"
    "|^Task finished with error|^Terminating thread|^Error muxing a packet|^Failure occurred when ending segment"
    "|^Error writing trailer|^Error parsing options|av_interleaved_write_frame|^Error initializing output stream"
    "|^Error submitting a packet to the muxer|Immediate exit requested"
)
"""Errors that follow from one that was told before."""
_NOT_RECORDED = re.compile(r"Could not find codec parameters for stream \d+ \((?:Audio|Video): ")
"""A track that is left out, for the operator to know of it whatever was asked for."""
_REASONS_MOST, _KINDS_MOST = 3, 20
_REASON_S = 60.0
"""What was said longer ago is not why a recording ended."""
_SOUND_PATIENCE_S = 3.0
"""So long after the stream was opened the first sound may take that is transcoded: nothing is written before it."""


@attrs.frozen
class _Said:
    """What ffmpeg said last of one kind, its numbers apart: how bad it is, how often it came, and when last."""

    words: str
    level: int
    count: int
    at_s: float

    def __str__(self) -> str:
        return f"{self.words} ({self.count:,} times)" if self.count > 1 else self.words


@attrs.define
class StreamTalk:
    """Takes the lines that ffmpeg says in a session at level "info" or more, without any secret.

    Attributes:
        way: How the stream is taken.
        level: The level of what is told.
        trouble: What was stumbled over first.
        is_refused: Whether the camera did not accept user and password.
    """

    way: StreamWay
    level: str
    trouble: Trouble | None = attrs.field(default=None, init=False)
    is_refused: bool = attrs.field(default=False, init=False)
    _line_level: int = attrs.field(default=_ERROR, init=False)
    _has_sound: bool = attrs.field(default=False, init=False)
    _opened_s: float | None = attrs.field(default=None, init=False)
    _is_writing: bool = attrs.field(default=False, init=False)
    _stumbled: str = attrs.field(default="", init=False)
    _said: dict[str, _Said] = attrs.field(factory=dict, init=False)

    def hear(self, line: str, *, now_s: float) -> bool:
        """Take a line; whether it is to be told."""
        level, words = _parts(line)
        if level:
            self._line_level = _LEVELS.index(level)  # what has no level goes on with the line before it
        if not words.strip():
            return False
        self._learn(words, now_s)
        is_harmless = bool(_HARMLESS.search(words))
        if self._line_level <= _WARNING and not is_harmless and not _SAYS_NOTHING.search(words):
            self._keep(words, now_s)
        asked = _LEVELS.index(self.level)
        if _NOT_RECORDED.search(words):
            return True
        return self._line_level <= asked and (asked >= _VERBOSE or not is_harmless)

    def _learn(self, words: str, now_s: float) -> None:
        if words.startswith("Input #0"):
            self._opened_s = now_s
        if words.startswith("Output #0"):
            self._is_writing = True
            self._said, self.trouble, self._stumbled = {}, None, ""  # what came before did not keep it from recording
        self._has_sound = self._has_sound or bool(_SOUND.search(words))
        self.is_refused = self.is_refused or ("401" in words and "nauthorized" in words)
        if self.trouble is None:
            trouble = next((trouble for trouble, said in _TROUBLES if said.search(words)), None)
            if trouble is not Trouble.SOUND or self._has_sound:
                self.trouble, self._stumbled = trouble, words if trouble else ""

    def _keep(self, words: str, now_s: float) -> None:
        kind = _NUMBER.sub("#", words)
        before = self._said.pop(kind, None)
        self._said[kind] = _Said(words, self._line_level, before.count + 1 if before else 1, now_s)
        if len(self._said) > _KINDS_MOST:
            del self._said[next(iter(self._said))]

    def reason(self, now_s: float) -> str:
        """Why it ended just now, as far as it was said: what was stumbled over, or the last errors, or warnings."""
        recent = [each for each in self._said.values() if now_s - each.at_s <= _REASON_S]
        errors = [each for each in recent if each.level <= _ERROR]
        return self._stumbled or "; ".join(map(str, (errors or recent)[-_REASONS_MOST:]))

    def waits_for_sound(self, now_s: float) -> bool:
        """Whether nothing is written, because sound that is to be transcoded does not come."""
        if self._opened_s is None or self._is_writing or self.way.sound is not SoundUse.TRANSCODED:
            return False
        return self._has_sound and now_s - self._opened_s > _SOUND_PATIENCE_S


def _parts(line: str) -> tuple[str, str]:
    """The level that a line has, or "", and its words."""
    found = _PREFIX.match(line)
    return (found[1] or "", line[found.end() :]) if found else ("", line)
