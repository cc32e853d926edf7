"""Composition root, shared part: the value of `--disc-bytes`."""

import attrs
import typer

_MOST_BYTES = 2**63 - 1
_SHOWN_MOST = 40


@attrs.frozen
class DiscBytes:
    """The value of `--disc-bytes`: a number of bytes, or None where the blank disc in the drive is asked."""

    size_bytes: int | None

    def __str__(self) -> str:
        return "auto" if self.size_bytes is None else str(self.size_bytes)


def disc_bytes_of(text: str) -> DiscBytes:
    """What the text after `--disc-bytes` means."""
    if text == "auto":
        return DiscBytes(None)
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= _MOST_BYTES:
        shown = text if len(text) <= _SHOWN_MOST else f"{text[:_SHOWN_MOST]}…"
        raise typer.BadParameter(f"{shown!a} is neither a number of bytes from 1 to {_MOST_BYTES} nor auto")
    return DiscBytes(value)
