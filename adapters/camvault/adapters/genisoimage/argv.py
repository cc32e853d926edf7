"""Adapter for genisoimage, pure part: the command line, and which files its trees hold exactly."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import PurePath, PurePosixPath

FILE_BYTES_MAX = (1 << 32) - 1
"""Above, it aborts; with `-allow-limited-size` ISO 9660 silently holds the size modulo 2^32 (measured)."""
FOLDERS_DEEP_MAX = 6
"""Below the eighth level, ISO 9660 folders are moved to `rr_moved`. Source: ECMA-119 6.8.2.1."""
YEARS = range(1900, 2028)
"""Earlier years become later ones; from 2028 on, both trees say a day later: the zone is -24 h (measured, 1.1.11)."""
_SECONDS = range(*(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (YEARS.start, YEARS.stop)))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS = 1_000_000_000
_NAME = re.compile(r'[^\x00-\x1f\x7f*/:;?\\="<>|\ud800-\udfff\U00010000-\U0010ffff]{1,103}')
"""UDF gets the names of `-joliet-long`: 103 UCS-2 units, `*/:;?\\` as `_`; `=` and `\\` mean something in a list."""


def build_argv(program: PurePath, *, label: str, target: PurePath | None) -> tuple[str, ...]:
    """Make an image of the path list on stdin; `target` None: only print its size in sectors."""
    output = ("-quiet", "-print-size") if target is None else ("-o", str(target))
    trees = ("-iso-level", "3", "-udf", "-J", "-joliet-long", "-r", "-input-charset", "utf-8")
    return (str(program), *trees, "-V", label, *output, "-graft-points", "-path-list", "-")


def version_argv(program: PurePath) -> tuple[str, ...]:
    """Print the version."""
    return (str(program), "--version")


def path_list(entries: Iterable[tuple[PurePosixPath, PurePath]]) -> bytes:
    """One `path in the image=source` a line; of a folder, only an empty one."""
    return "".join(f"{path}={_escaped(source)}\n" for path, source in entries).encode("utf-8", "surrogateescape")


def _escaped(source: PurePath) -> str:
    return str(source).replace("\\", "\\\\").replace("=", "\\=")


def why_not(path: PurePosixPath, size_bytes: int = 0, mtime_ns: int = 0, *, is_folder: bool = False) -> str | None:
    """Why an entry would not be held exactly; None if it would. No time of a folder is looked at."""
    if size_bytes > FILE_BYTES_MAX:
        return f"{path}: {size_bytes:,} bytes, its ISO 9660 tree holds files below 4 GiB only"
    if len(path.parts) - (not is_folder) > FOLDERS_DEEP_MAX:
        return f"{path}: it would move folders that are more than {FOLDERS_DEEP_MAX} deep"
    if not _NAME.fullmatch(path.name):
        return f"{path}: it would change the name in the UDF tree"
    if mtime_ns // _NS not in _SECONDS:
        return f"{path}: {_time_text(mtime_ns // _NS)}, it keeps times from {YEARS[0]} to {YEARS[-1]} only"
    return None


def _time_text(seconds: int) -> str:
    try:
        return f"changed {(_EPOCH + timedelta(seconds=seconds)).date()}"
    except OverflowError:  # file systems hold more years than a calendar
        return f"changed {seconds:,} s after 1970"
