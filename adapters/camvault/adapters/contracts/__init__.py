"""Adapter for pytest: the contract of each port as a class of tests, for an adapter that you write.

A module is named like the port's. Derive a class whose name begins with `Test` from the contract, and provide the
fixtures that its docstring names. What a contract must do behind the port (put a file there, look what lies at the
target, let a write fail) it asks of a *harness*, which you provide as well.

    from camvault.adapters.contracts.clock import ClockContract

    class TestMyClock(ClockContract):
        @pytest.fixture
        def clock(self) -> MyClock:
            return MyClock()

The contracts know the ports and pytest (`batch_record` also hypothesis), and no adapter; camvault itself never imports
them. They need the extra `camvault[testing]`. Assertions are rewritten by pytest, nothing is to be put in a conftest.
"""

import pkgutil

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)))
