"""Composition root, shared part: values that no flag of that type takes, and the sentence that refuses one.

A refusal says what was found and what was expected; the parser puts the name of the flag in front.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

_SHOWN_MOST = 60
_NUMBERS = {"int": "a whole number", "float": "a number", "finite": "a finite number"}
_LIMITS = {"ge": "{} or more", "gt": "more than {}", "le": "at most {}", "lt": "less than {}"}


def path(text: str) -> Path:
    """The path in `text`. An empty one is a variable that is not set (`"$CAMERA_DIR"`), and not the current folder.

    Raises:
        typer.BadParameter: It is empty.
    """
    if not text:
        raise typer.BadParameter("found '', expected a path; '.' is the current folder")
    return Path(text)


def reason(error: BaseException, said: str) -> str:
    """`said`, the sentence of an error of the parser, with what was found and what was expected."""
    cause: Any = error.__cause__
    if not hasattr(cause, "errors"):  # pydantic's, which is not imported for this
        return said
    problem: Mapping[str, Any] = cause.errors()[0]
    wanted = _expected(str(problem["type"]), problem.get("ctx") or {})
    if wanted is None:
        return said.replace("Value error, ", "", 1)
    return said.replace(str(problem["msg"]), f"found {_shown(problem['input'])}, expected {wanted}", 1)


def _expected(kind: str, limits: Mapping[str, Any]) -> str | None:
    for limit, words in _LIMITS.items():
        if limit in limits:
            return words.format(limits[limit])
    return _NUMBERS.get(kind.split("_", 1)[0])


def _shown(value: object) -> str:
    text = str(value)
    return ascii(text if len(text) <= _SHOWN_MOST else f"{text[:_SHOWN_MOST]}...")
