"""Adapter for genisoimage, pure part: the command line, and which files its trees hold exactly."""

import re
from collections.abc import Iterable
from pathlib import PurePath, PurePosixPath

FILE_BYTES_MAX = (1 << 32) - 1
"""Above, it aborts; with `-allow-limited-size` ISO 9660 silently holds the size modulo 2^32 (measured)."""
FOLDERS_DEEP_MAX = 6
"""Below the eighth level, ISO 9660 folders are moved to `rr_moved`. Source: ECMA-119 6.8.2.1."""
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


def why_not(path: PurePosixPath, size_bytes: int = 0, *, is_folder: bool = False) -> str | None:
    """Why an entry would not be held exactly; None if it would."""
    if size_bytes > FILE_BYTES_MAX:
        return f"{path}: {size_bytes:,} bytes, its ISO 9660 tree holds files below 4 GiB only"
    if len(path.parts) - (not is_folder) > FOLDERS_DEEP_MAX:
        return f"{path}: it would move folders that are more than {FOLDERS_DEEP_MAX} deep"
    if not _NAME.fullmatch(path.name):
        return f"{path}: it would change the name in the UDF tree"
    return None
