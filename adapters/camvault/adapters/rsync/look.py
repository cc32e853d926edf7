"""Adapter for rsync: a program that looks at a mounted target, so that nobody else has to wait for it.

A read of a network file system whose server is gone can hang in the kernel, where no signal ends it. Whoever touches
such a folder is lost with it; this program is, and the job goes on without it. It is started by its path, imports
nothing but the standard library, reads one request (JSON) from stdin and writes one line of JSON for each answer, as
soon as it has it.
"""

# Plain `os`: it is started often, on small machines, and pathlib would be half of its start
# ruff: noqa: PTH102, PTH105, PTH112, PTH116, PTH118, PTH120, PTH121, PTH123

import ctypes
import errno
import fcntl
import hashlib
import json
import mmap
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_BUFFER_BYTES = 1024 * 1024
_DIRECT = getattr(os, "O_DIRECT", 0)  # Linux only
_MEMORY_TYPES = frozenset({"tmpfs", "ramfs"})
"""They have no medium behind their memory."""

DIRECT = "direct"
"""Read past this machine's cache (O_DIRECT)."""
DROPPED = "dropped"
"""What this machine's cache held was written, thrown away, and seen to be gone before it was read."""
CACHED = "cached"
"""Written, but nobody can tell that it was not read from this machine's cache."""


def answers(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the request asks for; `error` in an answer is what the system said."""
    work: dict[str, Callable[[Mapping[str, Any]], Iterator[dict[str, Any]]]]
    work = {"status": _status, "mark": _mark, "digest": _digests, "stand": _stands}
    yield from work[request["work"]](request)


def _status(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Is the folder there, on which file system, and what does its marker say?"""
    folder = os.path.realpath(request["folder"])
    is_there = _is_there(folder)  # also wakes an automount
    yield {
        "resolved": folder,
        "is_there": is_there,
        "is_parent_there": _is_there(os.path.dirname(folder)),
        "number": _text(os.path.join(folder, request["marker"])) if is_there else "",
        "device": _device_of(folder),
        "own_device": _device_of("/"),
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
            return file.read(1024).strip()
    except FileNotFoundError:
        return ""


def _device_of(path: str) -> str:
    while not _is_there(path):
        path = os.path.dirname(path)
    device = os.stat(path).st_dev
    return f"{os.major(device)}:{os.minor(device)}"


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
        os.write(descriptor, request["number"].encode() + b"\n")
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
            sha256, how = _digest(there)
        except OSError as error:
            yield {"number": number, "error": error.strerror or str(error)}
        else:
            yield {"number": number, "sha256": sha256, "how": how}


def _digest(path: str) -> tuple[str, str]:
    """SHA-256 and how it was read.

    Raises:
        OSError: It cannot be read, is no regular file, or changed meanwhile.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        how = _past_the_cache(descriptor, path, before.st_size)
        digest, size_bytes = hashlib.sha256(), 0
        with mmap.mmap(-1, _BUFFER_BYTES) as memory, memoryview(memory) as buffer:
            while size_bytes < before.st_size and (count := os.readv(descriptor, [buffer])):
                digest.update(buffer[:count])
                size_bytes += count
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if size_bytes != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise OSError(errno.EIO, "it changed while it was read")
    return digest.hexdigest(), how


def _past_the_cache(descriptor: int, path: str, size_bytes: int) -> str:
    """See to it that the next reads come from the target, and say how sure that is."""
    try:
        os.fsync(descriptor)  # what is only in memory yet is no copy, and an error of writing is told here
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EROFS}:
            raise
    if _DIRECT and _is_direct(descriptor, size_bytes):
        return DIRECT
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    return DROPPED if _is_dropped(descriptor, size_bytes) or _is_memory(path) else CACHED


def _is_direct(descriptor: int, size_bytes: int) -> bool:
    """Whether this file can be read with O_DIRECT; if so, it is from now on."""
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | _DIRECT)
        if size_bytes:  # some take the flag and refuse the read
            with mmap.mmap(-1, mmap.PAGESIZE) as memory, memoryview(memory) as buffer:
                os.preadv(descriptor, [buffer], 0)
    except OSError as error:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)
        if error.errno in {errno.EINVAL, errno.ENOTSUP}:
            return False
        raise
    return True


def _is_dropped(descriptor: int, size_bytes: int) -> bool:
    """Whether none of it is in the page cache; False also where the system does not tell.

    Source: mincore(2); for a file that the user may not write it says that all of it is.
    """
    if not size_bytes:
        return True
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *(ctypes.c_int,) * 3, ctypes.c_long)
    address = libc.mmap(None, size_bytes, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
    if address in (None, ctypes.c_void_p(-1).value):
        return False
    pages = ctypes.create_string_buffer(-(-size_bytes // mmap.PAGESIZE))
    try:
        known = libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(size_bytes), pages) == 0
    finally:
        libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(size_bytes))
    return known and not any(page & 1 for page in pages.raw)


def _is_memory(path: str) -> bool:
    """Whether the file system has no medium but memory. Source: proc_pid_mountinfo(5)."""
    device = os.stat(path).st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
            rows = [line.partition(" - ") for line in table]
    except OSError:
        return False
    return any(left.split()[2] == wanted and right.split()[0] in _MEMORY_TYPES for left, _, right in rows)


# --- does it still stand there? --------------------------------------------------------------------------------------


def _stands(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Whether each file still stands there: `same`, `other` or `gone`; an error says that nobody knows."""
    for number, (path, size_bytes) in enumerate(request["files"]):
        here, there = os.path.join(request["root"], path), os.path.join(request["folder"], path)
        try:
            yield {"number": number, "sight": _sight(here, there, size_bytes, is_read=request["is_read"])}
        except OSError as error:
            yield {"number": number, "error": error.strerror or str(error)}


def _sight(here: str, there: str, size_bytes: int, *, is_read: bool) -> str:
    try:
        found = os.lstat(there)
    except (FileNotFoundError, NotADirectoryError):
        return "gone"
    if not stat.S_ISREG(found.st_mode) or found.st_size != size_bytes or os.path.samestat(found, os.lstat(here)):
        return "other"
    return "other" if is_read and _digest(there)[0] != _digest(here)[0] else "same"


def main() -> int:
    """Answer the request on stdin."""
    try:
        for answer in answers(json.loads(sys.stdin.buffer.read())):
            sys.stdout.write(f"{json.dumps(answer)}\n")
            sys.stdout.flush()
    except OSError as error:
        sys.stdout.write(f"{json.dumps({'error': error.strerror or str(error)})}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
