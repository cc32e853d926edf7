"""Pure: what of a folder goes onto the disc.

Everything, except what camvault keeps there for itself: unfinished files, and in a build directory of ours its marker,
its progress files, and what it took out of the way.
"""

from pathlib import PurePosixPath

from camvault.core.batch.build_dir import ASIDE_PREFIX, MARKER_NAME, PROGRESS_NAMES
from camvault.core.batch.names import is_temporary


def is_left_out(path: PurePosixPath, *, is_build_dir: bool) -> bool:
    """Whether `path`, relative to the folder, stays off the disc. `is_build_dir`: our marker is in the folder."""
    if is_temporary(path.name):
        return True
    is_own = path.name in (MARKER_NAME, *PROGRESS_NAMES) or path.name.startswith(ASIDE_PREFIX)
    return is_build_dir and path.parent == PurePosixPath() and is_own
