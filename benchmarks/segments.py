"""Benchmark: organize, backup and cleanup with 200,000 segments and nothing to do, against `find -printf`.

python benchmarks/segments.py [COUNT]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from camvault.core.segments import segment_name
from camvault.core.sync_log import LedgerEntry, ProofKind, ledger_line
from camvault.ports.entries import FileIdentity

START = datetime(2025, 1, 1, tzinfo=UTC)
STATIONS = 10
PER_DAY = 144
OLD_NS = 1_735_689_600_000_000_000


def main() -> None:
    """Make both trees, run each job in its own process, and compare."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory(prefix="camvault-bench-") as name:
        folder = Path(name)
        make(folder, count)
        configure(folder)
        for tree in ("cameras", "ready"):
            measure(folder, f"find {tree}", ["find", str(folder / tree), "-printf", "%p %s %T@ %y\n"])
        for command, flags in (
            ("organize_video", []),
            ("backup_video", []),
            ("cleanup_video", ["--keep-days", "99999"]),
        ):
            argv = [sys.executable, "-m", f"camvault.apps.{command}", *flags]
            measure(folder, command, argv)
        measure(folder, "--version", [sys.executable, "-m", "camvault.apps.cleanup_video", "--version"])


def make(folder: Path, count: int) -> None:
    """Segments that wait and are proven, by day, and as many that are still recorded, as it were."""
    for number in range(count):
        station = f"ROST{number % STATIONS}"
        name = segment_name(station, START + number // STATIONS * timedelta(days=1) / PER_DAY)
        ready = PurePosixPath(station, name.day, str(name))
        live = folder / "cameras" / station / str(name)
        if number % PER_DAY < STATIONS or not (folder / "ready" / ready).parent.exists():
            (folder / "ready" / ready).parent.mkdir(parents=True, exist_ok=True)
            live.parent.mkdir(parents=True, exist_ok=True)
        live.touch()
        (folder / "ready" / ready).touch()
        os.utime(folder / "ready" / ready, ns=(OLD_NS, OLD_NS))
        entry = LedgerEntry(ready, FileIdentity(0, OLD_NS), "0" * 64, ProofKind.READ_BACK, "2025-01-01T00:00:00", "nas")
        (folder / "logs").mkdir(exist_ok=True)
        with (folder / "logs" / f"{name.day}.ledger").open("a") as ledger:
            ledger.write(ledger_line(entry) + "\n")


def configure(folder: Path) -> None:
    """Both configuration files; a segment takes a day, so that nothing is finished."""
    backup = {
        "ready_for_backup_dir": str(folder / "ready"),
        "nas_target_dir": str(folder / "nas"),
        "success_log_dir": str(folder / "logs"),
        "lock_dir": str(folder / "locks"),
    }
    cameras = [{"station": f"ROST{number}", "ip": "192.0.2.1"} for number in range(STATIONS)]
    defaults = {"output_dir": str(folder / "cameras"), "segment_time": 86_400}
    (folder / "backup.json").write_text(json.dumps(backup))
    (folder / "cameras.json").write_text(json.dumps({"defaults": defaults, "cameras": cameras}))


def measure(folder: Path, what: str, argv: list[str]) -> None:
    """The best of three runs: wall time, processor time, and the most memory."""
    best = (float("inf"), 0.0, 0)
    for _ in range(3):
        begun_s = time.perf_counter()
        with subprocess.Popen(argv, cwd=folder, stdout=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, argv
        best = min(best, (usage.ru_utime + usage.ru_stime, time.perf_counter() - begun_s, usage.ru_maxrss))
    print(f"{what:16} {best[0]:6.2f} s of CPU, {best[1]:6.2f} s, {best[2] / 1024:6.0f} MiB")


if __name__ == "__main__":
    main()
