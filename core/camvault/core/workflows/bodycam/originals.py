"""Workflow: delete originals, each with a witness of where its footage is now (INV-1).

A job that ends with its outputs deletes originals once these were read back; a job that ends with a disc, once the disc
was read back. Right before an original goes, the copy that survives it is read once more from its medium, and is seen
to be another file: a drive that died after the first deletion keeps all others. If power fails in between, an original
is where it was, or it was deleted beside its witness.
"""

from collections.abc import Callable, Iterable
from pathlib import PurePath, PurePosixPath
from typing import ClassVar

import attrs

from camvault.core.batch.marker import BUILD_MARKER_NAME, BurnedImage, with_image
from camvault.core.retention.survivors import medium_doubt
from camvault.core.workflows.bodycam.burn import BurnReport
from camvault.core.workflows.bodycam.create_iso import ImageReport
from camvault.core.workflows.steps.witnessed import RecordedCopy, WitnessStand
from camvault.ports.batch_record import ClipRecord
from camvault.ports.errors import ChangedError, MismatchError, StorageError
from camvault.ports.events import Event, Level, Reporter
from camvault.ports.removal import Proof

CopyOf = Callable[[ClipRecord], RecordedCopy | None]
"""The recorded copy of the footage of a clip; None if nothing was recorded."""

_NAMED_AT_MOST = 3


@attrs.frozen
class OriginalRemoved(Event):
    """An original was deleted, with `reason` as the proof that its footage is elsewhere."""

    path: PurePath
    reason: str

    def __str__(self) -> str:
        return f"Deleted original {self.path}: {self.reason}"


@attrs.frozen
class OriginalKept(Event):
    """An original should have been deleted and was kept."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePath
    reason: str

    def __str__(self) -> str:
        return f"Kept original {self.path}: {self.reason}"


@attrs.frozen
class OriginalsKept(Event):
    """The originals should have been deleted, and all of them were kept."""

    level: ClassVar[Level] = Level.WARNING

    count: int
    reason: str

    def __str__(self) -> str:
        return f"Kept all {self.count:,} originals: {self.reason}"


@attrs.frozen
class Released:
    """Which originals were deleted, and which were kept."""

    removed: tuple[PurePath, ...] = ()
    kept: tuple[PurePath, ...] = ()


def let_go(clips: Iterable[ClipRecord], *, copy_of: CopyOf, stand: WitnessStand, reporter: Reporter) -> Released:
    """Delete each original that still is the file that was prepared, and has a witness, both as read right before.

    The caller holds the lock of the job from before its first look.

    Raises:
        StorageError: The system refused to delete some originals; all others are deleted. A repeated call tries again.
        Cancelled: The user stopped the run.
    """
    removed: list[PurePath] = []
    kept: list[PurePath] = []
    failures: list[StorageError] = []
    for clip in clips:
        stand.cancel.check()
        assert clip.source is not None  # noqa: S101 - a plan describes every clip
        try:
            reason = _let_one_go(clip, copy_of(clip), stand, reporter)
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


def _let_one_go(clip: ClipRecord, copy: RecordedCopy | None, stand: WitnessStand, reporter: Reporter) -> str | None:
    """Delete one original after reading it once more: another card may have a file of the same name, size and time.

    Returns:
        Why the original is kept; None if it was deleted.
    """
    path = clip.source
    assert path is not None  # noqa: S101 - a plan describes every clip
    found = stand.storage.entry(path)
    if found is None:
        return "it is gone already"
    if clip.output is not None and clip.output.doubt:
        return clip.output.doubt
    if found.identity != clip.source_identity:
        return "it is not the file that was prepared: its size or its time differ"
    done = stand.remove(found, (copy,) if copy else ())
    if isinstance(done, str):
        return done
    reporter.emit(OriginalRemoved(path, str(done.reason)))
    return None


def copy_at(clip: ClipRecord, path: PurePath) -> RecordedCopy | None:
    """The output of a clip as a copy of its original; None if no output is recorded."""
    if clip.output is None:
        return None
    made_of = clip.output.source_sha256 or clip.output.sha256
    return RecordedCopy(path, clip.output.sha256, made_of, Proof(str(path), clip.output.sha256))


def let_go_after_burn(
    clips: tuple[ClipRecord, ...],
    *,
    build_dir: PurePath,
    image: ImageReport,
    burned: BurnReport | None,
    stand: WitnessStand,
    reporter: Reporter,
) -> Released:
    """Delete the originals whose outputs are on the disc; all are kept unless the disc was read back equal.

    The image is read from its medium once more, and is the witness. Which image it is and the digests of the outputs in
    it are written into the build directory's marker first: once its original is deleted, an output counts as an only
    copy, unless that image is found.

    The chain of a proof: the output's digest as prepared is that of the file in the image, where both trees were read
    back; the image's digest is that of the disc, which was read back. `burned` is None if nothing was burned.

    Raises:
        BusyError: Clips are being prepared in the build directory.
        StorageError: The image cannot be read, or the system refused to delete some originals; all others are deleted.
        Cancelled: The user stopped the run.
    """
    disc = _proven_disc(image, burned, is_cache_trusted=stand.is_cache_trusted)
    if isinstance(disc, str):
        return _all_kept(clips, disc, reporter)
    with stand.storage.lock(build_dir):
        try:
            stand.known[image.path] = stand.read(image.path)
        except StorageError as error:
            _all_kept(clips, f"the image {image.path} cannot be read any more: {error.problem}", reporter)
            raise
        outputs = {clip.output.sha256 for clip in clips if clip.output is not None}
        burned_image = BurnedImage(
            image.path, image.sha256, frozenset(outputs.intersection(image.file_sha256.values()))
        )
        marker = build_dir / BUILD_MARKER_NAME
        stand.storage.write_text(marker, with_image(stand.storage.read_text(marker), burned_image))
        # Power fails here: no original is deleted, and what the marker says is true

        def copy_of(clip: ClipRecord) -> RecordedCopy | None:
            name = clip.output_file
            if clip.output is None or image.file_sha256.get(PurePosixPath(name)) != clip.output.sha256:
                return None
            where = f"{name} on the verified disc in {disc.device} and in {image.path}"
            made_of = clip.output.source_sha256 or clip.output.sha256
            return RecordedCopy(image.path, image.sha256, made_of, Proof(where, clip.output.sha256))

        return let_go(clips, copy_of=copy_of, stand=stand, reporter=reporter)


def _all_kept(clips: tuple[ClipRecord, ...], reason: str, reporter: Reporter) -> Released:
    reporter.emit(OriginalsKept(len(clips), reason))
    return Released(kept=tuple(clip.source for clip in clips if clip.source is not None))


def check_image_holds_outputs(clips: tuple[ClipRecord, ...], *, image: ImageReport) -> None:
    """Make sure that the image holds what was prepared.

    Raises:
        MismatchError: An output changed between its proof and the mastering.
    """
    wrong = [
        clip.output_file
        for clip in clips
        if clip.output is not None and image.file_sha256.get(PurePosixPath(clip.output_file)) != clip.output.sha256
    ]
    if wrong:
        raise MismatchError(str(image.path), f"it does not hold what was prepared: {', '.join(wrong[:_NAMED_AT_MOST])}")


def _proven_disc(image: ImageReport, burned: BurnReport | None, *, is_cache_trusted: bool) -> BurnReport | str:
    """The disc that holds the image; if there is none, the reason why nothing is proven."""
    if burned is None:
        return "nothing was burned"
    if not burned.is_verified:
        return "the disc was not read back"
    unseen = medium_doubt(image.source, is_cache_trusted=is_cache_trusted)
    if unseen:
        return f"the image {image.path} was verified, but {unseen}"
    unseen = medium_doubt(burned.source, is_cache_trusted=is_cache_trusted)
    if unseen:
        return f"the disc was read back, but {unseen}"
    return burned if burned.sha256 == image.sha256 else "what was burned is not the image that was made"
