"""Composition root: a plan as text for people.

The lines of each part are spooled: a plan of a million clips is printed with its counts first, and is never in memory.
"""

import tempfile
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import attrs

from camvault.core.archive.plan import ClipPlan, ClipStep, LeftFile, RemoveAction, TranscodeAction, Work, actions_of
from camvault.core.workflows.archive import ArchiveOptions

_SPOOL_BYTES = 8 * 1024 * 1024


@attrs.define
class _Lines:
    """Lines that are written first and read later, with their count."""

    count: int = 0
    _spool: "tempfile.SpooledTemporaryFile[str]" = attrs.field(
        factory=lambda: tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed with the object
            _SPOOL_BYTES, mode="w+", encoding="utf-8", errors="surrogateescape", newline="\n"
        )
    )

    def add(self, *lines: str) -> None:
        """Add one item, of one or more lines; a newline in a name does not end one."""
        self.count += 1
        self._spool.writelines(line.replace("\n", "\\n") + "\n" for line in lines)

    def close(self) -> None:
        """Let go of the lines."""
        self._spool.close()

    def read(self) -> Iterator[str]:
        """All lines."""
        self._spool.seek(0)
        return (line.removesuffix("\n") for line in self._spool)


@attrs.define
class PlanText:
    """Takes a plan piece by piece, and prints it; a context, which holds temporary files."""

    options: ArchiveOptions
    work_count: int = 0
    _transcodes: _Lines = attrs.field(factory=_Lines)
    _removals: _Lines = attrs.field(factory=_Lines)
    _left: _Lines = attrs.field(factory=_Lines)
    _flat: _Lines = attrs.field(factory=_Lines)

    def __enter__(self) -> Self:
        """Files are made when they are needed."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Remove the temporary files."""
        for lines in (self._transcodes, self._removals, self._left, self._flat):
            lines.close()

    def add(self, item: Work | LeftFile) -> None:
        """One piece of the plan."""
        if isinstance(item, LeftFile):
            self._left.add(f"Left: {item.path} - {item.reason}")
            return
        self.work_count += 1
        paired = self._transcode(item) if isinstance(item, ClipPlan) and item.step is ClipStep.TRANSCODE else ()
        for action in actions_of(item):
            if isinstance(action, TranscodeAction):
                self._flat.add(f"[DRY RUN] Would transcode {action.source} -> {action.target}")
                continue
            self._flat.add(f"[DRY RUN] Would remove {action.path}")
            if action not in paired:
                self._removals.add(f"  {self._removals.count + 1}. {action.path} - {action.reason}")

    def _transcode(self, plan: ClipPlan) -> tuple[RemoveAction, ...]:
        """Add a clip to the transcodes; return the pictures that stand there."""
        pictures = tuple(action for action in plan.removals if action.path != plan.clip.entry.path)
        self._transcodes.add(
            f"  {self._transcodes.count + 1}. {plan.clip.entry.path} -> {plan.archive}",
            *(f"      + Removing paired JPG: {picture.path}" for picture in pictures),
        )
        return pictures

    def print(self, write: Callable[[str], None], *, is_dry_run: bool) -> None:
        """Print all of it; of a dry run also each action by itself."""
        for line in self._lines(is_dry_run=is_dry_run):
            write(line)

    def _lines(self, *, is_dry_run: bool) -> Iterator[str]:
        yield "=== ACTION PLAN ==="
        if self.options.is_cleanup:
            age = f"{self.options.age_days:g} days" if self.options.age_days else "off"
            yield f"Age limit: {age}"
            yield f"Cleanup scope: {'input and archive' if self.options.is_output_cleaned else 'input'}"
        yield f"Transcoding {self._transcodes.count} files:"
        yield from self._transcodes.read()
        yield f"Removing {self._removals.count} files:"
        yield from self._removals.read()
        yield from self._left.read()
        yield "=== END PLAN ==="
        if is_dry_run:
            yield from self._flat.read()
