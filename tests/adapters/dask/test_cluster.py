"""A real cluster of three worker processes, of which one is killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePath
from typing import Any

import pytest

from camvault.adapters.dask import dask_cluster
from camvault.adapters.farm import Farm, FarmArchiver
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.system import EventCancellation
from camvault.apps._assembly.archivers import workers_archiver
from camvault.apps._assembly.farms import executor_of
from camvault.ports.archiving import ArchiveCodec, ArchiveMade, ArchiveSettings
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError, Cancelled, MediaError, ToolError
from tests.adapters.ffmpeg.tools import archiver, make_clip
from tests.archive.desk import ArchiveDesk, small_clip

CLIPS = 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """With a process for each worker, and no dashboard."""
    from distributed import LocalCluster  # noqa: PLC0415 - a second to import

    running: Any = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=3, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1"
    )
    with running:
        yield running


@pytest.fixture
def place(cluster: Any) -> str:
    return executor_of(cluster.scheduler_address.replace("tcp://", "dask://")).removeprefix("dask://")


@pytest.fixture
def farm(place: str) -> Iterator[Farm]:
    with dask_cluster(place) as found:
        assert found.thread_count == found.worker_count == 3
        yield Farm(found.executor, f"dask://{place}")


@pytest.fixture
def remote(farm: Farm) -> FarmArchiver:
    here = archiver("9.0")
    make = partial(workers_archiver, Path(here.ffmpeg), None, ArchiveCodec.X264)
    return FarmArchiver(here, farm, make)


def made(remote: FarmArchiver, source: Path, cancel: Cancellation | None = None) -> ArchiveMade:
    return remote.archive(
        PurePath(source),
        target=PurePath(source.with_suffix(".part")),
        settings=ArchiveSettings(),
        on_seconds=lambda _: None,
        cancel=cancel or MemoryCancellation(),
    )


def pids_that_work(folder: Path) -> list[int]:
    """The workers whose ffmpeg writes into the folder."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                argv = (process / "cmdline").read_bytes()
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if os.fsencode(f"file:{folder}/.") in argv and b"libx264" in argv:
                found.append(parent)
    return found


def test_the_clip_of_a_lost_worker_is_done_again(cluster: Any, remote: FarmArchiver, tmp_path: Path) -> None:
    """One of three is killed in mid-work: every archive is made, as here, and nothing else is left."""
    sources = [tmp_path / f"{number}.mp4" for number in range(CLIPS)]
    make_clip(sources[0], seconds=5, size="320x240")
    for source in sources[1:]:
        source.hardlink_to(sources[0])
    with ThreadPoolExecutor(CLIPS) as threads:
        futures = [threads.submit(made, remote, source) for source in sources]
        deadline_s = time.monotonic() + 60
        while not (pids := pids_that_work(tmp_path)):
            assert time.monotonic() < deadline_s, [future.exception() for future in futures if future.done()]
            time.sleep(0.02)
        os.kill(pids[0], signal.SIGKILL)
        results = [future.result() for future in futures]
    here = remote.local.archive(
        PurePath(sources[0]),
        target=PurePath(tmp_path / "here.part"),
        settings=ArchiveSettings(),
        on_seconds=lambda _: None,
        cancel=MemoryCancellation(),
    )
    assert set(results) == {here}
    archives = sorted(tmp_path.glob("*.part"))
    assert [path.name for path in archives] == ["0.part", "1.part", "2.part", "here.part"]
    assert len({path.read_bytes() for path in archives}) == 1
    assert len(list(tmp_path.iterdir())) == CLIPS + len(archives)
    cluster.wait_for_workers(3)


def test_an_error_comes_back_as_it_is(remote: FarmArchiver, tmp_path: Path) -> None:
    """From another process, with its path."""
    (tmp_path / "a.mp4").write_bytes(b"rubbish" * 99)
    with pytest.raises(MediaError) as caught:
        made(remote, tmp_path / "a.mp4")
    assert caught.value.path == PurePath(tmp_path / "a.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_stop_ends_the_work_of_others(remote: FarmArchiver, tmp_path: Path) -> None:
    """Within five seconds, and no ffmpeg goes on."""
    make_clip(tmp_path / "a.mp4", seconds=60, size="320x240")
    cancel = EventCancellation()
    threading.Timer(1.0, cancel.request).start()
    begun_s = time.monotonic()
    with pytest.raises(Cancelled):
        made(remote, tmp_path / "a.mp4", cancel)
    assert time.monotonic() - begun_s < 6
    assert pids_that_work(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said where."""
    monkeypatch.setattr("camvault.adapters.dask._ANSWER_S", 0.5)
    with pytest.raises(CamvaultError) as caught, dask_cluster("127.0.0.1:9"):
        pass
    assert isinstance(caught.value, ToolError)
    assert str(caught.value).startswith("dask failed: no scheduler answers at 127.0.0.1:9"), "no child's exit code"


def test_the_camera_archive_on_a_farm(place: str, tmp_path: Path) -> None:
    """By the command: archives as here, sources in the trash, and said where."""
    (tmp_path / "camera").mkdir()
    desk = ArchiveDesk(tmp_path / "camera")
    desk.clip(small_clip(tmp_path / "small.mp4"))
    ended = desk.run("-y", "--executor", f"dask://{place}")
    assert ended.code == 0, ended
    assert f"clips are encoded by dask://{place}: 3 workers, 3 clips at once" in ended.err
    assert f"archives are made with dask://{place} (here: ffmpeg" in ended.err
    assert desk.inputs() == []
    assert len(list(desk.out.rglob("archived-*.mp4"))) == 1
    assert list(tmp_path.rglob("*.camvault-part")) == []


def test_body_cam_clips_on_a_farm(place: str, tmp_path: Path) -> None:
    """By the command: the same outputs as here, byte for byte."""
    clips = [tmp_path / f"{name}.mp4" for name in "ab"]
    for clip in clips:
        make_clip(clip, seconds=2, size="320x240", more=("-crf", "5"))
    disc_bytes = sum(clip.stat().st_size for clip in clips) // 2
    outputs = []
    for where in ("local", f"dask://{place}"):
        folder = tmp_path / where.partition(":")[0]
        argv = (
            *("--build-dir", folder),
            *("--disc-bytes", disc_bytes),
            *("--safety-bytes", 0),
            *("--preset", 12),
            *("--logfile", tmp_path / "log"),
        )
        done = subprocess.run(
            [sys.executable, "-m", "camvault.apps.prepare_bodycam", *map(str, (*argv, "--executor", where, *clips))],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        outputs.append([(folder / clip.name).read_bytes() for clip in clips])
    assert outputs[0] == outputs[1]
    assert list(tmp_path.rglob("*.farm-*")) == []


def test_a_farm_that_is_not_there(tmp_path: Path) -> None:
    """A run that cannot be done touches nothing, and a place that is none is a wrong usage."""
    (tmp_path / "camera").mkdir()
    desk = ArchiveDesk(tmp_path / "camera")
    ended = desk.run("-y", "--executor", "dask://nowhere")
    assert ended.code == 1
    assert "'dask://nowhere' is neither local nor dask://HOST:PORT" in ended.err
