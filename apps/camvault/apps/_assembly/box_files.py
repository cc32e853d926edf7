"""Composition root, shared part: the files that a dashcam box is set up with, for its configuration."""

import re
from importlib.resources import files
from pathlib import PurePath

from camvault.adapters.systemd.quoting import argument, quoted
from camvault.core.dashcam.configuration import BoxConfig
from camvault.ports.errors import UsageError

UNIT = "camera_service.service"
LOGROTATE = "camera_service.logrotate"
FOR_A_CONFIGURATION = (UNIT, LOGROTATE)
"""Paths of the configuration stand in these."""
_FOLDER = files("camvault.apps._box")


def box_files() -> tuple[str, ...]:
    """The names of the files there are."""
    return tuple(sorted(file.name for file in _FOLDER.iterdir() if file.is_file() and not file.name.endswith(".py")))


def shipped_text(name: str) -> str:
    """The file as it is shipped."""
    return (_FOLDER / name).read_text("utf-8")


def filled_text(name: str, config: BoxConfig, *, config_path: PurePath, programs: PurePath) -> str:
    """The file with the paths of a configuration and of the commands.

    Raises:
        UsageError: A path cannot stand in such a file.
    """
    try:
        if name == LOGROTATE:
            values = {"@LOG@": _for_logrotate(config.paths.log_path)}
        else:
            values = {
                "@PROGRAM@": argument(str(programs / "camera_service")),
                "@CONFIG@": argument(str(config_path)),
                "@STAGING@": quoted(config.paths.local_staging),
                "@WRITABLE@": " ".join(quoted(f"-{folder}") for folder in _writable(config)),
            }
    except ValueError as error:
        raise UsageError(str(error)) from error
    return re.sub("@[A-Z]+@", lambda mark: values[mark[0]], shipped_text(name))


def _writable(config: BoxConfig) -> tuple[PurePath, ...]:
    """The folders that the service makes something in. What is not there yet is left out by systemd."""
    paths, upload = config.paths, config.upload
    folders = [
        PurePath(paths.local_staging),
        PurePath(paths.log_path).parent,
        PurePath(config.camera.mount_base).parent,
    ]
    if upload.is_here:
        folders.append(PurePath(upload.dest_path))
    if upload.rclone_config:  # rclone renews its tokens there
        folders.append(PurePath(upload.rclone_config).parent)
    return tuple(dict.fromkeys(folders))


def _for_logrotate(path: str) -> str:
    """`path` in quotes; logrotate knows no escapes in them, and takes it for a pattern."""
    if set(path) & set('"*?[]{}\\\n'):
        raise ValueError(f'paths.log_path: found {path!a}, expected a path without " * ? [ ] {{ }} \\, for logrotate')
    return f'"{path}"'
