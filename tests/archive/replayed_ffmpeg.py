"""A program that stands in for ffmpeg: what that said and made of one clip, it says and makes of all clips like it.

In its folder lie the real program, as `real`, and one folder for each command line, whose paths do not count. Of an
unknown command line the real program is asked while there is a file `learning`; without that it is an error. An archive
gets the last bytes of its source, so that no two are equal, and is written in two halves.

It is run as a program by its path, eight times a clip: it takes nothing from elsewhere, and little from the standard
library, because that would be most of its time.
"""

# ruff: noqa: PTH103, PTH110, PTH120, PTH123

import os
import sys
import time
import zlib

TAG_BYTES = 64
_FILE = "file:"
_HALF_S = 0.04


def main(folder: str, arguments: list[str]) -> int:
    """Answer as the real program did."""
    paths = list(dict.fromkeys(text[len(_FILE) :] for text in arguments if text.startswith(_FILE)))
    plain = [f"<{paths.index(text[len(_FILE) :])}>" if text.startswith(_FILE) else text for text in arguments]
    reply = f"{folder}/{zlib.crc32(chr(0).join(plain).encode()):08x}"
    target = paths[-1] if paths and arguments[-1] == _FILE + paths[-1] else None
    if not os.path.exists(reply):
        _learn(folder, reply, arguments, paths, target)
    if target is not None:
        made = _read(f"{reply}/made") + _read(paths[0])[-TAG_BYTES:]
        with open(target, "wb", buffering=0) as file:
            for half in (made[: len(made) // 2], made[len(made) // 2 :]):
                time.sleep(_HALF_S)
                file.write(half)
    for name, descriptor in (("out", 1), ("err", 2)):
        said = _read(f"{reply}/{name}")
        for number, path in enumerate(paths):
            said = said.replace(b"<path %d>" % number, path.encode())
        with open(descriptor, "wb", closefd=False) as stream:
            stream.write(said)
    return int(_read(f"{reply}/code"))


def _learn(folder: str, reply: str, arguments: list[str], paths: list[str], target: str | None) -> None:
    import subprocess  # noqa: PLC0415 - once

    if not os.path.exists(f"{folder}/learning"):
        raise SystemExit(f"nobody knows what ffmpeg says to {arguments}")
    real = f"{folder}/real"
    done = subprocess.run([real, *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    os.makedirs(reply)
    for name, heard in (("out", done.stdout), ("err", done.stderr)):
        said = heard
        for number, path in enumerate(paths):
            said = said.replace(path.encode(), b"<path %d>" % number)
        _write(f"{reply}/{name}", said)
    _write(f"{reply}/code", b"%d" % done.returncode)
    if target is not None:
        _write(f"{reply}/made", _read(target))


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


if __name__ == "__main__":
    sys.exit(main(os.path.dirname(__file__), sys.argv[1:]))
