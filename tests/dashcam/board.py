"""A stand-in of lifepo4wered-cli with its grammar: what it prints, and how it ends, is that of the tool's source."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

_PROGRAM = """#!{python} -IS
import json, pathlib, sys, time
answers = json.loads(pathlib.Path({answers!r}).read_text())
with open({asked!r}, "a") as asked:
    asked.write(" ".join(sys.argv[1:]) + "\\n")
if len(sys.argv) != 3 or sys.argv[1].lower() not in ("get", "read"):
    sys.exit(1)
answer = answers.get(sys.argv[2].upper(), -1)
if answer == "hang":
    time.sleep(600)
print(answer)
sys.exit(6 if answer in (-1, -2) else 0)
"""


class Board:
    """The program, in a folder that can be put on PATH; `answers` by register: a number, a text, or "hang"."""

    def __init__(self, folder: Path, answers: Mapping[str, int | str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.program = folder / "lifepo4wered-cli"
        self._answers, self._asked = folder / "answers.json", folder / "asked"
        self._answers.write_text(json.dumps(dict(answers)))
        self.program.write_text(
            _PROGRAM.format(python=sys.executable, answers=str(self._answers), asked=str(self._asked))
        )
        self.program.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        """The arguments of each call."""
        return self._asked.read_text().splitlines()
