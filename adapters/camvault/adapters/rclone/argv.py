"""Adapter for rclone, pure part: the command lines. None of them removes anything at the remote."""

from pathlib import PurePath, PurePosixPath

_LIMITS = ("--retries=1", "--low-level-retries=1", "--contimeout=10s")
"""Whether it is tried again is decided elsewhere. With more of the second, a look at S3 that is off takes a minute."""
_TOLD = ("--use-json-log", "--log-level=NOTICE", "--stats=1h", "--stats-log-level=NOTICE")
"""A line of JSON for each error, and one with what was sent, at the end."""


def push_argv(
    *, config: str, root: PurePath, target: str, suffix: str, io_timeout_s: int, by_content: bool
) -> tuple[str, ...]:
    """Send what stdin names, a line each. What another file held under a name there is kept, with `suffix`."""
    # without a checksum that both ends have, content is compared by sending it
    options = (*_common(config, io_timeout_s), f"--suffix={suffix}", *(("--ignore-times",) if by_content else ()))
    return ("rclone", "copy", *options, "--files-from-raw=-", "--no-traverse", "--", str(root), target)


def read_argv(*, config: str, target: str, path: PurePosixPath, io_timeout_s: int) -> tuple[str, ...]:
    """Write the content of a file at the remote to stdout; nothing for one that is not there."""
    return ("rclone", "cat", *_common(config, io_timeout_s), "--", below(target, path))


def list_argv(*, config: str, target: str, path: PurePosixPath, io_timeout_s: int) -> tuple[str, ...]:
    """Describe a file at the remote on stdout, if it is there, as JSON."""
    return (
        "rclone",
        "lsjson",
        "--files-only",
        "--no-modtime",
        "--no-mimetype",
        *_common(config, io_timeout_s),
        "--",
        below(target, path),
    )


def features_argv(*, config: str, target: str) -> tuple[str, ...]:
    """Say what kind of remote it is, as JSON. It is asked whether the path is one of a file."""
    return ("rclone", "backend", "features", *_config(config), *_LIMITS, "--", target)


def remote_argv(*, config: str, name: str) -> tuple[str, ...]:
    """Write the settings of a remote to stdout. Some are secret: only where it leads is read of them."""
    return ("rclone", "config", "show", *_config(config), "--", name)


def below(target: str, path: PurePosixPath) -> str:
    """A file below the target, as rclone names it."""
    return f"{target}{path}" if target.endswith(("/", ":")) else f"{target}/{path}"


def is_taken(path: PurePosixPath) -> bool:
    """Whether rclone takes the name as it is: most remotes get control characters, and what is no UTF-8, replaced."""
    return str(path).isprintable()


def _common(config: str, io_timeout_s: int) -> tuple[str, ...]:
    return (*_config(config), *_TOLD, *_LIMITS, f"--timeout={io_timeout_s}s")


def _config(config: str) -> tuple[str, ...]:
    """Rclone's own configuration; it never asks for the password of one that is encrypted."""
    return ("--ask-password=false", *((f"--config={config}",) if config else ()))
