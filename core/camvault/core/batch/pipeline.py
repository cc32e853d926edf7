"""Pure: the names of a run of the body-cam pipeline, and what becomes of its build directory."""

import enum
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath

import attrs

from camvault.core.capacity.budget import image_overhead_bytes


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


def kept_free_bytes(wished_bytes: int, *, clip_count: int) -> int:
    """What stays free of the disc: at least what the image needs beside its files, whatever the user says."""
    return max(wished_bytes, image_overhead_bytes(clip_count))


def bound_bytes(*, input_bytes: int | None, usable_bytes: int | None) -> int:
    """The most that the outputs can take: clips that fit are copied, others are encoded to what fits.

    None for what is not known (the drive has not been asked, a progress file does not say it).
    """
    return min((size for size in (input_bytes, usable_bytes) if size is not None), default=0)


def least_image_bytes(*, input_bytes: int | None, usable_bytes: int | None) -> int:
    """What the image takes in any case: clips that are copied, or encodes that are made to fill what is usable.

    0 where that is not known.
    """
    return 0 if input_bytes is None or usable_bytes is None else min(input_bytes, usable_bytes)


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


class Way(enum.Enum):
    """What the user can do after a run that did not come to its end; each is a command, or two."""

    START = "start"
    RESUME = "resume"
    BURN = "burn"
    RELEASE = "release"
    CLEAN = "clean"


@attrs.frozen
class NextStep:
    """A sentence, and what is to be done; None where no command would help."""

    words: str
    way: Way | None = None


def next_step(
    stage: PipelineStage, *, exit_code: int | None, is_begun: bool, is_image_good: bool, is_deleting: bool
) -> NextStep:
    """How to go on after `stage` failed with `exit_code` (None: it was stopped), and the build directory was kept.

    `is_begun`: there is a progress file; `is_image_good`: the image still is what was made; `is_deleting`: originals
    are to go, which only a run that reads the disc back may do.
    """
    if stage in _AFTER_THE_DISC:
        return _AFTER_THE_DISC[stage]
    if stage is PipelineStage.BURN and is_image_good and not is_deleting:
        return NextStep("The image is complete. To burn it, and then remove the build directory:", Way.BURN)
    if stage is PipelineStage.PREPARE and exit_code == _TOO_BIG:
        return NextStep("All outputs are there, but they do not fit: start anew with a larger disc or with fewer clips")
    if stage is PipelineStage.PREPARE and exit_code == _NO_RECORD:
        return NextStep("Leave out the flags that contradict the progress file, or start anew with the clips")
    if not is_begun:
        return NextStep("Nothing was begun. To start again:", Way.START)
    return NextStep("To go on from there:", Way.RESUME)


_AFTER_THE_DISC = {
    PipelineStage.RELEASE: NextStep(
        "The disc is done. Originals that are left go, and then the build directory, with", Way.RELEASE
    ),
    PipelineStage.CLEAN: NextStep(
        "The disc is done. Once nothing speaks against it, the build directory goes with", Way.CLEAN
    ),
}
_TOO_BIG = 2
_NO_RECORD = 3
"""What `prepare_bodycam` ends with."""
