"""A camera archive in memory: an input tree, an archive, a trash, and the run."""

from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import PurePath
from typing import Any

import attrs

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.archiving import MemoryArchiver, archive_content
from camvault.adapters.memory.footage import MemoryFootage
from camvault.adapters.memory.media import MemoryClip
from camvault.core.archive.plan import Action, LeftFile, actions_of
from camvault.core.workflows.archive import (
    ActionOutcome,
    ArchiveJob,
    ArchiveOptions,
    ArchivePorts,
    ArchiveReport,
    ArchiveRun,
    checked_roots,
    hold_roots,
)
from camvault.ports.entries import FileEntry
from tests.bodycam.prepare.helpers import InlineExecutor

CAMERA = PurePath("/camera")
OUT = CAMERA / "archived"
TRASH = CAMERA / ".deleted"
NOW = datetime(2024, 3, 10, 1, 0, tzinfo=UTC)
DAY = "2024/03/09"
STAMP = "20240309120000"


def name_of(stamp: str = STAMP, *, camera: str = "front", extension: str = "mp4") -> str:
    return f"REO_{camera}_{stamp}.{extension}"


@attrs.define
class Cameras:
    """Everything that a run touches, in memory."""

    calls: Calls = attrs.field(factory=Calls)
    storage: MemoryStorage = attrs.field(init=False)
    archiver: MemoryArchiver = attrs.field(init=False)
    clock: MemoryClock = attrs.field(factory=lambda: MemoryClock(NOW))
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)
    executor: Executor = attrs.field(factory=InlineExecutor)
    zone: tzinfo = UTC
    input: PurePath = CAMERA
    output: PurePath = OUT
    trash: PurePath | None = TRASH
    options: ArchiveOptions = attrs.field(factory=lambda: ArchiveOptions(holder="process 1"))
    told: list[ActionOutcome | LeftFile] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.storage = MemoryStorage(calls=self.calls)
        self.storage.tree.now_ns = lambda: int(self.clock.wall.timestamp() * 1e9)
        self.archiver = MemoryArchiver(self.storage)
        self.storage.put_folder(self.input)

    def clip(
        self,
        stamp: str = STAMP,
        *,
        camera: str = "front",
        day: str = "",
        content: bytes | None = None,
        minutes_ago: float = 300,
        has_picture: bool = False,
        extension: str = "mp4",
        **said: Any,
    ) -> PurePath:
        """A clip that was uploaded, and its picture if asked for."""
        day = day or f"{stamp[:4]}/{stamp[4:6]}/{stamp[6:8]}"
        path = self.input / day / name_of(stamp, camera=camera, extension=extension)
        if content is None:
            # the camera's name makes each picture another one
            content = MemoryClip(**said).content(2000) + f"{camera} {stamp}".encode()
        self.storage.put(path, content, mtime_ns=self.ns(minutes_ago))
        if has_picture:
            self.picture(stamp, camera=camera, day=day, minutes_ago=minutes_ago)
        return path

    def picture(
        self, stamp: str = STAMP, *, camera: str = "front", day: str = "", minutes_ago: float = 300
    ) -> PurePath:
        day = day or f"{stamp[:4]}/{stamp[4:6]}/{stamp[6:8]}"
        path = self.input / day / name_of(stamp, camera=camera, extension="jpg")
        return self.storage.put(path, f"picture {camera} {stamp}", mtime_ns=self.ns(minutes_ago)).path

    def archive(
        self, stamp: str, content: bytes = b"an archive", *, number: int = 1, minutes_ago: float = 300
    ) -> PurePath:
        """A file in the archive of which nothing is recorded."""
        twin = f"~{number}" if number > 1 else ""
        path = self.output / f"{stamp[:4]}/{stamp[4:6]}/{stamp[6:8]}/archived-{stamp}{twin}.mp4"
        return self.storage.put(path, content, mtime_ns=self.ns(minutes_ago)).path

    def archived_before(self, clip: PurePath, *, number: int = 1) -> PurePath:
        """An archive of this clip, made before there were records."""
        content = archive_content(self.storage.content(clip), duration_s=10.0, encoder="qsv")
        return self.archive(clip.stem[-14:], content, number=number)

    def ns(self, minutes_ago: float) -> int:
        return int((self.clock.wall - timedelta(minutes=minutes_ago)).timestamp()) * 10**9

    def job(self) -> ArchiveJob:
        roots = checked_roots(self.input, output=self.output, trash=self.trash, storage=self.storage)
        ports = ArchivePorts(
            storage=self.storage,
            archiver=self.archiver,
            footage=MemoryFootage(self.storage),
            clock=self.clock,
            zone=self.zone,
            executor=self.executor,
            reporter=self.reporter,
            cancel=self.cancel,
        )
        return ArchiveJob(roots=roots, options=self.options, ports=ports, tell=self.told.append)

    def run(self, **changes: Any) -> ArchiveReport:
        if changes:
            self.options = attrs.evolve(self.options, **changes)
        job = self.job()
        with hold_roots(job):
            return ArchiveRun(job).carry_out()

    def plan(self, **changes: Any) -> tuple[list[Action], list[LeftFile]]:
        """What a dry run says."""
        if changes:
            self.options = attrs.evolve(self.options, **changes)
        items = list(ArchiveRun(self.job(), is_preview=True).work())
        left = [item for item in items if isinstance(item, LeftFile)]
        return [action for item in items if not isinstance(item, LeftFile) for action in actions_of(item)], left

    def restart(self) -> None:
        """A new process."""
        self.storage.restart()
        self.cancel = MemoryCancellation()
        self.reporter.events.clear()
        self.told.clear()

    def names(self, root: PurePath) -> list[str]:
        """The files below, without records."""
        found = [path.relative_to(root) for path in self.storage.files(root)]
        return [str(path) for path in found if not path.parts[0].startswith(".camvault")]

    def inputs(self) -> list[str]:
        """What is left in the input."""
        excluded = {root for root in (self.output, self.trash) if root is not None}
        return [
            str(path.relative_to(self.input))
            for path in self.storage.files(self.input)
            if not excluded.intersection(path.parents)
        ]

    def entry(self, path: PurePath) -> FileEntry:
        found = self.storage.tree.entry(path)
        assert found is not None
        return found
