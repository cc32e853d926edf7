"""Adapter for pytest: the contracts of `UsbPort`."""

import enum
from collections.abc import Callable
from typing import NamedTuple, Protocol

import pytest

from camvault.adapters.contracts.stop import StopRequest
from camvault.ports.errors import Cancelled
from camvault.ports.usb import UsbPort, UsbPortError


class SeenPort(NamedTuple):
    """What is so, seen without the adapter; `is_data_on` counts only if a device is there."""

    is_powered: bool
    is_there: bool
    is_data_on: bool


class PortFault(enum.Enum):
    """What a hub or a kernel may do."""

    IGNORES = "the port stays as it is, whatever it is told"
    COMES_BACK = "the port switches itself on again"
    GOES_OUT = "the port switches itself off again"
    DEVICE_STAYS = "the device is still there when the power is off"
    DATA_STAYS = "the device may be used, or may not, whatever it is told"
    SILENT = "it cannot be read whether the port has power"


class Obstacle(enum.Enum):
    """Why a port must not be switched."""

    NETWORK = "a network interface is behind it"
    HUB = "a hub is plugged into it"
    GANGED = "the hub switches all of its ports together"
    NO_HUB = "there is no such hub"
    NO_PORT = "the hub has fewer ports"


class UsbHarness(Protocol):
    """A port with power, and the hub around it. A camera is in it, and its data is on."""

    @property
    def port(self) -> UsbPort:
        """The adapter under test."""
        ...

    @property
    def ids(self) -> tuple[str, str]:
        """The camera's vendor and product."""
        ...

    def seen(self) -> SeenPort:
        """What is so."""
        ...

    def unplug(self) -> None:
        """Take the camera out."""
        ...


_WITH_CAMERA = SeenPort(is_powered=True, is_there=True, is_data_on=True)
_RECORDING = SeenPort(is_powered=True, is_there=True, is_data_on=False)


class UsbPortContract:
    """What core relies on: what is said is seen, and what is told is so when the call returns.

    Provide:
        harness (`UsbHarness`): The adapter under test, and its world.
    """

    @pytest.fixture
    def harness(self) -> UsbHarness:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `harness`")

    def test_a_camera_in_use_is_seen(self, harness: UsbHarness) -> None:
        found = harness.port.state(cancel=StopRequest())
        assert (found.is_powered, found.is_connected, found.is_data_on) == (True, True, True)
        assert (found.vendor, found.product) == harness.ids
        assert found.words == ()

    def test_the_hub_has_a_name_of_its_own(self, harness: UsbHarness) -> None:
        vendor, colon, product = harness.port.state(cancel=StopRequest()).hub.partition(":")
        assert (len(vendor), colon, len(product)) == (4, ":", 4)
        assert harness.port.where

    def test_an_empty_port_with_power_is_seen(self, harness: UsbHarness) -> None:
        harness.unplug()
        found = harness.port.state(cancel=StopRequest())
        assert (found.is_powered, found.is_connected, found.is_data_on) == (True, False, None)
        assert (found.vendor, found.product) == ("", "")

    def test_a_look_and_a_refusal_change_nothing(self, harness: UsbHarness) -> None:
        harness.port.state(cancel=StopRequest())
        assert harness.port.refusal(cancel=StopRequest()) == ""
        assert harness.seen() == _WITH_CAMERA

    def test_power_is_off_and_the_camera_gone_when_the_call_returns(self, harness: UsbHarness) -> None:
        found = harness.port.switch_power(on=False, cancel=StopRequest())
        assert (found.is_powered, found.is_connected, found.is_data_on) == (False, False, None)
        assert harness.seen()[:2] == (False, False)
        assert harness.port.state(cancel=StopRequest()) == found

    def test_power_that_is_off_can_be_switched_off(self, harness: UsbHarness) -> None:
        for _ in range(2):
            assert harness.port.switch_power(on=False, cancel=StopRequest()).is_powered is False
        assert harness.seen()[:2] == (False, False)

    def test_power_comes_back_and_with_it_the_camera_and_its_data(self, harness: UsbHarness) -> None:
        harness.port.switch_data(on=False, cancel=StopRequest())
        harness.port.switch_power(on=False, cancel=StopRequest())
        assert harness.port.switch_power(on=True, cancel=StopRequest()).is_powered is True
        found = harness.port.switch_data(on=True, cancel=StopRequest())
        assert (found.is_powered, found.is_connected, found.is_data_on) == (True, True, True)
        assert harness.seen() == _WITH_CAMERA

    def test_power_that_is_on_can_be_switched_on_and_disturbs_nothing(self, harness: UsbHarness) -> None:
        harness.port.switch_data(on=False, cancel=StopRequest())
        found = harness.port.switch_power(on=True, cancel=StopRequest())
        assert (found.is_powered, found.is_data_on) == (True, False)
        assert harness.seen() == _RECORDING

    def test_an_empty_port_can_be_switched(self, harness: UsbHarness) -> None:
        harness.unplug()
        assert harness.port.switch_power(on=False, cancel=StopRequest()).is_powered is False
        assert harness.port.switch_power(on=True, cancel=StopRequest()).is_powered is True
        assert harness.seen()[:2] == (True, False)

    def test_a_recording_camera_has_power_and_no_data(self, harness: UsbHarness) -> None:
        found = harness.port.switch_data(on=False, cancel=StopRequest())
        assert (found.is_powered, found.is_connected, found.is_data_on) == (True, True, False)
        assert (found.vendor, found.product) == harness.ids
        assert harness.seen() == _RECORDING

    def test_the_camera_comes_up_after_power_and_is_recording_at_once(self, harness: UsbHarness) -> None:
        harness.port.switch_power(on=False, cancel=StopRequest())
        harness.port.switch_power(on=True, cancel=StopRequest())
        assert harness.port.switch_data(on=False, cancel=StopRequest()).is_data_on is False
        assert harness.seen() == _RECORDING

    @pytest.mark.parametrize("on", [True, False])
    def test_data_cannot_be_switched_without_power(self, harness: UsbHarness, on: bool) -> None:
        harness.port.switch_power(on=False, cancel=StopRequest())
        with pytest.raises(UsbPortError) as caught:
            harness.port.switch_data(on=on, cancel=StopRequest())
        assert not caught.value.is_refused
        assert harness.seen()[:2] == (False, False)

    def test_data_cannot_be_switched_without_a_camera(self, harness: UsbHarness) -> None:
        harness.unplug()
        with pytest.raises(UsbPortError, match=r"device") as caught:
            harness.port.switch_data(on=False, cancel=StopRequest())
        assert not caught.value.is_refused

    def test_nothing_is_switched_or_looked_at_after_a_request_to_stop(self, harness: UsbHarness) -> None:
        stopped = StopRequest(after_checks=0)
        actions: list[Callable[[], object]] = [
            lambda: harness.port.switch_power(on=False, cancel=stopped),
            lambda: harness.port.switch_data(on=False, cancel=stopped),
            lambda: harness.port.state(cancel=stopped),
            lambda: harness.port.refusal(cancel=stopped),
        ]
        for action in actions:
            with pytest.raises(Cancelled):
                action()
        assert harness.seen() == _WITH_CAMERA


class UsbPortFaultContract:
    """A port that is not as it was told to be is an error, and one that must not be switched is not touched.

    These are INV-43 and INV-44.

    Provide:
        with_fault (`Callable[[PortFault], UsbHarness]`): The adapter under test, where something is wrong.
        with_obstacle (`Callable[[Obstacle], UsbHarness]`): The adapter under test, where it must not switch anything.
    """

    @pytest.fixture
    def with_fault(self) -> Callable[[PortFault], UsbHarness]:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `with_fault`")

    @pytest.fixture
    def with_obstacle(self) -> Callable[[Obstacle], UsbHarness]:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `with_obstacle`")

    @pytest.mark.parametrize(
        "fault", [PortFault.IGNORES, PortFault.COMES_BACK, PortFault.DEVICE_STAYS, PortFault.SILENT]
    )
    def test_power_that_is_not_seen_to_be_off_is_an_error(
        self, with_fault: Callable[[PortFault], UsbHarness], fault: PortFault
    ) -> None:
        with pytest.raises(UsbPortError) as caught:
            with_fault(fault).port.switch_power(on=False, cancel=StopRequest())
        assert fault is PortFault.SILENT or not caught.value.is_refused

    @pytest.mark.parametrize("fault", [PortFault.GOES_OUT, PortFault.SILENT])
    def test_power_that_is_not_seen_to_be_on_is_an_error(
        self, with_fault: Callable[[PortFault], UsbHarness], fault: PortFault
    ) -> None:
        with pytest.raises(UsbPortError):
            with_fault(fault).port.switch_power(on=True, cancel=StopRequest())

    @pytest.mark.parametrize("fault", [PortFault.DATA_STAYS, PortFault.SILENT])
    def test_data_that_is_not_seen_to_be_off_is_an_error(
        self, with_fault: Callable[[PortFault], UsbHarness], fault: PortFault
    ) -> None:
        with pytest.raises(UsbPortError):
            with_fault(fault).port.switch_data(on=False, cancel=StopRequest())

    def test_what_cannot_be_read_is_unknown_and_has_its_sentence(
        self, with_fault: Callable[[PortFault], UsbHarness]
    ) -> None:
        found = with_fault(PortFault.SILENT).port.state(cancel=StopRequest())
        assert found.is_powered is None
        assert found.words

    @pytest.mark.parametrize("obstacle", Obstacle)
    def test_a_port_that_must_not_be_switched_is_not_touched(
        self, with_obstacle: Callable[[Obstacle], UsbHarness], obstacle: Obstacle
    ) -> None:
        harness = with_obstacle(obstacle)
        before = harness.seen()
        reason = harness.port.refusal(cancel=StopRequest())
        assert reason
        actions: list[Callable[[], object]] = [
            lambda: harness.port.switch_power(on=False, cancel=StopRequest()),
            lambda: harness.port.switch_power(on=True, cancel=StopRequest()),
            lambda: harness.port.switch_data(on=False, cancel=StopRequest()),
            lambda: harness.port.switch_data(on=True, cancel=StopRequest()),
        ]
        for action in actions:
            with pytest.raises(UsbPortError) as caught:
                action()
            assert (caught.value.is_refused, caught.value.problem) == (True, reason)
        assert harness.seen() == before
