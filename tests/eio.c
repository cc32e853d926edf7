/* Loaded with LD_PRELOAD: a medium that lists its files and does not give their content.

   EIO_BELOW: reading a file whose path begins so fails with EIO.
   EIO_FROM: only reads that go beyond this byte (default 0).
   EIO_AFTER_UNLINK: if set, only after this process has removed a file whose path begins so. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static volatile int removed;

static size_t bytes_of(const struct iovec *to, int count) {
    size_t bytes = 0;
    while (count--)
        bytes += to[count].iov_len;
    return bytes;
}

static int fails(int fd, off_t at, size_t count) {
    const char *below = getenv("EIO_BELOW"), *from = getenv("EIO_FROM");
    if (!below || (getenv("EIO_AFTER_UNLINK") && !removed))
        return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    if (strncmp(path, below, strlen(below)))
        return 0;
    if (at < 0)
        at = lseek(fd, 0, SEEK_CUR);
    return at + (off_t)count > (from ? atoll(from) : 0);
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)
#define CHECK(fd, at, count) if (fails(fd, at, count)) { errno = EIO; return -1; }

ssize_t read(int fd, void *to, size_t count) { REAL(read); CHECK(fd, -1, count); return real(fd, to, count); }
ssize_t readv(int fd, const struct iovec *to, int count) { REAL(readv); CHECK(fd, -1, bytes_of(to, count)); return real(fd, to, count); }
ssize_t pread64(int fd, void *to, size_t count, off64_t at) { REAL(pread64); CHECK(fd, at, count); return real(fd, to, count, at); }
ssize_t preadv64(int fd, const struct iovec *to, int count, off64_t at) { REAL(preadv64); CHECK(fd, at, bytes_of(to, count)); return real(fd, to, count, at); }
ssize_t preadv64v2(int fd, const struct iovec *to, int count, off64_t at, int how) {
    REAL(preadv64v2); CHECK(fd, at, bytes_of(to, count)); return real(fd, to, count, at, how);
}

int unlink(const char *path) {
    REAL(unlink);
    const char *below = getenv("EIO_AFTER_UNLINK");
    int result = real(path);
    if (!result && below && !strncmp(path, below, strlen(below)))
        removed = 1;
    return result;
}
