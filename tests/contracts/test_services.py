"""The contract of Services, in memory and with a real systemd in the emulated machine."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import attrs
import pytest

from camvault.adapters._shared.process import Finished
from camvault.adapters.contracts.services import DAEMON, DYING, OTHER, ServicesContract
from camvault.adapters.memory import MemoryCancellation, MemoryClock
from camvault.adapters.memory.services import MemoryServices
from camvault.adapters.systemd import Systemctl
from camvault.ports.errors import CamvaultError, ToolError
from camvault.ports.services import Services
from tests.rig.fixtures import Rig
from tests.rig.guest import Guest
from tests.rig.machine import Machine

_DAEMON = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
_DYING = "[Service]\nType=oneshot\nExecStart=/bin/false\n"


@attrs.define
class Desk:
    """A manager in memory or in the emulated machine."""

    services: Services
    pass_time: Callable[[float], None]
    define: Callable[[str], None]
    forget: Callable[[str], None]
    set_wall_clock: Callable[[float], None]


class TestMemoryServices(ServicesContract):
    @pytest.fixture
    def harness(self) -> Desk:
        clock = MemoryClock()
        definitions = {DAEMON, OTHER, DYING}
        services = MemoryServices(known=definitions, definitions=lambda: definitions, clock=clock, dying={DYING})
        return Desk(
            services,
            pass_time=clock.advance,
            define=definitions.add,
            forget=definitions.discard,
            set_wall_clock=lambda seconds: setattr(clock, "wall", clock.wall + timedelta(seconds=seconds)),
        )

    def test_for_how_long_is_not_known_without_a_clock(self) -> None:
        services = MemoryServices(known={DAEMON})
        services.start((DAEMON,))
        assert services.states((DAEMON,))[0].active_s is None

    def test_a_fault_is_raised_and_nothing_is_done(self) -> None:
        services = MemoryServices(known={DAEMON}, fault=ToolError("systemctl", 1))
        with pytest.raises(CamvaultError):
            services.start((DAEMON,))
        assert not services.active


@attrs.frozen
class _InGuest:
    """Runs a program in the emulated machine, in the place of this one."""

    guest: Guest

    def __call__(self, argv: tuple[str, ...], **_: object) -> Finished:
        done = self.guest.run(*argv)
        return Finished(done.exit_code, tuple(done.stderr.splitlines()[-20:]), done.stdout.encode())

    def monotonic_s(self) -> float:
        return float(self.guest.check("python3", "-c", "import time; print(time.monotonic())"))


_PLACE = "/etc/systemd/system"
_GIVEN = {DAEMON: _DAEMON, OTHER: _DAEMON, DYING: _DYING}


@pytest.fixture(scope="class")
def machine(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """One machine for all of them: each test leaves it as it was."""
    machine = Machine(image=rig.machine.image, folder=tmp_path_factory.mktemp("services"))
    with machine.running(saved=rig.saved) as guest:
        for name, text in _GIVEN.items():
            guest.put(text.encode(), f"{_PLACE}/{name}")
        guest.check("systemctl", "daemon-reload")
        yield guest


class TestSystemctl(ServicesContract):
    @pytest.fixture
    def harness(self, machine: Guest) -> Iterator[Desk]:
        changed = []

        def define(name: str) -> None:
            changed.append(name)
            machine.put(_DAEMON.encode(), f"{_PLACE}/{name}")

        def forget(name: str) -> None:
            changed.append(name)
            machine.check("rm", f"{_PLACE}/{name}")

        def set_wall_clock(seconds: float) -> None:
            machine.shell(f"date --set=@$(($(date +%s) + {seconds:.0f}))")

        run = _InGuest(machine)
        yield Desk(
            Systemctl(MemoryCancellation(), run, run.monotonic_s),
            pass_time=time.sleep,
            define=define,
            forget=forget,
            set_wall_clock=set_wall_clock,
        )
        machine.shell(f"systemctl stop {DAEMON} {OTHER} {' '.join(changed)}; systemctl reset-failed")
        for name in changed:
            if name in _GIVEN:
                machine.put(_GIVEN[name].encode(), f"{_PLACE}/{name}")
            else:
                machine.check("rm", f"{_PLACE}/{name}")
        if changed:
            machine.check("systemctl", "daemon-reload")
