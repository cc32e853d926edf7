r"""Pure: names on one line: a backslash, a line feed and a carriage return are `\\`, `\n` and `\r`, as in coreutils."""

import re

from camvault.core.evidence.errors import EvidenceError

_WRITTEN = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_READ = {written: plain for plain, written in _WRITTEN.items()}
_PLAIN = re.compile(r"[\\\n\r]")
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)


def escaped(name: str) -> str:
    """The name on one line."""
    return _PLAIN.sub(lambda found: _WRITTEN[found[0]], name)


def unescaped(text: str) -> str:
    """The name that was escaped.

    Raises:
        EvidenceError: A backslash stands for nothing.
    """

    def plain(found: "re.Match[str]") -> str:
        if found[0] not in _READ:
            raise EvidenceError(f"{found[0]!r} in {text!r} stands for nothing")
        return _READ[found[0]]

    return _ESCAPED.sub(plain, text)
