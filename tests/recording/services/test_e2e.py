"""Generated units under a real systemd: what is killed or hangs comes back, timers fire, and all of it stops.

One machine and one story, because a machine without KVM is slow: a week at the site in five minutes.
"""

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from tests import canary
from tests.recording.fake_camera import make_footage
from tests.recording.services.guest_camera import USER, packed
from tests.rig.fixtures import GUEST_PROJECT, PROJECT, PYTHONPATH
from tests.rig.guest import Guest

CANARY = canary.password('% "$x')
CAMERA = "/opt/camera"
SITE = "/srv/site"
PORT_FILE = "/run/camera.port"
RECORDER = "record_camera_ROST1.service"
UNREACHABLE = "record_camera_GONE.service"
COMMANDS = (
    "record_camera", "organize_video", "backup_video", "cleanup_video", "monitor_recordings", "service_helper",
)  # fmt: skip
JOBS = {
    "organize_video": ("2min", "1min"),
    "backup_video": ("4min", "1min"),
    "cleanup_video": ("6min", "1min"),
    "monitor_recordings": ("5min", "5min"),
}
SEGMENT_S = 5
LIVE = '/srv/my "cam%h" $eras'
NAS, NAS_DISK = "/srv/nas", "/dev/disk/by-id/virtio-DATA"


@pytest.fixture(scope="module")
def camera_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ffmpeg, the fake camera and its footage. Not compressed: the guest would take long to unpack it."""
    folder = tmp_path_factory.mktemp("camera")
    tree = folder / "tree"
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    for name in ("recording/fake_camera.py", "recording/services/guest_camera.py"):
        (tree / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / "tests" / name, tree / "tests" / name)
    shutil.copy(ffmpeg, tree / "ffmpeg")
    (tree / "footage.json").write_text(packed(make_footage(ffmpeg, folder, kbps=150)))
    disk = folder / "camera.sqfs"
    packing = ("-quiet", "-no-progress", "-noI", "-noD", "-noF", "-noX")
    subprocess.run(["mksquashfs", str(tree), str(disk), *packing], check=True, stdout=subprocess.DEVNULL)
    return disk


@pytest.fixture
def site(guest: Guest, camera_disk: Path) -> Guest:
    """A guest with the commands installed, a camera that answers, and both configurations."""
    device = guest.attach_disk(camera_disk, name="CAMERA")
    guest.shell(f"mkdir -p {CAMERA} {SITE} && mount -t squashfs -o ro {device} {CAMERA}")
    for command in COMMANDS:
        script = f"""#!/bin/sh
export PYTHONPATH={PYTHONPATH}
exec python3 -m camvault.apps.{command} "$@"
"""
        guest.put(script.encode(), f"/usr/local/bin/{command}")
    guest.shell("chmod 755 /usr/local/bin/*")
    guest.put(f"{CANARY}\n".encode(), f"{SITE}/secret")
    guest.check(
        *("systemd-run", "--quiet", "--unit=camera", f"--setenv=PYTHONPATH={PYTHONPATH}:{CAMERA}"),
        *("python3", "-m", "tests.recording.services.guest_camera", f"{CAMERA}/footage.json", f"{SITE}/secret"),
        PORT_FILE,
    )
    folders = {
        "ready_for_backup_dir": "/srv/ready",
        "nas_target_dir": "/srv/nas/video",
        "success_log_dir": "/srv/logs/backup",
        "lock_dir": "/srv/locks",
    }
    guest.put(json.dumps(folders).encode(), f"{SITE}/backup.json")
    # a NAS that is switched off: it is to be mounted, and what lies below is anybody's
    guest.shell(f"wipefs --quiet --all {NAS_DISK} && mkdir -m 777 {NAS}")
    guest.put(f"{NAS_DISK} {NAS} ext4 noauto,nofail,x-systemd.device-timeout=20 0 0\n".encode(), "/etc/fstab")
    guest.wait_until(f"test -s {PORT_FILE}", timeout_s=120)
    write_cameras(guest, "ROST1", "GONE")
    return guest


def write_cameras(guest: Guest, *stations: str) -> None:
    port = int(guest.check("cat", PORT_FILE))
    defaults = {
        "user": USER, "password": CANARY, "output_dir": LIVE, "logs_dir": "/srv/logs",
        # the recorder itself does not see that its camera stands still: that is left to the watchdog
        "segment_time": SEGMENT_S, "ffmpeg_path": f"{CAMERA}/ffmpeg", "stall_timeout": 1200,
    }  # fmt: skip
    cameras = [
        {"station": station, "ip": "127.0.0.1", "rtsp_port": port if station == "ROST1" else 9} for station in stations
    ]
    guest.put(json.dumps({"defaults": defaults, "cameras": cameras}).encode(), f"{SITE}/cameras.json")


def service_helper(guest: Guest, *actions: str, exit_code: int = 0) -> str:
    flags = "--run-as daemon --bin-dir /usr/local/bin"
    done = guest.run("sh", "-c", f"cd {SITE} && service_helper {flags} {' '.join(actions)}")
    assert done.exit_code == exit_code, done
    canary.look("output", "service_helper in the guest", done.stdout + done.stderr)
    return done.stdout


def shown(guest: Guest, unit: str, name: str) -> str:
    return guest.check("systemctl", "show", f"--property={name}", "--value", unit).strip()


def wait_for_new_footage(guest: Guest, *, timeout_s: float = 120) -> None:
    """Wait until a segment is closed that was begun after now."""
    guest.shell("touch /run/now")
    guest.wait_until(
        f"find {shlex.quote(LIVE)}/ROST1 /srv/ready -name '*.mkv' -size +10k -newer /run/now | grep -q .",
        timeout_s=timeout_s,
    )


def password_is_nowhere(guest: Guest) -> None:
    """Not in a process, a unit, a log, the journal, or what the jobs remember."""
    # what the rig itself types is in a process and in the journal too: the pattern is not what it finds
    pattern = f"[{canary.WORD[0]}]{canary.WORD[1:]}"
    assert not guest.run("sh", "-c", f"grep -l '{pattern}' /proc/[0-9]*/cmdline /proc/[0-9]*/environ").stdout
    folders = (
        *(f"{SITE}/services", f"{SITE}/timers", "/srv/logs", "/srv/ready", "/var/lib/camvault"),
        *("/run/systemd/transient", "/etc/systemd", "/etc/camvault/applied"),
    )
    assert not guest.run("grep", "-rl", pattern, *folders).stdout
    canary.look("log", "the guest's journal", guest.check("journalctl", "--no-pager", "--output=verbose"))


def fire(guest: Guest, job: str) -> None:
    """Have the timer of a job fire now instead of in minutes; all else is as it was generated."""
    folder = f"/run/systemd/system/{job}.timer.d"
    soon = "[Timer]\\nOnActiveSec=\\nOnActiveSec=1\\nAccuracySec=1ms\\n"
    guest.shell(f"mkdir -p {folder} && printf '{soon}' >{folder}/soon.conf")
    guest.shell(f"systemctl daemon-reload && systemctl restart {job}.timer")


def run_by_timer(guest: Guest, job: str) -> None:
    """Have the timer fire, and wait until its job has done its work."""
    ended = "ExecMainExitTimestampMonotonic"
    before = shown(guest, f"{job}.service", ended)
    fire(guest, job)
    show = f"systemctl show --value {job}.service --property"
    guest.wait_until(f"test $({show}={ended}) != {before} -a $({show}=ActiveState) != activating", timeout_s=120)
    assert shown(guest, f"{job}.service", "Result") == "success", guest.check("journalctl", "-u", f"{job}.service")
    assert shown(guest, f"{job}.timer", "LastTriggerUSec")


def begin(guest: Guest) -> None:
    """Generated, accepted by systemd, started, and recording."""
    service_helper(guest, "generate", "link", "start", "enable")
    guest.shell(f"systemd-analyze verify {SITE}/services/*.service {SITE}/timers/*.timer")
    for job, (first_after, every) in JOBS.items():
        when = shown(guest, f"{job}.timer", "TimersMonotonic")
        assert f"OnActiveUSec={first_after} " in when
        assert f"OnUnitActiveUSec={every} " in when
    wait_for_new_footage(guest)
    said = service_helper(guest, "status")
    assert f"[OK] {RECORDER}: loaded, active (running), enabled" in said
    assert shown(guest, RECORDER, "User") == "daemon"


def lose_a_camera(guest: Guest) -> None:
    """Only its recorder goes."""
    pid = shown(guest, RECORDER, "MainPID")
    write_cameras(guest, "ROST1")
    assert f"[UNLINK] {UNREACHABLE}" in service_helper(guest, "generate", "link")
    assert shown(guest, UNREACHABLE, "ActiveState") == "inactive"
    assert shown(guest, UNREACHABLE, "LoadState") == "not-found"
    assert shown(guest, RECORDER, "MainPID") == pid
    assert not guest.run("find", "/etc/systemd/system", "/etc/camvault", "-name", "*GONE*").stdout


def be_killed(guest: Guest) -> None:
    """The service manager starts it again."""
    guest.check("kill", "-KILL", shown(guest, RECORDER, "MainPID"))
    guest.wait_until(f"test $(systemctl show -P NRestarts {RECORDER}) -ge 1", timeout_s=60)
    wait_for_new_footage(guest)


def organize(guest: Guest) -> None:
    """The timer fires as it was generated, and its job finds what is finished."""
    guest.wait_until("find /srv/ready/ROST1 -name '*.mkv' | grep -q .", timeout_s=180)
    guest.wait_until("test $(systemctl show -P Result organize_video.service) = success", timeout_s=60)


def lose_the_nas_and_get_it_back(guest: Guest) -> None:
    """Nothing is written below its mount point; when it is there, it is mounted and takes what is finished."""
    # the NAS is off: nothing is written below its mount point
    fire(guest, "backup_video")
    guest.wait_until("journalctl -o cat -u backup_video.service | grep -q 'Dependency failed'", timeout_s=60)
    assert not guest.run("find", NAS, "-mindepth", "1").stdout

    # the NAS is back: it is mounted, and takes what is finished
    guest.shell(
        f"mkfs.ext4 -q -E root_owner=1:1 {NAS_DISK} && mount {NAS_DISK} /mnt && mkdir /mnt/video"
        " && chown daemon /mnt/video && umount /mnt"
    )
    run_by_timer(guest, "backup_video")
    assert guest.check("findmnt", "-n", "-o", "FSTYPE", NAS) == "ext4\n"
    guest.shell(f"cd {NAS}/video && find . -name '*.mkv' -exec sha256sum {{}} + >/run/sums && test -s /run/sums")
    guest.shell("cd /srv/ready && sha256sum --check --quiet /run/sums")

    # what is proven to be there goes here
    run_by_timer(guest, "cleanup_video")
    guest.shell('cd /srv/ready && while read -r _ name; do test ! -e "$name" || exit 1; done </run/sums')
    guest.shell(f"cd {NAS}/video && sha256sum --check --quiet /run/sums")


def stand_still(guest: Guest) -> None:
    """The recorder's supervisor is alive and says so, but no frame comes: only monitor_recordings can notice."""
    pid = shown(guest, RECORDER, "MainPID")
    recorder = guest.check("pgrep", "--parent", pid, "ffmpeg").strip()
    guest.check("kill", "-STOP", recorder)
    newest = f"find {shlex.quote(LIVE)}/ROST1 -name '*.mkv' -newermt '-{3 * SEGMENT_S} seconds'"
    guest.wait_until(f"! {newest} | grep -q .", timeout_s=60)
    assert shown(guest, RECORDER, "ActiveState") == "active"
    run_by_timer(guest, "monitor_recordings")
    assert f"Restarted {RECORDER}" in guest.check("journalctl", "-o", "cat", "--unit=monitor_recordings.service")
    assert shown(guest, RECORDER, "MainPID") != pid
    guest.check("test", "!", "-e", f"/proc/{recorder}")
    guest.check("test", "-s", "/var/lib/camvault/monitor_recordings.json")
    wait_for_new_footage(guest)


def end(guest: Guest) -> None:
    """Everything off, and it stays off."""
    password_is_nowhere(guest)
    service_helper(guest, "stop", "disable")
    assert shown(guest, RECORDER, "ActiveState") == "inactive"  # ended with 130, which is no failure
    assert not guest.run("pgrep", "-f", "record_camera").stdout
    assert not guest.run("sh", "-c", "systemctl list-timers --no-legend | grep -E '_video|_recordings'").stdout
    assert "[NOT OK]" in service_helper(guest, "status", exit_code=3)
    assert shown(guest, RECORDER, "UnitFileState") == "linked"
    guest.check("systemctl", "cat", RECORDER)
    assert GUEST_PROJECT not in guest.check("cat", f"{SITE}/services/{RECORDER}")


@pytest.mark.nightly
def test_units_run_under_systemd(site: Guest) -> None:
    guest = site
    begin(guest)
    # root's credential file is the only copy
    password_is_nowhere(guest)
    assert guest.check("stat", "-c", "%a %U", "/etc/camvault/credentials/record_camera_ROST1") == "600 root\n"

    lose_a_camera(guest)
    be_killed(guest)

    # hung: the whole supervisor stands still, which only systemd's watchdog can notice, and takes its time
    guest.check("kill", "-STOP", shown(guest, RECORDER, "MainPID"))

    organize(guest)
    lose_the_nas_and_get_it_back(guest)
    guest.wait_until(f"test $(systemctl show -P NRestarts {RECORDER}) -ge 2", timeout_s=150)
    assert "watchdog" in guest.check("journalctl", "--no-pager", "--output=cat", f"--unit={RECORDER}").lower()
    wait_for_new_footage(guest)

    stand_still(guest)
    end(guest)
