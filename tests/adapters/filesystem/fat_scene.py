"""Runs in the rig's guest: makes one durable change on a freshly mounted stick and cuts the stick's power at once.

    python3 -m tests.adapters.filesystem.fat_scene CHANGE STICK

Before the cut it prints what was acknowledged; the kernel's own writing back is switched off, so that nothing reaches
the stick that was not asked for.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.system import EventCancellation
from camvault.ports.errors import ExistsError, NoSpaceError, StorageError

STORAGE, CANCEL = LocalStorage(), EventCancellation()
CONTENT = b"footage!" * 50_000


def ignore(_: int) -> None:
    """Progress that nobody wants to see."""


def copy(stick: Path) -> None:
    """A new file."""
    source = Path("/tmp/clip.mp4")
    source.write_bytes(CONTENT)
    copied = STORAGE.copy(source, target=stick / "file", on_bytes=ignore, cancel=CANCEL)
    entry = STORAGE.entry(stick / "file")
    assert entry is not None
    assert entry.identity == copied.identity


def publish(stick: Path) -> None:
    """What another program wrote."""
    (stick / ".part").write_bytes(CONTENT)
    STORAGE.publish(stick / ".part", target=stick / "file")


def write_text(stick: Path) -> None:
    """A record."""
    STORAGE.write_text(stick / "file", "old")
    STORAGE.write_text(stick / "file", CONTENT.decode())


def append_line(stick: Path) -> None:
    """A line of a log."""
    STORAGE.append_line(stick / "file", CONTENT.decode()[:-1])


def refuse(stick: Path) -> None:
    """What is refused leaves the file as it was: a name that is taken, a file that does not fit."""
    copy(stick)
    other = Path("/tmp/other")
    other.write_bytes(b"x")
    _assert_refused(ExistsError, lambda: STORAGE.copy(other, target=stick / "file", on_bytes=ignore, cancel=CANCEL))
    with other.open("wb") as file:
        file.truncate(STORAGE.free_bytes(stick) + 1024 * 1024)
    _assert_refused(NoSpaceError, lambda: STORAGE.copy(other, target=stick / "big", on_bytes=ignore, cancel=CANCEL))
    assert [entry.path.name for entry in STORAGE.scan(stick)] == ["file"]


def _assert_refused(kind: type[StorageError], action: Callable[[], object]) -> None:
    try:
        action()
    except kind:
        return
    raise AssertionError(kind)


def main(change: str, stick: Path) -> None:
    """Make the change, cut the power."""
    Path("/proc/sys/vm/dirty_writeback_centisecs").write_text("0")
    {"copy": copy, "publish": publish, "write_text": write_text, "append_line": append_line, "refuse": refuse}[change](
        stick
    )
    subprocess.run(["uhubctl", "-l", "1-1", "-p", "2", "-a", "off"], check=True, capture_output=True)
    sys.stdout.write("acknowledged\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
