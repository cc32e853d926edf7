"""Composition root: the plan of camera_archiver is printed, asked about, and carried out."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

from camvault.adapters.reporting import escaped_lines, rotated
from camvault.adapters.reporting.console import write_line
from camvault.adapters.reporting.place import refusal
from camvault.apps._archive.asking import check_terminal, is_confirmed
from camvault.apps._archive.figures import publish_report, summary
from camvault.apps._archive.job import with_archiver
from camvault.apps._archive.json_text import JsonText
from camvault.apps._archive.options import Options
from camvault.apps._archive.plan_text import PlanText
from camvault.apps._cli.stage import Context
from camvault.core.archive.plan import LeftFile, Work
from camvault.core.workflows.archive import ArchiveJob, ArchiveReport, ArchiveRun, hold_roots
from camvault.ports.errors import UsageError
from camvault.ports.events import Failed, Note, Warned

LOG_LIMIT_BYTES = 4_194_304
_NOTHING = "No files to process"


def preview(context: Context, options: Options, job: ArchiveJob) -> None:
    """Print the plan, and change nothing."""
    items = ArchiveRun(job, is_preview=True).work()
    if options.json_output:
        json_text = JsonText(context.print_result, lines_at_once=500)
        for item in items:
            json_text.add(item)
        json_text.end()
        return
    with PlanText(job.options) as text:
        for item in items:
            text.add(item)
        text.print(context.print_result, is_dry_run=True)
        if not text.work_count:
            context.reporter.emit(Note(_NOTHING))


def carry_out(context: Context, options: Options, job: ArchiveJob) -> int:
    """Do the work, after a confirmation if it is needed; return how many problems there were.

    Raises:
        UsageError: Nobody can be asked.
        Cancelled: A signal came, also instead of an answer.
        MissingToolError: There is no ffmpeg that can do what is needed.
        RootHeldError: Another run is at work.
    """
    chosen: list[Work | LeftFile] | None = None
    if not options.no_confirm:
        chosen = list(ArchiveRun(job, is_preview=True).work())
        left = [item for item in chosen if isinstance(item, LeftFile)]
        if len(left) == len(chosen):
            return _nothing_to_do(context, options, left)
        if not _is_agreed(context, options, job, chosen):
            context.reporter.emit(Note("Operation cancelled by user"))
            return 0
    _be_nice(options.nice)
    with (
        with_archiver(context, options, job) as equipped,
        hold_roots(equipped),
        _json(context, options) as json_text,
    ):
        _open_log(context, options)
        if not options.cleanup:
            context.reporter.emit(Note(f"archives are made with {equipped.ports.archiver.name}"))
        told = equipped if json_text is None else attrs.evolve(equipped, tell=json_text.tell)
        report = ArchiveRun(told).carry_out(chosen)
        if json_text is not None:
            json_text.end(report)
    _tell(context, report)
    if options.metrics is not None:
        publish_report(context, report, options.metrics)
    return report.problem_count


def _nothing_to_do(context: Context, options: Options, left: list[LeftFile]) -> int:
    """Tell what is left, without a question and without touching anything."""
    context.reporter.emit(Note(_NOTHING))
    for file in left:
        words = f"{file.path}: {file.reason}"
        context.reporter.emit(Failed(f"Kept: {words}") if file.is_problem else Note(f"Left alone: {words}"))
    if options.json_output:
        json_text = JsonText(context.print_result)
        for file in left:
            json_text.add(file)
        json_text.end()
    return sum(file.is_problem for file in left)


def _is_agreed(context: Context, options: Options, job: ArchiveJob, items: list[Work | LeftFile]) -> bool:
    check_terminal()
    with PlanText(job.options) as text:
        for item in items:
            text.add(item)
        text.print(_to_stderr if options.json_output else context.print_result, is_dry_run=False)
    return is_confirmed(context.cancel)


def _to_stderr(text: str) -> None:
    write_line(sys.stderr, escaped_lines(text))


def _be_nice(niceness: int) -> None:
    """Let other programs go first, for this process and the encoders that it starts; as far as it is not so already."""
    with suppress(OSError):
        os.nice(max(0, niceness - os.nice(0)))


@contextmanager
def _json(context: Context, options: Options) -> Iterator[JsonText | None]:
    """Inside, actions are printed; what a stop leaves open is completed."""
    if not options.json_output:
        yield None
        return
    text = JsonText(context.print_result)
    try:
        yield text
    except BaseException:
        text.end()
        raise


def _open_log(context: Context, options: Options) -> None:
    """Log to the file; without one the run goes on, and says so."""
    path = options.log_path
    problem = refusal(path, given=_given(options))
    if problem is None:
        rotated(path, limit_bytes=LOG_LIMIT_BYTES)
        try:
            context.log_to(path, lines="dashes")
        except UsageError as error:
            problem = str(error)
    if problem is not None:
        context.reporter.emit(Warned(f"There is no log file: {problem}"))


def _given(options: Options) -> tuple[Path, ...]:
    return tuple(path for path in (options.directory, options.output, options.trash_root, options.metrics) if path)


def _tell(context: Context, report: ArchiveReport) -> None:
    if not (report.transcoded_count or report.removed_count or report.left_count or report.problem_count):
        context.reporter.emit(Note(_NOTHING))
    for line in summary(report):
        context.reporter.emit(Note(line))
    if not report.problem_count:
        context.reporter.emit(Note("Archiving completed successfully"))
