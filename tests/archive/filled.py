"""A camera archive on a real disk, without ffmpeg: files of a few bytes, and the records of how they came there."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path, PurePath, PurePosixPath

import attrs

from camvault.adapters.filesystem import LocalStorage
from camvault.core.archive.dated_names import ArchiveName
from camvault.core.archive.records import ArchiveFacts, ArchiveRecord
from camvault.core.workflows.archive.job import LEDGERS_NAME
from camvault.core.workflows.archive.ledgers import DayLedgers
from camvault.ports.entries import FileIdentity

HOSTILE = "<script>alert(1)<" + "\u202e" + "img src=x onerror=alert(2)>"
"""A name of a camera; no slash can be in it."""


@attrs.define
class FilledArchive:
    """Puts clips and archives into a folder."""

    root: Path
    _seconds: Iterator[int] = attrs.field(factory=lambda: iter(range(86_400)), init=False)
    _ledgers: DayLedgers = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.output.mkdir(parents=True)
        self._ledgers = DayLedgers(PurePath(self.output / LEDGERS_NAME), LocalStorage())

    @property
    def output(self) -> Path:
        return self.root / "archived"

    def clip(self, day: datetime, camera: str, *, size: int = 900, below: str = "") -> PurePosixPath:
        """A clip in the input, or below another folder."""
        stamp = self._stamp(day)
        path = PurePosixPath(f"{stamp:%Y/%m/%d}/REO_{camera}_{stamp:%Y%m%d%H%M%S}.mp4")
        target = self.root / below / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"c" * size)
        return path

    def archived(self, day: datetime, camera: str, *, before: int, after: int, quality: str = "") -> None:
        """A clip that was archived and is gone, and its archive with the record."""
        stamp = self._stamp(day)
        archive = PurePosixPath(ArchiveName(stamp).path)
        target = self.output / archive
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"a" * after)
        status = target.stat()
        self._ledgers.add_record(
            stamp,
            ArchiveRecord(
                source=PurePosixPath(f"{stamp:%Y/%m/%d}/REO_{camera}_{stamp:%Y%m%d%H%M%S}.mp4"),
                source_identity=FileIdentity(before, 1),
                source_sha256="5" * 64,
                archive=archive,
                archive_identity=FileIdentity(after, status.st_mtime_ns),
                archive_sha256="a" * 64,
                when="2024-03-10T00:00:00+00:00",
                facts=ArchiveFacts(encoder="libx264", quality=quality),
            ),
        )

    def _stamp(self, day: datetime) -> datetime:
        return day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(seconds=next(self._seconds))


def filled(root: Path, now: datetime) -> FilledArchive:
    """Nine weeks of three cameras: one with a gap, one with a hostile name, one that fell silent."""
    archive = FilledArchive(root)
    for days in range(63, 0, -1):
        day = now - timedelta(days=days)
        if not 20 < days < 25:
            archive.archived(day, "front", before=9000 + 10 * days, after=1500, quality=f"XPSNR {38 + days % 3}.5 dB")
        if days > 30:
            archive.archived(day, "yard", before=5000, after=2000)
        if days % 2:
            archive.archived(day, HOSTILE, before=7000, after=900)
    archive.clip(now - timedelta(days=2), "front")
    archive.clip(now - timedelta(days=1), HOSTILE, size=700)
    archive.clip(now - timedelta(days=40), "yard", size=1234, below=".deleted/input")
    (archive.output / "2020/01/01").mkdir(parents=True)
    (archive.output / "2020/01/01/archived-20200101000000.mp4").write_bytes(b"from before")
    return archive
