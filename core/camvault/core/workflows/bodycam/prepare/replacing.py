"""Workflow, private part: new before old: what is to be replaced is set aside, and goes beside its replacement.

An output that is set aside has a name of ours, and the marker says of which original it was made: only with both is it
known as ours, and only beside an output of the same original, or beside that original, does it go (INV-1, INV-4).
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath

from camvault.core.batch.build_dir import ASIDE_PREFIX
from camvault.core.batch.marker import BUILD_MARKER_NAME, made_of_outputs, with_made
from camvault.core.workflows.bodycam.prepare.events import OutputSetAside, ReplacedKept, ReplacedRemoved
from camvault.core.workflows.bodycam.prepare.job import PrepareJob
from camvault.core.workflows.steps.witnessed import RecordedCopy
from camvault.ports.batch_record import ClipRecord, OutputRecord
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import StorageError
from camvault.ports.removal import Leftover

_OURS = Leftover(BUILD_MARKER_NAME)


def origin_of(output: OutputRecord) -> str:
    """The digest of the original that an output was made of."""
    return output.source_sha256 or output.sha256


def note_what_is_replaced(
    job: PrepareJob, entries: Iterable[FileEntry], *, made_of: Mapping[PurePath, ClipRecord]
) -> None:
    """Write into the marker of which original each output was made that is to be set aside, before its record is gone.

    `made_of` has the clips that they were made of, by their paths. An output without a record was found to be equal to
    its original when the job was planned, or is known by the marker already.
    """
    marker = job.plan.build_dir / BUILD_MARKER_NAME
    text = job.storage.read_text(marker)
    origins: dict[str, str] = {}
    for entry in entries:
        clip = made_of.get(entry.path)
        record = clip.output if clip else None
        content = record.sha256 if record else _content(job, entry)
        origins |= {content: origin_of(record) if record else content} if content else {}
    new = {content: origin for content, origin in origins.items() if content not in made_of_outputs(text)}
    if new:
        job.storage.write_text(marker, with_made(text, new))


def set_outputs_aside(job: PrepareJob, entries: Iterable[FileEntry], *, made_of: Mapping[PurePath, ClipRecord]) -> None:
    """Rename outputs that stand where new ones go, once `note_what_is_replaced` was called with the same."""
    for entry in entries:
        target = _set_one_aside(job, entry, made_of.get(entry.path))
        job.reporter.emit(OutputSetAside(entry.path, target))
        # Power fails here: it is set aside, and the next run finds it so


def set_corrected_aside(job: PrepareJob, clip: ClipRecord, output: OutputRecord) -> None:
    """As `set_outputs_aside`, for an output of this job that is made again; that it is was said before."""
    entry = FileEntry(job.output(clip), output.identity)
    note_what_is_replaced(job, (entry,), made_of={entry.path: clip})
    _set_one_aside(job, entry, clip)


def _set_one_aside(job: PrepareJob, entry: FileEntry, clip: ClipRecord | None) -> PurePath:
    target = job.renamed_aside(entry)
    if clip is not None:
        job.aside[target] = clip
    return target


def _content(job: PrepareJob, entry: FileEntry) -> str:
    """The digest of a file; "" if it cannot be read: then nothing will be known of it, and it stays."""
    try:
        return job.stand.read(entry.path).sha256
    except StorageError:
        return ""


def take_back_copy(job: PrepareJob, copy: FileEntry, sha256: str, *, source: PurePath) -> None:
    """Take away a copy of what is not the file that was planned with: it goes beside that file, or is set aside."""
    try:
        done = job.stand.remove(copy, (RecordedCopy(source, sha256, sha256, _OURS),))
    except StorageError as error:
        done = error.problem
    if isinstance(done, str):
        job.set_aside(copy)


def let_go_of_replaced(job: PrepareJob) -> None:
    """Remove what was set aside, each beside a copy of the same footage that was read right before; keep the rest."""
    made_of: dict[str, str] | None = None
    for entry in job.storage.children(job.plan.build_dir):
        if entry.kind is not FileKind.FILE or not entry.path.name.startswith(ASIDE_PREFIX):
            continue
        job.cancel.check()
        if made_of is None:
            made_of = made_of_outputs(job.storage.read_text(job.plan.build_dir / BUILD_MARKER_NAME))
        content = _content(job, entry)
        if content in made_of:  # else somebody put it there, and was told when it was set aside
            _let_one_go(job, entry, content, made_of[content])


def _let_one_go(job: PrepareJob, entry: FileEntry, content: str, origin: str) -> None:
    try:
        done = job.stand.remove(entry, _copies(job, entry, content, origin))
    except StorageError as error:
        done = error.problem
    if isinstance(done, str):
        job.reporter.emit(ReplacedKept(entry.path, done))
    else:
        assert done.witness is not None  # noqa: S101 - nothing else goes by that door
        job.reporter.emit(ReplacedRemoved(entry.path, done.witness.path))


def _copies(job: PrepareJob, entry: FileEntry, content: str, origin: str) -> Iterator[RecordedCopy]:
    """The outputs of this job that were made of the same original and are in no doubt, then those originals."""
    same = [clip for clip in job.progress.clips if clip.output is not None and origin_of(clip.output) == origin]
    for clip in same:
        if clip.output is not None and not clip.output.doubt:
            yield RecordedCopy(job.output(clip), clip.output.sha256, content, _OURS)
    earlier = job.aside.get(entry.path)
    for source in [clip.source for clip in (*same, *([earlier] if earlier else [])) if clip.source is not None]:
        yield RecordedCopy(job.storage.resolve(source), origin, content, _OURS)
