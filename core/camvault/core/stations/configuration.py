"""Pure: the values of cameras.json and backup.json, or all problems in them at once.

The input is the document as a JSON reader returns it. Each camera inherits the defaults unless it overrides them. An
unknown key is a problem, because a misspelled key would otherwise be ignored silently. No password is in a `repr` or in
a problem.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import PurePath

import attrs

from camvault.core.checked_values import (
    FOLDER,
    OPTIONAL_FOLDER,
    TABLE,
    TEXT,
    Checked,
    Problem,
    ValueRule,
    is_folder,
    is_host,
    is_line,
    is_number,
    one_of,
    or_nothing,
    problems_in,
    quantity,
    whole,
)
from camvault.core.segments.names import STATION_RULE, is_station
from camvault.core.stations.expected_streams import AUDIO_FACTS, VIDEO_FACTS
from camvault.core.stations.stream_address import HOST_RULE, PATH_RULE, is_stream_path, shown
from camvault.ports.recorder import Transport

LOG_LEVELS = ("quiet", "panic", "fatal", "error", "warning", "info", "verbose", "debug", "trace")
DEFAULT_RSYNC_OPTIONS = ("-avh", "--partial", "--progress", "--chmod=ug+rwX")
DEFAULT_RTSP_PATH = "/Streaming/Channels/101"

_SECRETS = {
    "password": "a secret that is no text",
    "password_file": "something else, which is not shown because it may be the password itself",
    "rtsp_path_file": "something else, which is not shown because it may be the path itself",
}
_FORBIDDEN_RSYNC = (
    *("--remove-source-files", "--remove-sent-files", "--del", "--force", "--dry-run", "--list-only", "--files-from"),
    *("--remote-option", "--only-write-batch", "--read-batch", "--daemon", "--server"),
)
"""At the other end the later `--remote-option` wins: `-M--no-backup` would let rsync overwrite files there."""


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
    rtsp_path_file: str = ""
    transport: str = Transport.AUTO.value
    no_audio: bool = False
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


def _is_target(value: object) -> bool:
    """An absolute folder, or `[user@]host:path`; nothing that rsync would take for an option, a daemon or a host."""
    if is_folder(value):
        return True
    host, colon, path = str(value).partition(":")
    return (
        is_line(value)
        and bool(colon and path)
        and not path.startswith((":", "//"))  # a daemon, or an address such as smb://nas/share
        and is_host(host.rpartition("@")[2])
        and not host.startswith("-")
    )


def _is_rsync_option(option: object) -> bool:
    if not is_line(option) or not str(option).startswith("-"):
        return False
    name = str(option)
    if name.startswith("--"):
        return not name.startswith(_FORBIDDEN_RSYNC)
    flags, *rest = re.split(r"([efMBT@])", name[1:], maxsplit=1)  # these take the rest as their value
    return len(name) > 1 and "n" not in flags and rest[:1] != ["M"]


def _facts(names: tuple[str, ...]) -> ValueRule:
    def is_met(value: object) -> bool:
        if not isinstance(value, dict):
            return False
        is_scalar = all(is_line(each) or is_number(each, 0, 2**31) for each in value.values())
        return is_scalar and set(value) <= set(names)

    return ValueRule(f"a table of texts and numbers with the keys {', '.join(names)}", is_met)


_TRUTH = ValueRule("true or false", lambda v: isinstance(v, bool))
_CAMERA = {
    "station": ValueRule(STATION_RULE, lambda v: isinstance(v, str) and is_station(v)),
    "ip": ValueRule(HOST_RULE, is_host),
    "user": TEXT,
    "password": TEXT,
    "password_file": OPTIONAL_FOLDER,
    "output_dir": FOLDER,
    "logs_dir": OPTIONAL_FOLDER,
    "segment_time": whole(1, 86_400),
    "loglevel": one_of(*LOG_LEVELS),
    "rtsp_port": whole(1, 65_535),
    "rtsp_path": ValueRule(PATH_RULE, lambda v: is_line(v) and is_stream_path(str(v))),
    "rtsp_path_file": OPTIONAL_FOLDER,
    "transport": one_of(*(each.value for each in Transport)),
    "no_audio": _TRUTH,
    "core": or_nothing(whole(0, 4095)),
    "stall_timeout": quantity("seconds", 1, 3600),
    "utc": _TRUTH,
    "ffmpeg_path": TEXT,
    "ffprobe_path": TEXT,
    "expected_audio": _facts(AUDIO_FACTS),
    "expected_video": _facts(VIDEO_FACTS),
}
_OWN = frozenset({"station", "ip"})
_FILE = {"defaults": TABLE, "cameras": ValueRule("a list", lambda v: isinstance(v, list))}
_BACKUP = {
    "ready_for_backup_dir": FOLDER,
    "nas_target_dir": ValueRule("an absolute path or [user@]host:path", _is_target),
    "success_log_dir": FOLDER,
    "lock_dir": FOLDER,
    "rsync_options": ValueRule(
        "a list of options of rsync; none that deletes, lists, only pretends or is for the other end alone",
        lambda v: isinstance(v, list) and all(_is_rsync_option(option) for option in v),
    ),
    "quarantine_dir": OPTIONAL_FOLDER,
    "keep_days": quantity("days", 0, 36_500),
    "min_free_bytes": whole(0, 2**63),
}


def read_cameras(document: object) -> Checked[tuple[Camera, ...]]:
    """The cameras of cameras.json, in its order."""
    problems = list(_problems(document, _FILE, required={"cameras"}))
    if problems or not isinstance(document, dict):
        return Checked(None, tuple(problems))
    defaults = document.get("defaults", {})
    problems += _problems(defaults, {k: rule for k, rule in _CAMERA.items() if k not in _OWN}, "defaults")
    stations: dict[str, int] = {}
    for number, camera in enumerate(document["cameras"]):
        path = f"cameras[{number}]"
        problems += _problems(camera, _CAMERA, path, required=_OWN)
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
    problems = _problems(document, _BACKUP, required=required)
    if problems or not isinstance(document, dict):
        return Checked(None, problems)
    options = tuple(document.get("rsync_options", DEFAULT_RSYNC_OPTIONS))
    return Checked(BackupConfig(**{**document, "rsync_options": options}))


def _shown(key: str, value: object) -> str:
    if key in _SECRETS:
        return _SECRETS[key]
    return repr(value) if key in _BACKUP else shown(value)


def _problems(
    found: object, rules: Mapping[str, ValueRule], path: str = "", *, required: Collection[str] = ()
) -> tuple[Problem, ...]:
    return problems_in(found, rules, path, required=required, shown=_shown)
