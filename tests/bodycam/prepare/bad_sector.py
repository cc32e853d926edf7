"""A card with a sector that cannot be read: a library put before libc lets every read of some files fail with EIO."""

import subprocess
from pathlib import Path

BAD = "bad-sector"
"""What the name of a file holds that cannot be read."""

_SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_bad(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return strstr(path, "bad-sector") != NULL;
}
#define FAIL if (is_bad(fd)) { errno = EIO; return -1; }
ssize_t read(int fd, void *buffer, size_t size) {
    FAIL
    return ((ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read"))(fd, buffer, size);
}
ssize_t readv(int fd, const struct iovec *parts, int count) {
    FAIL
    return ((ssize_t (*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "readv"))(fd, parts, count);
}
ssize_t preadv(int fd, const struct iovec *parts, int count, off_t at) {
    FAIL
    return ((ssize_t (*)(int, const struct iovec *, int, off_t))dlsym(RTLD_NEXT, "preadv"))(fd, parts, count, at);
}
ssize_t preadv64(int fd, const struct iovec *parts, int count, off_t at) {
    FAIL
    return ((ssize_t (*)(int, const struct iovec *, int, off_t))dlsym(RTLD_NEXT, "preadv64"))(fd, parts, count, at);
}
"""


def failing_reads(folder: Path) -> dict[str, str]:
    """The environment in which reading any file whose name holds `BAD` fails."""
    source, library = folder / "bad_sector.c", folder / "bad_sector.so"
    source.write_text(_SOURCE)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}
