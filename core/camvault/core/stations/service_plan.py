"""Pure: which services a set of cameras needs, and which unit files have to change for them.

The same configuration and the same `ServiceLayout` give the same definitions on every machine: a core is given as an
index, which `record_camera` takes modulo the number of cores of its machine.
"""

import difflib
import enum
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath

import attrs

from camvault.core.stations.configuration import BackupConfig, Camera
from camvault.ports.recorder import Transport
from camvault.ports.services import CREDENTIALS, Schedule, ServiceDefinition, ServiceKind
from camvault.ports.units import UnitFile

PASSWORD_CREDENTIAL = "camera-password"  # noqa: S105 - a name
PATH_CREDENTIAL = "camera-path"
CREDENTIALS_FOLDER = PurePath("/etc/camvault/credentials")
MAIL_SETTINGS = PurePath("/etc/monitor_email.conf")
STATE_FOLDER = PurePath("/var/lib/camvault")
"""Where the watchdog keeps its state: it cannot be in the folder of the footage, which belongs to another user."""

_WATCHDOG_S = 60
_MONITOR_EVERY_S = 300
_MONITOR_LIMIT_S = 900
"""Longer than all folders and channels may take to answer: it is killed, and the timer starts the next run."""
_JOBS = ("organize_video", "backup_video", "cleanup_video")
_SHORTEST_INTERVAL_S = 60
_DEFAULT_INTERVAL_S = 600


@attrs.frozen(kw_only=True)
class ServiceLayout:
    """Where things are on the machine that will run the services.

    Attributes:
        programs: The folder of camvault's commands.
        cameras_config: The path of cameras.json, absolute.
        backup_config: The path of backup.json, absolute.
        user: The user that the recorders and the jobs run as.
    """

    programs: PurePath
    cameras_config: PurePath
    backup_config: PurePath
    user: str


def recorder_name(station: str) -> str:
    """The name of a camera's service, without suffix."""
    return f"record_camera_{station}"


def definitions(
    cameras: Iterable[Camera], backup: BackupConfig, *, layout: ServiceLayout
) -> tuple[ServiceDefinition, ...]:
    """All services: a recorder for each camera, the jobs in the order in which footage passes them, the watchdog."""
    cameras = tuple(cameras)
    recorders = tuple(_recorder(camera, index, layout) for index, camera in enumerate(cameras))
    watchdogs = (_monitor(cameras, layout),) if cameras else ()
    return (*recorders, *_jobs(cameras, backup, layout), *watchdogs)


def job_intervals(cameras: Iterable[Camera]) -> Mapping[str, int]:
    """The units of the jobs, each with the seconds from one run to the next."""
    every_s = _interval_s(tuple(cameras))
    return {f"{name}.service": every_s for name in _JOBS}


def secrets(cameras: Iterable[Camera]) -> Mapping[str, str]:
    """The texts of the credential files that must be written, by name; none for a camera with a `password_file`."""
    return {recorder_name(each.station): f"{each.password}\n" for each in cameras if each.password}


def _recorder(camera: Camera, index: int, layout: ServiceLayout) -> ServiceDefinition:
    name = recorder_name(camera.station)
    credentials = {}
    if camera.password:
        credentials = {PASSWORD_CREDENTIAL: CREDENTIALS_FOLDER / name}
    elif camera.password_file:
        credentials = {PASSWORD_CREDENTIAL: PurePath(camera.password_file)}
    flags = _recorder_flags(camera, index, has_secret=bool(credentials))
    if camera.rtsp_path_file:
        credentials[PATH_CREDENTIAL] = PurePath(camera.rtsp_path_file)
    return ServiceDefinition(
        name=name,
        description=f"Record camera {camera.station}",
        argv=(str(layout.programs / "record_camera"), *flags),
        kind=ServiceKind.DAEMON,
        user=layout.user,
        writable=tuple(PurePath(each) for each in (camera.output_dir, camera.logs_dir) if each),
        credentials=credentials,
        watchdog_s=_WATCHDOG_S,
        needs_network=True,
    )


def _recorder_flags(camera: Camera, index: int, *, has_secret: bool) -> Iterator[str]:
    yield from ("--ip", camera.ip, "--station", camera.station)
    if camera.user:
        yield from ("--user", camera.user)
    if has_secret:
        yield from ("--password-file", f"{CREDENTIALS}/{PASSWORD_CREDENTIAL}")
    yield from ("--segment_time", str(camera.segment_time), "--loglevel", camera.loglevel)
    yield from ("--output_dir", camera.output_dir)
    yield from ("--rtsp_port", str(camera.rtsp_port))
    if camera.rtsp_path_file:
        yield from ("--rtsp_path_file", f"{CREDENTIALS}/{PATH_CREDENTIAL}")
    else:
        yield from ("--rtsp_path", camera.rtsp_path)
    if camera.transport != Transport.AUTO.value:
        yield from ("--transport", camera.transport)
    if camera.no_audio:
        yield "--no-audio"
    yield from ("--stall-timeout", f"{camera.stall_timeout:g}", "--ffmpeg_path", camera.ffmpeg_path)
    yield from ("--core", str(index if camera.core is None else camera.core))
    if camera.logs_dir:
        yield from ("--logs_dir", camera.logs_dir)
    if camera.utc:
        yield "--utc"


def _interval_s(cameras: tuple[Camera, ...]) -> int:
    shortest = min((each.segment_time for each in cameras), default=_DEFAULT_INTERVAL_S)
    return max(shortest, _SHORTEST_INTERVAL_S)


def _configs(layout: ServiceLayout) -> tuple[str, ...]:
    return ("--backup_config", str(layout.backup_config), "--cameras_config", str(layout.cameras_config))


def _jobs(cameras: tuple[Camera, ...], backup: BackupConfig, layout: ServiceLayout) -> Iterator[ServiceDefinition]:
    configs = _configs(layout)
    ready = PurePath(backup.ready_for_backup_dir)
    records = (PurePath(backup.success_log_dir), PurePath(backup.lock_dir))
    live = _unique(PurePath(each.output_dir) for each in cameras)
    target = PurePath(backup.nas_target_dir)
    every_s = _interval_s(cameras)
    common = ServiceDefinition(name="", description="", argv=(), user=layout.user)
    yield attrs.evolve(
        common,
        name="organize_video",
        description="Move finished segments to their date folders",
        argv=(str(layout.programs / "organize_video"), *configs),
        writable=_unique((*live, ready, backup.quarantine, *records)),
        schedule=Schedule(120, every_s),
    )
    yield attrs.evolve(
        common,
        name="backup_video",
        description="Copy finished segments to the NAS",
        argv=(str(layout.programs / "backup_video"), *configs),
        writable=_unique((ready, *records)),
        writable_if_there=(target,) if target.is_absolute() else (),
        needs_network=True,
        schedule=Schedule(240, every_s),
    )
    yield attrs.evolve(
        common,
        name="cleanup_video",
        description="Remove local segments that are proven to be on the NAS",
        argv=(str(layout.programs / "cleanup_video"), *configs),
        writable=_unique((ready, *records)),
        schedule=Schedule(360, every_s),
    )


def _monitor(cameras: tuple[Camera, ...], layout: ServiceLayout) -> ServiceDefinition:
    """The watchdog. It needs no mounted footage, because it has to tell of footage that is not mounted."""
    folders = _unique(PurePath(each.output_dir) for each in cameras)
    return ServiceDefinition(
        name="monitor_recordings",
        description="Restart recorders that stand still, and tell the operator",
        argv=(
            str(layout.programs / "monitor_recordings"),
            *("--recording_dir", str(folders[0]), "--segment_time", str(cameras[0].segment_time)),
            *("--multiplier", "2", *_configs(layout), "--state", str(STATE_FOLDER / "monitor_recordings.json")),
        ),
        writable=(STATE_FOLDER,),
        has_runtime_folder=True,
        limit_s=_MONITOR_LIMIT_S,
        environment_files=(MAIL_SETTINGS,),
        schedule=Schedule(_MONITOR_EVERY_S, _MONITOR_EVERY_S),
        needs_network=True,
        may_control_services=True,
    )


def _unique(paths: Iterable[PurePath]) -> tuple[PurePath, ...]:
    return tuple(dict.fromkeys(paths))


class Change(enum.Enum):
    """The kinds of changes of a unit file."""

    CREATED = "created"
    CHANGED = "changed"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    REFUSED = "refused: somebody else wrote the file that stands there"


@attrs.frozen
class UnitChange:
    """What happens to one unit file: its new text, and the unified diff to it ("" if there is none to show)."""

    name: str
    change: Change
    text: str = ""
    diff: str = ""


def compare(wanted: Mapping[str, str], present: Iterable[UnitFile]) -> tuple[UnitChange, ...]:
    """The changes that turn `present` into `wanted`. Only generated files are replaced or removed."""
    there = {each.name: each for each in present}
    changes = [_change(name, text, there.get(name)) for name, text in wanted.items()]
    gone = [each for name, each in there.items() if name not in wanted and each.is_generated]
    return (*changes, *(UnitChange(each.name, Change.REMOVED, "", _diff(each.name, each.text, "")) for each in gone))


def _change(name: str, text: str, found: UnitFile | None) -> UnitChange:
    if found is None:
        return UnitChange(name, Change.CREATED, text)
    if found.text == text:
        return UnitChange(name, Change.UNCHANGED, text)
    if not found.is_generated:
        return UnitChange(name, Change.REFUSED)
    return UnitChange(name, Change.CHANGED, text, _diff(name, found.text, text))


def _diff(name: str, old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"old/{name}", f"new/{name}", lineterm="", n=0)
    return "\n".join(lines)


def digest(text: str) -> str:
    """SHA-256 of a definition, by which a unit that was started with another one is known."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
