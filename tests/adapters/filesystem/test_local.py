"""What only a real file system does: it fills up, refuses, goes away, and loses what was not fsynced."""

import contextlib
import errno
import fcntl
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath

import pytest
from pytest_mock import MockerFixture

from camvault.adapters._shared.durable import temporary_name
from camvault.adapters.filesystem import LocalStorage, reader, steps
from camvault.adapters.filesystem.mounts import tells_writers, type_of
from camvault.adapters.memory import MemoryCancellation
from camvault.ports.entries import FileEntry
from camvault.ports.errors import BusyError, ChangedError, DeniedError, NoSpaceError, NotFoundError, StorageError
from camvault.ports.removal import Leftover, Removal
from tests.adapters.filesystem.conftest import AS_ROOT, SIZE_BYTES, run

STORAGE = LocalStorage()


def copy(source: PurePath, target: PurePath) -> None:
    STORAGE.copy(source, target=target, on_bytes=lambda _: None, cancel=MemoryCancellation())


def removal(path: PurePath) -> Removal:
    entry = STORAGE.entry(path)
    assert isinstance(entry, FileEntry)
    return Removal(path, entry.identity, Leftover("a test"))


class TestFullDisk:
    """Nothing is left behind, and the figures are named."""

    def test_a_copy_that_does_not_fit_shows_before_the_first_byte(self, disk: Path, tmp_path: Path) -> None:
        clip = tmp_path / "clip"
        clip.write_bytes(bytes(SIZE_BYTES))
        before = STORAGE.free_bytes(disk)
        done: list[int] = []
        with pytest.raises(NoSpaceError) as error:
            STORAGE.copy(clip, target=disk / "clip", on_bytes=done.append, cancel=MemoryCancellation())
        assert (error.value.path, error.value.needed_bytes) == (disk / "clip", SIZE_BYTES)
        assert 0 < error.value.free_bytes < SIZE_BYTES
        assert done == []
        assert STORAGE.free_bytes(disk) == before
        assert [e.path.name for e in STORAGE.scan(disk)] == ["lost+found"]

    def test_the_same_where_space_cannot_be_reserved(self, disk: Path, tmp_path: Path, mocker: MockerFixture) -> None:
        mocker.patch.object(steps, "file_system_type", return_value="nfs4")
        clip = tmp_path / "clip"
        clip.write_bytes(bytes(SIZE_BYTES))
        with pytest.raises(NoSpaceError):
            copy(clip, disk / "clip")
        assert [e.path.name for e in STORAGE.scan(disk)] == ["lost+found"]

    def test_records_keep_their_last_text(self, disk: Path) -> None:
        STORAGE.write_text(disk / "progress", "old")
        STORAGE.append_line(disk / "log", "one")
        with contextlib.suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(1024))
        with pytest.raises(NoSpaceError):
            STORAGE.write_text(disk / "progress", "x" * 100_000)
        with pytest.raises(NoSpaceError):
            STORAGE.append_line(disk / "log", "x" * 100_000)
        assert (STORAGE.read_text(disk / "progress"), STORAGE.read_text(disk / "log")) == ("old", "one\n")
        assert {e.path.name for e in STORAGE.scan(disk)} == {"ballast", "log", "lost+found", "progress"}

    def test_free_bytes_can_really_be_written(self, disk: Path, tmp_path: Path) -> None:
        clip = tmp_path / "clip"
        clip.write_bytes(bytes(STORAGE.free_bytes(disk) - 64 * 1024))
        copy(clip, disk / "clip")

    def test_another_device_has_another_name(self, disk: Path, tmp_path: Path) -> None:
        assert STORAGE.device_of(disk) == STORAGE.device_of(disk / "no/such") != STORAGE.device_of(tmp_path)

    def test_mount_points_are_not_pruned(self, disk: Path) -> None:
        STORAGE.prune(disk)
        assert STORAGE.prune(disk.parent / "disk", is_root_included=True) == ()
        assert disk.is_dir()


class TestRefusals:
    """What the system forbids is said, also to root."""

    @pytest.fixture
    def locked(self, disk: Path) -> Iterator[Path]:
        """A folder in which nothing can be added or removed."""
        folder = disk / "locked"
        folder.mkdir()
        (folder / "footage").write_bytes(b"precious")
        run(*AS_ROOT, "chattr", "+i", folder)
        yield folder
        run(*AS_ROOT, "chattr", "-i", folder)

    def test_an_immutable_folder(self, locked: Path, tmp_path: Path) -> None:
        (tmp_path / "clip").write_bytes(b"x")
        with pytest.raises(DeniedError):
            copy(tmp_path / "clip", locked / "clip")
        with pytest.raises(DeniedError):
            STORAGE.write_text(locked / "record", "x")
        with pytest.raises(DeniedError):
            STORAGE.append_line(locked / "log", "x")
        with pytest.raises(DeniedError):
            STORAGE.remove(removal(locked / "footage"))
        with pytest.raises(DeniedError):
            STORAGE.rename(locked / "footage", target=locked / "other")
        with pytest.raises(DeniedError):
            STORAGE.make_folder(locked / "below")
        with pytest.raises(DeniedError), STORAGE.lock(locked / "lock"):
            raise AssertionError
        assert [e.path.name for e in STORAGE.scan(locked)] == ["footage"]

    def test_a_read_only_disk(self, disk: Path, tmp_path: Path) -> None:
        (disk / "footage").write_bytes(b"precious")
        (tmp_path / "clip").write_bytes(b"x")
        run(*AS_ROOT, "mount", "-o", "remount,ro", disk)
        with pytest.raises(DeniedError, match="Read-only"):
            copy(tmp_path / "clip", disk / "clip")
        with pytest.raises(DeniedError):
            STORAGE.remove(removal(disk / "footage"))
        with pytest.raises(DeniedError):
            STORAGE.write_text(disk / "record", "x")
        copy(disk / "footage", tmp_path / "copied")
        assert STORAGE.digest(disk / "footage", on_bytes=lambda _: None, cancel=MemoryCancellation())

    def test_a_folder_that_cannot_be_listed_is_not_empty(self, tmp_path: Path, mocker: MockerFixture) -> None:
        """INV-5. Root may list everything, so the system's refusal is played."""
        (tmp_path / "a").mkdir()
        (tmp_path / "b/c").mkdir(parents=True)
        scandir = os.scandir

        def refuse(folder: bytes) -> object:
            if folder.endswith(b"/b"):
                raise PermissionError(13, "Permission denied", folder)
            return scandir(folder)

        mocker.patch("os.scandir", refuse)
        with pytest.raises(DeniedError) as error:
            list(STORAGE.scan(tmp_path))
        assert error.value.path == tmp_path / "b"
        with pytest.raises(DeniedError):
            STORAGE.prune(tmp_path)

    def test_a_disk_that_dies_while_it_is_read(self, tmp_path: Path, mocker: MockerFixture) -> None:
        (tmp_path / "a").write_bytes(b"x" * 200_000)
        readv, reads = os.readv, iter(range(100))

        def die(descriptor: int, buffers: list[memoryview]) -> int:
            if next(reads) == 1:
                raise OSError(5, "Input/output error")
            return readv(descriptor, buffers)

        mocker.patch("os.readv", die)
        with pytest.raises(StorageError, match="Input/output error") as error:
            copy(tmp_path / "a", tmp_path / "b")
        assert error.value.path == tmp_path / "a"
        assert [p.name for p in tmp_path.iterdir()] == ["a"]

    @pytest.mark.parametrize("step", ["file", "folder"])
    def test_a_disk_that_does_not_fsync_has_no_copy(self, tmp_path: Path, mocker: MockerFixture, step: str) -> None:
        (tmp_path / "a").write_bytes(b"x")
        name = {
            "file": "camvault.adapters.filesystem.copier.fsync",
            "folder": "camvault.adapters.filesystem.steps.fsync_folder",
        }
        mocker.patch(name[step], side_effect=OSError(5, "Input/output error"))
        with pytest.raises(StorageError, match="Input/output error"):
            copy(tmp_path / "a", tmp_path / "b")
        assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_place_that_takes_no_folders_is_an_error() -> None:
    """/proc says "no such file" of a folder to be made, although its parent is there."""
    with pytest.raises(NotFoundError, match="/proc/camvault"):
        STORAGE.make_folder(PurePath("/proc/camvault"))
    with pytest.raises(NotFoundError, match="/proc/camvault"):
        STORAGE.make_folder(PurePath("/proc/camvault/below"))


class TestWithoutReplacing:
    """A name that exists is never taken, whatever the file system offers."""

    @pytest.fixture(params=["the kernel's way", "by a link", "by looking first"])
    def way(self, request: pytest.FixtureRequest, mocker: MockerFixture) -> str:
        def not_offered(*_: object) -> None:
            raise OSError(22, "Invalid argument")

        if request.param != "the kernel's way":
            mocker.patch.object(steps, "_rename_exclusive", not_offered)
        if request.param == "by looking first":
            mocker.patch.object(steps, "_link_and_unlink", not_offered)
        return str(request.param)

    def test_a_new_name(self, way: str, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"x")
        steps.rename_new(tmp_path / "a", tmp_path / "b")
        assert [p.name for p in tmp_path.iterdir()] == ["b"]

    def test_a_taken_name(self, way: str, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"new")
        (tmp_path / "b").symlink_to("nowhere")
        with pytest.raises(FileExistsError):
            steps.rename_new(tmp_path / "a", tmp_path / "b")
        assert (tmp_path / "a").read_bytes() == b"new"
        assert (tmp_path / "b").is_symlink()

    def test_no_source(self, way: str, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            steps.rename_new(tmp_path / "a", tmp_path / "b")


MOUNTINFO = b"""\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
98 27 8:1 / /media/cam rw,nosuid,nodev shared:12 master:3 - vfat /dev/sda1 rw,fmask=0022
99 27 8:17 / /media/with\\040-\\040dash ro - exfat /dev/sdb1 ro
"""


class TestFileSystemType:
    """Which file system a device number is, by the system's own table (proc_pid_mountinfo(5))."""

    @pytest.mark.parametrize(
        ("major", "minor", "expected"),
        [(254, 0, "ext4"), (8, 1, "vfat"), (8, 17, "exfat"), (0, 21, "proc"), (8, 2, ""), (54, 0, ""), (8, 11, "")],
    )
    def test_the_table_is_read(self, major: int, minor: int, expected: str) -> None:
        assert type_of(MOUNTINFO, major=major, minor=minor) == expected

    def test_a_real_disk_is_known(self, disk: Path) -> None:
        assert steps.file_system_type(disk.stat().st_dev) == "ext4"

    def test_without_a_table_nothing_is_known(self, mocker: MockerFixture) -> None:
        mocker.patch.object(steps, "MOUNTINFO_PATH", "/no/such/table")
        assert steps.file_system_type(0) == ""


PRELUDE = """
from pathlib import Path
from camvault.adapters.filesystem import LocalStorage, steps
from camvault.adapters.system import EventCancellation
storage, here, cancel = LocalStorage(), Path.cwd(), EventCancellation()
"""
COPY = 'storage.copy(here / "a", target=here / "b", on_bytes=lambda _: None, cancel=cancel)'


def traced(folder: Path, script: str) -> list[str]:
    """The steps towards durability that the kernel is asked for, in order, each with its last file in `folder`."""
    (folder / "a").write_bytes(b"x" * 100_000)
    log = folder / "trace"
    calls = "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink"
    argv = ("strace", "-f", "-y", "-e", calls, "-o", log, sys.executable, "-c", PRELUDE + script)
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = re.findall(r"^\d+ +(\w+)\((.*)\) += 0", log.read_text(), re.MULTILINE)
    named = [(call, re.findall(rf"{re.escape(str(folder))}(?:/([^>\"]*))?", rest)) for call, rest in found]
    return [f"{call} {files[-1] or 'folder'}" for call, files in named if files]


class TestDurability:
    """What the kernel is really asked for, seen by strace."""

    def test_a_copy_is_fsynced_before_and_its_folder_after_it_gets_its_name(self, tmp_path: Path) -> None:
        assert traced(tmp_path, COPY) == ["fsync .b.camvault-part", "renameat2 b", "fsync folder"]

    def test_on_fat_the_file_is_fsynced_once_more(self, tmp_path: Path) -> None:
        """Measured on vfat: without it, every acknowledged file was empty after a power cut."""
        seen = traced(tmp_path, 'steps.file_system_type = lambda _: "vfat"\n' + COPY)
        assert seen == ["fsync .b.camvault-part", "renameat2 b", "fsync folder", "fsync b"]

    def test_publishing_makes_another_programs_content_durable_first(self, tmp_path: Path) -> None:
        seen = traced(tmp_path, 'storage.publish(here / "a", target=here / "b")')
        assert seen == ["fsync a", "renameat2 b", "fsync folder"]

    def test_a_record_is_complete_before_it_replaces_the_old_one(self, tmp_path: Path) -> None:
        seen = traced(tmp_path, 'storage.write_text(here / "b", "x")')
        assert seen == ["fsync .b.camvault-part", "rename b", "fsync folder"]

    def test_a_line_is_durable_and_so_is_the_name_of_a_new_log(self, tmp_path: Path) -> None:
        seen = traced(tmp_path, 'storage.append_line(here / "b", "1"); storage.append_line(here / "b", "2")')
        assert seen == ["fsync b", "fsync folder", "fsync b"]

    def test_each_new_folder_is_durable_in_its_parent(self, tmp_path: Path) -> None:
        assert traced(tmp_path, 'storage.make_folder(here / "x/y")') == ["fsync folder", "fsync x"]

    def test_a_rename_is_durable(self, tmp_path: Path) -> None:
        assert traced(tmp_path, 'storage.rename(here / "a", target=here / "b")') == ["renameat2 b", "fsync folder"]


class TestConcurrency:
    """Other processes."""

    def test_a_lock_goes_with_the_process_that_was_killed(self, tmp_path: Path) -> None:
        script = (
            "import sys, time\nfrom pathlib import Path\nfrom camvault.adapters.filesystem import LocalStorage\n"
            "with LocalStorage().lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
        )
        lock = tmp_path / "lock"
        with subprocess.Popen([sys.executable, "-c", script, str(lock)], stdout=subprocess.PIPE, text=True) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(BusyError), STORAGE.lock(lock):
                raise AssertionError
            holder.kill()
        with STORAGE.lock(lock):
            pass

    def test_what_is_swapped_for_another_file_is_kept(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"1")
        planned = removal(tmp_path / "a")
        (tmp_path / "b").write_bytes(b"22")
        (tmp_path / "b").replace(tmp_path / "a")
        with pytest.raises(ChangedError):
            STORAGE.remove(planned)
        assert (tmp_path / "a").read_bytes() == b"22"

    def test_long_names_that_agree_in_their_beginning_have_temporary_names_of_their_own(self, tmp_path: Path) -> None:
        made = {temporary_name(tmp_path / ("車" * 80 + number)).name for number in "12"}
        assert len(made) == 2
        assert max(len(os.fsencode(name)) for name in made) <= 255

    def test_a_hard_link_under_the_temporary_name_keeps_its_content(self, tmp_path: Path) -> None:
        (tmp_path / "footage").write_bytes(b"precious")
        (tmp_path / "clip").write_bytes(b"new")
        os.link(tmp_path / "footage", temporary_name(tmp_path / "b"))
        copy(tmp_path / "clip", tmp_path / "b")
        assert (tmp_path / "footage").read_bytes() == b"precious"


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """256 MiB are copied and hashed within 16 MiB on top of the interpreter."""
    script = """
        import os, resource
        from pathlib import Path
        from camvault.adapters.filesystem import LocalStorage
        from camvault.adapters.system import EventCancellation
        here, cancel, storage = Path.cwd(), EventCancellation(), LocalStorage()
        with open("a", "wb") as file: file.truncate(256 * 1024 * 1024)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        storage.copy(here / "a", target=here / "b", on_bytes=lambda _: None, cancel=cancel)
        storage.digest(here / "b", on_bytes=lambda _: None, cancel=cancel)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        """
    argv = (sys.executable, "-c", textwrap.dedent(script))
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 16 * 1024


# --- two programs at once ---


def test_a_file_that_somebody_is_writing_is_not_taken_for_a_leftover(tmp_path: Path) -> None:
    target = tmp_path / "a"
    with steps.new_file(target), pytest.raises(BusyError):
        LocalStorage().write_text(target, "other")

    LocalStorage().write_text(target, "later")
    assert target.read_text() == "later"


def test_a_lock_is_on_what_stands_under_the_name_now(tmp_path: Path, mocker: MockerFixture) -> None:
    path, real = tmp_path / "lock", fcntl.flock
    removals = iter([path.unlink])

    def flock(descriptor: int, kind: int) -> None:
        for remove in removals:  # once: whoever held it took the name away between our open and our lock
            remove()
        real(descriptor, kind)

    mocker.patch("camvault.adapters.filesystem.volumes.fcntl.flock", flock)

    with LocalStorage().lock(path):
        assert path.exists()
        with pytest.raises(BusyError), LocalStorage().lock(path):
            pass


def test_of_three_contenders_the_one_that_came_late_looks_again(tmp_path: Path, mocker: MockerFixture) -> None:
    """A holds the lock and removes its name at the end; B opened that; C makes a new one: B must not have the old."""
    path, real = tmp_path / "lock", fcntl.flock
    inner = contextlib.ExitStack()
    a = contextlib.ExitStack()

    def a_ends_and_c_begins() -> None:
        path.unlink()
        a.close()
        inner.enter_context(LocalStorage().lock(path))

    steps_before = iter([a_ends_and_c_begins])

    def flock(descriptor: int, kind: int) -> None:
        mocker.stopall()
        for step in steps_before:
            step()
        real(descriptor, kind)

    a.enter_context(LocalStorage().lock(path))
    mocker.patch("camvault.adapters.filesystem.volumes.fcntl.flock", flock)
    with inner, pytest.raises(BusyError), LocalStorage().lock(path):
        pass
    with LocalStorage().lock(path):
        assert path.exists()


def test_a_new_file_that_was_taken_for_abandoned_is_not_written(tmp_path: Path, mocker: MockerFixture) -> None:
    """Between its making and its lock another writer removed it and made its own: that one's content is not ours."""
    target, real = tmp_path / "progress.json", fcntl.flock
    theirs = tmp_path / ".progress.json.camvault-part"

    def flock(descriptor: int, kind: int) -> None:
        mocker.stopall()
        theirs.unlink()
        theirs.write_text("their first half")
        real(descriptor, kind)

    mocker.patch("camvault.adapters.filesystem.steps.fcntl.flock", flock)
    with pytest.raises(BusyError):
        LocalStorage().write_text(target, "ours")
    assert theirs.read_text() == "their first half"
    assert not target.exists()


def test_a_line_goes_to_the_file_that_has_the_name(tmp_path: Path, mocker: MockerFixture) -> None:
    """While an appender waited for its turn, the whole text was replaced."""
    ledger, real = tmp_path / "ledger", fcntl.flock
    ledger.write_text("old\n")

    def flock(descriptor: int, kind: int) -> None:
        mocker.stopall()
        LocalStorage().write_text(ledger, "new\n")
        real(descriptor, kind)

    mocker.patch("camvault.adapters.filesystem.records.fcntl.flock", flock)
    LocalStorage().append_line(ledger, "line")
    assert ledger.read_text() == "new\nline\n"


def test_two_writers_of_one_ledger_lose_no_line(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"

    def write(writer: int) -> None:
        for number in range(50):
            LocalStorage().append_line(ledger, f"{writer} {number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    assert sorted(ledger.read_text().splitlines()) == sorted(f"{w} {n}" for w in range(4) for n in range(50))


def test_a_move_that_is_not_allowed_leaves_no_second_name(tmp_path: Path, mocker: MockerFixture) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"footage")
    mocker.patch.object(steps, "_rename_exclusive", side_effect=OSError(errno.ENOSYS, "Function not implemented"))
    removed = mocker.patch("os.unlink", side_effect=[OSError(errno.EPERM, "Operation not permitted"), None])

    with pytest.raises(DeniedError):
        LocalStorage().move(source, target=target)

    assert [call.args[0] for call in removed.call_args_list] == [source, target]


def test_a_rename_that_is_not_allowed_is_not_tried_another_way(tmp_path: Path, mocker: MockerFixture) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"footage")
    mocker.patch.object(steps, "_rename_exclusive", side_effect=OSError(errno.EPERM, "Operation not permitted"))

    with pytest.raises(DeniedError):
        LocalStorage().move(source, target=target)

    assert (source.exists(), target.exists()) == (True, False)


class TestWriters:
    @pytest.mark.parametrize("mode", ["ab", "r+b"])
    def test_a_file_that_is_open_for_writing_is_known_in_every_process(self, tmp_path: Path, mode: str) -> None:
        path = tmp_path / "clip.mp4"
        path.write_bytes(b"footage")
        code = f"import sys; file = open(sys.argv[1], {mode!r}); print(flush=True); sys.stdin.read()"
        writer = [sys.executable, "-c", code, str(path)]
        with subprocess.Popen(writer, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            assert STORAGE.is_being_written(path)
            process.communicate()
        assert not STORAGE.is_being_written(path)

    def test_a_file_that_is_only_read_is_not_written(self, tmp_path: Path) -> None:
        path = tmp_path / "clip.mp4"
        path.write_bytes(b"footage")
        with path.open("rb"):
            assert not STORAGE.is_being_written(path)

    def test_a_network_file_system_refuses_for_other_reasons(self, tmp_path: Path, mocker: MockerFixture) -> None:
        path = tmp_path / "clip.mp4"
        with path.open("wb"):
            assert STORAGE.is_being_written(path)
            mocker.patch.object(reader, "has_leases", return_value=False)
            assert not STORAGE.is_being_written(path)

    @pytest.mark.parametrize(
        ("file_system", "expected"),
        [("ext4", True), ("vfat", True), ("", True), ("nfs4", False), ("cifs", False), ("fuse.sshfs", False)],
    )
    def test_what_a_refused_lease_says_depends_on_the_file_system(self, file_system: str, *, expected: bool) -> None:
        assert tells_writers(file_system) is expected

    def test_a_system_that_does_not_tell_is_no_writer(self, tmp_path: Path, mocker: MockerFixture) -> None:
        (tmp_path / "clip.mp4").touch()
        mocker.patch.object(fcntl, "fcntl", side_effect=OSError(errno.EACCES, "of another user"))
        assert not STORAGE.is_being_written(tmp_path / "clip.mp4")
