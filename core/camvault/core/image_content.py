"""Pure: what of a folder goes onto the disc.

Everything, except what camvault keeps there for itself: unfinished files, and in a build directory of ours its marker
and its progress files.
"""

from pathlib import PurePosixPath

from camvault.core.build_dir import MARKER_NAME, PROGRESS_NAMES
from camvault.core.naming import is_temporary


def is_left_out(path: PurePosixPath, *, is_build_dir: bool) -> bool:
    """Whether `path`, relative to the folder, stays off the disc. `is_build_dir`: our marker is in the folder."""
    if is_temporary(path.name):
        return True
    return is_build_dir and path.parent == PurePosixPath() and path.name in (MARKER_NAME, *PROGRESS_NAMES)
