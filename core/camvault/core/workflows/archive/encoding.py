"""Workflow, private part: what a worker does: one archive, made under its temporary name and read back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath

import attrs

from camvault.core.archive.plan import ClipPlan
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.core.workflows.steps.target_claim import discard_temporary, temporary_path
from camvault.ports.archiving import ArchiveMade, ArchiveSettings
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry
from camvault.ports.errors import ChangedError
from camvault.ports.events import Progressed
from camvault.ports.witness import FileRead


@attrs.frozen
class MadeArchive:
    """What a worker made under a temporary name."""

    source_sha256: str
    made: ArchiveMade
    read: FileRead


def encoded(job: ArchiveJob, plan: ClipPlan, settings: ArchiveSettings, cancel: Cancellation) -> MadeArchive:
    """In a worker: make the archive under its temporary name, and read it back."""
    cancel.check()
    storage, source, temporary = job.ports.storage, plan.clip.entry, temporary_path(plan.archive)
    check_same(source, storage.entry(source.path))
    sha256 = storage.digest(source.path, on_bytes=lambda _: None, cancel=cancel)
    storage.make_folder(temporary.parent)
    discard_temporary(temporary, storage=storage)  # an encoder would write through a link
    with _progress(job, source.path) as on_seconds:
        made = job.ports.archiver.archive(
            source.path, target=temporary, settings=settings, on_seconds=on_seconds, cancel=cancel
        )
    check_same(source, storage.entry(source.path))  # if it changed meanwhile, the archive may hold anything
    read = storage.read_back(temporary, on_bytes=lambda _: None, cancel=cancel)
    if read.sha256 != made.sha256:
        raise ChangedError(temporary, "what was read back is not what was made and proven; the clip is kept")
    return MadeArchive(sha256, made, read)


_PROGRESS_S = 1.0


@contextmanager
def _progress(job: ArchiveJob, path: PurePath) -> Iterator[Callable[[float], None]]:
    """Inside, positions in the clip are told about once a second; then that it has come to its end, if any was."""
    told_at_s = job.ports.clock.monotonic_s()
    reached_s = 0.0

    def tell(seconds: float) -> None:
        nonlocal told_at_s, reached_s
        now_s = job.ports.clock.monotonic_s()
        if now_s - told_at_s >= _PROGRESS_S:
            told_at_s, reached_s = now_s, seconds
            job.ports.reporter.emit(Progressed("transcode", seconds, None, unit="s", item=path.name))

    try:
        yield tell
    finally:
        if reached_s:
            job.ports.reporter.emit(Progressed("transcode", reached_s, reached_s, unit="s", item=path.name))


def check_same(entry: FileEntry, found: FileEntry | None) -> None:
    """Raise `ChangedError` if what is found now is not the file that was seen."""
    if found is None or not entry.identity.is_same_file(found.identity):
        raise ChangedError(entry.path, "it is not the file any more that was looked at")
