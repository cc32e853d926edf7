"""Adapter for xorriso: the burner."""

from pathlib import PurePath

import attrs

from camvault.adapters._shared.burning import Dialect, burn, find
from camvault.adapters._shared.standstill import STALL_S
from camvault.adapters.xorriso import argv, parse
from camvault.ports.burner import Burner, Drives
from camvault.ports.cancellation import Cancellation
from camvault.ports.files import OnBytes
from camvault.ports.medium import MediumState

_ON_PATH = PurePath("xorriso")

_DIALECT = Dialect(
    position=lambda line, _: parse.written_bytes(line),
    unhurried=parse.unhurried,
    judge=parse.judge,
)


@attrs.frozen
class XorrisoBurner:
    """Burns with `xorriso -as cdrecord`.

    `drives` is asked before every run whether this is an optical drive with a blank disc: xorriso itself would write to
    any file, and add a second session, useless for an image, to a disc that is not closed. A run is ended if no
    further byte is written in `stall_s` (0: no limit).
    """

    drives: Drives
    program: PurePath = _ON_PATH
    version: str = ""
    stall_s: float = STALL_S

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


def find_xorriso(
    drives: Drives, *, cancel: Cancellation, is_version_asked: bool = True, stall_s: float = STALL_S
) -> XorrisoBurner | None:
    """The xorriso on PATH, None if there is none. Its version is known by running it, if that is asked for."""
    found = find(
        "xorriso",
        version_argv=argv.version_argv,
        version_of=parse.version_of,
        cancel=cancel,
        is_version_asked=is_version_asked,
    )
    return XorrisoBurner(drives, *found, stall_s) if found else None


_: type[Burner] = XorrisoBurner
