"""Adapter for macOS: the burner."""

import signal
from pathlib import PurePath

import attrs

from camvault.adapters import _process
from camvault.adapters._burning import Dialect, burn
from camvault.adapters.hdiutil import argv, parse
from camvault.ports.burner import Burner, Drives, MediumState
from camvault.ports.cancellation import Cancellation
from camvault.ports.files import OnBytes

_PROGRAM = PurePath("hdiutil")

_DIALECT = Dialect(position=parse.position, judge=parse.judge, stop_signal=signal.SIGTERM)


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
        burn(
            self.command(image, device=device, speed=speed),
            image=image,
            device=device,
            drives=self.drives,
            dialect=_DIALECT,
            on_bytes=on_bytes,
            cancel=cancel,
        )


def find_hdiutil(drives: Drives) -> HdiutilBurner | None:
    """The hdiutil of this system, None if there is none."""
    program = _process.find_program("hdiutil")
    return None if program is None else HdiutilBurner(drives, program)


_: type[Burner] = HdiutilBurner
