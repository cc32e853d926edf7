"""Adapter for macOS, pure part: what drutil and hdiutil print. Source: the manual pages drutil(1) and hdiutil(1)."""

import re
from collections.abc import Sequence

import attrs

from camvault.adapters._shared.burning import Outcome
from camvault.ports.medium import Medium, MediumState

_TYPE = re.compile(r"^\s*Type: (?P<type>.+?)(?:\s{2,}|$)", re.MULTILINE)
_NAME = re.compile(r"\bName: (?P<name>/dev/disk\d+)")
_FREE = re.compile(r"Space Free:.*?blocks:\s*(?P<blocks>\d+)")
_WRITABILITY = re.compile(r"Writability:[ \t]*(?P<words>.*)")
_PROGRESS = re.compile(r"PERCENT:(?P<percent>-?\d+(?:\.\d+)?)")
_ERROR = re.compile(r"^hdiutil: .*(?:failed|error|canceled)|\bFAILED\b", re.IGNORECASE)
_WRITABLE = ("BD-R", "BD-RE", "DVD-R", "DVD+R", "DVD+R DL", "DVD-R DL")


@attrs.frozen
class MediumStatus:
    """What `drutil status` says: the medium, and the disk it appears as."""

    medium: Medium
    disk: str | None = None


class UnknownStatusError(ValueError):
    """`drutil status` printed something that is not known."""


def status_of(text: str) -> MediumStatus:
    """Read `drutil status`.

    Raises:
        UnknownStatusError: It is none of the known outputs; silence is no state.
    """
    kind = _TYPE.search(text)
    if kind is None:
        raise UnknownStatusError(text.strip()[:200] or "nothing")
    name = kind["type"].strip()
    if name == "No Media Inserted":
        return MediumStatus(Medium(MediumState.ABSENT))
    writability = _WRITABILITY.search(text)
    words = set(re.findall(r"\w+", writability["words"])) if writability else set()
    free = _FREE.search(text)
    disk = _NAME.search(text)
    state = _state(name, words)
    sectors = int(free["blocks"]) if free and state is MediumState.BLANK else 0
    return MediumStatus(Medium(state, name, sectors), disk["name"] if disk else None)


def _state(kind: str, words: set[str]) -> MediumState:
    if "blank" in words:
        return MediumState.BLANK if kind in _WRITABLE else MediumState.UNSUITABLE
    return MediumState.APPENDABLE if "appendable" in words else MediumState.CLOSED


def percent_of(line: str) -> float | None:
    """How far `hdiutil burn -puppetstrings` is; None from another line, and where it does not know."""
    found = _PROGRESS.search(line)
    return float(found["percent"]) if found and not found["percent"].startswith("-") else None


def unhurried(line: str) -> str | None:
    """What a line says that hdiutil does without knowing how far it is; None from another line."""
    found = _PROGRESS.search(line)
    return "preparing or closing" if found and found["percent"].startswith("-") else None


def position(line: str, size_bytes: int) -> int | None:
    """The same in bytes of the image."""
    percent = percent_of(line)
    return None if percent is None else int(size_bytes * percent / 100)


def judge(exit_code: int, lines: Sequence[str]) -> Outcome:
    """Why a run of hdiutil is no success, if code and messages do not claim one; whether it wrote, it does not say."""
    errors = [line.strip() for line in lines if _ERROR.search(line)]
    if exit_code != 0:
        errors.append(f"hdiutil ended with its code {exit_code}")
    return Outcome(errors[0] if errors else None, has_begun=False, last_lines=tuple(lines[-5:]))
