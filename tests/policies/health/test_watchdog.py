"""When a recorder is restarted, and when somebody is told."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.core.health.station_signs import Lapse, StationSigns, StoredFile, UnitState
from camvault.core.health.watchdog import (
    StationMemory,
    StationPhase,
    StationVerdict,
    WatchdogAct,
    WatchdogPolicy,
    judge_station,
)

POLICY = WatchdogPolicy(threshold_s=1200, retry_s=300, retry_most_s=3600, settle_s=300)
EVERY_S = 300
SEGMENT_S = 600


class Station:
    """One simulated camera: a recorder, an organizer that moves finished segments, a wall clock that may be set."""

    def __init__(self, *, policy: WatchdogPolicy = POLICY) -> None:
        self.policy = policy
        self.monotonic_s, self.wall_s, self.boot = 1000.0, 1.75e9, "a"
        self.is_recording, self.unit = True, UnitState.UP
        self.unit_active_s: float | None = None
        self.files: dict[str, StoredFile] = {}
        self.stored: tuple[Lapse, ...] | None = None
        self.problem = ""
        self.memory: StationMemory | None = None
        self.serial, self.written_s = 0, 0.0
        self.acts: list[WatchdogAct] = []

    def look(self) -> StationVerdict:
        judged = judge_station(
            self.memory,
            StationSigns(
                files=self.files,
                stored=self.stored,
                problem=self.problem,
                unit=self.unit,
                unit_active_s=self.unit_active_s,
                monotonic_s=self.monotonic_s,
                boot=self.boot,
                wall_s=self.wall_s,
            ),
            policy=self.policy,
        )
        self.memory = judged.memory
        self.acts += judged.acts
        return judged

    def live(self, seconds: float) -> None:
        """Time passes; what the recorder writes is there afterwards."""
        self.monotonic_s += seconds
        self.wall_s += seconds
        if self.is_recording:
            self.written_s += seconds
            if self.written_s >= SEGMENT_S or not self.files:
                self.serial, self.written_s = self.serial + 1, min(self.written_s, 300)
            size = int(self.written_s * 1000) + 1
            self.files[f"{self.serial}.mkv"] = StoredFile(size, int(self.wall_s * 1e9))
        for name, identity in list(self.files.items()):
            if self.wall_s - identity.mtime_ns / 1e9 >= 2 * SEGMENT_S:
                del self.files[name]

    def watch(self, seconds: float, *, every_s: int = EVERY_S) -> None:
        for _ in range(int(seconds // every_s)):
            self.live(every_s)
            self.look()


def watched(seconds: float = 3600) -> Station:
    station = Station()
    station.live(EVERY_S)
    station.look()
    station.watch(seconds)
    assert station.acts == []
    return station


class TestIncidents:
    def test_season_log_a_camera_that_hangs_for_five_days(self) -> None:
        """Restarted within the threshold and one look, again and again ever more rarely, and told once, not daily."""
        station = watched()
        station.is_recording = False
        station.watch(POLICY.threshold_s)
        assert station.acts == [WatchdogAct.RESTART, WatchdogAct.ALERT_DOWN]
        station.watch(5 * 86_400)
        assert station.acts.count(WatchdogAct.ALERT_DOWN) == 1
        assert 5 * 24 <= station.acts.count(WatchdogAct.RESTART) <= 5 * 24 + 6
        station.is_recording = True
        station.watch(3600)
        assert station.acts[-1] is WatchdogAct.ALERT_RECOVERED
        assert station.acts.count(WatchdogAct.ALERT_RECOVERED) == 1

    def test_length_of_the_gap(self) -> None:
        """From the last bytes before to the first bytes after, give or take one look."""
        station = watched()
        station.is_recording = False
        station.watch(7200)
        station.is_recording = True
        reasons = []
        for _ in range(4):
            station.live(EVERY_S)
            reasons.append(station.look().reason)
        assert reasons[0] == "recording again for 0 s"
        assert reasons[1] == "recording again after 7500 s"
        assert station.memory is not None
        assert station.memory.phase is StationPhase.WATCHING

    def test_one_mail_for_a_camera_that_comes_and_goes(self) -> None:
        """A few bytes after each restart are no recovery."""
        station = watched()
        for _ in range(20):
            station.is_recording = False
            station.watch(1500)
            station.is_recording = True
            station.watch(EVERY_S)
        assert station.acts.count(WatchdogAct.ALERT_DOWN) == 1
        assert station.acts.count(WatchdogAct.ALERT_RECOVERED) == 0

    def test_short_blips_are_not_told(self) -> None:
        """Restarted, but within the hold-off nobody is woken, also not by the recovery."""
        station = watched()
        station.policy = attrs.evolve(POLICY, alert_after_s=3600)
        station.is_recording = False
        station.watch(1800)
        station.is_recording = True
        station.watch(3600)
        assert set(station.acts) == {WatchdogAct.RESTART}
        station.is_recording = False
        station.watch(7200)
        assert WatchdogAct.ALERT_DOWN in station.acts

    def test_a_stalled_camera_whose_last_file_was_moved_away(self) -> None:
        """The organizer's move is no progress, and the idle time is not counted from 1970."""
        station = watched()
        station.is_recording = False
        station.watch(1500)
        assert station.files == {}
        assert station.memory is not None
        assert station.memory.idle_s == 1500

    def test_empty_files_are_no_recording(self) -> None:
        """A full disk leaves one of them at each attempt."""
        station = watched()
        station.is_recording = False
        for number in range(10):
            station.files[f"empty{number}.mkv"] = StoredFile(0, int(station.wall_s * 1e9))
            station.watch(EVERY_S)
        assert WatchdogAct.RESTART in station.acts


class TestUnits:
    def test_a_unit_that_does_not_exist(self) -> None:
        """Is reported every time, restarted never, and alerted once."""
        station = Station()
        station.is_recording, station.unit = False, UnitState.MISSING
        station.look()
        station.watch(3600)
        assert WatchdogAct.RESTART not in station.acts
        assert station.acts.count(WatchdogAct.REPORT_MISSING_UNIT) == 13
        assert station.acts.count(WatchdogAct.ALERT_DOWN) == 1

    def test_what_the_operator_stopped_stays_stopped(self) -> None:
        """But not in silence."""
        station = watched()
        station.is_recording, station.unit = False, UnitState.STOPPED
        station.watch(86_400)
        assert station.acts == [WatchdogAct.ALERT_DOWN]

    @pytest.mark.parametrize("unit", [UnitState.UP, UnitState.DOWN])
    def test_a_camera_that_never_produced_a_file(self, unit: UnitState) -> None:
        """As specified: no recordings at the first look is a reason to restart; the words do not name an age."""
        station = Station()
        station.is_recording, station.unit = False, unit
        judged = station.look()
        assert judged.acts == (WatchdogAct.RESTART, WatchdogAct.ALERT_DOWN)
        assert judged.reason == "no recordings yet"


class TestFirstLook:
    def first(self, age_s: float, *, active_s: float | None = None, size: int = 1) -> StationVerdict:
        station = Station()
        station.files["1.mkv"] = StoredFile(size, int((station.wall_s - age_s) * 1e9))
        station.unit_active_s = active_s
        return station.look()

    def test_judged_by_age(self) -> None:
        """As specified: newest file older than the threshold."""
        assert self.first(1223).acts == (WatchdogAct.RESTART, WatchdogAct.ALERT_DOWN)
        assert self.first(1223).reason == "idle for 1223 s"
        assert self.first(1199).acts == ()

    def test_a_recorder_that_was_just_started(self) -> None:
        """Gets its time, once: later looks count on, also for one that is always young because it keeps dying."""
        assert self.first(99_999, active_s=60).acts == ()
        station = Station()
        station.is_recording, station.unit_active_s = False, 5.0
        station.look()
        station.watch(1200)
        assert station.acts == [WatchdogAct.RESTART, WatchdogAct.ALERT_DOWN]

    def test_a_recorder_that_has_run_for_long(self) -> None:
        """Has had its time."""
        assert self.first(99_999, active_s=5000).acts == (WatchdogAct.RESTART, WatchdogAct.ALERT_DOWN)

    def test_a_file_from_the_future(self) -> None:
        """Says nothing; it hides a stall for the threshold, not until the future comes."""
        station = Station()
        station.files["1.mkv"] = StoredFile(1, int((station.wall_s + 1e8) * 1e9))
        station.is_recording = False
        assert station.look().acts == ()
        station.watch(1200)
        assert station.acts == [WatchdogAct.RESTART, WatchdogAct.ALERT_DOWN]

    def test_an_empty_file(self) -> None:
        """Is no recording."""
        assert self.first(0, size=0).reason == "no recordings yet"


class TestTime:
    @settings(deadline=None, max_examples=30)
    @given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from([-86_400, -3600, 0, 3600, 86_400])), max_size=30))
    def test_inv_15_clock_steps_restart_nothing(self, steps: list[tuple[int, int]]) -> None:
        """However often the wall clock is set while a camera records."""
        station = watched()
        for looks, offset_s in steps:
            station.wall_s += offset_s
            station.watch(looks * EVERY_S)
        assert station.acts == []

    @settings(deadline=None, max_examples=40)
    @given(st.sampled_from([-86_400, -3600, 3600, 86_400]), st.integers(0, 8))
    def test_inv_15_clock_steps_hide_nothing(self, offset_s: int, looks: int) -> None:
        """A stall is seen in time, whenever the clock was set."""
        station = watched()
        station.is_recording = False
        station.watch(looks * EVERY_S)
        station.wall_s += offset_s
        station.watch(POLICY.threshold_s + EVERY_S - looks * EVERY_S)
        assert WatchdogAct.RESTART in station.acts

    def test_a_year_with_steps(self) -> None:
        """52,560 looks at a camera that records, the clock set by an hour and a day each way: not one restart."""
        station = watched()
        for offset_s in (3600, -3600, 86_400, -86_400, -3600, 3600):
            station.wall_s += offset_s
            station.watch(365 * 86_400 / 6, every_s=600)
        assert station.acts == []

    def test_another_start_of_the_machine(self) -> None:
        """The monotonic clock begins anew: at least the time since then has passed."""
        station = watched()
        station.is_recording, station.boot, station.monotonic_s = False, "b", 60.0
        station.look()
        assert station.memory is not None
        assert station.memory.idle_s == 60
        station.watch(1200)
        assert station.acts == [WatchdogAct.RESTART, WatchdogAct.ALERT_DOWN]

    def test_nobody_looked_for_long(self) -> None:
        """Watchdog and recorder were stopped and started again: the recorder gets its time."""
        station = watched()
        station.is_recording = False
        station.live(36_000)
        station.unit_active_s = 20.0
        assert station.look().acts == ()
        station.live(36_000)
        station.unit_active_s = 36_000.0
        assert WatchdogAct.RESTART in station.look().acts

    @settings(deadline=None, max_examples=50)
    @given(st.lists(st.tuples(st.booleans(), st.integers(1, 30)), max_size=20))
    def test_inv_16_alerts_come_in_turn(self, story: list[tuple[bool, int]]) -> None:
        """Down, recovered, down, recovered: never two of a kind."""
        station = watched()
        for is_recording, looks in story:
            station.is_recording = is_recording
            station.watch(looks * EVERY_S)
        alerts = [act for act in station.acts if act in (WatchdogAct.ALERT_DOWN, WatchdogAct.ALERT_RECOVERED)]
        expected = [WatchdogAct.ALERT_DOWN, WatchdogAct.ALERT_RECOVERED] * len(alerts)
        assert alerts == expected[: len(alerts)]


def test_files_that_grow_without_pictures_are_no_progress() -> None:
    station = watched()
    station.is_recording = False
    for _ in range(6):
        station.live(EVERY_S)
        station.files["header.mkv"] = StoredFile(0, int(station.wall_s * 1e9))
        station.look()
    assert WatchdogAct.ALERT_DOWN in station.acts


def test_too_little_of_the_last_hour_is_one_incident() -> None:
    """A recorder that stores a second, hangs and is started again in a minute is never idle for long."""
    station = watched()
    station.stored = ((3600.0, 0.0),)
    station.watch(3600)
    assert not station.acts
    station.stored = ((3600.0, 1800.0), (100.0, 99.0), (10.0, 0.0))
    station.watch(3600)
    assert station.acts == [WatchdogAct.ALERT_LOW]
    assert station.memory
    assert station.memory.phase is StationPhase.DOWN
    station.stored = ((900.0, 0.0),)
    station.watch(900)
    assert station.acts == [WatchdogAct.ALERT_LOW, WatchdogAct.ALERT_RECOVERED]
    station.watch(600)
    assert len(station.acts) == 2, "what was before the end of the incident is not held against it"


@pytest.mark.parametrize(
    ("stored", "is_told"), [(((3600.0, 0.0),), False), (((3600.0, 400.0), (500.0, 350.0)), False), ((), True)]
)
def test_times_that_overlap_count_once(stored: tuple[Lapse, ...], is_told: bool) -> None:
    station = watched()
    station.stored = stored
    station.watch(3600)
    assert (station.acts == [WatchdogAct.ALERT_LOW]) is is_told


def test_a_station_that_stops_while_too_little_is_stored_is_restarted_and_told_of_once() -> None:
    station = watched()
    station.stored = ()
    station.watch(3600)
    station.is_recording = False
    station.watch(3600)
    assert set(station.acts) == {WatchdogAct.ALERT_LOW, WatchdogAct.RESTART}
    assert station.acts.count(WatchdogAct.ALERT_LOW) == 1


def test_after_a_start_of_the_machine_a_quarter_of_an_hour_is_needed_to_judge() -> None:
    station = watched()
    station.boot, station.monotonic_s, station.stored = "b", 60.0, ((30.0, 0.0),)
    station.watch(900)
    assert not station.acts
    station.watch(600)
    assert station.acts == [WatchdogAct.ALERT_LOW]


def test_a_station_that_cannot_be_looked_at_is_told_of_at_the_second_look() -> None:
    station = watched()
    station.problem = "Input/output error"
    station.watch(EVERY_S)
    assert not station.acts
    station.watch(6 * 3600)
    assert station.acts == [WatchdogAct.ALERT_UNSEEN]
    station.problem = ""
    station.watch(3600)
    assert station.acts == [WatchdogAct.ALERT_UNSEEN, WatchdogAct.ALERT_RECOVERED]


def test_a_crash_loop_is_given_time_to_begin_once() -> None:
    """Segments of a minute, looked at each five minutes, of a unit that is always just starting."""
    station = Station(policy=attrs.evolve(POLICY, threshold_s=120))
    station.live(EVERY_S)
    station.look()
    station.watch(3600)
    station.is_recording, station.unit_active_s = False, 0.0
    station.watch(2 * EVERY_S)
    assert WatchdogAct.ALERT_DOWN in station.acts
