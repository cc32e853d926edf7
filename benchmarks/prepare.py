"""Benchmark: planning 10,000 clips with a real probe, alone and in parallel; saving progress; copying and reading back.

python benchmarks/prepare.py [COUNT]
"""

import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imageio_ffmpeg

from camvault.adapters._shared import process
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.media import MemoryEncoder
from camvault.adapters.memory.reporter import MemoryReporter
from camvault.adapters.memory.storage import MemoryStorage
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.adapters.pyav import PyavProbe
from camvault.core.batch.plan import PreparePlan, PrepareRequest
from camvault.core.batch.resuming import done, replaced
from camvault.core.capacity.budget import Budget
from camvault.core.workflows.bodycam.prepare import plan_new, prepare
from camvault.ports.batch_record import BatchRecord, OutputRecord
from camvault.ports.entries import FileIdentity

CANCEL = MemoryCancellation()
COPIED_BYTES = 512 * 1024 * 1024


def make_clip(path: Path) -> None:
    """One second of video."""
    picture = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=15:duration=1")
    argv = (imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *picture, "-c:v", "libx264", "-f", "mp4", str(path))
    assert process.run(argv, cancel=CANCEL).exit_code == 0


def plan(sources: tuple[Path, ...], build_dir: Path, worker_count: int) -> PreparePlan:
    """Plan a job over real files."""
    storage = LocalStorage()
    with ThreadPoolExecutor(worker_count) as executor:
        return plan_new(
            PrepareRequest(build_dir=build_dir, sources=sources, budget=Budget(10**13, 0)),
            storage=storage,
            probe=PyavProbe(),
            progress_files=JsonProgressFiles(storage),
            executor=executor,
            cancel=CANCEL,
        )


def copy(planned: PreparePlan) -> None:
    """Carry a COPY plan out."""
    storage = LocalStorage()
    with ThreadPoolExecutor(1) as executor:
        prepare(
            planned,
            is_deleting_originals=False,
            job_count=1,
            storage=storage,
            probe=PyavProbe(),
            encoder=MemoryEncoder(MemoryStorage()),
            progress_files=JsonProgressFiles(storage),
            executor=executor,
            reporter=MemoryReporter(),
            cancel=CANCEL,
        )


def save(progress: BatchRecord, path: Path) -> None:
    """Save as a job does, each time with one clip more that is done, until all are."""
    files = JsonProgressFiles(LocalStorage())
    files.save(path, progress)
    made = OutputRecord(FileIdentity(COPIED_BYTES, 1_752_833_700_123_456_789), "0" * 64)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    for clip in progress.clips:
        progress = replaced(progress, done(clip, made))
        files.save(path, progress)
    files.settle(path)
    spent = time.perf_counter() - wall_s, time.process_time() - cpu_s
    what = f"save {len(progress.clips):,} clips, one after the other"
    print(f"{what:44} {spent[0]:8.2f} {spent[1]:8.2f}")


def main(count: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        first = root / "clip.mp4"
        make_clip(first)
        clips = root / "clips"
        clips.mkdir()
        sources = tuple(Path(shutil.copy2(first, clips / f"{i:05}.mp4")) for i in range(count))
        print(f"{'what':44} {'wall s':>8} {'CPU s':>8}")
        for workers in (1, 2 * (os.cpu_count() or 1)):
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            plan(sources, root / "none", workers)
            spent = time.perf_counter() - wall_s, time.process_time() - cpu_s
            print(f"{f'plan {count:,} clips, PyAV, {workers} workers':44} {spent[0]:8.2f} {spent[1]:8.2f}")
        save(plan(sources, root / "none", 1).progress, root / "progress.json")
        with first.open("ab") as file:
            file.truncate(COPIED_BYTES)
        planned = plan((first,), root / "work", 1)
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        copy(planned)
        spent = time.perf_counter() - wall_s, time.process_time() - cpu_s
        print(f"{'copy 512 MiB, durable, hashed and read back':44} {spent[0]:8.2f} {spent[1]:8.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
