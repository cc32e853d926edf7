"""Names on one line."""

import pytest
from hypothesis import given

from camvault.core.evidence.errors import EvidenceError
from camvault.core.evidence.escapes import escaped, unescaped
from tests.policies.evidence.examples import NAMES


@given(NAMES)
def test_every_name_comes_back_from_one_line(name: str) -> None:
    line = escaped(name)
    assert "\n" not in line
    assert "\r" not in line
    assert unescaped(line) == name


@pytest.mark.parametrize("text", ["\\", "a\\x", "\\\\\\"])
def test_a_backslash_that_stands_for_nothing_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError, match="stands for nothing"):
        unescaped(text)
