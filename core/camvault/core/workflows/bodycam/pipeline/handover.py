"""Workflow, shared part: what one stage of the pipeline hands to the next, and what is compared on the way."""

from camvault.core.batch.left_out import ClipsLeftOutError
from camvault.core.batch.next_step import PipelineStage
from camvault.core.workflows.bodycam.burn import BurnReport
from camvault.core.workflows.bodycam.create_iso import ImageReport
from camvault.core.workflows.bodycam.originals import Released, check_image_holds_outputs, let_go_after_burn
from camvault.core.workflows.bodycam.pipeline.stages import Reports
from camvault.core.workflows.bodycam.prepare import PrepareReport
from camvault.core.workflows.steps.witnessed import WitnessStand
from camvault.ports.cancellation import Cancellation
from camvault.ports.events import Reporter
from camvault.ports.files import Storage


def check_mastered(reports: Reports, image: object) -> None:
    """Make sure that what was mastered is what was prepared. `image` is the report of the image stage.

    Raises:
        MismatchError: The image does not hold an output as it was prepared.
    """
    prepared = reports[PipelineStage.PREPARE]
    assert isinstance(prepared, PrepareReport)  # noqa: S101 - what the stage returns
    assert isinstance(image, ImageReport)  # noqa: S101 - what the stage returns
    check_image_holds_outputs(prepared.clips, image=image)


def disc_bytes(reports: Reports) -> int:
    """The capacity of the disc that was prepared for."""
    prepared = reports[PipelineStage.PREPARE]
    assert isinstance(prepared, PrepareReport)  # noqa: S101 - what the stage returns
    return prepared.disc_bytes


def clips_left_out(reports: Reports) -> ClipsLeftOutError | None:
    """The error that a run ends with whose disc lacks clips; None if it has all of them."""
    prepared = reports[PipelineStage.PREPARE]
    assert isinstance(prepared, PrepareReport)  # noqa: S101 - what the stage returns
    return ClipsLeftOutError(prepared.left_out, len(prepared.clips)) if prepared.left_out else None


def verified_sha256(reports: Reports) -> str:
    """The SHA-256 of the image as it was verified: only that image may be burned."""
    image = reports[PipelineStage.IMAGE]
    assert isinstance(image, ImageReport)  # noqa: S101 - what the stage returns
    return image.sha256


def is_disc_verified(reports: Reports) -> bool:
    """Whether the disc was read back and found equal; False where nothing was burned."""
    burned = reports[PipelineStage.BURN]
    return isinstance(burned, BurnReport) and burned.is_verified


def release_originals(
    reports: Reports, *, storage: Storage, reporter: Reporter, cancel: Cancellation, is_cache_trusted: bool = False
) -> Released:
    """Delete the originals whose footage is on the disc that was read back, and in the image, which is read again.

    `is_cache_trusted` is that of `WitnessStand`.

    Raises:
        StorageError: An original could not be deleted.
    """
    prepared, image, burned = (
        reports[stage] for stage in (PipelineStage.PREPARE, PipelineStage.IMAGE, PipelineStage.BURN)
    )
    assert isinstance(prepared, PrepareReport)  # noqa: S101 - what the stage returns
    assert isinstance(image, ImageReport)  # noqa: S101 - what the stage returns
    locked = (prepared.build_dir,)
    with WitnessStand(storage=storage, cancel=cancel, locked=locked, is_cache_trusted=is_cache_trusted) as stand:
        return let_go_after_burn(
            tuple(clip for clip in prepared.clips if not clip.left_out),
            build_dir=prepared.build_dir,
            image=image,
            burned=burned if isinstance(burned, BurnReport) else None,
            stand=stand,
            reporter=reporter,
        )
