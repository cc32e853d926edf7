"""Adapter for lifepo4wered-cli: the battery."""

from pathlib import PurePath

import attrs

from camvault.adapters._shared.process import run
from camvault.adapters.lifepo4wered.argv import get_argv
from camvault.adapters.lifepo4wered.parse import value_of, why_none
from camvault.ports.battery import Battery, PowerRegisters
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import ToolError

_ON_PATH = PurePath("lifepo4wered-cli")


@attrs.frozen
class Lifepo4weredBattery:
    """Asks `lifepo4wered-cli` for one register after the other, each within `limit_s`."""

    program: PurePath = _ON_PATH
    limit_s: float = 5.0

    def registers(self, *, cancel: Cancellation) -> PowerRegisters:
        """See `Battery`."""
        words: list[str] = []
        vbat_mv, vin_mv, threshold_mv = (
            self._value(register, words, cancel) for register in ("VBAT", "VIN", "VIN_THRESHOLD")
        )
        return PowerRegisters(vbat_mv=vbat_mv, vin_mv=vin_mv, vin_threshold_mv=threshold_mv, words=tuple(words))

    def _value(self, register: str, words: list[str], cancel: Cancellation) -> int | None:
        argv = get_argv(register, program=self.program)
        try:
            done = run(argv, cancel=cancel, timeout_s=self.limit_s, grace_s=1.0, stdout_limit_bytes=4096)
        except ToolError as error:
            words.append(f"{register}: {error}")
            return None
        value = value_of(done.text, done.exit_code)
        if value is None:
            words.append(f"{register}: {why_none(done.text, done.exit_code, ' | '.join(done.last_lines))}")
        return value


_: type[Battery] = Lifepo4weredBattery
