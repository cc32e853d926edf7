"""Benchmark: camera_archiver, against `find -printf` on the same tree and against the same calls of ffmpeg by a script.

python benchmarks/archive.py [FILES [ARCHIVES [CLIPS]]]

FILES (100,000) are planned, and a tenth of them; ARCHIVES (200,000) are there already; CLIPS (4) of half a
minute are transcoded.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from camvault.core.archive.dated_names import ArchiveName
from camvault.core.archive.records import ArchiveFacts, ArchiveRecord
from camvault.core.segments.ledger import ledger_line
from camvault.core.workflows.archive.job import LEDGERS_NAME
from camvault.ports.entries import FileIdentity

START = datetime(2020, 1, 1)  # noqa: DTZ001 - the local time in a name
CAMERAS = ("drive", "garage", "garden", "gate", "yard")
APART = timedelta(minutes=10)
FFMPEG = Path(__file__).parents[1] / ".cache/ffmpeg-trixie/wrap"
RULES = ("--cleanup", "--clean-output", "--age", "99999", "--max-size", "100T")
CLIP_S = 30
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""An installed command has its bytecode: it is not compiled anew at each start."""


class Cost(NamedTuple):
    """What a process and its children took."""

    cpu_s: float
    memory_mib: float


def main() -> None:
    """Make each tree, and measure what is compared side by side."""
    numbers = [int(word) for word in sys.argv[1:]]
    file_count, archive_count, clip_count = (*numbers, *(100_000, 200_000, 4)[len(numbers) :])
    print(f"{'':44} CPU s  times find     MiB")
    with tempfile.TemporaryDirectory(prefix="camvault-bench-") as name:
        plans(Path(name), file_count)
    with tempfile.TemporaryDirectory(prefix="camvault-bench-") as name:
        passes(Path(name), archive_count)
    with tempfile.TemporaryDirectory(prefix="camvault-bench-") as name:
        transcodes(Path(name), clip_count)


def plans(folder: Path, file_count: int) -> None:
    """Plans of nothing, of a tenth of the files, and of all of them."""
    costs = []
    for count in (0, file_count // 10, file_count):
        root = folder / f"camera{count}"
        root.mkdir()
        for stamp, camera in stamps(count // 2):
            uploaded(root, stamp, camera)
        find = told(f"find, {count:,} files", find_argv(root)) if count else None
        costs.append(told(f"plan of {count:,} files", archiver_argv(root, "--dry-run", "-y"), find=find).cpu_s)
    nothing, tenth, whole = costs
    print(f"ten times the files take {(whole - nothing) / (tenth - nothing):.1f} times the CPU, beyond the start")


def passes(folder: Path, archive_count: int) -> None:
    """Passes over an archive with its records, of which all sources went away."""
    root = folder / "camera"
    (root / "archived" / LEDGERS_NAME).mkdir(parents=True)
    for stamp, camera in stamps(archive_count, cameras=1):
        archived(root, stamp, camera)
    tools = ("--ffmpeg", str(FFMPEG / "ffmpeg"), "--ffprobe", str(FFMPEG / "ffprobe"), "--encoder", "x264")
    find = told(f"find, {archive_count:,} archives", find_argv(root))
    told("nothing to do", archiver_argv(root, "-y", *tools), find=find)
    told("nothing to do, --dry-run", archiver_argv(root, "-y", "--dry-run"), find=find)
    told(" ".join(RULES[:2]) + " and rules that are met", archiver_argv(root, "-y", *RULES), find=find)


def transcodes(folder: Path, clip_count: int) -> None:
    """A run, and the same calls of ffmpeg and ffprobe without it."""
    calls, root = folder / "calls.sh", folder / "camera"
    clip = made_clip(folder / "clip.mp4")
    programs = {name: noting(folder / name, FFMPEG / name, calls) for name in ("ffmpeg", "ffprobe")}
    flags = ("-y", "--jobs", "1", "--encoder", "x264", "--ffmpeg")
    lay_out(root, clip, clip_count)
    measured(archiver_argv(root, *flags, str(programs["ffmpeg"]), "--ffprobe", str(programs["ffprobe"])))
    runs, scripts = [], []
    for _ in range(2):
        lay_out(root, clip, clip_count)
        scripts.append(measured(["sh", str(calls)]))
        lay_out(root, clip, clip_count)
        runs.append(measured(archiver_argv(root, *flags, f"{FFMPEG / 'ffmpeg'}", "--ffprobe", f"{FFMPEG / 'ffprobe'}")))
        assert len(list(root.glob(".deleted/input/*/*/*/*.mp4"))) == clip_count
    run, script = min(runs), min(scripts)
    print(f"{f'{clip_count} clips of {CLIP_S} s, by a script':44} {script.cpu_s:5.2f}")
    print(f"{'the same calls by camera_archiver':44} {run.cpu_s:5.2f}   {run.cpu_s / script.cpu_s - 1:+9.2%}")


def stamps(count: int, *, cameras: int = len(CAMERAS)) -> Iterator[tuple[datetime, str]]:
    """When clips began: all cameras at the same second, which is the most work, because archives are then numbered."""
    for number in range(count):
        yield START + APART * (number // cameras), CAMERAS[number % cameras]


def uploaded(root: Path, stamp: datetime, camera: str) -> None:
    """A clip and its picture."""
    folder = root / f"{stamp:%Y/%m/%d}"
    folder.mkdir(parents=True, exist_ok=True)
    for extension in ("mp4", "jpg"):
        path = folder / f"REO_{camera}_{stamp:%Y%m%d%H%M%S}.{extension}"
        path.write_bytes(b"x")
        os.utime(path, (stamp.timestamp(), stamp.timestamp()))


def archived(root: Path, stamp: datetime, camera: str) -> None:
    """An archive with its record; the clip is gone."""
    path = ArchiveName(stamp).path
    (root / "archived" / path).parent.mkdir(parents=True, exist_ok=True)
    (root / "archived" / path).write_bytes(b"x")
    os.utime(root / "archived" / path, (stamp.timestamp(), stamp.timestamp()))
    found = os.stat(root / "archived" / path)  # noqa: PTH116 - a million times
    device = f"{os.major(found.st_dev)}:{os.minor(found.st_dev)}"
    record = ArchiveRecord(
        source=PurePosixPath(f"{stamp:%Y/%m/%d}/REO_{camera}_{stamp:%Y%m%d%H%M%S}.mp4"),
        source_identity=FileIdentity(2, found.st_mtime_ns, device, found.st_ino, found.st_ctime_ns),
        source_sha256="0" * 64,
        archive=path,
        archive_identity=FileIdentity(1, found.st_mtime_ns, device, found.st_ino, found.st_ctime_ns),
        archive_sha256="1" * 64,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        facts=ArchiveFacts("libx264", "crf 26", 600.0),
    )
    with (root / "archived" / LEDGERS_NAME / f"{stamp:%Y-%m-%d}.ledger").open("a") as ledger:
        ledger.writelines(f"{ledger_line(entry)}\n" for entry in record.entries())


def made_clip(path: Path) -> Path:
    """A clip as cameras make them: 1080p of some noise, with sound."""
    pictures = f"testsrc2=s=1920x1080:r=15:d={CLIP_S},noise=alls=6:allf=t"
    argv: list[str | Path] = [
        FFMPEG / "ffmpeg",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        pictures,
        "-f",
        "lavfi",
        "-i",
        f"sine=d={CLIP_S}",
    ]
    argv += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", path]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
    return path


def lay_out(root: Path, clip: Path, count: int) -> None:
    """An input with so many clips and nothing else; the folders of their archives are there."""
    shutil.rmtree(root, ignore_errors=True)
    for stamp, camera in stamps(count):
        uploaded(root, stamp, camera)
        path = root / f"{stamp:%Y/%m/%d}" / f"REO_{camera}_{stamp:%Y%m%d%H%M%S}.mp4"
        shutil.copyfile(clip, path)
        os.utime(path, (stamp.timestamp(), stamp.timestamp()))
        (root / "archived" / f"{stamp:%Y/%m/%d}").mkdir(parents=True, exist_ok=True)


def noting(path: Path, program: Path, calls: Path) -> Path:
    """A program that notes how it is called, as a line of a script, and then is the other one."""
    line = f"shlex.join([{str(program)!r}, *sys.argv[1:]]) + ' </dev/null >/dev/null 2>&1\\n'"
    lines = (
        f"#!{sys.executable}",
        "import os, shlex, sys",
        f"open({str(calls)!r}, 'a').write({line})",
        f"os.execv({str(program)!r}, [{str(program)!r}, *sys.argv[1:]])",
    )
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o755)
    return path


def find_argv(root: Path) -> list[str]:
    """What camera_archiver is compared with."""
    return ["find", str(root), "-printf", "%p %s %T@ %y\n"]


def archiver_argv(root: Path, *flags: str) -> list[str]:
    """A run of camera_archiver in a process of its own."""
    return [sys.executable, "-m", "camvault.apps.camera_archiver", str(root), *flags]


def told(what: str, argv: list[str], *, find: Cost | None = None) -> Cost:
    """Measure the best of three, and print it."""
    best = min(measured(argv) for _ in range(3))
    ratio = f"{best.cpu_s / find.cpu_s:10.1f}" if find else " " * 10
    print(f"{what:44} {best.cpu_s:5.2f}  {ratio}  {best.memory_mib:6.0f}", flush=True)
    return best


def measured(argv: list[str]) -> Cost:
    """Processor time of a process and its children, and the most memory of any of them."""
    nothing = subprocess.DEVNULL
    with subprocess.Popen(argv, stdin=nothing, stdout=nothing, stderr=nothing, env=ENVIRONMENT) as run:
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    assert run.returncode == 0, shlex.join(argv)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
