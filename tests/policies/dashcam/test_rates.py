"""How fast this box copies and sends."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.rates import ASSUMED_COPY, ASSUMED_UPLOAD, KEPT, MeasuredRates, rates_document, rates_of


def test_before_anything_was_measured_rates_are_assumed_and_say_so() -> None:
    rates = MeasuredRates()
    assert (rates.copied.bytes_per_s, rates.sent.bytes_per_s) == (ASSUMED_COPY, ASSUMED_UPLOAD)
    assert str(rates.copied) == "10.0 MB/s (assumed, none was measured)"


def test_a_transfer_that_hung_and_one_that_found_all_there_do_not_count() -> None:
    rates = MeasuredRates().with_upload(10_000_000, 3600).with_upload(10**10, 1)
    for _ in range(6):
        rates = rates.with_upload(30_000_000, 10)
    assert str(rates.sent) == "3.0 MB/s (measured in 8)"
    assert not rates.copied.count


def test_long_transfers_weigh_more_than_short_ones() -> None:
    rates = MeasuredRates().with_copy(1_000_000_000, 100).with_copy(2_000_000, 1)
    assert rates.copied.bytes_per_s == pytest.approx(1_002_000_000 / 101)
    assert rates.copied.s_per_gb == pytest.approx(101 / 1.002)


@pytest.mark.parametrize(
    ("size_bytes", "seconds"),
    [(10**9, 0), (10**9, -5), (10**9, float("nan")), (10**9, float("inf")), (10, 60), (-1, 9)],
)
def test_what_says_nothing_is_not_kept(size_bytes: int, seconds: float) -> None:
    assert MeasuredRates().with_copy(size_bytes, seconds) == MeasuredRates()


@pytest.mark.parametrize(
    "document",
    [
        None,
        "text",
        [],
        {},
        {"copies": 7},
        {"copies": [[1], ["a", "b"], [True, 5.0], None, [10**9, "1"]], "uploads": {}},
    ],
)
def test_a_document_that_cannot_be_read_was_never_measured(document: Any) -> None:
    assert rates_of(document) == MeasuredRates()


TRANSFERS = st.lists(st.tuples(st.integers(1_000_000, 10**12), st.floats(1, 1e6)), max_size=2 * KEPT)


@given(TRANSFERS, TRANSFERS)
def test_the_last_ones_are_kept_and_outlive_a_run(
    copies: list[tuple[int, float]], uploads: list[tuple[int, float]]
) -> None:
    rates = MeasuredRates()
    for size_bytes, seconds in copies:
        rates = rates.with_copy(size_bytes, seconds)
    for size_bytes, seconds in uploads:
        rates = rates.with_upload(size_bytes, seconds)
    assert [(each.size_bytes, each.seconds) for each in rates.copies] == copies[-KEPT:]
    assert rates_of(json.loads(json.dumps(rates_document(rates)))) == rates
    found = [each.rate for each in rates.copies]
    assert not found or min(found) * 0.999 <= rates.copied.bytes_per_s <= max(found) * 1.001
