"""Composition root, shared part: how to go on after a pipeline that did not come to its end, as commands to paste."""

import enum
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import attrs

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.adapters.reporting import shell_line
from camvault.apps._cli.flags import UNDECIDED, Flag, Part, flags_of
from camvault.apps._pipeline.options import BURN, CLEAN, COMMAND, PREPARE, Options
from camvault.core.batch.build_dir import PROGRESS_NAMES
from camvault.core.batch.names import COMPLETED_NAME
from camvault.core.batch.next_step import (
    NextCommand,
    PipelineStage,
    RecordFound,
    StageFailed,
    WhatIsLeft,
    next_step,
)
from camvault.core.batch.resuming import ResumeWishes
from camvault.core.disc.burner_choice import DISC_FILE_PREFIX
from camvault.core.workflows.bodycam.pipeline import PipelinePlan
from camvault.core.workflows.bodycam.prepare import load_progress
from camvault.ports.errors import Cancelled, ChangedError, RecordError

_PREPARED_ALREADY = ("files", "build_dir", "disc_bytes", "safety_bytes", "delete_originals", "resume", "device")
"""What a resume of a finished job reads from its progress file, or is told here."""
_FILES, _RESUME, _DRIVE = ("prepare", "files"), ("prepare", "resume"), ("prepare", "device")
_DISC_BYTES = ("prepare", "disc_bytes")
_DECIDED_BY_RECORD = (_DISC_BYTES, _DRIVE, *(("prepare", each.name) for each in attrs.fields(ResumeWishes)))


@attrs.frozen(kw_only=True)
class NextCommands:
    """What to paste after a run ended early. Paths are absolute: the shell may stand elsewhere by then."""

    options: Options
    plan: PipelinePlan
    is_json: bool

    def sentence(self, stage: PipelineStage, problem: StageFailed | Cancelled) -> str:
        """How to go on, with the commands."""
        left = WhatIsLeft(
            record=self._record_found,
            is_new=self.plan.is_new,
            is_image_good=not isinstance(problem.__cause__, ChangedError),
            is_deleting=self.plan.is_deleting_originals,
            is_keeping_going=bool(self.options.prepare.keep_going),
        )
        step = next_step(stage, kind=problem.kind if isinstance(problem, StageFailed) else None, left=left)
        return step.words if step.way is None else f"{step.words} {' && '.join(map(shell_line, self._argvs(step.way)))}"

    def _argvs(self, way: NextCommand) -> Iterator[tuple[str, ...]]:
        match way:
            case NextCommand.START:
                is_mine = self.plan.is_new and self.plan.earlier_folder is None
                yield self._pipeline((), *(("--clean-build-dir", str(self.plan.build_dir)) if is_mine else ()))
            case NextCommand.RESUME:
                is_asked_again = self.options.prepare.is_drive_asked  # there may be another disc by then
                yield self._resumed((_DISC_BYTES, _DRIVE) if is_asked_again else ())
            case NextCommand.RESUME_AS_RECORDED:
                yield self._resumed(_DECIDED_BY_RECORD)
            case NextCommand.BURN:
                yield self._stage(BURN, self.options.burn, ("dry_run",), "--iso-path", str(self.plan.names.image))
            case NextCommand.RELEASE:
                own = ("--resume", str(self.plan.build_dir / COMPLETED_NAME), "--delete-originals", "yes")
                yield self._stage(PREPARE, self.options.prepare, _PREPARED_ALREADY, *own)
        if way in {NextCommand.BURN, NextCommand.RELEASE, NextCommand.CLEAN}:
            for folder in filter(None, (self.plan.build_dir, self.plan.earlier_folder)):
                if Path(folder).exists():
                    yield self._stage(CLEAN, self.options.clean, ("build_dir",), "--build-dir", str(folder))

    @property
    def _records(self) -> Iterator[Path]:
        """Where the progress of this run may be."""
        yield from filter(None, (self.options.resumed, *(Path(self.plan.build_dir / name) for name in PROGRESS_NAMES)))

    @property
    def _record(self) -> Path | None:
        """The progress of this run, if there is any."""
        return next(filter(Path.exists, self._records), None)

    @property
    def _record_found(self) -> RecordFound:
        if self._record is None:
            return RecordFound.NONE
        try:
            load_progress(self._record, JsonProgressFiles(LocalStorage()))
        except RecordError:
            return RecordFound.BROKEN
        return RecordFound.READABLE

    def _resumed(self, left_out: Collection[tuple[str, ...]]) -> tuple[str, ...]:
        return self._pipeline((_FILES, _RESUME, *left_out), "--prep-resume", str(self._record))

    def _pipeline(self, left_out: Collection[tuple[str, ...]], *own: str) -> tuple[str, ...]:
        """The same pipeline with other `own` flags in the place of those that are left out."""
        flags = [flag for flag in flags_of(Options) if flag.path[-1] != "refused" and flag.path not in left_out]
        clips = () if _FILES in left_out else ("--", *map(str, self.options.clips))
        return (COMMAND, *own, *_given(flags, self.options), *self._log_format, *clips)

    def _stage(self, part: Part, options: object, left_out: Collection[str], *own: str) -> tuple[str, ...]:
        """A stage as a command of its own, with the flags that the pipeline was given for it and the same log."""
        flags = [flag for flag in flags_of(part.stage.options) if flag.path[-1] not in {*part.owned, *left_out}]
        log = ("--logfile", str(self.plan.names.log))
        return (part.stage.name, *own, *_given(flags, options), *log, *self._log_format)

    @property
    def _log_format(self) -> tuple[str, ...]:
        return ("--log-format", "json") if self.is_json else ()


def _given(flags: Iterable[Flag], options: object) -> Iterator[str]:
    """The flags whose values are not the defaults."""
    for flag in flags:
        value = flag.value_in(options)
        if flag.spellings and value not in (None, flag.default, UNDECIDED):
            yield from _spelled(flag, value)


def _spelled(flag: Flag, value: object) -> Iterator[str]:
    option = flag.spellings[0]
    if isinstance(value, bool):
        yield option.split("/")[0 if value else -1]
        return
    text = _text(value, is_program=flag.info.metavar == "PROGRAM")
    yield from (f"{option}={text}",) if text.startswith("-") else (option, text)


def _text(value: object, *, is_program: bool) -> str:
    """A value as it is typed; a path from where we are, but a program's bare name is looked up as it was."""
    if isinstance(value, Path):
        return str(value) if is_program and len(value.parts) == 1 else str(value.absolute())
    if isinstance(value, enum.Enum):
        return str(value.value)
    text = str(value)
    is_disc_file = text.startswith(DISC_FILE_PREFIX)
    return DISC_FILE_PREFIX + os.path.join(Path.cwd(), text.removeprefix(DISC_FILE_PREFIX)) if is_disc_file else text  # noqa: PTH118
