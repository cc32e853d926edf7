"""Adapter for pytest: the contract of `Host`."""

from collections.abc import Callable

import pytest

from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled, ToolError
from camvault.ports.host import Host


class HostContract:
    """What core relies on: the machine is told once for each call, or an error says that it was not told.

    Provide:
        host (`Host`): The adapter under test.
        told_count (`Callable[[], int]`): How often the system took it. It must not shut down in a test.
        refusing (`Host`): The adapter under test, at a system that refuses.
        cancel (`Cancellation`): Not requested.
        requested (`Cancellation`): Requested already.
    """

    @pytest.fixture
    def host(self) -> Host:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `host`")

    @pytest.fixture
    def told_count(self) -> Callable[[], int]:
        """How often the system of `host` was told to shut down."""
        raise NotImplementedError("provide the fixture `told_count`")

    @pytest.fixture
    def refusing(self) -> Host:
        """The adapter under test, at a system that refuses."""
        raise NotImplementedError("provide the fixture `refusing`")

    @pytest.fixture
    def cancel(self) -> Cancellation:
        """A cancellation that nobody requests."""
        raise NotImplementedError("provide the fixture `cancel`")

    @pytest.fixture
    def requested(self) -> Cancellation:
        """A cancellation that was requested."""
        raise NotImplementedError("provide the fixture `requested`")

    @pytest.mark.parametrize("reason", ["battery below shutdown", "--reboot", "two\nlines", "", "caf\udce9 'x' \"y\""])
    def test_the_system_is_told_once_whatever_the_reason(
        self, host: Host, told_count: Callable[[], int], cancel: Cancellation, reason: str
    ) -> None:
        host.shut_down(reason=reason, cancel=cancel)
        assert told_count() == 1

    def test_a_refusal_is_an_error(self, refusing: Host, cancel: Cancellation) -> None:
        with pytest.raises(ToolError):
            refusing.shut_down(reason="battery below shutdown", cancel=cancel)

    def test_a_cancelled_call_tells_nothing(
        self, host: Host, told_count: Callable[[], int], requested: Cancellation
    ) -> None:
        with pytest.raises(Cancelled):
            host.shut_down(reason="battery below shutdown", cancel=requested)
        assert told_count() == 0

    def test_the_start_of_the_machine_has_one_name(self, host: Host) -> None:
        assert host.boot_id() == host.boot_id()
