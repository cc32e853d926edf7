"""A target behind ssh is known again: real sshd, with a key that may do all and with one that may only write."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.rsync import MARKER_NAME, RemoteGuard, RsyncTransfer
from camvault.adapters.rsync.remote_guard import Ends
from camvault.ports.errors import DeniedError, NoSpaceError, StorageError
from camvault.ports.transfer import Sendable, Sight, TargetError
from tests.contracts.test_transfer import start_sshd

NAME = "ROST1_20250528T140000.mkv"
NEXT = "ROST1_20250528T141000.mkv"
FOOTAGE = b"footage" * 100


@attrs.frozen
class Nas:
    """The other end: a disk that may be mounted or not, and how it is reached."""

    folder: Path
    spec: str
    rsh: str
    process: "subprocess.Popen[bytes]"

    def unmount(self) -> None:
        """What is left is the empty mount point."""
        self.folder.rename(self.folder.with_name("disk"))
        self.folder.mkdir()

    def mount(self) -> None:
        self.folder.rmdir()
        self.folder.with_name("disk").rename(self.folder)

    def markers(self) -> list[Path]:
        return sorted(self.folder.glob(f"{MARKER_NAME}*"))

    def footage(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*.mkv"))

    def switch_off(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(params=["ssh", "rrsync -wo"])
def nas(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Nas]:
    folder = tmp_path / "volume"
    folder.mkdir()
    forced = f"/usr/bin/rrsync -wo {folder}" if "rrsync" in request.param else ""
    server, process = start_sshd(tmp_path / "sshd", forced)
    try:
        user = os.environ.get("USER", "root")
        yield Nas(folder, f"{user}@127.0.0.1:{'/' if forced else folder}", server.rsh, process)
    finally:
        process.terminate()
        process.wait(10)


def transfer_of(nas: Nas, logs: Path) -> RsyncTransfer:
    return RsyncTransfer(nas.spec, ("-avh", nas.rsh), RemoteGuard(logs, LocalStorage()))


def test_it_is_marked_once_and_known_again(nas: Nas, tmp_path: Path) -> None:
    transfer = transfer_of(nas, tmp_path / "logs")
    word = transfer.check()
    (marker,) = nas.markers()
    assert marker.read_text().strip() in word
    assert transfer.check() == word
    assert [marker] == nas.markers()


def test_an_empty_mount_point_and_another_disk_are_refused(nas: Nas, tmp_path: Path) -> None:
    """And it is again what it was as soon as the disk is back; or if somebody says that it is meant."""
    transfer = transfer_of(nas, tmp_path / "logs")
    word = transfer.check()
    nas.unmount()
    for text in ("", "another\n"):
        with pytest.raises(TargetError, match=r"is missing or differs: its disk is not mounted there") as caught:
            transfer.check()
        assert caught.value.is_other
        assert [path.read_text() for path in nas.markers()] == [text] * bool(text)
        (nas.folder / f"{MARKER_NAME}-{word.partition(' ')[0]}").write_text("another\n")
    for path in nas.markers():
        path.unlink()
    nas.mount()
    assert transfer.check() == word
    nas.unmount()
    assert transfer.check(may_begin=True) == word
    assert transfer.check() == word


def test_two_machines_use_one_target(nas: Nas, tmp_path: Path) -> None:
    first, second = (transfer_of(nas, tmp_path / name) for name in ("one", "two"))
    words = [first.check(), second.check()]
    assert [first.check(), second.check()] == words
    assert len(nas.markers()) == 2


def test_a_target_that_cannot_be_reached_is_not_another_one(nas: Nas, tmp_path: Path) -> None:
    transfer = transfer_of(nas, tmp_path / "logs")
    transfer.check()
    nas.switch_off()
    with pytest.raises(TargetError, match="it cannot be looked at") as caught:
        transfer.check()
    assert not caught.value.is_other


def test_backup_video_fills_no_empty_mount_point(nas: Nas, tmp_path: Path) -> None:
    """Kept, said so, and sent when the disk is back."""
    home = tmp_path / "home"
    config = {
        "ready_for_backup_dir": str(home / "ready"),
        "nas_target_dir": nas.spec,
        "success_log_dir": str(home / "logs"),
        "lock_dir": str(home / "locks"),
        "rsync_options": ["-avh", nas.rsh],
    }
    (tmp_path / "backup.json").write_text(json.dumps(config))
    (home / "ready").mkdir(parents=True)

    def back_up() -> "subprocess.CompletedProcess[str]":
        argv = [sys.executable, "-m", "camvault.apps.backup_video", "--backup_config", str(tmp_path / "backup.json")]
        return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)

    (home / "ready" / NAME).write_bytes(FOOTAGE)
    assert back_up().returncode == 0
    (home / "ready" / NEXT).write_bytes(FOOTAGE)
    nas.unmount()

    done = back_up()

    assert done.returncode == 3
    assert "everything is kept" in done.stderr
    assert list(nas.folder.iterdir()) == []
    nas.mount()
    assert back_up().returncode == 0
    assert nas.footage() == [NAME, NEXT]


def test_cleanup_video_looks_before_it_removes(nas: Nas, tmp_path: Path) -> None:
    """Gone or damaged there: kept, withdrawn, sent again. Off: what was proven goes. Its disk lost: nothing goes."""
    home = tmp_path / "home"
    config = {
        "ready_for_backup_dir": str(home / "ready"),
        "nas_target_dir": nas.spec,
        "success_log_dir": str(home / "logs"),
        "lock_dir": str(home / "locks"),
        "rsync_options": ["-avh", nas.rsh],
    }
    (tmp_path / "backup.json").write_text(json.dumps(config))
    (home / "ready").mkdir(parents=True)
    names = [f"ROST1_20250528T14{minute:02}00.mkv" for minute in range(4)]
    for name in names:
        (home / "ready" / name).write_bytes(FOOTAGE)

    def run(command: str) -> "subprocess.CompletedProcess[str]":
        argv = [sys.executable, "-m", f"camvault.apps.{command}", "--backup_config", str(tmp_path / "backup.json")]
        return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)

    def left() -> list[str]:
        return sorted(path.name for path in (home / "ready").glob("*.mkv"))

    assert run("backup_video").returncode == 0
    (nas.folder / names[0]).unlink()
    times = (nas.folder / names[1]).stat()
    (nas.folder / names[1]).write_bytes(FOOTAGE[:-1] + b"\0")
    os.utime(nas.folder / names[1], ns=(times.st_atime_ns, times.st_mtime_ns))

    done = run("cleanup_video")

    assert done.returncode == 2
    assert "it is not at the target any more" in done.stderr
    assert "something else stands there" in done.stderr
    assert left() == names[:2]
    assert run("backup_video").returncode == 0
    assert [(nas.folder / name).read_bytes() for name in names] == [FOOTAGE] * 4
    nas.unmount()
    assert run("cleanup_video").returncode == 2
    assert left() == names[:2]
    nas.mount()
    nas.switch_off()
    offline = run("cleanup_video")
    assert (offline.returncode, offline.stdout) == (0, "[remove] deleted 2 files\n")
    assert "the target was not looked at" in offline.stderr


def test_the_footage_itself_is_no_target(nas: Nas, tmp_path: Path) -> None:
    """Behind ssh, under any name: every comparison would find each file equal to itself."""
    guard = RemoteGuard(tmp_path / "logs", LocalStorage(), apart_from=nas.folder)
    transfer = RsyncTransfer(nas.spec, ("-avh", nas.rsh), guard)
    for _ in range(2):
        with pytest.raises(TargetError, match="it is the folder of the footage itself"):
            transfer.check(may_begin=True)


class TestRemoteGuard:
    """What goes wrong around it, with the other end in memory."""

    LOGS = PurePath("/logs")

    def setup_method(self) -> None:
        self.storage = MemoryStorage()
        self.storage.put_folder(self.LOGS)
        self.there: dict[PurePosixPath, bytes] = {}
        self.refuses = ""
        self.after_send: StorageError | None = None

    def send(self, file: Sendable, root: PurePath) -> str:
        if not self.refuses:
            self.there[file.path] = self.storage.content(root / file.path)
        if self.after_send is not None:
            self.storage.calls.fail("storage.write_text", self.after_send)
            self.after_send = None
        return self.refuses

    def sight(self, file: Sendable, root: PurePath) -> Sight:
        if file.path not in self.there:
            return Sight.GONE
        return Sight.SAME if self.there[file.path] == self.storage.content(root / file.path) else Sight.OTHER

    def check(self, *, may_begin: bool = False) -> str:
        guard = RemoteGuard(self.LOGS, self.storage)
        return guard.check("nas:/v", ends=Ends(self.sight, self.send), may_begin=may_begin)

    def test_power_fails_before_the_number_is_remembered(self) -> None:
        """The next run begins again, with the same number: the target is not locked out."""
        self.after_send = StorageError(self.LOGS)
        with pytest.raises(TargetError, match="cannot be told"):
            self.check()
        assert len(self.there) == 1
        number = self.check()
        assert self.check() == number
        assert [str(path) for path in self.there] == [f"{MARKER_NAME}-{number}"]

    def test_a_target_that_takes_no_marker_is_none(self) -> None:
        self.refuses = "Read-only file system"
        with pytest.raises(TargetError, match="it cannot be marked: Read-only file system"):
            self.check()
        self.refuses = ""
        assert self.check()

    def test_a_full_disk_here_stops_no_first_backup(self) -> None:
        """Nothing can be held, so it is believed, as any first time, and marked when there is room."""
        self.storage.calls.fail("storage.write_text", NoSpaceError(self.LOGS))
        assert self.check() == ""
        assert not self.there
        assert self.check()
        assert self.there

    def test_a_full_disk_after_the_copy(self) -> None:
        self.after_send = NoSpaceError(self.LOGS)
        number = self.check()
        assert self.check() == number

    def test_a_copy_that_was_lost_is_made_again(self) -> None:
        number = self.check()
        self.storage.tree.discard(self.LOGS / f"{MARKER_NAME}-{number}")
        assert self.check() == number

    def test_records_that_cannot_be_read_are_no_first_time(self) -> None:
        self.check()
        self.storage.calls.fail("storage.read_text", DeniedError(self.LOGS))
        with pytest.raises(TargetError, match="cannot be told"):
            self.check()

    def test_a_folder_that_was_the_target_before_is_another_one(self) -> None:
        self.storage.put(self.LOGS / MARKER_NAME, "number-of-a-folder\n")
        with pytest.raises(TargetError, match="another target"):
            self.check()
        assert self.check(may_begin=True) == "number-of-a-folder"

    def test_no_folder_for_records_yet(self) -> None:
        self.storage.prune(self.LOGS, is_root_included=True)
        number = self.check()
        assert self.check() == number
