"""Composition root: a plan as text for people.

The lines of each part are spooled: a plan of a million clips is printed with its counts first, and is never in memory.
"""

import tempfile
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import attrs

from camvault.core.archive.plan import (
    ClipPlan,
    ClipStep,
    LeftFile,
    TranscodeAction,
    Work,
    actions_of,
    release_reason,
)
from camvault.core.workflows.archive import ArchiveOptions

_SPOOL_BYTES = 8 * 1024 * 1024
_LINES_AT_ONCE = 500
_BYTES_AT_ONCE = 256 * 1024
_ERRORS = "surrogateescape"


@attrs.define
class _Lines:
    """Lines that are written first and read later, with their count, many of them at once."""

    count: int = 0
    _waiting: list[str] = attrs.field(factory=list)
    _spool: "tempfile.SpooledTemporaryFile[bytes]" = attrs.field(
        factory=lambda: tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115 - closed with the object
    )

    def add(self, lines: list[str]) -> None:
        """Add one item, of one or more lines; a newline in a name does not end one."""
        self.count += 1
        self._waiting += lines
        if len(self._waiting) >= _LINES_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        lines = [*self._waiting, ""]
        text = "\n".join(lines)
        if text.count("\n") != len(self._waiting):
            text = "\n".join([line.replace("\n", "\\n") for line in lines])
        self._spool.write(text.encode("utf-8", _ERRORS))
        self._waiting.clear()

    def close(self) -> None:
        """Let go of the lines."""
        self._spool.close()

    def read(self) -> Iterator[str]:
        """All lines, many of them in one text."""
        self._flush()
        self._spool.seek(0)
        while content := self._spool.read(_BYTES_AT_ONCE):
            yield (content + self._spool.readline()).removesuffix(b"\n").decode("utf-8", _ERRORS)


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
            self._left.add([f"Left: {item.path} - {item.reason}"])
            return
        self.work_count += 1
        if isinstance(item, ClipPlan) and item.step is ClipStep.TRANSCODE:
            self._transcode(item)
            return
        for action in actions_of(item):
            if not isinstance(action, TranscodeAction):
                self._flat.add([f"[DRY RUN] Would remove {action.path}"])
                self._removals.add([f"  {self._removals.count + 1}. {action.path} - {action.reason}"])

    def _transcode(self, plan: ClipPlan) -> None:
        """A clip with its pictures, as text right away: no action is made of what is only printed."""
        folder, file, _, pictures = plan.clip
        clip, archive = folder.text_of(file), plan.archive_text
        transcode = [f"  {self._transcodes.count + 1}. {clip} -> {archive}"]
        flat = [f"[DRY RUN] Would transcode {clip} -> {archive}"]
        for picture in pictures:
            path = folder.text_of(picture)
            transcode.append(f"      + Removing paired JPG: {path}")
            flat.append(f"[DRY RUN] Would remove {path}")
        flat.append(f"[DRY RUN] Would remove {clip}")
        self._transcodes.add(transcode)
        self._removals.add([f"  {self._removals.count + 1}. {clip} - {release_reason(archive, is_clip=True)}"])
        self._flat.add(flat)

    def print(self, write: Callable[[str], None], *, is_dry_run: bool) -> None:
        """Print all of it, many lines at once; of a dry run also each action by itself."""
        for text in self._texts(is_dry_run=is_dry_run):
            write(text)

    def _texts(self, *, is_dry_run: bool) -> Iterator[str]:
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
