"""Composition root, shared part: the value of `--stall-timeout`."""

from collections.abc import Callable

import typer

_MOST_S = 86_400
_TOLD_MOST = 40


def stall_limit_of(least_s: int) -> Callable[[str], float]:
    """What the text after `--stall-timeout` means: seconds, 0 for no limit."""

    def seconds_of(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1
        if value != 0 and not least_s <= value <= _MOST_S:
            found = text if len(text) <= _TOLD_MOST else f"{text[:_TOLD_MOST]}..."
            raise typer.BadParameter(
                f"{found!a} is neither 0 (no limit) nor a number of seconds from {least_s} to {_MOST_S}"
            )
        return value

    return seconds_of
