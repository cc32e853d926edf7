"""Which drives should be there, and which are: a fake fstab, the real kernel's list, a real disk."""

from pathlib import Path, PurePath

import pytest
from pytest_mock import MockerFixture

from camvault.adapters.filesystem import LocalStorage, mounts, read_mount_table
from camvault.core.mounts import missing_mount
from camvault.core.workflows.bodycam.pipeline import check_workspace
from camvault.ports.errors import UsageError
from camvault.ports.mounts import MountTable
from tests.filesystem.conftest import AS_ROOT, run

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


def test_a_system_without_these_lists_claims_nothing(mocker: MockerFixture) -> None:
    """MacOS."""
    mocker.patch.object(mounts, "MOUNTINFO_PATH", "/no/such/list")
    assert read_mount_table() == MountTable()


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
