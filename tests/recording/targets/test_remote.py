"""A target behind ssh is known again: real sshd, with a key that may do all and with one that may only write."""

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters._shared import reach
from camvault.adapters._shared.remote_guard import Ends, NotSeen, Route
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation, MemoryStorage
from camvault.adapters.rsync import TARGET_MARKER_NAME, RemoteGuard, RsyncTransfer
from camvault.adapters.rsync.parse import MEANINGS
from camvault.adapters.rsync.route import host_of, route_to
from camvault.ports.errors import DeniedError, NoSpaceError, StorageError
from camvault.ports.transfer import (
    Here,
    NoRecordedTarget,
    Offline,
    Sendable,
    Sight,
    TargetAnswer,
    UnreadableTarget,
    Unsure,
)
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
        return sorted(self.folder.glob(f"{TARGET_MARKER_NAME}*"))

    def footage(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*.mkv"))

    def switch_off(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@attrs.frozen
class Card:
    """This end: segments that wait, and the commands."""

    root: Path

    NAMES = tuple(f"ROST1_20250528T14{minute:02}00.mkv" for minute in range(4))

    @classmethod
    def of(cls, nas: Nas, root: Path, *, names: tuple[str, ...] = NAMES) -> "Card":
        home = root / "home"
        config = {
            "ready_for_backup_dir": str(home / "ready"),
            "nas_target_dir": nas.spec,
            "success_log_dir": str(home / "logs"),
            "lock_dir": str(home / "locks"),
            "rsync_options": ["-avh", nas.rsh],
        }
        (root / "backup.json").write_text(json.dumps(config))
        (home / "ready").mkdir(parents=True)
        card = cls(root)
        for name in names:
            card.put(name)
        return card

    def put(self, name: str) -> None:
        (self.root / "home" / "ready" / name).write_bytes(FOOTAGE)

    def run(self, command: str) -> "subprocess.CompletedProcess[str]":
        argv = [sys.executable, "-m", f"camvault.apps.{command}", "--backup_config", str(self.root / "backup.json")]
        return subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)

    def left(self) -> tuple[str, ...]:
        return tuple(sorted(path.name for path in (self.root / "home" / "ready").glob("*.mkv")))


@pytest.fixture(params=["ssh", pytest.param("rrsync -wo", marks=pytest.mark.nightly)])
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


def here(answer: TargetAnswer) -> Here:
    assert isinstance(answer, Here), str(answer)
    return answer


def unsure(answer: TargetAnswer) -> str:
    assert isinstance(answer, Unsure), str(answer)
    return str(answer)


def test_it_is_marked_once_and_known_again(nas: Nas, tmp_path: Path) -> None:
    transfer = transfer_of(nas, tmp_path / "logs")
    assert "not used before" in unsure(transfer.ask())
    assert nas.markers() == []
    marked = here(transfer.mark())
    (marker,) = nas.markers()
    assert marker.read_text().strip() == marked.number == transfer.wanted().number
    assert transfer.ask() == transfer.mark() == marked
    assert [marker] == nas.markers()


def test_an_empty_mount_point_and_another_disk_are_refused(nas: Nas, tmp_path: Path) -> None:
    """The machine answers, so it is not offline. It is again what it was as soon as the disk is back."""
    transfer = transfer_of(nas, tmp_path / "logs")
    marked = here(transfer.mark())
    nas.unmount()
    for text, problem in (("", "is missing: its disk is not mounted there"), ("another\n", "differs from the one")):
        for answer in (transfer.ask(), transfer.mark()):
            assert problem in unsure(answer)
        assert [path.read_text() for path in nas.markers()] == [text] * bool(text)
        (nas.folder / f"{TARGET_MARKER_NAME}-{marked.number}").write_text("another\n")
    for path in nas.markers():
        path.unlink()
    nas.mount()
    assert transfer.ask() == marked
    nas.unmount()
    anew = here(transfer.mark(anew=True))
    assert anew.number != marked.number
    assert transfer.ask() == anew


def test_a_folder_that_is_gone_is_not_offline(nas: Nas, tmp_path: Path) -> None:
    transfer = transfer_of(nas, tmp_path / "logs")
    transfer.mark()
    shutil.rmtree(nas.folder)
    assert isinstance(transfer.ask(), Unsure)


def test_two_machines_use_one_target(nas: Nas, tmp_path: Path) -> None:
    first, second = (transfer_of(nas, tmp_path / name) for name in ("one", "two"))
    answers = [here(first.mark()), here(second.mark())]
    assert [first.ask(), second.ask()] == answers
    assert len(nas.markers()) == 2


def test_a_target_that_refuses_the_connection_is_offline(nas: Nas, tmp_path: Path) -> None:
    """Its port was asked: nothing answers there. At another address than before that is no evidence."""
    transfer = transfer_of(nas, tmp_path / "logs")
    number = here(transfer.mark()).number
    nas.switch_off()
    answer = transfer.ask()
    assert isinstance(answer, Offline)
    assert answer.number == number
    assert "Connection refused" in answer.evidence
    moved = attrs.evolve(transfer, target=nas.spec.replace("127.0.0.1", "localhost"))
    assert "Connection refused" in unsure(moved.ask())


@pytest.mark.parametrize(
    ("fault", "words"), [("key", "Permission denied (publickey"), ("host key", "Host key verification failed.")]
)
def test_a_machine_that_answers_and_refuses_is_not_offline(nas: Nas, tmp_path: Path, fault: str, words: str) -> None:
    """Ssh ends with 255 as if there were no connection; rsync says 12 where its end of the pipe closes before that.

    What ssh said is told, not what rsync says below it.
    """
    transfer = transfer_of(nas, tmp_path / "logs")
    transfer.mark()
    sshd = tmp_path / "sshd"
    if fault == "key":
        (sshd / "authorized_keys").write_text("")
    else:
        known = (sshd / "known_hosts").read_text().split()
        other = (sshd / "user.pub").read_text().split()
        (sshd / "known_hosts").write_text(f"{known[0]} {other[0]} {other[1]}\n")
        strict = nas.rsh.replace("StrictHostKeyChecking=no", "StrictHostKeyChecking=yes")
        transfer = RsyncTransfer(nas.spec, ("-avh", strict), RemoteGuard(tmp_path / "logs", LocalStorage()))
    said = unsure(transfer.ask())
    assert any(MEANINGS[code] in said for code in (12, 255)), said
    assert words in said
    assert "unexpectedly closed" not in said
    assert said.endswith("answers")


def test_backup_video_fills_no_empty_mount_point(nas: Nas, tmp_path: Path) -> None:
    """Kept, said so, and sent when the disk is back."""
    card = Card.of(nas, tmp_path, names=(NAME,))
    assert card.run("backup_video").returncode == 0
    card.put(NEXT)
    nas.unmount()

    done = card.run("backup_video")

    assert done.returncode == 3
    assert "everything is kept" in done.stderr
    assert list(nas.folder.iterdir()) == []
    nas.mount()
    assert card.run("backup_video").returncode == 0
    assert nas.footage() == [NAME, NEXT]


def test_cleanup_video_looks_before_it_removes(nas: Nas, tmp_path: Path) -> None:
    """Gone or damaged there: kept, withdrawn, sent again. Its disk lost: nothing goes, nor while it is off later."""
    card = Card.of(nas, tmp_path)
    run, left, names = card.run, card.left, card.NAMES
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
    assert (offline.returncode, offline.stdout) == (2, "[remove] deleted 0 files\n")
    assert left() == names[:2]  # it lost files once, and what was proven there was not seen since


def test_while_a_target_without_a_doubt_is_off_what_is_proven_goes(nas: Nas, tmp_path: Path) -> None:
    card = Card.of(nas, tmp_path)
    assert card.run("backup_video").returncode == 0
    nas.switch_off()
    offline = card.run("cleanup_video")
    assert (offline.returncode, offline.stdout) == (0, "[remove] deleted 4 files\n")
    assert "the target was not looked at" in offline.stderr
    assert card.left() == ()


def test_the_footage_itself_is_no_target(nas: Nas, tmp_path: Path) -> None:
    """Behind ssh, under any name: every comparison would find each file equal to itself."""
    guard = RemoteGuard(tmp_path / "logs", LocalStorage(), apart_from=nas.folder)
    transfer = RsyncTransfer(nas.spec, ("-avh", nas.rsh), guard)
    for anew in (False, True):
        assert unsure(transfer.mark(anew=anew)) == "it is the folder of the footage itself"
    assert unsure(transfer.ask()) == "it is the folder of the footage itself"


class TestRoute:
    """Which port is asked, and what its answer means."""

    @pytest.mark.parametrize(
        ("target", "host"),
        [("nas:/v", "nas"), ("pi@nas.local:v", "pi@nas.local"), ("pi@[fe80::1]:/v", "pi@fe80::1"), ("nas:a@b", "nas")],
    )
    def test_the_host_of_a_target(self, target: str, host: str) -> None:
        assert host_of(target) == host

    def ask(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str, target: str = "nas:/v") -> Route:
        """With an ssh that shows these settings."""
        (tmp_path / "ssh").write_text(f"#!/bin/sh\ncat <<'END'\n{shown}\nEND\n")
        (tmp_path / "ssh").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return route_to(target, "ssh -p 22", cancel=MemoryCancellation(), limit_s=1)

    @pytest.mark.parametrize(
        ("shown", "words"),
        [
            ("hostname nas\nport 22\nproxyjump gate", "reached by a proxy"),
            ("hostname nas\nport 22\nproxycommand nc %h", "reached by a proxy"),
            ("hostname nas", "does not tell what it connects to"),
            ("hostname 127.0.0.1\nport x", "whether it is off cannot be told"),
        ],
    )
    def test_what_cannot_be_asked_is_no_evidence(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str, words: str
    ) -> None:
        route = self.ask(tmp_path, monkeypatch, shown)
        assert route.evidence == ""
        assert words in route.words

    @pytest.mark.parametrize("shell", ["rsh", ""])
    def test_another_shell_is_no_evidence(self, shell: str) -> None:
        assert route_to("nas:/v", shell, cancel=MemoryCancellation()).evidence == ""
        assert route_to("nas::module", "ssh", cancel=MemoryCancellation()).evidence == ""

    def test_a_name_that_is_not_found(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whether that is evidence depends on who says so: see below."""
        route = self.ask(tmp_path, monkeypatch, "hostname no.such.host.invalid\nport 22\nproxyjump none")
        assert "the name no.such.host.invalid" in route.evidence + route.words

    @pytest.mark.parametrize(
        ("number", "expected"),
        [
            (socket.EAI_NONAME, {"unreached": "the name nas is not known: so it is"}),
            (socket.EAI_AGAIN, {"unknown": "the name nas cannot be looked up: so it is"}),
            (socket.EAI_FAIL, {"unknown": "the name nas cannot be looked up: so it is"}),
            (socket.EAI_SYSTEM, {"unknown": "the name nas cannot be looked up: so it is"}),
        ],
    )
    def test_a_name_server_that_does_not_answer_is_no_evidence(
        self, monkeypatch: pytest.MonkeyPatch, number: int, expected: dict[str, str]
    ) -> None:
        """That is this machine's trouble, not the target's."""

        def fail(*_: object, **__: object) -> None:
            raise socket.gaierror(number, "so it is")

        monkeypatch.setattr(socket, "create_connection", fail)
        assert reach.answer("nas", 22, 1) == expected

    def test_a_port_that_is_silent(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A queue of connections that is full drops what comes."""
        with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
            port = server.getsockname()[1]
            waiting = [socket.socket() for _ in range(4)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            try:
                route = self.ask(tmp_path, monkeypatch, f"hostname 127.0.0.1\nport {port}")
            finally:
                for one in waiting:
                    one.close()
        assert "does not answer within 1 s" in route.evidence

    @pytest.mark.parametrize(
        ("number", "is_evidence"),
        [
            (errno.ECONNREFUSED, True),
            (errno.EHOSTUNREACH, True),
            (errno.ENETUNREACH, True),
            (errno.ETIMEDOUT, True),
            (errno.EACCES, False),
            (errno.EMFILE, False),
        ],
    )
    def test_the_errors_of_a_connection(self, monkeypatch: pytest.MonkeyPatch, number: int, is_evidence: bool) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(socket, "create_connection", fail)
        assert ("unreached" in reach.answer("nas", 22, 1)) is is_evidence


class TestRemoteGuard:
    """What goes wrong around it, with the other end in memory."""

    LOGS = PurePath("/logs")

    def setup_method(self) -> None:
        self.storage = MemoryStorage()
        self.storage.put_folder(self.LOGS)
        self.there: dict[PurePosixPath, bytes] = {}
        self.refuses = ""
        self.unseen: NotSeen | None = None
        self.route = Route()
        self.after_send: StorageError | None = None

    def send(self, file: Sendable, root: PurePath) -> str:
        if not self.refuses:
            self.there[file.path] = self.storage.content(root / file.path)
        if self.after_send is not None:
            self.storage.calls.fail("storage.write_text", self.after_send)
            self.after_send = None
        return self.refuses

    def sight(self, file: Sendable, root: PurePath) -> Sight | NotSeen:
        if self.unseen is not None:
            return self.unseen
        if file.path not in self.there:
            return Sight.GONE
        return Sight.SAME if self.there[file.path] == self.storage.content(root / file.path) else Sight.OTHER

    def mark(self, *, anew: bool = False) -> TargetAnswer:
        return RemoteGuard(self.LOGS, self.storage).mark("nas:/v", ends=self.ends(), anew=anew)

    def ask(self, target: str = "nas:/v") -> TargetAnswer:
        return RemoteGuard(self.LOGS, self.storage).ask(target, ends=self.ends())

    def ends(self) -> Ends:
        return Ends(self.sight, self.send, lambda: self.route)

    def test_power_fails_before_the_number_is_remembered(self) -> None:
        """The next run finds the marker there, and takes its number: the target is not locked out."""
        self.after_send = StorageError(self.LOGS)
        assert "cannot be told" in unsure(self.mark())
        assert len(self.there) == 1
        number = here(self.mark()).number
        assert here(self.mark()).number == number
        assert [str(path) for path in self.there] == [f"{TARGET_MARKER_NAME}-{number}"]

    def test_a_number_that_was_lost_is_not_given_to_another_target(self) -> None:
        """What was proven at it would count there."""
        number = here(self.mark()).number
        self.storage.tree.discard(self.LOGS / TARGET_MARKER_NAME)
        self.there.clear()
        assert here(self.mark()).number != number

    def test_a_target_that_takes_no_marker_is_none(self) -> None:
        self.refuses = "Read-only file system"
        assert unsure(self.mark()) == "it cannot be marked: Read-only file system"
        self.refuses = ""
        assert here(self.mark())
        self.unseen = NotSeen("error in file I/O")
        assert unsure(self.mark(anew=True)) == "it cannot be marked: error in file I/O"

    @pytest.mark.parametrize("fault", ["it takes nothing", "it cannot be looked at"])
    def test_a_target_that_is_never_marked_leaves_one_copy(self, fault: str) -> None:
        """A box with a wrong key tries for weeks: each visit would look for all markers of those before."""
        for _ in range(4):
            if fault == "it takes nothing":
                self.refuses = "Read-only file system"
            else:
                self.unseen = NotSeen("Permission denied (publickey).", is_cut_off=True)
            assert "it cannot be marked" in unsure(self.mark())
        assert len(list(self.storage.children(self.LOGS))) == 1
        self.refuses, self.unseen = "", None
        number = here(self.mark()).number
        assert [entry.path.name for entry in self.storage.children(self.LOGS)] == [
            TARGET_MARKER_NAME,
            f"{TARGET_MARKER_NAME}-{number}",
        ]

    def test_a_full_disk_here_stops_no_first_backup(self) -> None:
        """Nothing can be held, so it is believed, as any first time, and marked when there is room."""
        self.storage.calls.fail("storage.write_text", NoSpaceError(self.LOGS))
        guard = RemoteGuard(self.LOGS, self.storage)
        for answer in (guard.mark("nas:/v", ends=self.ends(), anew=False), guard.ask("nas:/v", ends=self.ends())):
            assert here(answer).number == ""
        assert unsure(guard.ask("other:/v", ends=self.ends()))
        assert not self.there
        assert here(self.mark()).number
        assert self.there

    def test_a_full_disk_after_the_copy(self) -> None:
        self.after_send = NoSpaceError(self.LOGS)
        number = here(self.mark()).number
        assert here(self.mark()).number == number

    @pytest.mark.parametrize("times", [1, 2])
    def test_a_full_disk_here_gives_no_new_number(self, times: int) -> None:
        number = here(self.mark()).number
        self.storage.calls.fail("storage.write_text", NoSpaceError(self.LOGS), times=times)
        if times == 1:
            assert "cannot be told" in unsure(self.mark(anew=True))
        self.storage.calls.watchers.clear()
        assert here(self.ask()).number == number

    def test_a_copy_that_was_lost_is_made_again(self) -> None:
        number = here(self.mark()).number
        self.storage.tree.discard(self.LOGS / f"{TARGET_MARKER_NAME}-{number}")
        assert here(self.ask()).number == number

    def test_records_that_cannot_be_read_are_no_first_time(self) -> None:
        self.mark()
        for ask in (self.mark, self.ask):
            self.storage.calls.fail("storage.read_text", DeniedError(self.LOGS))
            assert "cannot be told" in unsure(ask())
        self.storage.calls.fail("storage.read_text", DeniedError(self.LOGS))
        assert RemoteGuard(self.LOGS, self.storage).wanted() == UnreadableTarget(f"{self.LOGS}: input/output error")

    def test_a_folder_that_was_the_target_before_is_another_one(self) -> None:
        self.storage.put(self.LOGS / TARGET_MARKER_NAME, "number-of-a-folder\n")
        assert "another target" in unsure(self.mark())
        assert here(self.mark(anew=True)).number != "number-of-a-folder"

    def test_no_folder_for_records_yet(self) -> None:
        self.storage.prune(self.LOGS, is_root_included=True)
        assert RemoteGuard(self.LOGS, self.storage).wanted() == NoRecordedTarget()
        number = here(self.mark()).number
        assert here(self.mark()).number == number

    @pytest.mark.parametrize(
        ("unseen", "route", "is_offline"),
        [
            (NotSeen("255", is_cut_off=True), Route("port 22: Connection refused"), True),
            (NotSeen("255", is_cut_off=True), Route(words="nas port 22 answers"), False),
            (NotSeen("255", is_cut_off=True), Route(words="it is reached by a proxy"), False),
            (NotSeen("23"), Route("port 22: Connection refused"), False),  # the tool spoke with the other end
        ],
    )
    def test_what_a_failed_look_means(self, unseen: NotSeen, route: Route, is_offline: bool) -> None:
        self.mark()
        self.unseen, self.route = unseen, route
        assert isinstance(self.ask(), Offline) is is_offline
        assert isinstance(self.ask("elsewhere:/v"), Unsure)

    def test_a_record_of_an_earlier_version_is_completed_when_the_target_is_there(self) -> None:
        """It does not say at which address the target was: nothing that is off there is evidence."""
        number = here(self.mark()).number
        self.storage.put(self.LOGS / TARGET_MARKER_NAME, f"{number}\n")
        off = NotSeen("255", is_cut_off=True), Route("Connection refused")
        self.unseen, self.route = off
        assert isinstance(self.ask(), Unsure)
        self.unseen = None
        assert here(self.mark()).number == number
        self.unseen = off[0]
        assert self.ask() == Offline(number, "Connection refused")
