"""Loaded by every Python that a test starts, before anything else: looks for the canary in each program it starts.

Looking into /proc from outside misses what lives for milliseconds; this sees the arguments and the environment of every
program, because Python itself announces them. It knows what to look for from a file: an environment variable with the
word would be a leak of its own.

Nothing is imported but what every Python has loaded: what a program imports is tested.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

MAY_HOLD = (("SMTP_PASS", "monitor_recordings"),)
"""Variables that a program must hold, because the specification hands the mail password over that way: only itself."""
MAY_SHOW = (("--password", "record_camera"),)
"""Options whose value a program must be given, because the specification has them: only itself."""


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else os.fsencode(str(value))


class Looker:
    """Looks at what is started, and writes a file for each hit: kind, place and encoding, a line each."""

    def __init__(self, folder: str) -> None:
        """Read what to look for."""
        self.folder = folder
        self.count = 0
        with open(os.path.join(folder, "needles"), "rb") as file:  # noqa: PTH118, PTH123 - pathlib is not loaded yet
            lines = file.read().splitlines()
        self.needles = [(name.decode(), bytes.fromhex(needle.decode())) for name, needle in
                        (line.split(b"\t") for line in lines)]  # fmt: skip

    def encodings(self, data: bytes) -> list[str]:
        """The encodings in which the word is in there."""
        return [name for name, needle in self.needles if needle in data]

    def note(self, kind: str, place: str, encoding: str) -> None:
        """Write down a hit."""
        self.count += 1
        path = os.path.join(self.folder, f"hit-{os.getpid()}-{self.count}")  # noqa: PTH118
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, f"{kind}\n{place}\n{encoding}".encode("utf-8", "replace"))
        os.close(descriptor)

    def look(self, argv: Iterable[Any], environment: Mapping[Any, Any]) -> None:
        """Look at a program that is started, or was."""
        words = [_bytes(word) for word in argv]
        program = shown(words)
        for number, word in enumerate(words):
            if may_show(number, words):
                continue
            for encoding in self.encodings(word):
                self.note("argv", f"{program}, argument {number}", encoding)
        for key, value in environment.items():
            for encoding in self.encodings(_bytes(key) + b"=" + _bytes(value)):
                if not may_hold(_bytes(key), words):
                    self.note("environ", f"{program}, {os.fsdecode(_bytes(key))}", encoding)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """See `sys.addaudithook`; the names and arguments are those of the table of audit events."""
        if event == "subprocess.Popen":
            executable, argv, _folder, environment = arguments
            words = [argv] if isinstance(argv, str | bytes | os.PathLike) else argv
            self.look(words or [executable], os.environ if environment is None else environment)
        elif event in {"os.exec", "os.posix_spawn"}:
            _path, argv, environment = arguments
            self.look(argv, os.environ if environment is None else environment)
        elif event == "os.system":
            self.look(["sh", arguments[0]], os.environ)


def shown(argv: list[bytes]) -> str:
    """A program without its arguments: what it is called, and for Python which module it runs."""
    name = os.path.basename(os.fsdecode(argv[0])) if argv else "?"  # noqa: PTH119
    if b"-m" not in argv[:-1]:
        return name
    return f"{name} -m {os.fsdecode(argv[argv.index(b'-m') + 1])}"


def may_hold(key: bytes, argv: list[bytes]) -> bool:
    """Whether this program must have this variable."""
    start = b"\0".join(argv[:4])
    return any(key == name.encode() and program.encode() in start for name, program in MAY_HOLD)


def may_show(number: int, argv: list[bytes]) -> bool:
    """Whether this argument is one that this program must be given."""
    before, start = argv[max(number - 1, 0)], b"\0".join(argv[:4])
    return any(before == option.encode() and program.encode() in start for option, program in MAY_SHOW)


def _begin() -> None:
    folder = os.environ.get("CAMVAULT_CANARY")
    if folder is None or not os.path.exists(os.path.join(folder, "needles")):  # noqa: PTH110, PTH118
        return
    looker = Looker(folder)
    looker.look(sys.orig_argv, os.environ)
    sys.addaudithook(looker.audit)


_begin()
