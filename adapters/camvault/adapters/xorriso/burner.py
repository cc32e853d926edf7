"""Adapter for xorriso: the burner."""

import signal
from pathlib import Path, PurePath

import attrs

from camvault.adapters import _process
from camvault.adapters._durable import translated
from camvault.adapters.xorriso import argv, parse
from camvault.ports.burner import Burner, Drives, MediumState
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import BurnError, DriveError, MediumError
from camvault.ports.files import OnBytes

_GRACE_S = 60.0
"""A drive that is told to stop still writes what it holds."""

_ON_PATH = PurePath("xorriso")


@attrs.frozen
class XorrisoBurner:
    """Burns with `xorriso -as cdrecord`.

    `drives` is asked before every run whether this is an optical drive with a blank disc: xorriso itself would write to
    any file, and add a second session, useless for an image, to a disc that is not closed.
    """

    drives: Drives
    program: PurePath = _ON_PATH
    version: str = ""

    @property
    def name(self) -> str:
        """See `Burner`."""
        return f"xorriso {self.version}".rstrip()

    @property
    def finished_states(self) -> frozenset[MediumState]:
        """Finalised, nothing else."""
        return frozenset({MediumState.CLOSED})

    def command(self, image: PurePath, /, *, device: str, speed: int | None) -> tuple[str, ...]:
        """See `Burner`."""
        return argv.burn_argv(image, device=device, speed=speed, program=self.program)

    def burn(
        self, image: PurePath, /, *, device: str, speed: int | None, on_bytes: OnBytes, cancel: Cancellation
    ) -> None:
        """See `Burner`."""
        with translated(image):
            size_bytes = Path(image).stat().st_size
        refusal = self.drives.medium(device).refusal(size_bytes)
        if refusal is not None:
            raise MediumError(device, refusal)
        lines: list[str] = []
        done = 0

        def take(line: str) -> None:
            nonlocal done
            if not parse.is_progress(line):
                lines.append(line)
            now = min(parse.written_bytes(line) or 0, size_bytes)
            if now > done:
                on_bytes(now - done)
                done = now

        finished = _process.run(
            self.command(image, device=device, speed=speed),
            cancel=cancel,
            on_line=take,
            on_stdout=take,
            stop_signal=signal.SIGINT,
            grace_s=_GRACE_S,
        )
        outcome = parse.judge(finished.exit_code, lines)
        if outcome.is_busy:
            raise DriveError(device, f"The drive is in use ({outcome.problem})")
        if outcome.problem is not None:
            raise BurnError(device, outcome.problem, is_spoiled=outcome.has_begun)
        on_bytes(size_bytes - done)


def find_xorriso(drives: Drives, *, cancel: Cancellation, is_version_asked: bool = True) -> XorrisoBurner | None:
    """The xorriso on PATH, None if there is none. Its version is known by running it, if that is asked for."""
    program = _process.find_program("xorriso")
    if program is None:
        return None
    if not is_version_asked:
        return XorrisoBurner(drives, program)
    finished = _process.run(argv.version_argv(program), cancel=cancel)
    return XorrisoBurner(drives, program, parse.version_of(finished.text + "\n".join(finished.last_lines)))


_: type[Burner] = XorrisoBurner
