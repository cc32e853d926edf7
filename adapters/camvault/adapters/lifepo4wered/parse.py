"""Adapter for lifepo4wered-cli, pure part: what it prints.

A value is one whole number on one line. -1 (there is no such register in this version of the board) and -2 (the bus
did not answer) are printed like values, with exit code 6. Source: lifepo4wered-cli.c of LiFePO4wered-Pi 25e8161.
"""

import re

_VALUE = re.compile(r"\s*(-?[0-9]{1,10})\s*", re.ASCII)
_NO_VALUE = {-1: "the board has no such register", -2: "the board does not answer"}


def value_of(text: str, exit_code: int) -> int | None:
    """The value; None if this is none."""
    match = _VALUE.fullmatch(text)
    if match is None or exit_code:
        return None
    value = int(match[1])
    return None if value in _NO_VALUE else value


def why_none(text: str, exit_code: int, last_words: str) -> str:
    """Why there is no value, in a few words."""
    match = _VALUE.fullmatch(text)
    meaning = _NO_VALUE.get(int(match[1])) if match else None
    if meaning is not None:
        return meaning
    said = last_words or text.strip()
    ended = f"lifepo4wered-cli ended with {exit_code}" if exit_code else "lifepo4wered-cli gave no number"
    return f"{ended}: {said[:80]!r}" if said else ended
