"""Wrong adapters of `Services` and `Units`."""

from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.contracts.services import DAEMON, DYING, OTHER, ServicesContract
from camvault.adapters.contracts.units import UnitsContract
from camvault.adapters.memory import MemoryClock
from camvault.adapters.memory.services import MemoryServices
from camvault.adapters.memory.units import MemoryUnits
from camvault.ports.services import ServiceState
from camvault.ports.units import Seat
from tests.contracts import (
    test_services,
    test_units,
)
from tests.contracts.wrong.refusal import by


class _Services(ServicesContract):
    services: type[MemoryServices]

    @pytest.fixture
    def harness(self) -> test_services.Desk:
        clock = MemoryClock()
        definitions = {DAEMON, OTHER, DYING}
        services = self.services(known=definitions, definitions=lambda: definitions, clock=clock, dying={DYING})
        return test_services.Desk(
            services,
            pass_time=clock.advance,
            define=definitions.add,
            forget=definitions.discard,
            set_wall_clock=lambda _: None,
        )


class _AllForNone(MemoryServices):
    """Takes no names for all of them, as a shell's `systemctl stop $names` may."""

    def stop(self, names: tuple[str, ...], /) -> None:
        super().stop(names or tuple(self.active))


class TestServicesThatStopAll(_Services):
    REFUSED_BY = by("no_names_are_no_units")
    services = _AllForNone


class _Indulgent(MemoryServices):
    """Takes an unknown unit for one that does not run."""

    def stop(self, names: tuple[str, ...], /) -> None:
        super().stop(tuple(name for name in names if name in self.known | self.active))


class TestServicesThatKnowEveryUnit(_Services):
    REFUSED_BY = by("trap_an_unknown_unit_is_an_error_and_nothing_is_done")
    services = _Indulgent


class _Failing(MemoryServices):
    def states(self, names: tuple[str, ...], /) -> tuple[ServiceState, ...]:
        return tuple(attrs.evolve(state, is_failed=False) for state in super().states(names))


class TestServicesThatHideAFailure(_Services):
    REFUSED_BY = by("what_ended_badly_is_failed_until_it_runs_again")
    services = _Failing


class _Eternal(MemoryServices):
    """Takes the start of the machine for that of every unit."""

    def states(self, names: tuple[str, ...], /) -> tuple[ServiceState, ...]:
        states = super().states(names)
        return tuple(attrs.evolve(state, since_s=self.clock.monotonic_s() if self.clock else None) for state in states)


class TestServicesThatNeverChange(_Services):
    REFUSED_BY = by("what_runs_says_since_when", "what_ended_badly_says_since_when")
    services = _Eternal


class _Units(UnitsContract):
    units: type[MemoryUnits]

    @pytest.fixture
    def harness(self) -> test_units.Desk:
        units = self.units(header="# Generated")
        write_foreign = lambda name: units.texts.__setitem__(name, "by hand")  # noqa: E731
        return test_units.Desk(units, units.seats.__setitem__, write_foreign, units.header)


class _Greedy(MemoryUnits):
    """Removes and replaces what a person wrote."""

    def remove(self, name: str, /) -> PurePath:
        self.texts.setdefault(name, "")
        self.texts[name] = self.header
        return super().remove(name)

    def link(self, name: str, /) -> None:
        self.seats[name] = Seat.LINKED


class TestUnitsThatTakeWhatIsForeign(_Units):
    REFUSED_BY = by("only_generated_files_are_removed", "a_foreign_file_and_a_mask_are_kept")
    units = _Greedy
