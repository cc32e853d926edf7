"""Composition root, shared part: the workspace drive, where logs and images are kept."""

import os
from pathlib import Path

ROOT = Path("/Volumes/Sabrent Rocket XTRM-Q 2TB")
"""The workspace if neither `--root` nor `CAMVAULT_ROOT` names another one."""

ROOT_VARIABLE = "CAMVAULT_ROOT"


def configured_root() -> Path:
    """The workspace of this environment."""
    return Path(os.environ.get(ROOT_VARIABLE) or ROOT)


def guarded_folders(*more: Path | None) -> tuple[Path, ...]:
    """What no cleaning may ever remove: home, the workspace, the current folder, and `more`."""
    folders = [Path.home(), configured_root(), ROOT, Path.cwd(), *more]
    return tuple(folder.absolute() for folder in folders if folder is not None)
