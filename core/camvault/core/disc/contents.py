"""Pure: which files of a folder go onto the disc.

All of them, except those that camvault keeps for itself: unfinished files; and in a build directory of camvault the
marker, the progress files, and foreign files that were set aside.
"""

from pathlib import PurePosixPath

from camvault.core.batch.build_dir import ASIDE_PREFIX, PROGRESS_NAMES
from camvault.core.batch.marker import BUILD_MARKER_NAME
from camvault.core.batch.names import is_temporary


def is_left_out(path: PurePosixPath, *, is_build_dir: bool) -> bool:
    """Whether `path`, relative to the folder, stays off the disc. `is_build_dir`: the folder has the marker."""
    if is_temporary(path.name):
        return True
    is_own = path.name in (BUILD_MARKER_NAME, *PROGRESS_NAMES) or path.name.startswith(ASIDE_PREFIX)
    return is_build_dir and path.parent == PurePosixPath() and is_own
