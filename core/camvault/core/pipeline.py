"""Pure: the names of a run of the body-cam pipeline, and what becomes of its build directory."""

import enum
from datetime import UTC, datetime
from pathlib import PurePath

import attrs


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


def run_names(root: PurePath, *, at: datetime, attempt: int, unique: str) -> RunNames:
    """The names of the run that began at `at` (aware, local). The second run of one second is attempt 2, and so on.

    `unique` is a random text for the build directory's name.
    """
    suffix = f"-{attempt}" if attempt > 1 else ""
    local = f"{at:%Y%m%dT%H%M%S}"
    label = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}{suffix}"
    return RunNames(
        log=root / "logs" / f"BodyCam-Reencode-{local}{suffix}.log",
        image=root / "images" / f"{label}.iso",
        build_dir=root / "images" / f"bodycam_{local}_{unique}",
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
