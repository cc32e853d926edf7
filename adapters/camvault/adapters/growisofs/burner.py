"""Adapter for growisofs: the burner."""

from pathlib import PurePath

import attrs

from camvault.adapters._shared.burning import Dialect, burn, find
from camvault.adapters._shared.standstill import STALL_S
from camvault.adapters.growisofs import argv, parse
from camvault.ports.burner import Burner, Drives
from camvault.ports.cancellation import Cancellation
from camvault.ports.files import OnBytes
from camvault.ports.medium import MediumState

_ON_PATH = PurePath("growisofs")

_DIALECT = Dialect(
    position=lambda line, _: parse.written_bytes(line),
    unhurried=parse.unhurried,
    judge=parse.judge,
)


@attrs.frozen
class GrowisofsBurner:
    """Burns with `growisofs -Z`.

    `drives` is asked before every run whether this is an optical drive with a blank disc: given a plain file, growisofs
    run by root unmounts `/proc`. A run is ended if no further byte is written in `stall_s` (0: no limit).
    """

    drives: Drives
    program: PurePath = _ON_PATH
    version: str = ""
    stall_s: float = STALL_S

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


def find_growisofs(
    drives: Drives, *, cancel: Cancellation, is_version_asked: bool = True, stall_s: float = STALL_S
) -> GrowisofsBurner | None:
    """The growisofs on PATH, None if there is none. Its version is known by running it, if that is asked for."""
    found = find(
        "growisofs",
        version_argv=argv.version_argv,
        version_of=parse.version_of,
        cancel=cancel,
        is_version_asked=is_version_asked,
    )
    return GrowisofsBurner(drives, *found, stall_s) if found else None


_: type[Burner] = GrowisofsBurner
