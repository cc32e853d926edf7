"""organize_video and recording_coverage on a file system that holds times that no calendar does."""

import os
import subprocess

import pytest

from tests.recording.segments.conftest import Pi


@pytest.mark.parametrize("seconds", [300_000_000_000, -99_000_000_000], ids=["the year 11476", "the year -1168"])
def test_one_file_of_a_time_that_no_calendar_holds_stops_no_other(pi: Pi, seconds: int) -> None:
    cameras = pi.home / "cameras"
    subprocess.run(["mount", "-t", "tmpfs", "none", cameras], check=True)
    try:
        odd, named = pi.record("odd.mkv"), pi.record("ROST1_20250528T140000.mkv")
        pi.record("ROST1_20250528T153000.mkv")
        for path in (odd, named):
            os.utime(path, ns=(0, seconds * 10**9))
        covered = pi.run("recording_coverage", "--day", "2025-05-28")
        assert (covered.code, covered.err) == (0, "")
        assert "ROST1" in covered.out
        organized = pi.run("organize_video")
        assert organized.code == 0, organized.err
        assert not list(cameras.rglob("*.mkv"))
    finally:
        subprocess.run(["umount", "--lazy", cameras], check=True)
