"""Composition root, shared part: whether `--logfile` names something that the other flags name as well."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from camvault.adapters.reporting.place import is_inside, refusal
from camvault.ports.errors import UsageError

_DEVICE = "device"


def check_log_place(logfile: Path, values: Mapping[str, Any]) -> None:
    """Refuse a log in the build directory, and one that is no log but an input, an image or a disc.

    `values` are the values of the command's flags by field name.

    Raises:
        UsageError: "Cannot write logfile"; nothing was opened.
    """
    problem = refusal(logfile, given=tuple(_paths(values)))
    root = _build_dir(values)
    if problem is None and root is not None and is_inside(logfile, root):
        problem = f"{logfile} lies in the build directory {root}; a log that lies in it would go with it"
    if problem is not None:
        raise UsageError(f"Cannot write logfile: {problem}")


def _build_dir(values: Mapping[str, Any]) -> Path | None:
    build_dir, resume = values.get("build_dir"), values.get("resume")
    if isinstance(build_dir, Path):
        return build_dir
    return resume.parent if isinstance(resume, Path) else None


def _paths(values: Mapping[str, Any]) -> Iterator[Path]:
    """Every path among the values."""
    for name, value in values.items():
        for item in value if isinstance(value, list | tuple) else (value,):
            if isinstance(item, Path):
                yield item
            elif isinstance(item, str) and name == _DEVICE:
                yield _device_path(item)


def _device_path(device: str) -> Path:
    from camvault.core.disc.burner_choice import DISC_FILE_PREFIX  # noqa: PLC0415 - not every command knows of discs

    if not device.startswith(DISC_FILE_PREFIX):
        return Path(device)
    from camvault.adapters.discfile import parse_device  # noqa: PLC0415
    from camvault.ports.errors import CamvaultError  # noqa: PLC0415

    try:
        return Path(parse_device(device).path)
    except CamvaultError:  # the command itself says what is wrong with it
        return Path(device.removeprefix(DISC_FILE_PREFIX))
