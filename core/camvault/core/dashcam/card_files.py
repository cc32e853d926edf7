"""Pure: which of the files on a card are clips: all of them, but what operating systems leave there.

What a camera writes beside a clip (pictures, positions, sound) belongs to it, and no list of endings is complete; so
nothing is left out because of its ending.
"""

from pathlib import PurePosixPath

from camvault.core.free_names import folded
from camvault.core.retention.leftovers import UNFINISHED_SUFFIX

_SYSTEM_FOLDERS = frozenset(
    {
        *("system volume information", "$recycle.bin", "recycler", "recycled", "lost+found"),  # Windows, ext4
        *(".trashes", ".spotlight-v100", ".fseventsd", ".temporaryitems", ".documentrevisions-v100"),  # macOS
        "lost.dir",  # Android: what is in it has no name of a camera, and is not the camera's
    }
)
_SYSTEM_FILES = frozenset({".ds_store", ".apdisk", "thumbs.db", "desktop.ini", "autorun.inf", "indexervolumeguid"})
_APPLE_DOUBLE = "._"
"""What macOS writes beside a file on a file system that cannot keep its further properties."""
_OURS = ".camvault"


def is_system_folder(name: str) -> bool:
    """Whether an operating system, and no camera, makes a folder of this name. What is in it is not looked at."""
    plain = folded(name)
    return plain in _SYSTEM_FOLDERS or plain.startswith(".trash-")


def is_system_file(name: str) -> bool:
    """Whether an operating system, and no camera, makes a file of this name."""
    plain = folded(name)
    return plain in _SYSTEM_FILES or plain.startswith(_APPLE_DOUBLE)


def name_problem(path: PurePosixPath) -> str:
    """Why a clip cannot be staged under its path on the card; "" if it can."""
    if any(folded(part).startswith(_OURS) for part in path.parts) or path.name.endswith(UNFINISHED_SUFFIX):
        return f"{path} is not copied: camvault gives such names to files of its own"
    return ""


def is_below(path: PurePosixPath, folder: PurePosixPath) -> bool:
    """Whether a file is in the folder or below; names are compared as FAT does."""
    return tuple(map(folded, path.parts[: len(folder.parts)])) == tuple(map(folded, folder.parts))
