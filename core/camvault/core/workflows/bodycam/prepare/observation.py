"""Workflow, private part: looks at clips, outputs and originals before a job is planned. Changes nothing."""

from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from pathlib import PurePath

import attrs

from camvault.core.batch.given_clips import GivenClip
from camvault.core.batch.plan import needed_bytes
from camvault.ports.batch_record import BatchRecord, BatchRecords, ClipRecord, ClipState
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import MediaError, StorageError, ToolError, UsageError
from camvault.ports.files import Storage
from camvault.ports.media import MediaProbe


@attrs.frozen(kw_only=True)
class PlanPorts:
    """The ports that planning needs; clips are looked at in parallel on `executor`."""

    storage: Storage
    probe: MediaProbe
    progress_files: BatchRecords
    executor: Executor
    cancel: Cancellation

    def digest(self, path: PurePath) -> str:
        """The SHA-256 of a file. Its progress is not reported: planning reads few files."""
        return self.storage.digest(path, on_bytes=lambda _: None, cancel=self.cancel)


def look_at(source: PurePath, ports: PlanPorts) -> GivenClip:
    """One clip as it is found; what is wrong with it stands in the result.

    Raises:
        Cancelled: The user stopped the planning.
    """
    ports.cancel.check()
    clip = GivenClip(source=source, resolved=source)
    try:
        resolved = ports.storage.resolve(source)
        clip = attrs.evolve(clip, resolved=resolved, entry=ports.storage.entry(resolved))
        if clip.entry is None or clip.entry.kind is not FileKind.FILE or not clip.entry.identity.size_bytes:
            return clip
    except StorageError as error:
        return attrs.evolve(clip, problem=error.problem)
    try:
        return attrs.evolve(clip, info=ports.probe.probe(resolved))
    except MediaError as error:
        return attrs.evolve(clip, media_problem=error.problem)
    except ToolError as error:  # a probe that crashes on a clip says that the clip is broken
        return attrs.evolve(clip, media_problem=str(error))
    except StorageError as error:  # one that cannot be read is tried again when its turn comes
        return attrs.evolve(clip, media_problem=error.problem)


def original_of(clip: ClipRecord, *, root: PurePath, storage: Storage) -> FileEntry | None:
    """What stands where the clip came from; None also for a file in `root`, which holds outputs and no originals."""
    path = storage.resolve(source_of(clip))
    return None if path.is_relative_to(root) else storage.entry(path)


def is_copy(output: PurePath, original: PurePath, ports: PlanPorts) -> bool:
    """Whether both are regular files of the same content; both are read whole if their sizes are equal."""
    paths = (output, ports.storage.resolve(original))
    entries = [ports.storage.entry(path) for path in paths]
    sizes = {entry.identity.size_bytes for entry in entries if entry and entry.kind is FileKind.FILE}
    if None in entries or len(sizes) != 1:
        return False
    return len({ports.digest(path) for path in paths}) == 1


def is_ours(output: PurePath, original: PurePath, *, made: Collection[str], ports: PlanPorts) -> bool:
    """Whether a file that no record names is equal to its original, or among those that the marker says were made."""
    found = ports.storage.entry(output)
    if made and found is not None and found.kind is FileKind.FILE and ports.digest(output) in made:
        return True
    return is_copy(output, original, ports)


def output_of(clip: ClipRecord, *, root: PurePath) -> PurePath:
    """Where the clip's output goes."""
    return root / clip.output_file


def source_of(clip: ClipRecord) -> PurePath:
    """The original as it was given; the clip must be described."""
    assert clip.source is not None  # noqa: S101 - `described` gave every clip one
    return clip.source


def refuse_if(problems: Sequence[str]) -> None:
    """Raise `UsageError` with all problems, if there are any."""
    if problems:
        raise UsageError("; ".join(problems))


def check_room(progress: BatchRecord, *, build_dir: PurePath, storage: Storage) -> None:
    """Make sure that there is room for the pending clips.

    Raises:
        UsageError: There is not, with both figures.
    """
    if all(clip.state is ClipState.DONE for clip in progress.clips):
        return
    needed = needed_bytes(progress.clips)
    free = storage.free_bytes(build_dir)
    if free < needed:
        rule = "the size of the input and 1 GB"
        raise UsageError(f"{build_dir}: not enough free space: {needed:,} bytes needed ({rule}), {free:,} bytes free")
