"""A FUSE file system whose files can be seen and never read: who reads one hangs in the kernel, deaf to SIGKILL.

Speaks the kernel's protocol itself (linux/fuse.h), so that no library is needed. Started as a program with the mount
point, a folder whose files it shows (without folders in it), and the suffix of the files that hang.
"""

import ctypes
import errno
import os
import struct
import sys
from pathlib import Path

_HEADER = struct.Struct("<IIQQIIII")
_ATTR = struct.Struct("<QQQQQQIIIIIIIIII")
_SILENT = (2, 42)  # forget
_ROOT = 1


def say(word: str) -> None:
    """Tell whoever started us."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class HangingTarget:
    """Answers the kernel's requests, except for reads of the files that hang."""

    def __init__(self, shown: Path, hangs: str) -> None:
        self.shown = shown
        self.hangs = hangs
        self.names = sorted(path.name for path in shown.iterdir())
        self.descriptor = os.open("/dev/fuse", os.O_RDWR)

    def mount(self, point: str) -> None:
        """Needs root."""
        options = f"fd={self.descriptor},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b"hanging", point.encode(), b"fuse", 0, options):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def serve(self) -> None:
        """Until it is unmounted."""
        while True:
            try:
                message = os.read(self.descriptor, 1 << 20)
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return
                raise
            _, operation, unique, node, *_ = _HEADER.unpack_from(message)
            body = message[_HEADER.size :]
            if operation not in _SILENT:
                self.answer(operation, unique, node, body)

    def answer(self, operation: int, unique: int, node: int, body: bytes) -> None:
        data, code = b"", 0
        match operation:
            case 26:  # INIT
                data = struct.pack("<IIIIHHIIHHI28x", 7, 23, 65536, 0, 12, 10, 65536, 1, 0, 0, 0)
            case 1:  # LOOKUP
                data, code = self.looked_up(body.rstrip(b"\0").decode())
            case 3:  # GETATTR
                data = struct.pack("<QII", 0, 0, 0) + self.attributes(node)
            case 14 | 27:  # OPEN, OPENDIR
                data = struct.pack("<QII", 1, 0, 0)
            case 15:  # READ
                if self.names[node - 2].endswith(self.hangs):
                    say("hanging")
                    return
                offset, size = struct.unpack_from("<8xQI", body)
                data = (self.shown / self.names[node - 2]).read_bytes()[offset : offset + size]
            case 17:  # STATFS
                data = struct.pack("<QQQQQIIII24x", 1, 1, 1, 1, 1, 512, 255, 512, 0)
            case 18 | 25 | 28 | 29:  # RELEASE, FLUSH, READDIR (nothing), RELEASEDIR
                pass
            case _:
                code = errno.ENOSYS
        os.write(self.descriptor, struct.pack("<IiQ", 16 + len(data), -code, unique) + data)

    def looked_up(self, name: str) -> tuple[bytes, int]:
        if name not in self.names:
            return b"", errno.ENOENT
        node = self.names.index(name) + 2
        return struct.pack("<QQQQII", node, 0, 0, 0, 0, 0) + self.attributes(node), 0

    def attributes(self, node: int) -> bytes:
        size, mode, mtime = (0, 0o40755, 0) if node == _ROOT else (0, 0o100644, 0)
        if node != _ROOT:
            status = (self.shown / self.names[node - 2]).stat()
            size, mtime = status.st_size, int(status.st_mtime)
        return _ATTR.pack(node, size, 0, mtime, mtime, mtime, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


if __name__ == "__main__":
    target = HangingTarget(Path(sys.argv[2]), sys.argv[3])
    target.mount(sys.argv[1])
    say("mounted")
    target.serve()
