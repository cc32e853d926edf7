"""Which labels are allowed, and what stands in an image."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.disc.labels import check_label, parse_stamp, shown_shorter, stamp_label, stamp_of
from camvault.ports.errors import UsageError

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


class TestLabels:
    @given(st.text(max_size=40))
    def test_a_label_passes_or_is_refused(self, label: str) -> None:
        if label.isascii() and 0 < len(label) <= 32 and label.replace("-", "_").replace("_", "a").isalnum():
            assert check_label(label) == label
        else:
            with pytest.raises(UsageError, match=r"^Label "):
                check_label(label)

    @pytest.mark.parametrize("label", ["a-b_C9", "-", "X" * 32])
    def test_good_labels(self, label: str) -> None:
        assert check_label(label) == label

    @pytest.mark.parametrize(
        ("label", "words"), [("", "is empty"), ("X" * 33, "too long: 33 characters"), ("Ä", "illegal characters")]
    )
    def test_bad_labels_are_refused_with_the_reason(self, label: str, words: str) -> None:
        with pytest.raises(UsageError, match=words):
            check_label(label)

    def test_the_default_label_is_utc(self) -> None:
        assert stamp_label(NOW) == "20260102T030405Z"

    @pytest.mark.parametrize("text", ["TESTDISC", "20261302T030405Z", "20260102T030405", ""])
    def test_other_texts_are_no_stamps(self, text: str) -> None:
        assert parse_stamp(text) is None

    def test_the_stamp_is_given_or_the_labels_or_now(self) -> None:
        first, second = "20250718T101500Z", "20240718T101500Z"
        assert stamp_of(label=first, stamp=second, now=NOW) == parse_stamp(second)
        assert stamp_of(label=first, stamp=None, now=NOW) == parse_stamp(first)
        assert stamp_of(label="X", stamp=None, now=NOW) == NOW.replace(microsecond=0)
        assert stamp_of(label=None, stamp=None, now=NOW) == NOW.replace(microsecond=0)
        with pytest.raises(UsageError, match="stamp"):
            stamp_of(label=None, stamp="yesterday", now=NOW)

    def test_what_each_place_will_show(self) -> None:
        assert list(shown_shorter("X" * 16)) == []
        assert len(list(shown_shorter("X" * 17))) == 1
        assert len(list(shown_shorter("X" * 31))) == 2
