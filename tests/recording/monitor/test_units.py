"""monitor_recordings in simulated time."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.memory.alerts import MemoryAlerts
from camvault.core.health.alerts import AlertQueue
from camvault.core.health.watchdog_state import newest_files
from camvault.core.workflows.recording.monitor import (
    AlertSent,
    RecorderRestarted,
    StationRecovered,
    monitor,
    unit_of,
)
from camvault.ports.alerts import Alert
from camvault.ports.errors import (
    AlertError,
    BusyError,
    Cancelled,
    MissingToolError,
    NoSpaceError,
    ToolError,
    UsageError,
)
from camvault.ports.events import Failed, Warned
from tests.recording.monitor.desk import ROOT, SEGMENT_S, SPARE, STATE, World, make_world

DOWN = "[CAMERA] Auto-restart ROST2"
RECOVERED = "[CAMERA] Recovered ROST2"


def errors(world: World) -> list[str]:
    return [str(event) for event in world.reporter.of(Failed)]


def test_a_day_of_recording_is_left_alone() -> None:
    world = make_world("ROST1", "ROST2")

    world.live(6 * 3600)

    assert not world.restarts()
    assert not world.mail.sent
    assert set(world.reporter.lines()) == {
        "INFO Running monitor_recordings check...",
        "INFO monitor_recordings check complete.",
    }


def test_season_log_a_camera_that_hangs_is_restarted_and_told_of_once() -> None:
    world = make_world("ROST1", "ROST2")
    world.live(3600)
    world.recording.remove("ROST2")

    world.live(24 * 3600)

    assert set(world.restarts()) == {"record_camera_ROST2.service"}
    assert world.subjects() == [DOWN]
    assert 20 <= len(world.restarts()) <= 30
    world.recording.add("ROST2")
    world.live(1800)
    assert world.subjects() == [DOWN, RECOVERED]
    assert "INFO ROST2 recording again after 86700 s" in world.reporter.lines()
    assert world.mail.sent[1].body.startswith("ROST2 recording again after 86700 s\n")


def test_the_mail_is_as_the_specification_shows_it() -> None:
    world = make_world("ROST2")
    world.clock.wall = datetime(2025, 5, 28, 15, 20, 10, tzinfo=UTC)
    world.storage.put(
        ROOT / "ROST2/ROST2_20250528T144947.mkv", b"x", mtime_ns=int(world.clock.wall.timestamp() - 1223) * 10**9
    )
    world.recording.clear()

    world.look()

    (mail,) = world.mail.sent
    assert mail.subject == "[CAMERA] Auto-restart ROST2"
    assert mail.body.split("\n") == [
        "ROST2 idle for 1223 s → restarting record_camera_ROST2.service",
        "Host: morus-vm  |  Time: 2025-05-28 15:20:10",
    ]
    assert world.reporter.lines() == (
        "INFO Running monitor_recordings check...",
        "WARNING ROST2 idle for 1223 s",
        "INFO Restarted record_camera_ROST2.service",
        "INFO Alert sent by mail: [CAMERA] Auto-restart ROST2",
        "INFO monitor_recordings check complete.",
    )


def test_twelve_incidents_are_twelve_alerts_and_twelve_recoveries() -> None:
    """Each within the threshold and one more look of five minutes."""
    world = make_world("ROST1", "ROST2", "ROST3")
    world.live(3600)
    noticed: list[float] = []
    for number in range(12):
        station = f"ROST{number % 3 + 1}"
        world.recording.remove(station)
        began_at = world.clock.wall
        world.live(2 * SEGMENT_S + 900 + 300 * number)
        noticed.append((world.mail.sent[-1].raised_at - began_at).total_seconds())
        world.recording.add(station)
        world.live(1500)

    assert [s.split("]")[1].split()[0] for s in world.subjects()] == ["Auto-restart", "Recovered"] * 12
    assert max(noticed) <= 2 * SEGMENT_S + 300
    assert len(world.reporter.of(StationRecovered)) == 12


def test_no_step_of_the_wall_clock_is_an_incident_or_hides_one() -> None:
    world = make_world("ROST2")
    world.live(3600)
    for hours in (1, -1, 24, -24, -24 * 365):
        world.clock.wall += timedelta(hours=hours)
        world.live(3600)
    assert not world.mail.sent
    assert not world.restarts()

    world.recording.clear()
    world.clock.wall -= timedelta(days=1)  # its files are from the future now
    world.live(1800)

    assert world.subjects() == [DOWN]


@pytest.mark.parametrize(("active_s", "restarts"), [(1100, 0), (1300, 1)])
def test_a_recorder_that_was_just_started_gets_its_time(active_s: float, restarts: int) -> None:
    """The watchdog itself was off, and is started together with a recorder whose footage is days old."""
    world = make_world("ROST2")
    world.services.clock = world.clock
    world.services.restart(unit_of("ROST2"))
    world.services.actions.clear()
    old_ns = int(world.clock.wall.timestamp() - 5 * 86_400) * 10**9
    world.storage.put(ROOT / "ROST2/ROST2_20250528T144947.mkv", b"x", mtime_ns=old_ns)
    world.recording.clear()
    world.clock.advance(active_s)

    world.look()

    assert len(world.restarts()) == restarts
    world.live(300)  # hung all the same: its time is over at the next look, or it is tried again
    assert len(world.restarts()) == restarts + 1


def test_a_restart_that_helps_ends_the_incident() -> None:
    world = make_world("ROST2")
    world.cures = True
    world.live(3600)
    world.recording.clear()

    world.live(3600)

    assert len(world.restarts()) == 1
    assert world.subjects() == [DOWN, RECOVERED]


def test_trap_a_camera_that_never_made_a_folder_is_watched() -> None:
    world = make_world()
    world.configure("ROST9")
    world.services.known.add("record_camera_ROST9.service")
    world.services.enabled.add("record_camera_ROST9.service")

    world.live(3600)

    assert set(world.restarts()) == {"record_camera_ROST9.service"}
    assert world.mail.sent[0].body.startswith("ROST9 no recordings yet → restarting record_camera_ROST9.service")


def test_the_segment_time_of_a_camera_counts() -> None:
    world = make_world("ROST2", "ROST3")
    world.configure("ROST2", segment_s=60)
    world.live(1800)
    world.recording.clear()

    world.live(600)

    assert world.restarts() == ["record_camera_ROST2.service", "record_camera_ROST2.service"]


def test_trap_a_unit_that_does_not_exist_is_an_error_and_no_restart() -> None:
    world = make_world("ROST2")
    world.services.known.clear()
    world.recording.clear()

    world.live(3600)

    assert not world.restarts()
    assert "ROST2 no recordings yet, and its unit does not exist: record_camera_ROST2.service" in errors(world)
    assert world.subjects() == ["[CAMERA] Not recording ROST2"]


def test_trap_stray_folders_are_said_and_restart_nothing() -> None:
    world = make_world("ROST2")
    for name in ("lost+found", "old", ".hidden"):
        world.storage.put_folder(ROOT / name)
    world.storage.put(ROOT / "file", b"x")
    world.configure("ROST2")

    world.live(3600)

    assert set(errors(world)) == {
        "Stray folder, no station can have this name: lost+found",
        "Stray folder, no camera of the configuration and no record_camera_old.service: old",
    }
    assert not world.restarts()
    assert not world.mail.sent


def test_a_link_that_is_no_configured_station_is_said() -> None:
    world = make_world("ROST2")
    world.storage.put_folder("/elsewhere")
    world.storage.put_link(ROOT / "OLD", "/elsewhere")
    world.configure("ROST2")

    world.live(3600)

    assert set(errors(world)) == {"Stray link, no camera of the configuration: OLD"}
    assert not world.restarts()


def test_a_recorder_that_was_stopped_and_disabled_stays_so_and_is_told_of_once() -> None:
    world = make_world("ROST2")
    world.live(3600)
    world.recording.clear()
    world.services.active.clear()
    world.services.enabled.clear()

    world.live(3600)

    assert not world.restarts()
    assert world.subjects() == ["[CAMERA] Not recording ROST2"]
    assert "stopped and disabled by the operator" in world.mail.sent[0].body


def test_a_recorder_that_died_is_restarted() -> None:
    world = make_world("ROST2")
    world.live(3600)
    world.recording.clear()
    world.services.active.clear()
    world.live(1800)
    assert world.subjects() == [DOWN]
    assert world.restarts()


def test_a_restart_that_fails_is_said_in_log_and_mail() -> None:
    world = make_world("ROST2")
    world.recording.clear()
    world.services.fault = ToolError("systemctl", 1, ("Access denied",))

    world.look()

    assert any("Could not restart record_camera_ROST2.service" in error for error in errors(world))
    assert "restarting record_camera_ROST2.service failed: systemctl failed" in world.mail.sent[0].body
    assert not world.reporter.of(RecorderRestarted)


def test_a_service_manager_that_says_nothing_does_not_keep_the_operator_in_the_dark() -> None:
    world = make_world("ROST2")
    world.recording.clear()
    world.calls.fail("services.states", ToolError("systemctl", 1, ("no answer",)), times=None)

    world.look()

    assert world.subjects() == [DOWN]


def test_without_a_service_manager_the_footage_is_watched_all_the_same() -> None:
    """What is missing is said once in a look, whatever number of stations there is."""
    world = make_world("ROST1", "ROST2")
    world.recording.clear()
    missing = MissingToolError("systemctl", "systemd")
    for operation in ("services.states", "services.restart"):
        world.calls.fail(operation, missing, times=None)

    world.look()

    assert set(world.subjects()) == {DOWN, "[CAMERA] Auto-restart ROST1"}
    assert [error for error in errors(world) if "Units are not watched" in error] == [
        f"Units are not watched, and no recorder is restarted, only files are looked at: {missing}"
    ]
    assert not world.reporter.of(RecorderRestarted)


def test_one_station_that_cannot_be_read_does_not_hide_the_others() -> None:
    world = make_world("ROST1", "ROST2")
    world.live(1800)
    world.recording.remove("ROST2")
    world.storage.unreadable.add(ROOT / "ROST1")

    world.live(1800)

    assert world.subjects() == ["[CAMERA] Cannot be looked at ROST1", DOWN]
    assert set(errors(world)) == {f"{ROOT / 'ROST1'}: Permission denied"}


def test_a_station_whose_empty_folder_was_pruned_is_still_watched() -> None:
    world = make_world("ROST2")
    world.live(1800)
    world.recording.clear()
    for path in sorted(p for p in world.storage.tree.nodes if p.is_relative_to(ROOT / "ROST2")):
        del world.storage.tree.nodes[path]

    world.live(1800)

    assert world.subjects() == [DOWN]


def test_a_station_that_is_gone_with_its_unit_is_forgotten() -> None:
    world = make_world("ROST2")
    world.live(1800)
    world.services.known.clear()
    world.configure()
    for path in sorted(p for p in world.storage.tree.nodes if p.is_relative_to(ROOT / "ROST2")):
        del world.storage.tree.nodes[path]
    world.recording.clear()

    report = world.look()

    assert not report.state.stations
    assert not errors(world)


def test_a_missing_recording_folder_is_an_error() -> None:
    world = make_world()
    world.options = attrs.evolve(world.options, recording_dir=PurePath("/nothing"))

    with pytest.raises(UsageError, match="Recording directory not found: /nothing"):
        world.look()


def test_two_watchdogs_do_not_look_at_once() -> None:
    world = make_world("ROST2")
    with world.storage.lock(ROOT), pytest.raises(BusyError):
        world.look()


def test_files_that_are_moved_away_are_no_progress() -> None:
    world = make_world("ROST2")
    world.live(7200)
    world.recording.clear()
    world.live(900)
    for path in list(world.storage.files(ROOT / "ROST2")):
        del world.storage.tree.nodes[path]

    world.live(600)

    assert world.subjects() == [DOWN]


def test_so_many_files_that_not_all_are_remembered_are_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "camvault.core.workflows.recording.monitor.stations.newest_files", lambda files: newest_files(files, 3)
    )
    world = make_world("ROST2")
    world.settled_most = 1000
    world.live(4 * 3600)
    assert len(world.look().state.stations["ROST2"].memory.files) == 3
    assert not world.mail.sent
    world.recording.clear()

    world.live(1800)

    assert world.subjects() == [DOWN]


# --- the disk ---


def test_a_disk_that_fills_up_is_one_incident() -> None:
    world = make_world("ROST2")
    world.storage.mount(ROOT, name="8:1", capacity_bytes=10_000_000)
    world.storage.put(ROOT / "ROST2/old.bin", b"x" * 8_600_000)
    world.live(3600)
    assert world.subjects() == ["[DISK] Usage Warning (86.0%)"]
    world.storage.put(ROOT / "ROST2/old.bin", b"x" * 8_300_000)
    world.live(600)
    assert len(world.subjects()) == 1
    world.storage.put(ROOT / "ROST2/old.bin", b"x" * 1_000_000)
    world.live(600)
    assert [s.split("(")[0] for s in world.subjects()] == ["[DISK] Usage Warning ", "[DISK] Usage normal again "]


def test_season_log_a_full_disk_cannot_silence_the_watchdog() -> None:
    """Nothing can be written beside the footage; memory goes to the spare place, and back when there is room."""
    world = make_world("ROST2")
    world.storage.mount(ROOT, name="8:1", capacity_bytes=10_000_000)
    world.live(3600)
    world.recording.clear()
    free = world.storage.free_bytes(ROOT)
    filler = ROOT / "ROST2/filler.bin"
    world.storage.put(filler, b"x" * free)

    world.live(3600)

    assert world.subjects() == ["[DISK] Usage Warning (100.0%)", DOWN]
    assert world.storage.files(SPARE.parent)
    world.storage.tree.discard(filler)
    world.recording.add("ROST2")
    world.live(3600)
    assert world.subjects()[2:] == ["[DISK] Usage normal again (0.0%)", RECOVERED]
    assert not errors(world)


def test_a_disk_of_no_size_is_full() -> None:
    world = make_world()
    world.storage.mount(ROOT, name="8:1", capacity_bytes=0)

    world.look()

    assert world.subjects() == ["[DISK] Usage Warning (100.0%)"]


def test_memory_that_can_be_written_nowhere_is_said_once_a_run_and_alerts_go_out() -> None:
    world = make_world("ROST2")
    world.recording.clear()
    world.calls.fail("storage.write_text", NoSpaceError(STATE), times=None)

    world.look()

    assert world.subjects() == [DOWN]
    full = f"{STATE}: no space left on device"
    assert [e for e in errors(world) if "The state cannot be written" in e] == [
        f"The state cannot be written, so that the next run begins without it: {full}; {full}"
    ]


@pytest.mark.parametrize("text", ["{", '{"version": 2}', "[]", '{"version": 1}'])
def test_memory_that_cannot_be_understood_is_a_warning(text: str) -> None:
    world = make_world("ROST2")
    world.storage.put(STATE, text)

    world.look()

    (warning,) = world.reporter.of(Warned)
    assert str(warning).startswith("The state of the last run ")


# --- messages ---


def test_alerts_wait_for_a_mail_server_that_is_down_and_come_in_order() -> None:
    world = make_world("ROST1", "ROST2")
    world.live(3600)
    world.mail.is_down = True
    world.recording.clear()
    world.live(3600)
    world.recording.update({"ROST1", "ROST2"})
    world.live(3600)
    assert not world.mail.sent

    world.mail.is_down = False
    world.live(600)

    assert world.subjects() == [
        "[CAMERA] Auto-restart ROST1",
        "[CAMERA] Auto-restart ROST2",
        "[CAMERA] Recovered ROST1",
        "[CAMERA] Recovered ROST2",
    ]
    raised = [alert.raised_at for alert in world.mail.sent]
    assert raised == sorted(raised)
    assert raised[0] < world.clock.wall - timedelta(hours=1)


def test_a_channel_that_is_down_holds_up_no_other() -> None:
    world = make_world("ROST2")
    other = MemoryAlerts(name="command")
    world.channels = (world.mail, other)
    world.mail.is_down = True
    world.recording.clear()
    world.look()
    assert (len(world.mail.sent), len(other.sent)) == (0, 1)

    world.mail.is_down = False
    world.look()

    assert (len(world.mail.sent), len(other.sent)) == (1, 1)


@attrs.define
class Picky:
    """Refuses messages about some stations."""

    refused: tuple[str, ...]
    sent: list[Alert] = attrs.field(factory=list)
    tries: int = 0
    name: str = "picky"

    def send(self, alert: Alert, /) -> None:
        self.tries += 1
        if any(word in alert.subject for word in self.refused):
            raise AlertError(self.name, "554 refused", is_final=True)
        self.sent.append(alert)


def test_a_message_that_is_refused_blocks_no_other_and_is_kept() -> None:
    world = make_world("ROST1", "ROST2", "ROST3")
    world.recording.clear()
    picky = Picky(("ROST1",))
    world.channels = (picky,)
    world.look()
    assert [a.subject[-5:] for a in picky.sent] == ["ROST2", "ROST3"]

    picky.refused = ()
    world.look()

    assert [a.subject[-5:] for a in picky.sent] == ["ROST2", "ROST3", "ROST1"]


def test_a_wrong_password_is_not_tried_for_each_message() -> None:
    world = make_world(*(f"ROST{n}" for n in range(9)))
    world.recording.clear()
    picky = Picky(("ROST",))
    world.channels = (picky,)

    world.look()

    assert picky.tries == 2
    assert len(world.look().state.queue.items) == 9


def test_without_mail_the_log_says_so() -> None:
    world = make_world("ROST2")
    world.channels, world.mail_is_missing = (), True
    world.recording.clear()

    world.look()

    assert "WARNING Email config incomplete — skipping alert." in world.reporter.lines()
    assert not world.reporter.of(AlertSent)


def test_a_queue_that_overflows_says_what_it_drops(monkeypatch: pytest.MonkeyPatch) -> None:
    limited = AlertQueue.within
    monkeypatch.setattr(AlertQueue, "within", lambda queue: limited(queue, 1))
    world = make_world("ROST1", "ROST2")
    world.recording.clear()
    world.mail.is_down = True

    world.look()

    assert "The queue of alerts is full, dropped: [CAMERA] Auto-restart ROST1" in errors(world)


def test_a_stop_before_anything_was_decided_loses_nothing() -> None:
    world = make_world("ROST2")
    world.recording.clear()
    world.cancel.request()
    with pytest.raises(Cancelled):
        monitor(world.options, world.ports())
    world.restart_machine()

    world.look()

    assert world.subjects() == [DOWN]


# --- what a camera sends ---


def test_s15_a_wrong_codec_is_told_of_once_and_so_is_its_end() -> None:
    world = make_world("ROST2")
    notice = ROOT / "ROST2/.streams"
    world.live(3600)
    world.storage.put(notice, b"audio codec_name is pcm_alaw, expected aac\n")
    world.live(7200)
    world.storage.put(notice, b"no audio, expected codec_name aac\n")
    world.live(3600)
    world.storage.put(notice, b"")
    world.live(3600)

    assert world.subjects() == [
        "[CAMERA] Unexpected stream ROST2",
        "[CAMERA] Unexpected stream ROST2",
        "[CAMERA] Stream as expected ROST2",
    ]
    assert world.mail.sent[0].body.startswith(
        "ROST2 sends other streams than expected: audio codec_name is pcm_alaw, expected aac\n"
    )
    assert world.restarts() == []


def test_a_notice_that_cannot_be_read_is_said_and_hides_no_stall() -> None:
    world = make_world("ROST2")
    world.live(3600)
    world.storage.put_folder(ROOT / "ROST2/.streams")
    world.recording.clear()
    world.live(3600)

    assert world.subjects() == [DOWN]
    assert any("ROST2/.streams" in line for line in world.reporter.lines())
