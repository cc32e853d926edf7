"""Adapter for macOS: the burner."""

from pathlib import Path, PurePath

import attrs

from camvault.adapters import _process
from camvault.adapters._durable import translated
from camvault.adapters.hdiutil import argv, parse
from camvault.ports.burner import Burner, Drives, MediumState
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import BurnError, MediumError
from camvault.ports.files import OnBytes

_GRACE_S = 60.0
_PROGRAM = PurePath("hdiutil")


@attrs.frozen
class HdiutilBurner:
    """Burns with `hdiutil burn`. `drives` is asked before every run whether the disc is blank."""

    drives: Drives
    program: PurePath = _PROGRAM

    @property
    def name(self) -> str:
        """See `Burner`; it has no version of its own."""
        return "hdiutil"

    @property
    def finished_states(self) -> frozenset[MediumState]:
        """Closed, as `-forceclose` says."""
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
        done = 0
        lines: list[str] = []

        def take(line: str) -> None:
            nonlocal done
            percent = parse.percent_of(line)
            if percent is None:
                lines.append(line)
            elif (now := min(size_bytes, int(size_bytes * percent / 100))) > done:
                on_bytes(now - done)
                done = now

        finished = _process.run(
            self.command(image, device=device, speed=speed),
            cancel=cancel,
            on_line=take,
            on_stdout=take,
            grace_s=_GRACE_S,
        )
        problem = parse.judge(finished.exit_code, tuple(lines))
        if problem is not None:
            raise BurnError(device, problem, is_spoiled=done > 0, last_lines=tuple(lines[-5:]))
        on_bytes(size_bytes - done)


def find_hdiutil(drives: Drives) -> HdiutilBurner | None:
    """The hdiutil of this system, None if there is none."""
    program = _process.find_program("hdiutil")
    return None if program is None else HdiutilBurner(drives, program)


_: type[Burner] = HdiutilBurner
