"""The look at the beginning of a partition says what mkfs wrote and blkid reads, and no more."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.usbdisk.superblock import START_BYTES, FileSystem, file_systems_in

MADE = {
    "fat12": (["mkfs.vfat", "-F", "12", "-i", "67EF9CED"], 2, FileSystem("vfat", "67EF-9CED")),
    "fat16": (["mkfs.vfat", "-F", "16", "-i", "67EF9CED"], 16, FileSystem("vfat", "67EF-9CED")),
    "fat32": (["mkfs.vfat", "-F", "32", "-i", "00000CED"], 64, FileSystem("vfat", "0000-0CED")),
    "fat of large sectors": (["mkfs.vfat", "-F", "32", "-S", "4096", "-i", "1"], 300, FileSystem("vfat", "0000-0001")),
    "ext2": (["mkfs.ext2", "-q", "-U", "67ef9ced-0000-4000-8000-000000000001"], 2, None),
    "ext4": (["mkfs.ext4", "-q", "-U", "67ef9ced-0000-4000-8000-000000000001"], 8, None),
}
EXT4 = FileSystem("ext4", "67ef9ced-0000-4000-8000-000000000001")


def start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(START_BYTES)


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("made")
    for name, (argv, size_mb, _) in MADE.items():
        with (folder / name).open("wb") as file:
            file.truncate(size_mb << 20)
        subprocess.run([*argv, folder / name], check=True, stdout=subprocess.DEVNULL)
    return {name: folder / name for name in MADE}


def exfat(serial: int = 0x67EF9CED) -> bytes:
    """As the specification of exFAT has it."""
    start = bytearray(START_BYTES)
    start[:11] = b"\xeb\x76\x90EXFAT   "
    start[100:104] = serial.to_bytes(4, "little")
    start[510:512] = b"\x55\xaa"
    return bytes(start)


@pytest.mark.parametrize("name", MADE)
def test_what_mkfs_made_is_known_by_its_kind_and_number(starts: dict[str, Path], name: str) -> None:
    assert file_systems_in(start_of(starts[name])) == (MADE[name][2] or EXT4,)


@pytest.mark.parametrize("name", MADE)
def test_blkid_says_the_same(starts: dict[str, Path], name: str) -> None:
    argv = ["blkid", "--probe", "--output", "export", str(starts[name])]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    said = dict(line.split("=", 1) for line in done.stdout.splitlines())
    (found,) = file_systems_in(start_of(starts[name]))
    assert (said["UUID"], said["TYPE"].replace("ext2", "ext4")) == (found.uuid, found.kind)


def test_an_exfat_is_known_by_its_number() -> None:
    assert file_systems_in(exfat()) == (FileSystem("exfat", "67EF-9CED"),)
    assert file_systems_in(exfat(serial=0)) == (FileSystem("exfat", ""),)


def test_a_fat_without_a_number_has_none(starts: dict[str, Path]) -> None:
    start = bytearray(start_of(starts["fat32"]))
    start[0x42] = 0
    assert file_systems_in(bytes(start)) == (FileSystem("vfat", ""),)


def test_signs_of_two_file_systems_are_both_told(starts: dict[str, Path]) -> None:
    both = start_of(starts["fat32"])[:1024] + start_of(starts["ext4"])[1024:]
    assert file_systems_in(both) == (FileSystem("vfat", "0000-0CED"), EXT4)


@pytest.mark.parametrize("boot_code", [b"\0\0\0", b"\x33\xc0\x8e", b"\xeb\x63\x90"], ids=["none", "Windows", "GRUB"])
def test_a_table_of_partitions_is_no_file_system(boot_code: bytes) -> None:
    entry = bytes((0, 0, 2, 0, 0x0C, 0, 0, 0)) + (2048).to_bytes(4, "little") + (4096).to_bytes(4, "little")
    start = boot_code + bytes(446 - len(boot_code)) + entry + bytes(48) + b"\x55\xaa" + bytes(START_BYTES - 512)
    assert file_systems_in(start) == ()


def test_the_journal_of_another_disk_is_no_file_system(starts: dict[str, Path]) -> None:
    start = bytearray(start_of(starts["ext4"]))
    start[1024 + 0x60] |= 0x8
    assert file_systems_in(bytes(start)) == ()


@given(st.binary(max_size=START_BYTES + 10))
def test_anything_can_be_looked_at(start: bytes) -> None:
    assert len(file_systems_in(start)) <= 3


@given(st.sampled_from(sorted(MADE)), st.integers(0, START_BYTES - 1), st.integers(1, 255))
def test_a_damaged_byte_never_makes_a_number_that_names_another_folder(
    starts: dict[str, Path], name: str, offset: int, change: int
) -> None:
    start = bytearray(start_of(starts[name]))
    start[offset] ^= change
    for found in file_systems_in(bytes(start)):
        assert set(found.uuid) <= set("0123456789abcdefABCDEF-")
