"""Pure: the values of a configuration file, or all problems in them at once.

The input is the document as its reader returns it. An unknown key is a problem, because a misspelled key would
otherwise be ignored silently.
"""

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import PurePosixPath
from typing import Generic, TypeVar

import attrs

_HOST = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*"
)

T = TypeVar("T")


@attrs.frozen
class Problem:
    """One thing that is wrong: the path of the key, what was found there, and what was expected."""

    path: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.path}: found {self.found}, expected {self.expected}"


@attrs.frozen
class Checked(Generic[T]):
    """The value; or None, and every problem that prevents one."""

    value: T | None
    problems: tuple[Problem, ...] = ()


@attrs.frozen
class ValueRule:
    """What a value must be, in words and as a predicate."""

    expected: str
    is_met: Callable[[object], bool]


def is_number(value: object, least: float, most: float) -> bool:
    """Whether it is a number within these bounds; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def whole(least: int, most: int) -> ValueRule:
    """A whole number within these bounds."""
    expected = f"a whole number from {least} to {most}"
    return ValueRule(expected, lambda v: isinstance(v, int) and is_number(v, least, most))


def quantity(unit: str, least: float, most: float) -> ValueRule:
    """A number of something within these bounds."""
    return ValueRule(f"{unit} from {least:.12g} to {most:.12g}", lambda v: is_number(v, least, most))


def one_of(*names: str) -> ValueRule:
    """One of these texts."""
    return ValueRule(f"one of {', '.join(names)}", lambda v: v in names)


def or_nothing(rule: ValueRule) -> ValueRule:
    """The same, or null."""
    return ValueRule(f"{rule.expected}, or null", lambda v: v is None or rule.is_met(v))


def is_line(value: object) -> bool:
    """Whether it is a text without control characters."""
    return isinstance(value, str) and not any(ord(character) < ord(" ") for character in value)


def is_folder(value: object) -> bool:
    """Whether it is an absolute path that leads nowhere upwards."""
    return is_line(value) and PurePosixPath(str(value)).is_absolute() and ".." not in PurePosixPath(str(value)).parts


def is_host(value: object) -> bool:
    """Whether it is the name or the address of a host."""
    try:
        return isinstance(value, str) and bool(_HOST.fullmatch(value) or ipaddress.ip_address(value))
    except ValueError:
        return False


TEXT = ValueRule("a text on one line", is_line)
FOLDER = ValueRule("an absolute path", is_folder)
OPTIONAL_FOLDER = ValueRule('an absolute path or ""', lambda v: v == "" or is_folder(v))
TABLE = ValueRule("a table", lambda v: isinstance(v, dict))


def as_written(_key: str, value: object) -> str:
    """A value as a problem shows it."""
    return repr(value)


def problems_in(
    found: object,
    rules: Mapping[str, ValueRule],
    path: str,
    *,
    required: Collection[str] = (),
    shown: Callable[[str, object], str] = as_written,
) -> tuple[Problem, ...]:
    """What is wrong in one table.

    Args:
        found: The table, or what is in its place.
        rules: What may be in it.
        path: The path of its key; "" for the whole file.
        required: Which keys must be there.
        shown: How the value of a key is shown.
    """
    if not isinstance(found, dict):
        return (Problem(path or "the file", shown(path, found), TABLE.expected),)
    prefix = f"{path}." if path else ""
    missing = [
        Problem(f"{prefix}{key}", "nothing", rules[key].expected)
        for key in rules
        if key in required and key not in found
    ]
    wrong = []
    for key, value in found.items():
        if key not in rules:
            wrong.append(Problem(f"{prefix}{key}", "an unknown key", f"one of {', '.join(rules)}"))
        elif not rules[key].is_met(value):
            wrong.append(Problem(f"{prefix}{key}", shown(key, value), rules[key].expected))
    return (*missing, *wrong)
