"""Which drives should be there, and which are: a fake fstab, the real kernel's list, a real disk."""

from pathlib import Path, PurePath

import pytest
from pytest_mock import MockerFixture

from camvault.adapters.filesystem import LocalStorage, mounts, read_mount_table, reader, steps
from camvault.core.mounts import missing_mount
from camvault.core.workflows.bodycam.pipeline import check_workspace
from camvault.ports.errors import UsageError
from camvault.ports.mounts import MountTable
from tests.adapters.filesystem.conftest import AS_ROOT, run

FSTAB = rb"""# /etc/fstab: static file system information.
UUID=1b2c-3d4e / ext4 errors=remount-ro 0 1
  # /dev/sdz1 /mnt/commented ext4 defaults 0 2
UUID=77aa	/mnt/Sabrent\040Rocket\011x	exfat	nofail,noauto	0	0
//nas/video /mnt/nas/ cifs credentials=/root/nas 0 0
/swapfile none swap sw 0 0
/dev/sr0
"""

MOUNTINFO = rb"""24 1 259:2 / / rw,relatime shared:1 - ext4 /dev/root rw
36 24 98:0 / /mnt/Sabrent\040Rocket\134x rw,noatime - ext4 /dev/sdb1 rw
40 24 0:35 / /mnt/auto rw - autofs systemd-1 rw,fd=31
"""


def test_what_fstab_says() -> None:
    """The second field, with its escapes; comments, swap and torn lines are no mount points."""
    assert mounts.configured_points(FSTAB) == {
        PurePath("/"),
        PurePath("/mnt/Sabrent Rocket\tx"),
        PurePath("/mnt/nas"),
    }
    assert mounts.configured_points(b"") == frozenset()


def test_what_the_kernel_says() -> None:
    """The fifth field; a place that mounts itself when it is looked into counts as mounted."""
    assert mounts.mounted_points(MOUNTINFO) == {
        PurePath("/"),
        PurePath("/mnt/Sabrent Rocket\\x"),
        PurePath("/mnt/auto"),
    }
    assert PurePath("/") in mounts.mounted_points(Path(mounts.MOUNTINFO_PATH).read_bytes())


@pytest.mark.parametrize(("platform", "is_unreadable"), [("linux", True), ("darwin", False)])
def test_a_system_without_these_lists_claims_nothing(
    mocker: MockerFixture, platform: str, *, is_unreadable: bool
) -> None:
    """MacOS has none; of Linux it is known then that nothing is known."""
    mocker.patch.object(mounts, "MOUNTINFO_PATH", "/no/such/list")
    mocker.patch("sys.platform", platform)
    assert read_mount_table() == MountTable(is_unreadable=is_unreadable)


def test_without_a_configuration_what_is_mounted_is_known(mocker: MockerFixture) -> None:
    """As in a container."""
    mocker.patch.object(mounts, "FSTAB_PATH", "/no/such/table")
    found = read_mount_table()
    assert PurePath("/") in found.mounted
    assert found.expected == frozenset()


def test_a_mount_point_that_is_written_through_a_link(tmp_path: Path, mocker: MockerFixture) -> None:
    """The kernel lists it without the link, and so does the table; a share and an automount are not looked into."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("../" + tmp_path.name + "/real")
    (tmp_path / "far").symlink_to(tmp_path / "link")
    (tmp_path / "circle").symlink_to("circle")
    for kind in ("share", "auto"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "link").symlink_to(tmp_path / "real")
    names = ("link/nas", "far/disk", "circle/x", "share/link/x", "auto/link/x", "auto")
    (tmp_path / "fstab").write_text("".join(f"/dev/sdz1 {tmp_path}/{name} ext4 nofail 0 2\n" for name in names))
    rows = (("/", "ext4"), (f"{tmp_path}/share", "nfs4"), (f"{tmp_path}/auto", "autofs"))
    (tmp_path / "mountinfo").write_text("".join(f"1 0 8:1 / {point} rw - {kind} x rw\n" for point, kind in rows))
    mocker.patch.object(mounts, "FSTAB_PATH", str(tmp_path / "fstab"))
    mocker.patch.object(mounts, "MOUNTINFO_PATH", str(tmp_path / "mountinfo"))
    found = ("real/nas", "real/disk", "circle/x", "share/link/x", "auto/link/x", "auto")
    assert read_mount_table().expected == {tmp_path / name for name in found}


def test_a_real_disk_that_comes_and_goes(disk: Path, tmp_path: Path, mocker: MockerFixture) -> None:
    """TRAP: the same folder is refused without its disk and accepted with it, whatever its name."""
    drive = tmp_path / "Sabrent Rocket \\ 2TB"
    (drive / "work").mkdir(parents=True)
    fstab = tmp_path / "fstab"
    escaped = str(drive).replace("\\", "\\134").replace(" ", "\\040")
    fstab.write_text(f"/dev/sdz1 {escaped} ext4 nofail 0 2\n", encoding="utf-8")
    mocker.patch.object(mounts, "FSTAB_PATH", str(fstab))

    def check(root: Path) -> None:
        check_workspace(root, storage=LocalStorage(), mounts=read_mount_table())

    for root in (drive, drive / "work"):
        with pytest.raises(UsageError, match="nothing is mounted at"):
            check(root)
    (disk / "work").mkdir()
    run(*AS_ROOT, "mount", "--bind", disk, drive)
    try:
        assert missing_mount(drive / "work", table=read_mount_table()) is None
        check(drive)
        check(drive / "work")
    finally:
        run(*AS_ROOT, "umount", drive)
    with pytest.raises(UsageError, match="check ROOT"):
        check(drive)


@pytest.mark.parametrize("kind", ["vfat", "exfat", "fuseblk", "fuse.sshfs", "cifs", "9p"])
def test_numbers_that_are_made_up_are_not_known(kind: str, tmp_path: Path, mocker: MockerFixture) -> None:
    """Inode and ctime of such a file may be others when it is looked at again; nobody changed it."""
    (tmp_path / "a").touch()
    mocker.patch.object(steps, "file_system_type", return_value=kind)
    reader.is_numbered.cache_clear()
    try:
        listing = LocalStorage().listing(tmp_path)
        entry = LocalStorage().entry(tmp_path / "a")
    finally:
        reader.is_numbered.cache_clear()
    assert entry is not None
    for found in (entry.identity, listing.identity_of(listing.files[0])):
        assert (found.device, found.inode, found.ctime_ns) == (LocalStorage().device_of(tmp_path), None, None)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "f2fs", "tmpfs", "overlay", "nfs4", ""])
def test_numbers_that_last_are_believed(kind: str) -> None:
    """Also where the type is not known, as of a subvolume."""
    assert mounts.keeps_numbers(kind)


def test_a_bind_mount_shows_the_same_file_by_another_name(tmp_path: Path) -> None:
    """It is one file, and there is one copy of it."""
    here, again = tmp_path / "here", tmp_path / "again"
    for folder in (here, again):
        folder.mkdir()
    (here / "a").write_text("footage")
    run(*AS_ROOT, "mount", "--bind", here, again)
    try:
        one, other = LocalStorage().entry(here / "a"), LocalStorage().entry(again / "a")
    finally:
        run(*AS_ROOT, "umount", again)
    assert one is not None
    assert other is not None
    assert one.identity.inode
    assert one.identity.is_same_file(other.identity)


def test_a_folder_with_files_of_two_file_systems_says_of_none_which_it_is(disk: Path, tmp_path: Path) -> None:
    """A file can be a mount point too; `entry` tells each."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in (folder / "a", folder / "b", disk / "b"):
        path.touch()
    run(*AS_ROOT, "mount", "--bind", disk / "b", folder / "b")
    try:
        listing = LocalStorage().listing(folder)
        devices = {entry.identity.device for entry in LocalStorage().children(folder)}
    finally:
        run(*AS_ROOT, "umount", folder / "b")
    assert (listing.device, listing.is_numbered) == ("", False)
    assert devices == {LocalStorage().device_of(disk), LocalStorage().device_of(folder)}
