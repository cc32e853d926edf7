"""Programs that do nothing but write down how they were called."""

import json
import sys
from pathlib import Path

_PROGRAM = """#!{python} -IS
import json, sys, time
with open({calls!r}, "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
time.sleep({seconds})
print({says!r}, file=sys.stderr)
sys.exit({ends_with})
"""


class Program:
    """A program in a folder that can be put on PATH."""

    def __init__(self, path: Path, *, says: str = "", ends_with: int = 0, seconds: float = 0) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._calls = path.with_name(f"{path.name}.calls")
        path.write_text(
            _PROGRAM.format(
                python=sys.executable, calls=str(self._calls), seconds=seconds, says=says, ends_with=ends_with
            )
        )
        path.chmod(0o755)

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of each call."""
        return [json.loads(line) for line in self._calls.read_text().splitlines()] if self._calls.exists() else []
