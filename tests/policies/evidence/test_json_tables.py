"""Values of JSON objects by key and kind."""

import enum
from collections.abc import Callable

import pytest

from camvault.core.evidence.errors import EvidenceError
from camvault.core.evidence.json_tables import JsonTable


class Colour(enum.StrEnum):
    RED = "red"


TABLE = JsonTable(
    {
        "t": "x",
        "n": 3,
        "yes": True,
        "s": 1.5,
        "none": None,
        "l": ["a"],
        "bad": [1],
        "c": "red",
        "o": {"k": "v"},
        "m": [{}],
    },
    "line 1",
)


def test_values_are_given_by_their_kind() -> None:
    assert TABLE.text("t") == "x"
    assert TABLE.number("n") == 3
    assert (TABLE.seconds_or_none("s"), TABLE.seconds_or_none("n"), TABLE.seconds_or_none("none")) == (1.5, 3.0, None)
    assert TABLE.texts("l") == ("a",)
    assert TABLE.member("c", Colour) is Colour.RED
    assert TABLE.table("o").text("k") == "v"
    assert [table.keys for table in TABLE.tables("m")] == [()]


@pytest.mark.parametrize(
    ("take", "words"),
    [
        (lambda: TABLE.text("n"), "line 1: n is 3"),
        (lambda: TABLE.text("missing"), "line 1: missing is None"),
        (lambda: TABLE.number("t"), "line 1: t is 'x'"),
        (lambda: TABLE.number("yes"), "line 1: yes is True"),
        (lambda: TABLE.seconds_or_none("t"), "line 1: t is 'x'"),
        (lambda: TABLE.seconds_or_none("yes"), "line 1: yes is True"),
        (lambda: TABLE.texts("bad"), "line 1: bad is"),
        (lambda: TABLE.texts("t"), "line 1: t is 'x'"),
        (lambda: TABLE.member("t", Colour), "line 1: t is 'x'"),
        (lambda: TABLE.table("t"), "line 1, t, is no object"),
        (lambda: TABLE.tables("l"), "line 1, l, is no object"),
    ],
)
def test_what_is_of_another_kind_is_named(take: Callable[[], object], words: str) -> None:
    with pytest.raises(EvidenceError, match=words):
        take()
