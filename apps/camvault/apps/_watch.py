"""Composition root, shared part: what the commands that watch recorders are put together from."""

import os
import shlex
import socket
from collections.abc import MutableMapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.matroska import MatroskaDurations
from camvault.apps import _video
from camvault.apps._cli import Context
from camvault.core.segments.names import is_station
from camvault.core.workflows.recording.coverage import CoveragePorts, Places
from camvault.core.workflows.recording.monitor import Station
from camvault.ports.errors import UsageError

if TYPE_CHECKING:
    from camvault.ports.alerts import Alerts

STATE_NAME = ".monitor_recordings.json"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SPARE_ROOT = PurePath("/run/camvault")
_ANSWER_LIMIT_S = 30.0
"""Longer than a disk takes to spin up."""


def boot_name() -> str:
    """An opaque name of this start of the machine; "" where the system tells none."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""


def host_name() -> str:
    """The machine's name."""
    return socket.gethostname()


def state_paths(recording_dir: Path, state: Path | None) -> tuple[PurePath, ...]:
    """Where the watchdog remembers: as asked, or beside the footage; else in memory, for the day the disk is full."""
    first = PurePath((state or recording_dir / STATE_NAME).absolute())
    folder = PurePath(os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0] or _SPARE_ROOT)
    spare = folder / f"monitor{str(first).replace('/', '-')}"
    return (first, spare) if _is_ours(Path(folder)) else (first,)


def answers(folder: PurePath, context: Context) -> bool:
    """Whether a folder can be used; looked at by a program of its own, as it may hang."""
    from camvault.adapters.rsync.mounted import MountedFolder  # noqa: PLC0415 - starts programs
    from camvault.ports.transfer import TargetError  # noqa: PLC0415

    try:
        MountedFolder(folder).status(marker=STATE_NAME, cancel=context.cancel, limit_s=_ANSWER_LIMIT_S)
    except TargetError as error:
        return not error.is_silent
    return True


def _is_ours(folder: Path) -> bool:
    """Whether the folder can be had, and nobody else can put anything there."""
    try:
        folder.mkdir(mode=0o755, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def channels(
    context: Context, environment: MutableMapping[str, str], command: str | None, urls: Path | None
) -> tuple[tuple["Alerts", ...], bool]:
    """Every way to reach the operator that is set up, and whether mail is not.

    The mail password is taken out of the environment: no program that is started later gets to know it.

    Raises:
        UsageError: SMTP_PORT, the command or the file of URLs is wrong. No message holds a secret.
        MissingToolError: There are URLs, and apprise is not installed.
    """
    from camvault.adapters.alertcommand import CommandAlerts  # noqa: PLC0415 - starts programs
    from camvault.adapters.smtp import SmtpAlerts, settings_from  # noqa: PLC0415

    found: list[Alerts] = []
    settings = settings_from(environment)
    environment.pop("SMTP_PASS", None)
    if settings is not None:
        found.append(SmtpAlerts(settings))
    if command is not None:
        found.append(CommandAlerts(_argv(command), context.cancel))
    if urls is not None:
        from camvault.adapters.apprise import apprise_channels  # noqa: PLC0415 - an optional extra

        found += apprise_channels(_urls(urls))
    return tuple(found), settings is None


def _argv(command: str) -> tuple[str, ...]:
    try:
        argv = tuple(shlex.split(command))
    except ValueError as error:
        raise UsageError(f"--alert-command: {error}") from None
    if not argv:
        raise UsageError("--alert-command: found nothing, expected a program")
    return argv


def _urls(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"--alert-urls {path}: {reason}") from None
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def places(recording_dir: Path | None, cameras_config: Path | None, backup_config: Path | None) -> Places:
    """Where segments are: each camera's folder, each folder beside them, and what backup.json names.

    Raises:
        UsageError: A configuration is wrong, or neither cameras nor a folder is named.
    """
    stations: dict[str, PurePath] = {}
    lengths: dict[str, int] = {}
    if cameras_config is not None:
        for station in _video.stations_of(_video.cameras_config(cameras_config)):
            stations.setdefault(station.name, station.folder)
            lengths.setdefault(station.name, station.segment_s)
    if recording_dir is not None:
        for folder in _folders_in(recording_dir):
            stations.setdefault(folder.name, folder)
    elif cameras_config is None:
        raise UsageError(
            "Neither --recording_dir nor --cameras_config: give one of them, to say which cameras there are"
        )
    if backup_config is None:
        return Places(stations=stations, lengths=lengths)
    config = _video.backup_config(backup_config)
    return Places(
        stations=stations,
        lengths=lengths,
        ready=PurePath(config.ready_for_backup_dir),
        quarantine=_video.quarantine_of(config),
        ledgers=PurePath(config.success_log_dir),
    )


def watched_stations(cameras_config: Path | None) -> tuple[Station, ...] | None:
    """The cameras of the configuration; None without one.

    Raises:
        UsageError: The configuration is wrong.
    """
    if cameras_config is None:
        return None
    return tuple(
        Station(each.station, PurePath(each.output_dir, each.station), each.segment_time)
        for each in _video.cameras_config(cameras_config)
    )


def _folders_in(root: Path) -> list[PurePath]:
    try:
        return sorted(PurePath(each.absolute()) for each in root.iterdir() if each.is_dir() and is_station(each.name))
    except OSError as error:
        raise UsageError(f"--recording_dir {root}: {error.strerror}") from None


def coverage_ports(context: Context) -> CoveragePorts:
    """The real world of a report."""
    return CoveragePorts(
        storage=LocalStorage(),
        durations=MatroskaDurations(),
        clock=context.clock,
        reporter=context.reporter,
        cancel=context.cancel,
    )
