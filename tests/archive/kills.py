"""An input into which cameras go on uploading while its camera_archiver is killed, and what is true after each kill."""

import io
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final

import attrs
import av
import av.error

from camvault.core.segments.ledger import LedgerEntry, ProofKind, parse_ledger
from tests.archive.desk import ArchiveDesk, Ended
from tests.archive.replayed_ffmpeg import TAG_BYTES

PART: Final = ".camvault-part"
OPEN_LEAST: Final = 4
"""So many clips wait at least when a run is started."""
_FIRST = datetime(2024, 1, 1, 12)  # noqa: DTZ001 - the stamps of names have no zone
_OF_A_DAY = (("front", 0, True), ("back", 0, True), ("front", 1, False), ("front", 2, True))
"""Camera, second and whether there is a picture: two cameras of one second, and a clip without a picture."""


def tagged(clip: bytes, number: int) -> bytes:
    """The clip with one more box at its end, which nobody plays."""
    words = f"clip {number}".encode().ljust(TAG_BYTES - 8)
    return clip + TAG_BYTES.to_bytes(4, "big") + b"free" + words


@attrs.frozen
class Upload:
    """A clip that a camera uploaded, and its picture if there is one; paths are below the root of the input."""

    clip: PurePosixPath
    content: bytes
    picture: PurePosixPath | None

    @property
    def day(self) -> str:
        """`YYYY/MM/DD`."""
        return str(self.clip.parent)

    @property
    def ledger(self) -> str:
        """The name of the records of its day."""
        return f"{self.day.replace('/', '-')}.ledger"

    @property
    def picture_content(self) -> bytes:
        """Of a picture."""
        return f"picture of {self.clip}".encode()


@attrs.frozen
class HowToKill:
    """When a run is killed, and what of it.

    Attributes:
        after_s: So long after its start, or after it began its work.
        changes: After so many changes of what can be seen in the folders; 0: by time.
        is_working: Whether the time counts from the beginning of its work.
        is_alone: Whether the command alone is killed, or its ffmpeg as well.
        job_count: How many clips it transcodes at once.
    """

    after_s: float
    changes: int
    is_working: bool
    is_alone: bool
    job_count: int


@attrs.frozen
class Pace:
    """How long things take here: until a run begins its work, and each clip."""

    start_s: float
    clip_s: float

    def ways(self, seed: int) -> Iterator[HowToKill]:
        """Ways to kill a run of `OPEN_LEAST` clips, without end: by time, and by what it does."""
        chance, work_s = random.Random(seed), self.clip_s * (OPEN_LEAST - 0.5)
        while True:
            kind = chance.choices(("start", "work", "change"), (1, 4, 4))[0]
            yield HowToKill(
                after_s=chance.uniform(0, self.start_s + work_s if kind == "start" else work_s),
                changes=chance.randint(1, 6 * OPEN_LEAST) if kind == "change" else 0,
                is_working=kind == "work",
                is_alone=chance.random() < 0.5,
                job_count=chance.choice((1, 1, 2)),
            )


@attrs.define
class KillDesk:
    """Cameras, an archive, and a command that is killed.

    Attributes:
        desk: The folders.
        source: What all clips are made of.
        is_archive: Whether a content is the whole archive of an upload.
        flags: Of each run.
        trash: Where files go; None: they are deleted.
        left: What kills left, by kind.
    """

    desk: ArchiveDesk
    source: bytes
    is_archive: Callable[[bytes, Upload], bool]
    flags: tuple[str, ...]
    trash: Path | None
    uploads: list[Upload] = attrs.field(factory=list)
    left: Counter[str] = attrs.field(factory=Counter)

    def upload(self) -> None:
        """One more day."""
        day = _FIRST + timedelta(days=len(self.uploads) // len(_OF_A_DAY))
        for camera, second, has_picture in _OF_A_DAY:
            stamp = f"{day + timedelta(seconds=second):%Y%m%d%H%M%S}"
            clip, picture = (self.desk.path(stamp, camera=camera, extension=each) for each in ("mp4", "jpg"))
            upload = Upload(
                self._below(clip),
                tagged(self.source, len(self.uploads)),
                self._below(picture) if has_picture else None,
            )
            if has_picture:
                self.desk.put(picture, upload.picture_content)
            self.desk.put(clip, upload.content)
            self.uploads.append(upload)

    def _below(self, path: Path) -> PurePosixPath:
        return PurePosixPath(path.relative_to(self.desk.root))

    def waiting(self) -> list[Upload]:
        """The uploads whose clips are in the input."""
        return [upload for upload in self.uploads if self._in_input(upload.clip).exists()]

    def _in_input(self, below: PurePosixPath) -> Path:
        return self.desk.root / below

    def _in_trash(self, below: PurePosixPath) -> Path:
        assert self.trash is not None
        return self.trash / "input" / below

    def measured(self) -> Pace:
        """Go through one day without a kill."""
        self.upload()
        began_s = time.monotonic()
        with self.desk.start(*self.flags) as process:
            self._wait_for_work(process)
            work_s = time.monotonic()
            _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        return Pace(work_s - began_s, (time.monotonic() - work_s) / len(_OF_A_DAY))

    def killed(self, way: HowToKill) -> bool:
        """Start a run and kill it; False if it ended before."""
        while len(self.waiting()) < OPEN_LEAST:
            self.upload()
        with self.desk.start(*self.flags, "--jobs", str(way.job_count)) as process:
            if way.changes:
                self._wait_for_changes(process, way.changes)
            else:
                if way.is_working:
                    self._wait_for_work(process)
                _sleep(process, way.after_s)
            if process.poll() is None:
                _kill(process, is_alone=way.is_alone)
            _, err = process.communicate(timeout=300)
        assert process.returncode in (0, -signal.SIGKILL), err
        return process.returncode != 0

    def _wait_for_work(self, process: "subprocess.Popen[str]") -> None:
        """Until it holds the archive; whoever was killed left a holder, too."""
        holder, words = self.desk.out / ".camvault-archiver.pid", f"process {process.pid} "
        while process.poll() is None and not (holder.exists() and holder.read_text().startswith(words)):
            time.sleep(0.002)

    def _wait_for_changes(self, process: "subprocess.Popen[str]", count: int) -> None:
        self._wait_for_work(process)
        days = {upload.day for upload in self.waiting()}
        ledgers = {upload.ledger for upload in self.waiting()}
        seen = self._seen(days, ledgers)
        while process.poll() is None:
            now = self._seen(days, ledgers)
            count -= now != seen
            if count <= 0:
                return
            seen = now
            time.sleep(0.001)

    def _seen(self, days: set[str], ledgers: set[str]) -> list[tuple[str, int]]:
        """Names in folders, and sizes of records."""
        roots = [self.desk.root, self.desk.out, *([] if self.trash is None else [self.trash / "input"])]
        names = [(name, 0) for root in roots for day in days for name in _names_in(root / day)]
        folders = [
            self.desk.out / ".camvault-archive",
            *([] if self.trash is None else [self.trash / ".camvault-trash"]),
        ]
        return names + [(name, _size_of(folder / name)) for folder in folders for name in ledgers]

    def check(self) -> None:
        """What is true after each kill, of each upload."""
        records = self._records()
        for upload in self.uploads:
            self._check_upload(upload, records)
        self._check_archive_names()
        if self.trash is not None:
            self._check_trash_names()
        self._count(records)

    def _check_upload(self, upload: Upload, records: Mapping[str, "_DayRecords"]) -> None:
        clip = _content_of(self._in_input(upload.clip))
        assert clip in (None, upload.content), f"{upload.clip} is another file"
        picture = None if upload.picture is None else _content_of(self._in_input(upload.picture))
        assert picture in (None, upload.picture_content)
        assert clip is not None or picture is None, f"{upload.picture} is there, and its clip is not"
        if clip is not None and (picture is not None or upload.picture is None):
            return
        assert self._is_archived(upload, records), f"{upload.clip} or its picture went before there was an archive"
        if self.trash is not None and clip is None:
            assert _content_of(self._in_trash(upload.clip)) == upload.content, f"{upload.clip} is lost"
        if self.trash is not None and upload.picture is not None and picture is None:
            assert _content_of(self._in_trash(upload.picture)) == upload.picture_content, f"{upload.picture} is lost"

    def _is_archived(self, upload: Upload, records: Mapping[str, "_DayRecords"]) -> bool:
        """Whether both lines are there, and the archive that they name is, whole."""
        known = records.get(upload.ledger, _DayRecords())
        archive = known.archive_of(upload)
        content = None if archive is None else _content_of(self.desk.out / archive.path.relative_to("output"))
        return (
            archive is not None
            and content is not None
            and sha256(content).hexdigest() == archive.sha256
            and self.is_archive(content, upload)
        )

    def _records(self) -> dict[str, "_DayRecords"]:
        folder = self.desk.out / ".camvault-archive"
        found = {}
        for path in folder.glob("*.ledger"):
            parsed = parse_ledger(path.read_text(encoding="utf-8"))
            assert not parsed.damaged, f"{path} has torn lines"
            found[path.name] = _DayRecords(parsed.entries)
        return found

    def _check_archive_names(self) -> None:
        """Under the name of an archive there is a whole one, of a clip of its time."""
        for path, below in _files(self.desk.out):
            if below.name.startswith(".") or below.parts[0].startswith(".camvault"):
                continue
            stamp = below.name.removeprefix("archived-")[:14]
            of_stamp = [upload for upload in self.uploads if upload.clip.stem.endswith(stamp)]
            content = path.read_bytes()
            assert any(self.is_archive(content, upload) for upload in of_stamp), f"{below} is no whole archive"

    def _check_trash_names(self) -> None:
        """In the trash is nothing but whole files under their own names, with their own times."""
        assert self.trash is not None
        contents = {upload.clip: upload.content for upload in self.uploads}
        contents |= {upload.picture: upload.picture_content for upload in self.uploads if upload.picture is not None}
        for path, below in _files(self.trash / "input"):
            if not below.name.endswith(PART):
                assert path.read_bytes() == contents[PurePosixPath(below)], f"{below} in the trash is not whole"
                assert time.time() - path.stat().st_mtime > 3600, f"{below} has lost its time"

    def _count(self, records: Mapping[str, "_DayRecords"]) -> None:
        """What this kill left, of the uploads that are not done."""
        kinds = set[str]()
        for upload in self.waiting():
            archive = records.get(upload.ledger, _DayRecords()).archive_of(upload)
            if archive is not None:
                is_there = (self.desk.out / archive.path.relative_to("output")).exists()
                kinds.add("a clip with its archive" if is_there else "a record without its archive")
            if upload.picture is not None and not self._in_input(upload.picture).exists():
                kinds.add("a clip without its picture")
            if self.trash is not None and self._in_trash(upload.clip).exists():
                kinds.add("a clip here and in the trash")
        roots = {"the archive": self.desk.out} | ({} if self.trash is None else {"the trash": self.trash})
        for name, root in roots.items():
            if any(below.name.endswith(PART) for _, below in _files(root)):
                kinds.add(f"an unfinished file in {name}")
        self.left.update(kinds or {"nothing half done"})

    def check_finished(self) -> None:
        """A normal run has ended: everything is archived, once, and nothing unfinished is left."""
        ended: Ended = self.desk.run(*self.flags)
        assert ended.code == 0, ended.err
        self.check()
        assert self.waiting() == []
        records = self._records()
        assert all(self._is_archived(upload, records) for upload in self.uploads)
        archives = [str(below) for _, below in _files(self.desk.out) if not below.parts[0].startswith(".camvault")]
        assert len(archives) == len(self.uploads), f"{len(archives)} archives of {len(self.uploads)} clips"
        names = {upload.clip for upload in self.uploads} | {upload.picture for upload in self.uploads}
        trashed = set() if self.trash is None else {PurePosixPath(below) for _, below in _files(self.trash / "input")}
        assert trashed == (set() if self.trash is None else names - {None})
        roots = [self.desk.root, *([] if self.trash is None else [self.trash])]
        assert [path for root in roots for path, _ in _files(root) if path.name.endswith(PART)] == []


@attrs.frozen
class _DayRecords:
    """The records of one day."""

    entries: Mapping[PurePosixPath, LedgerEntry] = attrs.field(factory=dict)

    def archive_of(self, upload: Upload) -> LedgerEntry | None:
        """The line of the archive that belongs to this very content."""
        digest = sha256(upload.content).hexdigest()
        source = self.entries.get("input" / upload.clip)
        if source is None or source.kind is not ProofKind.ARCHIVED or source.sha256 != digest:
            return None
        made = self.entries.get("output" / PurePosixPath(source.where))
        return made if made is not None and made.kind is ProofKind.ENCODED and made.where == digest else None


def plays(content: bytes, frame_count: int) -> bool:
    """Whether it is a film of so many pictures, to its end."""
    try:
        with av.open(io.BytesIO(content), "r") as film:
            return sum(1 for _ in film.decode(video=0)) == frame_count
    except av.error.FFmpegError:
        return False


def _files(root: Path) -> list[tuple[Path, Path]]:
    """All files below a root, and their paths below it."""
    return [(path, path.relative_to(root)) for path in sorted(root.rglob("*")) if path.is_file()]


def _content_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - a thousand times a second
    except FileNotFoundError:
        return []


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _sleep(process: "subprocess.Popen[str]", seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _kill(process: "subprocess.Popen[str]", *, is_alone: bool) -> None:
    """Kill the command, with its programs or without; either way none of them is at work afterwards."""
    os.kill(process.pid, signal.SIGSTOP)  # it starts none while they are looked up
    try:
        _wait_while(lambda: _state(process.pid) not in "TZX", "it does not stand still")
        programs = _children(process.pid)
        for program in () if is_alone else programs:
            with suppress(ProcessLookupError):  # it was forked just now, and leads no group yet
                os.killpg(program, signal.SIGKILL)
            os.kill(program, signal.SIGKILL)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _wait_while(lambda: any(_state(program) not in "ZX" for program in programs), "a program outlives its command")


def _wait_while(is_so: Callable[[], bool], complaint: str) -> None:
    deadline_s = time.monotonic() + 10
    while is_so():
        assert time.monotonic() < deadline_s, complaint
        time.sleep(0.002)


def _children(pid: int) -> list[int]:
    """The programs that it started; none if it has ended."""
    try:
        lists = [each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/children")]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for each in lists for child in each.split()]


def _state(pid: int) -> str:
    """One letter, as proc(5) has them; X: it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"
