"""What the supervisor of one recorder costs: share of a core and memory, beside the recorder itself.

    python -m benchmarks.recorder [SECONDS]

A fake camera sends 2 Mbit/s; both processes are measured over the same seconds, from /proc.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import imageio_ffmpeg

from tests.recording.fake_camera import FakeCamera, make_footage

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Seconds of CPU the process has used, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_kib(pid: int, key: str) -> int:
    """A figure of /proc/PID/smaps_rollup."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


def child_of(pid: int) -> int:
    """The recorder that the supervisor runs."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def main(seconds: float) -> None:
    """Measure and print the table."""
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    with tempfile.TemporaryDirectory() as folder, FakeCamera(make_footage(ffmpeg, Path(folder), kbps=2000)) as camera:
        argv = [
            *(
                sys.executable,
                "-m",
                "camvault.apps.record_camera",
                "--ip",
                "127.0.0.1",
                "--rtsp_port",
                str(camera.port),
            ),
            *("--station", "BENCH", "--output_dir", folder, "--ffmpeg_path", ffmpeg, "--segment_time", "10"),
        ]
        supervisor = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        try:
            time.sleep(8)
            pids = {"supervisor": supervisor.pid, "ffmpeg": child_of(supervisor.pid)}
            before = {name: cpu_s(pid) for name, pid in pids.items()}
            time.sleep(seconds)
            print(f"{'process':<12}{'% of a core':>12}{'PSS MiB':>10}{'RSS MiB':>10}   over {seconds:g} s")
            for name, pid in pids.items():
                share = 100 * (cpu_s(pid) - before[name]) / seconds
                pss, rss = (memory_kib(pid, key) / 1024 for key in ("Pss:", "Rss:"))
                print(f"{name:<12}{share:>12.2f}{pss:>10.1f}{rss:>10.1f}")
        finally:
            supervisor.terminate()
            supervisor.wait()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
