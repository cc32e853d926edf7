"""Pure: JSON, one value a line, as the records on a disc have it.

What is written is ASCII only where it has to be: control characters, and bytes of names that are no text (lone
surrogates), are escaped, so that every line is UTF-8 and has no line break in it.
"""

import re
from collections.abc import Mapping, Sequence

from camvault.core.evidence.errors import EvidenceError

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]

_DEPTH_MAX = 32
_SHORT = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_TO_ESCAPE = re.compile(r'["\\\x00-\x1f\x7f\ud800-\udfff]')
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_SPACE = re.compile(r"[ \t\r\n]*")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}


def json_line(value: Json) -> str:
    """The value on one line, keys in their order."""
    if isinstance(value, str):
        return f'"{_TO_ESCAPE.sub(_escaped, value)}"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json_line(key)}: {json_line(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(json_line, value)) + "]"
    if value is None or isinstance(value, bool):
        return next(word for word, meant in _WORDS.items() if meant is value)
    return repr(value)


def _escaped(found: "re.Match[str]") -> str:
    character = found[0]
    return f"\\{character}" if character in '"\\' else f"\\u{ord(character):04x}"


def parse_json(text: str) -> Json:
    """The value of a text.

    Raises:
        EvidenceError: It is no JSON, or nested deeper than any record.
    """
    reader = _Reader(text)
    value = reader.value(_DEPTH_MAX)
    if reader.at != len(text):
        raise reader.error("the end")
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = self._after_space(0)

    def error(self, wanted: str) -> EvidenceError:
        return EvidenceError(f"{wanted} expected at character {self.at}")

    def value(self, depth: int) -> Json:
        if depth == 0:
            raise self.error("a less deeply nested value")
        if self._took("{"):
            return self._table(depth - 1)
        if self._took("["):
            return self._list(depth - 1)
        for word, meant in _WORDS.items():
            if self._took(word):
                return meant
        if self.text.startswith('"', self.at):
            return self._string()
        return self._number()

    def _table(self, depth: int) -> dict[str, Json]:
        found: dict[str, Json] = {}
        is_open = not self._took("}")
        while is_open:
            key = self._string()
            if key in found:
                raise self.error(f"another key than {key!r}")
            self._take(":")
            found[key] = self.value(depth)
            is_open = self._goes_on("}")
        return found

    def _list(self, depth: int) -> list[Json]:
        found: list[Json] = []
        is_open = not self._took("]")
        while is_open:
            found.append(self.value(depth))
            is_open = self._goes_on("]")
        return found

    def _goes_on(self, end: str) -> bool:
        if self._took(","):
            return True
        self._take(end)
        return False

    def _string(self) -> str:
        found = _STRING.match(self.text, self.at)
        if found is None:
            raise self.error("a string")
        self.at = self._after_space(found.end())
        plain = _ESCAPE.sub(lambda each: _SHORT[each[2]] if each[2] else chr(int(each[1], 16)), found[1])
        return plain.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # pairs become one character

    def _number(self) -> int | float:
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise self.error("a value")
        self.at = self._after_space(found.end())
        return float(found[0]) if found[1] or found[2] else int(found[0])

    def _take(self, sign: str) -> None:
        if not self._took(sign):
            raise self.error(sign)

    def _took(self, word: str) -> bool:
        if not self.text.startswith(word, self.at):
            return False
        self.at = self._after_space(self.at + len(word))
        return True

    def _after_space(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        assert found is not None  # noqa: S101 - it matches nothing as well
        return found.end()
