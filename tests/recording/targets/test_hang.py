"""A mounted target that hangs in the kernel: the job goes on, keeps everything and says so."""

import hashlib
import json
import mmap
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters._shared import medium, process
from camvault.adapters._shared.target_record import TargetRecord
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.rsync import TARGET_MARKER_NAME, RsyncTransfer, TargetGuard, look
from camvault.adapters.rsync.mounted import MountedFolder
from camvault.apps._assembly.operator import STATE_NAME
from camvault.core.segments.ledger import LedgerEntry, ProofKind, ledger_line
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import Cancelled
from camvault.ports.transfer import EvidenceKind, Offline, Sendable, Sight, Unsure
from tests.adapters.filesystem.test_medium import mounted
from tests.recording.segments.conftest import Disk

FOOTAGE = b"footage" * 1000
NAME = "ROST1_20250528T140000.mkv"
NUMBER = "11111111-2222-3333-4444-555555555555"
BACKUP = """
import sys
import camvault.adapters._shared.process as process
process._KILL_WAIT_S = 0.5
from camvault.apps.backup_video import entry
entry()
"""

CLEANUP = """
import camvault.adapters._shared.process as process
process._KILL_WAIT_S = 0.5
import camvault.adapters.rsync.mounted as mounted
mounted.STATUS_LIMIT_S = 2
import camvault.adapters.rsync.guard as guard
guard.SHARES |= {"{kinds}"}
from camvault.apps.cleanup_video import entry
entry()
"""

MONITOR = """
import camvault.adapters._shared.process as process
process._KILL_WAIT_S = 0.5
import camvault.apps._assembly.operator as watch
watch._ANSWER_LIMIT_S = 2
from camvault.apps.monitor_recordings import entry
entry()
"""


@attrs.frozen
class Hanging:
    """A mounted folder, and the program behind it. Its files: the marker, and one segment."""

    point: Path
    program: "subprocess.Popen[str]"

    def wait_until_somebody_hangs(self) -> None:
        assert self.program.stdout is not None
        assert self.program.stdout.readline() == "hanging\n"


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[Callable[[str], Hanging]]:
    """Mount it; the argument is how the names of files end that hang."""
    started: list[Hanging] = []

    def mount(hangs: str) -> Hanging:
        shown, point = tmp_path / "shown", tmp_path / "nas"
        shown.mkdir()
        point.mkdir()
        (shown / TARGET_MARKER_NAME).write_text(f"{NUMBER}\n")
        (shown / NAME).write_bytes(FOOTAGE)
        (shown / STATE_NAME).write_text("{}")
        argv = [sys.executable, str(Path(__file__).with_name("hanging_target.py")), str(point), str(shown), hangs]
        program = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        assert program.stdout is not None
        assert program.stdout.readline() == "mounted\n"
        started.append(Hanging(point, program))
        return started[-1]

    yield mount
    for one in started:
        one.program.kill()  # whoever hangs gets an error now, and ends
        one.program.wait(10)
        assert one.program.stdout is not None
        one.program.stdout.close()
        subprocess.run(["umount", "--lazy", one.point], check=True)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_KILL_WAIT_S", 0.3)


def children_in_the_kernel() -> list[str]:
    """Our children in uninterruptible sleep."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        if fields["PPid"] == str(os.getpid()) and fields["State"].startswith("D"):
            found.append(fields["Pid"])
    return found


@pytest.mark.usefixtures("impatient")
def test_a_read_that_nothing_can_end_is_given_up(hanging: Callable[[str], Hanging], tmp_path: Path) -> None:
    """The file is not proven, the caller has the others, and goes on."""
    (tmp_path / "ready").mkdir()
    (tmp_path / "ready" / NAME).write_bytes(FOOTAGE)
    point = hanging(".mkv").point
    transfer = RsyncTransfer(str(point), (), limit_s=1)
    marker = Sendable(PurePosixPath(TARGET_MARKER_NAME), FileIdentity(37, 0))
    segment = Sendable(PurePosixPath(NAME), FileIdentity(len(FOOTAGE), 0))
    began_s = time.monotonic()

    found = transfer.prove([marker, segment], root=tmp_path / "ready", cancel=MemoryCancellation())

    assert list(found) == [marker.path], "what was read before it hung was read"
    assert len(children_in_the_kernel()) == 1, "it really cannot be killed"
    assert time.monotonic() - began_s < 10
    assert transfer.look([segment], root=tmp_path / "ready", by_content=True, cancel=MemoryCancellation()) == {}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("kind", "is_share"), [("nfs4", True), ("ext4", False), ("fuseblk", False), ("", False)])
def test_a_target_that_does_not_answer(
    hanging: Callable[[str], Hanging], tmp_path: Path, kind: str, is_share: bool
) -> None:
    """A share is offline, by that evidence. A disk of this machine that hangs may be failing."""
    point = hanging(TARGET_MARKER_NAME).point
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(f"36 35 0:99 / {point} rw - {kind} nas:/video rw\n" if kind else "")
    record = tmp_path / "record"
    guard = TargetGuard(point, record, LocalStorage(), tmp_path / "x", mountinfo, (), limit_s=0.7)
    assert "it does not answer within 0.7 s" in str(guard.mark(anew=True))
    record.write_text(TargetRecord(NUMBER, str(point), point).text)
    answer = guard.ask()
    assert isinstance(answer, Offline if is_share else Unsure)
    assert "it does not answer within 0.7 s" in str(answer)
    record.write_text(TargetRecord(NUMBER, "/elsewhere", point).text)
    assert isinstance(guard.ask(), Unsure)


@pytest.mark.usefixtures("impatient")
def test_a_stop_ends_the_look(hanging: Callable[[str], Hanging], tmp_path: Path) -> None:
    """Whoever asks does not wait for the limit, although the reader stays behind."""
    one = hanging(".mkv")
    cancel = MemoryCancellation()
    argv = (sys.executable, "-c", "import sys; sys.exit(0)")
    process.run(argv, cancel=cancel)  # imports, so that the wait below is for the target
    segment = Sendable(PurePosixPath(NAME), FileIdentity(9, 0))

    def stop(*_: object) -> bool:
        one.wait_until_somebody_hangs()
        cancel.request()
        return False

    lookout = MountedFolder(one.point)
    waiting = threading.Thread(target=stop)
    waiting.start()
    with pytest.raises(Cancelled):
        lookout.digests([segment], root=tmp_path, cancel=cancel, limit_s=300)
    waiting.join(10)


@pytest.mark.parametrize(("hangs", "code"), [(".mkv", 2), (TARGET_MARKER_NAME, 3)], ids=["a file", "the whole target"])
def test_backup_video_ends_and_keeps_everything(
    hanging: Callable[[str], Hanging], tmp_path: Path, hangs: str, code: int
) -> None:
    """Also the process itself ends, with a child that cannot be killed."""
    point = hanging(hangs).point
    segment = tmp_path / "ready" / NAME
    segment.parent.mkdir()
    segment.write_bytes(FOOTAGE)
    (tmp_path / "logs").mkdir()
    today = f"{time.strftime('%Y-%m-%d')}"
    (tmp_path / f"logs/{today}.synced").write_text(f"{NAME}\n")  # of an older version: it is looked for first
    config = {
        "ready_for_backup_dir": str(segment.parent),
        "nas_target_dir": str(point),
        "success_log_dir": str(tmp_path / "logs"),
        "lock_dir": str(tmp_path / "locks"),
    }
    (tmp_path / "backup.json").write_text(json.dumps(config))

    done = subprocess.run(
        [sys.executable, "-c", BACKUP, "--backup_config", str(tmp_path / "backup.json"), "--hang-limit", "2"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == code, done.stderr
    assert "kept" in done.stderr
    assert segment.read_bytes() == FOOTAGE
    assert not (tmp_path / "logs/other.ledger").exists(), "nothing is proven"


@pytest.mark.parametrize("is_share", [True, False])
def test_cleanup_video_frees_the_card_although_a_share_hangs(
    hanging: Callable[[str], Hanging], tmp_path: Path, is_share: bool
) -> None:
    """What was proven at its number before it hung goes. A disk that hangs keeps it, and that is an incident."""
    point = hanging(TARGET_MARKER_NAME).point
    segment = tmp_path / "ready" / NAME
    segment.parent.mkdir()
    segment.write_bytes(FOOTAGE)
    identity = FileIdentity(len(FOOTAGE), segment.stat().st_mtime_ns)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / TARGET_MARKER_NAME).write_text(TargetRecord(NUMBER, str(point), point).text)
    entry = LedgerEntry(PurePosixPath(NAME), identity, "0" * 64, ProofKind.READ_BACK, "earlier", NUMBER, str(point))
    (tmp_path / "logs/other.ledger").write_text(f"{ledger_line(entry)}\n")
    config = {
        "ready_for_backup_dir": str(segment.parent),
        "nas_target_dir": str(point),
        "success_log_dir": str(tmp_path / "logs"),
        "lock_dir": str(tmp_path / "locks"),
    }
    (tmp_path / "backup.json").write_text(json.dumps(config))

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            CLEANUP.replace("{kinds}", "fuse" if is_share else ""),
            "--backup_config",
            str(tmp_path / "backup.json"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == (0 if is_share else 2), done.stderr
    assert done.stdout == f"[remove] deleted {is_share:d} files\n"
    assert "it does not answer" in done.stderr
    assert segment.exists() is not is_share


def test_monitor_recordings_tells_of_a_disk_that_hangs(hanging: Callable[[str], Hanging], tmp_path: Path) -> None:
    """It does not hang itself: else nobody would be told, neither of the disk nor of any camera."""
    point, told = hanging(STATE_NAME).point, tmp_path / "told"
    (tmp_path / "run").mkdir(mode=0o700)
    for _ in range(2):
        done = subprocess.run(
            [
                *(sys.executable, "-c", MONITOR, "--recording_dir", str(point)),
                *("--alert-command", f"/bin/sh -c 'cat >>{told}'"),
            ],
            env={**os.environ, "RUNTIME_DIRECTORY": str(tmp_path / "run")},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 1
        assert f"[ERROR] Recording directory does not answer: {point}" in done.stderr
    assert told.read_text().count("[DISK] Recording folder missing") == 1


class TestLook:
    """What proves that it was read at the target."""

    def digest(self, path: Path) -> EvidenceKind:
        file = Sendable(PurePosixPath(path.name), FileIdentity(0, 0))
        found = MountedFolder(PurePath(path.parent)).digests(
            [file], root=path.parent / "none", cancel=MemoryCancellation(), limit_s=60
        )
        return found[file.path].kind

    @pytest.mark.parametrize("size", [0, 1, 4096, 1024 * 1024 + 1])
    def test_direct_reads_give_the_content(self, tmp_path: Path, size: int) -> None:
        content = os.urandom(size)
        (tmp_path / "a").write_bytes(content)
        assert medium.digest(str(tmp_path / "a"))[0] == hashlib.sha256(content).hexdigest()

    def test_what_is_past_the_cache_is_a_read_back(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(FOOTAGE)
        assert self.digest(tmp_path / "a") is EvidenceKind.READ_BACK

    def test_without_direct_reads_the_cache_is_seen_to_be_empty(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(medium, "_DIRECT", 0)
        path = tmp_path / "a"
        path.write_bytes(FOOTAGE)
        assert medium.digest(str(path))[1] == medium.MEDIUM

    def test_what_may_be_of_the_cache_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Somebody keeps its pages in memory."""
        monkeypatch.setattr(medium, "_DIRECT", 0)
        path = tmp_path / "a"
        path.write_bytes(FOOTAGE)
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as pages:
            assert pages[:7] == b"footage"
            assert medium.digest(str(path))[1] == medium.HELD

    def test_memory_is_no_medium(self, tmp_path: Path) -> None:
        """Nor is a copy there one that lets the file here go, by its blocks or by all of it."""
        here, there = tmp_path / "ready", tmp_path / "nas"
        here.mkdir()
        (here / "a").write_bytes(FOOTAGE)
        with mounted(there, "-t", "tmpfs", "none"):
            shutil.copy2(here / "a", there / "a")
            assert self.digest(there / "a") is EvidenceKind.IN_MEMORY
            for by_content in (False, True):
                assert sight(here, there, "a", by_content=by_content) is None

    def test_where_direct_reads_may_give_the_cache_it_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As btrfs and FUSE do."""
        monkeypatch.setattr(medium, "file_system_of", lambda _: "fuse.something")
        (tmp_path / "a").write_bytes(FOOTAGE)
        assert medium.digest(str(tmp_path / "a"))[1] == medium.CACHE

    def test_it_starts_without_our_packages(self) -> None:
        """It is a program by itself: nothing it imports may hang or be missing."""
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-X", "importtime", look.__file__],
            input=json.dumps({"work": "status", "folder": "/", "marker": "none", "beside": "/none"}),
            capture_output=True,
            text=True,
            check=True,
        )
        assert [next(iter(json.loads(line))) for line in done.stdout.splitlines()][:2] == ["resolved", "is_there"]
        assert not {"attrs", "camvault", "sh", "pathlib"} & {
            line.rpartition("|")[2].strip() for line in done.stderr.splitlines()
        }

    @pytest.mark.parametrize(
        ("there", "expected"),
        [("same", Sight.SAME), ("link", Sight.OTHER), ("symlink", Sight.OTHER), ("folder", Sight.OTHER)],
    )
    def test_only_a_file_of_its_own_stands_there(self, tmp_path: Path, there: str, expected: Sight) -> None:
        """A link to the one here would go with it."""
        here, target = tmp_path / "ready", tmp_path / "nas"
        here.mkdir()
        target.mkdir()
        (here / NAME).write_bytes(FOOTAGE)
        match there:
            case "same":
                (target / NAME).write_bytes(FOOTAGE)
            case "link":
                (target / NAME).hardlink_to(here / NAME)
            case "symlink":
                (target / NAME).symlink_to(here / NAME)
            case _:
                (target / NAME).mkdir()
        assert sight(here, target, NAME) is expected


def sight(here: Path, there: Path, name: str, *, by_content: bool = False) -> Sight | None:
    """How a file of `here` is found by a look."""
    file = Sendable(PurePosixPath(name), FileIdentity((here / name).stat().st_size, 0))
    transfer = RsyncTransfer(str(there), ())
    found = transfer.look([file], root=here, by_content=by_content, cancel=MemoryCancellation())
    return found.get(file.path)


class TestLookWithoutAllOfTheContent:
    """What was read back lately."""

    @pytest.fixture
    def ends(self, tmp_path: Path) -> tuple[Path, Path]:
        """The same file at both."""
        here, there = tmp_path / "ready", tmp_path / "nas"
        here.mkdir()
        there.mkdir()
        (here / NAME).write_bytes(os.urandom(300_000))
        shutil.copy2(here / NAME, there / NAME)
        return here, there

    @pytest.mark.parametrize("offset", [0, 65_535, 140_000, 299_999])
    def test_a_block_of_either_end_and_of_the_middle_is_read(self, ends: tuple[Path, Path], offset: int) -> None:
        assert sight(*ends, NAME) is Sight.SAME
        times = (ends[1] / NAME).stat()
        with (ends[1] / NAME).open("r+b") as file:
            file.seek(offset)
            byte = file.read(1)
            file.seek(offset)
            file.write(bytes([byte[0] ^ 1]))
        os.utime(ends[1] / NAME, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert sight(*ends, NAME) is Sight.OTHER

    def test_another_time_alone_is_no_other_file(self, ends: tuple[Path, Path]) -> None:
        """It is read, all of it."""
        os.utime(ends[1] / NAME, (1, 1))
        assert sight(*ends, NAME) is Sight.SAME
        with (ends[1] / NAME).open("r+b") as file:
            file.seek(70_000)
            file.write(bytes(100))
        assert sight(*ends, NAME) is Sight.OTHER

    def test_a_time_that_the_target_rounds_is_no_other_time(
        self, ends: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """FAT, say: else all of each file would be read each time."""
        monkeypatch.setattr(medium, "digest", lambda _: pytest.fail("it was read"))
        os.utime(ends[0] / NAME, ns=(0, 1_751_000_001_234_567_891))
        for rounded_ns in (1_751_000_001_234_567_800, 1_751_000_001_000_000_000, 1_751_000_000_000_000_000):
            os.utime(ends[1] / NAME, ns=(0, rounded_ns))
            size_bytes = (ends[0] / NAME).stat().st_size
            assert look._sight(str(ends[0] / NAME), str(ends[1] / NAME), size_bytes, is_read=False) == "same"

    @pytest.mark.parametrize("is_read", [False, True])
    def test_what_another_program_holds_in_the_cache_was_not_seen(
        self, ends: tuple[Path, Path], is_read: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As on btrfs, and on ext4 with journalled data: its pages stay, and are all that is read."""
        monkeypatch.setattr(medium, "_DIRECT", 0)
        here, there = (str(end / NAME) for end in ends)
        size_bytes = (ends[0] / NAME).stat().st_size
        with (ends[1] / NAME).open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as pages:
            assert pages[:] == (ends[0] / NAME).read_bytes()
            assert look._sight(here, there, size_bytes, is_read=is_read) == "held"
        assert look._sight(here, there, size_bytes, is_read=is_read) == "same"

    @pytest.mark.parametrize("is_read", [False, True])
    def test_what_is_behind_a_cache_was_not_seen(
        self, ends: tuple[Path, Path], is_read: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """FUSE. What differs by the cache differs; what is empty has nothing to read."""
        monkeypatch.setattr(medium, "file_system_of", lambda _: "fuse.something")
        here, there = ends[0] / NAME, ends[1] / NAME
        size_bytes = here.stat().st_size
        assert look._sight(str(here), str(there), size_bytes, is_read=is_read) == "cached"
        there.write_bytes(bytes(size_bytes))
        assert look._sight(str(here), str(there), size_bytes, is_read=is_read) == "other"
        for path in (here, there):
            path.write_bytes(b"")
        assert look._sight(str(here), str(there), 0, is_read=is_read) == "same"

    @pytest.mark.parametrize("by_content", [False, True])
    def test_a_name_without_its_blocks_is_no_copy(self, tmp_path: Path, disk: Disk, by_content: bool) -> None:
        """The disk lists all that it had, from memory or from the blocks that are well; the footage is not there."""
        here = tmp_path / "ready"
        here.mkdir()
        (here / NAME).write_bytes(os.urandom(300_000))
        shutil.copy2(here / NAME, disk.folder / NAME)
        os.sync()
        assert sight(here, disk.folder, NAME, by_content=by_content) is Sight.SAME
        shown = subprocess.run(["filefrag", "-v", disk.folder / NAME], capture_output=True, text=True, check=True)
        first = int(shown.stdout.splitlines()[3].split()[3].rstrip("."))
        with disk.image.open("r+b") as image:
            image.truncate(first * os.statvfs(disk.folder).f_bsize)
        assert (disk.folder / NAME).exists()
        assert sight(here, disk.folder, NAME, by_content=by_content) is None
