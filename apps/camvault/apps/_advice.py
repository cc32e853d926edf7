"""Composition root, shared part: how to go on after a pipeline that did not come to its end, as commands to paste."""

import enum
import os
from collections.abc import Collection, Iterator, Mapping
from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from camvault.adapters.reporting import shell_line
from camvault.apps._command import declaration, flags_of, spellings
from camvault.apps._parts import Part
from camvault.core.batch.build_dir import PROGRESS_NAMES
from camvault.core.disc.burning import DISC_FILE_PREFIX
from camvault.core.batch.names import COMPLETED_NAME
from camvault.core.batch.pipeline import PipelineStage, RunNames, Way, next_step
from camvault.core.workflows.bodycam.pipeline import StageFailed
from camvault.ports.errors import Cancelled, ChangedError

if TYPE_CHECKING:
    from camvault.apps._pipeline import PipelineRun

_PREPARED_ALREADY = ("files", "build_dir", "disc_bytes", "safety_bytes", "delete_originals", "resume", "device")
"""What a resume of a finished job reads from its progress file, or is told here."""


@attrs.frozen(kw_only=True)
class Advice:
    """What to paste after `run` ended early. Paths are absolute: the shell may stand elsewhere by then."""

    run: "PipelineRun"
    names: RunNames
    build_dir: Path

    def sentence(self, stage: PipelineStage, problem: StageFailed | Cancelled) -> str:
        """How to go on, with the commands."""
        step = next_step(
            stage,
            exit_code=problem.exit_code if isinstance(problem, StageFailed) else None,
            is_begun=any(path.exists() for path in self._records),
            is_image_good=not isinstance(problem.__cause__, ChangedError),
            is_deleting=self.run.is_deleting_originals,
        )
        return step.words if step.way is None else f"{step.words} {' && '.join(map(shell_line, self._argvs(step.way)))}"

    def _argvs(self, way: Way) -> Iterator[tuple[str, ...]]:
        match way:
            case Way.START:
                is_mine = self.run.outlook.resumed is None and self.run.extra_folder is None
                yield self._pipeline((), *(("--clean-build-dir", str(self.build_dir)) if is_mine else ()))
            case Way.RESUME:
                progress = str(next(filter(Path.exists, self._records)))
                is_asked_again = self.run.values["prep_disc_bytes"] == "auto"  # there may be another disc by then
                decided = ("prep_disc_bytes", "prep_device") if is_asked_again else ()
                yield self._pipeline(("files", "prep_resume", *decided), "--prep-resume", progress)
            case Way.BURN:
                burn = self.run.parts.burn
                yield self._stage(burn, ("dry_run",), "--iso-path", str(self.names.image))
            case Way.RELEASE:
                own = ("--resume", str(self.build_dir / COMPLETED_NAME), "--delete-originals", "yes")
                yield self._stage(self.run.parts.prepare, _PREPARED_ALREADY, *own)
        if way in {Way.BURN, Way.RELEASE, Way.CLEAN}:
            for folder in filter(None, (self.build_dir, self.run.extra_folder)):
                if folder.exists():
                    yield self._stage(self.run.parts.clean, ("build_dir",), "--build-dir", str(folder))

    @property
    def _records(self) -> Iterator[Path]:
        """Where the progress of this run may be."""
        resumed = self.run.outlook.resumed
        yield from filter(None, (resumed, *(self.build_dir / name for name in PROGRESS_NAMES)))

    def _pipeline(self, left_out: Collection[str], *own: str) -> tuple[str, ...]:
        """The same pipeline with other `own` flags in the place of those that are left out."""
        from camvault.apps.run_bodycam_pipeline import STAGE  # noqa: PLC0415 - it knows this module

        flags = _given(flags_of(STAGE.run), self.run.values, left_out)
        clips = () if "files" in left_out else ("--", *(str(path.absolute()) for path in self.run.files))
        return (STAGE.name, *own, *flags, *self._log_format, *clips)

    def _stage(self, part: Part, left_out: Collection[str], *own: str) -> tuple[str, ...]:
        """A stage as a command of its own, with the flags that the pipeline was given for it and the same log."""
        parameters = [p for p in flags_of(part.stage.run) if p.name not in {*part.owned, *left_out}]
        flags = _given(parameters, part.values(self.run.values), left_out)
        return (part.stage.name, *own, *flags, "--logfile", str(self.names.log), *self._log_format)

    @property
    def _log_format(self) -> tuple[str, ...]:
        return ("--log-format", "json") if self.run.context.is_json else ()


def _given(parameters: Collection[Parameter], values: Mapping[str, Any], left_out: Collection[str]) -> Iterator[str]:
    """The flags whose values are not the defaults."""
    for parameter in parameters:
        value = values.get(parameter.name, parameter.default)
        if spellings(parameter) and parameter.name not in left_out and value not in (None, parameter.default):
            yield from _spelled(parameter, value)


def _spelled(parameter: Parameter, value: Any) -> Iterator[str]:
    option = spellings(parameter)[0]
    if isinstance(value, bool):
        yield option.split("/")[0 if value else -1]
        return
    text = _text(value, is_program=declaration(parameter).metavar == "PROGRAM")
    yield from (f"{option}={text}",) if text.startswith("-") else (option, text)


def _text(value: Any, *, is_program: bool) -> str:
    """A value as it is typed; a path from where we are, but a program's bare name is looked up as it was."""
    if isinstance(value, Path):
        return str(value) if is_program and len(value.parts) == 1 else str(value.absolute())
    if isinstance(value, enum.Enum):
        return str(value.value)
    text = str(value)
    is_disc_file = text.startswith(DISC_FILE_PREFIX)
    return DISC_FILE_PREFIX + os.path.join(Path.cwd(), text.removeprefix(DISC_FILE_PREFIX)) if is_disc_file else text  # noqa: PTH118
