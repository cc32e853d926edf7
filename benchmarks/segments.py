"""Benchmark: each job and report with 200,000 segments and nothing to do, against `find -printf` on the same tree.

python benchmarks/segments.py [COUNT]
"""

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from camvault.core.segments.ledger import LedgerEntry, ProofKind, ledger_line
from camvault.core.segments.names import SegmentName
from camvault.ports.entries import FileIdentity

START = datetime(2025, 1, 1, tzinfo=UTC)
STATIONS = 10
PER_DAY = 144
TARGET = "5f8dd4a2-4c5c-4dd0-9a5c-3f1f0c1b2a37"
RUNNING = (
    "LoadState=loaded",
    "ActiveState=active",
    "SubState=running",
    "UnitFileState=enabled",
    "ActiveEnterTimestampMonotonic=1",
)
THREE_RULES = ("--keep-days", "99999", "--max-bytes", "1000000000000", "--min-free", "1")


def main() -> None:
    """Make both trees, run each command in its own process, and compare with `find` on the tree that it is about."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory(prefix="camvault-bench-") as name:
        folder = Path(name)
        make(folder, count)
        configure(folder)
        last = f"{START + (count // STATIONS) * timedelta(days=1) / PER_DAY:%Y-%m-%dT%H:%M:%SZ}"
        whole = ["--backup_config", "backup.json", "--from", f"{START:%Y-%m-%dT%H:%M:%SZ}", "--to", last]
        watch = ["--recording_dir", "cameras", "--segment_time", "86400", "--state", "state.json"]
        figures = ["--backup_config", "backup.json", "--metrics", "figures.prom"]
        print(f"{'':34} CPU s  times find     MiB")
        for tree, jobs in {
            "cameras": {
                "organize_video": ["organize_video"],
                "monitor_recordings": ["monitor_recordings", *watch],
            },
            "ready": {
                "backup_video": ["backup_video"],
                "cleanup_video, kept by age": ["cleanup_video", "--keep-days", "99999"],
                "cleanup_video, three rules": ["cleanup_video", *THREE_RULES],
                "recording_coverage, 24 h": ["recording_coverage", "--recording_dir", "ready", *whole[:2]],
                "recording_coverage, all of it": ["recording_coverage", "--recording_dir", "ready", *whole],
            },
            "cameras ready": {"monitor_recordings --metrics": ["monitor_recordings", *watch, *figures]},
        }.items():
            find = measure(folder, f"find {tree}", ["find", *tree.split(), "-printf", "%p %s %T@ %y\n"])
            for what, (command, *flags) in jobs.items():
                measure(folder, what, [sys.executable, "-m", f"camvault.apps.{command}", *flags], find=find)
        empty = ["cleanup_video", "--backup_config", "empty/backup.json"]
        measure(folder, "cleanup_video of nothing", [sys.executable, "-m", f"camvault.apps.{empty[0]}", *empty[1:]])
        measure(folder, "--version", [sys.executable, "-m", "camvault.apps.cleanup_video", "--version"])


def make(folder: Path, count: int) -> None:
    """Segments that wait and are proven, by day, and as many that are still recorded, as it were."""
    for tree in ("empty/ready", "empty/logs", "logs", "bin"):
        (folder / tree).mkdir(parents=True)
    for number in range(count):
        station = f"ROST{number % STATIONS}"
        start = START + number // STATIONS * timedelta(days=1) / PER_DAY
        name = SegmentName(station, start.replace(tzinfo=None), is_utc=True)
        ready = PurePosixPath(station, name.day, str(name))
        live = folder / "cameras" / station / str(name)
        if number % PER_DAY < STATIONS or not (folder / "ready" / ready).parent.exists():
            (folder / "ready" / ready).parent.mkdir(parents=True, exist_ok=True)
            live.parent.mkdir(parents=True, exist_ok=True)
        live.touch()
        (folder / "ready" / ready).write_bytes(b"x")
        end_ns = int(start.timestamp() + 86_400 // PER_DAY) * 10**9
        os.utime(folder / "ready" / ready, ns=(end_ns, end_ns))
        found = os.stat(folder / "ready" / ready)  # noqa: PTH116 - a million times
        device = f"{os.major(found.st_dev)}:{os.minor(found.st_dev)}"
        identity = FileIdentity(1, end_ns, device, found.st_ino, found.st_ctime_ns)
        entry = LedgerEntry(ready, identity, "0" * 64, ProofKind.READ_BACK, "2025-01-01T00:00:00", TARGET, "/mnt/nas")
        with (folder / "logs" / f"{name.day}.ledger").open("a") as ledger:
            ledger.write(ledger_line(entry) + "\n")


def configure(folder: Path) -> None:
    """The configuration files; a segment takes a day, so that nothing is finished. All units are well, always."""
    (folder / "bin" / "systemctl").write_text(f"#!/bin/sh\nprintf '%s\\n' {' '.join(RUNNING)}\n")
    (folder / "bin" / "systemctl").chmod(0o755)
    for place in (folder, folder / "empty"):
        backup = {
            "ready_for_backup_dir": str(place / "ready"),
            "nas_target_dir": str(place / "nas"),
            "success_log_dir": str(place / "logs"),
            "lock_dir": str(place / "locks"),
        }
        (place / "backup.json").write_text(json.dumps(backup))
    cameras = [{"station": f"ROST{number}", "ip": "192.0.2.1"} for number in range(STATIONS)]
    defaults = {"output_dir": str(folder / "cameras"), "segment_time": 86_400}
    (folder / "cameras.json").write_text(json.dumps({"defaults": defaults, "cameras": cameras}))


def measure(folder: Path, what: str, argv: list[str], *, find: float = 0.0) -> float:
    """The best of three runs: processor time, and the most memory; the processor time is returned."""
    best = (float("inf"), 0)
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    for _ in range(3):
        with subprocess.Popen(argv, cwd=folder, stdout=subprocess.DEVNULL, env=environment) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, argv
        best = min(best, (usage.ru_utime + usage.ru_stime, usage.ru_maxrss))
    ratio = f"{best[0] / find:10.1f}" if find else " " * 10
    print(f"{what:34} {best[0]:5.2f}  {ratio}  {best[1] / 1024:6.0f}", flush=True)
    return best[0]


if __name__ == "__main__":
    main()
