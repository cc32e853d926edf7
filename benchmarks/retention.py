"""Benchmark: plans what goes of 1,000,000 segments.

python benchmarks/retention.py --rows 1000000
"""

import argparse
import gc
import random
import resource
import time
from pathlib import PurePosixPath

from camvault.core.retention.removals import plan_victims
from camvault.core.retention.rules import KeepDays, MaxBytes, MaxDays, MinFree, Rule, StoredFootage, plan_retention
from camvault.ports.entries import FileIdentity
from camvault.ports.removal import Proof

NOW_S = 1.75e9
PROOF = Proof("nas:/video", "0" * 64)


def make_segments(count: int) -> list[StoredFootage]:
    """Ten-minute segments of 16 stations in random order; two of three are proven."""
    segments = []
    for number in range(count):
        start_s, station = NOW_S - 600 * (number // 16), f"ROST{number % 16}"
        identity = FileIdentity(150_000_000 + number % 1000, int(start_s * 1e9))
        path = PurePosixPath(station, f"{number}.mkv")
        segments.append(StoredFootage(path, identity, station, start_s, PROOF if number % 3 else None))
    random.Random(1).shuffle(segments)
    return segments


def main() -> None:
    """Time each kind of rule."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    segments = make_segments(parser.parse_args().rows)
    total = sum(segment.identity.size_bytes for segment in segments)
    cases: dict[str, tuple[Rule, ...]] = {
        "nothing to do": (MinFree(0),),
        "total bytes": (MaxBytes(total // 2),),
        "16 stations": tuple(MaxBytes(total // 32, f"ROST{number}") for number in range(16)),
        "free bytes": (MinFree(total // 3),),
        "age": (MaxDays(30),),
        "all proven": (KeepDays(),),
    }
    for name, rules in cases.items():
        gc.collect()  # each case by itself, without the rest of the one before
        begun = time.perf_counter(), time.process_time()
        plan = plan_retention(segments, rules=rules, now_s=NOW_S, free_bytes=0)
        wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
        count = len(plan_victims(plan.victims).removals)
        del plan
        print(f"{name:14} {cpu:6.2f} s of CPU, {wall:6.2f} s, {count:9,} of {len(segments):,} go")
    print(f"peak memory    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB, the rows included")


if __name__ == "__main__":
    main()
