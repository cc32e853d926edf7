"""A clock that is set while a real ffmpeg records: nothing that it wrote is truncated (INV-10)."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path, PurePath

import pytest

from camvault.adapters._shared.process import run
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.rtsp.argv import environment, record_argv
from camvault.core.segments.live_names import counting_pattern
from camvault.ports.recorder import RecorderSettings
from tests.recording.fake_camera import FakeCamera, Footage, make_footage
from tests.recording.record.helpers import FFMPEGS, VERSIONS, frames_of, kept_frames, recording, wait_for

SHIM = r"""
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static long long offset_ns(void) {
    long long ms = 0;
    FILE *file = fopen(getenv("CLOCK_OFFSET_MS"), "r");
    if (file) { if (fscanf(file, "%lld", &ms) != 1) ms = 0; fclose(file); }
    return ms * 1000000;
}
int clock_gettime(clockid_t clock, struct timespec *at) {
    int failed = syscall(SYS_clock_gettime, clock, at);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        long long ns = at->tv_sec * 1000000000LL + at->tv_nsec + offset_ns();
        at->tv_sec = ns / 1000000000; at->tv_nsec = ns % 1000000000;
    }
    return failed;
}
int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec; at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *at) {
    struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    return make_footage(FFMPEGS["9.0"], tmp_path_factory.mktemp("footage"), kbps=150)


@pytest.fixture
def set_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Shifts the wall clock of the programs that are started, by so many seconds from now on."""
    source, shim, offset = tmp_path / "shim.c", tmp_path / "shim.so", tmp_path / "offset"
    source.write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source], check=True)
    offset.write_text("0")
    monkeypatch.setenv("LD_PRELOAD", str(shim))
    monkeypatch.setenv("CLOCK_OFFSET_MS", str(offset))

    def shift(seconds: float) -> None:
        new = offset.with_suffix(".new")
        new.write_text(f"{float(offset.read_text()) + seconds * 1000:.0f}")
        new.replace(offset)

    return shift


def _live(folder: Path) -> list[Path]:
    return list((folder / "ROST2/.live").glob("*/*.mkv"))


def _numbers(folder: Path) -> set[str]:
    return {f"{path.parent.name} {path.name.split('.')[-2]}" for path in _live(folder)}


@pytest.mark.parametrize("flags", [(), ("--exec",)])
@pytest.mark.parametrize("step_s", [-1.9, -3600, 28_800])
def test_a_clock_that_is_set_right_after_a_cut(
    step_s: float, flags: tuple[str, ...], footage: Footage, tmp_path: Path, set_clock: Callable[[float], None]
) -> None:
    """By less than a supervisor notices, again and again: a recorder that names by the clock truncates each time."""
    with FakeCamera(footage) as camera, recording(tmp_path, camera, "9.0", "--segment_time", "2", *flags) as run:
        wait_for("frames", lambda: _live(tmp_path))
        for _ in range(4 if step_s == -1.9 else 1):
            before = _numbers(tmp_path)
            wait_for("a cut", lambda before=before: _numbers(tmp_path) - before)
            time.sleep(0.3)
            set_clock(step_s)
        before = _numbers(tmp_path)
        wait_for("a cut", lambda: _numbers(tmp_path) - before)
        sent, connections = camera.frames_sent, camera.connections
        # without a supervisor, an ffmpeg whose clock went ahead by hours ends at nothing less
        run.process.send_signal(signal.SIGKILL if flags else signal.SIGTERM)
        run.process.wait(timeout=20)
    kept = sum(kept_frames(path) for path in (*run.segments(), *_live(tmp_path)))
    lost_s = (sent - kept) / footage.frame_rate
    assert lost_s <= 1.5 * connections, f"{sent} frames sent, {kept} kept"


@pytest.mark.parametrize("version", VERSIONS)
def test_cuts_within_one_second_overwrite_nothing(version: str, footage: Footage, tmp_path: Path) -> None:
    """What a clock that is set back does, without one: the old names were the same for a whole second."""
    session = tmp_path / "20250528T152003Z"
    session.mkdir()
    settings = RecorderSettings(PurePath(session), counting_pattern("A", session), 1, "error")
    argv = list(record_argv(PurePath(FFMPEGS[version]), settings, is_supervised=False))
    argv[argv.index("-segment_atclocktime") + 1] = "0"
    argv[argv.index("-segment_time") + 1] = "0.1"
    source = argv.index("-f")
    # of a file, which needs no camera: every picture can begin a segment
    argv[source : argv.index("-i") + 2] = ["-i", str(_intra_only(tmp_path))]
    finished = run(tuple(argv), cancel=MemoryCancellation(), on_line=lambda _: None, env=environment())
    assert finished.exit_code == 0
    files = sorted(session.iterdir(), key=lambda path: int(path.name.split(".")[-2]))
    assert [path.name for path in files] == [f"A_20250528T152003Z.{number}.mkv" for number in range(1, len(files) + 1)]
    assert len(files) > 15
    assert sum(map(frames_of, files)) == 50


def _intra_only(folder: Path) -> Path:
    made = folder / "intra.mkv"
    argv = [
        FFMPEGS["9.0"],
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=160x120:r=25:d=2",
        "-c:v",
        "mjpeg",
        str(made),
    ]
    subprocess.run(argv, check=True)
    return made
