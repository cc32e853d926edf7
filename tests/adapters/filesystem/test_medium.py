"""The local file system: what is on the medium, and which files are one. On real mounts."""

import fcntl
import mmap
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from camvault.adapters._shared import medium
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation
from camvault.ports.errors import ChangedError
from camvault.ports.removal import Leftover, Removal
from camvault.ports.witness import FileRead, ReadFrom, Sameness, Witness

STORAGE = LocalStorage()
CONTENT = bytes(range(256)) * 512


def read_back(path: Path) -> FileRead:
    return STORAGE.read_back(path, on_bytes=lambda _: None, cancel=MemoryCancellation())


@contextmanager
def mounted(place: Path, *options: str) -> Iterator[Path]:
    """A file system at `place`; unmounted in the end, whatever holds it."""
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", *options, place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@contextmanager
def disk(folder: Path, size_bytes: int = 40_000_000, *, options: str = "loop", own: str = "") -> Iterator[Path]:
    """A small file system on a loop device; its image is `folder/disk.img`. `own` are mount options of its own."""
    image = folder / "disk.img"
    with image.open("wb") as file:
        file.truncate(size_bytes)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True, capture_output=True)
    if own:
        subprocess.run(["tune2fs", "-o", own, image], check=True, capture_output=True)
    with mounted(folder / "disk", "-o", options, os.fspath(image)) as place:
        yield place


@pytest.mark.xdist_group("loop")
class TestReadBack:
    def test_a_disk_is_read(self, tmp_path: Path) -> None:
        with disk(tmp_path) as place:
            (place / "clip").write_bytes(CONTENT + b"odd")
            assert read_back(place / "clip").source is ReadFrom.MEDIUM

    def test_memory_is_no_medium(self, tmp_path: Path) -> None:
        """tmpfs, an overlay on it, and a loop device on a file in it."""
        with mounted(tmp_path / "ram", "-t", "tmpfs", "tmpfs") as ram:
            for name in ("upper", "work", "loop"):
                (ram / name).mkdir()
            (tmp_path / "lower").mkdir()
            layers = f"lowerdir={tmp_path / 'lower'},upperdir={ram / 'upper'},workdir={ram / 'work'}"
            (ram / "clip").write_bytes(CONTENT)
            assert read_back(ram / "clip").source is ReadFrom.MEMORY
            with mounted(tmp_path / "union", "-t", "overlay", "-o", layers, "overlay") as union:
                (union / "clip").write_bytes(CONTENT)
                assert read_back(union / "clip").source is ReadFrom.MEMORY
            with disk(ram / "loop") as place:
                (place / "clip").write_bytes(CONTENT)
                assert read_back(place / "clip").source is ReadFrom.MEMORY

    def test_an_overlay_on_a_disk_is_read(self, tmp_path: Path) -> None:
        for name in ("lower", "upper", "work"):
            (tmp_path / name).mkdir()
        layers = f"lowerdir={tmp_path / 'lower'},upperdir={tmp_path / 'upper'},workdir={tmp_path / 'work'}"
        with mounted(tmp_path / "union", "-t", "overlay", "-o", layers, "overlay") as union:
            (union / "clip").write_bytes(CONTENT)
            assert read_back(union / "clip").source is ReadFrom.MEDIUM

    def test_what_rots_below_a_cache_that_another_program_holds(self, tmp_path: Path) -> None:
        """The output is mapped by another program, so that its pages stay; the disk holds something else."""
        with disk(tmp_path) as place:
            clip = place / "clip"
            clip.write_bytes(CONTENT)
            before = read_back(clip)
            with clip.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
                assert mapped[:] == CONTENT  # every page is in the cache now
                flip(tmp_path / "disk.img", CONTENT)
                assert clip.read_bytes() == CONTENT
                after = read_back(clip)
                assert mapped[:] == CONTENT
            assert after.source is ReadFrom.MEDIUM
            assert after.sha256 != before.sha256

    @pytest.mark.parametrize(
        ("options", "own"),
        [("loop,data=journal", ""), ("loop", "journal_data")],
        ids=["by mount", "by its own default"],
    )
    def test_where_direct_reads_are_of_the_cache(self, options: str, own: str, tmp_path: Path) -> None:
        """ext4 takes O_DIRECT for journalled data and reads the cache: only a file that left the cache was read."""
        with disk(tmp_path, options=options, own=own) as place:
            clip = place / "clip"
            clip.write_bytes(CONTENT)
            subprocess.run(["sync", "-f", clip], check=True)
            assert read_back(clip).source is ReadFrom.MEDIUM
            with clip.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
                assert mapped[:] == CONTENT
                assert read_back(clip).source is ReadFrom.HELD

    def test_where_proc_does_not_tell_a_journal_only_what_left_the_cache_was_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As with `ProcSubset=pid`. What the mount table says still counts."""
        monkeypatch.setattr(medium, "_EXT4", os.fspath(tmp_path / "none"))
        for options, held in (("loop", ReadFrom.HELD), ("loop,data=writeback", ReadFrom.MEDIUM)):
            with disk(tmp_path, options=options) as place:
                clip = place / "clip"
                clip.write_bytes(CONTENT)
                assert read_back(clip).source is ReadFrom.MEDIUM
                with clip.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
                    assert mapped[:] == CONTENT
                    assert read_back(clip).source is held

    @pytest.mark.parametrize(
        ("proc", "own", "how"),
        [("hidepid=invisible", "", medium.MEDIUM), ("hidepid=invisible", "journal_data", medium.HELD),
         ("subset=pid", "journal_data", medium.HELD)],
    )  # fmt: skip
    def test_in_the_sandbox_of_a_unit(self, proc: str, own: str, how: str, tmp_path: Path) -> None:
        """Ordinary ext4 is read from its medium there, also while another program holds the file."""
        with disk(tmp_path, own=own) as place:
            clip = place / "clip"
            clip.write_bytes(CONTENT)
            code = (
                "import os, sys; sys.path.append(sys.argv[1]); import medium;"
                "print(medium.past_the_cache(os.open(sys.argv[2], os.O_RDONLY), sys.argv[2]))"
            )
            script = f'mount -t proc -o {proc} proc /proc && exec "$0" -I -S -c "$@"'
            argv = ("unshare", "-m", "bash", "-c", script, sys.executable, code, Path(medium.__file__).parent, clip)
            with clip.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
                assert mapped[:] == CONTENT
                done = subprocess.run(argv, capture_output=True, text=True, check=True)
            assert done.stdout == f"{how}\n"

    def test_a_loop_device_whose_file_is_deleted_may_be_in_memory(self, tmp_path: Path) -> None:
        with mounted(tmp_path / "ram", "-t", "tmpfs", "tmpfs") as ram, disk(ram) as place:
            (place / "clip").write_bytes(CONTENT)
            (ram / "disk.img").unlink()
            assert read_back(place / "clip").source is ReadFrom.MEMORY

    @pytest.mark.parametrize("flag", [0x4, 0x800, 0x4000, 0x10_0000])
    def test_a_file_with_a_flag_for_reading_by_the_cache(
        self, flag: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Compressed, encrypted, journalled, verity: setting these takes capabilities that a container lacks."""
        clip = tmp_path / "clip"
        clip.write_bytes(CONTENT)

        def answer(_descriptor: int, _request: int, flags: bytearray) -> int:
            flags[:] = flag.to_bytes(len(flags), sys.byteorder)
            return 0

        with clip.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
            assert mapped[:] == CONTENT
            monkeypatch.setattr(fcntl, "ioctl", answer)
            assert read_back(clip).source is ReadFrom.HELD

    def test_pages_that_stay_without_another_way_are_no_medium(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(medium, "_DIRECT", 0)
        clip = tmp_path / "clip"
        clip.write_bytes(CONTENT)
        assert read_back(clip).source is ReadFrom.MEDIUM
        with clip.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
            assert mapped[:] == CONTENT
            assert read_back(clip).source is ReadFrom.HELD

    @pytest.mark.parametrize("kind", ["fuse.bindfs", "9p", "zfs"])
    def test_where_there_is_no_way_around_it_is_the_cache(
        self, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        table = tmp_path / "mountinfo"
        table.write_text(f"36 35 0:40 / {tmp_path} rw - {kind} source rw\n")
        monkeypatch.setattr(medium, "_MOUNTINFO", table)
        (tmp_path / "clip").write_bytes(CONTENT)
        assert read_back(tmp_path / "clip").source is ReadFrom.CACHE

    def test_in_a_chroot_whose_root_is_in_no_table_the_type_is_asked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = medium.file_system_of(os.fspath(tmp_path))
        (tmp_path / "mountinfo").write_text("")
        monkeypatch.setattr(medium, "_MOUNTINFO", tmp_path / "mountinfo")
        assert medium.file_system_of(os.fspath(tmp_path)) == expected != ""
        assert medium.is_memory("/dev/shm")
        for name in ("a", "copy"):
            (tmp_path / name).write_bytes(CONTENT)
        (tmp_path / "hard").hardlink_to(tmp_path / "a")
        assert LocalStorage().is_one_file(tmp_path / "a", tmp_path / "copy") is Sameness.TWO
        assert LocalStorage().is_one_file(tmp_path / "a", tmp_path / "hard") is Sameness.ONE

    def test_the_mount_that_counts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The deepest, of several at one place the last; names with blanks are escaped; none where nothing is told."""
        table = tmp_path / "mountinfo"
        lines = (
            "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
            "2 1 8:2 / /media/my\\040card rw - vfat /dev/sdb1 rw",
            "3 1 8:3 / /media/my\\040card rw - exfat /dev/zram0 rw",
            "4 1 0:9 / /o rw - overlay overlay rw,lowerdir=/a,upperdir=/nowhere/at/all,workdir=/c",
            "5 1 7:0 / /loop rw - ext4 /dev/loop999 rw",
        )
        table.write_text("\n".join(lines))
        monkeypatch.setattr(medium, "_MOUNTINFO", table)
        monkeypatch.setattr(medium, "_SYS", os.fspath(tmp_path / "none"))
        assert medium.file_system_of("/media/my card/a") == "exfat"
        assert medium.file_system_of("/media/my cards/a") == "ext4"
        memory = [medium.is_memory(path) for path in ("/media/my card/a", "/a", "/o/a", "/loop/a")]
        assert memory == [True, False, False, True], "a loop device of which nothing is told may be in memory"
        monkeypatch.setattr(medium, "_MOUNTINFO", tmp_path / "none")
        assert medium.file_system_of("/a") == ""
        assert not medium.is_memory("/a")


@pytest.mark.parametrize(
    ("device", "is_memory"),
    [
        *(
            (name, False)
            for name in ("sda1", "nvme0n1p1", "mmcblk0p2", "sdb", "md0", "dm-0", "dm-1", "loop0", "loop0p1")
        ),
        *((name, True) for name in ("zram0", "zram0p1", "ram0", "loop1", "loop1p1", "loop2", "dm-2", "dm-3", "md1")),
    ],
)
def test_a_block_device_is_a_medium_unless_something_below_it_may_be_memory(
    device: str, is_memory: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Partitions, LVM (dm-0), dm-crypt on it (dm-1), RAIDs; loop1's file is gone, loop2's is on zram0."""
    sys_folder, table = tmp_path / "sys", tmp_path / "mountinfo"
    for name, whole in {"sda1": "sda", "nvme0n1p1": "nvme0n1", "mmcblk0p2": "mmcblk0", "sdb": "", "md0": "", "md1": "",
                        "dm-0": "", "dm-1": "", "dm-2": "", "dm-3": "", "zram0p1": "zram0", "ram0": "",
                        "loop0p1": "loop0", "loop1p1": "loop1", "loop2": ""}.items():  # fmt: skip
        for each in filter(None, (whole, name)):
            folder = sys_folder / "devices" / (f"{whole}/{name}" if each == name and whole else each)
            folder.mkdir(parents=True, exist_ok=True)
            link = sys_folder / "class/block" / each
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(folder)
            if each == name and whole:
                (folder / "partition").write_text("1\n")
    slaves = {"dm-0": "sda1 nvme0n1p1", "dm-1": "dm-0", "md0": "sdb sda1", "dm-2": "loop1p1", "dm-3": "dm-2 sdb"}
    for name, below in {**slaves, "md1": "sdb zram0"}.items():
        for each in below.split():
            (sys_folder / "class/block" / name / "slaves").mkdir(exist_ok=True)
            (sys_folder / "class/block" / name / "slaves" / each).symlink_to(sys_folder / "class/block" / each)
    (tmp_path / "ssd.img").touch()
    (tmp_path / "zram").mkdir()
    (tmp_path / "zram/a.img").touch()
    for name, file in {"loop0": "ssd.img", "loop1": "ssd.img (deleted)", "loop2": "zram/a.img"}.items():
        (sys_folder / "class/block" / name / "loop").mkdir()
        (sys_folder / "class/block" / name / "loop/backing_file").write_text(f"{tmp_path / file}\n")
    table.write_text(
        f"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:90 / /target rw - btrfs /dev/{device} rw\n"
        f"3 1 0:91 / {tmp_path}/zram rw - ext4 /dev/zram0 rw\n"
    )
    monkeypatch.setattr(medium, "_MOUNTINFO", table)
    monkeypatch.setattr(medium, "_SYS", os.fspath(sys_folder))
    assert medium.is_memory("/target/clip") is is_memory


@pytest.mark.parametrize(("number", "is_memory"), [("252:0", True), ("8:1", False), ("0:50", False)])
def test_a_device_is_known_by_its_number_however_its_mount_was_named(
    number: str, is_memory: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that calls mount(2) itself gives a link to the device, or anything; 0:50 is no device."""
    sys_folder, table = tmp_path / "sys", tmp_path / "mountinfo"
    (sys_folder / "dev/block").mkdir(parents=True)
    for each, name in {"252:0": "zram0", "8:1": "sda1"}.items():
        (sys_folder / "devices" / name).mkdir(parents=True)
        (sys_folder / "dev/block" / each).symlink_to(sys_folder / "devices" / name)
    table.write_text(f"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 {number} / /target rw - ext4 my/device rw\n")
    monkeypatch.setattr(medium, "_MOUNTINFO", table)
    monkeypatch.setattr(medium, "_SYS", os.fspath(sys_folder))
    assert medium.is_memory("/target/clip") is is_memory


def flip(image: Path, content: bytes) -> None:
    """Change a bit of a file on its disk, behind the back of the file system and of its cache."""
    with image.open("r+b") as file, mmap.mmap(file.fileno(), 0) as sectors:
        place = sectors.find(content)
        assert place > 0
        sectors[place] ^= 1
        sectors.flush()


@pytest.mark.xdist_group("loop")
class TestOneFile:
    def test_by_a_bind_mount_of_the_folder_and_of_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "card").mkdir()
        (tmp_path / "card/clip").write_bytes(CONTENT)
        (tmp_path / "file").touch()
        with mounted(tmp_path / "again", "--bind", os.fspath(tmp_path / "card")) as again:
            assert STORAGE.is_one_file(tmp_path / "card/clip", again / "clip") is Sameness.ONE
        subprocess.run(["mount", "--bind", tmp_path / "card/clip", tmp_path / "file"], check=True)
        try:
            assert STORAGE.is_one_file(tmp_path / "card/clip", tmp_path / "file") is Sameness.ONE
        finally:
            subprocess.run(["umount", tmp_path / "file"], check=True)

    def test_by_an_overlay(self, tmp_path: Path) -> None:
        """It shows the files of its layers by numbers of its own; a file that was written there is another one."""
        for name in ("lower", "upper", "work"):
            (tmp_path / name).mkdir()
        (tmp_path / "lower/clip").write_bytes(CONTENT)
        layers = f"lowerdir={tmp_path / 'lower'},upperdir={tmp_path / 'upper'},workdir={tmp_path / 'work'}"
        with mounted(tmp_path / "union", "-t", "overlay", "-o", layers, "overlay") as union:
            (union / "new").write_bytes(CONTENT)
            seen = {
                (one, other): STORAGE.is_one_file(tmp_path / one, tmp_path / other)
                for one, other in (
                    ("lower/clip", "union/clip"),
                    ("union/new", "upper/new"),
                    ("union/clip", "union/new"),
                    ("lower/clip", "union/new"),
                )
            }
            assert list(seen.values()) == [Sameness.ONE, Sameness.ONE, Sameness.TWO, Sameness.TWO]
            assert not list(tmp_path.rglob("*camvault-part"))

    def test_what_cannot_be_tried_is_unsure(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file system of an unknown kind that is read-only."""
        (tmp_path / "clip").write_bytes(CONTENT)
        with disk(tmp_path) as place:
            (place / "clip").write_bytes(CONTENT)
            subprocess.run(["mount", "-o", "remount,ro", place], check=True)
            assert STORAGE.is_one_file(tmp_path / "clip", place / "clip") is Sameness.TWO
            monkeypatch.setattr(medium, "file_system_of", lambda _: "fuse.something")
            assert STORAGE.is_one_file(tmp_path / "clip", place / "clip") is Sameness.UNSURE

    def test_a_witness_whose_drive_does_not_answer_any_more(self, tmp_path: Path) -> None:
        (tmp_path / "clip").write_bytes(CONTENT)
        with disk(tmp_path) as place:
            (place / "clip").write_bytes(CONTENT)
            seen = read_back(place / "clip")
            witness = Witness(place / "clip", seen.identity, seen.sha256, seen.sha256)
            entry = STORAGE.entry(tmp_path / "clip")
        assert entry is not None
        with pytest.raises(ChangedError, match="does not answer"):
            STORAGE.remove(Removal(entry.path, entry.identity, Leftover("a test"), witness))
        assert (tmp_path / "clip").read_bytes() == CONTENT
