"""Composition root, shared part: how the watchdog reaches the operator, and where its memory is."""

import os
import shlex
import socket
from collections.abc import Mapping, MutableMapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.jsonfile import JsonDocuments
from camvault.adapters.matroska import MatroskaPictures
from camvault.adapters.system import SystemHost
from camvault.adapters.systemd import Systemctl
from camvault.apps._assembly.configuration import cameras_config
from camvault.apps._assembly.given_text import given_text
from camvault.apps._cli.stage import Context
from camvault.core.stations.service_plan import job_intervals
from camvault.core.workflows.recording.monitor import MonitorPorts
from camvault.ports.errors import UsageError

if TYPE_CHECKING:
    from camvault.ports.alerts import Alerts
    from camvault.ports.pulse import Pulse

STATE_NAME = ".monitor_recordings.json"
_SPARE_ROOT = PurePath("/run/camvault")
_ANSWER_LIMIT_S = 30.0
"""Longer than a disk takes to spin up."""


def boot_name() -> str:
    """An opaque name of this start of the machine; "" where the system tells none."""
    return SystemHost().boot_id()


def host_name() -> str:
    """The machine's name."""
    return socket.gethostname()


def state_paths(recording_dir: Path, state: Path | None) -> tuple[PurePath, ...]:
    """The files of the watchdog's memory: as asked for, or beside the footage; then in /run, if the disk is full."""
    first = PurePath((state or recording_dir / STATE_NAME).absolute())
    folder = PurePath(os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0] or _SPARE_ROOT)
    spare = folder / f"monitor{str(first).replace('/', '-')}"
    return (first, spare) if _is_ours(Path(folder)) else (first,)


def watched_jobs(cameras: Path | None, backup: Path | None) -> Mapping[str, float]:
    """The units of the jobs with their intervals; none without backup.json, which they need.

    Raises:
        UsageError: The configuration is wrong.
    """
    return {} if backup is None else job_intervals(cameras_config(cameras) if cameras is not None else ())


def answers(folder: PurePath, context: Context) -> bool:
    """Whether a folder can be used. A child process looks: a look at a dead network mount may never end."""
    from camvault.adapters.rsync.mounted import MountedFolder, NoStatusError  # noqa: PLC0415 - starts programs

    try:
        MountedFolder(folder).status(marker=STATE_NAME, cancel=context.cancel, limit_s=_ANSWER_LIMIT_S)
    except NoStatusError as error:
        return not error.is_silent
    return True


def _is_ours(folder: Path) -> bool:
    """Whether the folder can be made or is there, is ours, and cannot be written to by other users."""
    try:
        folder.mkdir(mode=0o755, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def channels(
    context: Context, environment: MutableMapping[str, str], command: str | None, urls: Path | None
) -> tuple[tuple["Alerts", ...], bool]:
    """Every channel to the operator that is set up, and whether mail is missing among them.

    The mail password is taken out of the environment: programs that are started later do not inherit the password.

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

        found += apprise_channels(_urls(given_text(context, "--alert-urls", urls)))
    return tuple(found), settings is None


def pulse(context: Context, url: Path | None) -> "Pulse | None":
    """Who expects a sign of life at the URL in the file; None without one.

    Raises:
        UsageError: There is no URL in it.
    """
    if url is None:
        return None
    from camvault.adapters.webping import WebPulse  # noqa: PLC0415 - few ask for it

    return WebPulse("".join(_urls(given_text(context, "--ping-url", url))))


def _argv(command: str) -> tuple[str, ...]:
    try:
        argv = tuple(shlex.split(command))
    except ValueError as error:
        raise UsageError(f"--alert-command: {error}") from None
    if not argv:
        raise UsageError("--alert-command: found nothing, expected a program")
    return argv


def _urls(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def monitor_ports(
    context: Context, environment: MutableMapping[str, str], command: str | None, urls: Path | None
) -> MonitorPorts:
    """The real world of the watchdog; the last three parameters and the errors are those of `channels`."""
    found, mail_is_missing = channels(context, environment, command, urls)
    storage = LocalStorage()
    return MonitorPorts(
        storage=storage,
        documents=JsonDocuments(storage),
        pictures=MatroskaPictures(),
        services=Systemctl(context.cancel),
        channels=found,
        clock=context.clock,
        reporter=context.reporter,
        cancel=context.cancel,
        mail_is_missing=mail_is_missing,
        answers=lambda folder: answers(folder, context),
    )
