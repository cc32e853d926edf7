"""Runs in the rig's guest on a freshly mounted stick: writes in every durable way, prints what was acknowledged.

python3 -m tests.filesystem.fat_scene STICK
"""

import json
import sys
from pathlib import Path

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.system import EventCancellation
from camvault.ports.errors import ExistsError, NoSpaceError

STORAGE, CANCEL = LocalStorage(), EventCancellation()


def ignore(_: int) -> None:
    """Progress that nobody wants to see."""


def main(stick: Path) -> None:
    """Do all of it; no sync, no unmount."""
    source = Path("/tmp/clip.mp4")
    source.write_bytes(b"footage!" * 50_000)
    copied = STORAGE.copy(source, target=stick / "copied.mp4", on_bytes=ignore, cancel=CANCEL)
    (stick / ".encoded.part").write_bytes(b"encoded!" * 40_000)
    STORAGE.publish(stick / ".encoded.part", target=stick / "encoded.mp4")
    STORAGE.write_text(stick / "progress.json", "old")
    STORAGE.write_text(stick / "progress.json", "new")
    STORAGE.append_line(stick / "log", "one")
    STORAGE.append_line(stick / "log", "two")
    refused = []
    for target, error, content in (("copied.mp4", ExistsError, b"x"), ("big", NoSpaceError, None)):
        other = Path("/tmp/other")
        if content is None:
            with other.open("wb") as file:
                file.truncate(STORAGE.free_bytes(stick) + 1024 * 1024)
        else:
            other.write_bytes(content)
        try:
            STORAGE.copy(other, target=stick / target, on_bytes=ignore, cancel=CANCEL)
        except error as found:
            refused.append(type(found).__name__)
    digests = {
        name: STORAGE.digest(stick / name, on_bytes=ignore, cancel=CANCEL) for name in ("copied.mp4", "encoded.mp4")
    }
    texts = {name: STORAGE.read_text(stick / name) for name in ("progress.json", "log")}
    names = [entry.path.name for entry in STORAGE.scan(stick)]
    entry = STORAGE.entry(stick / "copied.mp4")
    is_same = entry is not None and entry.identity == copied.identity and digests["copied.mp4"] == copied.sha256
    print(json.dumps({"refused": refused, "digests": digests, "texts": texts, "names": names, "is_same": is_same}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
