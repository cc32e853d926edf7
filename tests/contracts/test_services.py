"""The contract of Services, in memory and with a real systemd in the emulated machine."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import attrs
import pytest

from camvault.adapters._process import Finished
from camvault.adapters.memory import MemoryCancellation, MemoryClock
from camvault.adapters.memory.services import MemoryServices
from camvault.adapters.systemd import Systemctl
from camvault.ports.errors import CamvaultError, NotFoundError, ToolError
from camvault.ports.services import Services, ServiceState
from tests.rig.fixtures import Rig
from tests.rig.guest import Guest
from tests.rig.machine import Machine

DAEMON, OTHER, DYING, UNKNOWN = "daemon.service", "other.service", "dying.service", "no-such-camera.service"
_DAEMON = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
_DYING = "[Service]\nType=oneshot\nExecStart=/bin/false\n"


@attrs.define
class Desk:
    """A manager that knows `DAEMON`, `OTHER` and `DYING`, which run no more than they did before the test."""

    services: Services
    pass_time: Callable[[float], None]
    define: Callable[[str], None]
    """Puts a unit's definition where the manager will find it after a reload."""
    forget: Callable[[str], None]
    """Takes it away again."""
    set_wall_clock: Callable[[float], None]
    """By so many seconds."""

    def state(self, name: str) -> ServiceState:
        (state,) = self.services.states((name,))
        return state

    def is_active(self, name: str) -> bool:
        return self.state(name).is_active


class ServicesContract:
    """What core relies on."""

    @pytest.fixture
    def desk(self) -> Desk:
        raise NotImplementedError

    def test_started_and_stopped(self, desk: Desk) -> None:
        desk.services.start((DAEMON, OTHER))
        assert [desk.is_active(DAEMON), desk.is_active(OTHER)] == [True, True]

        desk.services.stop((DAEMON,))
        assert [desk.is_active(DAEMON), desk.is_active(OTHER)] == [False, True]

    def test_starting_what_runs_and_stopping_what_does_not_changes_nothing(self, desk: Desk) -> None:
        desk.services.start((DAEMON,))
        desk.pass_time(1)
        desk.services.start((DAEMON,))
        assert (desk.state(DAEMON).active_s or 0) >= 1

        desk.services.stop((OTHER,))
        assert not desk.is_active(OTHER)

    def test_time_since_the_start_begins_anew_with_a_restart(self, desk: Desk) -> None:
        assert desk.state(DAEMON).active_s is None
        desk.services.start((DAEMON,))
        desk.pass_time(3)
        before_s = desk.state(DAEMON).active_s
        desk.services.restart(DAEMON)
        after_s = desk.state(DAEMON).active_s

        assert before_s is not None
        assert after_s is not None
        assert 3 <= before_s < 100
        assert 0 <= after_s < before_s

    def test_a_step_of_the_wall_clock_makes_no_unit_older_or_younger(self, desk: Desk) -> None:
        desk.services.start((DAEMON,))
        for seconds in (86_400, -2 * 86_400):
            desk.set_wall_clock(seconds)
            active_s = desk.state(DAEMON).active_s
            assert active_s is not None
            assert 0 <= active_s < 100

    def test_a_restart_starts_what_does_not_run(self, desk: Desk) -> None:
        desk.services.restart(DAEMON)
        assert desk.is_active(DAEMON)

    def test_enabling_starts_nothing_and_disabling_stops_nothing(self, desk: Desk) -> None:
        desk.services.enable((DAEMON,))
        assert (desk.state(DAEMON).is_enabled, desk.is_active(DAEMON)) == (True, False)

        desk.services.start((DAEMON,))
        desk.services.disable((DAEMON,))
        assert (desk.state(DAEMON).is_enabled, desk.is_active(DAEMON)) == (False, True)

    def test_states_come_in_order_also_of_unknown_units(self, desk: Desk) -> None:
        desk.services.start((OTHER,))
        states = desk.services.states((UNKNOWN, OTHER, DAEMON))

        assert [each.name for each in states] == [UNKNOWN, OTHER, DAEMON]
        assert [each.is_known for each in states] == [False, True, True]
        assert [each.is_active for each in states] == [False, True, False]
        assert desk.services.states(()) == ()

    def test_trap_an_unknown_unit_is_an_error_and_nothing_is_done(self, desk: Desk) -> None:
        for act in (desk.services.start, desk.services.enable):
            with pytest.raises(NotFoundError, match=UNKNOWN):
                act((DAEMON, UNKNOWN))
        untouched = desk.state(DAEMON)
        assert (untouched.is_active, untouched.is_enabled) == (False, False)

        desk.services.start((DAEMON,))
        for act in (desk.services.stop, desk.services.disable):
            with pytest.raises(NotFoundError, match=UNKNOWN):
                act((DAEMON, UNKNOWN))
        assert desk.is_active(DAEMON)

        with pytest.raises(NotFoundError, match=UNKNOWN):
            desk.services.restart(UNKNOWN)
        assert not desk.state(UNKNOWN).is_known

    def test_no_names_are_no_units(self, desk: Desk) -> None:
        """Not all of them."""
        desk.services.start((DAEMON,))
        for act in (desk.services.start, desk.services.stop, desk.services.enable, desk.services.disable):
            act(())
        assert desk.is_active(DAEMON)

    def test_a_new_definition_is_known_after_a_reload(self, desk: Desk) -> None:
        desk.define("late.service")
        desk.services.reload()
        desk.services.start(("late.service",))
        assert desk.is_active("late.service")

    def test_a_unit_that_runs_can_be_stopped_when_its_definition_is_gone(self, desk: Desk) -> None:
        desk.services.start((DAEMON,))
        desk.forget(DAEMON)
        desk.services.reload()
        assert [desk.state(DAEMON).is_known, desk.is_active(DAEMON)] == [False, True]

        desk.services.stop((DAEMON,))

        assert not desk.is_active(DAEMON)
        with pytest.raises(NotFoundError):
            desk.services.start((DAEMON,))

    def test_what_ended_badly_is_failed_until_it_runs_again(self, desk: Desk) -> None:
        with pytest.raises(ToolError):
            desk.services.start((DYING,))
        assert (desk.state(DYING).is_failed, desk.is_active(DYING)) == (True, False)
        assert not desk.state(DAEMON).is_failed


class TestMemoryServices(ServicesContract):
    @pytest.fixture
    def desk(self) -> Desk:
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
    def desk(self, machine: Guest) -> Iterator[Desk]:
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
