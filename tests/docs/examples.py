"""Finds the executable examples of the documentation and runs them as a reader would.

A fenced block with the language `console` is a session: lines that begin with `$ ` are typed, what follows is what the
reader is shown. In the expected lines `…` stands for anything within a line, and a line of only `…` for any number of
lines. `[exit N]` on a line of its own says that the command ended with N; without it, 0 is expected. A `python` block
that begins with `>>> ` is left to doctest; any other is run as a program. A `json` block is read by whoever takes it.

Blank lines are not compared. stdout and stderr are shown together, in the order in which they are written.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

_FENCE = re.compile(r"^```(?P<language>console|python|json)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@attrs.frozen
class Example:
    """One block of one page."""

    page: Path
    line: int
    language: str
    body: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


@attrs.frozen
class Step:
    """One typed command, what should be seen and how it should end."""

    command: str
    expected: tuple[str, ...]
    exit_code: int


def examples(page: Path) -> Iterator[Example]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Example(page, line, found["language"], found["body"])


def steps(body: str) -> Iterator[Step]:
    for block in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        lines = block.rstrip("\n").split("\n")
        typed = [lines.pop(0)]
        while typed[-1].endswith("\\") and lines:
            typed.append(lines.pop(0))
        code = 0
        if lines and (end := re.fullmatch(r"\[exit (\d+)\]", lines[-1])):
            code = int(end[1])
            lines.pop()
        yield Step("\n".join(typed), tuple(line for line in lines if line.strip()), code)


def _pattern(expected: tuple[str, ...]) -> re.Pattern[str]:
    parts = []
    for line in expected:
        if line.strip() == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(re.escape(line.rstrip()).replace("…", ".*") + r"[ \t]*\n")
    return re.compile("".join(parts))


def run_session(example: Example, folder: Path, environment: Mapping[str, str]) -> None:
    """Type every command of a block in `folder`; raise AssertionError where the page is not true."""
    for step in steps(example.body):
        done = subprocess.run(  # noqa: S602 - a documentation page is typed into a shell
            step.command,
            shell=True,
            executable="/bin/bash",
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        place = f"{example}: $ {step.command}"
        assert done.returncode == step.exit_code, f"{place}\nexit {done.returncode}\n{done.stdout}"
        seen = "".join(line + "\n" for line in done.stdout.split("\n") if line.strip())
        assert _pattern(step.expected).fullmatch(seen), f"{place}\nexpected:\n{step.expected}\nseen:\n{seen}"
