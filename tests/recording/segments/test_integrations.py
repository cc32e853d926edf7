"""The pieces of the adapters: which folder is the target, what rsync is told and says, what holds footage."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters._shared.mount_lists import mount_points, mounted, place_of
from camvault.adapters._shared.target_record import TargetRecord, parse_record
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.rsync import TARGET_MARKER_NAME, RsyncTransfer, TargetGuard
from camvault.adapters.rsync.argv import SSH_OPTIONS, compare_argv, is_remote, push_argv
from camvault.adapters.rsync.parse import file_problems, sights, unescaped_name
from camvault.adapters.segmentcheck import MatroskaFootage
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import NotFoundError
from camvault.ports.transfer import Another, Here, Offline, Sendable, Sight, TargetAnswer, UnreadableTarget, Unsure

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


def here(answer: TargetAnswer) -> Here:
    assert isinstance(answer, Here), str(answer)
    return answer


def unsure(answer: TargetAnswer) -> str:
    assert isinstance(answer, Unsure), str(answer)
    return str(answer)


class TestGuard:
    def test_a_mount_point_that_is_not_mounted(self, tmp_path: Path) -> None:
        """Is refused whatever is asked for, and stays empty."""
        guard = guard_of(tmp_path)
        for anew in (False, True):
            assert "is not mounted" in unsure(guard.mark(anew=anew))
        assert list((tmp_path / "my nas").iterdir()) == []

    @pytest.mark.parametrize("is_configured_by_link", [True, False])
    @pytest.mark.parametrize("is_in_fstab_by_link", [True, False])
    def test_a_mount_point_that_is_written_through_a_link(
        self, tmp_path: Path, is_configured_by_link: bool, is_in_fstab_by_link: bool
    ) -> None:
        """TRAP: fstab names it by a link, the kernel never does, and the empty folder was filled."""
        (tmp_path / "real/nas").mkdir(parents=True)
        (tmp_path / "link").symlink_to("real/../real")
        names = {True: tmp_path / "link/nas", False: tmp_path / "real/nas"}
        (tmp_path / "fstab").write_text(FSTAB.format(nas=names[is_in_fstab_by_link]))
        (tmp_path / "mountinfo").write_text(MOUNTINFO.format(nas="/other", kind="ext4"))
        folder, lists = names[is_configured_by_link], (tmp_path / "fstab", tmp_path / "mountinfo")
        guard = TargetGuard(folder, tmp_path / "record", LocalStorage(), *lists, ())
        assert f"{tmp_path / 'real/nas'} is not mounted" in unsure(guard.mark(anew=True))
        (tmp_path / "mountinfo").write_text(MOUNTINFO.format(nas=tmp_path / "real/nas", kind="ext4"))
        assert here(guard.mark(anew=True))

    def test_an_automount_point_that_waits_is_not_mounted(self, tmp_path: Path) -> None:
        assert "is not mounted" in unsure(guard_of(tmp_path, kind="autofs").mark(anew=False))

    def test_the_first_time_makes_the_marker(self, tmp_path: Path) -> None:
        guard = guard_of(tmp_path, kind="cifs")
        assert unsure(guard.ask()) == "it was not used before; backup_video marks it"
        assert guard.wanted().number == ""
        marked = here(guard.mark(anew=False))
        lines = Path(guard.folder, TARGET_MARKER_NAME).read_text().splitlines()
        assert lines[0] == marked.number == guard.wanted().number
        assert Path(guard.record).read_text().splitlines() == lines
        assert guard.ask() == guard.mark(anew=False) == marked

    @pytest.mark.parametrize("text", ["", "a number of somebody on a disk"])
    def test_the_number_of_a_target_is_what_its_marker_says(self, tmp_path: Path, text: str) -> None:
        """Whatever that is, and nothing of the device that it is on."""
        guard = guard_of(tmp_path, kind="cifs")
        marker = Path(guard.folder, TARGET_MARKER_NAME)
        if text:
            marker.parent.mkdir()
            marker.write_text(text)
        transfer = RsyncTransfer(str(guard.folder), (), guard)
        assert here(transfer.mark()).number == transfer.wanted().number == marker.read_text().splitlines()[0]

    def test_a_target_that_is_believed_has_no_number(self, tmp_path: Path) -> None:
        transfer = RsyncTransfer(str(tmp_path), ())
        assert here(transfer.mark()) == here(transfer.ask()) == Here("", str(tmp_path))
        assert transfer.wanted().number == ""

    def test_a_customary_place_on_the_own_disk(self, tmp_path: Path) -> None:
        """Nobody mounted anything there; it takes a flag to mean it."""
        storage = LocalStorage()
        guard = guard_of(
            tmp_path, customary=storage.device_of(PurePath("/")) == storage.device_of(tmp_path), is_in_fstab=False
        )
        if guard.customary:
            assert "and that of no other machine, run backup_video --init-target" in unsure(guard.mark(anew=False))
        assert here(guard.mark(anew=True))
        assert here(guard.mark(anew=False))

    def test_another_target_than_before(self, tmp_path: Path) -> None:
        """It is named with what was expected. Marked anew it gets a number that neither had."""
        guard = guard_of(tmp_path, is_in_fstab=False)
        wanted = here(guard.mark(anew=False)).number
        Path(guard.folder, TARGET_MARKER_NAME).write_text("another\n")
        for answer in (guard.ask(), guard.mark(anew=False)):
            assert answer == Another("another", wanted)
        assert here(guard.mark(anew=True)).number not in ("another", wanted)
        assert here(guard.ask()).number == guard.wanted().number

    def test_each_marking_anew_gives_a_new_number(self, tmp_path: Path) -> None:
        """Also of the very same disk: a copy of it, block by block, has the marker too."""
        guard = guard_of(tmp_path, is_in_fstab=False)
        assert len({here(guard.mark(anew=True)).number for _ in range(3)}) == 3

    def test_marking_anew_with_a_full_disk_here_changes_nothing(self, tmp_path: Path) -> None:
        """Else the target would have a number that nobody here knows."""
        guard = guard_of(tmp_path, is_in_fstab=False)
        guard.mark(anew=False)
        text = Path(guard.folder, TARGET_MARKER_NAME).read_text()
        full = attrs.evolve(guard, record=tmp_path / "no/record")
        assert "cannot be told whether" in unsure(full.mark(anew=True))
        assert Path(guard.folder, TARGET_MARKER_NAME).read_text() == text
        assert here(guard.ask())

    def test_a_folder_that_vanished_on_a_disk_that_is_there(self, tmp_path: Path) -> None:
        """Nobody unmounted anything: not offline, and what it held may be gone."""
        guard = guard_of(tmp_path, is_in_fstab=False)
        guard.mark(anew=False)
        Path(guard.folder, TARGET_MARKER_NAME).unlink()
        assert "its .camvault-target with the number" in unsure(guard.ask())
        Path(guard.folder).rmdir()
        assert "the folder is not there, and no mount is missing" in unsure(guard.ask())
        assert "the folder is not there" in unsure(guard.mark(anew=False))

    def test_the_record_cannot_be_written(self, tmp_path: Path) -> None:
        """A full disk here does not keep a good target from being used."""
        guard = attrs.evolve(guard_of(tmp_path, is_in_fstab=False), record=tmp_path / "no/record", customary=())
        marked = here(guard.mark(anew=False))
        assert guard.ask() == guard.mark(anew=False) == marked
        assert guard.wanted().number == marked.number
        again = attrs.evolve(guard)
        assert again.wanted().number == ""
        assert again.mark(anew=False) == marked, "the next run finds its number in the marker"

    def test_a_record_that_cannot_be_read(self, tmp_path: Path) -> None:
        """No proof counts, and nothing is believed."""
        guard = guard_of(tmp_path, is_in_fstab=False)
        guard.mark(anew=False)
        Path(guard.record).unlink()
        Path(guard.record).mkdir()
        assert guard.wanted() == UnreadableTarget(f"{guard.record}: Is a directory")
        for answer in (guard.ask(), guard.mark(anew=False)):
            assert "it cannot be told whether it is the target" in unsure(answer)

    def test_the_footage_by_a_detour(self, tmp_path: Path) -> None:
        """An export of our own, mounted: another device, other inodes, the same files."""
        guard = guard_of(tmp_path, is_in_fstab=False)
        guard.mark(anew=False)
        text = Path(guard.folder, TARGET_MARKER_NAME).read_text()
        (tmp_path / "ready").mkdir()
        guard = attrs.evolve(guard, apart_from=tmp_path / "ready")
        assert here(guard.ask()).shares_device
        (tmp_path / "ready" / TARGET_MARKER_NAME).write_text(text)
        assert "ready itself" in unsure(guard.ask())
        Path(guard.record).unlink()
        assert "ready itself" in unsure(guard.mark(anew=False))

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
                assert "lie in one another" in unsure(guard.mark(anew=True))
            else:
                assert here(guard.mark(anew=True))
        finally:
            subprocess.run(["umount", tmp_path / "point"], check=True)
        assert list((tmp_path / "ready").rglob(".camvault-target")) == []

    def test_the_footage_by_a_link(self, tmp_path: Path) -> None:
        guard = attrs.evolve(guard_of(tmp_path, is_in_fstab=False), apart_from=tmp_path / "ready")
        (tmp_path / "ready").mkdir()
        Path(guard.folder).symlink_to(tmp_path / "ready")
        assert "lie in one another" in unsure(guard.mark(anew=True))
        assert list((tmp_path / "ready").iterdir()) == []

    def test_nothing_above_it(self, tmp_path: Path) -> None:
        guard = TargetGuard(tmp_path / "a/b", tmp_path / "record", LocalStorage(), tmp_path / "x", tmp_path / "y")
        assert "neither it nor" in unsure(guard.mark(anew=False))

    def test_a_target_that_cannot_be_used(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        guard = TargetGuard(tmp_path / "file", tmp_path / "record", LocalStorage(), tmp_path / "x", tmp_path / "y")
        assert "cannot be used" in unsure(guard.mark(anew=False))


class TestOffline:
    """Only a target that was on a mount of its own can be offline, and only where nothing is mounted."""

    @pytest.fixture
    def disk(self, tmp_path: Path) -> Iterator[TargetGuard]:
        """A target on a disk of its own (tmpfs), as it is mounted."""
        (tmp_path / "disk").mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "none", tmp_path / "disk"], check=True)
        (tmp_path / "disk/video").mkdir()
        (tmp_path / "ready").mkdir()
        yield TargetGuard(
            tmp_path / "disk/video", tmp_path / "record", LocalStorage(), tmp_path / "no", apart_from=tmp_path / "ready"
        )
        subprocess.run(["umount", tmp_path / "disk"], check=False, stderr=subprocess.DEVNULL)

    def unmount(self, guard: TargetGuard) -> None:
        subprocess.run(["umount", guard.folder.parent], check=True)

    def test_nothing_is_mounted_where_it_was(self, disk: TargetGuard) -> None:
        marked = here(disk.mark(anew=False))
        assert not marked.shares_device
        self.unmount(disk)
        evidence = f"nothing is mounted at {disk.folder.parent}, where it was mounted"
        for answer in (disk.ask(), disk.mark(anew=False)):
            assert answer == Offline(marked.number, evidence)

    def test_a_folder_of_its_name_below_the_mount_point(self, disk: TargetGuard) -> None:
        """Something wrote there while nothing was mounted."""
        marked = here(disk.mark(anew=False))
        self.unmount(disk)
        Path(disk.folder).mkdir()
        assert isinstance(disk.ask(), Offline)
        Path(disk.folder, TARGET_MARKER_NAME).write_text("another\n")
        assert disk.ask() == Another("another", marked.number)

    def test_the_folder_is_gone_on_the_disk_that_is_mounted(self, disk: TargetGuard) -> None:
        disk.mark(anew=False)
        shutil.rmtree(disk.folder)
        assert "the folder is not there, and no mount is missing" in unsure(disk.ask())

    def test_another_disk_is_mounted_there(self, disk: TargetGuard) -> None:
        disk.mark(anew=False)
        self.unmount(disk)
        subprocess.run(["mount", "-t", "tmpfs", "none", disk.folder.parent], check=True)
        assert isinstance(disk.ask(), Unsure)
        Path(disk.folder).mkdir()
        assert "which was mounted at" in unsure(disk.ask())

    def test_another_address_is_no_evidence(self, disk: TargetGuard, tmp_path: Path) -> None:
        """It was never there: what is missing at it says nothing of the target. Found there, that is written down."""
        disk.mark(anew=False)
        (tmp_path / "link").symlink_to(tmp_path / "disk")
        moved = attrs.evolve(disk, folder=tmp_path / "link/video")
        self.unmount(disk)
        assert isinstance(moved.ask(), Unsure)

    def test_a_record_of_an_earlier_version_is_no_evidence(self, disk: TargetGuard) -> None:
        """It does not say whether anything was mounted. The next backup with the target there writes that down."""
        number = here(disk.mark(anew=False)).number
        Path(disk.record).write_text(f"{number}\n")
        Path(disk.folder, TARGET_MARKER_NAME).write_text(f"{number}\n")
        subprocess.run(["mount", "--bind", disk.folder.parent, disk.folder.parent], check=True)
        assert here(disk.ask()).number == number
        subprocess.run(["umount", disk.folder.parent], check=True)
        missing = attrs.evolve(disk, folder=disk.folder.parent / "no")
        assert isinstance(missing.ask(), Unsure)
        assert here(disk.mark(anew=False))
        self.unmount(disk)
        assert isinstance(disk.ask(), Offline)

    def test_the_own_disk_is_never_offline(self, tmp_path: Path) -> None:
        """Whatever is missing there was removed."""
        (tmp_path / "ready").mkdir()
        guard = TargetGuard(
            tmp_path / "nas", tmp_path / "record", LocalStorage(), tmp_path / "no", apart_from=tmp_path / "ready"
        )
        assert here(guard.mark(anew=False)).shares_device
        shutil.rmtree(guard.folder)
        assert isinstance(guard.ask(), Unsure)
        record = parse_record(Path(guard.record).read_text())
        assert record is not None
        assert record.is_own_disk

    def test_without_a_table_of_mounts_nothing_is_evidence(self, disk: TargetGuard, tmp_path: Path) -> None:
        disk.mark(anew=False)
        self.unmount(disk)
        assert isinstance(attrs.evolve(disk, mountinfo=tmp_path / "no").ask(), Unsure)


class TestRecord:
    RECORDS = (
        TargetRecord("5f8d", "/mnt/nas/video", PurePath("/mnt/nas")),
        TargetRecord("5f8d", "/srv/a\nb", is_own_disk=True),
        TargetRecord("5f8d", "pi@nas:/v"),
    )

    @pytest.mark.parametrize("record", RECORDS, ids=str)
    def test_it_is_read_as_it_was_written(self, record: TargetRecord) -> None:
        assert parse_record(record.text) == record

    def test_a_record_of_an_earlier_version(self) -> None:
        """Nothing but the number is known; a damaged second line is none."""
        for rest in ("", '{"at": 1, "mounted": ""}', '{"at": "/x", "mou', "[]"):
            assert parse_record(f"5f8d\n{rest}\n") == TargetRecord("5f8d")

    @pytest.mark.parametrize(("mount", "is_own_disk"), [('""', True), ("null", False), ('"/mnt/nas"', False)])
    def test_what_an_earlier_version_took_for_a_mount_is_not_believed(self, mount: str, is_own_disk: bool) -> None:
        """It may be a subvolume of btrfs."""
        known = parse_record(f'5f8d\n{{"at": "/x", "mount": {mount}}}\n')
        assert known == TargetRecord("5f8d", "/x", is_own_disk=is_own_disk)
        for text in ("", "\n\n"):
            assert parse_record(text) is None


class TestTables:
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
        assert timeouts == ["--timeout=920"] * 4  # a look reads all of it, too

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
