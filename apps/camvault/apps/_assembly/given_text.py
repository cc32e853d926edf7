"""Composition root, shared part: a text that a flag names, in a file or in a pipe such as bash's `<(...)`."""

import os
from pathlib import Path

from camvault.apps._cli.stage import Context
from camvault.ports.errors import UsageError

WRITER_LIMIT_S = 10.0
"""A program that is to write into the pipe has been started long before."""
TEXT_LIMIT_S = 120.0
"""Such a program may ask a person for the key of a store of passwords first."""
_MOST_BYTES = 1_000_000
_TICK_S = 0.05


def given_text(context: Context, flag: str, path: Path) -> str:
    """The text in the file or pipe at `path`.

    Raises:
        UsageError: It cannot be read, is no text, is too long for one, or a pipe does not give it in time; the flag and
            the path are named, the content never is.
        Cancelled: Stopped while a pipe was waited for.
    """
    try:
        return _content(context, path).decode("utf-8")
    except UnicodeDecodeError:
        problem = "it is not UTF-8"
    except OSError as error:
        problem = error.strerror or "it cannot be read"
    raise UsageError(f"{flag} {path}: {problem}")


def _content(context: Context, path: Path) -> bytes:
    """What is there until its end. A pipe without a writer reads as ended: before the first byte that is no end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    started_s, content = context.clock.monotonic_s(), b""
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
        is_pipe = path.is_fifo()
        while len(content) <= _MOST_BYTES:
            read = file.read(_MOST_BYTES)  # None: there is a writer, which has written nothing more yet
            content += read or b""
            if read == b"" and (content or not is_pipe):
                return content
            if not read:
                _wait(context, context.clock.monotonic_s() - started_s, has_writer=read is None)
    raise OSError(0, f"it holds more than {_MOST_BYTES:,} bytes")


def _wait(context: Context, waited_s: float, *, has_writer: bool) -> None:
    if has_writer and waited_s >= TEXT_LIMIT_S:
        raise OSError(0, f"it did not come to its end within {TEXT_LIMIT_S:.0f} s")
    if not has_writer and waited_s >= WRITER_LIMIT_S:
        raise OSError(0, f"it is a pipe, and within {WRITER_LIMIT_S:.0f} s no program wrote into it")
    context.clock.sleep(_TICK_S, cancel=context.cancel)
