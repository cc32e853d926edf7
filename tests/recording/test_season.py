"""The week of the season log, in simulated time, with the recorder and the jobs as their timers start them.

The conservation law: every group of footage that was ever written is on the card, or at the target with a proof in the
ledger, or in a file that the ledger calls lost; and each moment without a group is in a gap of the coverage report.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePath, PurePosixPath
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from camvault.adapters.memory.alerts import MemoryAlerts
from camvault.adapters.memory.calls import Call, Phase, PowerCut
from camvault.adapters.memory.cancellation import MemoryCancellation
from camvault.adapters.memory.pictures import MemoryPictures
from camvault.adapters.memory.recorder import MemoryCamera, MemoryRecorder
from camvault.adapters.memory.services import MemoryServices
from camvault.adapters.memory.supervision import MemorySupervision
from camvault.core.health.stall import StallPolicy
from camvault.core.retention.rules import KeepDays, MinFree, Rule
from camvault.core.segments.coverage import Cause, Coverage, Span, coverage
from camvault.core.segments.ledger import ProofKind, parse_ledger
from camvault.core.stations.site import Station
from camvault.core.workflows.recording.monitor import unit_of
from camvault.core.workflows.recording.record import RecorderEnded, RecordOptions, RecordPorts, record_camera
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import CamvaultError, Cancelled
from camvault.ports.recorder import StreamSource
from tests.recording.segments.helpers import OUT, READY, SUCCESS, Machine

pytestmark = pytest.mark.no_cover  # the same lines for weeks, three times as fast

HOUR_S, DAY_S = 3600.0, 86_400.0
MIB = 1024**2
CARD = PurePath("/pi")
STOCKHOLM = ZoneInfo("Europe/Stockholm")
TICK_S = 300
SEGMENT_S = 1800
FLOOR_BYTES = 2 * MIB


@attrs.define
class Units(MemoryServices):
    """The recorder's unit: whoever restarts it stops the recorder that runs."""

    on_restart: Callable[[], None] = lambda: None

    def restart(self, name: str, /) -> None:
        MemoryServices.restart(self, name)
        self.on_restart()


@attrs.define
class Season:
    """One camera on one machine, with the jobs of its timers."""

    machine: Machine
    recorder: MemoryRecorder
    options: RecordOptions
    rules: tuple[Rule, ...] = ()
    mail: MemoryAlerts = attrs.field(factory=MemoryAlerts)
    units: Units = attrs.field(init=False)
    cancel: MemoryCancellation = attrs.field(init=False)
    troubles: list[str] = attrs.field(factory=list)
    began_at: datetime = attrs.field(init=False)
    organized: dict[tuple[PurePosixPath, FileIdentity], bytes] = attrs.field(factory=dict)
    free: list[tuple[float, int]] = attrs.field(factory=list)
    boots: list[float] = attrs.field(factory=lambda: [0.0])
    is_on: bool = True

    def __attrs_post_init__(self) -> None:
        self.began_at = self.machine.clock.wall
        self.cancel = MemoryCancellation(self.machine.clock)
        unit = unit_of("ROST1")
        self.units = Units(clock=self.machine.clock, on_restart=self.stop)
        self.units.known.add(unit)
        self.units.enabled.add(unit)
        self.units.start((unit,))
        self.machine.calls.watchers.append(self._remember)

    @classmethod
    def new(
        cls, *, card_bytes: int, at: datetime, group_bytes: int, tick_s: float = TICK_S, segment_s: int = SEGMENT_S
    ) -> "Season":
        machine = Machine(zone=STOCKHOLM)
        machine.clock.wall = at
        machine.storage.mount(CARD, name="card", capacity_bytes=card_bytes)
        recorder = MemoryRecorder(machine.storage, machine.clock, tick_s=tick_s, group_bytes=group_bytes)
        options = RecordOptions(
            station="ROST1",
            output_root=OUT,
            segment_s=segment_s,
            zone=STOCKHOLM,
            stall=StallPolicy(stall_timeout_s=2.5 * tick_s, start_timeout_s=2.5 * tick_s),
            free_floor_bytes=FLOOR_BYTES,
        )
        return cls(machine, recorder, options)

    def _remember(self, call: Call, phase: Phase) -> None:
        """What every file in READY was, for the time when only the ledger speaks of it."""
        if call.operation != "storage.move" or phase is not Phase.AFTER:
            return
        target = PurePath(str(call.arguments[1]).removeprefix("target="))
        node = self.machine.storage.tree.find(target)
        if node is not None and target.is_relative_to(READY):
            self.organized[PurePosixPath(target.relative_to(READY)), node.identity] = node.content

    # --- what happens ---

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Something happens at a moment."""
        self.machine.clock.after(seconds, action)

    def camera_is(self, what: MemoryCamera, *, from_s: float, to_s: float) -> None:
        self.after(from_s, lambda: setattr(self.recorder, "camera", what))
        self.after(to_s, lambda: setattr(self.recorder, "camera", MemoryCamera.NORMAL))

    def target_is_away(self, *, from_s: float, to_s: float) -> None:
        self.after(from_s, lambda: setattr(self.machine.transfer, "evidence", "it is off"))
        self.after(to_s, lambda: setattr(self.machine.transfer, "evidence", ""))

    def clock_is_set(self, at_s: float, by_s: float) -> None:
        clock = self.machine.clock
        self.after(at_s, lambda: setattr(clock, "wall", clock.wall + timedelta(seconds=by_s)))

    def clock_goes_back_to_the_first_name(self, at_s: float) -> None:
        """So that the session that begins then gives its first segment the name of the very first one."""
        clock, tick = self.machine.clock, timedelta(seconds=self.recorder.tick_s)
        back_off = timedelta(seconds=0.5)

        def step() -> None:
            left = self.recorder.moments[-1] + tick - clock.wall
            clock.wall = self.began_at - left - back_off

        self.after(at_s, step)

    def power_fails(self, at_s: float, *, steps: int = 0) -> None:
        """At a moment, when so many further steps of whatever runs then are done."""
        left = [steps]

        def watch(_: Call, __: Phase) -> None:
            left[0] -= 1
            if left[0] < 0:
                self.machine.calls.watchers.remove(watch)
                raise PowerCut

        self.after(at_s, lambda: self.machine.calls.watchers.append(watch))

    # --- what runs ---

    def stop(self) -> None:
        """End the recorder that runs now."""
        self.cancel.request()

    def run(self, seconds: float) -> None:
        """Record for so long, with the three jobs one after the other and the watchdog, each by its timer."""
        period_s, clock = self.options.segment_s, self.machine.clock
        station = Station("ROST1", OUT / "ROST1", period_s)
        self._every(period_s, 120, lambda: self.machine.organize(station))
        self._every(period_s, 240, self.machine.back_up)
        self._every(period_s, 360, lambda: self.machine.clean(*self.rules))
        self._every(period_s / 2, 30, self._watch)
        end_s = clock.monotonic_s() + seconds
        self.after(seconds, self.stop)
        while clock.monotonic_s() < end_s:
            try:
                self._record()
            except Cancelled:
                clock.advance(5)  # RestartSec
            except PowerCut:
                self.is_on = False
                clock.advance(90)
                self.machine.restart()
                self.is_on = True
                self.boots.append(clock.monotonic_s())
                self.units.active.clear()
                self.units.start((unit_of("ROST1"),))

    def _record(self) -> None:
        self.cancel = MemoryCancellation(self.machine.clock)
        ports = RecordPorts(
            recorder=self.recorder,
            storage=self.machine.storage,
            pictures=MemoryPictures(self.machine.storage, self.recorder.tick_s),
            clock=self.machine.clock,
            supervision=MemorySupervision(),
            reporter=self.machine.reporter,
            cancel=self.cancel,
            chance=lambda: 0.5,
        )
        record_camera(StreamSource("camera"), options=self.options, ports=ports)

    def _watch(self) -> None:
        self.free.append((self.machine.clock.monotonic_s(), self.machine.storage.tree.free_bytes(CARD)))
        boot = f"boot {len(self.boots)}"
        self.machine.watch(
            self.units, self.mail, boot=boot, begun_s=self.boots[-1], station=("ROST1", self.options.segment_s)
        )

    def _every(self, seconds: float, delay_s: float, job: Callable[[], object]) -> None:
        def start() -> None:
            self.machine.clock.after(seconds, start)
            if not self.is_on:
                return
            try:
                job()
            except CamvaultError as error:  # as a job of a timer: it fails, and is started again
                self.troubles.append(str(error))

        self.machine.clock.after(delay_s, start)

    # --- what is left ---

    def groups(self, content: bytes) -> list[bytes]:
        size = self.recorder.group_bytes
        assert len(content) % size == 0
        return [content[at : at + size] for at in range(0, len(content), size)]

    def on_card(self) -> Counter[bytes]:
        files = self.machine.storage.files(CARD).items()
        return Counter(
            g for path, content in files if ".mkv" in path.name and path.suffix != ".txt" for g in self.groups(content)
        )

    def proven(self) -> set[bytes]:
        """What stands at the target just as the ledger says."""
        found: set[bytes] = set()
        for path, identity, sha256, kind in self.ledger_lines():
            content, _ = self.machine.transfer.remote.get(path, (b"", 0))
            if kind.is_proof and len(content) == identity.size_bytes and hashlib.sha256(content).hexdigest() == sha256:
                found |= set(self.groups(content))
        return found

    def lost(self) -> set[bytes]:
        """What was in the files that the ledger calls lost."""
        told = [(path, identity) for path, identity, _, kind in self.ledger_lines() if kind is ProofKind.LOST]
        return {group for each in told for group in self.groups(self.organized[each])}

    def ledger_lines(self) -> Iterator[tuple[PurePosixPath, FileIdentity, str, ProofKind]]:
        for path, content in self.machine.storage.files(SUCCESS).items():
            for line in content.decode().split("\n") if path.suffix == ".ledger" else ():
                for entry in parse_ledger(line).entries.values():
                    yield entry.path, entry.identity, entry.sha256, entry.kind

    def assert_conserved(self) -> None:
        """Recorded = kept + proven elsewhere + written down as lost; nothing is twice on the card, nothing is torn."""
        kept, proven, lost = self.on_card(), self.proven(), self.lost()
        recorded = self.recorder.recorded
        assert len(set(recorded)) == len(recorded)
        assert set(recorded) == set(kept) | proven | lost
        assert not [group for group, count in kept.items() if count > 1]
        assert not self.recorder.overwritten
        assert not self.machine.transfer.replaced

    def covered(self) -> Coverage:
        return self.machine.cover("ROST1", self.began_at, segment_s=self.options.segment_s)

    def truth(self) -> Coverage:
        """What the camera knows, to compare."""
        tick = timedelta(seconds=self.recorder.tick_s)
        spans = (Span(moment - tick, moment) for moment in self.recorder.moments)
        return coverage("ROST1", spans, period=Span(self.began_at, self.machine.clock.now()))

    def is_recording(self, *, within_s: float) -> bool:
        return self.machine.clock.now() - self.recorder.moments[-1] <= timedelta(seconds=within_s)

    def disk_was_full(self) -> list[RecorderEnded]:
        return [each for each in self.machine.reporter.of(RecorderEnded) if each.cause is Cause.DISK_FULL]

    def subjects(self) -> list[str]:
        return [re.sub(r" *\(.*\)", "", alert.subject) for alert in self.mail.sent]


def test_a_camera_that_hangs_for_five_days_is_restarted_all_the_time_and_told_as_one_gap() -> None:
    season = Season.new(card_bytes=40 * MIB, at=datetime(2025, 5, 23, tzinfo=UTC), group_bytes=1024)
    season.camera_is(MemoryCamera.SILENT, from_s=3.5 * HOUR_S, to_s=5 * DAY_S)

    season.run(6 * DAY_S)

    season.assert_conserved()
    assert len(season.recorder.sessions) > 100
    (gap,) = [gap for gap in season.covered().gaps if gap.span.seconds > HOUR_S]
    assert gap.cause is Cause.STALL
    assert abs(gap.span.start_at - datetime(2025, 5, 23, 3, 30, tzinfo=UTC)) < timedelta(minutes=10)
    assert abs(gap.span.end_at - datetime(2025, 5, 28, tzinfo=UTC)) < timedelta(minutes=10)
    assert season.subjects() == [DOWN, RECOVERED]


def the_week(*, may_lose: bool) -> tuple[Season, datetime]:
    """NAS away for five days; with `may_lose` the operator allows to lose footage when the card has been full for long.

    On the first morning the clock is set back to the first second of the season: the first name comes back when its
    file was sent, proven and removed. In the last night the clocks go back too.

    Returns:
        The season, and when there was room again, by its clock.
    """
    season = Season.new(card_bytes=40 * MIB, at=datetime(2025, 10, 20, tzinfo=UTC), group_bytes=40 * 1024)
    season.clock_goes_back_to_the_first_name(3 * HOUR_S)
    season.camera_is(MemoryCamera.SILENT, from_s=6.5 * HOUR_S, to_s=15 * HOUR_S)
    season.camera_is(MemoryCamera.CLOSES, from_s=20 * HOUR_S, to_s=20.1 * HOUR_S)
    season.camera_is(MemoryCamera.REFUSES, from_s=20.1 * HOUR_S, to_s=22 * HOUR_S)
    season.target_is_away(from_s=24 * HOUR_S, to_s=BACK_S)
    if may_lose:
        season.after(RULE_S, lambda: setattr(season, "rules", (KeepDays(), MinFree(3 * FLOOR_BYTES, may_lose=True))))
    room_at: list[datetime] = []
    season.after(RULE_S if may_lose else BACK_S, lambda: room_at.append(season.machine.clock.now()))
    season.run(7 * DAY_S)
    return season, room_at[0]


BACK_S, RULE_S = 144 * HOUR_S, 120 * HOUR_S
DOWN, RECOVERED = "[CAMERA] Auto-restart ROST1", "[CAMERA] Recovered ROST1"


@pytest.mark.parametrize("may_lose", [False, True])
def test_the_week_of_the_season_log(may_lose: bool) -> None:
    season, room_at = the_week(may_lose=may_lose)

    # conserved, and only lost where the operator allowed it
    season.assert_conserved()
    assert not season.lost() & (season.proven() | set(season.on_card()))
    assert bool(season.lost()) is may_lose
    assert not season.troubles

    # the card was full to the last byte that a group needs, and nobody shouted every second
    first_full_s = next(s for s, free in season.free if free < season.recorder.group_bytes)
    assert 96 * HOUR_S < first_full_s < RULE_S - HOUR_S
    assert 0 < len(season.disk_was_full()) < 2 * DAY_S / 60

    # it goes on by itself: one period of the backup and the cleanup after it, then the longest wait of the recorder
    first = min(moment for moment in season.recorder.moments if moment > room_at)
    assert first - room_at <= timedelta(seconds=SEGMENT_S + 120 + 75 + TICK_S)
    if not may_lose:
        assert len(season.on_card()) < 30  # the NAS has all the rest

    # one message for each incident, and one for its end, with its length
    incident, disk = [DOWN, RECOVERED], "[DISK] Usage Warning"
    assert season.subjects()[:6] == [*incident, *incident, disk, DOWN]
    assert sorted(season.subjects()[6:]) == [RECOVERED, "[DISK] Usage normal again"]
    lengths = [float(found[1]) for mail in season.mail.sent if (found := re.search(r"again after (\d+) s", mail.body))]
    gaps = [gap for gap in season.covered().gaps if gap.span.seconds > HOUR_S]
    for length_s, gap in zip(lengths, gaps, strict=True):
        assert abs(length_s - gap.span.seconds) <= SEGMENT_S

    # the report says what the camera knows, and why
    assert [gap.cause for gap in gaps] == [Cause.STALL, Cause.CAMERA_DOWN, Cause.DISK_FULL]
    truth = season.truth()
    assert [gap.span.seconds for gap in gaps] == pytest.approx(
        [gap.span.seconds for gap in truth.gaps if gap.span.seconds > HOUR_S], abs=2
    )
    assert season.covered().percent == pytest.approx(truth.percent, abs=0.01)

    # names came back: of a file that was gone from here, and in the autumn hour
    names = {str(path) for path in season.machine.transfer.remote}
    first_name = "ROST1/2025-10-20/ROST1_20251020T020000"
    assert {f"{first_name}.mkv", f"{first_name}~2.mkv"} <= names
    assert [name for name in names if re.search(r"ROST1_20251026T02\d\d\d\d~2", name)]


@st.composite
def weeks(draw: st.DrawFn) -> list[tuple[str, float, float]]:
    """What happens from when to when, in hours; of a clock by how much, of a power cut after how many steps."""
    when = st.floats(1, 40)
    kinds = st.sampled_from(("silent", "closes", "refuses", "audio only", "target", "clock", "power"))
    return draw(st.lists(st.tuples(kinds, when, st.floats(0.1, 30)), min_size=1, max_size=8))


@settings(max_examples=8, deadline=None)
@example(happens=[("target", 2, 30), ("power", 5, 3), ("power", 20, 17), ("clock", 12, 20)], may_lose=True)
@example(happens=[("target", 1, 50), ("clock", 40, 3), ("power", 52, 11), ("silent", 53, 2)], may_lose=False)
@given(happens=weeks(), may_lose=st.booleans())
def test_whatever_happens_when_nothing_vanishes(happens: Sequence[tuple[str, float, float]], may_lose: bool) -> None:
    season = Season.new(
        card_bytes=18 * MIB,
        at=datetime(2025, 10, 24, tzinfo=UTC),
        group_bytes=256 * 1024,
        tick_s=1200,
        segment_s=3600,
    )
    for what, hours, value in happens:
        from_s, to_s = hours * HOUR_S, (hours + value) * HOUR_S
        if what == "target":
            season.target_is_away(from_s=from_s, to_s=to_s)
        elif what == "clock":
            season.clock_is_set(from_s, (value - 15) * HOUR_S / 4)
        elif what == "power":
            season.power_fails(from_s, steps=int(value * 5))
        else:
            season.camera_is(MemoryCamera(what), from_s=from_s, to_s=to_s)
    if may_lose:
        season.rules = (KeepDays(), MinFree(2 * FLOOR_BYTES, may_lose=True))
    season.after(67 * HOUR_S, lambda: setattr(season.recorder, "camera", MemoryCamera.NORMAL))
    season.after(67 * HOUR_S, lambda: setattr(season.machine.transfer, "evidence", ""))

    season.run(72 * HOUR_S)

    season.assert_conserved()
    assert may_lose or not season.lost()
    assert season.is_recording(within_s=3 * 1200), "it did not go on by itself"
