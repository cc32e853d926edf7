"""Benchmark: a day of a dashcam box, simulated.

python benchmarks/simulation.py
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def write_day(path: Path) -> None:
    """A point each 30 s, with and without power, near the server and away."""
    rows = [
        f"{now_s},{3400 + 50 * math.sin(now_s / 9000):.0f},{5100 * (now_s // 7200 % 2)},{now_s // 5400 % 2}"
        for now_s in range(0, 86_401, 30)
    ]
    path.write_text("\n".join(("time,vbat,vin,host", *rows)) + "\n", "utf-8")


def main() -> None:
    """Time the command as a process, the best of `--rounds`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trace, config, plot = folder / "day.csv", folder / "config.yaml", folder / "plot.svg"
        write_day(trace)
        config.write_text("", "utf-8")
        argv = [sys.executable, "-m", "camvault.apps.camera_service", "--config", str(config), "--simulate", str(trace)]
        for words, flags in (("decisions", ()), ("as JSON", ("--json",)), ("with a plot", ("--plot", str(plot)))):
            walls, cpus = [], []
            for _ in range(rounds):
                plot.unlink(missing_ok=True)
                begun, before = time.perf_counter(), os.times()
                subprocess.run((*argv, *flags), check=True, capture_output=True)
                after = os.times()
                walls.append(time.perf_counter() - begun)
                cpus.append(after[2] + after[3] - before[2] - before[3])
            print(f"{words:12} {min(cpus):5.2f} s of CPU, {min(walls):5.2f} s")


if __name__ == "__main__":
    main()
