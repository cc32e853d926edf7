"""Workflow, private part: a reporter for a job that is done again and again: what is wrong is told once an incident."""

import attrs

from camvault.core.power.table import Command
from camvault.core.workflows.dashcam.actions import ActionTaken
from camvault.core.workflows.dashcam.telling import Telling
from camvault.ports.events import Event, Level, Note, Reporter, level_of, unscoped


@attrs.define
class ToldOnce:
    """Hands events on: each command of this run once, and each warning that is not open already.

    Attributes:
        subject: What the warnings are about.
    """

    telling: Telling
    subject: str
    given: set[Command] = attrs.field(factory=set)

    def emit(self, event: Event, /) -> None:
        """See `Reporter`."""
        plain = unscoped(event)
        if isinstance(plain, ActionTaken):
            self._tell_action(plain)
        elif level_of(event) < Level.WARNING or self.telling.opened(_said(self.subject, level_of(event)), str(event)):
            self.telling.reporter.emit(event)

    def fine(self) -> None:
        """The subject is as it should be: the next error is another incident. Mere warnings stay told."""
        self.telling.forget(_said(self.subject, Level.ERROR))

    def _tell_action(self, action: ActionTaken) -> None:
        """A command is one line; that it is given for one part after the other is no further command."""
        if action.command in self.given:
            self.telling.reporter.emit(Note(f"{action.command.value}: {action.detail}"))
            return
        self.given.add(action.command)
        self.telling.reporter.emit(action)


def _said(subject: str, level: Level) -> str:
    return f"{subject} {level.name}"


_conforms: type[Reporter] = ToldOnce
