"""The table and the diagram of `docs/design/power-states.md`, made from `camvault.core.power.table`.

python -m tools.power_states     writes both; a test compares them with the table that is the program.
"""

import math
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Final

import attrs

from camvault.core.power.table import TABLE, BoxState, Occasion

FOLDER: Final = Path(__file__).parents[1] / "docs/design"
PAGE: Final = FOLDER / "power-states.md"
DIAGRAM: Final = FOLDER / "power-states.svg"
_HEAD: Final = "|---|---|---|---|\n"

_WIDTH, _HEIGHT, _BOX_WIDTH, _BOX_HEIGHT, _LINE = 1000, 780, 130, 44, 24
_PLACES: Final[Mapping[BoxState, tuple[float, float]]] = {
    BoxState.STARTED: (95, 330),
    BoxState.RECORDING: (330, 70),
    BoxState.COPYING: (680, 70),
    BoxState.SENDING: (900, 330),
    BoxState.RESTING: (330, 590),
    BoxState.ENDING: (680, 590),
    BoxState.ENDED: (505, 725),
}
_BEND: Final = 26.0
"""How far an arrow bends to its left, so that the one back does not lie on it."""


@attrs.frozen
class Arrow:
    """All ways from one state to another one; `numbers` are those of the occasions."""

    begin: BoxState
    end: BoxState
    numbers: tuple[int, ...]


def table_rows() -> list[str]:
    """The rows of the page's table."""
    return [
        f"| {state.value} | {occasion.value} | {following.value} | {' '.join(f'`{each.value}`' for each in commands)} |"
        for (state, occasion), (following, commands) in TABLE.items()
    ]


def arrows() -> list[Arrow]:
    """The ways that lead to another state, in the order of the table."""
    numbers = {occasion: number for number, occasion in enumerate(Occasion, start=1)}
    found: dict[tuple[BoxState, BoxState], list[int]] = {}
    for (state, occasion), (following, _) in TABLE.items():
        if following is not state:
            found.setdefault((state, following), []).append(numbers[occasion])
    return [Arrow(begin, end, tuple(sorted(each))) for (begin, end), each in found.items()]


def diagram() -> str:
    """The states, an arrow for each way between two of them, and what the numbers on the arrows mean."""
    height = _HEIGHT + _LINE * (len(Occasion) + 1)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
    tip = '<marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    lines = [
        f'{head} font-family="sans-serif" font-size="15">',
        "<title>The states of a dashcam box</title>",
        f'<defs>{tip}<path d="M0 0L10 5L0 10z" fill="#334"/></marker></defs>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        *(line for arrow in arrows() for line in _arrow_lines(arrow)),
        *(line for state in BoxState for line in _state_lines(state)),
        *_legend_lines(),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _arrow_lines(arrow: Arrow) -> Iterator[str]:
    (x1, y1), (x2, y2) = _PLACES[arrow.begin], _PLACES[arrow.end]
    length = math.hypot(x2 - x1, y2 - y1)
    left_x, left_y = (y2 - y1) / length * _BEND, -(x2 - x1) / length * _BEND
    middle_x, middle_y = (x1 + x2) / 2 + 2 * left_x, (y1 + y2) / 2 + 2 * left_y
    (from_x, from_y), (to_x, to_y) = _edge(x1, y1, middle_x, middle_y), _edge(x2, y2, middle_x, middle_y)
    yield (
        f'<path d="M{from_x:.0f} {from_y:.0f}Q{middle_x:.0f} {middle_y:.0f} {to_x:.0f} {to_y:.0f}" fill="none"'
        ' stroke="#334" stroke-width="1.4" marker-end="url(#tip)"/>'
    )
    # the point of the curve at a third of its way: nearer to where it begins, so that it is seen whose number it is
    part = 0.34
    at_x = (1 - part) ** 2 * from_x + 2 * part * (1 - part) * middle_x + part**2 * to_x
    at_y = (1 - part) ** 2 * from_y + 2 * part * (1 - part) * middle_y + part**2 * to_y
    words = ",".join(map(str, arrow.numbers))
    width = 9 * len(words) + 6
    yield f'<rect x="{at_x - width / 2:.0f}" y="{at_y - 10:.0f}" width="{width}" height="20" rx="4" fill="#fff"/>'
    yield f'<text x="{at_x:.0f}" y="{at_y + 5:.0f}" text-anchor="middle" fill="#a03000">{words}</text>'


def _edge(x: float, y: float, towards_x: float, towards_y: float) -> tuple[float, float]:
    """Where the line from the middle of a state's box to a point leaves the box."""
    across, down = towards_x - x, towards_y - y
    scale = min(_BOX_WIDTH / 2 / abs(across) if across else math.inf, _BOX_HEIGHT / 2 / abs(down) if down else math.inf)
    return x + across * scale, y + down * scale


def _state_lines(state: BoxState) -> Iterator[str]:
    x, y = _PLACES[state]
    yield (
        f'<rect x="{x - _BOX_WIDTH / 2:.0f}" y="{y - _BOX_HEIGHT / 2:.0f}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}"'
        ' rx="8" fill="#e8eef8" stroke="#334"/>'
    )
    yield f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle" font-weight="bold">{escape(state.value)}</text>'


def _legend_lines() -> Iterator[str]:
    for number, occasion in enumerate(Occasion, start=1):
        y = _HEIGHT + _LINE * number
        yield f'<text x="60" y="{y}" text-anchor="end" fill="#a03000">{number}</text>'
        yield f'<text x="75" y="{y}">{escape(occasion.value)}</text>'


def page(text: str) -> str:
    """The page with the table as it is now."""
    return text[: text.index(_HEAD) + len(_HEAD)] + "".join(f"{row}\n" for row in table_rows())


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    DIAGRAM.write_text(diagram(), "utf-8")
