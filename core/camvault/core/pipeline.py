"""Pure: the names of a run of the body-cam pipeline, what becomes of its build directory, and the room it needs."""

import enum
from datetime import UTC, datetime
from pathlib import PurePath

import attrs

from camvault.ports.image import SECTOR_BYTES


class PipelineStage(enum.StrEnum):
    """The stages in their order; the value is what stands before each of their lines."""

    PREPARE = "prepare"
    IMAGE = "image"
    BURN = "burn"
    CLEAN = "clean"


@attrs.frozen
class RunNames:
    """Everything one run creates below the workspace. The label is the image's name without its suffix."""

    log: PurePath
    image: PurePath
    build_dir: PurePath
    label: str


def run_names(root: PurePath, *, at: datetime, attempt: int, token: str) -> RunNames:
    """The names of the run that began at `at` (aware, local). The second run of one second is attempt 2, and so on.

    `token` is a random text that makes the build directory's name unique.
    """
    suffix = f"-{attempt}" if attempt > 1 else ""
    local = f"{at:%Y%m%dT%H%M%S}"
    label = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}{suffix}"
    return RunNames(
        log=root / "logs" / f"BodyCam-Reencode-{local}{suffix}.log",
        image=root / "images" / f"{label}.iso",
        build_dir=root / "images" / f"bodycam_{local}_{token}",
        label=label,
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


def image_bound_bytes(output_bytes: int, *, output_count: int) -> int:
    """The image is never larger than this, for outputs of this total size: sectors rounded up, descriptors, names.

    Source: a bridge image without files takes below 1 MB, a file below 8 kB of records in both trees; measured on the
    builders of this project.
    """
    return output_bytes + output_count * (SECTOR_BYTES + 8_192) + 1_048_576
