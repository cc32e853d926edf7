"""Adapter for growisofs: the burner."""

import signal
from pathlib import Path, PurePath

import attrs

from camvault.adapters import _process
from camvault.adapters._durable import translated
from camvault.adapters.growisofs import argv, parse
from camvault.ports.burner import Burner, Drives, MediumState
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import BurnError, DriveError, MediumError
from camvault.ports.files import OnBytes

_GRACE_S = 60.0
"""A drive that is told to stop still writes what it holds."""

_ON_PATH = PurePath("growisofs")


@attrs.frozen
class GrowisofsBurner:
    """Burns with `growisofs -Z`.

    `drives` is asked before every run whether this is an optical drive with a blank disc: given a plain file, growisofs
    run by root unmounts `/proc`.
    """

    drives: Drives
    program: PurePath = _ON_PATH
    version: str = ""

    @property
    def name(self) -> str:
        """See `Burner`."""
        return f"growisofs {self.version}".rstrip()

    @property
    def finished_states(self) -> frozenset[MediumState]:
        """A DVD is closed; of a BD-R only the session is, the disc itself stays appendable (`bd_r_finalize`)."""
        return frozenset({MediumState.CLOSED, MediumState.APPENDABLE})

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
            now = parse.written_bytes(line)
            if now is None:
                lines.append(line)
            elif min(now, size_bytes) > done:
                on_bytes(min(now, size_bytes) - done)
                done = min(now, size_bytes)

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
            raise DriveError(device, "The drive is in use")
        if outcome.problem is not None:
            raise BurnError(device, outcome.problem, is_spoiled=outcome.has_begun)
        on_bytes(size_bytes - done)


def find_growisofs(drives: Drives, *, cancel: Cancellation, is_version_asked: bool = True) -> GrowisofsBurner | None:
    """The growisofs on PATH, None if there is none. Its version is known by running it, if that is asked for."""
    program = _process.find_program("growisofs")
    if program is None:
        return None
    if not is_version_asked:
        return GrowisofsBurner(drives, program)
    finished = _process.run(argv.version_argv(program), cancel=cancel)
    return GrowisofsBurner(drives, program, parse.version_of(finished.text + "\n".join(finished.last_lines)))


_: type[Burner] = GrowisofsBurner
