"""Workflow, private part: another name for a file that has the name of other footage at the target (INV-10)."""

from collections.abc import Iterable, Iterator

from camvault.core.free_names import folded, free_names
from camvault.core.segments.numbered_names import footage_names
from camvault.core.workflows.recording.backup.results import Results
from camvault.ports.entries import FileEntry
from camvault.ports.errors import ExistsError, NotFoundError, StorageError
from camvault.ports.events import Warned


def with_free_names(files: Iterable[FileEntry], *, results: Results) -> Iterator[FileEntry]:
    """The files, those renamed whose name stands for other footage at the target: that must not be replaced."""
    for file in files:
        known = results.ledger.entries.get(results.folders.relative(file))
        if known is None or known.identity == file.identity or not known.kind.is_proof:
            yield file
            continue
        try:
            yield _renamed(file, results)
        except StorageError as error:
            results.keep(results.folders.relative(file), str(error))


def _renamed(file: FileEntry, results: Results) -> FileEntry:
    storage, folder = results.ports.storage, file.path.parent
    here = results.folders.relative(file).parent
    taken = {folded(entry.path.name) for entry in storage.scan(folder)}
    taken |= {folded(path.name) for path in results.ledger.entries if path.parent == here}
    names = free_names(footage_names(file.path.name), taken=taken)
    while True:
        text = next(names)
        try:
            storage.rename(file.path, target=folder / text)
        except ExistsError:
            continue  # made since the folder was listed
        warning = f"[backup] {file.path.name} is another file at the target: now {text}"
        results.ports.reporter.emit(Warned(warning))
        entry = storage.entry(folder / text)
        if entry is None:
            raise NotFoundError(folder / text, "it vanished")
        return entry
