"""A mounted target that hangs in the kernel: the job goes on, keeps everything and says so."""

import hashlib
import json
import mmap
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters import _process
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.rsync import MARKER_NAME, RsyncTransfer, TargetGuard, look
from camvault.adapters.rsync.mounted import MountedFolder
from camvault.apps._watch import STATE_NAME
from camvault.core.segments.ledger import LedgerEntry, ProofKind, ledger_line
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import Cancelled
from camvault.ports.transfer import EvidenceKind, Sendable, Sight, TargetError

FOOTAGE = b"footage" * 1000
NAME = "ROST1_20250528T140000.mkv"
NUMBER = "11111111-2222-3333-4444-555555555555"
BACKUP = """
import sys
import camvault.adapters._process as process
process._KILL_WAIT_S = 0.5
from camvault.apps.backup_video import entry
entry()
"""

CLEANUP = """
import camvault.adapters._process as process
process._KILL_WAIT_S = 0.5
import camvault.adapters.rsync.mounted as mounted
mounted.STATUS_LIMIT_S = 2
from camvault.apps.cleanup_video import entry
entry()
"""

MONITOR = """
import camvault.adapters._process as process
process._KILL_WAIT_S = 0.5
import camvault.apps._watch as watch
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
        (shown / MARKER_NAME).write_text(f"{NUMBER}\n")
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
    monkeypatch.setattr(_process, "_KILL_WAIT_S", 0.3)


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
    marker = Sendable(PurePosixPath(MARKER_NAME), FileIdentity(37, 0))
    segment = Sendable(PurePosixPath(NAME), FileIdentity(len(FOOTAGE), 0))
    began_s = time.monotonic()

    found = transfer.prove([marker, segment], root=tmp_path / "ready", cancel=MemoryCancellation())

    assert list(found) == [marker.path], "what was read before it hung was read"
    assert len(children_in_the_kernel()) == 1, "it really cannot be killed"
    assert time.monotonic() - began_s < 10
    assert transfer.look([segment], root=tmp_path / "ready", by_content=True, cancel=MemoryCancellation()) == {}


@pytest.mark.usefixtures("impatient")
def test_a_target_that_does_not_answer_is_no_target(hanging: Callable[[str], Hanging], tmp_path: Path) -> None:
    guard = TargetGuard(
        hanging(MARKER_NAME).point, tmp_path / "record", LocalStorage(), tmp_path / "x", tmp_path / "y", (), limit_s=1
    )

    with pytest.raises(TargetError, match="it does not answer") as caught:
        guard.check(may_begin=True)

    assert not caught.value.is_other


@pytest.mark.usefixtures("impatient")
def test_a_stop_ends_the_look(hanging: Callable[[str], Hanging], tmp_path: Path) -> None:
    """Whoever asks does not wait for the limit, although the reader stays behind."""
    one = hanging(".mkv")
    cancel = MemoryCancellation()
    argv = (sys.executable, "-c", "import sys; sys.exit(0)")
    _process.run(argv, cancel=cancel)  # imports, so that the wait below is for the target
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


@pytest.mark.parametrize(("hangs", "code"), [(".mkv", 2), (MARKER_NAME, 3)], ids=["a file", "the whole target"])
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
        timeout=100,
        check=False,
    )

    assert done.returncode == code, done.stderr
    assert "kept" in done.stderr
    assert segment.read_bytes() == FOOTAGE
    assert not (tmp_path / "logs/other.ledger").exists(), "nothing is proven"


def test_cleanup_video_frees_the_card_although_the_target_hangs(
    hanging: Callable[[str], Hanging], tmp_path: Path
) -> None:
    """What was proven before it hung goes."""
    point = hanging(MARKER_NAME).point
    segment = tmp_path / "ready" / NAME
    segment.parent.mkdir()
    segment.write_bytes(FOOTAGE)
    identity = FileIdentity(len(FOOTAGE), segment.stat().st_mtime_ns)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / MARKER_NAME).write_text(f"{NUMBER}\n")
    entry = LedgerEntry(PurePosixPath(NAME), identity, "0" * 64, ProofKind.READ_BACK, "earlier", str(point))
    (tmp_path / "logs/other.ledger").write_text(f"{ledger_line(entry)}\n")
    config = {
        "ready_for_backup_dir": str(segment.parent),
        "nas_target_dir": str(point),
        "success_log_dir": str(tmp_path / "logs"),
        "lock_dir": str(tmp_path / "locks"),
    }
    (tmp_path / "backup.json").write_text(json.dumps(config))

    done = subprocess.run(
        [sys.executable, "-c", CLEANUP, "--backup_config", str(tmp_path / "backup.json")],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "[remove] deleted 1 files\n"), done.stderr
    assert "it does not answer" in done.stderr
    assert not segment.exists()


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
            timeout=100,
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
        assert look._digest(str(tmp_path / "a"))[0] == hashlib.sha256(content).hexdigest()

    def test_what_is_past_the_cache_is_a_read_back(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(FOOTAGE)
        assert self.digest(tmp_path / "a") is EvidenceKind.READ_BACK

    def test_without_direct_reads_the_cache_is_seen_to_be_empty(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(look, "_DIRECT", 0)
        path = tmp_path / "a"
        path.write_bytes(FOOTAGE)
        assert look._digest(str(path))[1] == look.DROPPED

    def test_what_may_be_of_the_cache_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Somebody keeps its pages in memory."""
        monkeypatch.setattr(look, "_DIRECT", 0)
        path = tmp_path / "a"
        path.write_bytes(FOOTAGE)
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as pages:
            assert pages[:7] == b"footage"
            assert look._digest(str(path))[1] == look.CACHED

    def test_memory_is_the_medium_of_a_memory_disk(self, tmp_path: Path) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "none", tmp_path], check=True)
        try:
            (tmp_path / "a").write_bytes(FOOTAGE)
            assert self.digest(tmp_path / "a") is EvidenceKind.READ_BACK
        finally:
            subprocess.run(["umount", tmp_path], check=True)

    def test_it_starts_without_our_packages(self) -> None:
        """It is a program by itself: nothing it imports may hang or be missing."""
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-X", "importtime", look.__file__],
            input=json.dumps({"work": "status", "folder": "/", "marker": "none"}),
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(done.stdout)["is_there"]
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
        file = Sendable(PurePosixPath(NAME), FileIdentity(len(FOOTAGE), 0))
        transfer = RsyncTransfer(str(target), ())
        assert transfer.look([file], root=here, by_content=False, cancel=MemoryCancellation()) == {file.path: expected}
