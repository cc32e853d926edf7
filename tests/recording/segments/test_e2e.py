"""The three commands on real files, with real rsync, real disks that are full or vanish, and a real sshd."""

import fcntl
import os
import time
from pathlib import Path
from zlib import crc32

from camvault.adapters.rsync import TARGET_MARKER_NAME
from camvault.core.segments.ledger import parse_ledger
from tests.contracts.test_transfer import start_sshd
from tests.recording.segments.conftest import FOOTAGE, Disk, Pi

NAME = "ROST1_20250528T140000.mkv"
OTHER = "ROST1_20250528T150000.mkv"


def files(folder: Path | str) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(Path(folder).rglob("*.mkv"))}


def test_s05_record_organize_backup_cleanup(pi: Pi) -> None:
    """The end-to-end flow of the specification, with the lines it names."""
    pi.record(NAME)
    pi.record("ROST1_20250528T153000.mkv", hours_ago=0)
    pi.record("odd.mkv")
    pi.record("ROST1_20250528T145000.mkv", b"")
    organized = pi.run("organize_video")
    assert organized.code == 0
    assert f"[organize] moved 2 file(s) → {pi.ready}\n" in organized.out
    assert "[organize][WARN] Could not extract date from filename 'odd.mkv', using mtime instead." in organized.err
    assert (pi.home / "quarantine/ROST1/ROST1_20250528T145000.mkv.reason.txt").read_text() == "it is empty\n"

    synced = pi.run("backup_video")
    assert synced.code == 0
    assert synced.err.count("a second copy, but not on a second disk") == synced.err.count("\n") == 1
    assert "[backup] running: rsync -avh " in synced.out
    assert synced.out.endswith("[backup] synced 2 file(s)\n")
    assert files(pi.nas) == files(pi.ready)
    (log,) = pi.logs.glob("*.synced")
    assert f"ROST1/2025-05-28/{NAME}" in log.read_text().splitlines()
    assert pi.run("backup_video").out == "[backup] nothing new to sync\n"

    dry = pi.run("cleanup_video", "--dry-run")
    assert f"would delete {pi.ready / 'ROST1/2025-05-28' / NAME}: proven at {pi.nas}" in dry.out
    assert len(files(pi.ready)) == 2
    assert pi.run("cleanup_video", "--keep-days", "3650").out == "[remove] deleted 0 files\n"
    cleaned = pi.run("cleanup_video")
    assert (cleaned.code, cleaned.out) == (0, "[remove] deleted 2 files\n")
    assert cleaned.err.count("a second copy, but not on a second disk") == cleaned.err.count("\n") == 1
    assert list(pi.ready.iterdir()) == []
    assert len(files(pi.nas)) == 2
    assert list(files(pi.home / "cameras")) == ["ROST1/ROST1_20250528T153000.mkv"]


def test_the_ledger_says_which_file_it_was_and_the_number_of_the_target(pi: Pi) -> None:
    path = pi.wait(NAME)
    assert pi.run("backup_video").code == 0
    (known,) = parse_ledger((pi.logs / "2025-05-28.ledger").read_text()).entries.values()
    status, file = path.stat(), known.identity
    assert (file.inode, file.ctime_ns) == (status.st_ino, status.st_ctime_ns)
    assert file.device == f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"
    assert known.where == Path(pi.nas, TARGET_MARKER_NAME).read_text().splitlines()[0]
    assert known.note == pi.nas


def test_a_ledger_of_an_earlier_version_goes_on(pi: Pi) -> None:
    """It has no number: what it calls proven is compared at the target, not sent, and written down once more."""
    path = pi.wait(NAME)
    assert pi.run("backup_video").code == 0
    ledger = pi.logs / "2025-05-28.ledger"
    fields = ledger.read_text().rstrip("\n").split("\t")
    old = "\t".join((*fields[:6], pi.nas))
    ledger.write_text(f"{old}\t{crc32(old.encode()):08x}\n")
    other = pi.wait(OTHER)
    assert pi.run("cleanup_video").out == "[remove] deleted 0 files\n"
    again = pi.run("backup_video")
    assert (again.code, again.out.splitlines()[-1]) == (0, "[backup] synced 2 file(s)")
    assert [len(line.split("\t")) for line in ledger.read_text().splitlines()] == [8, 12, 12]
    assert f"would delete {path}: proven at {pi.nas}" in pi.run("cleanup_video", "--dry-run").out
    assert pi.run("cleanup_video").out == "[remove] deleted 2 files\n"
    assert not path.exists()
    assert not other.exists()


def test_configuration_and_folders_that_are_wrong(pi: Pi) -> None:
    (pi.home / "cameras").rmdir()
    missing = pi.run("organize_video")
    assert missing.code == 1
    assert f"output_dir {pi.home / 'cameras'} does not exist" in missing.err
    pi.options = ("--remove-source-files",)
    wrong = pi.run("backup_video")
    assert wrong.code == 1
    assert "rsync_options" in wrong.err
    pi.options, pi.nas = ("-a",), str(pi.ready / "inside")
    assert f"ready_for_backup_dir ({pi.ready}) contains nas_target_dir ({pi.nas})" in pi.run("backup_video").err


def test_a_removed_cameras_footage_is_organized_too(pi: Pi) -> None:
    path = pi.record(NAME)
    path.parent.rename(path.parent.with_name("GONE"))
    (path.parent.with_name("GONE") / NAME).rename(path.parent.with_name("GONE") / "GONE_20250528T140000.mkv")
    assert "moved 1 file(s)" in pi.run("organize_video").out


def test_s10_two_at_once(pi: Pi) -> None:
    pi.wait(NAME)
    (pi.home / "locks").mkdir()
    with (pi.home / "locks/backup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = pi.run("backup_video")
    assert (done.code, done.out) == (0, "[backup] another instance is running – abort\n")  # noqa: RUF001
    assert files(pi.nas) == {}


def test_names_with_newlines_and_comment_signs(pi: Pi) -> None:
    for name in ("# a\nb.mkv", ";c.mkv", "ä\\#012.mkv", "-x.mkv"):
        pi.wait(name)
    assert pi.run("backup_video").code == 0
    assert files(pi.nas) == files(pi.ready)
    assert pi.run("cleanup_video").out == "[remove] deleted 4 files\n"


def test_s10_a_poison_file_blocks_nothing(pi: Pi) -> None:
    pi.wait(NAME)
    pi.wait(OTHER)
    (Path(pi.nas) / "ROST1/2025-05-28" / NAME / "folder in the way").mkdir(parents=True)
    done = pi.run("backup_video")
    assert done.code == 2
    assert f"ROST1/2025-05-28/{NAME} is kept: " in done.err
    assert "[backup] rsync failed with code 23" in done.err
    assert pi.run("cleanup_video").out == "[remove] deleted 1 files\n"
    assert list(files(pi.ready)) == [f"ROST1/2025-05-28/{NAME}"]


def test_a_target_that_refuses_an_owner_and_takes_the_content_is_a_warning(pi: Pi) -> None:
    """It said "ERROR rsync failed with code 23", and then "synced 1"."""
    pi.wait(NAME)
    pi.fake_rsync('/usr/bin/rsync "$@" || exit; echo "rsync: chown: Operation not permitted" >&2; exit 23')
    done = pi.run("backup_video")
    assert done.code == 0
    assert "ERROR" not in done.err
    assert "[backup] rsync failed with code 23: " in done.err
    assert "; all that it sent is at the target" in done.err


def test_a_name_that_holds_something_else_at_the_target_is_no_error_once_it_is_replaced(pi: Pi) -> None:
    """It said "is kept", and then "synced 1": of the same size and time, so that rsync took it for the same."""
    pi.wait(NAME)
    assert pi.run("backup_video").code == 0
    there = Path(pi.nas) / "ROST1/2025-05-28" / NAME
    known = there.stat()
    there.write_bytes(bytes(known.st_size))
    os.utime(there, ns=(known.st_atime_ns, known.st_mtime_ns))
    for record in pi.logs.iterdir():
        record.unlink()
    done = pi.run("backup_video")
    assert done.code == 0
    assert "is kept" not in done.err
    assert files(pi.nas).items() >= files(pi.ready).items()


def test_a_target_that_lies(pi: Pi) -> None:
    """Exit code 0, and a short file of the right time."""
    pi.wait(NAME)
    pi.fake_rsync(
        '/usr/bin/rsync "$@" || exit; f="${@: -1}/ROST1/2025-05-28/'
        + NAME
        + '"\ntruncate -s -3 "$f"; touch -d "2 hours ago" "$f"'
    )
    done = pi.run("backup_video")
    assert done.code == 2
    assert "what stands at the target has other content" in done.err
    assert pi.run("cleanup_video").out == "[remove] deleted 0 files\n"
    assert list(pi.logs.glob("*.synced")) == []


def test_rsync_that_hangs_is_killed(pi: Pi) -> None:
    """Also if it ignores SIGTERM; no process is left."""
    pi.wait(NAME)
    pi.fake_rsync(f"echo $$ >{pi.folder}/pid; trap '' TERM; while :; do sleep 1; done")
    began_s = time.monotonic()
    done = pi.run("backup_video", "--hang-limit", "1")
    assert done.code == 2
    assert "did not answer in time" in done.err
    assert time.monotonic() - began_s < 60
    assert not Path(f"/proc/{(pi.folder / 'pid').read_text().strip()}").exists()


def test_s15_the_nas_is_not_mounted(pi: Pi, disk: Disk) -> None:
    """The empty mount point gets nothing, and cleanup deletes nothing."""
    pi.nas = str(disk.folder / "video")
    pi.wait(NAME)
    assert pi.run("backup_video").code == 0
    pi.wait(OTHER)
    disk.unmount()
    done = pi.run("backup_video")
    assert done.code == 3
    assert "is kept" in done.err
    assert list(disk.folder.iterdir()) == []
    disk.mount()
    assert pi.run("backup_video").out.endswith("[backup] synced 1 file(s)\n")


def test_an_empty_folder_instead_of_the_target(pi: Pi) -> None:
    pi.wait(NAME)
    assert pi.run("backup_video").code == 0
    pi.wait(OTHER)
    Path(pi.nas).rename(pi.folder / "away")
    Path(pi.nas).mkdir()
    done = pi.run("backup_video")
    assert done.code == 3
    assert "its .camvault-target with the number" in done.err
    assert list(Path(pi.nas).iterdir()) == []
    assert pi.run("backup_video", "--init-target").code == 0


def test_a_full_target(pi: Pi, disk: Disk) -> None:
    pi.nas = str(disk.folder / "video")
    pi.wait(NAME, FOOTAGE)
    pi.wait(OTHER, FOOTAGE * 300_000, hours_ago=1)
    done = pi.run("backup_video")
    assert done.code == 2
    assert OTHER in done.err
    assert pi.run("cleanup_video").out == "[remove] deleted 1 files\n"
    assert list(files(pi.ready)) == [f"ROST1/2025-05-28/{OTHER}"]


def test_s15_a_full_disk_frees_itself(pi: Pi, disk: Disk) -> None:
    """No lock file, no log, no ledger can be written: what waits is sent, proven, and makes room."""
    pi.home = disk.folder
    (disk.folder / "cameras").mkdir()
    pi.wait(NAME, FOOTAGE * 1000)
    pi.wait(OTHER, FOOTAGE * 1000, hours_ago=1)
    disk.fill()
    assert os.statvfs(disk.folder).f_bavail == 0
    done = pi.run("backup_video")
    assert done.out.endswith("[backup] synced 2 file(s)\n"), done
    assert pi.run("cleanup_video").code == 0
    assert files(pi.ready) == {}
    assert set(files(pi.nas).values()) == {FOOTAGE * 1000}


def test_s15_a_full_disk_with_records(pi: Pi, disk: Disk) -> None:
    """Cleanup needs not one byte."""
    pi.home = disk.folder
    pi.wait(NAME, FOOTAGE * 1000)
    assert pi.run("backup_video").code == 0
    disk.fill()
    assert pi.run("cleanup_video").out == "[remove] deleted 1 files\n"


def test_rrsync_over_ssh(pi: Pi) -> None:
    """A key that may only write to one folder is enough, and the kind of proof is written down."""
    target = pi.folder / "nas/video"
    target.mkdir()
    server, process = start_sshd(pi.folder / "sshd", f"/usr/bin/rrsync -wo {target}")
    try:
        pi.nas = f"{os.environ.get('USER', 'root')}@127.0.0.1:/"
        pi.options = (*pi.options, server.rsh)
        pi.wait(NAME)
        assert pi.run("backup_video").code == 0
        pi.wait(OTHER)
    finally:
        process.terminate()
        process.wait(10)
    assert list(files(target)) == [f"ROST1/2025-05-28/{NAME}"]
    assert "\tcompared\t" in (pi.logs / "2025-05-28.ledger").read_text()
    offline = pi.run("backup_video")
    assert offline.code == 3
    assert "[backup] everything is kept" in offline.err
    assert "it is offline: 127.0.0.1 port" in offline.err
    assert pi.run("cleanup_video").out == "[remove] deleted 1 files\n"


def test_rules_that_cannot_be_met(pi: Pi) -> None:
    pi.wait(NAME)
    done = pi.run("cleanup_video", "--max-bytes", "0", "--max-days", "5", "--min-free", str(2**62))
    assert done.code == 2
    assert "could not be freed" in done.err
    assert "[remove] total size:" in pi.run("cleanup_video", "--max-bytes", "0", "--dry-run").out
    assert len(files(pi.ready)) == 1
