"""Adapter for lifepo4wered-cli, pure part: its command lines."""

from pathlib import PurePath


def get_argv(register: str, *, program: PurePath) -> tuple[str, ...]:
    """Print the value of one register."""
    return (str(program), "get", register)
