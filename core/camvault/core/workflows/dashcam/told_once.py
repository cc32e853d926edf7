"""Workflow, private part: a reporter for a job that is done again and again: what is wrong is told once an incident."""

import attrs

from camvault.core.power.states import Command
from camvault.core.workflows.dashcam.actions import ActionTaken
from camvault.core.workflows.dashcam.telling import Telling
from camvault.ports.events import Event, Level, Note, Reporter, level_of, unscoped


@attrs.define
class ToldOnce:
    """Hands events on: each command of this run once, and each warning that is not open already.

    Attributes:
        subject: What the warnings are about; when it is fine, they are over.
    """

    telling: Telling
    subject: str
    given: set[Command] = attrs.field(factory=set)

    def emit(self, event: Event, /) -> None:
        """See `Reporter`."""
        plain = unscoped(event)
        if isinstance(plain, ActionTaken):
            self._tell_action(plain)
        elif level_of(event) < Level.WARNING or self.telling.opened(self.subject, str(event)):
            self.telling.reporter.emit(event)

    def _tell_action(self, action: ActionTaken) -> None:
        """A command is one line; that it is given for one part after the other is no further command."""
        if action.command in self.given:
            self.telling.reporter.emit(Note(f"{action.command.value}: {action.detail}"))
            return
        self.given.add(action.command)
        self.telling.reporter.emit(action)


_conforms: type[Reporter] = ToldOnce
