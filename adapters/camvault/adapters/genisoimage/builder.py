"""Adapter for genisoimage: plans and makes images with it."""

import hashlib
import os
from datetime import datetime
from pathlib import PurePath, PurePosixPath

from camvault.adapters._shared import process
from camvault.adapters._shared.durable import fsync, translated
from camvault.adapters._shared.tree import IsLeftOut, SourceTree, scan_both
from camvault.adapters.genisoimage.argv import build_argv, path_list, version_argv, why_not
from camvault.adapters.genisoimage.parse import (
    UnknownOutputError,
    is_full,
    judge,
    percent_of,
    sectors_of,
    version_of,
)
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import ChangedError, NoSpaceError, StorageError, ToolError, UsageError
from camvault.ports.files import OnBytes
from camvault.ports.image import ImageBuilder, ImageFile, ImageManifest, ImagePlan, Placement

_LABEL_CHARACTERS_MAX = 32
_PIECE_BYTES = 1 << 20
_ENV = {"HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
"""Without a home, for a user's .genisoimagerc could change the image; in UTC, in which its years are counted."""


class GenisoimageBuilder:
    """Reads each source twice: once to hash it, once in genisoimage."""

    def __init__(self, program: PurePath, version: str, *, cancel: Cancellation) -> None:
        self._program, self._version, self._cancel = program, version, cancel

    @property
    def name(self) -> str:
        """Name and version."""
        return f"genisoimage {self._version}"

    def plan(
        self,
        root: PurePath,
        /,
        *,
        label: str,
        stamped_at: datetime,
        is_left_out: IsLeftOut = lambda _: False,
        beside: PurePath | None = None,
        placement: Placement | None = None,
    ) -> ImagePlan:
        """The size is what genisoimage says; where the files will lie it does not say."""
        if not 0 < len(label) <= _LABEL_CHARACTERS_MAX or not label.isascii():
            raise UsageError(f"A label has 1 to {_LABEL_CHARACTERS_MAX} ASCII characters, this one is {label!r}")
        if placement is not None:
            raise UsageError("genisoimage does not say where content will lie, as evidence does; --builder bridge can")
        tree = scan_both(root, beside, is_left_out=is_left_out)
        _check(tree)
        files = tuple(
            ImageFile(path, base, identity, 0, 0, file_id) for path, identity, file_id, base in sorted(tree.files)
        )
        folders = tuple(sorted(folder for folder in tree.folders if folder.parts))
        done = process.run(
            build_argv(self._program, label=label, target=None),
            stdin=_list_of(root, files, folders),
            env=_ENV,
            cancel=self._cancel,
        )
        try:
            sector_count = sectors_of(done.text)
        except UnknownOutputError as error:
            raise ToolError("genisoimage", done.exit_code, done.last_lines) from error
        return ImagePlan(label, stamped_at, sector_count, files, folders, left_out=tuple(sorted(tree.left_out)))

    def write(self, plan: ImagePlan, /, *, target: PurePath, on_bytes: OnBytes, cancel: Cancellation) -> ImageManifest:
        """Hash the sources, run it, see that no source changed, hash the image."""
        cancel.check()
        digests = {file.path: _digest(file, cancel) for file in plan.files}
        self._master(plan, target, on_bytes, cancel)
        for file in plan.files:
            with translated(file.source):
                _check_same(file, os.stat(file.source, follow_symlinks=False))  # noqa: PTH116 - PurePath
        with translated(target):
            descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            with translated(target):
                fsync(descriptor)
                size_bytes, sha256 = os.fstat(descriptor).st_size, _hashed(descriptor, cancel)
        finally:
            os.close(descriptor)
        if size_bytes != plan.size_bytes:
            problem = f"genisoimage wrote {size_bytes:,} bytes instead of the {plan.size_bytes:,} it had announced"
            raise StorageError(target, problem)
        return ImageManifest(sha256, size_bytes, digests)

    def _master(self, plan: ImagePlan, target: PurePath, on_bytes: OnBytes, cancel: Cancellation) -> None:
        told = 0

        def listen(line: str) -> None:
            nonlocal told
            percent = percent_of(line)
            if percent is not None:
                done = min(int(plan.size_bytes * percent / 100), plan.size_bytes)
                on_bytes(max(0, done - told))
                told = max(told, done)
            else:
                lines.append(line)

        lines: list[str] = []
        root = plan.files[0].root if plan.files else PurePath("/")
        done = process.run(
            build_argv(self._program, label=plan.label, target=target),
            stdin=_list_of(root, plan.files, plan.folders),
            on_line=listen,
            env=_ENV,
            cancel=cancel,
        )
        if is_full(done.exit_code):
            status = os.statvfs(target.parent)
            free_bytes = status.f_bavail * status.f_frsize
            raise NoSpaceError(target, "the file system is full", plan.size_bytes, free_bytes)
        problem = judge(done.exit_code, tuple(lines))
        if problem is not None:
            raise ToolError("genisoimage", done.exit_code, (problem, *done.last_lines))
        on_bytes(plan.size_bytes - told)


def _check(tree: SourceTree) -> None:
    """Refuse what would not come out exactly.

    Raises:
        UsageError: The first such entry, and why.
    """
    reasons = [why_not(path, identity.size_bytes, identity.mtime_ns) for path, identity, *_ in sorted(tree.files)]
    reasons += [why_not(folder, is_folder=True) for folder in sorted(tree.folders) if folder.parts]
    for reason in reasons:
        if reason is not None:
            raise UsageError(f"genisoimage cannot hold this folder exactly: {reason}; --builder bridge can")


def _list_of(root: PurePath, files: tuple[ImageFile, ...], folders: tuple[PurePosixPath, ...]) -> bytes:
    inner = {parent for path in (*(f.path for f in files), *folders) for parent in path.parents}
    empty = [(folder, root / folder) for folder in folders if folder not in inner]
    return path_list([*((file.path, file.source) for file in files), *empty])


def _digest(file: ImageFile, cancel: Cancellation) -> str:
    with translated(file.source):
        descriptor = os.open(file.source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        with translated(file.source):
            _check_same(file, os.fstat(descriptor))
            return _hashed(descriptor, cancel)
    finally:
        os.close(descriptor)


def _check_same(file: ImageFile, status: os.stat_result) -> None:
    found = (FileIdentity(status.st_size, status.st_mtime_ns), (status.st_dev, status.st_ino))
    if found != (file.identity, file.file_id):
        raise ChangedError(file.source, "it changed since the image was planned")


def _hashed(descriptor: int, cancel: Cancellation) -> str:
    digest, buffer = hashlib.sha256(), memoryview(bytearray(_PIECE_BYTES))
    while count := os.readv(descriptor, [buffer]):
        cancel.check()
        digest.update(buffer[:count])
    return digest.hexdigest()


def find_genisoimage(*, cancel: Cancellation) -> GenisoimageBuilder | None:
    """The genisoimage on PATH; None if there is none, or another program has its name."""
    program = process.find_program("genisoimage")
    if program is None:
        return None
    done = process.run(version_argv(program), cancel=cancel)
    version = version_of(done.text) or version_of("\n".join(done.last_lines))
    return None if version is None else GenisoimageBuilder(program, version, cancel=cancel)


_: type[ImageBuilder] = GenisoimageBuilder
