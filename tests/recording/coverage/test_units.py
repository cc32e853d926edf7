"""recording_coverage in memory: wherever segments are, and what a period is."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePath, PurePosixPath
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.adapters.memory import MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.durations import MemoryDurations
from camvault.adapters.memory.pictures import MemoryPictures
from camvault.core.health.alerts import AlertQueue
from camvault.core.health.watchdog import StationMemory
from camvault.core.health.watchdog_state import MonitorState, WatchedStation
from camvault.core.segments.coverage import Cause, Coverage, Span, coverage, recorded_spans
from camvault.core.segments.ledger import LedgerEntry, ProofKind, ledger_line
from camvault.core.segments.timeline import TimelineEntry, TimelineKind, timeline_line
from camvault.core.workflows.recording.coverage import CoverageOptions, CoveragePorts, Places, report_coverage
from camvault.core.workflows.recording.metrics import MeasureOptions, measure
from camvault.core.workflows.recording.monitor import MonitorReport
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import Cancelled, DeniedError, NotFoundError, StorageError
from camvault.ports.events import Warned
from camvault.ports.metrics import Metric
from tests.segment_names import segment_name

OUT, READY, BAD, LEDGERS = PurePath("/out"), PurePath("/ready"), PurePath("/bad"), PurePath("/synced")
BEGIN = datetime(2025, 5, 28, 12, tzinfo=UTC)
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def ns(at: datetime) -> int:
    return int(at.timestamp()) * 10**9


@attrs.define
class World:
    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    durations: MemoryDurations = attrs.field(factory=MemoryDurations)
    clock: MemoryClock = attrs.field(factory=lambda: MemoryClock(wall=BEGIN + timedelta(hours=1)))
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)
    problems: tuple[str, ...] = ()
    """Why figures were left out."""

    def __attrs_post_init__(self) -> None:
        self.storage.tree.now_ns = lambda: ns(self.clock.wall)
        for folder in (OUT / "R", READY, BAD, LEDGERS):
            self.storage.put_folder(folder)

    def segment(self, folder: PurePath, minute: float, *, minutes: float = 10, size: int = 9) -> PurePath:
        start = BEGIN + timedelta(minutes=minute)
        path = folder / str(segment_name("R", start, is_utc=True))
        self.storage.put(path, b"x" * size, mtime_ns=ns(start + timedelta(minutes=minutes)))
        return path

    def ledger(self, minute: float, kind: ProofKind = ProofKind.READ_BACK) -> None:
        start = BEGIN + timedelta(minutes=minute)
        name = segment_name("R", start, is_utc=True)
        identity = FileIdentity(9, ns(start + timedelta(minutes=10)))
        entry = LedgerEntry(
            PurePosixPath(name.ready_path), identity, "a" * 64, kind, "2025-05-28T13:00:00+00:00", "nas"
        )
        self.storage.append_line(LEDGERS / f"{name.day}.ledger", ledger_line(entry))

    def ports(self) -> CoveragePorts:
        return CoveragePorts(
            storage=self.storage,
            durations=self.durations,
            pictures=MemoryPictures(self.storage),
            clock=self.clock,
            reporter=self.reporter,
            cancel=self.cancel,
        )

    def options(self, *, minutes: float = 60) -> CoverageOptions:
        return CoverageOptions(
            places=Places(stations={"R": OUT / "R"}, ready=READY, quarantine=BAD, ledgers=LEDGERS, number="nas"),
            period=Span(BEGIN, BEGIN + timedelta(minutes=minutes)),
            zone=UTC,
        )

    def report(self, *, minutes: float = 60) -> Coverage:
        (found,) = report_coverage(self.options(minutes=minutes), self.ports()).stations
        return found


def test_a_segment_counts_wherever_it_is_and_once() -> None:
    world = World()
    world.segment(OUT / "R/.live/20250528T120000Z", 50)
    world.segment(OUT / "R", 40)
    world.segment(READY / "R/2025-05-28", 30)
    world.segment(READY / "R/2025-05-28", 20)
    for minute in (0, 10, 20):
        world.ledger(minute)

    found = world.report()

    assert (found.percent, found.gaps) == (100.0, ())


@pytest.mark.parametrize("seconds", [300_000_000_000, -99_000_000_000])
def test_a_time_that_no_calendar_holds_stops_no_report(seconds: int) -> None:
    """File systems hold years such as 11476 and -1168: the name is believed."""
    world = World()
    for minute in (0, 10):
        world.segment(OUT / "R", minute)
    path = world.segment(OUT / "R", 20)
    world.storage.put(path, b"x" * 9, mtime_ns=seconds * 10**9)
    assert world.report(minutes=30).percent > 66


def test_only_files_beside_gaps_are_opened() -> None:
    world = World()
    for minute in range(0, 60, 10):
        world.segment(OUT / "R", minute)
    world.storage.tree.discard(OUT / "R/R_20250528T123000Z.mkv")

    found = world.report()

    assert [str(gap) for gap in found.gaps] == ["2025-05-28T12:30:00Z 2025-05-28T12:40:00Z 600 s unknown"]
    assert [path.name for path in world.durations.asked] == ["R_20250528T122000Z.mkv", "R_20250528T125000Z.mkv"]


@given(
    st.lists(
        st.tuples(st.integers(-60, 240), st.integers(0, 80), st.sampled_from([None, 5.0, 20.0, 300.0])),
        max_size=12,
        unique_by=lambda segment: segment[0],
    )
)
@settings(deadline=None, max_examples=300)
def test_segments_that_are_taken_together_count_as_each_alone(segments: list[tuple[int, int, float | None]]) -> None:
    """What fits together is one span; the figures are those of a span for each segment."""
    world = World()
    segments.sort(key=lambda segment: segment[0])
    spans: list[Span] = []
    for number, (start_s, length_s, duration_s) in enumerate(segments):
        path = world.segment(OUT / "R", start_s / 60, minutes=length_s / 60)
        start = BEGIN + timedelta(seconds=start_s)
        closed = start + timedelta(seconds=length_s)
        following = BEGIN + timedelta(seconds=segments[number + 1][0]) if number + 1 < len(segments) else None
        if following is not None and abs(closed - following) <= timedelta(seconds=1.5):
            spans.append(Span(start, closed))
            continue
        if duration_s is not None:
            world.durations.known[path] = duration_s
        spans += recorded_spans(start, closed_at=closed, duration_s=duration_s)

    found = world.report(minutes=3)

    assert found == coverage("R", spans, period=Span(BEGIN, BEGIN + timedelta(minutes=3)))


def test_of_names_of_other_days_nothing_is_read() -> None:
    """They are neither parsed nor counted, wherever they lie."""
    world = World()
    for days in (-400, -5, 5):
        world.segment(OUT / "R", days * 24 * 60, minutes=10**6)
    world.segment(OUT / "R", 0, minutes=60)
    assert world.report().gaps[0].span.start_at == BEGIN + timedelta(minutes=20)


def test_what_the_file_says_counts_more_than_its_mtime() -> None:
    """A copy that lost its times says nothing of the gap after it."""
    world = World()
    path = world.segment(OUT / "R", 0, minutes=500)
    world.segment(OUT / "R", 30, minutes=30)
    world.durations.known[path] = 600.0
    world.durations.known[OUT / "R/R_20250528T123000Z.mkv"] = 1200.0

    found = world.report(minutes=50)

    assert found.recorded_s == 1800


def test_without_a_duration_no_segment_is_longer_than_two() -> None:
    world = World()
    world.segment(OUT / "R", 0, minutes=500)
    assert world.report().recorded_s == 1200


def test_each_camera_has_segments_of_its_own_length() -> None:
    """Of a segment of an hour that was sent nothing is left to be looked into."""
    world = World()
    name = segment_name("R", BEGIN, is_utc=True)
    identity = FileIdentity(9, ns(BEGIN + timedelta(hours=1)))
    sent = LedgerEntry(
        PurePosixPath(name.ready_path), identity, "a" * 64, ProofKind.READ_BACK, "2025-05-28T13:00:00+00:00", "nas"
    )
    world.storage.append_line(LEDGERS / f"{name.day}.ledger", ledger_line(sent))
    options = world.options()
    (found,) = report_coverage(options, world.ports()).stations
    assert found.recorded_s == 1200
    options = attrs.evolve(options, places=attrs.evolve(options.places, lengths={"R": 3600}))
    (found,) = report_coverage(options, world.ports()).stations
    assert found.recorded_s == 3600


@pytest.mark.parametrize(("duration_s", "recorded_s"), [(None, 0), (120.0, 120)])
def test_what_is_in_quarantine_counts_as_far_as_it_plays(duration_s: float | None, recorded_s: float) -> None:
    world = World()
    path = world.segment(BAD / "R", 0)
    if duration_s:
        world.durations.known[path] = duration_s
    assert world.report().recorded_s == recorded_s


def test_what_is_none_of_ours_does_not_count() -> None:
    world = World()
    world.segment(OUT / "R", 0, size=0)
    world.segment(READY / "R/2025-05-27", 0)
    world.segment(READY / "R/2020-01-01", 0)
    world.segment(READY / "other/2025-05-28", 0)
    world.storage.put(OUT / "R/notes.txt", b"x")
    world.storage.put(OUT / "R/.live/lock", b"")
    world.storage.put(READY / "R/file", b"")
    world.storage.put(LEDGERS / "2025-05-28.synced", b"x\n")
    world.segment(OUT / "R", -24 * 60)
    world.segment(OUT / "R", 24 * 60)
    assert world.report().recorded_s == 0


def test_gaps_are_explained_by_the_timeline() -> None:
    world = World()
    path = world.segment(OUT / "R", 0)
    world.durations.known[path] = 600.0
    world.segment(OUT / "R", 20, minutes=40)
    world.durations.known[OUT / "R/R_20250528T122000Z.mkv"] = 2400.0
    at = BEGIN + timedelta(minutes=10)
    for entry in (
        TimelineEntry(BEGIN, TimelineKind.RECORDING),
        TimelineEntry(at + timedelta(seconds=12), TimelineKind.ENDED, Cause.STALL, at),
        TimelineEntry(at + timedelta(minutes=10), TimelineKind.RECORDING),
    ):
        world.storage.append_line(OUT / "R/.timeline", timeline_line(entry))

    (gap,) = world.report().gaps

    assert (gap.cause, gap.span.seconds) == (Cause.STALL, 600)


def test_a_skipped_hour_is_no_gap() -> None:
    world = World()
    step_at = BEGIN + timedelta(minutes=20)
    world.segment(OUT / "R", 0)
    world.segment(OUT / "R", 10)
    world.segment(OUT / "R", 50)
    world.storage.append_line(
        OUT / "R/.timeline",
        timeline_line(TimelineEntry(BEGIN + timedelta(minutes=50), TimelineKind.CLOCK, since=step_at)),
    )
    found = world.report()
    assert (found.percent, [gap.cause for gap in found.gaps]) == (100.0, [Cause.CLOCK_STEP])


def timeline(world: World, *entries: TimelineEntry) -> None:
    for entry in entries:
        world.storage.append_line(OUT / "R/.timeline", timeline_line(entry))


def minute(number: float) -> datetime:
    return BEGIN + timedelta(minutes=number)


def test_hours_that_a_clock_skips_when_it_is_set_right_again_were_lived_through_before() -> None:
    """It was set back from 12:50 to 12:02, and at 12:04 to 12:54: nobody recorded from 12:20 to 12:40."""
    world = World()
    for begin, length in ((0, 10), (10, 10), (40, 10), (54, 6)):
        world.segment(OUT / "R", begin, minutes=length)
    world.segment(OUT / "R", 2, minutes=2)
    timeline(
        world,
        TimelineEntry(minute(2), TimelineKind.CLOCK, since=minute(50)),
        TimelineEntry(minute(54), TimelineKind.CLOCK, since=minute(4)),
    )

    found = world.report()

    assert [(gap.span, gap.cause) for gap in found.gaps] == [
        (Span(minute(20), minute(40)), Cause.UNKNOWN),
        (Span(minute(50), minute(54)), Cause.CLOCK_STEP),
    ]
    assert (found.expected_s, found.recorded_s) == (56 * 60, 36 * 60)


def test_sound_of_a_camera_that_hangs_is_no_recording() -> None:
    """It sends sound alone from 12:10 on, and hangs for 20 minutes: each session writes some seconds of nothing."""
    world = World()
    world.segment(OUT / "R", 0, minutes=10.2)  # the next session begins at once
    for begin in (10.2, 10.5, 12):
        path = world.segment(OUT / "R", begin, minutes=0.25)
        world.durations.known[path] = 15.0
    world.segment(OUT / "R", 30)
    world.segment(OUT / "R", 40, minutes=20)
    timeline(
        world,
        TimelineEntry(minute(10.2), TimelineKind.ENDED, Cause.STALL, minute(10)),
        TimelineEntry(minute(10.5), TimelineKind.ENDED, Cause.CAMERA_DOWN, minute(10)),
        TimelineEntry(minute(30), TimelineKind.RECORDING),
    )

    found = world.report()

    assert [(gap.span, gap.cause) for gap in found.gaps] == [(Span(minute(10), minute(30)), Cause.STALL)]


def test_a_long_segment_is_believed_more_than_a_timeline_that_lacks_a_line() -> None:
    """On a full disk there was no room to write that it records again."""
    world = World()
    for begin in (0, 10, 20):
        world.segment(OUT / "R", begin)
    timeline(
        world,
        TimelineEntry(minute(5), TimelineKind.ENDED, Cause.DISK_FULL, minute(5)),
        TimelineEntry(minute(30), TimelineKind.RECORDING),
    )
    assert world.report().recorded_s == 1800


@pytest.mark.parametrize("to", [-55, 45, 55])
@pytest.mark.parametrize("is_sent", [True, False])
def test_a_segment_that_was_cut_as_the_clock_was_set_ends_there(to: float, is_sent: bool) -> None:
    """Its last write is after that, hours away; of one that was sent that is all that is known."""
    world = World()
    name = segment_name("R", BEGIN, is_utc=True)
    written = FileIdentity(9, ns(minute(to)) + 10**9)
    if is_sent:
        path = PurePosixPath(name.ready_path)
        sent = LedgerEntry(path, written, "a" * 64, ProofKind.READ_BACK, "2025-05-28T13:00:00+00:00", "nas")
        world.storage.append_line(LEDGERS / f"{name.day}.ledger", ledger_line(sent))
    else:
        world.storage.put(OUT / f"R/{name}", b"x" * 9, mtime_ns=written.mtime_ns)
    if to > 0:
        world.segment(OUT / "R", to, minutes=60 - to)
    timeline(world, TimelineEntry(minute(to), TimelineKind.CLOCK, since=minute(5)))

    found = world.report(minutes=5 if to < 0 else 50)

    assert (found.recorded_s, found.percent) == (600 if to == 45 else 300, 100)


def test_what_was_recorded_before_the_clock_was_set_back_into_it_counts() -> None:
    """From 12:10 on the recorder stands still, at the same time by its clock for the second time."""
    world = World()
    for number in range(60):
        world.segment(OUT / "R", number / 3, minutes=1 / 3)
    timeline(
        world,
        TimelineEntry(minute(10), TimelineKind.CLOCK, since=minute(20)),
        TimelineEntry(minute(10), TimelineKind.ENDED, Cause.CAMERA_DOWN, minute(10)),
    )
    assert world.report(minutes=20).percent == 100


BOOT = BEGIN - timedelta(hours=5)


@pytest.mark.parametrize(
    ("before", "started"),
    [
        pytest.param(
            (), TimelineEntry(minute(11), TimelineKind.STARTED, since=minute(10.5)), id="its clock went on where it was"
        ),
        pytest.param(
            (), TimelineEntry(minute(4), TimelineKind.STARTED, since=minute(3.5)), id="its clock had been kept before"
        ),
        pytest.param((), TimelineEntry(minute(-600), TimelineKind.STARTED, since=minute(-600.5)), id="it had no clock"),
        pytest.param(
            (TimelineEntry(minute(-20), TimelineKind.CLOCK, since=BOOT),),
            TimelineEntry(BOOT, TimelineKind.STARTED, since=BOOT),
            id="it never has one",
        ),
    ],
)
def test_a_machine_that_was_off_and_then_hears_of_the_time_did_not_skip_it(
    before: tuple[TimelineEntry, ...], started: TimelineEntry
) -> None:
    """A power cut of half an hour: without a clock of its own it began with an older time."""
    world = World()
    world.segment(OUT / "R", 0)
    world.segment(OUT / "R", 40, minutes=20)
    timeline(
        world,
        TimelineEntry(BOOT, TimelineKind.STARTED, since=BOOT),
        *before,
        TimelineEntry(minute(5), TimelineKind.RECORDING),
        started,
        TimelineEntry(minute(40), TimelineKind.CLOCK, since=started.at + timedelta(seconds=5)),
        TimelineEntry(minute(40), TimelineKind.RECORDING),
    )

    found = world.report()

    assert [gap.span for gap in found.gaps] == [Span(minute(10), minute(40))]
    assert found.gaps[0].cause is Cause.RESTART
    assert found.expected_s == 3600


def test_a_recorder_that_is_started_anew_on_a_machine_that_runs_knows_what_its_clock_skipped() -> None:
    """Also after steps: that the machine was not started anew is told by when it was."""
    world = World()
    world.segment(OUT / "R", 0)
    world.segment(OUT / "R", 10)
    world.segment(OUT / "R", 50)
    timeline(
        world,
        TimelineEntry(BOOT, TimelineKind.STARTED, since=BOOT),
        TimelineEntry(BOOT + timedelta(hours=2), TimelineKind.CLOCK, since=BOOT + timedelta(hours=1)),
        TimelineEntry(minute(15), TimelineKind.STARTED, since=BOOT + timedelta(hours=1, seconds=1)),
        TimelineEntry(minute(50), TimelineKind.CLOCK, since=minute(20)),
    )
    found = world.report()
    assert (found.percent, [gap.cause for gap in found.gaps]) == (100.0, [Cause.CLOCK_STEP])


def test_a_file_that_moves_meanwhile_or_cannot_be_read_counts_by_its_mtime() -> None:
    world = World()
    path = world.segment(OUT / "R", 0)
    world.durations.fault = NotFoundError(path)
    assert world.report().recorded_s == 600
    world.durations.fault = StorageError(path)
    assert world.report().recorded_s == 600
    assert [str(e) for e in world.reporter.of(Warned)] == [f"{path}: input/output error"]


def test_ledgers_of_other_days_are_not_read() -> None:
    world = World()
    world.storage.put(LEDGERS / "2025-04-01.ledger", b"torn\n")
    world.report()
    assert world.reporter.events == []


def test_damaged_lines_of_a_ledger_are_said() -> None:
    world = World()
    world.ledger(0)
    world.storage.append_line(LEDGERS / "2025-05-28.ledger", "torn")
    assert world.report().recorded_s == 600
    assert "1 damaged lines" in world.reporter.lines()[0]


def test_places_that_are_not_there_hold_nothing_and_one_that_cannot_be_read_is_an_error() -> None:
    world = World()
    options = world.options()
    nowhere = attrs.evolve(options, places=Places(stations={"R": OUT / "X"}, quarantine=PurePath("/no")))
    (found,) = report_coverage(nowhere, world.ports()).stations
    assert found.recorded_s == 0
    world.storage.unreadable.add(BAD)
    with pytest.raises(DeniedError):
        world.report()


@pytest.mark.parametrize("path", [OUT / "R", OUT / "R/.live", READY / "R", OUT / "R/.timeline"])
def test_a_station_that_cannot_be_looked_at_has_no_figure_and_the_others_have_theirs(path: PurePath) -> None:
    world = with_two_stations()
    world.storage.unreadable.add(path)

    found = report_coverage(two_stations(world), world.ports())

    assert [(each.station, each.recorded_s) for each in found.stations] == [("S", 600.0)]
    assert {station: type(problem) for station, problem in found.unseen.items()} == {"R": DeniedError}
    assert str(path) in str(found.unseen["R"])


def with_two_stations() -> World:
    world = World()
    for station in "RS":
        for folder in (OUT / station / ".live", READY / station):
            world.storage.put_folder(folder)
        world.storage.put(OUT / station / ".timeline", b"")
        world.storage.put(OUT / station / f"{station}_20250528T120000Z.mkv", b"x", mtime_ns=ns(BEGIN) + 600 * 10**9)
    return world


def two_stations(world: World) -> CoverageOptions:
    options = world.options()
    places = attrs.evolve(options.places, stations={"R": OUT / "R", "S": OUT / "S"})
    return attrs.evolve(options, places=places)


def test_it_stops_when_asked() -> None:
    world = World()
    world.cancel.request()
    with pytest.raises(Cancelled):
        world.report()


# --- the figures ---


def figures(world: World, options: CoverageOptions) -> dict[str, Metric]:
    memory = StationMemory(files={}, monotonic_s=0, boot="", idle_s=42.0)
    state = MonitorState(stations={"R": WatchedStation(memory, restarts=3)}, queue=AlertQueue())
    report = MonitorReport(state, {"R": 77})
    wanted = MeasureOptions(recording_dir=OUT, coverage=options)
    found = measure(report, options=wanted, ports=world.ports())
    world.problems = found.problems
    return {metric.name: metric for metric in found.metrics}


def test_every_figure() -> None:
    world = World()
    world.segment(READY / "R/2025-05-28", 0)
    world.ledger(0)
    world.segment(READY / "R/2025-05-28", 30)
    world.storage.put(READY / "R/2025-05-28/notes", b"x")
    for cause in (Cause.STALL, Cause.STALL, Cause.DISK_FULL):
        world.storage.append_line(
            OUT / "R/.timeline", timeline_line(TimelineEntry(BEGIN, TimelineKind.ENDED, cause, BEGIN))
        )
    options = world.options()
    places = attrs.evolve(options.places, stations={"R": OUT / "R", "S": OUT / "S"})

    found = figures(world, attrs.evolve(options, places=places))

    values = {name: [(*s.labels.values(), s.value) for s in metric.samples] for name, metric in found.items()}
    assert values == {
        "camvault_monitor_last_run_timestamp_seconds": [(world.clock.wall.timestamp(),)],
        "camvault_last_frame_age_seconds": [("R", 42.0)],
        "camvault_live_bytes": [("R", 77)],
        "camvault_restarts_total": [("R", "disk full", 1), ("R", "stall", 2), ("R", "watchdog", 3)],
        "camvault_coverage_24h_percent": [("R", round(100 * 1200 / 86400, 4)), ("S", 0.0)],
        "camvault_free_bytes": [(1 << 60,)],
        "camvault_alerts_queued": [(0,)],
        "camvault_backup_lag_seconds": [(20 * 60.0,)],
        "camvault_unverified_bytes": [(9,)],
    }


def test_a_link_in_ready_leaves_the_backup_without_figures() -> None:
    """What is behind it waits, or does not: no figure is better than a wrong one."""
    world = World()
    world.storage.put_link(READY / "R", str(OUT))
    found = figures(world, world.options())
    assert "camvault_unverified_bytes" not in found
    (problem,) = world.problems
    assert problem.startswith(f"No figures of the backup: {READY / 'R'}")


def test_links_are_told_and_what_is_of_other_days_is_not() -> None:
    world = World()
    world.segment(OUT / "R", 0)
    world.storage.put(OUT / "R/.live/20240101T000000Z/R_20240101T000000Z.mkv", b"x", mtime_ns=ns(BEGIN))
    for folder in (READY / "R", BAD / "R"):
        world.storage.put_folder(folder)
    world.storage.put_link(READY / "R/2024-01-01", str(OUT))
    world.storage.put_link(READY / "R/2025-05-28", str(OUT))
    world.storage.put_link(BAD / "R/link", str(OUT))
    world.report()
    told = " ".join(str(event) for event in world.reporter.of(Warned))
    assert [name in told for name in ("2025-05-28 is", "R/link is", "2024-01-01 is")] == [True, True, False]


def test_figures_without_a_backup() -> None:
    world = World()
    found = figures(world, attrs.evolve(world.options(), places=Places(stations={})))
    assert "camvault_unverified_bytes" not in found


def test_figures_of_a_backup_that_has_nothing_yet() -> None:
    world = World()
    places = Places(stations={}, ready=PurePath("/no"), ledgers=LEDGERS)
    found = figures(world, attrs.evolve(world.options(), places=places))
    assert found["camvault_backup_lag_seconds"].samples[0].value == 0


def test_a_timeline_that_cannot_be_read_leaves_out_the_figures_of_its_station_alone() -> None:
    world = with_two_stations()
    ended = timeline_line(TimelineEntry(BEGIN, TimelineKind.ENDED, Cause.STALL, BEGIN))
    world.storage.append_line(OUT / "S/.timeline", ended)
    world.storage.unreadable.add(OUT / "R/.timeline")

    found = figures(world, two_stations(world))

    assert [tuple(s.labels.values()) for s in found["camvault_restarts_total"].samples] == [
        ("R", "watchdog"),
        ("S", "stall"),
    ]
    assert [s.labels["station"] for s in found["camvault_coverage_24h_percent"].samples] == ["S"]
    assert len(found) == 9
    assert world.problems == (f"No figures of station R: {OUT / 'R/.timeline'}: Permission denied",)


@pytest.mark.parametrize(
    ("path", "what", "missing"),
    [
        (BAD, "coverage", ["camvault_coverage_24h_percent"]),
        (LEDGERS / "2025-05-28.ledger", "the backup", ["camvault_backup_lag_seconds", "camvault_unverified_bytes"]),
    ],
)
def test_a_place_of_all_stations_leaves_out_the_figures_that_need_it(
    path: PurePath, what: str, missing: list[str]
) -> None:
    world = with_two_stations()
    world.clock.advance(86_400 * 9)  # of a day whose ledger coverage does not read
    world.segment(READY / "R/2025-05-28", 0)
    world.ledger(0)
    whole = figures(world, two_stations(world))
    world.storage.unreadable.add(path)

    found = figures(world, two_stations(world))

    assert [name for name in whole if name not in found or not found[name].samples] == missing
    (problem,) = world.problems
    assert problem.startswith(f"No figures of {what}: {path}")


def test_a_disk_that_does_not_say_what_is_free_leaves_out_that_figure() -> None:
    world = with_two_stations()
    world.storage.calls.fail("storage.free_bytes", StorageError(OUT))

    found = figures(world, two_stations(world))

    assert found["camvault_free_bytes"].samples == ()
    assert world.problems == (f"No figures of the recording disk: {OUT}: input/output error",)
