"""Image builders side by side: `python benchmarks/image.py [FOLDER [ROUNDS]]`; prints a table.

The same tree of 2 GB is written by genisoimage (and hashed with sha256sum, which our figure includes) and by the bridge
writer; 51,000 small files by `cp -r`, genisoimage and the bridge writer. Wall and CPU seconds, the best of ROUNDS (3).
Verification is a line of its own: genisoimage has none. The last line is what the command does; for small files it
should take at most 1.5 times `cp -r` and `sha256sum`. What the verification takes with pycdlib stands before it.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from camvault.adapters.bridge import BridgeBuilder
from camvault.adapters.isoverify import BridgeVerifier, PycdlibVerifier
from camvault.adapters.system import SignalCancellation
from camvault.ports.image import ImageManifest, ImagePlan, ImageVerifier

AT = datetime(2025, 7, 18, 10, 15, tzinfo=UTC)
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3


def cpu_s() -> float:
    """CPU seconds of this process and its finished children."""
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = time.monotonic(), cpu_s()
    work()
    return time.monotonic() - wall, cpu_s() - cpu


def tool(*argv: str | Path) -> None:
    """Run a program."""
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def compare(title: str, root: Path, work: Path, more: dict[str, Callable[[], object]]) -> None:
    """One table."""
    image = work / "image.iso"
    builder, cancel = BridgeBuilder(), SignalCancellation()

    def bridge() -> None:
        plan = builder.plan(root, label="BENCH", stamped_at=AT)
        manifest = builder.write(plan, target=image, on_bytes=lambda _: None, cancel=cancel)
        last.append((plan, manifest))

    def verify(verifier: ImageVerifier) -> None:
        plan, manifest = last[-1]
        verifier.verify(image, plan=plan, manifest=manifest, on_bytes=lambda _: None, cancel=cancel)

    last: list[tuple[ImagePlan, ImageManifest]] = []
    ours = {"bridge writer, with both hashes": bridge, "  its verification": lambda: verify(BridgeVerifier())}
    jobs = {**more, **ours, "  the same with pycdlib": lambda: verify(PycdlibVerifier())}
    best = dict.fromkeys(jobs, (float("inf"), float("inf")))
    for _ in range(ROUNDS):
        shutil.rmtree(work / "copy", ignore_errors=True)
        for name, job in jobs.items():
            best[name] = min(best[name], measured(job))
    best["what the command does"] = (sum(best[name][0] for name in ours), sum(best[name][1] for name in ours))
    print(f"\n{title}\n{'':36}{'wall s':>9}{'CPU s':>9}{'ratio':>8}")
    first = next(iter(best.values()))[0]
    for name, (wall, cpu) in best.items():
        print(f"{name:36}{wall:9.2f}{cpu:9.2f}{wall / first:8.2f}", flush=True)


def main() -> None:
    """Make both trees, compare."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        work = Path(folder)
        large, small, other = work / "large", work / "small", work / "other.iso"
        large.mkdir()
        for number in range(4):
            with (large / f"clip{number}.mp4").open("wb") as clip:
                for _ in range(512):
                    clip.write(os.urandom(1 << 20))
        master = ("genisoimage", "-quiet", "-udf", "-J", "-r", "-o", other)

        def hashed() -> None:
            tool(*master, large)
            tool("sha256sum", other)

        compare("4 clips of 512 MiB", large, work, {"genisoimage and sha256sum": hashed})
        shutil.rmtree(large)
        for number in range(51_000):
            if number % 5100 == 0:
                (small / str(number)).mkdir(parents=True)
            (small / str(number - number % 5100) / f"clip{number:06}.mp4").write_bytes(b"x" * (number % 3000))

        BridgeBuilder().plan(small, label="BENCH", stamped_at=AT)  # the inodes are known from here on, for all
        tool(*master, small)
        others: dict[str, Callable[[], object]] = {
            "cp -r": lambda: tool("cp", "-r", small, work / "copy"),
            "sha256sum of an image": lambda: tool("sha256sum", other),
            "genisoimage": lambda: tool(*master, small),
        }
        compare("51,000 small files", small, work, others)


if __name__ == "__main__":
    main()
