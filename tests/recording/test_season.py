"""A story of the season log, in simulated time, with the recorder and the three jobs as their timers start them."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from zoneinfo import ZoneInfo

import attrs
import pytest

from camvault.adapters.memory.cancellation import MemoryCancellation
from camvault.adapters.memory.recorder import Camera, MemoryRecorder
from camvault.adapters.memory.reporter import MemoryReporter
from camvault.adapters.memory.supervision import MemorySupervision
from camvault.core.coverage import Cause, Happened
from camvault.core.stall import BackOff, StallPolicy
from camvault.core.timeline import explanations, parse
from camvault.core.workflows.organize import Station
from camvault.core.workflows.record import TIMELINE_NAME, Ports, RecordOptions, record_camera
from camvault.ports.errors import CamvaultError, Cancelled
from camvault.ports.recorder import StreamSource
from tests.recording.segments.helpers import OUT, Machine

HOUR_S, DAY_S = 3600.0, 86_400.0
CARD = PurePath("/pi")


@attrs.define
class Season:
    """One camera on one machine, with the jobs of its timers."""

    machine: Machine
    recorder: MemoryRecorder
    troubles: list[str] = attrs.field(factory=list)

    @classmethod
    def new(cls, *, capacity_bytes: int, at: datetime) -> "Season":
        machine = Machine()
        machine.clock.wall = at
        machine.storage.mount(CARD, name="card", capacity_bytes=capacity_bytes)
        recorder = MemoryRecorder(machine.storage, machine.clock, tick_s=150)
        return cls(machine, recorder)

    def at(self, seconds: float, what: str, value: object) -> None:
        """Something changes at a moment."""
        target = self.recorder if what == "camera" else self.machine.transfer
        self.machine.clock.after(seconds, lambda: setattr(target, what, value))

    def run(self, seconds: float) -> None:
        """Record for so long, the three jobs one after the other, every hour."""
        cancel = MemoryCancellation(self.machine.clock)
        self.machine.clock.after(seconds, cancel.request)
        hourly = Station("ROST1", OUT / "ROST1", 3600)
        self._every(3600, 120, lambda: self.machine.organize(hourly))
        self._every(3600, 240, self.machine.back_up)
        self._every(3600, 360, self.machine.clean)
        options = RecordOptions(
            station="ROST1",
            output_root=OUT,
            segment_s=3600,
            zone=ZoneInfo("Europe/Stockholm"),
            stall=StallPolicy(stall_timeout_s=600, start_timeout_s=600),
            back_off=BackOff(first_s=600, most_s=1800),
            free_floor_bytes=200,
        )
        ports = Ports(
            recorder=self.recorder,
            storage=self.machine.storage,
            clock=self.machine.clock,
            supervision=MemorySupervision(),
            reporter=MemoryReporter(),
            cancel=cancel,
            chance=lambda: 0.5,
        )
        with pytest.raises(Cancelled):
            record_camera(StreamSource("camera"), options=options, ports=ports)

    def _every(self, seconds: float, delay_s: float, job: object) -> None:
        assert callable(job)

        def start() -> None:
            self.machine.clock.after(seconds, start)
            try:
                job()
            except CamvaultError as error:  # as a job of a timer: it fails, and is started again
                self.troubles.append(str(error))

        self.machine.clock.after(delay_s, start)

    def found(self) -> set[bytes]:
        """Every group of footage that is on the card or at the NAS."""
        here = [content for path, content in self.machine.storage.files(CARD).items() if ".mkv" in path.name]
        there = [content for content, _ in self.machine.transfer.remote.values()]
        return {group + b";" for content in (*here, *there) for group in content.split(b";")[:-1]}

    def gaps(self) -> list[Happened]:
        text = self.machine.storage.content(OUT / "ROST1" / TIMELINE_NAME).decode()
        explained = explanations(parse(text), until=self.machine.clock.now())
        return [each for each in explained if isinstance(each, Happened) and each.span.seconds > HOUR_S]


def test_a_camera_that_hangs_for_five_days_is_restarted_all_the_time_and_told_as_a_gap() -> None:
    season = Season.new(capacity_bytes=200_000, at=datetime(2025, 5, 23, tzinfo=UTC))
    season.at(3.5 * HOUR_S, "camera", Camera.SILENT)
    season.at(5 * DAY_S, "camera", Camera.NORMAL)

    season.run(6 * DAY_S)

    assert set(season.recorder.recorded) <= season.found()
    assert len(season.recorder.sessions) > 100
    (gap,) = season.gaps()
    assert gap.cause is Cause.STALL
    assert abs(gap.span.start_at - datetime(2025, 5, 23, 3, 30, tzinfo=UTC)) < timedelta(minutes=30)
    assert gap.span.end_at - datetime(2025, 5, 28, tzinfo=UTC) < timedelta(minutes=30)
