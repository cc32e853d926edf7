"""The pieces of the adapters: which folder is the target, what rsync is told and says, what holds footage."""

import subprocess
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.rsync import MARKER_NAME, RsyncTransfer, TargetGuard
from camvault.adapters.rsync.argv import SSH_OPTIONS, compare_argv, is_remote, push_argv
from camvault.adapters.rsync.guard import mount_points, mounted, place_of
from camvault.adapters.rsync.parse import file_problems, sights, unescaped_name
from camvault.adapters.segmentcheck import MatroskaFootage
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import NotFoundError
from camvault.ports.transfer import Sendable, Sight, TargetError

FSTAB = "# a comment\nUUID=1 / ext4 defaults 0 1\n//nas/video {nas} cifs nofail 0 0\nnone none swap sw 0 0\n"
MOUNTINFO = "36 35 98:0 / {nas} rw,noatime master:1 - {kind} //nas/video rw\n"
ROOT = PurePath("/ready")


def guard_of(tmp_path: Path, *, kind: str = "", customary: bool = False, is_in_fstab: bool = True) -> TargetGuard:
    nas = tmp_path / "my nas"
    nas.mkdir(exist_ok=True)
    escaped = str(nas).replace(" ", "\\040")
    (tmp_path / "fstab").write_text(FSTAB.format(nas=escaped) if is_in_fstab else "")
    (tmp_path / "mountinfo").write_text(MOUNTINFO.format(nas=escaped, kind=kind) if kind else "")
    return TargetGuard(
        nas / "video",
        tmp_path / "record",
        LocalStorage(),
        tmp_path / "fstab",
        tmp_path / "mountinfo",
        (tmp_path,) if customary else (),
    )


class TestGuard:
    def test_a_mount_point_that_is_not_mounted(self, tmp_path: Path) -> None:
        """Is refused whatever is asked for, and stays empty."""
        guard = guard_of(tmp_path)
        for may_begin in (False, True):
            with pytest.raises(TargetError, match="is not mounted"):
                guard.check(may_begin=may_begin)
        assert list((tmp_path / "my nas").iterdir()) == []

    def test_an_automount_point_that_waits_is_not_mounted(self, tmp_path: Path) -> None:
        with pytest.raises(TargetError, match="is not mounted"):
            guard_of(tmp_path, kind="autofs").check(may_begin=False)

    def test_the_first_time_makes_the_marker(self, tmp_path: Path) -> None:
        guard = guard_of(tmp_path, kind="cifs")
        word = guard.check(may_begin=False)
        assert Path(guard.folder, MARKER_NAME).read_text().strip() in word
        assert guard.check(may_begin=False) == word

    def test_a_customary_place_on_the_own_disk(self, tmp_path: Path) -> None:
        """Nobody mounted anything there; it takes a flag to mean it."""
        storage = LocalStorage()
        guard = guard_of(
            tmp_path, customary=storage.device_of(PurePath("/")) == storage.device_of(tmp_path), is_in_fstab=False
        )
        if guard.customary:
            with pytest.raises(TargetError, match="--init-target"):
                guard.check(may_begin=False)
        assert guard.check(may_begin=True)
        assert guard.check(may_begin=False)

    def test_another_target_than_before(self, tmp_path: Path) -> None:
        guard = guard_of(tmp_path, is_in_fstab=False)
        guard.check(may_begin=False)
        Path(guard.folder, MARKER_NAME).write_text("another\n")
        with pytest.raises(TargetError, match="another target than before"):
            guard.check(may_begin=False)
        assert guard.check(may_begin=True).startswith("another on ")

    def test_a_target_that_vanished(self, tmp_path: Path) -> None:
        guard = guard_of(tmp_path, is_in_fstab=False)
        guard.check(may_begin=False)
        Path(guard.folder, MARKER_NAME).unlink()
        Path(guard.folder).rmdir()
        with pytest.raises(TargetError, match="it is not there"):
            guard.check(may_begin=False)

    def test_the_record_cannot_be_written(self, tmp_path: Path) -> None:
        """A full disk here does not keep a good target from being used."""
        guard = guard_of(tmp_path, is_in_fstab=False)
        (tmp_path / "record").mkdir()
        (tmp_path / "record").rmdir()
        guard = TargetGuard(guard.folder, tmp_path / "no/record", LocalStorage(), guard.fstab, guard.mountinfo, ())
        assert guard.check(may_begin=False) == guard.check(may_begin=False)

    def test_the_footage_by_a_detour(self, tmp_path: Path) -> None:
        """An export of our own, mounted: another device, other inodes, the same files."""
        guard = guard_of(tmp_path, is_in_fstab=False)
        guard.check(may_begin=False)
        number = Path(guard.folder, MARKER_NAME).read_text()
        (tmp_path / "ready").mkdir()
        guard = attrs.evolve(guard, apart_from=tmp_path / "ready")
        assert guard.check(may_begin=False)
        (tmp_path / "ready" / MARKER_NAME).write_text(number)
        with pytest.raises(TargetError, match="ready itself"):
            guard.check(may_begin=True)

    @pytest.mark.parametrize(("mounted", "is_refused"), [("ready/below", True), (".", True), ("nas", False)])
    def test_a_mount_of_a_part_of_the_footage_or_of_all_around_it(
        self, tmp_path: Path, mounted: str, is_refused: bool
    ) -> None:
        """What is sent would be footage again, be sent deeper, and be removed for it."""
        for name in ("ready/below", "nas", "point"):
            (tmp_path / name).mkdir(parents=True)
        mountinfo = Path("/proc/self/mountinfo")
        guard = attrs.evolve(guard_of(tmp_path), folder=tmp_path / "point", mountinfo=mountinfo, fstab=tmp_path / "no")
        guard = attrs.evolve(guard, apart_from=tmp_path / "ready")
        subprocess.run(["mount", "--bind", tmp_path / mounted, tmp_path / "point"], check=True)
        try:
            if is_refused:
                with pytest.raises(TargetError, match="lie in one another"):
                    guard.check(may_begin=True)
            else:
                assert guard.check(may_begin=True)
        finally:
            subprocess.run(["umount", tmp_path / "point"], check=True)
        assert list((tmp_path / "ready").rglob(".camvault-target")) == []

    def test_the_footage_by_a_link(self, tmp_path: Path) -> None:
        guard = attrs.evolve(guard_of(tmp_path, is_in_fstab=False), apart_from=tmp_path / "ready")
        (tmp_path / "ready").mkdir()
        Path(guard.folder).symlink_to(tmp_path / "ready")
        with pytest.raises(TargetError, match="lie in one another"):
            guard.check(may_begin=True)
        assert list((tmp_path / "ready").iterdir()) == []

    def test_nothing_above_it(self, tmp_path: Path) -> None:
        guard = TargetGuard(tmp_path / "a/b", tmp_path / "record", LocalStorage(), tmp_path / "x", tmp_path / "y")
        with pytest.raises(TargetError, match="neither it nor"):
            guard.check(may_begin=False)

    def test_a_target_that_cannot_be_used(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        guard = TargetGuard(tmp_path / "file", tmp_path / "record", LocalStorage(), tmp_path / "x", tmp_path / "y")
        with pytest.raises(TargetError, match="cannot be used"):
            guard.check(may_begin=False)

    def test_where_a_path_lies(self) -> None:
        rows = "1 0 8:1 / / rw - ext4 d rw\n2 1 0:9 /old /a\\040b rw - nfs n rw\n3 1 8:1 /x /a\\040b rw - ext4 d rw\n"
        assert place_of(PurePath("/a b/c"), rows) == ("8:1", PurePath("/x/c")), "the last one is on top"
        assert place_of(PurePath("/ab"), rows) == ("8:1", PurePath("/ab"))
        assert place_of(PurePath("/a"), "") is None

    def test_tables(self) -> None:
        assert mount_points(FSTAB.format(nas="/my\\040nas")) == {PurePath("/"), PurePath("/my nas")}
        assert mounted(MOUNTINFO.format(nas="/n", kind="nfs4")) == {PurePath("/n")}


class TestArgv:
    def push(self, target: str, *options: str) -> tuple[str, ...]:
        return push_argv(root=ROOT, target=target, options=options, io_timeout_s=9, suffix=".old", has_fsync=True)

    def test_nothing_is_written_into_what_stands_there(self) -> None:
        """Neither by the options of the specification nor by those in use."""
        argv = self.push("/nas", "-avhP", "--partial", "--progress", "--inplace", "--append", "-P")
        assert argv[:3] == ("rsync", "-avh", "--times")
        assert "--partial-dir=.rsync-partial" in argv
        assert argv[-3:] == ("--", "/ready/", "/nas/")

    def test_ssh_asks_nothing(self) -> None:
        for argv in (
            self.push("pi@nas:/v", "-e ssh -p 2222"),
            compare_argv(root=ROOT, target="pi@nas:/v", options=("--rsh=ssh -p 2222",), io_timeout_s=9),
        ):
            assert f"--rsh=ssh {' '.join(SSH_OPTIONS)} -p 2222" in argv
        assert "--rsh=rsh" in self.push("nas:/v/", "--rsh=rsh")
        assert f"--rsh=ssh {' '.join(SSH_OPTIONS)}" in self.push("nas:/v/")

    def test_a_remote_shell_in_a_cluster_is_used(self) -> None:
        argv = self.push("pi@nas:/v", "-avPessh -p 2222", "-Tebooks")
        assert f"--rsh=ssh {' '.join(SSH_OPTIONS)} -p 2222" in argv
        assert argv[:4] == ("rsync", "-av", "-Tebooks", "--times")

    def test_a_look_reaches_the_other_end_as_a_push_does(self) -> None:
        """Else nothing would ever be proven where the other end's rsync is not on its path."""
        options = (
            "-avh",
            "--rsync-path=/opt/bin/rsync",
            "--iconv=utf-8,latin1",
            "--delay=1",
            "-4",
            "-s",
            "--max-size=1",
        )
        argv = compare_argv(root=ROOT, target="pi@nas:/v", options=options, io_timeout_s=9)
        assert argv[1:6] == ("--rsync-path=/opt/bin/rsync", "--iconv=utf-8,latin1", "-4", "-s", "--dry-run")

    def test_what_is_remote(self) -> None:
        assert is_remote("pi@nas:/v")
        assert not is_remote("/mnt/a:b")


class TestParse:
    """Lines of rsync 3.5.0."""

    def test_equal_is_only_what_was_read_and_found_equal(self) -> None:
        lines = [
            "camvault .f          a/same.mkv",
            "camvault .f..t...... a/time.mkv",
            "camvault <fc........ a/other.mkv",
            "camvault <f.s....... a/short.mkv",
            "camvault >f+++++++++ a/new.mkv",
            "camvault .d          a/",
            "sending incremental file list",
            ".f          forged.mkv",
            "camvault nonsense",
        ]
        assert sights(lines) == {
            PurePosixPath("a/same.mkv"): Sight.SAME,
            PurePosixPath("a/time.mkv"): Sight.SAME,
            PurePosixPath("a/other.mkv"): Sight.OTHER,
            PurePosixPath("a/short.mkv"): Sight.OTHER,
            PurePosixPath("a/new.mkv"): Sight.GONE,
        }

    def test_names(self) -> None:
        assert unescaped_name("a\\#012b\\#134#303.mkv") == "a\nb\\#303.mkv"
        assert unescaped_name("\\#303\\#244") == "ä"

    def test_problems_of_files(self) -> None:
        lines = [
            'rsync: [sender] send_files failed to open "/ready/a.mkv": Permission denied (13)',
            'rsync: [sender] link_stat "/ready/b.mkv" failed: No such file or directory (2)',
            'file has vanished: "/ready/c.mkv"',
            'rsync: [receiver] mkstemp "/nas/.d.mkv.x" failed: No space left on device (28)',
            "rsync error: some files/attrs were not transferred",
        ]
        assert file_problems(lines, root=ROOT) == {
            PurePosixPath("a.mkv"): "Permission denied (13)",
            PurePosixPath("b.mkv"): "No such file or directory (2)",
            PurePosixPath("c.mkv"): "vanished",
        }


class TestRsync:
    def test_a_file_that_is_its_own_copy_proves_nothing(self, tmp_path: Path) -> None:
        """A link, or one folder mounted twice."""
        (tmp_path / "ready").mkdir()
        (tmp_path / "ready/a.mkv").write_bytes(b"footage")
        (tmp_path / "nas").symlink_to("ready")
        transfer = RsyncTransfer(str(tmp_path / "nas"), ())
        file = Sendable(PurePosixPath("a.mkv"), FileIdentity(7, 0))
        assert transfer.prove([file], root=tmp_path / "ready", cancel=MemoryCancellation()) == {}

    @pytest.mark.parametrize("script", ["sleep 60", "exit 12"])
    def test_a_comparison_that_fails_proves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
    ) -> None:
        (tmp_path / "rsync").write_text(f"#!/bin/sh\necho 'camvault .f          a.mkv'; {script}\n")
        (tmp_path / "rsync").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        transfer = RsyncTransfer("nas:/v", (), limit_s=0.5)
        file = Sendable(PurePosixPath("a.mkv"), FileIdentity(0, 0))
        assert transfer.prove([file], root=tmp_path, cancel=MemoryCancellation()) == {}

    def test_a_comparison_may_be_silent_for_as_long_as_reading_takes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Names are sent only when all content was read: 4 GB of an hour take longer than any silence of a line."""
        (tmp_path / "rsync").write_text("#!/bin/sh\n")
        (tmp_path / "rsync").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        commands: list[tuple[str, ...]] = []
        transfer = RsyncTransfer("nas:/v", (), on_command=commands.append)
        hour = [Sendable(PurePosixPath("a.mkv"), FileIdentity(4_000_000_000, 0))]
        cancel = MemoryCancellation()
        transfer.push(hour, root=tmp_path, cancel=cancel)
        transfer.look(hour, root=tmp_path, by_content=False, cancel=cancel)
        transfer.push(hour, root=tmp_path, by_content=True, cancel=cancel)
        transfer.prove(hour, root=tmp_path, cancel=cancel)
        timeouts = [option for argv in commands for option in argv if option.startswith("--timeout=")]
        assert timeouts == ["--timeout=920", "--timeout=120", "--timeout=920", "--timeout=920"]

    def test_the_other_end_does_not_know_fsync(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Then it is sent without, from then on."""
        script = 'case "$*" in *--fsync*) echo "rsync: --fsync: unknown option" >&2; exit 1;; esac'
        (tmp_path / "rsync").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "rsync").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        commands: list[tuple[str, ...]] = []
        transfer = RsyncTransfer("nas:/v", (), on_command=commands.append)
        for _ in range(2):
            assert transfer.push([], root=tmp_path, cancel=MemoryCancellation()).exit_code == 0
        assert ["--fsync" in argv for argv in commands] == [True, False, False]


class TestFootage:
    @pytest.mark.parametrize(
        ("content", "defect"),
        [
            (b"", "it is empty"),
            (b"\0" * 99, "it has no Matroska header"),
            (b"\x1a\x45\xdf\xa3" + b"\0" * 99, "it has a header and no footage behind it"),
            (b"\x1a\x45\xdf\xa3" + b"\0" * 70_000 + b"\x1f\x43\xb6\x75", ""),
            (b"\x1a\x45\xdf\xa3" + b"\0" * (65536 - 6) + b"\x1f\x43\xb6\x75", ""),
        ],
        ids=["empty", "zeros", "header only", "late cluster", "cluster across two reads"],
    )
    def test_what_holds_footage(self, tmp_path: Path, content: bytes, defect: str) -> None:
        """A segment that was cut off has no duration, and is footage."""
        path = tmp_path / "a.mkv"
        path.write_bytes(content)
        assert MatroskaFootage().defect(path) == defect

    def test_a_file_that_is_gone(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError):
            MatroskaFootage().defect(tmp_path / "a.mkv")
