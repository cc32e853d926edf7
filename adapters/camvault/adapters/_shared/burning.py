"""Private to adapters: what burning with a program has in common: look into the drive, run, count, judge."""

import signal
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared import process
from camvault.adapters._shared.durable import translated
from camvault.adapters._shared.process import Finished
from camvault.adapters._shared.standstill import StandstillWatch
from camvault.ports.burner import Drives
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import BurnError, Cancelled, DriveError, MediumError, ToolError
from camvault.ports.files import OnBytes

_GRACE_S = 60.0
"""A drive that is told to stop still writes what it holds."""

_UNHURRIED_S = 7200.0
"""The least limit while a disc is formatted or closed. Drives do that for minutes without a word, and to end the burner
then ruins a disc that is written."""

_VERSION_S = 30.0
_LINES_TOLD = 4


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
        unhurried: What a line says that the drive does beside writing (formatting, closing); None from another line.
        judge: What exit code and all other lines mean.
        stop_signal: How it is asked to stop.
    """

    position: Callable[[str, int], int | None]
    unhurried: Callable[[str], str | None]
    judge: Callable[[int, Sequence[str]], Outcome]
    stop_signal: signal.Signals = signal.SIGINT


@attrs.define
class _Run:
    """What one run has said so far. Only bytes count as progress: burners go on talking while the drive hangs.

    Measured: growisofs 7.1 and xorriso 1.5.4 repeat the same position for ever.
    """

    dialect: Dialect
    size_bytes: int
    stall_s: float
    on_bytes: OnBytes
    watch: StandstillWatch
    done: int = 0
    phase: str | None = None
    lines: list[str] = attrs.field(factory=list)
    last_position: str = ""

    def take(self, line: str) -> None:
        """Read one line."""
        phase, position = self.dialect.unhurried(line), self.dialect.position(line, self.size_bytes)
        if position is None:
            self.lines.append(line)
        else:
            self.last_position = line
        now = min(position or 0, self.size_bytes)
        has_moved = now > self.done
        if has_moved:
            self.on_bytes(now - self.done)
            self.done = now
        if phase is not None or has_moved:
            self.phase = phase
            is_hurried = phase is None and self.done < self.size_bytes
            self.watch.limit_s = self.stall_s if is_hurried else self.stall_s and max(self.stall_s, _UNHURRIED_S)
            self.watch.see((phase, self.done))

    def standstill(self, name: str, device: str, *, is_drive_held: bool) -> BurnError:
        """The error that a stop for standing still is. Whether the disc is blank, the drive knows better."""
        doing = self.phase or "writing"
        where = f"{self.done:,} of {self.size_bytes:,} bytes written"
        end = "cannot be ended, it hangs in the kernel" if is_drive_held else "was stopped"
        problem = f"{name} stood still: no progress in {self.watch.limit_s:,.0f} s ({doing}, {where}), so that it {end}"
        words = tuple(filter(None, (*self.lines[-_LINES_TOLD:], self.last_position.strip())))
        return BurnError(device, problem, is_spoiled=True, last_lines=words, is_drive_held=is_drive_held)


def burn(
    argv: tuple[str, ...],
    *,
    image: PurePath,
    device: str,
    drives: Drives,
    dialect: Dialect,
    stall_s: float,
    on_bytes: OnBytes,
    cancel: Cancellation,
) -> None:
    """Run a burner on a blank disc that is large enough; end it if it stands still. Raises as `Burner.burn` does."""
    with translated(image):
        size_bytes = Path(image).stat().st_size
    refusal = drives.medium(device).refusal(size_bytes)
    if refusal is not None:
        raise MediumError(device, refusal)
    run = _Run(dialect, size_bytes, stall_s, on_bytes, StandstillWatch(cancel, stall_s))
    finished = _finished(argv, run, device, cancel)
    outcome = dialect.judge(finished.exit_code, run.lines)
    if outcome.is_busy:
        raise DriveError(device, f"The drive is in use ({outcome.problem})")
    if outcome.problem is not None:
        is_spoiled = outcome.has_begun or run.done > 0
        raise BurnError(device, outcome.problem, is_spoiled=is_spoiled, last_lines=outcome.last_lines)
    on_bytes(size_bytes - run.done)


def _finished(argv: tuple[str, ...], run: _Run, device: str, cancel: Cancellation) -> Finished:
    name = PurePath(argv[0]).name
    try:
        return process.run(
            argv,
            cancel=run.watch,
            on_line=run.take,
            on_stdout=run.take,
            stop_signal=run.dialect.stop_signal,
            grace_s=_GRACE_S,
        )
    except Cancelled:
        cancel.check()
        raise run.standstill(name, device, is_drive_held=False) from None
    except ToolError as error:
        if cancel.is_requested or not run.watch.is_still:
            raise
        raise run.standstill(name, device, is_drive_held=True) from error


def find(
    name: str,
    *,
    version_argv: Callable[[PurePath], tuple[str, ...]],
    version_of: Callable[[str], str],
    cancel: Cancellation,
    is_version_asked: bool,
) -> tuple[PurePath, str] | None:
    """The program on PATH and its version (empty unless it is asked for); None if there is none."""
    program = process.find_program(name)
    if program is None:
        return None
    if not is_version_asked:
        return program, ""
    finished = process.run(version_argv(program), cancel=cancel, timeout_s=_VERSION_S)
    return program, version_of(finished.text + "\n".join(finished.last_lines))
