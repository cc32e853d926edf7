"""Composition root, shared part: the workspace, where logs and images are kept."""

import os
import sys
from pathlib import Path

ROOT = Path("/Volumes/Sabrent Rocket XTRM-Q 2TB")
"""The workspace on macOS if neither `--root` nor `CAMVAULT_ROOT` names another one: the specification's drive."""

ROOT_VARIABLE = "CAMVAULT_ROOT"
DEFAULT_WORDS = f"{ROOT} on macOS, elsewhere $XDG_DATA_HOME/camvault or ~/.local/share/camvault"


def default_root() -> Path:
    """The workspace if none is named.

    On other systems than macOS there is no `/Volumes`; there, the workspace is a folder for the user's data.
    Source: XDG Base Directory Specification, which also says that a relative path in the variable is to be ignored.
    """
    if sys.platform == "darwin":
        return ROOT
    configured = Path(os.environ.get("XDG_DATA_HOME", ""))
    folder = configured if configured.is_absolute() else Path.home() / ".local" / "share"
    return folder / "camvault"


def is_made_if_missing() -> bool:
    """Whether the default workspace is made; a drive that is not mounted never is."""
    return sys.platform != "darwin"


def configured_root() -> Path:
    """The workspace of this environment."""
    return Path(os.environ.get(ROOT_VARIABLE) or default_root())


def guarded_folders(*more: Path | None) -> tuple[Path, ...]:
    """What no cleaning may ever remove: home, the workspace, the current folder, and `more`."""
    folders = [Path.home(), configured_root(), ROOT, Path.cwd(), *more]
    return tuple(folder.absolute() for folder in folders if folder is not None)
