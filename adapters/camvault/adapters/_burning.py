"""Private to adapters: what burning with a program has in common: look into the drive, run, count, judge."""

import signal
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

import attrs

from camvault.adapters import _process
from camvault.adapters._durable import translated
from camvault.ports.burner import Drives
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import BurnError, DriveError, MediumError
from camvault.ports.files import OnBytes

_GRACE_S = 60.0
"""A drive that is told to stop still writes what it holds."""


@attrs.frozen
class Outcome:
    """What a run of a burner came to. `problem` is None where it claims success; `has_begun` is what it says of it."""

    problem: str | None
    has_begun: bool
    is_busy: bool = False
    last_lines: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Dialect:
    """How one program talks.

    Attributes:
        position: How many bytes are written, from a line of progress and the image's size; None from another line.
        judge: What exit code and all other lines mean.
        stop_signal: How it is asked to stop.
    """

    position: Callable[[str, int], int | None]
    judge: Callable[[int, Sequence[str]], Outcome]
    stop_signal: signal.Signals = signal.SIGINT


def burn(
    argv: tuple[str, ...],
    *,
    image: PurePath,
    device: str,
    drives: Drives,
    dialect: Dialect,
    on_bytes: OnBytes,
    cancel: Cancellation,
) -> None:
    """Run a burner on a blank disc that is large enough. Raises as `Burner.burn` does."""
    with translated(image):
        size_bytes = Path(image).stat().st_size
    refusal = drives.medium(device).refusal(size_bytes)
    if refusal is not None:
        raise MediumError(device, refusal)
    lines: list[str] = []
    done = 0

    def take(line: str) -> None:
        nonlocal done
        position = dialect.position(line, size_bytes)
        if position is None:
            lines.append(line)
        elif (now := min(position, size_bytes)) > done:
            on_bytes(now - done)
            done = now

    finished = _process.run(
        argv, cancel=cancel, on_line=take, on_stdout=take, stop_signal=dialect.stop_signal, grace_s=_GRACE_S
    )
    outcome = dialect.judge(finished.exit_code, lines)
    if outcome.is_busy:
        raise DriveError(device, f"The drive is in use ({outcome.problem})")
    if outcome.problem is not None:
        is_spoiled = outcome.has_begun or done > 0
        raise BurnError(device, outcome.problem, is_spoiled=is_spoiled, last_lines=outcome.last_lines)
    on_bytes(size_bytes - done)


def find(
    name: str,
    *,
    version_argv: Callable[[PurePath], tuple[str, ...]],
    version_of: Callable[[str], str],
    cancel: Cancellation,
    is_version_asked: bool,
) -> tuple[PurePath, str] | None:
    """The program on PATH and its version (empty unless it is asked for); None if there is none."""
    program = _process.find_program(name)
    if program is None:
        return None
    if not is_version_asked:
        return program, ""
    finished = _process.run(version_argv(program), cancel=cancel)
    return program, version_of(finished.text + "\n".join(finished.last_lines))
