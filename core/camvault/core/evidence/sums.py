"""Pure: `SHA256SUMS`, which `sha256sum -c` of coreutils and `shasum -a 256 -c` of macOS check.

A line that begins with a backslash has its name escaped. A file called `-` is written as `./-`: a lone dash would mean
standard input.
"""

import re
from collections.abc import Iterable, Mapping

from camvault.core.evidence.errors import EvidenceError
from camvault.core.evidence.escapes import escaped, unescaped

_LINE = re.compile(r"(\\?)([0-9a-f]{64}) [ *](.+)", re.DOTALL)
_DASH, _DASH_HERE = "-", "./-"


def sums_text(digests: Mapping[str, str]) -> str:
    """One line for each file, by its name relative to the root of the disc."""
    return "".join(f"{_line(name, sha256)}\n" for name, sha256 in digests.items())


def _line(name: str, sha256: str) -> str:
    here = _DASH_HERE if name == _DASH else name
    plain = escaped(here)
    return f"{sha256}  {here}" if plain == here else f"\\{sha256}  {plain}"


def parse_sums(text: str) -> dict[str, str]:
    """The SHA-256 of each file.

    Raises:
        EvidenceError: A line is none, or a name stands twice.
    """
    found = dict(_parsed(line) for line in _lines(text))
    if len(found) != text.count("\n"):
        raise EvidenceError("a name stands twice")
    return found


def _lines(text: str) -> Iterable[str]:
    if text and not text.endswith("\n"):
        raise EvidenceError("the last line is torn")
    return text.split("\n")[:-1]


def _parsed(line: str) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise EvidenceError(f"no line of SHA256SUMS: {line!r}")
    name = unescaped(found[3]) if found[1] else found[3]
    return (_DASH if name == _DASH_HERE else name), found[2]
