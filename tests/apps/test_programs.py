"""Flags that name programs, and commands that need a service manager."""

import json
import os
import subprocess
import sys
from pathlib import Path

from camvault.apps._assembly.program_path import program_of


def test_what_has_a_slash_is_a_path(tmp_path: Path) -> None:
    """`./ffmpeg` was searched on PATH, and another one taken."""
    here = Path.cwd()
    assert program_of("ffmpeg") == Path("ffmpeg")
    assert program_of("./ffmpeg") == here / "ffmpeg"
    assert program_of("bin/ffmpeg") == here / "bin/ffmpeg"
    assert program_of(f"{tmp_path}/ffmpeg") == tmp_path / "ffmpeg"


def _run(command: str, *argv: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"camvault.apps.{command}", *argv],
        cwd=folder,
        env={**os.environ, "PATH": str(folder / "nothing")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_an_ffmpeg_beside_the_clips_is_taken(tmp_path: Path) -> None:
    (tmp_path / "ffmpeg").write_text("no program")
    (tmp_path / "clip.mp4").write_bytes(b"x")
    argv = ("--build-dir", "b", "--logfile", "log", "--ffmpeg", "./ffmpeg", "clip.mp4")
    done = _run("prepare_bodycam", *argv, folder=tmp_path)
    assert str(tmp_path / "ffmpeg") in done.stdout + done.stderr


def test_without_systemd_nothing_is_linked(tmp_path: Path) -> None:
    """It was linked first, and then the missing systemctl noticed."""
    cameras = {"cameras": [{"station": "ROST1", "ip": "192.0.2.1", "output_dir": str(tmp_path / "cameras")}]}
    keys = ("ready_for_backup_dir", "nas_target_dir", "success_log_dir", "lock_dir")
    (tmp_path / "cameras.json").write_text(json.dumps(cameras))
    (tmp_path / "backup.json").write_text(json.dumps({key: str(tmp_path / key) for key in keys}))
    done = _run("service_helper", "generate", "link", folder=tmp_path)
    assert (done.returncode, "no systemctl on PATH" in done.stderr) == (1, True)
    assert not (tmp_path / "services").exists()
    assert _run("service_helper", "generate", folder=tmp_path).returncode == 0


def test_without_systemctl_files_are_watched(tmp_path: Path) -> None:
    for station in ("ROST1", "ROST2"):
        (tmp_path / "cameras" / station).mkdir(parents=True)
    done = _run("monitor_recordings", "--recording_dir", "cameras", folder=tmp_path)
    assert done.returncode == 0
    assert done.stderr.count("only files are looked at") == 1
    assert (tmp_path / "cameras/.monitor_recordings.json").exists()
