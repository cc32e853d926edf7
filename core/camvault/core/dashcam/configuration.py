"""Pure: the values of config.yaml, with the defaults merged key by key; or all problems in it at once."""

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

import attrs

from camvault.core.checked_values import (
    FOLDER,
    OPTIONAL_FOLDER,
    TABLE,
    Checked,
    Problem,
    ValueRule,
    is_host,
    is_line,
    one_of,
    or_nothing,
    problems_in,
    quantity,
    whole,
)
from camvault.core.power.readings import VBAT_MV
from camvault.core.power.thresholds import PowerLevel, PowerThresholds
from camvault.ports.usb import UsbIds

_HUB = re.compile(r"[1-9][0-9]{0,2}-[1-9][0-9]{0,2}(\.[1-9][0-9]{0,2}){0,5}", re.ASCII)
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", re.ASCII)
_REMOTE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]*", re.ASCII)
_HERE = ("", "localhost")
_USB_ID = re.compile(r"([0-9A-Fa-f]{4})?", re.ASCII)


@attrs.frozen(kw_only=True)
class UploadConfig:
    """The server. Without `known_hosts`, its key must be known to the user that the service runs as.

    With the method rclone, `host` is the name of a remote in rclone's own configuration, which is `rclone_config` if
    that is given. Without a host, `dest_path` is a folder of this machine.
    """

    method: str = "rsync"
    host: str = "192.168.1.203"
    user: str = "camera_uploader"
    port: int = 22
    dest_path: str = "/data/dashcam"
    ssh_key: str = "/etc/camera_service/id_rsa"
    known_hosts: str = ""
    rclone_config: str = ""

    @property
    def is_here(self) -> bool:
        """Whether `dest_path` is a folder of this machine: a share that is mounted, say."""
        return self.method == "rsync" and self.host in _HERE


@attrs.frozen(kw_only=True)
class CardConfig:
    """The camera and its card. `path` is where the system mounts it; then it is not mounted by the service."""

    hub_location: str = "1-1"
    port_number: int = 1
    mount_base: str = "/mnt/cam"
    path: str = ""
    vendor: str = ""
    product: str = ""
    copy_subdirs: list[str] = attrs.field(factory=list)
    on_exit: str = "recording"
    after_copy: str = "powered_off"
    off_seconds: float = 30

    @property
    def ids(self) -> UsbIds:
        """What the camera is, as far as that is configured."""
        return UsbIds(self.vendor.lower(), self.product.lower())


@attrs.frozen(kw_only=True)
class PathsConfig:
    """Folders and files of the box."""

    local_staging: str = "/var/lib/camera_service/staging"
    log_path: str = "/var/log/camera_service.log"


@attrs.frozen(kw_only=True)
class LevelsConfig:
    """The levels of the battery; those in millivolts count in place of those in percent."""

    disconnect_percent: float = 50
    shutdown_percent: float = 25
    resume_percent: float | None = None
    disconnect_millivolts: int | None = None
    shutdown_millivolts: int | None = None
    resume_millivolts: int | None = None
    hysteresis_percent: float = 5
    dwell_seconds: float = 0

    @property
    def thresholds(self) -> PowerThresholds:
        """The same as the power states take it."""
        has_resume = self.resume_percent is not None or self.resume_millivolts is not None
        return PowerThresholds(
            disconnect=PowerLevel(self.disconnect_percent, self.disconnect_millivolts),
            shutdown=PowerLevel(self.shutdown_percent, self.shutdown_millivolts),
            resume=PowerLevel(self.resume_percent or 0, self.resume_millivolts) if has_resume else None,
            hysteresis_percent=self.hysteresis_percent,
            dwell_s=self.dwell_seconds,
        )


@attrs.frozen(kw_only=True)
class PollConfig:
    """How often is looked, and how long is waited."""

    interval_seconds: float = 30
    mount_timeout_seconds: float = 20
    upload_retries: int = 3
    recheck_minutes: float = 15


@attrs.frozen(kw_only=True)
class TransferConfig:
    """What goes first."""

    order: str = "events-oldest"


@attrs.frozen(kw_only=True)
class BoxConfig:
    """All of it."""

    upload: UploadConfig = attrs.field(factory=UploadConfig)
    camera: CardConfig = attrs.field(factory=CardConfig)
    paths: PathsConfig = attrs.field(factory=PathsConfig)
    thresholds: LevelsConfig = attrs.field(factory=LevelsConfig)
    poll: PollConfig = attrs.field(factory=PollConfig)
    transfer: TransferConfig = attrs.field(factory=TransferConfig)


def _is_matching(pattern: "re.Pattern[str]", value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_below(value: object) -> bool:
    path = PurePosixPath(str(value))
    return is_line(value) and bool(path.parts) and not path.is_absolute() and ".." not in path.parts


_STATE = one_of("recording", "powered_off")
_MILLIVOLTS = or_nothing(whole(VBAT_MV[0], VBAT_MV[-1]))
_PERCENT = quantity("percent", 0, 100)
_RULES: Mapping[str, Mapping[str, ValueRule]] = {
    "upload": {
        "method": one_of("rsync", "rclone"),
        "host": ValueRule(
            'an IP address, a host name, the name of a remote of rclone, or ""',
            lambda v: v == "" or is_host(v) or _is_matching(_REMOTE, v),
        ),
        "user": ValueRule("the name of a user", lambda v: _is_matching(_USER, v)),
        "port": whole(1, 65_535),
        "dest_path": FOLDER,
        "ssh_key": OPTIONAL_FOLDER,
        "known_hosts": OPTIONAL_FOLDER,
        "rclone_config": OPTIONAL_FOLDER,
    },
    "camera": {
        "hub_location": ValueRule("the place of a USB hub, such as 1-1 or 1-1.4", lambda v: _is_matching(_HUB, v)),
        "port_number": whole(1, 14),
        "mount_base": FOLDER,
        "path": OPTIONAL_FOLDER,
        "vendor": ValueRule('four hexadecimal digits in quotes, or ""', lambda v: _is_matching(_USB_ID, v)),
        "product": ValueRule('four hexadecimal digits in quotes, or ""', lambda v: _is_matching(_USB_ID, v)),
        "copy_subdirs": ValueRule(
            "a list of folders below the card's root, such as DCIM/Movie",
            lambda v: isinstance(v, list) and all(map(_is_below, v)),
        ),
        "on_exit": _STATE,
        "after_copy": _STATE,
        "off_seconds": quantity("seconds", 0, 600),
    },
    "paths": {"local_staging": FOLDER, "log_path": FOLDER},
    "thresholds": {
        "disconnect_percent": _PERCENT,
        "shutdown_percent": _PERCENT,
        "resume_percent": or_nothing(_PERCENT),
        "disconnect_millivolts": _MILLIVOLTS,
        "shutdown_millivolts": _MILLIVOLTS,
        "resume_millivolts": _MILLIVOLTS,
        "hysteresis_percent": _PERCENT,
        "dwell_seconds": quantity("seconds", 0, 3600),
    },
    "poll": {
        "interval_seconds": quantity("seconds", 1, 3600),
        "mount_timeout_seconds": quantity("seconds", 1, 600),
        "upload_retries": whole(0, 100),
        "recheck_minutes": quantity("minutes", 0, 1440),
    },
    "transfer": {"order": one_of("events-oldest", "newest", "oldest")},
}


_KINDS: Mapping[str, Callable[..., Any]] = {
    "upload": UploadConfig,
    "camera": CardConfig,
    "paths": PathsConfig,
    "thresholds": LevelsConfig,
    "poll": PollConfig,
    "transfer": TransferConfig,
}


def read_box(document: object) -> Checked[BoxConfig]:
    """The values of config.yaml; an empty table is all defaults, and a file with nothing in it was cut off."""
    if document is None:
        return Checked(None, (Problem("the file", "nothing in it", "a table; {} is one, with all defaults"),))
    problems = [*problems_in(document, dict.fromkeys(_RULES, or_nothing(TABLE)), "")]
    found = document if isinstance(document, dict) else {}
    tables = {name: {} if table is None else table for name, table in found.items()}
    for name, rules in _RULES.items():
        if isinstance(tables.get(name), dict):
            problems += problems_in(tables[name], rules, name)
    if problems:
        return Checked(None, tuple(problems))
    config = BoxConfig(**{name: _KINDS[name](**table) for name, table in tables.items()})
    found_in_all = (_levels_problem(config.thresholds), _host_problem(config.upload), _place_problem(config))
    problems = [problem for problem in found_in_all if problem is not None]
    return Checked(None, tuple(problems)) if problems else Checked(config)


def _levels_problem(levels: LevelsConfig) -> Problem | None:
    """Under the keys that count."""
    contradiction = levels.thresholds.contradiction
    if contradiction is None:
        return None
    units = {True: "percent", False: "millivolts"}
    keys = (f"{name}_{units[getattr(levels, f'{name}_millivolts') is None]}" for name in contradiction.levels)
    return Problem(", ".join(f"thresholds.{key}" for key in keys), contradiction.found, contradiction.expected)


def _place_problem(config: BoxConfig) -> Problem | None:
    """Neither staging nor server may lie on the card, nor the card in them: a clip would be its own second copy."""
    upload = config.upload
    ours = {"paths.local_staging": config.paths.local_staging}
    ours |= {"upload.dest_path": upload.dest_path} if upload.is_here else {}
    camera = config.camera
    key, card = ("camera.path", camera.path) if camera.path else ("camera.mount_base", camera.mount_base)
    for name, place in ours.items():
        if _is_of_the_card(PurePosixPath(place), PurePosixPath(card), is_mounted_by_us=not camera.path):
            return Problem(name, repr(place), f"a folder apart from that of the card, which is {key}: {card}")
    return None


def _is_of_the_card(place: PurePosixPath, card: PurePosixPath, *, is_mounted_by_us: bool) -> bool:
    """`card`: where it is, or what its folder is named after, with its number behind that."""
    if place.is_relative_to(card):
        return True
    if not is_mounted_by_us:
        return card.is_relative_to(place)
    is_on_it = any(
        each.parent == card.parent and each.name.startswith(f"{card.name}-") for each in (place, *place.parents)
    )
    return is_on_it or card.parent.is_relative_to(place)


def _host_problem(upload: UploadConfig) -> Problem | None:
    """What is a host for one method is none for the other."""
    found = repr(upload.host)
    if upload.method == "rclone" and not _is_matching(_REMOTE, upload.host):
        return Problem("upload.host", found, "the name of a remote in rclone's configuration")
    if upload.method == "rsync" and not (upload.is_here or is_host(upload.host)):
        return Problem("upload.host", found, 'an IP address or a host name, or "" for a folder of this machine')
    return None
