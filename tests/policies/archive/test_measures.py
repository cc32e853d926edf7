"""The quality of archives, as records have it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.archive.measures import MeasuredQuality, QualityFigures, by_measure, parse_quality


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("XPSNR 38.2 dB", MeasuredQuality("XPSNR", 38.2, "dB")),
        ("VMAF 93", MeasuredQuality("VMAF", 93.0)),
        ("", None),
        ("XPSNR inf dB", None),
        ("XPSNR nan dB", None),
        ("38.2", None),
        ("XPSNR 38.2 dB; rm", None),
        ("XPSNR 1e400 dB", None),
    ],
)
def test_a_text_is_a_measure_with_a_number_or_nothing(text: str, found: MeasuredQuality | None) -> None:
    assert parse_quality(text) == found


VALUES = st.floats(0, 100, allow_nan=False)


@given(st.lists(st.tuples(st.sampled_from(["XPSNR", "VMAF"]), VALUES), min_size=1, max_size=20), st.randoms())
def test_mean_and_lowest_are_those_of_all_in_any_order(found: list[tuple[str, float]], random: object) -> None:
    each = [
        QualityFigures.of(MeasuredQuality(measure, value), f"{number}.mp4")
        for number, (measure, value) in enumerate(found)
    ]
    shuffled = list(each)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for figures in by_measure(shuffled).values():
        values = [value for measure, value in found if measure == figures.measure]
        assert figures.count == len(values)
        assert figures.mean == pytest.approx(sum(values) / len(values))
        assert figures.lowest == min(values)
        assert figures.lowest_archive == min(
            (one.lowest_archive for one in each if one.measure == figures.measure and one.lowest == min(values)),
        )
