"""Workflow, shared part: what is told of each command, given or, in a dry run, not given."""

from typing import ClassVar

import attrs

from camvault.core.power.table import Command
from camvault.ports.events import Event, Level


@attrs.frozen
class ActionTaken(Event):
    """One command; `detail` is one line for people."""

    level: ClassVar[Level] = Level.INFO

    command: Command
    detail: str = ""
    is_dry: bool = False

    def __str__(self) -> str:
        words = f" {self.detail}" if self.detail else ""
        return f"action={self.command.value}{' dry-run' if self.is_dry else ''}{words}"
