"""Workflow, private part: what the service tells: each command, and each problem once, not at every look."""

from collections.abc import Mapping

import attrs

from camvault.core.dashcam.incidents import Incident, Incidents
from camvault.core.power.table import Command
from camvault.core.workflows.dashcam.actions import ActionTaken
from camvault.ports.clock import Clock
from camvault.ports.errors import CamvaultError
from camvault.ports.events import Failed, Note, Reporter, Warned


@attrs.define(str=False)
class ActFailedError(CamvaultError):
    """A command was not carried out, or not to its end; what was to follow it must not follow blindly."""

    subject: str
    problem: str

    def __str__(self) -> str:
        return self.problem


@attrs.define
class Telling:
    """Tells, and remembers which problems are open.

    Attributes:
        is_dry: Whether commands are told that are not given.
        unproven: What this round did not finish or prove, by its subject.
    """

    reporter: Reporter
    clock: Clock
    is_dry: bool
    unproven: dict[str, str] = attrs.field(factory=dict)
    incidents: Incidents = attrs.field(factory=Incidents)

    def action(self, command: Command, detail: str = "") -> None:
        """A command is given now."""
        self.reporter.emit(ActionTaken(command, detail, is_dry=self.is_dry))

    def note(self, words: str) -> None:
        """Something to know."""
        self.reporter.emit(Note(words))

    def problem(self, subject: str, words: str, *, told_as: str = "", is_error: bool = True) -> None:
        """Something is wrong: told if it is not open already. `told_as` is the sentence with its figures.

        What is no error does not speak against the round.
        """
        if is_error:
            self.unproven[subject] = told_as or words
        if self.opened(subject, words):
            self.reporter.emit((Failed if is_error else Warned)(told_as or words))

    def opened(self, subject: str, words: str) -> bool:
        """Take note of a problem; whether it was not open before."""
        is_new = self.incidents.is_new(subject, words)
        self.incidents = self.incidents.seen(subject, words, now_s=self.clock.monotonic_s())
        return is_new

    def problems(self, subject: str, found: tuple[str, ...]) -> None:
        """All problems of the subject that there are now: the new ones are told, and those that are gone are over."""
        now_s = self.clock.monotonic_s()
        over = self.incidents.over(subject, now_s=now_s, settle_s=0)
        self._end({key: incident for key, incident in over.items() if key[1] not in found})
        for words in found:
            self.problem(subject, words)

    def unfinished(self, subject: str, words: str) -> None:
        """The round is not finished by that, which is not wrong in itself; it is told with the round."""
        self.unproven[subject] = words

    def fine(self, subject: str, *, settle_s: float = 0) -> None:
        """The subject was seen to be as it should be."""
        self.unproven.pop(subject, None)
        now_s = self.clock.monotonic_s()
        self._end(self.incidents.over(subject, now_s=now_s, settle_s=settle_s))

    def forget(self, subject: str) -> None:
        """What was open about it is over, and that is not told."""
        over = self.incidents.over(subject, now_s=self.clock.monotonic_s(), settle_s=0)
        self.incidents = self.incidents.without(over)

    def _end(self, over: Mapping[tuple[str, str], Incident]) -> None:
        self.incidents = self.incidents.without(over)
        for (_, words), incident in over.items():
            self.note(f"over, after {self.clock.monotonic_s() - incident.since_s:.0f} s: {words}")
