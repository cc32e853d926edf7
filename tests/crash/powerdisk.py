"""Disks whose power can be cut at every write: real ext4 file systems over a log of all writes and flushes.

`qemu-storage-daemon` hands out one file and logs what is written to it, in order, with the flushes, in the format of
the dm-log-writes of Linux. Loop devices on parts of that file are the disks. Afterwards the file is made again as it
was at points of the log; what was written after the last flush may be there or not, as in the cache of a drive.
"""

import random
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import attrs

DISK_BYTES: Final = 8 * 1024 * 1024
_SECTOR: Final = 512
_FLUSH, _DISCARD = 1, 4
"""Source: Linux, drivers/md/dm-log-writes.c, LOG_FLUSH_FLAG and LOG_DISCARD_FLAG."""
_MAGIC: Final = 0x6A736677736872


@attrs.frozen
class Write:
    """One entry of the log."""

    offset: int
    data: bytes
    is_flush: bool


def read_log(path: Path) -> list[Write]:
    """All entries, in order."""
    found = []
    with path.open("rb") as file:
        magic, _version, count, sector = struct.unpack("<QQQI", file.read(28))
        assert (magic, sector) == (_MAGIC, _SECTOR)
        file.seek(sector)
        for _ in range(count):
            start, sectors, flags, _ = struct.unpack("<QQQQ", file.read(32))
            file.seek(_SECTOR - 32, 1)
            data = file.read(sectors * _SECTOR) if not flags & _DISCARD else bytes(sectors * _SECTOR)
            found.append(Write(start * _SECTOR, data, bool(flags & _FLUSH)))
    return found


@attrs.frozen
class Disks:
    """Some disks in one file.

    Attributes:
        folder: Where the file, its log and the mount points are.
        names: Of the disks; each is mounted on `folder/mnt/NAME`, and unmounted in this order.
    """

    folder: Path
    names: tuple[str, ...]

    def __getitem__(self, name: str) -> Path:
        return self.folder / "mnt" / name

    @property
    def image(self) -> Path:
        return self.folder / "disks.img"

    @property
    def log(self) -> Path:
        return self.folder / "disks.log"

    def make(self) -> None:
        """Empty file systems, with journals."""
        with self.image.open("wb") as file:
            file.truncate(DISK_BYTES * len(self.names))
        for number, name in enumerate(self.names):
            self[name].mkdir(parents=True)
            offset = f"offset={number * DISK_BYTES},lazy_itable_init=0,lazy_journal_init=0,nodiscard"
            argv = ("mkfs.ext4", "-q", "-b", "1024", "-m", "0", "-E", offset, self.image, str(DISK_BYTES // 1024))
            subprocess.run(argv, check=True)

    @contextmanager
    def mounted(self, file: Path) -> Iterator[None]:
        """All of them, from this file; journals are replayed, as after a power cut."""
        with ExitStack() as stack:
            for number, name in reversed([*enumerate(self.names)]):
                place = f"loop,offset={number * DISK_BYTES},sizelimit={DISK_BYTES},commit=300,noatime"
                subprocess.run(["mount", "-t", "ext4", "-o", place, file, self[name]], check=True)
                stack.callback(_unmount, self[name])
            yield

    @contextmanager
    def logged(self) -> Iterator[None]:
        """All of them, with every write logged; what was on them before is kept beside."""
        shutil.copyfile(self.image, self.before)
        export = self.folder / "export"
        export.touch()
        with self.log.open("wb") as file:
            file.truncate(1 << 30)
        nodes = (
            f"driver=file,filename={self.image},node-name=image",
            f"driver=file,filename={self.log},node-name=log",
            f"driver=blklogwrites,node-name=logged,file=image,log=log,log-sector-size={_SECTOR}",
        )
        argv = ["qemu-storage-daemon", *(word for node in nodes for word in ("--blockdev", node))]
        argv += ["--export", f"type=fuse,id=export,node-name=logged,mountpoint={export},writable=on"]
        with subprocess.Popen(argv) as daemon:
            try:
                deadline_s = time.monotonic() + 30
                while export.stat().st_size == 0:
                    assert time.monotonic() < deadline_s
                    time.sleep(0.02)
                with self.mounted(export):
                    yield
            finally:
                daemon.terminate()

    @property
    def before(self) -> Path:
        return self.folder / "before.img"

    def cuts(self, *, chance: random.Random) -> Iterator[tuple[str, Path]]:
        """The file after a power cut around each flush: all of the writes before it arrived, or only some; its name."""
        writes = read_log(self.log)
        file, torn = self.folder / "cut.img", self.folder / "torn.img"
        shutil.copyfile(self.before, file)
        begins = 0
        for number, write in enumerate(writes, 1):
            if not write.is_flush and number < len(writes):
                continue
            since = [each for each in writes[begins:number] if each.data]
            if len(since) > 1:
                shutil.copyfile(file, torn)
                some = chance.sample(since, chance.randint(1, len(since) - 1))
                _apply(torn, some)
                yield f"{len(some)} of {len(since)} writes before flush {number} of {len(writes)}", torn
            _apply(file, since)
            if since:
                shutil.copyfile(file, torn)  # mounting changes it
                yield f"all writes until flush {number} of {len(writes)}", torn
            begins = number


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", folder], check=True)


def _apply(path: Path, writes: Sequence[Write]) -> None:
    with path.open("r+b") as file:
        for write in writes:
            file.seek(write.offset)
            file.write(write.data)
