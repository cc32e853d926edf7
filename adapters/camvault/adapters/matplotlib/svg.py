"""Adapter for matplotlib, pure part: an SVG file becomes an element of a page.

The page says which colours there are: the variables `--ink` and `--c0` to `--c7`.
"""

import html
import re

INK = "#fe0100"
COLOURS = tuple(f"#fe02{number:02x}" for number in range(8))
"""What is drawn with these colours has those of the page in the end."""
_VARIABLES = {INK: "var(--ink)", **{colour: f"var(--c{number})" for number, colour in enumerate(COLOURS)}}
_COLOUR = re.compile("|".join(_VARIABLES), re.IGNORECASE)
_ID = re.compile(r'(\bid="|url\(#|href="#)')
_HEAD = re.compile(r"\A.*?(?=<svg\b)", re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>|<style\b.*?</style>", re.DOTALL)
_SIZE = re.compile(r'(<svg\b[^>]*?) (?:width|height)="[^"]*"')


def embeddable(svg: str, *, name: str, title: str) -> str:
    """The element alone: as wide as its place, with ids that no other picture has, and with words for screen readers.

    Args:
        svg: What matplotlib wrote; without any text of a user in it.
        name: Of the chart: small letters, digits and hyphens.
        title: What it shows.
    """
    element = _METADATA.sub("", _HEAD.sub("", svg))
    for _ in ("width", "height"):
        element = _SIZE.sub(r"\1", element, count=1)
    element = _ID.sub(rf"\1{name}-", element)
    element = _COLOUR.sub(lambda match: _VARIABLES[match[0].lower()], element)
    return element.replace("<svg ", f'<svg role="img" aria-label="{html.escape(title)}" ', 1).strip()
