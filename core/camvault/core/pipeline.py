"""Pure: the names of a run of the body-cam pipeline, and what becomes of its build directory."""

import enum
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath

import attrs

from camvault.core.capacity import image_overhead_bytes
from camvault.core.naming import COMPLETED_NAME


class PipelineStage(enum.StrEnum):
    """The stages in their order; the value is what stands before each of their lines."""

    PREPARE = "prepare"
    IMAGE = "image"
    BURN = "burn"
    RELEASE = "release"
    """Originals go, if that was asked for."""
    CLEAN = "clean"


@attrs.frozen
class RunNames:
    """Everything one run creates below the workspace. The label is the image's name without its suffix.

    `stamp` is the moment itself, as it stands in the image.
    """

    log: PurePath
    image: PurePath
    build_dir: PurePath
    label: str
    stamp: str


def run_names(root: PurePath, *, at: datetime, attempt: int, unique: str) -> RunNames:
    """The names of the run that began at `at` (aware, local). The second run of one second is attempt 2, and so on.

    `unique` is a random text for the build directory's name.
    """
    suffix = f"-{attempt}" if attempt > 1 else ""
    local = f"{at:%Y%m%dT%H%M%S}"
    stamp = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    label = f"{stamp}{suffix}"
    return RunNames(
        log=root / "logs" / f"BodyCam-Reencode-{local}{suffix}.log",
        image=root / "images" / f"{label}.iso",
        build_dir=root / "images" / f"bodycam_{local}_{unique}",
        label=label,
        stamp=stamp,
    )


class Fate(enum.Enum):
    """What becomes of the build directory."""

    REMOVED = "removed"
    KEPT = "kept"


def fate_after_failure(stage: PipelineStage, *, exit_code: int, is_new: bool) -> Fate:
    """What becomes of the build directory when `stage` failed with `exit_code`.

    It goes only if the clips were refused before any of them was worked on (`prepare_bodycam` ended with 1) and this
    run made it (`is_new`). Otherwise hours of work may be in it: it is kept, to be resumed or looked at.
    """
    was_refused = stage is PipelineStage.PREPARE and exit_code == 1
    return Fate.REMOVED if was_refused and is_new else Fate.KEPT


def bound_bytes(*, input_bytes: int, usable_bytes: int | None) -> int:
    """The most that the outputs can take: clips that fit are copied, others are encoded to what fits.

    `usable_bytes` is None while it is not known (the drive has not been asked).
    """
    return input_bytes if usable_bytes is None else min(input_bytes, usable_bytes)


def image_bound_bytes(output_bytes: int, *, output_count: int) -> int:
    """The most that the image of such outputs can take."""
    return output_bytes + image_overhead_bytes(output_count)


@attrs.frozen
class Need:
    """Room that one thing will take on one file system (`device` is its opaque name, `place` a path on it)."""

    what: str
    place: PurePath
    device: str
    size_bytes: int


def shortages(needs: Sequence[Need], *, free_bytes: Mapping[str, int]) -> tuple[str, ...]:
    """One sentence for each file system that has too little room for everything together that goes to it."""
    found = []
    for device in dict.fromkeys(need.device for need in needs):
        here = [need for need in needs if need.device == device]
        total = sum(need.size_bytes for need in here)
        if total > free_bytes[device]:
            things = " and ".join(need.what for need in here)
            figures = f"{total:,} bytes needed, {free_bytes[device]:,} bytes free"
            found.append(f"Not enough free space at {here[0].place} for {things}: {figures}")
    return tuple(found)


def next_step(stage: PipelineStage, *, build_dir: PurePath, image: PurePath) -> str:
    """How to go on after `stage` failed or was stopped and the build directory was kept."""
    if stage is PipelineStage.BURN:
        return f"The image is complete: burn it with burn_iso --iso-path '{image}'"
    if stage is PipelineStage.RELEASE:
        again = f"prepare_bodycam --resume '{build_dir / COMPLETED_NAME}' --delete-originals yes"
        return f"The disc is done; originals that are left go with {again}, then the build directory with cleanup"
    if stage is PipelineStage.CLEAN:
        return f"The disc is done; only the build directory is left: {build_dir}"
    return f"To go on from there: run_bodycam_pipeline --prep-resume '{build_dir / 'progress.json'}'"
