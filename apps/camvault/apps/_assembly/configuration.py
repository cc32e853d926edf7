"""Composition root, shared part: cameras.json, backup.json and config.yaml, read and checked."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from camvault.adapters.jsonc import read_jsonc
from camvault.adapters.yamlfile import read_yaml
from camvault.core.checked_values import Checked
from camvault.core.dashcam.configuration import BoxConfig, read_box
from camvault.core.stations.configuration import BackupConfig, Camera, read_backup, read_cameras
from camvault.ports.errors import RecordError, UsageError

T = TypeVar("T")
D = TypeVar("D")


def backup_config(path: Path) -> BackupConfig:
    """What backup.json says.

    Raises:
        UsageError: The file cannot be read, or values are wrong; every problem is named.
    """
    return _checked(path, read_backup, flag="--backup_config", template="backup")


def cameras_config(path: Path) -> tuple[Camera, ...]:
    """The cameras of cameras.json.

    Raises:
        UsageError: As for `backup_config`.
    """
    return _checked(path, read_cameras, flag="--cameras_config", template="cameras")


def box_config(path: Path) -> BoxConfig:
    """The configuration of a dashcam box, with the defaults of what it leaves out.

    Raises:
        UsageError: As for `backup_config`.
    """
    if not path.exists():
        raise UsageError(f"{path}: No such file or directory; --config names the file")
    return checked_value(path, read_box, read_yaml)


def _checked(path: Path, read: Callable[[object], Checked[T]], *, flag: str, template: str) -> T:
    if not path.exists():
        hint = f"{flag} names the file, and service_helper --print-template {template} prints a template of it"
        raise UsageError(f"{path}: No such file or directory; {hint}")
    return checked_value(path, read, read_jsonc)


def checked_value(path: Path, read: Callable[[D], Checked[T]], read_document: Callable[[Path], D]) -> T:
    """What a file says.

    Args:
        path: The file.
        read: Checks a document.
        read_document: Reads the document.

    Raises:
        UsageError: It cannot be read, or something in it is wrong; every problem is named.
    """
    try:
        checked = read(read_document(path))
    except RecordError as error:
        raise UsageError(str(error)) from error
    if checked.value is None:
        first, *others = (f"{path}: {problem}" for problem in checked.problems)
        raise UsageError(first, tuple(others))
    return checked.value
