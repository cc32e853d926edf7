"""Adapter for RTSP cameras, pure part: what ffmpeg says of a stream, and why it ended."""

import re

import attrs

from camvault.ports.recorder import SoundUse, StreamWay, Trouble

_LEVELS = ("quiet", "panic", "fatal", "error", "warning", "info", "verbose", "debug", "trace")
_ERROR, _VERBOSE = _LEVELS.index("error"), _LEVELS.index("verbose")
_PREFIX = re.compile(r"^(?:\[[^\]]* @ 0x[0-9a-f]+\] )*\[(" + "|".join(_LEVELS[1:]) + r")\] ?")
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
    "|^To ignore this"
)
"""Said of each camera, or of each picture of some; everything is recorded all the same."""
_SAYS_NOTHING = re.compile(
    r"Impossible to open|Error opening (?:input|output) files?\b|Conversion failed|Exiting normally|^\W*$"
    "|^Task finished with error|^Terminating thread|^Error muxing a packet|^Failure occurred when ending segment"
    "|^Error writing trailer|^Error parsing options|av_interleaved_write_frame|^Error initializing output stream"
    "|^Error submitting a packet to the muxer"
)
"""Errors that follow from one that was told before."""
_NOT_RECORDED = re.compile(r"Could not find codec parameters for stream \d+ \((?:Audio|Video): ")
"""A track that is left out, for the operator to know of it whatever was asked for."""
_REASONS_MOST = 3
_SOUND_PATIENCE_S = 3.0
"""So long after the stream was opened the first sound may take that is transcoded: nothing is written before it."""


@attrs.define
class StreamTalk:
    """Takes the lines that ffmpeg says in a session at level "info" or more, without any secret.

    Attributes:
        way: How the stream is taken.
        level: The level of what is told.
        trouble: What was stumbled over first.
        reason: Why it ended, as far as it was said: what was stumbled over, or the last errors.
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
    _reasons: list[str] = attrs.field(factory=list, init=False)

    def hear(self, line: str, *, now_s: float) -> bool:
        """Take a line; whether it is to be told."""
        found = _PREFIX.match(line)
        if found:
            self._line_level = _LEVELS.index(found[1])  # what has no level goes on with the line before it
        words = line[found.end() :] if found else line
        if not words.strip():
            return False
        self._learn(words, now_s)
        is_harmless = bool(_HARMLESS.search(words))
        if self._line_level <= _ERROR and not is_harmless and not _SAYS_NOTHING.search(words):
            self._reasons = [*(each for each in self._reasons if each != words), words][-_REASONS_MOST:]
        asked = _LEVELS.index(self.level)
        if _NOT_RECORDED.search(words):
            return True
        return self._line_level <= asked and (asked >= _VERBOSE or not is_harmless)

    def _learn(self, words: str, now_s: float) -> None:
        if words.startswith("Input #0"):
            self._opened_s = now_s
        if words.startswith("Output #0"):
            self._is_writing = True
            self._reasons = []  # what was said before did not keep it from recording
        self._has_sound = self._has_sound or bool(_SOUND.search(words))
        self.is_refused = self.is_refused or ("401" in words and "nauthorized" in words)
        if self.trouble is None:
            trouble = next((trouble for trouble, said in _TROUBLES if said.search(words)), None)
            if trouble is not Trouble.SOUND or self._has_sound:
                self.trouble, self._stumbled = trouble, words if trouble else ""

    @property
    def reason(self) -> str:
        """See above."""
        return self._stumbled or "; ".join(self._reasons)

    def waits_for_sound(self, now_s: float) -> bool:
        """Whether nothing is written, because sound that is to be transcoded does not come."""
        if self._opened_s is None or self._is_writing or self.way.sound is not SoundUse.TRANSCODED:
            return False
        return self._has_sound and now_s - self._opened_s > _SOUND_PATIENCE_S
