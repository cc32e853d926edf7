"""Adapter for pytest: the contract of `Services`."""

from typing import Protocol

import pytest

from camvault.ports.errors import NotFoundError, ToolError
from camvault.ports.services import Services, ServiceState

DAEMON, OTHER, DYING, UNKNOWN = "daemon.service", "other.service", "dying.service", "no-such-camera.service"
LATE = "late.service"


class ServicesHarness(Protocol):
    """A manager that knows `DAEMON`, `OTHER` and `DYING` and neither `UNKNOWN` nor `LATE`; none of them runs.

    `DAEMON` and `OTHER` run until they are stopped, and can be enabled; `DYING` ends badly as soon as it is started.
    """

    @property
    def services(self) -> Services:
        """The adapter under test."""
        ...

    def pass_time(self, seconds: float) -> None:
        """Let so much time pass for the manager."""
        ...

    def define(self, name: str) -> None:
        """Put a definition like that of `DAEMON` where the manager finds it after a reload."""
        ...

    def forget(self, name: str) -> None:
        """Take a definition away from there."""
        ...

    def set_wall_clock(self, seconds: float) -> None:
        """Set the manager's wall clock by so many seconds; its monotonic clock goes on."""
        ...


def _state(harness: ServicesHarness, name: str) -> ServiceState:
    (state,) = harness.services.states((name,))
    return state


def _is_active(harness: ServicesHarness, name: str) -> bool:
    return _state(harness, name).is_active


class ServicesContract:
    """What core relies on: what is asked for is done when a call returns, and an unknown unit is never "not running".

    Provide:
        harness (`ServicesHarness`): The adapter under test, and its manager.
    """

    @pytest.fixture
    def harness(self) -> ServicesHarness:
        """The adapter under test, and its manager."""
        raise NotImplementedError("provide the fixture `harness`")

    def test_started_and_stopped(self, harness: ServicesHarness) -> None:
        harness.services.start((DAEMON, OTHER))
        assert [_is_active(harness, DAEMON), _is_active(harness, OTHER)] == [True, True]

        harness.services.stop((DAEMON,))
        assert [_is_active(harness, DAEMON), _is_active(harness, OTHER)] == [False, True]

    def test_starting_what_runs_and_stopping_what_does_not_changes_nothing(self, harness: ServicesHarness) -> None:
        harness.services.start((DAEMON,))
        harness.pass_time(1)
        harness.services.start((DAEMON,))
        assert (_state(harness, DAEMON).active_s or 0) >= 1

        harness.services.stop((OTHER,))
        assert not _is_active(harness, OTHER)

    def test_time_since_the_start_begins_anew_with_a_restart(self, harness: ServicesHarness) -> None:
        assert _state(harness, DAEMON).active_s is None
        harness.services.start((DAEMON,))
        harness.pass_time(3)
        before_s = _state(harness, DAEMON).active_s
        harness.services.restart(DAEMON)
        after_s = _state(harness, DAEMON).active_s

        assert before_s is not None
        assert after_s is not None
        assert 3 <= before_s < 100
        assert 0 <= after_s < before_s

    def test_what_runs_says_since_when(self, harness: ServicesHarness) -> None:
        harness.services.start((DAEMON,))
        harness.pass_time(3)
        before_s = _state(harness, DAEMON).since_s
        harness.services.restart(DAEMON)
        after_s = _state(harness, DAEMON).since_s

        assert before_s is not None
        assert after_s is not None
        assert 3 <= before_s < 100
        assert 0 <= after_s < before_s

    def test_what_ended_badly_says_since_when(self, harness: ServicesHarness) -> None:
        with pytest.raises(ToolError):
            harness.services.start((DYING,))
        harness.pass_time(3)
        failed_s = _state(harness, DYING).since_s

        assert failed_s is not None
        assert 3 <= failed_s < 100
        assert _state(harness, UNKNOWN).since_s is None

    def test_a_step_of_the_wall_clock_makes_no_unit_older_or_younger(self, harness: ServicesHarness) -> None:
        harness.services.start((DAEMON,))
        for seconds in (86_400, -2 * 86_400):
            harness.set_wall_clock(seconds)
            active_s = _state(harness, DAEMON).active_s
            assert active_s is not None
            assert 0 <= active_s < 100

    def test_a_restart_starts_what_does_not_run(self, harness: ServicesHarness) -> None:
        harness.services.restart(DAEMON)
        assert _is_active(harness, DAEMON)

    def test_enabling_starts_nothing_and_disabling_stops_nothing(self, harness: ServicesHarness) -> None:
        harness.services.enable((DAEMON,))
        assert (_state(harness, DAEMON).is_enabled, _is_active(harness, DAEMON)) == (True, False)

        harness.services.start((DAEMON,))
        harness.services.disable((DAEMON,))
        assert (_state(harness, DAEMON).is_enabled, _is_active(harness, DAEMON)) == (False, True)

    def test_states_come_in_order_also_of_unknown_units(self, harness: ServicesHarness) -> None:
        harness.services.start((OTHER,))
        states = harness.services.states((UNKNOWN, OTHER, DAEMON))

        assert [each.name for each in states] == [UNKNOWN, OTHER, DAEMON]
        assert [each.is_known for each in states] == [False, True, True]
        assert [each.is_active for each in states] == [False, True, False]
        assert harness.services.states(()) == ()

    def test_trap_an_unknown_unit_is_an_error_and_nothing_is_done(self, harness: ServicesHarness) -> None:
        for act in (harness.services.start, harness.services.enable):
            with pytest.raises(NotFoundError, match=UNKNOWN):
                act((DAEMON, UNKNOWN))
        untouched = _state(harness, DAEMON)
        assert (untouched.is_active, untouched.is_enabled) == (False, False)

        harness.services.start((DAEMON,))
        for act in (harness.services.stop, harness.services.disable):
            with pytest.raises(NotFoundError, match=UNKNOWN):
                act((DAEMON, UNKNOWN))
        assert _is_active(harness, DAEMON)

        with pytest.raises(NotFoundError, match=UNKNOWN):
            harness.services.restart(UNKNOWN)
        assert not _state(harness, UNKNOWN).is_known

    def test_no_names_are_no_units(self, harness: ServicesHarness) -> None:
        """Not all of them."""
        harness.services.start((DAEMON,))
        for act in (harness.services.start, harness.services.stop, harness.services.enable, harness.services.disable):
            act(())
        assert _is_active(harness, DAEMON)

    def test_a_new_definition_is_known_after_a_reload(self, harness: ServicesHarness) -> None:
        harness.define(LATE)
        harness.services.reload()
        harness.services.start((LATE,))
        assert _is_active(harness, LATE)

    def test_a_unit_that_runs_can_be_stopped_when_its_definition_is_gone(self, harness: ServicesHarness) -> None:
        harness.services.start((DAEMON,))
        harness.forget(DAEMON)
        harness.services.reload()
        assert [_state(harness, DAEMON).is_known, _is_active(harness, DAEMON)] == [False, True]

        harness.services.stop((DAEMON,))

        assert not _is_active(harness, DAEMON)
        with pytest.raises(NotFoundError):
            harness.services.start((DAEMON,))

    def test_what_ended_badly_is_failed_until_it_runs_again(self, harness: ServicesHarness) -> None:
        with pytest.raises(ToolError):
            harness.services.start((DYING,))
        assert (_state(harness, DYING).is_failed, _is_active(harness, DYING)) == (True, False)
        assert not _state(harness, DAEMON).is_failed
