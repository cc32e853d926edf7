"""recording_coverage as a command, on segments that ffmpeg wrote, and on very many names."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import imageio_ffmpeg
import pytest

BEGIN = datetime(2025, 5, 28, 12, tzinfo=UTC)


def put(folder: Path, at: datetime, content: bytes, *, closed_after_s: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"ROST2_{at:%Y%m%dT%H%M%S}Z.mkv"
    path.write_bytes(content)
    closed = at.timestamp() + closed_after_s
    os.utime(path, (closed, closed))


def run(*options: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "camvault.apps.recording_coverage", *options]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """A minute from 12:00:00: segments of three seconds, but for what was between 12:00:30 and 12:00:39."""
    clip = tmp_path / "clip.mkv"
    argv = (
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10"),
        *("-t", "3", "-c:v", "libx264", "-preset", "ultrafast", str(clip)),
    )
    subprocess.run(argv, check=True)
    content = clip.read_bytes()
    for second in (*range(0, 30, 3), *range(39, 60, 3)):
        folder = tmp_path / ("ready/ROST2/2025-05-28" if second < 15 else "cameras/ROST2")
        # the one before the gap was closed late: its recorder hung
        closed_after_s = 8 if second == 27 else 3
        put(folder, BEGIN + timedelta(seconds=second), content, closed_after_s=closed_after_s)
    (tmp_path / "cameras.json").write_text(
        json.dumps({"cameras": [{"station": "ROST2", "ip": "192.0.2.1", "output_dir": str(tmp_path / "cameras")}]})
    )
    (tmp_path / "backup.json").write_text(
        json.dumps(
            {
                "ready_for_backup_dir": str(tmp_path / "ready"),
                "nas_target_dir": str(tmp_path / "nas"),
                "success_log_dir": str(tmp_path / "synced"),
                "lock_dir": str(tmp_path),
            }
        )
    )
    return tmp_path


def options(folder: Path, *more: str) -> tuple[str, ...]:
    return (
        *("--cameras_config", str(folder / "cameras.json"), "--backup_config", str(folder / "backup.json")),
        *("--from", "2025-05-28T12:00Z", "--to", "2025-05-28T12:01Z", "--segment_time", "3", *more),
    )


def test_the_gap_is_as_long_as_the_file_says(footage: Path) -> None:
    done = run(*options(footage, "--require", "85"))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "station  recorded         missing  gaps",
        "ROST2      85.000 %           9 s     1",
        "",
        "ROST2    2025-05-28T12:00:30Z 2025-05-28T12:00:39Z 9 s unknown",
    ]


def test_less_than_required_ends_with_2(footage: Path) -> None:
    done = run(*options(footage, "--require", "85.1", "--json"))

    assert done.returncode == 2
    assert "Below 85.1 %: ROST2" in done.stderr
    (camera,) = json.loads(done.stdout)
    assert (camera["station"], camera["percent"], camera["expected_s"]) == ("ROST2", 85.0, 60.0)
    assert [(gap["seconds"], gap["cause"]) for gap in camera["gaps"]] == [(9.0, "unknown")]


def test_a_station_that_cannot_be_looked_at_stops_no_other_and_ends_with_2(footage: Path) -> None:
    (footage / "cameras/ROST3/.timeline").mkdir(parents=True)

    done = run("--recording_dir", str(footage / "cameras"), *options(footage, "--json"))

    assert done.returncode == 2
    assert [(camera["station"], camera["percent"]) for camera in json.loads(done.stdout)] == [("ROST2", 85.0)]
    assert f"No figures of station ROST3: {footage}/cameras/ROST3/.timeline: Is a directory" in done.stderr
    assert "Cameras that could not be looked at: ROST3" in done.stderr


def test_wrong_usage_is_1(footage: Path) -> None:
    assert run().returncode == 1
    assert run("--recording_dir", "/no/such/folder").returncode == 1
    assert run(*options(footage, "--day", "2025-05-28")).returncode == 1


def test_no_camera_at_all_meets_no_level(tmp_path: Path) -> None:
    done = run("--recording_dir", str(tmp_path), "--require", "99.9")
    assert done.returncode == 2
    assert "there is no camera" in done.stderr
