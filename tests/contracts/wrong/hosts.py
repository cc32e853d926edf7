"""Wrong adapters of `Host`."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from camvault.adapters.contracts.host import HostContract
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.host import MemoryHost
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError
from tests.contracts.wrong.refusal import by


class _Host(HostContract):
    KIND: Callable[..., MemoryHost]

    @pytest.fixture
    def host(self) -> MemoryHost:
        return type(self).KIND()

    @pytest.fixture
    def told_count(self, host: MemoryHost) -> Callable[[], int]:
        return lambda: len(host.reasons)

    @pytest.fixture
    def refusing(self) -> MemoryHost:
        return type(self).KIND(refusal="no")

    @pytest.fixture
    def cancel(self) -> MemoryCancellation:
        return MemoryCancellation()

    @pytest.fixture
    def requested(self) -> MemoryCancellation:
        cancel = MemoryCancellation()
        cancel.request()
        return cancel


class _Silent(MemoryHost):
    def shut_down(self, *, reason: str, cancel: Cancellation) -> None:
        with suppress(CamvaultError):
            super().shut_down(reason=reason, cancel=cancel)


class TestHostThatHidesARefusal(_Host):
    REFUSED_BY = by("a_refusal_is_an_error", "a_cancelled_call_tells_nothing")
    KIND = _Silent


class _Deaf(MemoryHost):
    def shut_down(self, *, reason: str, cancel: Cancellation) -> None:
        super().shut_down(reason=reason, cancel=MemoryCancellation())


class TestHostThatCannotBeStopped(_Host):
    REFUSED_BY = by("a_cancelled_call_tells_nothing")
    KIND = _Deaf


class _Insisting(MemoryHost):
    def shut_down(self, *, reason: str, cancel: Cancellation) -> None:
        super().shut_down(reason=reason, cancel=cancel)
        super().shut_down(reason=reason, cancel=cancel)


class TestHostThatTellsTwice(_Host):
    REFUSED_BY = by("the_system_is_told_once_whatever_the_reason")
    KIND = _Insisting


_numbers = count()


class _Renamed(MemoryHost):
    def boot_id(self) -> str:
        return f"{self.boot}-{next(_numbers)}"


class TestHostThatRenamesItsStart(_Host):
    REFUSED_BY = by("the_start_of_the_machine_has_one_name")
    KIND = _Renamed
