"""Adapter for rsync, pure part: the command lines."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath

SSH_OPTIONS = (
    *("-o", "BatchMode=yes"),  # never ask for a password: the job has no terminal
    *("-o", "ConnectTimeout=20"),
    *("-o", "ServerAliveInterval=15"),
    *("-o", "ServerAliveCountMax=4"),
)
OUTPUT_PREFIX = "camvault "
_OUT_FORMAT = f"--out-format={OUTPUT_PREFIX}%i %n"
_SENT_FORMAT = f"--out-format={OUTPUT_PREFIX}%b"  # how much went over the wire, one line for each file that was sent
_DROPPED = frozenset({"--inplace", "--append", "--append-verify", "--partial", "--progress", "--write-devices"})
"""What writes into the file that stands at the target, or only chats. `--partial` would leave a torn file there under
its final name; a folder for them does not."""


_CONNECTION = ("--rsync-path=", "--iconv=", "--protect-args", "--secluded-args", "--old-args", "--ipv4", "--ipv6")
"""What decides how the other end is reached and what names are called there: a look needs it as a push does."""
_SHELL_IN_CLUSTER = re.compile(r"(?P<flags>-[A-Za-z0-9]*?)e(?P<shell>.+)", re.DOTALL)
_TAKES_REST = frozenset("efMBT@")


def is_remote(target: str) -> bool:
    """`[user@]host:path`; everything else is a folder of this machine."""
    return not target.startswith("/") and ":" in target


def push_argv(
    *,
    root: PurePath,
    target: str,
    options: Sequence[str],
    io_timeout_s: int,
    suffix: str,
    has_fsync: bool,
    by_content: bool = False,
) -> tuple[str, ...]:
    """Send what stdin names. What another file held under a name at the target is kept, with `suffix`."""
    kept, shells = _sorted(options)
    return (
        "rsync",
        *kept,
        "--times",
        "--no-inplace",
        "--partial-dir=.rsync-partial",
        "--backup",
        f"--suffix={suffix}",
        *(("--fsync",) if has_fsync else ()),  # since rsync 3.2.4
        *(("--checksum",) if by_content else ()),  # else equal size and time are enough to be left alone
        *_common(shells, target, io_timeout_s, _SENT_FORMAT),
        "--",
        f"{root}/",
        _folder(target),
    )


def compare_argv(*, root: PurePath, target: str, options: Sequence[str], io_timeout_s: int) -> tuple[str, ...]:
    """Let both ends compare content, and change nothing.

    It is a push, so that a key for writing only allows it.
    """
    kept, shells = _sorted(options)
    return (
        "rsync",
        *(option for option in kept if option.startswith(_CONNECTION) or option in ("-s", "-4", "-6")),
        "--dry-run",
        "--checksum",
        "--itemize-changes",
        "--itemize-changes",  # twice: also what is equal, because silence is no proof
        *_common(shells, target, io_timeout_s),
        "--",
        f"{root}/",
        _folder(target),
    )


def names_on_stdin(paths: Iterable[PurePath]) -> bytes:
    """Each name ends with a zero byte, so that it may hold anything else, newlines included.

    A name that began with `#` would be a comment of rsync's (measured), and `-` the standard input of sha256sum.
    """
    return b"".join(f"./{path}".encode("utf-8", "surrogateescape") + b"\0" for path in paths)


def _common(shells: Sequence[str], target: str, io_timeout_s: int, out_format: str = _OUT_FORMAT) -> tuple[str, ...]:
    rsh = (f"--rsh={_shell(shells)}",) if is_remote(target) else ()
    # with implied folders, a link to a folder at the target would be replaced by an empty folder (measured)
    names = ("--from0", "--files-from=-", "--no-implied-dirs")
    return (*names, f"--timeout={io_timeout_s}", out_format, *rsh)


def remote_shell(options: Sequence[str]) -> str:
    """The remote shell that these options choose, with what is added to it."""
    return _shell(_sorted(options)[1])


def _shell(shells: Sequence[str]) -> str:
    return _quiet(shells[-1] if shells else "ssh")


def _quiet(shell: str) -> str:
    """Ssh that asks nothing and notices a dead connection; another shell as it was given."""
    program, space, rest = shell.partition(" ")
    return " ".join((program, *SSH_OPTIONS)) + space + rest if PurePath(program).name == "ssh" else shell


def _sorted(options: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The options that are handed on, and the remote shells among them."""
    kept: list[str] = []
    shells: list[str] = []
    for option in options:
        cluster = _SHELL_IN_CLUSTER.fullmatch(option) if not option.startswith("--") else None
        if option.startswith("--rsh="):
            shells.append(option.removeprefix("--rsh="))
        elif cluster is not None and not set(cluster["flags"]) & _TAKES_REST:
            shells.append(cluster["shell"].strip())
            kept.append(cluster["flags"].replace("P", ""))
        elif option not in _DROPPED:
            kept.append(option.replace("P", "") if _is_cluster(option) else option)
    return tuple(option for option in kept if option != "-"), tuple(shells)


def _is_cluster(option: str) -> bool:
    return not option.startswith("--") and option[1:].isalpha() and not set(option) & _TAKES_REST


def _folder(target: str) -> str:
    return target if target.endswith("/") else f"{target}/"
