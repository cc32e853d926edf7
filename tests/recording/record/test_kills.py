"""What a recorder loses that is killed at any moment: fifty times at each bitrate, against what the camera had sent."""

import os
import random
import signal
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath

import pytest

from camvault.adapters.rtsp import FfmpegRecorder
from camvault.ports.recorder import RecorderSettings, StreamSource
from tests.recording.fake_camera import FakeCamera, Footage, make_footage
from tests.recording.record.helpers import FFMPEGS, kept_frames, process_of, wait_for

KILLS = 50
AT_ONCE = 16
LONGEST_LIFE_S = 5.0
LIMIT_S = 1.5


@pytest.mark.parametrize(("kbps", "key_frame_every"), [(150, 100), (2000, 50)])
def test_s08_a_kill_at_any_moment_loses_at_most_one_and_a_half_seconds(
    kbps: int, key_frame_every: int, tmp_path: Path
) -> None:
    """Both ffmpegs, with the command line of `record_camera`; killed between the first picture and five seconds on."""
    footage = make_footage(FFMPEGS["9.0"], tmp_path, kbps=kbps, key_frame_every=key_frame_every)
    chance = random.Random(kbps)
    lives_s = [chance.uniform(0.2, LONGEST_LIFE_S) for _ in range(KILLS)]
    versions = [list(FFMPEGS)[number % len(FFMPEGS)] for number in range(KILLS)]
    folders = [tmp_path / f"kill-{number}" for number in range(KILLS)]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        lost_s = list(pool.map(_lost_s, versions, [footage] * KILLS, folders, lives_s))

    worst = max(zip(lost_s, versions, lives_s, strict=True))
    sys.stdout.write(f"{kbps} kbit/s: lost {_spread(lost_s)} s; worst {worst}\n")
    assert worst[0] <= LIMIT_S


def _spread(values: list[float]) -> str:
    tenths = statistics.quantiles(values, n=20)
    return f"min {min(values):.2f}, median {statistics.median(values):.2f}, p95 {tenths[-1]:.2f}, max {max(values):.2f}"


def _lost_s(version: str, footage: Footage, folder: Path, life_s: float) -> float:
    """Seconds of video that the camera had sent and that are in no file."""
    folder.mkdir()
    killed = threading.Event()
    with FakeCamera(footage) as camera, ThreadPoolExecutor(1) as pool:
        source = StreamSource("127.0.0.1", camera.port)
        ended = pool.submit(
            FfmpegRecorder(PurePath(FFMPEGS[version])).record,
            source,
            settings=RecorderSettings(folder, "A_%d.mkv", 60, "error"),
            on_progress=lambda _: None,
            on_log=lambda _: None,
            on_tick=lambda: not killed.is_set(),
        )
        try:
            wait_for("the first picture", lambda: camera.frames_sent)
            recorder = process_of(folder)
            time.sleep(life_s)
            sent = camera.frames_sent
            os.kill(recorder, signal.SIGKILL)
            assert ended.result(timeout=300).exit_code == -signal.SIGKILL
        finally:
            killed.set()
    return (sent - sum(kept_frames(each) for each in folder.glob("*.mkv"))) / footage.frame_rate
