"""Adapters that break a law of their port, each under the contract that must refuse it.

`REFUSED_BY` of a class names the tests that fail; all others pass, so that a contract is seen to refuse the fault and
not the adapter. `test_wrong_adapters` runs the modules of this folder, in a program of their own; pytest does not
collect them by itself.
"""


def by(*names: str) -> frozenset[str]:
    """The tests with these names."""
    return frozenset(f"test_{name}" for name in names)
