"""Workflow, shared part: the dry run of the cleanup: its plan, and what the target would keep of it."""

from collections.abc import Iterator

from camvault.core.workflows.recording.cleanup.planning import CleanupPlan
from camvault.core.workflows.steps.ask_target import TargetLook, batches
from camvault.ports.events import Note, Reporter


def preview(plan: CleanupPlan, *, target: TargetLook, reporter: Reporter) -> Iterator[str]:
    """The lines of the plan, one for each removal, then the sums and what could not be reached.

    `target` is asked as a run would ask it. What speaks against asking it, or against believing it, is reported to
    `reporter`.
    """
    count = size_bytes = 0
    for batch in batches(plan.removals):
        look = target.at(batch)
        for removal in batch:
            if removal.path in look.kept:
                yield f"[remove] would keep {removal.path}: {look.kept[removal.path]}"
            elif removal.path in look.doubted:
                yield f"[remove] would keep {removal.path}: the target is in doubt"
            else:
                yield f"[remove] would delete {removal.path}: {removal.reason}"
                count, size_bytes = count + 1, size_bytes + removal.identity.size_bytes
    if target.unseen:
        reporter.emit(Note(f"[remove] the target was not looked at: {target.unseen}"))
    if target.doubt:
        reporter.emit(Note(f"[remove] what is proven would be kept: {target.doubt}"))
    yield f"[remove] would delete {count} files, {size_bytes:,} bytes"
    for shortfall in plan.shortfalls:
        yield f"[remove] {shortfall}"
