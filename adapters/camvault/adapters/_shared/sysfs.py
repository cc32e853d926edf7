"""Private to adapters: files of the kernel below /sys. What is not there is "", and every other failure is an error."""

import os
from pathlib import Path, PurePath

import attrs

_ROOT = PurePath("/sys")


@attrs.frozen
class Sysfs:
    """Reads and writes attributes below `root`."""

    root: PurePath = _ROOT

    def is_there(self, path: PurePath) -> bool:
        """Whether it exists, links followed.

        Raises:
            OSError: That cannot be told.
        """
        try:
            Path(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def text(self, path: PurePath) -> str:
        """One attribute without white space around it; "" if there is no such attribute.

        Raises:
            OSError: It cannot be read.
        """
        try:
            return Path(path).read_bytes().decode("utf-8", "replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            return ""

    def write(self, path: PurePath, text: str) -> None:
        """Write one attribute that is there.

        Raises:
            OSError: It is not there, or the kernel refuses.
        """
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
        try:
            os.write(descriptor, f"{text}\n".encode())
        finally:
            os.close(descriptor)

    def names(self, folder: PurePath) -> tuple[str, ...]:
        """What is in a folder; nothing if it does not exist.

        Raises:
            OSError: It cannot be listed.
        """
        try:
            return tuple(sorted(entry.name for entry in Path(folder).iterdir()))
        except (FileNotFoundError, NotADirectoryError):
            return ()


def is_below(path: PurePath, folder: PurePath) -> bool:
    """Whether `path` is `folder` or lies in it, with the links of both followed."""
    return PurePath(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def words_of(error: OSError) -> str:
    """What the system said, and of which file."""
    said = error.strerror or str(error)
    return f"{error.filename}: {said}" if error.filename else said
