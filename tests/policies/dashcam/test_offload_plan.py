"""What an offload will do, and what will not fit into the battery."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.battery_minutes import BatteryMinutes
from camvault.core.dashcam.offload_plan import OffloadPlan, WaitingClip, plan_offload
from camvault.core.dashcam.rates import MeasuredRates

RATES = MeasuredRates().with_copy(600_000_000, 60).with_upload(120_000_000, 60)
"""600 MB and 120 MB a minute."""
MB = 1_000_000


def clip(name: str, size_mb: int, *, is_event: bool = False) -> WaitingClip:
    return WaitingClip(PurePosixPath(name), size_mb * MB, is_event)


def lasting(minutes: float | None) -> BatteryMinutes:
    return BatteryMinutes(minutes, words="The battery ….")


def plan(*clips: WaitingClip, minutes: float | None = None, staged_mb: int = 0, room_mb: int = 10_000) -> OffloadPlan:
    return plan_offload(
        clips, staged_bytes=staged_mb * MB, room_bytes=room_mb * MB, rates=RATES, battery=lasting(minutes)
    )


def times(found: OffloadPlan) -> list[tuple[str, float, float]]:
    return [(str(each.clip.path), each.copied_min, each.sent_min) for each in found.planned]


def test_all_is_copied_and_then_sent_what_was_staged_before_first() -> None:
    found = plan(clip("a", 600), clip("b", 1200), staged_mb=240)
    assert times(found) == [("a", 1, 3 + 2 + 5), ("b", 3, 3 + 2 + 5 + 10)]
    assert found.minutes == 20


def test_a_full_staging_is_sent_before_more_is_copied() -> None:
    found = plan(clip("a", 600), clip("b", 600), room_mb=600)
    assert times(found) == [("a", 1, 6), ("b", 7, 12)]
    assert times(plan(clip("a", 600), staged_mb=600, room_mb=100)) == [("a", 6, 11)]


def test_what_will_not_fit_is_named_the_last_ones_first_of_all() -> None:
    found = plan(clip("event", 600, is_event=True), clip("b", 1200), clip("c\n--x", 6000), minutes=9)
    assert found.minutes == 13 + 65
    assert [each.path.name for each in found.not_copied] == ["c\n--x"]
    assert [each.path.name for each in found.not_sent] == ["event", "b", "c\n--x"]
    assert found.sentences == (
        "Waiting: 3 clips on the card, 7.80 GB, 1 of events; 0.00 GB staged.",
        f"Needed: about 78 minutes, copying at {RATES.copied} and sending at {RATES.sent}, events first.",
        "The battery ….",
        "Not sent by then: 3 clips, 7.80 GB; of these, not even copied: 1 clip, 6.00 GB: 'c\\n--x'.",
    )


def test_no_more_than_five_names_are_told() -> None:
    found = plan(*(clip(f"{number}", 600) for number in range(9)), minutes=0)
    assert found.sentences[-1].endswith("9 clips, 5.40 GB: '0', '1', '2', '3', '4' and 4 more.")


def test_a_clip_that_no_staging_takes_is_named_and_holds_up_no_other() -> None:
    found = plan(clip("huge", 20_000), clip("a", 600), minutes=100)
    assert [each.clip.path.name for each in found.planned] == ["a"]
    assert found.sentences[-2:] == (
        "All the rest is sent by then.",
        "Larger than all of staging, and not copied: 1 clip, 20.00 GB: 'huge'.",
    )


@pytest.mark.parametrize(("minutes", "last"), [(6, "All is sent by then."), (None, "The battery ….")])
def test_while_it_is_not_known_how_long_the_battery_lasts_nothing_is_promised(minutes: float | None, last: str) -> None:
    assert plan(clip("a", 600), minutes=minutes).sentences[-1] == last


def test_copied_but_not_sent() -> None:
    found = plan(clip("a", 600), minutes=2)
    assert found.sentences[-1] == "Not sent by then: 1 clip, 0.60 GB; of these, not even copied: none."


def test_nothing_to_do() -> None:
    assert plan(minutes=5).sentences[0] == "Waiting: 0 clips on the card, 0.00 GB, 0 of events; 0.00 GB staged."


SIZES = st.lists(st.integers(0, 3000), max_size=12)


@given(SIZES, st.integers(0, 2000), st.integers(0, 2000), st.one_of(st.none(), st.floats(0, 500)))
def test_every_clip_is_in_the_plan_once_and_in_its_order(
    sizes: list[int], staged_mb: int, room_mb: int, minutes: float | None
) -> None:
    clips = [clip(str(number), size) for number, size in enumerate(sizes)]
    found = plan(*clips, minutes=minutes, staged_mb=staged_mb, room_mb=room_mb)
    planned = [each.clip for each in found.planned]
    assert sorted([*planned, *found.too_large], key=lambda each: int(str(each.path))) == clips
    assert planned == [each for each in clips if each in planned]
    assert all(each.size_bytes > (staged_mb + room_mb) * MB for each in found.too_large)
    assert [each.copied_min for each in found.planned] == sorted(each.copied_min for each in found.planned)
    assert [each.sent_min for each in found.planned] == sorted(each.sent_min for each in found.planned)
    assert all(each.copied_min <= each.sent_min <= found.minutes for each in found.planned)
    total_min = sum(each.size_bytes for each in planned) / (600 * MB) + (
        sum(each.size_bytes for each in planned) + staged_mb * MB
    ) / (120 * MB)
    assert found.minutes == pytest.approx(total_min)
    assert set(found.not_copied) <= set(found.not_sent)
    for few, many in ((found.not_copied, planned), (found.not_sent, planned)):  # what does not fit is last
        assert list(few) == many[len(many) - len(few) :]


@given(SIZES, st.integers(0, 2000), st.integers(1, 2000), st.floats(0, 300), st.floats(0, 300))
def test_at_no_time_is_more_staged_than_there_is_room_and_more_minutes_never_fit_less(
    sizes: list[int], staged_mb: int, room_mb: int, some_min: float, more_min: float
) -> None:
    clips = [clip(str(number), size) for number, size in enumerate(sizes)]
    found = plan(*clips, minutes=some_min, staged_mb=staged_mb, room_mb=room_mb)
    copied_mb = 0
    for at in found.planned:  # what is staged at the moment that a clip was copied
        copied_mb += at.clip.size_bytes // MB
        held = sum(each.clip.size_bytes for each in found.planned if each.copied_min <= at.copied_min < each.sent_min)
        is_nothing_sent = at.copied_min == pytest.approx(copied_mb / 600)
        assert held + is_nothing_sent * staged_mb * MB <= (staged_mb + room_mb) * MB
    longer = plan(*clips, minutes=some_min + more_min, staged_mb=staged_mb, room_mb=room_mb)
    assert set(longer.not_sent) <= set(found.not_sent)
