"""Which services a configuration needs, what changes, and what is done about it."""

import re
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import attrs
import pytest

from camvault.adapters.memory import MemoryReporter
from camvault.adapters.memory.services import MemoryServices
from camvault.adapters.memory.units import MemoryUnits
from camvault.adapters.systemd import GENERATED_HEADER, unit_files
from camvault.core.stations.configuration import BackupConfig, Camera
from camvault.core.stations.service_plan import Change, ServiceLayout, compare, definitions, job_intervals, secrets
from camvault.core.workflows.recording.services import (
    NO_UNITS,
    NotRunningError,
    UnitsControlled,
    disable,
    enable,
    generate,
    link,
    start,
    status,
    stop,
)
from camvault.ports.errors import DeniedError, ToolError, UsageError
from camvault.ports.services import CREDENTIALS, Schedule, ServiceDefinition
from camvault.ports.units import Seat
from tests import canary

CANARY = canary.password('% "$x')
LAYOUT = ServiceLayout(
    programs=PurePath("/usr/bin"),
    cameras_config=PurePath("/srv/cameras.json"),
    backup_config=PurePath("/srv/backup.json"),
    user="recorder",
)
BACKUP = BackupConfig(
    ready_for_backup_dir="/srv/ready",
    nas_target_dir="/mnt/nas/video",
    success_log_dir="/srv/logs",
    lock_dir="/srv/locks",
)


def _camera(number: int, **more: Any) -> Camera:
    plain = Camera(station=f"ROST{number}", ip=f"192.168.1.{number}", user="viewer", password=CANARY)
    return attrs.evolve(plain, **more)


CAMERAS = tuple(_camera(number) for number in range(1, 17))


def _plan(*cameras: Camera, backup: BackupConfig = BACKUP) -> dict[str, ServiceDefinition]:
    return {each.name: each for each in definitions(cameras, backup, layout=LAYOUT)}


def _texts(*cameras: Camera) -> dict[str, str]:
    return {name: text for each in _plan(*cameras).values() for name, text in unit_files(each).items()}


def _flag(definition: ServiceDefinition, flag: str) -> str:
    return definition.argv[definition.argv.index(flag) + 1]


def test_each_camera_has_a_recorder_and_all_have_the_jobs() -> None:
    assert list(_plan(_camera(1), _camera(2))) == [
        "record_camera_ROST1", "record_camera_ROST2", "organize_video", "backup_video", "cleanup_video",
        "monitor_recordings",
    ]  # fmt: skip


def test_overrides_of_a_camera_are_honoured() -> None:
    special = _camera(
        2, segment_time=300, loglevel="error", rtsp_port=8554, rtsp_path="/live", stall_timeout=2.5, utc=True,
        ffmpeg_path="/opt/ffmpeg", output_dir="/srv/other", logs_dir="/srv/logs",
    )  # fmt: skip
    plan = _plan(_camera(1), special)
    plain, other = plan["record_camera_ROST1"], plan["record_camera_ROST2"]

    flags = ("--segment_time", "--loglevel", "--rtsp_port", "--rtsp_path", "--stall-timeout", "--ffmpeg_path")
    assert [_flag(plain, flag) for flag in flags] == ["600", "info", "554", "/Streaming/Channels/101", "10", "ffmpeg"]
    assert [_flag(other, flag) for flag in flags] == ["300", "error", "8554", "/live", "2.5", "/opt/ffmpeg"]
    assert _flag(other, "--logs_dir") == "/srv/logs"
    assert "--utc" in other.argv
    assert not {"--utc", "--logs_dir"} & set(plain.argv)
    assert other.writable == (PurePath("/srv/other"), PurePath("/srv/logs"))
    assert set(plan["organize_video"].writable) >= {PurePath("/home/recordingpi/cameras"), PurePath("/srv/other")}


def test_trap_cores_are_an_index_and_no_core_count_leaks_in() -> None:
    plan = _plan(*CAMERAS, _camera(17, core=3))

    assert [_flag(plan[f"record_camera_ROST{n}"], "--core") for n in (1, 16, 17)] == ["0", "15", "3"]


def test_timers_are_staggered_and_follow_the_segment_time() -> None:
    plan = _plan(_camera(1), _camera(2, segment_time=300))
    jobs = ("organize_video", "backup_video", "cleanup_video", "monitor_recordings")

    assert [plan[job].schedule for job in jobs] == [
        Schedule(120, 300), Schedule(240, 300), Schedule(360, 300), Schedule(300, 300),
    ]  # fmt: skip
    assert _plan(_camera(1))["organize_video"].schedule == Schedule(120, 600)
    assert _plan(_camera(1, segment_time=1))["organize_video"].schedule == Schedule(120, 60)
    assert _plan()["organize_video"].schedule == Schedule(120, 600)


def test_the_watchdog_knows_all_cameras_and_remembers_where_root_may_write() -> None:
    monitor = _plan(_camera(1, output_dir="/srv/a"), _camera(2, output_dir="/srv/b"))["monitor_recordings"]

    assert _flag(monitor, "--recording_dir") == "/srv/a"
    assert _flag(monitor, "--cameras_config") == "/srv/cameras.json"
    assert PurePath(_flag(monitor, "--state")).parent in monitor.writable
    assert (monitor.user, monitor.may_control_services) == ("", True)
    assert "RuntimeDirectory=monitor_recordings" in unit_files(monitor)["monitor_recordings.service"]
    assert "TimeoutStartSec=900" in unit_files(monitor)["monitor_recordings.service"]
    assert "monitor_recordings" not in _plan()


def test_the_watchdog_knows_how_often_each_job_runs() -> None:
    plan = _plan(*CAMERAS)
    every_s = job_intervals(CAMERAS)

    scheduled = {f"{name}.service": unit.schedule.every_s for name, unit in plan.items() if unit.schedule}
    assert {**every_s, "monitor_recordings.service": scheduled["monitor_recordings.service"]} == scheduled


def test_trap_the_watchdog_runs_when_the_footage_is_not_mounted() -> None:
    """It is who has to tell of it."""
    text = unit_files(_plan(_camera(1, output_dir="/srv/a"))["monitor_recordings"])["monitor_recordings.service"]

    assert "RequiresMountsFor=/var/lib/camvault\n" in text


def test_a_local_nas_is_writable_for_the_backup_only_and_never_made() -> None:
    plan = _plan(_camera(1))
    text = unit_files(plan["backup_video"])["backup_video.service"]

    assert "ReadWritePaths=-/srv/ready -/srv/logs -/srv/locks -/mnt/nas/video" in text
    assert "/mnt/nas/video" in next(line for line in text.splitlines() if line.startswith("RequiresMountsFor="))
    assert not [
        line for line in text.splitlines() if "/mnt" in line and line.startswith(("ExecStartPre", "StandardInput"))
    ]
    assert not [each.name for each in plan.values() if each.writable_if_there and each.name != "backup_video"]


def test_a_nas_behind_ssh_is_no_local_folder() -> None:
    plan = _plan(backup=attrs.evolve(BACKUP, nas_target_dir="user@nas:/volume1/video", quarantine_dir="/srv/broken"))

    assert plan["backup_video"].writable_if_there == ()
    assert PurePath("/srv/broken") in plan["organize_video"].writable


def test_a_path_that_is_a_secret_is_a_credential_and_no_flag() -> None:
    own = _plan(_camera(1, rtsp_path_file="/etc/camera-path"))["record_camera_ROST1"]

    assert own.credentials["camera-path"] == PurePath("/etc/camera-path")
    assert own.argv[own.argv.index("--rtsp_path_file") + 1] == f"{CREDENTIALS}/camera-path"
    assert "--rtsp_path" not in own.argv


def test_how_a_camera_is_recorded_is_in_its_unit_where_it_is_not_as_usual() -> None:
    flags = {"--transport", "--no-audio"}
    usual = _plan(_camera(1))["record_camera_ROST1"]
    other = _plan(_camera(1, transport="udp", no_audio=True))["record_camera_ROST1"]

    assert not flags & set(usual.argv)
    assert flags <= set(other.argv)
    assert other.argv[other.argv.index("--transport") + 1] == "udp"


def test_a_camera_brings_its_own_password_file_or_needs_none() -> None:
    own = _plan(_camera(1, password="", password_file="/etc/pw"))["record_camera_ROST1"]  # noqa: S106 - a path
    none = _plan(_camera(1, password="", user=""))["record_camera_ROST1"]

    assert own.credentials == {"camera-password": PurePath("/etc/pw")}
    assert not none.credentials
    assert not {"--user", "--password-file"} & set(none.argv)
    assert secrets([_camera(1, password="")]) == {}


def test_trap_the_password_is_in_no_unit() -> None:
    texts = _texts(*CAMERAS)

    assert not [name for name, text in texts.items() if canary.found_in(text)]
    recorder = _plan(_camera(1))["record_camera_ROST1"]
    assert _flag(recorder, "--password-file") == f"{CREDENTIALS}/camera-password"
    assert (
        "LoadCredential=camera-password:/etc/camvault/credentials/record_camera_ROST1"
        in texts["record_camera_ROST1.service"]
    )
    assert secrets([_camera(1)]) == {"record_camera_ROST1": CANARY + "\n"}


def test_a_recorder_that_is_asked_to_stop_has_not_failed() -> None:
    assert "SuccessExitStatus=130" in _texts(_camera(1))["record_camera_ROST1.service"]


def test_one_camera_of_sixteen_changes_exactly_one_unit() -> None:
    units = MemoryUnits(dict(_texts(*CAMERAS)), header=GENERATED_HEADER)
    changed = (*CAMERAS[:4], attrs.evolve(CAMERAS[4], loglevel="warning"), *CAMERAS[5:])

    changes = [each for each in compare(_texts(*changed), units.local()) if each.change is not Change.UNCHANGED]

    assert [(each.name, each.change) for each in changes] == [("record_camera_ROST5.service", Change.CHANGED)]
    assert changes[0].diff.count("\n-ExecStart") == changes[0].diff.count("\n+ExecStart") == 1
    assert "--loglevel warning" in changes[0].diff


# --- workflow ---


@attrs.define
class Desk:
    """Folders and a manager that reads them on reload."""

    units: MemoryUnits
    services: MemoryServices
    reporter: MemoryReporter

    def generate(self, *cameras: Camera) -> None:
        generate(_texts(*cameras), units=self.units, reporter=self.reporter)

    def link(self, *cameras: Camera) -> None:
        link(secrets(cameras), units=self.units, services=self.services, reporter=self.reporter)

    def do(self, action: Callable[..., object]) -> None:
        action(units=self.units, services=self.services, reporter=self.reporter)

    def restarts(self) -> list[str]:
        return [name for action, *names in self.services.actions for name in names if action == "restart"]

    def lines(self) -> list[str]:
        return [str(event) for event in self.reporter.events]


@pytest.fixture
def desk() -> Desk:
    units = MemoryUnits(header=GENERATED_HEADER)

    def linked() -> list[str]:
        return [name for name, seat in units.seats.items() if seat is Seat.LINKED and name in units.texts]

    return Desk(units, MemoryServices(definitions=linked), MemoryReporter())


@pytest.fixture
def running(desk: Desk) -> Desk:
    """Sixteen cameras that record."""
    desk.generate(*CAMERAS)
    desk.link(*CAMERAS)
    desk.do(start)
    desk.services.actions.clear()
    desk.reporter.events.clear()
    return desk


def test_nothing_that_is_unchanged_is_written_linked_or_restarted(running: Desk) -> None:
    running.generate(*CAMERAS)
    running.link(*CAMERAS)

    assert running.lines() == ["[GENERATE] 0 created, 0 changed, 0 removed, 24 unchanged"]
    assert running.services.actions == [("stop",), ("reload",)]


def test_season_log_a_changed_log_level_takes_and_only_that_camera_restarts(running: Desk) -> None:
    changed = (attrs.evolve(CAMERAS[0], loglevel="warning"), *CAMERAS[1:])

    running.generate(*changed)
    running.link(*changed)
    running.link(*changed)

    assert running.restarts() == ["record_camera_ROST1.service"]


def test_a_changed_password_restarts_that_camera_although_its_unit_is_the_same(running: Desk) -> None:
    changed = (attrs.evolve(CAMERAS[0], password=f"new-{CANARY}"), *CAMERAS[1:])

    running.generate(*changed)
    running.link(*changed)

    assert running.restarts() == ["record_camera_ROST1.service"]
    assert not [line for line in running.lines() if canary.found_in(line)]


def test_a_restart_that_was_cut_off_is_done_by_the_next_run(running: Desk) -> None:
    changed = (attrs.evolve(CAMERAS[0], loglevel="warning", password=f"new-{CANARY}"), *CAMERAS[1:])
    running.generate(*changed)
    running.services.fault = ToolError("systemctl", 1)
    with pytest.raises(ToolError):
        running.link(*changed)

    running.services.fault = None
    running.link(*changed)

    assert running.restarts() == ["record_camera_ROST1.service"]


def test_a_changed_timer_restarts_and_a_job_that_works_is_left_to_finish(running: Desk) -> None:
    changed = tuple(attrs.evolve(each, segment_time=300) for each in CAMERAS[:1]) + CAMERAS[1:]
    running.units.texts["backup_video.service"] += "# old\n"
    running.link(*CAMERAS)
    running.services.active.add("backup_video.service")
    running.services.actions.clear()

    running.generate(*changed)
    running.link(*changed)

    assert "backup_video.timer" in running.restarts()
    assert "backup_video.service" not in running.restarts()


def test_trap_units_of_a_removed_camera_are_stopped_and_unlinked_with_its_password(running: Desk) -> None:
    running.generate(*CAMERAS[:-1])
    running.link(*CAMERAS[:-1])

    gone = "record_camera_ROST16.service"
    assert gone not in running.units.texts
    assert gone not in running.units.seats
    assert gone not in running.services.active
    assert "record_camera_ROST16" not in running.units.secrets
    assert "[REMOVE] services/record_camera_ROST16.service" in running.lines()[0]
    assert "[UNLINK] record_camera_ROST16.service" in running.lines()
    assert "[CREDENTIAL] record_camera_ROST16 removed" in running.lines()
    assert running.restarts() == []


def test_stop_also_stops_what_is_not_generated_any_more_and_begins_with_timers(running: Desk) -> None:
    running.generate(*CAMERAS[:-1])
    running.units.texts.pop("backup_video.timer")
    running.services.active.add("backup_video.service")

    running.do(stop)

    assert running.services.active == set()
    ((_, *order),) = running.services.actions
    roles = ["timer" if name.endswith(".timer") else "job" if "record" not in name else "recorder" for name in order]
    assert roles == sorted(roles, key=["timer", "job", "recorder"].index)
    assert order[0] == "backup_video.timer"
    assert order[-1] == "record_camera_ROST16.service"


def test_trap_start_does_not_fire_the_jobs(desk: Desk) -> None:
    desk.generate(CAMERAS[0])
    desk.link(CAMERAS[0])
    desk.do(start)

    assert desk.services.active == {
        "record_camera_ROST1.service", "organize_video.timer", "backup_video.timer", "cleanup_video.timer",
        "monitor_recordings.timer",
    }  # fmt: skip
    assert next(e.name for e in desk.reporter.of(UnitsControlled)) == "record_camera_ROST1.service"


def test_trap_only_what_can_be_enabled_is_enabled(running: Desk) -> None:
    running.do(enable)
    assert running.services.enabled == running.services.active

    running.units.seats.pop("backup_video.timer")  # as systemd does it
    running.do(disable)

    assert running.services.enabled == set()
    assert running.units.seats["backup_video.timer"] is Seat.LINKED


def test_status_names_what_does_not_run(running: Desk) -> None:
    running.do(status)
    assert len([line for line in running.lines() if line.startswith("[OK]")]) == 24
    running.services.active.discard("record_camera_ROST2.service")
    running.services.failed.add("backup_video.service")
    running.services.known.discard("cleanup_video.service")

    with pytest.raises(NotRunningError) as raised:
        running.do(status)

    assert str(raised.value) == (
        "[ERROR] not running or failed: backup_video.service, cleanup_video.service, record_camera_ROST2.service"
    )
    assert "[NOT OK] record_camera_ROST2.service: " in running.lines()


@pytest.mark.parametrize("action", [start, stop, enable, disable, status])
def test_without_units_nothing_can_be_controlled(desk: Desk, action: Callable[..., object]) -> None:
    with pytest.raises(UsageError, match=re.escape(NO_UNITS)):
        desk.do(action)


def test_a_hand_written_unit_of_the_same_name_is_not_overwritten(desk: Desk) -> None:
    desk.units.texts["backup_video.service"] = "[Unit]\n"
    desk.units.texts["mine.service"] = "[Unit]\n"

    with pytest.raises(UsageError, match=r"backup_video\.service"):
        desk.generate(*CAMERAS)

    assert desk.units.texts == {"backup_video.service": "[Unit]\n", "mine.service": "[Unit]\n"}


@pytest.mark.parametrize("seat", [Seat.FOREIGN_FILE, Seat.MASKED])
def test_what_is_in_the_way_is_refused_before_anything_is_done(desk: Desk, seat: Seat) -> None:
    desk.generate(CAMERAS[0])
    desk.units.seats["backup_video.timer"] = seat

    with pytest.raises(UsageError, match=r"backup_video\.timer"):
        desk.link(CAMERAS[0])

    assert desk.units.seats == {"backup_video.timer": seat}
    assert not desk.units.secrets


def test_a_wrong_link_is_replaced(desk: Desk) -> None:
    desk.generate(CAMERAS[0])
    desk.units.seats["backup_video.timer"] = Seat.OTHER_LINK

    desk.link(CAMERAS[0])

    assert set(desk.units.seats.values()) == {Seat.LINKED}
    assert "[LINK] /etc/systemd/system/backup_video.timer → /srv/timers/backup_video.timer" in desk.lines()


def test_who_needs_to_be_root_is_told(desk: Desk) -> None:
    desk.generate(CAMERAS[0])
    desk.units.fault = DeniedError(PurePath("/etc/systemd/system/x"), "Permission denied")

    with pytest.raises(UsageError, match=r"\[ERROR\] Need sudo to create /etc/systemd/system/x"):
        desk.link(CAMERAS[0])


def test_in_the_tree_of_another_machine_no_manager_is_asked(desk: Desk) -> None:
    desk.generate(*CAMERAS[:2])
    link({}, units=desk.units, services=None, reporter=desk.reporter)
    desk.generate(CAMERAS[0])

    link({}, units=desk.units, services=None, reporter=desk.reporter)

    assert "record_camera_ROST2.service" not in desk.units.seats
    assert desk.services.actions == []
