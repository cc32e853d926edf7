"""prepare_bodycam killed at random moments, and on a disk that fills up: a resume gives the uninterrupted result."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.batch.plan import PrepareRequest
from camvault.core.batch.resuming import ResumeWishes
from camvault.core.capacity.budget import Budget
from camvault.core.workflows.bodycam.prepare import (
    ClipEncoded,
    ClipStarted,
    OutputsVerified,
    PrepareReport,
    plan_new,
    plan_resumed,
    prepare,
)
from camvault.ports.encoding import Allocation, EncodeOptions
from camvault.ports.errors import NoSpaceError, UsageError
from camvault.ports.events import Event
from tests.adapters.ffmpeg.tools import tools
from tests.bodycam.prepare.desk import COMMAND, Desk

KILLS = 25
ATTEMPTS = 3
SEED = 20250718
ENCODE = ("--disc-bytes", "90_000", "--safety-bytes", "0", "--min-kbps", "20", "--preset", "12", "--jobs", "2")


def check_documents(desk: Desk) -> None:
    """Whatever was interrupted: the progress file is whole, and what it calls done is there."""
    if not desk.progress.exists():
        return
    document = json.loads(desk.progress.read_text())
    outputs = desk.outputs()
    for name, state in document["files"].items():
        if state == "done":
            assert outputs[name] == document["clips"][name]["made"]["sha256"]


@pytest.mark.parametrize(
    "mode", ["copy", *(pytest.param(mode, marks=pytest.mark.nightly) for mode in ("constant", "complexity"))]
)
def test_kill_9_at_random_moments(desk: Desk, mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    """25 kills for copying and 25 for encoding; each time the job is taken up where it was until it ends."""
    more = () if mode == "copy" else (*ENCODE, "--allocation", mode)
    kill_count = {"copy": KILLS, "constant": KILLS - KILLS // 2, "complexity": KILLS // 2}[mode]
    before = desk.originals()
    begin_s, end_s = working_phase(desk, desk.argv(*more))
    expected, kbps = desk.outputs(), desk.document()["kbps"]
    clear(desk)
    dice = random.Random(SEED)
    shares = [(index + dice.random()) / kill_count for index in range(kill_count)]  # spread over the whole phase
    dice.shuffle(shares)
    killed_count = attempt_count = misses = 0
    while killed_count < kill_count:
        attempt_count += 1
        assert attempt_count <= ATTEMPTS * kill_count, f"{killed_count} kills"
        is_begun = desk.progress.exists() or desk.completed.exists()
        argv = desk.argv("--resume", desk.progress, build=False, files=()) if is_begun else desk.argv(*more)
        started_s = time.monotonic()
        process = desk.start(argv)
        try:
            process.wait(timeout=begin_s + shares[killed_count] * (end_s - begin_s))
        except subprocess.TimeoutExpired:
            desk.kill(process)
            killed_count += process.returncode == -signal.SIGKILL
            misses = 0
        else:
            assert process.returncode == 0
            misses += 1
            if misses % 3 == 0:  # the machine is less busy now than when it was measured
                begin_s *= 0.7
            if not is_begun:
                end_s = min(end_s, max(begin_s, time.monotonic() - started_s))
        assert desk.originals() == before
        check_documents(desk)
        if desk.completed.exists():
            assert desk.outputs() == expected
            clear(desk)
    with capsys.disabled():
        print(f"\n{mode}: {killed_count} kills, seed {SEED}, {attempt_count - killed_count} runs had ended before")  # noqa: T201
    assert killed_count == kill_count
    last = desk.resume() if desk.progress.exists() else desk.run(*more)
    assert last.code == 0, last
    assert desk.outputs() == expected
    assert desk.document()["kbps"] == kbps
    assert not [path for path in desk.build.iterdir() if path.name.endswith("-part")]


def working_phase(desk: Desk, argv: list[str]) -> tuple[float, float]:
    """Run a whole job: the seconds after which it has begun to work, and after which it has ended."""
    started_s = time.monotonic()
    process = desk.start(argv)
    while process.poll() is None and not desk.progress.exists():
        time.sleep(0.005)
    begin_s = time.monotonic() - started_s
    assert process.wait(timeout=300) == 0
    return begin_s, time.monotonic() - started_s


def clear(desk: Desk) -> None:
    """Throw the build directory away, to begin anew."""
    for path in desk.build.iterdir():
        path.unlink()


# --- a full disk -----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An ext4 file system of 1.2 GB on a loop device; its file is sparse."""
    image, place = tmp_path / "disk.img", tmp_path / "disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(1_200_000_000)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@attrs.define
class FillingReporter:
    """Another program fills the disk when the n-th event of a kind is seen."""

    place: Path
    kind: type[Event]
    number: int
    events: list[Event] = attrs.field(factory=list)
    seen: int = 0

    def emit(self, event: Event, /) -> None:
        self.events.append(event)
        if isinstance(event, self.kind):
            self.seen += 1
            if self.seen == self.number:
                fill(self.place)

    @property
    def filler(self) -> Path:
        return self.place / "filler"


def fill(place: Path) -> None:
    """Use up every block."""
    with (place / "filler").open("wb", buffering=0) as file:
        subprocess.run(["fallocate", "--length", str(LocalStorage().free_bytes(place)), place / "filler"], check=False)
        file.seek(0, 2)
        with contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)


@pytest.mark.xdist_group("loop")
@pytest.mark.parametrize(
    ("allocation", "kind", "number"),
    [
        *((None, ClipStarted, n) for n in (1, 2, 3)),
        *((Allocation.CONSTANT, ClipStarted, n) for n in (1, 3)),
        (Allocation.CONSTANT, ClipEncoded, 1),
        (Allocation.COMPLEXITY, ClipEncoded, 2),
        (None, OutputsVerified, 1),
    ],
)
def test_a_disk_that_fills_up_is_an_error_that_can_be_resumed(
    desk: Desk, small_disk: Path, allocation: Allocation | None, kind: type[Event], number: int
) -> None:
    """ENOSPC at every stage, on real blocks: the originals stay, and after making room the job ends as it should."""
    found = tools("9.0")
    storage, cancel = LocalStorage(), MemoryCancellation()
    files = JsonProgressFiles(storage)
    reporter = FillingReporter(small_disk, kind, number)
    build = small_disk / "work"

    def run(*, is_resumed: bool) -> PrepareReport:
        with ThreadPoolExecutor(2) as executor:
            if is_resumed:
                plan = plan_resumed(
                    build / "progress.json",
                    expected=ResumeWishes(),
                    build_dir=None,
                    current_folder=small_disk,
                    storage=storage,
                    probe=found.probe,
                    progress_files=files,
                    executor=executor,
                    cancel=cancel,
                )
            else:
                plan = plan_new(
                    PrepareRequest(
                        build_dir=build,
                        sources=desk.clips,
                        budget=Budget(90_000 if allocation else 10**9, 0),
                        options=EncodeOptions(allocation or Allocation.CONSTANT, preset=12),
                        min_kbps=20,
                    ),
                    storage=storage,
                    probe=found.probe,
                    progress_files=files,
                    executor=executor,
                    cancel=cancel,
                )
            return prepare(
                plan,
                is_deleting_originals=True,
                job_count=1,
                storage=storage,
                probe=found.probe,
                encoder=found.encoder,
                progress_files=files,
                executor=executor,
                reporter=reporter,
                cancel=cancel,
            )

    if kind is OutputsVerified:  # all that is left is a rename and removals: they need no room
        run(is_resumed=False)
        assert desk.originals() == {}
        return
    with pytest.raises(NoSpaceError):
        run(is_resumed=False)
    assert reporter.seen >= number
    assert len(desk.originals()) == 3
    with pytest.raises(UsageError, match="not enough free space"):
        run(is_resumed=True)
    reporter.filler.unlink()
    report = run(is_resumed=True)
    assert len(report.clips) == 3
    assert desk.originals() == {}


@pytest.mark.xdist_group("loop")
def test_too_little_room_is_an_error_of_use(desk: Desk, small_disk: Path) -> None:
    fill(small_disk)
    ended = Desk(small_disk.parent, desk.clips)._ended(
        ["--logfile", str(desk.log), "--build-dir", str(small_disk / "work"), *map(str, desk.clips)], {}
    )
    assert ended.code == 1, ended
    assert "not enough free space" in ended.err
    assert "1 GB" in ended.err


@pytest.mark.xdist_group("loop")
def test_a_disk_that_fills_up_ends_the_command_with_4(desk: Desk, small_disk: Path) -> None:
    """Room is checked before; then somebody else takes it. After making room the job is taken up."""
    clips = [Path(shutil.copy2(clip, desk.root / clip.name)) for clip in desk.clips]
    build, size = small_disk / "work", 30_000_000
    for clip in clips:  # no holes: they would be kept
        with clip.open("ab") as file:
            file.write(os.urandom(size - file.tell()))
    own = [*COMMAND, "--logfile", str(desk.log), "--build-dir", str(build), "--", *map(str, clips)]
    process = subprocess.Popen(own, cwd=desk.root, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    while process.poll() is None and not (build / "progress.json").exists():
        time.sleep(0.002)
    process.send_signal(signal.SIGSTOP)
    fill(small_disk)
    process.send_signal(signal.SIGCONT)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 4, errors
    assert "no space left on device" in errors or "not enough space" in errors
    assert [clip.stat().st_size for clip in clips] == [size] * 3
    (small_disk / "filler").unlink()
    resumed = Desk(desk.root, ()).resume(path=build / "progress.json")
    assert resumed.code == 0, resumed
    assert all((build / clip.name).stat().st_size == size for clip in clips)
