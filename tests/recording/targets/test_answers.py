"""Every way in which a target can fail: each row says what is answered, told, kept and deleted."""

import errno
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import attrs
import pytest

from camvault.adapters._shared.target_record import TargetRecord
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.rsync import TARGET_MARKER_NAME, RemoteGuard, RsyncTransfer, TargetGuard, look
from camvault.adapters.rsync.mounted import MountedFolder
from camvault.adapters.rsync.parse import CUT_OFF_CODES, MEANINGS
from camvault.core.segments.ledger import ProofKind
from camvault.ports.errors import (
    BusyError,
    CamvaultError,
    Cancelled,
    DeniedError,
    ExistsError,
    MissingToolError,
    NoSpaceError,
    NotFoundError,
    StorageError,
    ToolError,
)
from camvault.ports.transfer import Here, Offline, TargetAnswer, TargetError, Unsure
from tests.recording.segments.conftest import FOOTAGE, Disk, Pi
from tests.recording.segments.helpers import READY, TODAY, Machine

FIRST = "ROST1_20250528T140000.mkv"
SECOND = "ROST1_20250528T141000.mkv"
PATH = PurePosixPath("ROST1", TODAY, FIRST)


# --- a real disk -----------------------------------------------------------------------------------------------------


@attrs.frozen
class Row:
    """What is done to the disk of the target, and what then happens to the two segments that are proven there."""

    name: str
    fault: Callable[["Scene"], None]
    deleted: int
    told: str

    def __str__(self) -> str:
        return self.name


@attrs.frozen
class Scene:
    """A backup of two segments to a disk of its own."""

    pi: Pi
    disk: Disk

    @property
    def target(self) -> Path:
        return Path(self.pi.nas)

    def remount(self, *options: str) -> None:
        subprocess.run(["mount", "-o", "remount", *options, self.disk.folder], check=True)

    def damage(self, path: str) -> None:
        """Make the tree of extents of a file impossible: EUCLEAN, "Structure needs cleaning"."""
        self.disk.unmount()
        script = f"sif {path} block[0] 0"
        subprocess.run(["debugfs", "-w", "-R", script, self.disk.image], check=True, capture_output=True)
        self.disk.mount()

    def tear_out(self) -> None:
        """Everything gives EIO."""
        self.disk.unmount()
        self.disk.mount()
        with self.disk.image.open("r+b") as file:
            file.truncate(4096)
        Path("/proc/sys/vm/drop_caches").write_text("3")  # mounting reads ahead, at times as far as the marker

    def exchange(self) -> None:
        self.disk.unmount()
        subprocess.run(["mkfs.ext4", "-q", "-F", "-O", "^has_journal", self.disk.image], check=True)
        self.disk.mount()


def _delete_folder(scene: Scene) -> None:
    shutil.rmtree(scene.target)


def _delete_marker(scene: Scene) -> None:
    (scene.target / TARGET_MARKER_NAME).unlink()


def _another_marker(scene: Scene) -> None:
    (scene.target / TARGET_MARKER_NAME).write_text("1234\n")


def _zeros(scene: Scene) -> None:
    """A rescue of the disk with the right sizes and times; it is taken for the target by the user."""
    for path in scene.target.rglob("*.mkv"):
        times = path.stat()
        path.write_bytes(bytes(times.st_size))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    _another_marker(scene)
    scene.pi.wait("ROST1_20250528T190000.mkv")
    assert scene.pi.run("backup_video", "--init-target").code == 0


def _fill(scene: Scene) -> None:
    scene.disk.fill()


ROWS = (
    Row("it is as it was", lambda _: None, 2, ""),
    Row("the disk is mounted, the folder was deleted", _delete_folder, 0, "the folder is not there, and no mount is"),
    Row("the disk is mounted, the marker is gone", _delete_marker, 0, "with the number"),
    Row("another marker", _another_marker, 0, "its marker says 1234, expected"),
    Row("another disk", lambda scene: scene.exchange(), 0, "the folder is not there"),
    Row("not mounted", lambda scene: scene.disk.unmount(), 2, "it is offline: nothing is mounted at"),
    Row("mounted read-only", lambda scene: scene.remount("ro"), 2, ""),
    Row("full", _fill, 2, ""),
    Row("EUCLEAN, of the marker", lambda s: s.damage(f"/video/{TARGET_MARKER_NAME}"), 0, "Structure needs cleaning"),
    Row("EUCLEAN, of the folder", lambda s: s.damage("/video"), 0, "Structure needs cleaning"),
    Row("EUCLEAN, of one segment", lambda s: s.damage(f"/video/{PATH}"), 1, "the target does not tell"),
    Row("EUCLEAN, of the date folder", lambda s: s.damage(f"/video/{PATH.parent}"), 0, "says nothing of its files"),
    Row("EIO", lambda scene: scene.tear_out(), 0, "Input/output error"),
)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_target_on_a_disk_of_its_own(pi: Pi, disk: Disk, row: Row) -> None:
    pi.nas = str(disk.folder / "video")
    for name in (FIRST, SECOND):
        pi.wait(name)
    assert pi.run("backup_video").code == 0
    scene = Scene(pi, disk)

    row.fault(scene)
    done = pi.run("cleanup_video")

    assert done.out == f"[remove] deleted {row.deleted} files\n", done.err
    assert done.code == (0 if row.deleted == 2 else 2), done.err
    assert row.told in done.err
    assert len(list(pi.ready.rglob("*.mkv"))) == 2 - row.deleted
    ledger = (pi.logs / f"{TODAY}.ledger").read_text()
    assert "withdrawn" not in ledger, "what cannot be told is no reason to withdraw anything"


def test_a_rescue_with_the_right_sizes_under_a_new_number(pi: Pi, disk: Disk) -> None:
    """Only zeros: what is still here is proven anew by content, sent, and only then deleted."""
    pi.nas = str(disk.folder / "video")
    for name in (FIRST, SECOND):
        pi.wait(name)
    assert pi.run("backup_video").code == 0
    _zeros(Scene(pi, disk))
    assert pi.run("cleanup_video").out == "[remove] deleted 3 files\n"
    held = [path.read_bytes() for path in Path(pi.nas).rglob("*.mkv")]
    assert held.count(FOOTAGE) == 3


@pytest.mark.parametrize("fault", [_delete_folder, _delete_marker, _another_marker], ids=lambda f: f.__name__)
def test_a_target_on_the_own_disk_is_never_taken_for_unmounted(pi: Pi, fault: Callable[[Scene], None]) -> None:
    pi.wait(FIRST)
    assert pi.run("backup_video").code == 0
    fault(Scene(pi, Disk(Path(), Path())))
    done = pi.run("cleanup_video")
    assert (done.code, done.out) == (2, "[remove] deleted 0 files\n")
    assert "what is proven is kept" in done.err


def test_records_of_an_earlier_version_are_completed(pi: Pi, disk: Disk) -> None:
    """Until then a disk that is not mounted is not known to be one; that doubt lasts until it was here again."""
    pi.nas = str(disk.folder / "video")
    pi.wait(FIRST)
    assert pi.run("backup_video").code == 0
    for place in (Path(pi.nas), pi.logs):
        record = place / TARGET_MARKER_NAME
        record.write_text(record.read_text().splitlines()[0] + "\n")
    disk.unmount()
    assert pi.run("cleanup_video").out == "[remove] deleted 0 files\n"
    disk.mount()
    pi.wait(SECOND)
    assert pi.run("backup_video").code == 0
    disk.unmount()
    assert pi.run("cleanup_video").out == "[remove] deleted 0 files\n"
    disk.mount()
    assert pi.run("cleanup_video").out == "[remove] deleted 2 files\n"
    pi.wait(FIRST, FOOTAGE * 2)
    assert pi.run("backup_video").code == 0
    disk.unmount()
    assert pi.run("cleanup_video").out == "[remove] deleted 1 files\n"


def test_a_record_that_cannot_be_read_is_said(pi: Pi) -> None:
    """Which target is meant is not known then: "deleted 0 files" and exit code 0 were all that was told."""
    pi.wait(FIRST)
    assert pi.run("backup_video").code == 0
    (pi.logs / TARGET_MARKER_NAME).unlink()
    (pi.logs / TARGET_MARKER_NAME).mkdir()
    done = pi.run("cleanup_video")
    assert (done.code, done.out) == (2, "[remove] deleted 0 files\n")
    assert "which target is meant cannot be read" in done.err


def test_init_target_says_what_it_did_although_nothing_is_to_be_sent(pi: Pi) -> None:
    pi.wait(FIRST)
    assert pi.run("backup_video").code == 0
    old = (pi.logs / TARGET_MARKER_NAME).read_text().splitlines()[0]
    done = pi.run("backup_video", "--init-target")
    assert done.code == 0
    new = (pi.logs / TARGET_MARKER_NAME).read_text().splitlines()[0]
    assert new != old
    assert f"has the new number {new}: what was proven at {old} is proven anew" in done.err
    assert done.out.endswith("[backup] synced 1 file(s)\n")


# --- each error number, of each step ---------------------------------------------------------------------------------

ERRORS = (
    *(errno.EIO, errno.EUCLEAN, errno.ESTALE, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EROFS),
    *(errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ETIMEDOUT, errno.EBADMSG),
    *(errno.ELOOP, errno.ENAMETOOLONG, errno.EREMOTEIO, errno.ENOMEM, errno.EMFILE, errno.EINVAL),
)


ON_THE_WAY = (errno.EACCES, errno.ENODEV, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ETIMEDOUT)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that looks runs here, so that its calls can fail."""

    def run(there: MountedFolder, work: str, request: dict[str, Any], _: object, __: float, lines: list[str]) -> int:
        try:
            for answer in look.answers({"work": work, "folder": str(there.folder), **request}):
                lines.append(json.dumps(answer))
        except OSError as error:
            lines.append(json.dumps({"error": error.strerror, "errno": error.errno}))
            return 1
        return 0

    monkeypatch.setattr(MountedFolder, "_run", run)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("number", ERRORS, ids=lambda number: errno.errorcode[number])
@pytest.mark.parametrize("step", ["lstat", "open"])
@pytest.mark.parametrize("mounted", ["nfs4", "autofs", "", "a link"])
def test_an_error_is_no_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, step: str, mounted: str
) -> None:
    """Whatever the system says of the folder or of its marker: that is never "offline".

    But for what is said on the way to a folder where nothing is mounted: an empty mount point may be closed for all,
    and an automount says why it failed. Where a link took the place of the mount point, its end was looked at.
    """
    point = tmp_path / "nas"
    (point / "video").mkdir(parents=True)
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(f"1 0 8:1 / {point} rw - nfs4 nas:/v rw\n")
    record = TargetRecord("5f8d", str(point / "video"), point)
    (tmp_path / "record").write_text(record.text)
    (point / "video" / TARGET_MARKER_NAME).write_text(record.text)
    guard = TargetGuard(point / "video", tmp_path / "record", LocalStorage(), tmp_path / "no", mountinfo)
    assert isinstance(guard.ask(), Here)
    mountinfo.write_text(f"1 0 8:1 / {point if mounted in ('nfs4', 'autofs') else '/other'} rw - {mounted} nas:/v rw\n")
    if mounted == "a link":
        point.rename(tmp_path / "elsewhere")
        point.symlink_to(tmp_path / "elsewhere")
        mountinfo.write_text("1 0 8:1 / /other rw - nfs4 nas:/v rw\n")

    def fail(path: str, *rest: Any, **more: Any) -> Any:
        if str(path).endswith(("video", TARGET_MARKER_NAME)):
            raise OSError(number, os.strerror(number))
        return original(path, *rest, **more)

    place: Any = os if step == "lstat" else look
    original = os.lstat if step == "lstat" else open
    monkeypatch.setattr(place, step, fail, raising=False)
    for answer in (guard.ask(), guard.mark(anew=False)):
        if number in ON_THE_WAY and step == "lstat" and mounted in ("autofs", ""):
            assert answer == Offline("5f8d", f"nothing is mounted at {point}, where it was mounted")
        else:
            assert isinstance(answer, Unsure)
            assert os.strerror(number) in str(answer)


# --- each exit code of rsync -----------------------------------------------------------------------------------------


@pytest.fixture
def port() -> Iterator[int]:
    """A port at which something answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("code", [0, *sorted(MEANINGS), 99])
@pytest.mark.parametrize("answers", [True, False])
def test_an_exit_code_is_no_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: int, code: int, answers: bool
) -> None:
    """Whatever rsync says of a look that said nothing: only the port can say that the machine is off."""
    if not answers:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
    words = "ssh: connect to host nas port 22: No route to host"  # a message that must not be believed
    (tmp_path / "rsync").write_text(f"#!/bin/sh\necho '{words}' >&2\nexit {code}\n")
    (tmp_path / "ssh").write_text(f"#!/bin/sh\nprintf 'hostname 127.0.0.1\\nport {port}\\n'\n")
    for name in ("rsync", "ssh"):
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / TARGET_MARKER_NAME).write_text(TargetRecord("5f8d", "nas:/v").text)

    answer = RsyncTransfer("nas:/v", (), RemoteGuard(logs, LocalStorage())).ask()

    if code in CUT_OFF_CODES and not answers:
        assert answer == Offline("5f8d", f"127.0.0.1 port {port}: Connection refused")
    else:
        assert isinstance(answer, Unsure)
        assert str(answer)


# --- each error of the ports -----------------------------------------------------------------------------------------

RAISED: tuple[CamvaultError, ...] = (
    BusyError(READY),
    Cancelled(),
    DeniedError(READY),
    ExistsError(READY),
    MissingToolError("rsync", "installed"),
    NoSpaceError(READY),
    NotFoundError(READY),
    StorageError(READY),
    TargetError("nas", "it is full"),
    ToolError("rsync", 23, ("no route to host",)),
)


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("operation", ["transfer.ask", "transfer.look"])
@pytest.mark.parametrize("is_later", [False, True])
def test_an_error_that_is_raised_lets_nothing_go(error: CamvaultError, operation: str, is_later: bool) -> None:
    """An adapter that breaks its contract ends the run; nothing is taken for offline."""
    machine = Machine()
    machine.wait(FIRST, b"first")
    machine.back_up()

    def arm() -> None:
        machine.calls.fail(operation, error, times=None)

    if is_later and operation == "transfer.ask":
        machine.calls.hook("transfer.look", arm)
    else:
        arm()
    try:
        removed_count = machine.clean().removed_count
    except type(error):
        removed_count = 0
    assert removed_count == 0
    assert machine.ready() == {str(PATH): b"first"}
    assert machine.records.ledger_of_day(TODAY).entries[PATH].kind is ProofKind.READ_BACK


ANSWERS: tuple[tuple[dict[str, Any], int], ...] = (
    ({}, 1),
    ({"evidence": "off"}, 1),
    ({"evidence": "off", "record": "1234"}, 0),
    ({"marker": "1234"}, 0),
    ({"marker": ""}, 0),
    ({"record": ""}, 0),
    ({"record": "1234"}, 0),
    ({"problem": "Stale file handle"}, 0),
    ({"marker": "1234", "record": "1234"}, 0),
    ({"unreadable": {PATH}}, 0),  # also if it was read back just now
    ({"remote": {}}, 0),
    ({"shows": READY}, 0),
)


@pytest.mark.parametrize(("change", "removed"), ANSWERS, ids=str)
def test_each_answer_keeps_or_lets_go(change: dict[str, Any], removed: int) -> None:
    machine = Machine()
    machine.wait(FIRST, b"first")
    machine.back_up()
    for name, value in change.items():
        setattr(machine.transfer, name, value)
    assert machine.clean().removed_count == removed
    assert len(machine.ready()) == 1 - removed


def test_every_answer_has_words() -> None:
    """They are all that a user reads."""
    answers: tuple[TargetAnswer, ...] = (Offline("1", "its port is closed"), Unsure("it hangs"))
    assert [str(answer) for answer in answers] == ["it is offline: its port is closed", "it hangs"]
