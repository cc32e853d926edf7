"""Ports: what camvault's core needs from the world, the values that are exchanged, and the errors that are raised.

Imports attrs and typing, nothing else. A docstring of a protocol is its contract; `tests/contracts` runs it on every
adapter.
"""
