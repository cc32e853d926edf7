"""Adapter for ffmpeg, pure part: which version it is, what it can do, and whether that is enough.

Versions are spelled in many ways: `7.1.5-0+deb13u1` (Debian), `7:5.1.6-0+deb12u1` (a package version), `7.0.2-static`,
`n9.0.2-17-g2a571b6068-20260930` (built from a release branch), `N-118301-g52c18e7dfe` and `git-2025-01-02-abcdef`
(built from the main branch, which has no number). There are ffmpegs of version 6 and 7 without SVT-AV1, so the version
alone says little: capability is asked too.
"""

import re
from collections.abc import Iterable

import attrs

MINIMUM = (6, 0)
"""The specification's least version."""

ENCODERS = ("libsvtav1", "libopus")
"""The encoders that body-cam clips need."""

ARCHIVE_ENCODERS = ("aac",)
"""Those that archives need, beside one of H.264, which is tried."""

_FIRST_LINE = re.compile(r"ff(?:mpeg|probe) version (?P<spelling>\S+)")
_NUMBERED = re.compile(r"(?:\d+:)?[nv]?(?P<numbers>\d+(?:\.\d+)+)(?![\w.]*@)")
_MAIN_BRANCH = re.compile(r"(?:N-\d+-g[0-9a-f]+|git-[\w.-]+)")


@attrs.frozen
class Version:
    """A version as it is spelled, and its numbers; a build from the main branch has none."""

    spelling: str
    numbers: tuple[int, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether it is at least `MINIMUM`; a build without a number is judged by what it can do."""
        return not self.numbers or self.numbers >= MINIMUM

    def __str__(self) -> str:
        return self.spelling


def parse_version(spelling: str) -> Version:
    """The version behind any known spelling.

    Raises:
        ValueError: The spelling is not known.
    """
    if match := _NUMBERED.match(spelling):
        return Version(spelling, tuple(int(part) for part in match["numbers"].split(".")))
    if _MAIN_BRANCH.match(spelling):
        return Version(spelling)
    msg = f"not a version of ffmpeg: {spelling!r}"
    raise ValueError(msg)


def parse_version_output(text: str) -> Version:
    """The version in what `ffmpeg -version` or `ffprobe -version` prints.

    Raises:
        ValueError: The text is of another program, or the version's spelling is not known.
    """
    match = _FIRST_LINE.match(text)
    if match is None:
        msg = f"not the output of ffmpeg -version: {text[:60]!r}"
        raise ValueError(msg)
    return parse_version(match["spelling"])


def parse_encoders(text: str) -> frozenset[str]:
    """The names in what `ffmpeg -encoders` prints.

    Raises:
        ValueError: The text holds no list of encoders.
    """
    _, ruler, rows = text.partition("------")
    if not ruler:
        msg = f"not the output of ffmpeg -encoders: {text[:60]!r}"
        raise ValueError(msg)
    return frozenset(fields[1] for line in rows.splitlines() if len(fields := line.split(None, 2)) > 1)


def shortcomings(
    version: Version, encoders: Iterable[str] | None, *, needed: Iterable[str] = ENCODERS
) -> tuple[str, ...]:
    """What keeps a program from being used; nothing if it is fit. `encoders` is None for ffprobe."""
    problems = [] if version.is_enough else [f"older than {'.'.join(map(str, MINIMUM))}"]
    if encoders is not None:
        problems += [f"without {name}" for name in needed if name not in encoders]
    return tuple(problems)


def has_quarter_crf(log: str) -> bool:
    """Whether SVT-AV1 took `crf=40.25`, by its own log of a tiny encode.

    SVT-AV1 2.3 (Debian 13) does not refuse it: it exits with 0 and silently encodes at its default of 35.

    Raises:
        ValueError: The log does not say.
    """
    match = re.search(r"rate factor\s*: CRF / (?P<crf>[\d.]+)", log)
    if match is None:
        msg = f"SVT-AV1 did not log its rate factor: {log[-200:]!r}"
        raise ValueError(msg)
    return float(match["crf"]) == 40.25  # noqa: PLR2004 - what was asked for
