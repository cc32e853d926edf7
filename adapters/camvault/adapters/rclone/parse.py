"""Adapter for rclone, pure part: what it says."""

import json
import signal
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

import attrs

from camvault.ports.transfer import PushCause

NOT_FOUND_CODES = frozenset({3, 4})
"""The folder, or the file, is not there. Source: rclone's documentation, "Exit code"."""

NO_WAY = (
    "connection refused",
    "no such host",
    "no route to host",
    "network is unreachable",
    "network is down",
    "i/o timeout",
)
"""What the system said of a connection that did not come about."""

_CAUSES_BY_WORDS: tuple[tuple[PushCause, tuple[str, ...]], ...] = (
    (
        PushCause.REFUSED,
        (
            "accessdenied",
            "access denied",
            "invalidaccesskeyid",
            "signaturedoesnotmatch",
            "403 forbidden",
            "401 unauthorized",
            "permission denied",
            "didn't find section in config file",
            "unable to decrypt configuration",
            "no such bucket",
            "nosuchbucket",
            "read-only file system",
        ),
    ),
    (PushCause.NO_SPACE, ("no space left on device", "quota", "insufficient storage", "507 ")),
    (PushCause.NO_NETWORK, NO_WAY),
    (PushCause.CUT_OFF, ("connection reset", "broken pipe", "unexpected eof", "timeout", "corrupted on transfer")),
)
_CAUSES_BY_CODE = {
    1: PushCause.UNKNOWN,
    5: PushCause.CUT_OFF,
    7: PushCause.REFUSED,
    **dict.fromkeys((-signal.SIGTERM, -signal.SIGKILL, -signal.SIGHUP), PushCause.CUT_OFF),
}


@attrs.frozen
class RcloneWords:
    """What a push said.

    Attributes:
        problems: By file.
        words: What was said of no file.
        sent_bytes: What it counted at its end.
    """

    problems: Mapping[PurePosixPath, str]
    words: tuple[str, ...] = ()
    sent_bytes: int = 0


def told(lines: Iterable[str]) -> RcloneWords:
    """What the lines of its log say; a line that is no JSON is of no file."""
    problems: dict[PurePosixPath, str] = {}
    words: list[str] = []
    sent_bytes = 0
    for line in lines:
        entry = _object(line)
        message = str(entry.get("msg", line)).strip()
        if isinstance(entry.get("stats"), dict):
            sent_bytes = int(entry["stats"].get("bytes", 0))
        elif entry.get("level") in ("error", "critical", "fatal") and entry.get("object"):
            problems[PurePosixPath(str(entry["object"]))] = message
        elif entry.get("level") not in ("notice", "info", "debug", "warning"):
            words.append(message)
    return RcloneWords(problems, tuple(words), sent_bytes)


def cause_of(exit_code: int, lines: Iterable[str]) -> PushCause:
    """Why a push that ended with this code and said this failed; of 0, nothing did."""
    if not exit_code:
        return PushCause.UNKNOWN
    said = "\n".join(lines).lower()
    by_words = (cause for cause, words in _CAUSES_BY_WORDS if any(word in said for word in words))
    return next(by_words, _CAUSES_BY_CODE.get(exit_code, PushCause.UNKNOWN))


def no_way(lines: Iterable[str]) -> str:
    """The line that says that no connection came about; "" for none."""
    return next((told([line]).words[0] for line in lines if any(word in line.lower() for word in NO_WAY)), "")


def folder_of(text: str) -> str | None:
    """What `rclone backend features` said: the folder of this machine that it is, "" for none; None: not understood."""
    found = _object(text)
    features = found.get("Features")
    if not isinstance(features, dict) or not isinstance(features.get("IsLocal"), bool):
        return None
    return str(found.get("Root", "")) if features["IsLocal"] else ""


_ELSEWHERE = frozenset(
    {
        *("azureblob", "azurefiles", "b2", "box", "drive", "dropbox", "fichier", "filefabric", "filescom", "ftp"),
        *("google cloud storage", "hdfs", "hidrive", "http", "iclouddrive", "internetarchive", "jottacloud", "koofr"),
        *("mailru", "mega", "netstorage", "onedrive", "opendrive", "oracleobjectstorage", "pcloud", "pikpak"),
        *("pixeldrain", "premiumizeme", "protondrive", "putio", "qingstor", "quatrix", "s3", "seafile", "sftp"),
        *("sharefile", "smb", "storj", "sugarsync", "swift", "webdav", "yandex", "zoho"),
    }
)
"""These are read over the network, and nothing of theirs is kept here. Source: rclone's documentation, "Overview"."""
_BEHIND = frozenset({"alias", "crypt", "chunker", "compress", "hasher"})
"""These read what is behind them, each time; others may have a cache of their own, or several remotes."""


@attrs.frozen
class Settings:
    """Of a remote: whether it is read over the network, and the remote behind it if it reads just that one."""

    is_elsewhere: bool = False
    behind: str = ""


def settings_of(text: str) -> Settings:
    """What `rclone config show` said. Nothing else of it is kept: it has secrets."""
    found = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
    kind = found.get("type", "")
    return Settings(kind in _ELSEWHERE, found.get("remote", "") if kind in _BEHIND else "")


def is_listed(text: str, path: PurePosixPath) -> bool:
    """Whether `rclone lsjson` of a path found a file of that name there."""
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, list) and any(isinstance(one, dict) and one.get("Path") == path.name for one in found)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
