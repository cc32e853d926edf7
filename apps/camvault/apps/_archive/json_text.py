"""Composition root: what is planned or done as one JSON object, written while it is found out."""

import json
from collections.abc import Callable

import attrs

from camvault.core.archive.plan import Action, LeftFile, TranscodeAction, Work, actions_of
from camvault.core.workflows.archive import ActionOutcome, ArchiveReport


@attrs.define
class JsonText:
    """Writes one action a line, as it comes; the files that are left, and the totals, at the end."""

    write: Callable[[str], None]
    lines_at_once: int = 1
    transcode_count: int = 0
    remove_count: int = 0
    remove_bytes: int = 0
    problem_count: int = 0
    _waiting: str = '{"actions": ['
    _lines: list[str] = attrs.field(factory=list)
    _left: list[str] = attrs.field(factory=list)

    def add(self, item: Work | LeftFile) -> None:
        """A piece of a plan."""
        if isinstance(item, LeftFile):
            self.tell(item)
            return
        for action in actions_of(item):
            self.tell(ActionOutcome(action, is_done=False))

    def tell(self, told: ActionOutcome | LeftFile) -> None:
        """An action that is over, or a file that is left."""
        if isinstance(told, LeftFile):
            self.problem_count += told.is_problem
            self._left.append(json.dumps({"path": str(told.path), "reason": told.reason}))
            return
        comma = "" if self._waiting.endswith("[") else ","
        self._lines.append(self._waiting + comma)
        self._waiting = json.dumps(self._action(told.action, is_done=told.is_done))
        if len(self._lines) >= self.lines_at_once:
            self._flush()

    def _flush(self) -> None:
        if self._lines:
            self.write("\n".join(self._lines))
            self._lines.clear()

    def _action(self, action: Action, *, is_done: bool) -> dict[str, object]:
        if isinstance(action, TranscodeAction):
            self.transcode_count += 1
            said: dict[str, object] = {
                "action": "transcode",
                "source": str(action.source),
                "target": str(action.target),
            }
        else:
            self.remove_count += 1
            self.remove_bytes += action.entry.identity.size_bytes
            to = None if action.to is None else str(action.to)
            said = {"action": "remove", "path": str(action.path), "to": to}
        return {**said, "reason": action.reason, "done": is_done}

    def end(self, report: ArchiveReport | None = None) -> None:
        """Write what is missing of the object."""
        self._flush()
        self.write(self._waiting)
        for line in (f'], "left": [{", ".join(self._left)}],', f'"totals": {json.dumps(self._totals(report))}}}'):
            self.write(line)

    def _totals(self, report: ArchiveReport | None) -> dict[str, object]:
        totals: dict[str, object] = {
            "transcode": self.transcode_count,
            "remove": self.remove_count,
            "remove_bytes": self.remove_bytes,
            "left": len(self._left),
            "problems": self.problem_count,
        }
        if report is not None:
            counts = attrs.asdict(report)
            counts["oldest"] = dict(report.oldest)
            totals["run"] = counts
        return totals
