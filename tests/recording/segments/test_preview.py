"""The dry run of the cleanup: a line for each removal, and what speaks against it."""

from pathlib import PurePath
from typing import cast

import attrs

from camvault.adapters.memory import MemoryReporter
from camvault.core.workflows.recording.cleanup.planning import CleanupPlan
from camvault.core.workflows.recording.cleanup.preview import preview
from camvault.core.workflows.steps.ask_target import Look, TargetLook
from camvault.ports.entries import FileIdentity
from camvault.ports.removal import Removal, RetentionReason

PATHS = [PurePath(f"/ready/ROST1/2025-05-28/{number}.mkv") for number in range(3)]
REASON = RetentionReason("max-days", "7 days")
PLAN = CleanupPlan(
    removals=tuple(Removal(path=path, identity=FileIdentity(1_000, 1), reason=REASON) for path in PATHS),
    shortfalls=("1,000 bytes are missing",),
)


@attrs.frozen
class Told:
    """Looks at the target with a result that is known before."""

    look: Look = attrs.field(factory=Look)
    unseen: str = ""
    doubt: str = ""

    def at(self, _: object) -> Look:
        return self.look


def lines(told: Told) -> tuple[list[str], list[str]]:
    reporter = MemoryReporter()
    found = preview(PLAN, target=cast("TargetLook", told), reporter=reporter)
    return list(found), list(reporter.lines())


def test_what_a_look_does_not_keep_would_go() -> None:
    """Every removal with its reason, the sums, and what could not be reached."""
    printed, noted = lines(Told())
    assert printed == [
        *(f"[remove] would delete {path}: {REASON}" for path in PATHS),
        "[remove] would delete 3 files, 3,000 bytes",
        "[remove] 1,000 bytes are missing",
    ]
    assert noted == []


def test_what_the_target_lost_or_is_doubted_of_would_be_kept() -> None:
    look = Look(kept={PATHS[0]: "it is not at the target any more"}, doubted=(PATHS[1],))
    printed, noted = lines(Told(look, doubt="another target"))
    assert printed[:4] == [
        f"[remove] would keep {PATHS[0]}: it is not at the target any more",
        f"[remove] would keep {PATHS[1]}: the target is in doubt",
        f"[remove] would delete {PATHS[2]}: {REASON}",
        "[remove] would delete 1 files, 1,000 bytes",
    ]
    assert len(noted) == 1
    assert "would be kept: another target" in noted[0]


def test_a_target_that_cannot_be_asked_is_said() -> None:
    _, noted = lines(Told(unseen="it is off"))
    assert len(noted) == 1
    assert "the target was not looked at: it is off" in noted[0]
