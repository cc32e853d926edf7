"""Build directories for the tests of cleanup."""

import hashlib
from pathlib import PurePath

from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.batch.marker import BUILD_MARKER_NAME, MARKER_TEXT
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Mode, OutputRecord
from camvault.ports.entries import FileIdentity
from camvault.ports.files import Storage


def make_build_dir(
    folder: PurePath,
    *,
    storage: Storage,
    clips: tuple[str, ...] = ("a.mp4", "b.mp4"),
    is_completed: bool = True,
    originals: PurePath | None = None,
) -> None:
    """A build directory as `prepare_bodycam` leaves it, and its originals (by default beside its parent)."""
    originals = originals or folder.parent.with_name(folder.parent.name + "-originals")
    storage.make_folder(originals)
    storage.make_folder(folder)
    storage.write_text(folder / BUILD_MARKER_NAME, MARKER_TEXT)
    records = []
    for name in clips:
        storage.write_text(folder / name, f"content of {name}")
        identity = _identity(folder / name, storage)
        output = OutputRecord(identity, hashlib.sha256(f"content of {name}".encode()).hexdigest())
        if storage.entry(originals / name) is None:
            storage.write_text(originals / name, f"content of {name}")
        records.append(
            ClipRecord(
                name,
                ClipState.DONE,
                source=originals / name,
                source_identity=_identity(originals / name, storage),
                output_name=name,
                output=output,
            )
        )
    progress = BatchRecord(disc_bytes=25_000_000_000, safety_bytes=0, mode=Mode.COPY, kbps=None, clips=tuple(records))
    name = "progress.completed.json" if is_completed else "progress.json"
    JsonProgressFiles(storage).save(folder / name, progress)


def _identity(path: PurePath, storage: Storage) -> FileIdentity:
    entry = storage.entry(path)
    assert entry is not None
    return entry.identity
