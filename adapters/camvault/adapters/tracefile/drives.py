"""Adapter for files of traces: the drives that are shipped, to try a configuration without a recorded one."""

from pathlib import Path, PurePath

DRIVES = ("battery-runs-out", "commute", "disturbed-bus")
"""The names of the drives: a battery that is used up; to work and back; a bus that gives garbage now and then."""


def drive_path(path: PurePath) -> Path:
    """The file of a trace: the shipped drive of that name, unless there is a file of it."""
    name = str(path)
    if name not in DRIVES or Path(path).exists():
        return Path(path)
    return Path(__file__).with_name("drives") / f"{name}.csv"
