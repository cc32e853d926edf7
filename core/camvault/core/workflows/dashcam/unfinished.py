"""Workflow, shared part: how a round ends that was not finished; alone, because commands know it before they work."""

import attrs

from camvault.ports.errors import CamvaultError


@attrs.define(str=False)
class UnfinishedRoundError(CamvaultError):
    """The one round could not be finished or proven; `problems` say why."""

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return f"This round was not finished or proven: {'; '.join(self.problems)}"
