"""Composition root: the values of flags of the camera archive that are neither numbers nor paths."""

import typer

from camvault.core.archive.byte_sizes import SIZE_RULE, bytes_of_size
from camvault.core.archive.dated_names import NamePattern

_SHOWN_MOST = 60


def size_of(text: str) -> int:
    """What the text after `--min-free` means, in bytes."""
    value = bytes_of_size(text)
    if value is None:
        raise typer.BadParameter(f"{text[:_SHOWN_MOST]!a} is not {SIZE_RULE}")
    return value


def size_above_0(text: str) -> int:
    """What the text after `--max-size` means, in bytes; 0 is no size, because for other rules it means "off"."""
    value = size_of(text)
    if not value:
        raise typer.BadParameter(f"found {text[:_SHOWN_MOST]!a}, expected more: no footage at all would be kept")
    return value


def pattern_of(text: str) -> NamePattern:
    """What the text after `--pattern` means."""
    try:
        return NamePattern(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text[:_SHOWN_MOST]!a} is no pattern of names: {error}") from error
