"""Sizes and lengths in words."""

from camvault.core.batch.figures import gigabytes, hours


def test_sizes_and_lengths_for_people() -> None:
    assert [gigabytes(n) for n in (50_000_000_000, 24_500_000_000, 640_000_000, 1500, 980)] == [
        "50 GB",
        "24.5 GB",
        "640 MB",
        "1.5 kB",
        "980 bytes",
    ]
    assert [hours(s) for s in (18720, 200, 59.6, 3)] == ["5 h 12 min", "3 min 20 s", "1 min 0 s", "3 s"]
