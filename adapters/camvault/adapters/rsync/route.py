"""Adapter for rsync: is the machine behind ssh off, or does it answer? Asked of its port, and not of any message."""

import json
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path, PurePath

from camvault.adapters._shared import reach
from camvault.adapters._shared.process import run
from camvault.adapters._shared.remote_guard import Route
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MissingToolError, ToolError

_LIMIT_S = 10.0
_GRACE_S = 1.0
_HOST = re.compile(r"(?P<user>[^@:/]*@)?(?:\[(?P<six>[^]]+)\]|(?P<host>[^:]*))")


def host_of(target: str) -> str:
    """The host in `[user@]host:path`, with its user, as ssh takes it. An address of IPv6 stands in brackets."""
    user, six, host = _HOST.findall(target)[0]
    return f"{user}{six or host}"


def folder_of(target: str) -> str:
    """The folder in `[user@]host:path`; it begins with a colon where rsync would speak to a daemon of its own."""
    return _HOST.sub("", target, count=1).removeprefix(":")


def route_to(target: str, shell: str, *, cancel: Cancellation, limit_s: float = _LIMIT_S) -> Route:
    """Connect to the port that ssh would connect to, as its own configuration says."""
    words = shlex.split(shell)
    if not words or PurePath(words[0]).name != "ssh" or target.partition(":")[2].startswith(":"):
        return Route(words=f"{shell or 'the remote shell'} is not ssh: what it connects to is not known")
    try:
        shown = run((*words, "-G", host_of(target)), cancel=cancel, timeout_s=limit_s, grace_s=_GRACE_S)
        place = _settings(shown.text.splitlines())
        if shown.exit_code or not {"hostname", "port"} <= place.keys():
            return Route(words="ssh does not tell what it connects to")
        if any(place.get(name, "none") != "none" for name in ("proxyjump", "proxycommand")):
            return Route(words="it is reached by a proxy: whether it is off cannot be told")
        argv = (sys.executable, "-I", "-S", Path(reach.__file__), place["hostname"], place["port"], f"{limit_s:g}")
        said = run(argv, cancel=cancel, timeout_s=2 * limit_s, grace_s=_GRACE_S)
        found = json.loads(said.text)
    except (ToolError, MissingToolError, ValueError) as error:
        cancel.check()
        return Route(words=f"whether it is off cannot be told: {error}")
    return Route(found.get("unreached", ""), found.get("unknown") or f"{found.get('reached')} answers")


def _settings(lines: Sequence[str]) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition(" ") for line in lines)}
