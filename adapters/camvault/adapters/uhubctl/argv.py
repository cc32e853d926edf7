"""Adapter for uhubctl, pure part: its command lines.

Hub and port are always given: without a hub, uhubctl acts on the only one that it finds, and without a port on all of
them. Short flags, which are those that all releases have.
"""

from pathlib import PurePath


def status_argv(hub: str, port: int, *, program: PurePath) -> tuple[str, ...]:
    """Print the status of one port."""
    return (str(program), "-l", hub, "-p", str(port))


def power_argv(hub: str, port: int, *, on: bool, program: PurePath) -> tuple[str, ...]:
    """Switch the power of one port."""
    return (*status_argv(hub, port, program=program), "-a", "on" if on else "off")
