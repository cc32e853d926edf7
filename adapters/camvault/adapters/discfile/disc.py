"""Adapter for disc files: the drive and the burner.

The disc is blank as long as the file does not exist or is empty; it is closed once the file has content. What is being
written stands under the temporary name beside it, so that a file under the disc's name is a whole disc (INV-3), and a
burn that was killed leaves a disc that is not blank: it is refused until somebody removes that file.
"""

import contextlib
import errno
import mmap
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import IO

import attrs

from camvault.adapters._shared import medium
from camvault.adapters._shared.durable import fsync_folder, temporary_name, translated
from camvault.adapters._shared.sectors import Comparison
from camvault.adapters.discfile.parse import DiscFile, parse_device
from camvault.ports.burner import Burner, Drives, ReadBack
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import BurnError, DriveError, MediumError
from camvault.ports.files import OnBytes
from camvault.ports.image import SECTOR_BYTES
from camvault.ports.medium import Medium, MediumState
from camvault.ports.witness import ReadFrom

_CHUNK_BYTES = 512 * SECTOR_BYTES
_KIND = "disc file"


class DiscFileDrives:
    """Looks into disc files."""

    def devices(self) -> tuple[str, ...]:
        """None: a disc file has to be named."""
        return ()

    def medium(self, device: str, /) -> Medium:
        """See `Drives`. Raises `DriveError` if the path is no file, or its folder is not there or cannot be written."""
        disc = parse_device(device)
        temporary = Path(temporary_name(disc.path))
        try:
            size_bytes = _size_of(Path(disc.path), device)
            is_unfinished = os.path.lexists(temporary)
            is_folder_there = Path(disc.path.parent).is_dir()
        except OSError as error:
            raise DriveError(device, f"The disc file cannot be used ({error.strerror})") from error
        if not is_folder_there:
            raise DriveError(device, f"There is no folder {disc.path.parent} for the disc file")
        if is_unfinished:
            return Medium(MediumState.INCOMPLETE, _KIND, detail=f"a burn that was cut off left {temporary}")
        if size_bytes:
            return Medium(MediumState.CLOSED, _KIND)
        if not os.access(disc.path.parent, os.W_OK | os.X_OK):
            raise DriveError(device, f"The folder {disc.path.parent} of the disc file cannot be written to")
        return Medium(MediumState.BLANK, _KIND, disc.sector_count)

    def reload(self, device: str, /, *, cancel: Cancellation) -> None:
        """See `Drives`: drop the page cache of the file."""
        cancel.check()
        with _opened(parse_device(device), device) as file:
            _drop_cache(file)

    def read_back(
        self, device: str, /, *, image: PurePath, size_bytes: int, on_bytes: OnBytes, cancel: Cancellation
    ) -> ReadBack:
        """See `Drives`."""
        comparison = Comparison()
        with (
            _opened(parse_device(device), device) as disc,
            _past_the_cache(disc, device) as (source, buffer),
            translated(image),
            Path(image).open("rb") as file,
        ):
            for start in range(0, size_bytes, _CHUNK_BYTES):
                cancel.check()
                wanted = min(_CHUNK_BYTES, size_bytes - start)
                data, complaint = _read(disc, buffer, wanted)
                if len(data) < wanted:
                    comparison.feed(start // SECTOR_BYTES, data, file.read(len(data)))
                    _check_present(complaint, device)
                    return comparison.unreadable((start + len(data)) // SECTOR_BYTES)
                comparison.feed(start // SECTOR_BYTES, data, file.read(wanted))
                on_bytes(wanted)
        return attrs.evolve(comparison.result(), source=source)


class DiscFileBurner:
    """Writes disc files. No tool is needed."""

    name = "disc file writer"
    finished_states = frozenset({MediumState.CLOSED})

    def command(self, image: PurePath, /, *, device: str, speed: int | None) -> tuple[str, ...]:
        """What `burn` does, as the command a person would use; there is no speed."""
        del speed
        return ("cp", "--no-clobber", "--", str(image), str(parse_device(device).path))

    def burn(
        self, image: PurePath, /, *, device: str, speed: int | None, on_bytes: OnBytes, cancel: Cancellation
    ) -> None:
        """See `Burner`. What fails or is stopped leaves the disc blank: a file can be unwritten."""
        del speed
        disc = parse_device(device)
        with translated(image), Path(image).open("rb") as source:
            size_bytes = os.fstat(source.fileno()).st_size
            refusal = DiscFileDrives().medium(device).refusal(size_bytes) or _no_space(disc, size_bytes)
            if refusal is not None:
                raise MediumError(device, refusal)
            try:
                _write(source, disc, on_bytes, cancel)
            except OSError as error:
                raise BurnError(device, error.strerror or str(error), is_spoiled=False) from error


def _write(source: IO[bytes], disc: DiscFile, on_bytes: OnBytes, cancel: Cancellation) -> None:
    temporary = Path(temporary_name(disc.path))
    with temporary.open("xb") as target:
        try:
            while chunk := source.read(_CHUNK_BYTES):
                cancel.check()
                target.write(chunk)
                on_bytes(len(chunk))
            cancel.check()
            target.flush()
            os.fsync(target.fileno())
            # Power fails here: the temporary name stands there, the disc is "incomplete" and will be refused
            _finish(temporary, Path(disc.path))
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    fsync_folder(disc.path.parent)


def _finish(temporary: Path, path: Path) -> None:
    """Give the disc its content; only an empty file is ever replaced."""
    if _size_of(path, f"stdio:{path}"):
        raise FileExistsError(errno.EEXIST, "somebody else wrote to the disc file meanwhile")
    try:
        path.hardlink_to(temporary)  # unlike a rename, never over a file that has just appeared
    except (FileExistsError, PermissionError):  # an empty disc file; FAT has no links
        if _size_of(path, f"stdio:{path}"):
            raise
        temporary.rename(path)
    else:
        temporary.unlink()


def _size_of(path: Path, device: str) -> int:
    """The size of the file, 0 if there is none. Anything but a plain file is refused, links too."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return 0
    if not stat.S_ISREG(status.st_mode):
        raise DriveError(device, "A disc file is a plain file, this is something else")
    return status.st_size


def _no_space(disc: DiscFile, size_bytes: int) -> str | None:
    status = os.statvfs(disc.path.parent)
    free_bytes = status.f_bavail * status.f_frsize
    if size_bytes <= free_bytes:
        return None
    return f"not enough space for the disc file, the image has {size_bytes:,} bytes, {free_bytes:,} bytes are free"


def _opened(disc: DiscFile, device: str) -> IO[bytes]:
    try:
        return Path(disc.path).open("rb", buffering=0)
    except OSError as error:
        raise DriveError(device, f"The disc file cannot be read ({error.strerror})") from error


def _drop_cache(file: IO[bytes]) -> None:
    with contextlib.suppress(OSError):
        os.fsync(file.fileno())  # dirty pages are not dropped
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextlib.contextmanager
def _past_the_cache(file: IO[bytes], device: str) -> Iterator[tuple[ReadFrom, memoryview]]:
    """Where the reads of the file will come from, and memory for them that O_DIRECT takes."""
    try:
        source = ReadFrom(medium.past_the_cache(file.fileno(), os.path.realpath(parse_device(device).path)))
    except OSError as error:
        if error.errno != errno.EIO:
            raise DriveError(device, f"The disc file cannot be read ({error.strerror})") from error
        source = ReadFrom.MEDIUM  # the reading itself meets the bad sector, and says which
    with mmap.mmap(-1, _CHUNK_BYTES) as memory, memoryview(memory) as buffer:
        yield source, buffer


def _read(file: IO[bytes], buffer: memoryview, wanted: int) -> tuple[bytes, OSError | None]:
    """As many bytes as the file gives, and what the system said if it gave fewer.

    Whole blocks are read, as O_DIRECT wants it: only the last read of a disc may want less than a chunk.
    """
    pieces: list[bytes] = []
    while wanted > 0:
        try:
            count = os.readv(file.fileno(), [buffer[: _CHUNK_BYTES - sum(map(len, pieces))]])
        except OSError as error:
            return b"".join(pieces), error
        if not count:
            break
        pieces.append(bytes(buffer[: min(count, wanted)]))
        wanted -= len(pieces[-1])
    return b"".join(pieces), None


def _check_present(complaint: OSError | None, device: str) -> None:
    """A sector that cannot be read is a result; everything else the system may say is not about the medium."""
    if complaint is not None and complaint.errno != errno.EIO:
        raise DriveError(device, f"The disc file cannot be read ({complaint.strerror})") from complaint


_drives: Drives = DiscFileDrives()
_burner: Burner = DiscFileBurner()
