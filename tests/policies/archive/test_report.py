"""The figures of an archive are sums, whatever the order in which facts come, and take no memory by file."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.archive.day_gaps import DayGap
from camvault.core.archive.report import (
    ARCHIVES,
    TRASH,
    ClipFact,
    ClipStanding,
    FootageSums,
    Holdings,
    HoldingsReport,
    by_day_and_camera,
)

TODAY = date(2024, 3, 10)
FACTS = st.lists(
    st.builds(
        ClipFact,
        day=st.dates(date(2024, 2, 1), date(2024, 3, 9)),
        camera=st.sampled_from(["front", "<script>", "", None]),
        standing=st.sampled_from(ClipStanding),
        size_bytes=st.integers(0, 10**10),
        source_bytes=st.integers(0, 10**11),
        encoder=st.sampled_from(["libx264", "remux"]),
        quality=st.sampled_from(["", "XPSNR 38.2 dB", "XPSNR 40.0 dB", "VMAF 93.1"]),
        archive=st.just("2024/03/09/archived-20240309120000.mp4"),
    ),
    max_size=30,
)


def holding(facts: list[ClipFact]) -> Holdings:
    holdings = Holdings()
    for fact in facts:
        holdings.add(fact)
    return holdings


@given(FACTS)
def test_cameras_weeks_and_days_add_up_to_the_total(facts: list[ClipFact]) -> None:
    holdings = holding(facts)
    total = holdings.total()
    assert total.counts == Counter(fact.standing for fact in facts)
    assert total.archive_count == sum(fact.standing in ARCHIVES for fact in facts)
    assert total.archive_bytes == sum(fact.size_bytes for fact in facts if fact.standing in ARCHIVES)
    cameras = holdings.by_camera(until=TODAY)
    assert sum(each.sums.archive_bytes for each in cameras) == total.archive_bytes
    assert sum(each.sums.saved_bytes for each in cameras) == total.saved_bytes
    assert sum(week.size_bytes for week in holdings.by_week()) == total.archive_bytes
    assert sum(week.file_count for week in holdings.by_week()) == total.archive_count
    measured = Counter(fact.quality.split()[0] for fact in facts if fact.quality and fact.standing is ClipStanding.KEPT)
    assert {measure: each.count for measure, each in total.qualities.items()} == measured
    by_week: Counter[str] = Counter()
    for (_, measure), figures in holdings.quality_by_week().items():
        by_week[measure] += figures.count
    assert by_week == measured


@given(FACTS, st.randoms())
def test_the_order_of_facts_does_not_matter(facts: list[ClipFact], random: object) -> None:
    shuffled = list(facts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = holding(facts), holding(shuffled)
    assert one.by_week() == other.by_week()
    assert set(one.cells) == set(other.cells)
    for key, sums in one.cells.items():
        found = other.cells[key]
        assert (sums.counts, sums.sizes, sums.saved_bytes) == (found.counts, found.sizes, found.saved_bytes)
        assert sums.remuxed_count == found.remuxed_count


def test_a_thousand_files_of_a_day_take_the_room_of_one() -> None:
    fact = ClipFact(TODAY, "front", ClipStanding.KEPT, 5, 50, "remux", "VMAF 90.0", "a")
    holdings = holding([fact] * 1000)
    assert list(holdings.cells) == [(TODAY, "front")]
    sums = holdings.cells[TODAY, "front"]
    assert (sums.archive_count, sums.saved_bytes, sums.remuxed_count) == (1000, 45_000, 1000)
    assert len(sums.qualities) == 1


def test_what_is_not_kept_saves_nothing() -> None:
    sums = FootageSums()
    sums.add(ClipFact(TODAY, "front", ClipStanding.GONE, 5, 50, "remux", "VMAF 90.0"))
    assert (sums.saved_bytes, sums.remuxed_count, sums.archive_count, sums.qualities) == (0, 0, 0, {})


def test_footage_that_is_gone_is_no_gap_and_an_unknown_camera_has_none() -> None:
    days = [date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 5)]
    holdings = holding([ClipFact(day, camera, ClipStanding.GONE, 1) for day in days for camera in ("front", None)])
    front, unknown = holdings.by_camera(until=date(2024, 3, 5))
    assert (front.camera, unknown.camera) == ("front", None)
    assert front.gaps == (DayGap(date(2024, 3, 3), date(2024, 3, 4)),)
    assert unknown.gaps == ()
    assert unknown.days == front.days == frozenset(days)


def test_an_area_whose_older_days_went_is_rolling() -> None:
    holdings = Holdings()
    first = TODAY - timedelta(days=100)
    holdings.add(ClipFact(first, "front", ClipStanding.GONE, 1))
    for number in range(30):
        holdings.occupy("output", TODAY - timedelta(days=number), file_count=2, size_bytes=1000)
    assert holdings.area("output", today=TODAY).growth_bytes_per_day == pytest.approx(1000)
    holdings.went("output", first)
    holdings.went("output", TODAY)
    assert holdings.area("output", today=TODAY).growth_bytes_per_day == 0
    assert holdings.area("output", today=TODAY).file_count == 60


def test_an_impossible_day_counts_as_size_only() -> None:
    holdings = Holdings()
    holdings.occupy(TRASH, None, file_count=1, size_bytes=7)
    found = holdings.area(TRASH, today=TODAY)
    assert (found.size_bytes, found.growth_bytes_per_day) == (7, None)


def test_what_was_never_archived_is_told_by_day_and_camera() -> None:
    facts = [ClipFact(TODAY, camera, ClipStanding.WAITING, 3) for camera in ("b", "a", "a")]
    holdings = holding([*facts, ClipFact(TODAY, "a", ClipStanding.KEPT, 9)])
    report = HoldingsReport(
        today=TODAY,
        since=None,
        cells={key: holdings.cells[key] for key in sorted(holdings.cells, key=by_day_and_camera)},
        cameras=(),
        total=holdings.total(),
        weeks=(),
        quality_weeks={},
        areas=(),
        disks=(),
    )
    assert report.sums_of([ClipStanding.WAITING, ClipStanding.DELETED]) == (
        (TODAY, "a", ClipStanding.WAITING, 2, 6),
        (TODAY, "b", ClipStanding.WAITING, 1, 3),
    )
