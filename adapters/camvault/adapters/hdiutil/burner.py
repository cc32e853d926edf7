"""Adapter for macOS: the burner."""

import signal
from pathlib import PurePath

import attrs

from camvault.adapters._shared import process
from camvault.adapters._shared.burning import Dialect, burn
from camvault.adapters._shared.standstill import STALL_S
from camvault.adapters.hdiutil import argv, parse
from camvault.ports.burner import Burner, Drives
from camvault.ports.cancellation import Cancellation
from camvault.ports.files import OnBytes
from camvault.ports.medium import MediumState

_PROGRAM = PurePath("hdiutil")

_DIALECT = Dialect(
    position=parse.position,
    unhurried=parse.unhurried,
    judge=parse.judge,
    stop_signal=signal.SIGTERM,
)


@attrs.frozen
class HdiutilBurner:
    """Burns with `hdiutil burn`. `drives` is asked before every run whether the disc is blank.

    It is ended if no further byte is written in `stall_s` (0: no limit).
    """

    drives: Drives
    program: PurePath = _PROGRAM
    stall_s: float = STALL_S

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
        burn(
            self.command(image, device=device, speed=speed),
            image=image,
            device=device,
            drives=self.drives,
            dialect=_DIALECT,
            stall_s=self.stall_s,
            on_bytes=on_bytes,
            cancel=cancel,
        )


def find_hdiutil(drives: Drives, *, stall_s: float = STALL_S) -> HdiutilBurner | None:
    """The hdiutil of this system, None if there is none."""
    program = process.find_program("hdiutil")
    return None if program is None else HdiutilBurner(drives, program, stall_s)


_: type[Burner] = HdiutilBurner
