"""JSON as it goes onto a disc: what the standard library reads is what was written, and the other way round."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.evidence.errors import EvidenceError
from camvault.core.evidence.json_lines import json_line, parse_json
from tests.policies.evidence.examples import TEXTS

_LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS)
VALUES: st.SearchStrategy[Any] = st.recursive(
    _LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4))
)


@given(VALUES)
def test_every_value_is_read_as_it_was_written(value: Any) -> None:
    assert parse_json(json_line(value)) == value


@given(VALUES)
def test_the_standard_library_reads_it_and_it_is_one_line_of_utf_8(value: Any) -> None:
    line = json_line(value)
    assert json.loads(line.encode("utf-8")) == value
    assert "\n" not in line
    assert "\r" not in line


@given(VALUES, st.booleans(), st.sampled_from([None, 2]))
def test_what_the_standard_library_writes_is_read(value: Any, is_ascii: bool, indent: int | None) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=is_ascii, indent=indent)) == value


@given(st.text('{}[]":,\\tu0d8e-. ntrufals', max_size=12))
def test_what_the_standard_library_refuses_is_refused(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        with pytest.raises(EvidenceError):
            parse_json(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a value expected at character 0"),
        ("[1 2]", "] expected at character 3"),
        ('{"a" 1}', ": expected at character 5"),
        ("{1: 2}", "a string expected at character 1"),
        ('{"a": 1, "a": 2}', "another key than 'a' expected"),
        ("1 1", "the end expected at character 2"),
        ("[" * 100, "a less deeply nested value expected"),
        ('"\n"', "a string expected"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(EvidenceError, match=words):
        parse_json(text)
