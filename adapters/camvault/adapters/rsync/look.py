"""Adapter for rsync: a program that looks at a mounted target, so that the job itself never waits for it without limit.

A read of a network file system whose server is gone can hang in the kernel, where no signal ends it. The process that
reads hangs with it: that is this program, and the job goes on without it. The program is started by its path, imports
nothing but the standard library, reads one request (JSON) from stdin and writes one line of JSON for each answer, as
soon as it has it.
"""

# Plain `os`: it is started often, on small machines, and pathlib would be half of its start
# ruff: noqa: PTH100, PTH102, PTH105, PTH112, PTH116, PTH118, PTH120, PTH121, PTH123

import errno
import importlib
import json
import mmap
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from camvault.adapters._shared import medium, unions
else:  # started by its path: a module beside ours, and nothing that it needs
    sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "_shared"))
    medium, unions = importlib.import_module("medium"), importlib.import_module("unions")

_MARKER_BYTES = 64 * 1024
_BLOCK_BYTES = 64 * 1024
_UNITS_NS = (1, 100, 1_000, 1_000_000, 1_000_000_000, 2_000_000_000)
"""What file systems round times down to: ext4, NTFS, UDF, exFAT and others, ext3, FAT."""
_SIGHTS = {medium.MEDIUM: "same", medium.CACHE: "cached", medium.HELD: "held"}
"""What an equal file is, by where it was read from. The page cache still holds what the medium has lost."""


def answers(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the request asks for; `error` in an answer is what the system said."""
    work: dict[str, Callable[[Mapping[str, Any]], Iterator[dict[str, Any]]]]
    work = {"status": _status, "mark": _mark, "digest": _digests, "stand": _stands, "apart": _apart}
    yield from work[request["work"]](request)


def _status(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Is the folder there, on which file system, and what does its marker say? Each as soon as it is known."""
    folder = os.path.realpath(request["folder"])
    yield {"resolved": folder}
    is_there = _is_there(folder)  # also wakes an automount
    yield {"is_there": is_there}
    yield {
        "is_parent_there": _is_there(os.path.dirname(folder)),
        "marker": _text(os.path.join(folder, request["marker"])) if is_there else "",
        "device": _device_of(folder),
        "own_device": _device_of("/"),
        "beside_device": _device_of(request["beside"]) if request["beside"] else "",
    }


def _is_there(path: str) -> bool:
    """False only if the system says so."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read(_MARKER_BYTES).strip()
    except FileNotFoundError:
        return ""


def _device_of(path: str) -> str:
    device = os.stat(_existing(path)).st_dev
    return f"{os.major(device)}:{os.minor(device)}"


def _existing(path: str) -> str:
    """The path, or the deepest folder above it that is there."""
    while not _is_there(path):
        path = os.path.dirname(path)
    return path


def _mark(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Make the folder if only it is missing, and the marker in it, durably."""
    folder = request["folder"]
    if not os.path.isdir(folder):
        os.mkdir(folder)
        _fsync_folder(os.path.dirname(folder))
    target = os.path.join(folder, request["marker"])
    temporary = f"{target}.{os.getpid()}.camvault-part"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        os.write(descriptor, request["text"].encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(temporary, target)
    _fsync_folder(folder)
    yield {}


def _fsync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # a file system that knows no such thing
            raise
    finally:
        os.close(descriptor)


# --- content ---------------------------------------------------------------------------------------------------------


def _digests(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The hash of each file as the target has it; a file that is here too (a link, a bind mount) proves nothing."""
    for number, path in enumerate(request["paths"]):
        here, there = os.path.join(request["root"], path), os.path.join(request["folder"], path)
        try:
            if _is_there(here) and os.path.samefile(here, there):
                yield {"number": number, "error": "it is the same file as the one here"}
                continue
            sha256, how = medium.digest(there)
        except OSError as error:
            yield {"number": number, "error": error.strerror or str(error)}
        else:
            yield {"number": number, "sha256": sha256, "how": how}


# --- is it another file than the one here? ---------------------------------------------------------------------------


def _apart(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Whether each file there is another one than the one here (`unions`)."""
    told: dict[str, str] = {}
    for number, path in enumerate(request["paths"]):
        here, there = os.path.join(request["root"], path), os.path.join(request["folder"], path)
        folder = os.path.dirname(path)
        try:
            if folder not in told:
                told[folder] = unions.folders_apart(os.path.dirname(here), os.path.dirname(there))
            apart = unions.files_apart(here, there) if told[folder] == unions.UNSURE else told[folder]
        except OSError as error:
            yield {"number": number, "error": error.strerror or str(error)}
        else:
            yield {"number": number, "apart": apart}


# --- does it still stand there? --------------------------------------------------------------------------------------


def _stands(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """How each file stands there, in the words of `Sight`; an error says that this is not known."""
    for number, (path, size_bytes) in enumerate(request["files"]):
        here, there = os.path.join(request["root"], path), os.path.join(request["folder"], path)
        try:
            yield {"number": number, "sight": _sight(here, there, size_bytes, is_read=request["is_read"])}
        except OSError as error:
            yield {"number": number, "error": error.strerror or str(error)}


def _sight(here: str, there: str, size_bytes: int, *, is_read: bool) -> str:
    """By all of its content, if that is asked for, if its time is another one, or if only a cache gives its blocks."""
    try:
        found = os.lstat(there)
    except (FileNotFoundError, NotADirectoryError):
        return "gone"
    own = os.lstat(here)
    if not stat.S_ISREG(found.st_mode) or found.st_size != size_bytes or os.path.samestat(found, own):
        return "other"
    if not is_read and any(found.st_mtime_ns == own.st_mtime_ns // unit * unit for unit in _UNITS_NS):
        blocks, how = _blocks(there)
        if how == medium.MEDIUM:
            return "same" if blocks == _blocks(here)[0] else "other"
    digest, how = medium.digest(there)
    if how == medium.MEMORY and size_bytes:  # what has no content is asked for by its name
        raise OSError(errno.EIO, "it is in the memory of this machine")
    if digest != medium.digest(here)[0]:
        return "other"
    return _SIGHTS[how] if size_bytes else "same"


def _blocks(path: str) -> tuple[list[bytes], str]:
    """The first, the middle and the last block of a file, and where they were read from, as for `_digest`.

    Raises:
        OSError: One of them cannot be read, or is not there.
    """
    descriptor, found = medium.opened(path)
    try:
        how = medium.past_the_cache(descriptor, os.path.realpath(path))
        last = max(found.st_size - 1, 0) // _BLOCK_BYTES
        blocks = [_block(descriptor, number * _BLOCK_BYTES) for number in sorted({0, last // 2, last})]
    finally:
        os.close(descriptor)
    return blocks, how


def _block(descriptor: int, offset: int) -> bytes:
    with mmap.mmap(-1, _BLOCK_BYTES) as memory, memoryview(memory) as buffer:
        return bytes(buffer[: os.preadv(descriptor, [buffer], offset)])


def main() -> int:
    """Answer the request on stdin."""
    try:
        for answer in answers(json.loads(sys.stdin.buffer.read())):
            sys.stdout.write(f"{json.dumps(answer)}\n")
            sys.stdout.flush()
    except OSError as error:
        sys.stdout.write(f"{json.dumps({'error': error.strerror or str(error), 'errno': error.errno or 0})}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
