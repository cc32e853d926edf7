"""Pure: the values of cameras.json and backup.json, or all problems in them at once.

The input is the document as a JSON reader returns it. Each camera inherits the defaults unless it overrides them. An
unknown key is a problem, because a misspelled key would otherwise be ignored silently. No password is in a `repr` or in
a problem.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from pathlib import PurePath, PurePosixPath
from typing import Generic, TypeVar

import attrs

from camvault.core.segments.names import STATION_RULE, is_station
from camvault.core.stations.expected_streams import AUDIO_FACTS, VIDEO_FACTS
from camvault.core.stations.stream_address import HOST_RULE, PATH_RULE, is_stream_path, shown

LOG_LEVELS = ("quiet", "panic", "fatal", "error", "warning", "info", "verbose", "debug", "trace")
DEFAULT_RSYNC_OPTIONS = ("-avh", "--partial", "--progress", "--chmod=ug+rwX")
DEFAULT_RTSP_PATH = "/Streaming/Channels/101"

_HOST = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_SECRETS = {
    "password": "a secret that is no text",
    "password_file": "something else, which is not shown because it may be the password itself",
}
_FORBIDDEN_RSYNC = (
    *("--remove-source-files", "--remove-sent-files", "--del", "--force", "--dry-run", "--list-only", "--files-from"),
    *("--remote-option", "--only-write-batch", "--read-batch", "--daemon", "--server"),
)
"""At the other end the later `--remote-option` wins: `-M--no-backup` would let rsync overwrite files there."""

T = TypeVar("T")


@attrs.frozen
class Problem:
    """One thing that is wrong: the path of the key, what was found there, and what was expected."""

    path: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.path}: found {self.found}, expected {self.expected}"


@attrs.frozen
class Checked(Generic[T]):
    """The value; or None, and every problem that prevents one."""

    value: T | None
    problems: tuple[Problem, ...] = ()


@attrs.frozen(kw_only=True)
class Camera:
    """One camera of cameras.json, with the defaults applied. `password_file` is used if there is no `password`."""

    station: str
    ip: str
    user: str = ""
    password: str = attrs.field(default="", repr=False)
    password_file: str = ""
    output_dir: str = "/home/recordingpi/cameras"
    logs_dir: str = ""
    segment_time: int = 600
    loglevel: str = "info"
    rtsp_port: int = 554
    rtsp_path: str = DEFAULT_RTSP_PATH
    core: int | None = None
    stall_timeout: float = 10
    utc: bool = False
    ffmpeg_path: str = "ffmpeg"
    ffprobe_path: str = "ffprobe"
    expected_audio: Mapping[str, object] = attrs.field(factory=dict)
    expected_video: Mapping[str, object] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class BackupConfig:
    """The values of backup.json; 0 days, 0 bytes and "" each switch something off."""

    ready_for_backup_dir: str
    nas_target_dir: str
    success_log_dir: str
    lock_dir: str
    rsync_options: tuple[str, ...] = DEFAULT_RSYNC_OPTIONS
    quarantine_dir: str = ""
    keep_days: float = 0
    min_free_bytes: int = 0

    @property
    def quarantine(self) -> PurePath:
        """The folder of broken segments: as configured, or beside the footage that is ready for the backup."""
        return PurePath(self.quarantine_dir or PurePath(self.ready_for_backup_dir).parent / "quarantine")


@attrs.frozen
class _Rule:
    """What a value must be, in words and as a predicate."""

    expected: str
    is_met: Callable[[object], bool]


def _is_number(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _whole(least: int, most: int) -> _Rule:
    return _Rule(f"a whole number from {least} to {most}", lambda v: isinstance(v, int) and _is_number(v, least, most))


def _is_line(value: object) -> bool:
    return isinstance(value, str) and not any(ord(character) < ord(" ") for character in value)


def _is_folder(value: object) -> bool:
    return _is_line(value) and PurePosixPath(str(value)).is_absolute() and ".." not in PurePosixPath(str(value)).parts


def _is_host(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(_HOST.fullmatch(value) or ipaddress.ip_address(value))
    except ValueError:
        return False


def _is_target(value: object) -> bool:
    """An absolute folder, or `[user@]host:path`; nothing that rsync would take for an option or a daemon."""
    if _is_folder(value):
        return True
    host, colon, path = str(value).partition(":")
    return (
        _is_line(value)
        and bool(colon and path)
        and not path.startswith(":")
        and not str(value).lower().startswith("rsync://")
        and _is_host(host.rpartition("@")[2])
        and not host.startswith("-")
    )


def _is_rsync_option(option: object) -> bool:
    if not _is_line(option) or not str(option).startswith("-"):
        return False
    name = str(option)
    if name.startswith("--"):
        return not name.startswith(_FORBIDDEN_RSYNC)
    flags, *rest = re.split(r"([efMBT@])", name[1:], maxsplit=1)  # these take the rest as their value
    return len(name) > 1 and "n" not in flags and rest[:1] != ["M"]


_TEXT = _Rule("a text on one line", _is_line)
_FOLDER = _Rule("an absolute path", _is_folder)
_OPTIONAL_FOLDER = _Rule('an absolute path or ""', lambda v: v == "" or _is_folder(v))
_TABLE = _Rule("a table", lambda v: isinstance(v, dict))


def _facts(names: tuple[str, ...]) -> _Rule:
    def is_met(value: object) -> bool:
        if not isinstance(value, dict):
            return False
        is_scalar = all(_is_line(each) or _is_number(each, 0, 2**31) for each in value.values())
        return is_scalar and set(value) <= set(names)

    return _Rule(f"a table of texts and numbers with the keys {', '.join(names)}", is_met)


_CAMERA = {
    "station": _Rule(STATION_RULE, lambda v: isinstance(v, str) and is_station(v)),
    "ip": _Rule(HOST_RULE, _is_host),
    "user": _TEXT,
    "password": _TEXT,
    "password_file": _OPTIONAL_FOLDER,
    "output_dir": _FOLDER,
    "logs_dir": _OPTIONAL_FOLDER,
    "segment_time": _whole(1, 86_400),
    "loglevel": _Rule(f"one of {', '.join(LOG_LEVELS)}", lambda v: v in LOG_LEVELS),
    "rtsp_port": _whole(1, 65_535),
    "rtsp_path": _Rule(PATH_RULE, lambda v: _is_line(v) and is_stream_path(str(v))),
    "core": _Rule("a whole number from 0 to 4095, or null", lambda v: v is None or _whole(0, 4095).is_met(v)),
    "stall_timeout": _Rule("seconds from 1 to 3600", lambda v: _is_number(v, 1, 3600)),
    "utc": _Rule("true or false", lambda v: isinstance(v, bool)),
    "ffmpeg_path": _TEXT,
    "ffprobe_path": _TEXT,
    "expected_audio": _facts(AUDIO_FACTS),
    "expected_video": _facts(VIDEO_FACTS),
}
_OWN = frozenset({"station", "ip"})
_BACKUP = {
    "ready_for_backup_dir": _FOLDER,
    "nas_target_dir": _Rule("an absolute path or [user@]host:path", _is_target),
    "success_log_dir": _FOLDER,
    "lock_dir": _FOLDER,
    "rsync_options": _Rule(
        "a list of options of rsync; none that deletes, lists, only pretends or is for the other end alone",
        lambda v: isinstance(v, list) and all(_is_rsync_option(option) for option in v),
    ),
    "quarantine_dir": _OPTIONAL_FOLDER,
    "keep_days": _Rule("days from 0 to 36500", lambda v: _is_number(v, 0, 36_500)),
    "min_free_bytes": _whole(0, 2**63),
}


def read_cameras(document: object) -> Checked[tuple[Camera, ...]]:
    """The cameras of cameras.json, in its order."""
    problems = list(_problems(document, {"defaults": _TABLE, "cameras": _Rule("a list", _is_list)}, "", {"cameras"}))
    if problems or not isinstance(document, dict):
        return Checked(None, tuple(problems))
    defaults = document.get("defaults", {})
    problems += _problems(defaults, {k: rule for k, rule in _CAMERA.items() if k not in _OWN}, "defaults", set())
    stations: dict[str, int] = {}
    for number, camera in enumerate(document["cameras"]):
        path = f"cameras[{number}]"
        problems += _problems(camera, _CAMERA, path, _OWN)
        station = str(camera.get("station", number)).casefold() if isinstance(camera, dict) else str(number)
        if stations.setdefault(station, number) != number:
            expected = f"another name than cameras[{stations[station]}] in any case of letters"
            problems.append(Problem(f"{path}.station", repr(camera["station"]), expected))
    if problems:
        return Checked(None, tuple(problems))
    return Checked(tuple(Camera(**{**defaults, **camera}) for camera in document["cameras"]))


def read_backup(document: object) -> Checked[BackupConfig]:
    """The values of backup.json."""
    required = {"ready_for_backup_dir", "nas_target_dir", "success_log_dir", "lock_dir"}
    problems = _problems(document, _BACKUP, "", required)
    if problems or not isinstance(document, dict):
        return Checked(None, problems)
    options = tuple(document.get("rsync_options", DEFAULT_RSYNC_OPTIONS))
    return Checked(BackupConfig(**{**document, "rsync_options": options}))


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _problems(
    found: object, rules: Mapping[str, _Rule], path: str, required: set[str] | frozenset[str]
) -> tuple[Problem, ...]:
    if not isinstance(found, dict):
        return (Problem(path or "the file", _shown(path, found), "a table"),)
    prefix = f"{path}." if path else ""
    problems = [
        Problem(f"{prefix}{key}", "nothing", rules[key].expected) for key in rules if key in required - set(found)
    ]
    for key, value in found.items():
        if key not in rules:
            problems.append(Problem(f"{prefix}{key}", "an unknown key", f"one of {', '.join(rules)}"))
        elif not rules[key].is_met(value):
            problems.append(Problem(f"{prefix}{key}", _shown(key, value), rules[key].expected))
    return tuple(problems)


def _shown(key: str, value: object) -> str:
    if key in _SECRETS:
        return _SECRETS[key]
    return repr(value) if key in _BACKUP else shown(value)
