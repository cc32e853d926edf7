"""Orders: who gives them, who works on them, and what becomes of the work of the lost."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters.farm import Farm, FarmEncoder, FarmQualityMeter
from camvault.adapters.farm import order as orders
from camvault.adapters.farm.order import OrderCancellation, worked_on
from camvault.adapters.ffmpeg import FfmpegQualityMeter
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.system import EventCancellation
from camvault.ports.errors import Cancelled, MediaError, NotFoundError, ToolError
from camvault.ports.media import ConstantQuality, EncodeSettings
from camvault.ports.quality import QualityMeasure
from tests.adapters.ffmpeg.tools import make_clip, tools

CANCEL = MemoryCancellation()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def written(order: PurePath) -> tuple[str, PurePath]:
    """What a good worker does."""
    with worked_on(order) as (attempt, _):
        Path(attempt).write_text("made")
    return "done", attempt


def damaged(order: PurePath) -> tuple[str, PurePath]:
    with worked_on(order) as (attempt, _):
        Path(attempt).write_text("half")
        raise MediaError(PurePath("a.mp4"), "it is damaged")


def waits(order: PurePath) -> tuple[str, PurePath]:
    with worked_on(order) as (attempt, cancel):
        Path(attempt).write_text("half")
        while True:
            cancel.wait(0.1)
            cancel.check()


def dies(_order: PurePath) -> tuple[str, PurePath]:
    msg = "worker killed"
    raise RuntimeError(msg)


def test_what_was_made_gets_its_name(threads: Executor, tmp_path: Path) -> None:
    """And of what another worker left, that was lost with its clip, nothing stays; what is of others stays."""
    target = tmp_path / ("x" * 255)
    lost = tmp_path / f"{orders._stem(PurePath(target))}{'0' * 32}.camvault-part"
    others = [tmp_path / ".b.farm-1.camvault-part", tmp_path / f".b.farm-{'0' * 32}.camvault-part"]
    for path in (target, lost, *others):
        path.write_text("old")
    assert Farm(threads, "farm").made(written, target=PurePath(target), cancel=CANCEL) == "done"
    assert target.read_text() == "made"
    assert set(tmp_path.iterdir()) == {target, *others}


def test_an_error_of_the_work_comes_back_as_it_is(threads: Executor, tmp_path: Path) -> None:
    """And nothing is left."""
    with pytest.raises(MediaError, match="it is damaged"):
        Farm(threads, "farm").made(damaged, target=PurePath(tmp_path / "a"), cancel=CANCEL)
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_farm_is_one_of_a_tool(threads: Executor, tmp_path: Path) -> None:
    """It is named, and says what it said."""
    with pytest.raises(ToolError, match=r"dask://h:1 failed: RuntimeError: worker killed"):
        Farm(threads, "dask://h:1").made(dies, target=PurePath(tmp_path / "a"), cancel=CANCEL)
    threads.shutdown()
    with pytest.raises(ToolError, match="cannot schedule"):
        Farm(threads, "dask://h:1").made(written, target=PurePath(tmp_path / "a"), cancel=CANCEL)
    assert list(tmp_path.iterdir()) == []


def test_a_stop_withdraws_the_order(threads: Executor, tmp_path: Path) -> None:
    """The worker sees that it is gone, ends, and leaves nothing."""
    cancel = EventCancellation()
    threading.Timer(0.3, cancel.request).start()
    begun_s = time.monotonic()
    with pytest.raises(Cancelled):
        Farm(threads, "farm").made(waits, target=PurePath(tmp_path / "a"), cancel=cancel)
    assert time.monotonic() - begun_s < 4
    assert list(tmp_path.iterdir()) == []


def test_an_order_that_somebody_else_withdrew(threads: Executor, tmp_path: Path) -> None:
    """Nobody asked this run to stop: the clip failed, and the others go on."""
    threading.Timer(0.5, (tmp_path / "a").unlink).start()
    with pytest.raises(ToolError, match="the order was withdrawn by somebody else"):
        Farm(threads, "farm").made(waits, target=PurePath(tmp_path / "a"), cancel=CANCEL)


def test_an_executor_that_gives_up(tmp_path: Path) -> None:
    """Its future is cancelled by nobody here: the scheduler is gone."""

    class Lost(ThreadPoolExecutor):
        def submit(self, *_: object, **__: object) -> Future[object]:  # type: ignore[override]
            future: Future[object] = Future()
            future.cancel()
            return future

    with Lost(1) as executor, pytest.raises(ToolError, match="CancelledError"):
        Farm(executor, "farm").made(written, target=PurePath(tmp_path / "a"), cancel=CANCEL)


def test_a_worker_without_the_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not see the order, and says so; what is late is waited for."""
    order = tmp_path / "a"
    threading.Timer(0.3, order.touch).start()
    with worked_on(PurePath(order)) as (attempt, _):
        Path(attempt).touch()
    monkeypatch.setattr(orders, "_APPEAR_S", 0.0)
    with pytest.raises(NotFoundError, match="do all share the storage"), worked_on(PurePath(tmp_path / "none")):
        pass


def test_work_that_ends_after_its_order(tmp_path: Path) -> None:
    """The coordinator is gone: nobody would take it."""
    order = tmp_path / "a"
    order.touch()

    def work() -> None:
        with worked_on(PurePath(order)) as (attempt, _):
            Path(attempt).touch()
            order.unlink()

    with pytest.raises(Cancelled):
        work()
    assert list(tmp_path.iterdir()) == []


def test_a_wish_to_stop_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the next run gives the same order again."""
    monkeypatch.setattr(orders, "_LOOK_S", 0.0)
    order = tmp_path / "a"
    order.touch()
    cancel = OrderCancellation(PurePath(order))
    assert not cancel.wait(0.05)
    order.unlink()
    assert cancel.is_requested
    order.touch()
    with cancel.warn_first(lambda: None), pytest.raises(Cancelled):
        cancel.check()


def test_clips_are_encoded_by_a_farm_as_here(threads: Executor, tmp_path: Path) -> None:
    """The same bytes, the same doubts, the same samples; one wish to stop for both."""
    make_clip(tmp_path / "a.mp4", size="160x120")
    here = tools("9.0").encoder
    farm = FarmEncoder(here, Farm(threads, "farm"), lambda: here)
    settings = EncodeSettings(ConstantQuality(200), preset=12, thread_count=1)
    source = PurePath(tmp_path / "a.mp4")
    made = [
        encoder.encode(
            source, target=PurePath(tmp_path / name), settings=settings, on_seconds=lambda _: None, cancel=CANCEL
        )
        for encoder, name in ((here, "one"), (farm, "two"))
    ]
    assert made[0].argv[:-1] == made[1].argv[:-1]  # the last is the file that was written
    assert attrs.evolve(made[0], argv=()) == attrs.evolve(made[1], argv=())
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    samples = {
        encoder.sample(source, start_s=0.2, length_s=0.5, settings=settings, cancel=CANCEL) for encoder in (here, farm)
    }
    assert len(samples) == 1
    assert farm.crf_step_quarters == here.crf_step_quarters
    assert farm.name == f"farm (here: {here.name})"
    meter, stretch = FfmpegQualityMeter(here), {"start_s": 0.2, "length_s": 0.5}
    far = FarmQualityMeter(meter, Farm(threads, "farm"), lambda: meter)
    assert far.measures == meter.measures
    figures = {
        one.measured_sample(source, **stretch, settings=settings, measure=QualityMeasure.VMAF, cancel=CANCEL)
        for one in (meter, far)
    }
    assert len(figures) == 1
    stopped = MemoryCancellation()
    stopped.request()
    with pytest.raises(Cancelled):
        farm.sample(source, start_s=0.2, length_s=0.5, settings=settings, cancel=stopped)
