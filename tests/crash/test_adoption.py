"""A recorder that comes back after a crash, and each job at the same time: who gives the segments their names?"""

import random
import sys
from collections.abc import Callable
from functools import partial

import attrs
import pytest

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryReporter
from camvault.adapters.memory.pictures import MemoryPictures
from camvault.adapters.memory.recorder import MemoryRecorder
from camvault.adapters.memory.supervision import MemorySupervision
from camvault.core.workflows.recording.record import RecordOptions, RecordPorts, record_camera
from camvault.ports.errors import BusyError, Cancelled, ChangedError, NotFoundError
from camvault.ports.recorder import StreamSource
from tests import canary
from tests.crash.interleave import Schedule, cut_schedules, run_both, schedules
from tests.recording.segments.helpers import OUT, Machine

pytestmark = pytest.mark.no_cover  # thousands of runs of the same lines, three times as fast

LEFT = {b"left by a crash", b"and the file it was writing", b"closed before", b"waits"}
SESSION = "20250528T135000Z"
SOURCE = StreamSource("camera", user="u", password=canary.PASSWORD)


@attrs.define
class Site:
    """A machine with one camera, whose recorder was killed an hour ago."""

    machine: Machine
    recorder: MemoryRecorder

    def record(self) -> None:
        """Ten seconds. While somebody holds the station, it is started again, as the service manager does."""
        clock = self.machine.clock
        cancel = MemoryCancellation(clock)
        clock.after(10, cancel.request)
        ports = RecordPorts(
            recorder=self.recorder,
            storage=self.machine.storage,
            pictures=MemoryPictures(self.machine.storage, self.recorder.tick_s),
            clock=clock,
            supervision=MemorySupervision(),
            reporter=MemoryReporter(),
            cancel=cancel,
            chance=lambda: 0.5,
        )
        options = RecordOptions(station="ROST1", output_root=OUT, segment_s=4, free_floor_bytes=20)
        while not cancel.is_requested:
            try:
                record_camera(SOURCE, options=options, ports=ports)
            except BusyError:
                clock.advance(1)
                self.machine.storage.resolve(OUT)  # a point at which the other one can go on
            except Cancelled:
                return

    def settle(self) -> None:
        """The recorder starts once more; an hour later the timers fire until nothing changes."""
        self.record()
        self.machine.clock.advance(3600)
        for _ in range(2):
            self.machine.organize()
            self.machine.back_up()
            self.machine.clean()

    def here(self) -> list[bytes]:
        files = self.machine.storage.files()
        return [content for path, content in files.items() if path.suffix == ".mkv"]

    def there(self) -> list[bytes]:
        return [content for content, _ in self.machine.transfer.remote.values()]

    def missing(self, contents: list[bytes]) -> set[bytes]:
        """What was recorded, and is in none of them."""
        everything = b"|".join(contents)
        return {footage for footage in (*LEFT, *self.recorder.recorded) if footage not in everything}


def make_site(calls: Calls) -> Site:
    machine = Machine(calls)
    machine.record(f".live/{SESSION}/ROST1_20250528T135000Z.mkv", b"left by a crash", minutes_ago=70)
    machine.record(f".live/{SESSION}/ROST1_20250528T140000Z.mkv", b"and the file it was writing", minutes_ago=65)
    machine.record("ROST1_20250528T134000.mkv", b"closed before", minutes_ago=80)
    machine.wait("ROST1_20250528T133000.mkv", b"waits", minutes_ago=90)
    recorder = MemoryRecorder(machine.storage, machine.clock)
    recorder.tick_s = 2
    calls.log.clear()
    return Site(machine, recorder)


JOBS: dict[str, Callable[[Site], object]] = {
    "organize": lambda site: site.machine.organize(),
    "backup": lambda site: site.machine.back_up(),
    "cleanup": lambda site: site.machine.clean(),
    "another recorder": Site.record,
}


def nothing_is_lost(site: Site, schedule: Schedule, at: str = "the end") -> None:
    missing = site.missing([*site.here(), *site.there()])
    assert not missing, f"{schedule}: {at}: {missing}"
    assert not site.recorder.overwritten, f"{schedule}: {at}"


def points(job: Callable[[Site], object]) -> int:
    calls = Calls()
    return run_both(make_site(calls), calls, (job, lambda _: None), Schedule(), may_raise=())


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("is_recorder_first", [True, False], ids=["recorder first", "recorder second"])
def test_with(name: str, is_recorder_first: bool, every: int) -> None:
    """Nothing is lost or overwritten at any moment, and in the end all of it is at the target under final names."""
    jobs = (Site.record, JOBS[name]) if is_recorder_first else (JOBS[name], Site.record)
    chance = random.Random(f"{name} {is_recorder_first}")
    counts = (points(jobs[0]), points(jobs[1]))
    tried = list(schedules(counts, chance=chance, number=30))[::every]
    cut = list(cut_schedules(counts, chance=chance))[::every]
    for schedule in (*tried, *cut):
        calls = Calls()
        site = make_site(calls)
        check = partial(nothing_is_lost, site, schedule)
        run_both(site, calls, jobs, schedule, may_raise=(ChangedError, NotFoundError), check=check)
        calls.restart()
        site.machine.restart()
        nothing_is_lost(site, schedule)
        site.settle()
        nothing_is_lost(site, schedule)
        assert not site.missing(site.there()), str(schedule)
        assert not [path for path in site.machine.storage.files(OUT) if path.suffix == ".mkv"], str(schedule)
    sys.stdout.write(f"recorder and {name}: {len(tried)} interleavings, {len(cut)} power cuts\n")
