"""Workflow: let go of originals, each with a proof of where its footage is now (INV-1).

A job that ends with its outputs lets go once these were read back; one that ends with a disc, once the disc was. What
is true if power fails in between: an original is where it was, or it is gone and its proof had been taken before.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath, PurePosixPath
from typing import ClassVar

import attrs

from camvault.core.batch.build_dir import MARKER_NAME, marker_text
from camvault.core.batch.resuming import proofs_of
from camvault.core.retention.removals import Proven, plan_proven
from camvault.core.workflows.bodycam.burn import BurnReport
from camvault.core.workflows.bodycam.create_iso import ImageReport
from camvault.core.workflows.bodycam.events import OriginalKept, OriginalRemoved
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import ChangedError, MismatchError, StorageError
from camvault.ports.events import Event, Level, Reporter
from camvault.ports.files import Storage
from camvault.ports.progress import ClipRecord

Proofs = Callable[[ClipRecord], Mapping[PurePath, Proven]]
"""What proves that the footage of a clip is elsewhere; nothing if nothing does."""

_NAMED_AT_MOST = 3


@attrs.frozen
class OriginalsKept(Event):
    """Originals were to be deleted, and none of them may be."""

    level: ClassVar[Level] = Level.WARNING

    count: int
    reason: str

    def __str__(self) -> str:
        return f"Kept all {self.count:,} originals: {self.reason}"


@attrs.frozen
class Released:
    """What became of the originals."""

    removed: tuple[PurePath, ...] = ()
    kept: tuple[PurePath, ...] = ()


def let_go(
    clips: Iterable[ClipRecord], *, proofs: Proofs, storage: Storage, reporter: Reporter, cancel: Cancellation
) -> Released:
    """Delete each original that has a proof and still is the file that was prepared; looked at right before.

    Raises:
        StorageError: The system refused some; all others are gone, and trying again tries these again.
    """
    removed: list[PurePath] = []
    kept: list[PurePath] = []
    failures: list[StorageError] = []
    for clip in clips:
        cancel.check()
        assert clip.source is not None  # noqa: S101 - a plan describes every clip
        try:
            reason = _let_one_go(clip, proofs(clip), storage, reporter, cancel)
        except StorageError as error:
            reason = error.problem
            if not isinstance(error, ChangedError):
                failures.append(error)
        if reason is None:
            removed.append(clip.source)
        else:
            kept.append(clip.source)
            reporter.emit(OriginalKept(clip.source, reason))
    if failures:
        raise failures[0]
    return Released(tuple(removed), tuple(kept))


def _let_one_go(
    clip: ClipRecord, proofs: Mapping[PurePath, Proven], storage: Storage, reporter: Reporter, cancel: Cancellation
) -> str | None:
    """Delete one original, read once more: size and time do not tell another card with a file of the same name.

    Returns:
        Why it stays; None if it is gone.
    """
    path, output = clip.source, clip.output
    assert path is not None  # noqa: S101 - a plan describes every clip
    found = storage.entry(path)
    if found is None:
        return "it is gone already"
    if output is not None and output.doubt:
        return output.doubt
    plan = plan_proven((found,), proofs=proofs)
    for removal in plan.removals:
        content = storage.digest(path, on_bytes=lambda _: None, cancel=cancel)
        if output is None or content != (output.source_sha256 or output.sha256):
            return "its content is not what was prepared"
        storage.remove(removal)
        reporter.emit(OriginalRemoved(path, str(removal.reason)))
    return plan.kept[0].reason if plan.kept else None


def let_go_after_burn(
    clips: tuple[ClipRecord, ...],
    *,
    build_dir: PurePath,
    image: ImageReport,
    burned: BurnReport | None,
    storage: Storage,
    reporter: Reporter,
    cancel: Cancellation,
) -> Released:
    """Delete the originals whose outputs are on the disc; all are kept unless the disc was read back equal.

    What is on the disc is written into the build directory's marker first: without its original an output there is an
    only copy, unless that says otherwise.

    The chain of a proof: the output's digest as prepared is that of the file in the image, where both trees were read
    back; the image's digest is that of the disc, which was read back. `burned` is None if nothing was burned.

    Raises:
        StorageError: The system refused some; all others are gone.
    """
    disc = _proven_disc(image, burned)
    if isinstance(disc, str):
        reporter.emit(OriginalsKept(len(clips), disc))
        return Released(kept=tuple(clip.source for clip in clips if clip.source is not None))
    device = disc.device
    outputs = {clip.output.sha256 for clip in clips if clip.output is not None}
    storage.write_text(build_dir / MARKER_NAME, marker_text(outputs.intersection(image.file_sha256.values())))
    # power fails here: nothing is gone, and what the marker says is true

    def proofs(clip: ClipRecord) -> Mapping[PurePath, Proven]:
        name = clip.output_name or clip.key
        is_on_disc = clip.output is not None and image.file_sha256.get(PurePosixPath(name)) == clip.output.sha256
        where = f"{name} on the verified disc in {device} and in {image.path}"
        return proofs_of(clip, where=where) if is_on_disc else {}

    return let_go(clips, proofs=proofs, storage=storage, reporter=reporter, cancel=cancel)


def check_image(clips: tuple[ClipRecord, ...], *, image: ImageReport) -> None:
    """Make sure that the image holds what was prepared.

    Raises:
        MismatchError: An output changed between its proof and the mastering.
    """
    wrong = [
        clip.output_name or clip.key
        for clip in clips
        if clip.output is not None
        and image.file_sha256.get(PurePosixPath(clip.output_name or clip.key)) != clip.output.sha256
    ]
    if wrong:
        raise MismatchError(str(image.path), f"it does not hold what was prepared: {', '.join(wrong[:_NAMED_AT_MOST])}")


def _proven_disc(image: ImageReport, burned: BurnReport | None) -> BurnReport | str:
    """The disc that holds the image; why it proves nothing, if it does not."""
    if burned is None:
        return "nothing was burned"
    if not burned.is_verified:
        return "the disc was not read back"
    return burned if burned.sha256 == image.sha256 else "what was burned is not the image that was made"
