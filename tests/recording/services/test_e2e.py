"""Generated units under a real systemd: what is killed or hangs comes back, timers fire, and all of it stops."""

import json
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
SEGMENT_S = 5


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
        # compiled modules are kept: without them each start costs the guest ten seconds
        script = f"""#!/bin/sh
export PYTHONPATH={PYTHONPATH} PYTHONPYCACHEPREFIX=/var/cache/compiled
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
    guest.wait_until(f"test -s {PORT_FILE}", timeout_s=120)
    write_cameras(guest, "ROST1", "GONE")
    return guest


def write_cameras(guest: Guest, *stations: str) -> None:
    port = int(guest.check("cat", PORT_FILE))
    defaults = {
        "user": USER, "password": CANARY, "output_dir": "/srv/my cameras", "logs_dir": "/srv/logs",
        "segment_time": SEGMENT_S, "ffmpeg_path": f"{CAMERA}/ffmpeg", "stall_timeout": 30,
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
        "find '/srv/my cameras/ROST1' /srv/ready -name '*.mkv' -size +10k -newer /run/now | grep -q .",
        timeout_s=timeout_s,
    )


def password_is_nowhere(guest: Guest) -> None:
    """Not in a process, a unit, a log, the journal, or what the jobs remember."""
    # what the rig itself types is in a process and in the journal too: the pattern is not what it finds
    pattern = f"[{canary.WORD[0]}]{canary.WORD[1:]}"
    assert not guest.run("sh", "-c", f"grep -l '{pattern}' /proc/[0-9]*/cmdline /proc/[0-9]*/environ").stdout
    folders = (f"{SITE}/services", f"{SITE}/timers", "/srv/logs", "/var/lib/camvault", "/run/systemd/transient")
    assert not guest.run("grep", "-rl", pattern, *folders).stdout
    canary.look("log", "the guest's journal", guest.check("journalctl", "--no-pager", "--output=verbose"))


def test_units_run_under_systemd(site: Guest) -> None:
    guest = site
    service_helper(guest, "generate", "link", "start", "enable")
    wait_for_new_footage(guest)
    said = service_helper(guest, "status")
    assert f"[OK] {RECORDER}: loaded, active (running), enabled" in said
    assert shown(guest, RECORDER, "User") == "daemon"

    # root's credential file is the only copy
    guest.check("systemd-analyze", "verify", f"/etc/systemd/system/{RECORDER}")
    password_is_nowhere(guest)
    assert guest.check("stat", "-c", "%a %U", "/etc/camvault/credentials/record_camera_ROST1") == "600 root\n"

    # killed
    pid = shown(guest, RECORDER, "MainPID")
    guest.check("kill", "-KILL", pid)
    guest.wait_until(f"test $(systemctl show -P NRestarts {RECORDER}) -ge 1", timeout_s=60)
    wait_for_new_footage(guest)

    # hung: the whole supervisor stands still, which only systemd's watchdog can notice
    pid = shown(guest, RECORDER, "MainPID")
    guest.check("kill", "-STOP", pid)
    guest.wait_until(f"test $(systemctl show -P NRestarts {RECORDER}) -ge 2", timeout_s=150)
    assert "watchdog" in guest.check("journalctl", "--no-pager", "--output=cat", f"--unit={RECORDER}").lower()
    wait_for_new_footage(guest)

    # the timer of organize_video fires, and its job finds what is finished
    guest.wait_until("find /srv/ready/ROST1 -name '*.mkv' | grep -q .", timeout_s=180)
    guest.wait_until("test $(systemctl show -P Result organize_video.service) = success", timeout_s=60)

    password_is_nowhere(guest)

    # the watchdog may look, remember and ask systemd from inside its sandbox
    guest.check("systemctl", "start", "monitor_recordings.service")
    assert shown(guest, "monitor_recordings.service", "Result") == "success"
    guest.check("test", "-s", "/var/lib/camvault/monitor_recordings.json")

    # a camera less: only its recorder goes
    pid = shown(guest, RECORDER, "MainPID")
    write_cameras(guest, "ROST1")
    assert f"[UNLINK] {UNREACHABLE}" in service_helper(guest, "generate", "link")
    assert shown(guest, UNREACHABLE, "ActiveState") == "inactive"
    assert shown(guest, UNREACHABLE, "LoadState") == "not-found"
    assert shown(guest, RECORDER, "MainPID") == pid
    assert not guest.run("find", "/etc/systemd/system", "-name", "*GONE*").stdout

    # everything off, and stays off
    password_is_nowhere(guest)
    service_helper(guest, "stop", "disable")
    assert shown(guest, RECORDER, "ActiveState") == "inactive"  # ended with 130, which is no failure
    assert not guest.run("pgrep", "-f", "record_camera").stdout
    assert "[NOT OK]" in service_helper(guest, "status", exit_code=3)
    assert shown(guest, RECORDER, "UnitFileState") == "linked"
    guest.check("systemctl", "cat", RECORDER)
    assert GUEST_PROJECT not in guest.check("cat", f"{SITE}/services/{RECORDER}")
