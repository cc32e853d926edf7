"""Pure: the names of what one run of the body-cam pipeline makes in the workspace."""

from datetime import UTC, datetime
from pathlib import PurePath

import attrs


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
