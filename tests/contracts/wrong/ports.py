"""Wrong adapters of `UsbPort`."""

from collections.abc import Callable

import attrs
import pytest

from camvault.adapters.contracts.usb import (
    Obstacle,
    PortFault,
    UsbHarness,
    UsbPortContract,
    UsbPortFaultContract,
)
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.usb import MemoryUsbPort, UsbFault
from camvault.ports.cancellation import Cancellation
from camvault.ports.usb import UsbState
from tests.contracts.test_usb import QUICK, MemoryHarness
from tests.contracts.wrong.refusal import by


class _Sound(UsbPortContract):
    KIND: Callable[..., MemoryUsbPort]

    @pytest.fixture
    def harness(self) -> UsbHarness:
        return MemoryHarness(type(self).KIND(patience=QUICK))


class _Faulty(UsbPortFaultContract):
    KIND: Callable[..., MemoryUsbPort]

    @pytest.fixture
    def with_fault(self) -> Callable[[PortFault], UsbHarness]:
        return lambda fault: MemoryHarness(type(self).KIND(patience=QUICK, fault=UsbFault[fault.name]))

    @pytest.fixture
    def with_obstacle(self) -> Callable[[Obstacle], UsbHarness]:
        return lambda obstacle: MemoryHarness(type(self).KIND(patience=QUICK, refused=obstacle.value))


_POWER_OFF = "power_that_is_not_seen_to_be_off_is_an_error"
_POWER_ON = "power_that_is_not_seen_to_be_on_is_an_error"
_DATA_OFF = "data_that_is_not_seen_to_be_off_is_an_error"
_UNTOUCHED = "a_port_that_must_not_be_switched_is_not_touched"


@attrs.define(kw_only=True)
class _Believing(MemoryUsbPort):
    """Believes the tool that was told."""

    def switch_power(self, *, on: bool, cancel: Cancellation) -> UsbState:
        self._refuse(cancel)
        self._power(on=on)
        return UsbState(is_powered=on, is_connected=on)

    def switch_data(self, *, on: bool, cancel: Cancellation) -> UsbState:
        self._refuse(cancel)
        self.is_data_on = on
        return UsbState(is_powered=True, is_connected=True, is_data_on=on)


class TestUsbPortThatBelievesItsTool(_Faulty):
    REFUSED_BY = by(_POWER_OFF, _POWER_ON, _DATA_OFF)
    KIND = _Believing


@attrs.define(kw_only=True)
class _Hasty(MemoryUsbPort):
    """Looks once."""

    def _look(self) -> UsbState:
        self._looks_until_fault += self.fault in {UsbFault.COMES_BACK, UsbFault.GOES_OUT}
        return super()._look()


class TestUsbPortThatLooksOnce(_Faulty):
    REFUSED_BY = by(_POWER_OFF, _POWER_ON)
    KIND = _Hasty


@attrs.define(kw_only=True)
class _Inventing(MemoryUsbPort):
    """Takes what cannot be read for off."""

    def _look(self) -> UsbState:
        found = super()._look()
        return attrs.evolve(found, is_powered=bool(found.is_powered), is_connected=bool(found.is_connected))


class TestUsbPortThatTakesSilenceForOff(_Faulty):
    REFUSED_BY = by(_POWER_OFF, "what_cannot_be_read_is_unknown_and_has_its_sentence")
    KIND = _Inventing


@attrs.define(kw_only=True)
class _Reckless(MemoryUsbPort):
    """Knows why not, and switches."""

    def _refuse(self, cancel: Cancellation) -> None:
        cancel.check()


class TestUsbPortThatSwitchesAnyway(_Faulty):
    REFUSED_BY = by(_UNTOUCHED)
    KIND = _Reckless


@attrs.define(kw_only=True)
class _Deaf(MemoryUsbPort):
    """Cannot be stopped."""

    def switch_power(self, *, on: bool, cancel: Cancellation) -> UsbState:
        return super().switch_power(on=on, cancel=MemoryCancellation())


class TestUsbPortThatCannotBeStopped(_Sound):
    REFUSED_BY = by("nothing_is_switched_or_looked_at_after_a_request_to_stop")
    KIND = _Deaf


@attrs.define(kw_only=True)
class _Coarse(MemoryUsbPort):
    """Switches the data with the power: what is off does not record."""

    def switch_data(self, *, on: bool, cancel: Cancellation) -> UsbState:
        found = super().switch_data(on=on, cancel=cancel)
        self.is_powered = on
        return found


class TestUsbPortThatSwitchesDataWithThePower(_Sound):
    REFUSED_BY = by(
        "a_recording_camera_has_power_and_no_data",
        "the_camera_comes_up_after_power_and_is_recording_at_once",
    )
    KIND = _Coarse


@attrs.define(kw_only=True)
class _Meddling(MemoryUsbPort):
    """Authorises the camera again whenever it is looked at."""

    def state(self, *, cancel: Cancellation) -> UsbState:
        found = super().state(cancel=cancel)
        self.is_data_on = False
        return found


class TestUsbPortThatChangesWhatItLooksAt(_Sound):
    REFUSED_BY = by("a_look_and_a_refusal_change_nothing")
    KIND = _Meddling
