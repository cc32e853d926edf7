"""The one bitrate that fills a disc, against encoders that answer as SVT-AV1 was measured to answer."""

import itertools
import math
import random
from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.core.capacity.allocation import (
    ConstantRate,
    Encode,
    EncodeAction,
    EncodeBatch,
    EncodeClip,
    Encoded,
    EncodeResult,
    EncodeSample,
    Sampled,
    judged,
    next_encodes,
    settled,
    settled_kbps,
    standing,
)
from camvault.core.capacity.calibration import stretches
from camvault.core.capacity.rate import RatePlan, plan_rate
from camvault.ports.media import TargetBitrate

RATES = (90, 150, 228, 328, 450, 728, 1128)
MEASURED = {
    "dark desk": (95, 200, 284, 371, 491, 893, 1451),
    "light desk": (141, 228, 351, 413, 503, 515, 515),
    "idle car": (95, 171, 276, 405, 518, 831, 1235),
    "interview": (132, 233, 353, 476, 626, 911, 1164),
    "walk": (108, 185, 268, 389, 495, 827, 1258),
    "run": (96, 160, 254, 384, 537, 826, 1202),
    "night grain": (77, 166, 223, 356, 540, 948, 1540),
    "crowd": (107, 203, 311, 450, 615, 986, 1507),
    "fractal": (93, 152, 287, 423, 595, 977, 1561),
    "test picture": (133, 213, 320, 456, 624, 1026, 1789),
    "gradients": (100, 159, 219, 279, 355, 517, 755),
    "calm, then action": (101, 162, 243, 350, 485, 788, 1306),
}
"""What SVT-AV1 4.2 made of 10 s at these bitrates (480x270, preset 8, one thread), in kB of picture."""

FULL = ("light desk", "gradients")
"""These can hardly use more from 450 kbit/s on."""


@attrs.frozen
class Clip:
    """Footage of one kind. `odd` is how much more or less than that kind it takes."""

    kind: str
    duration_s: float
    odd: float = 1.0
    has_audio: bool = True


def _measured_kbps(kind: str, kbps: float) -> float:
    """What 10 s of this kind take, in kbit/s: between and beyond the measured rates, along straight logarithms."""
    sizes = MEASURED[kind]
    place = next((place for place, rate in enumerate(RATES[1:-1]) if kbps <= rate), len(RATES) - 2)
    (low, high), (less, more) = RATES[place : place + 2], sizes[place : place + 2]
    slope = math.log(more / less) / math.log(high / low)
    return less * 0.8 * math.pow(kbps / low, slope)


@attrs.frozen
class Svt:
    """An encoder with the measured answers, which are `noise` off for each clip and rate, and more for short clips."""

    footage: dict[str, Clip]
    noise: float = 0.01
    seed: int = 0

    def run(self, action: EncodeAction) -> int:
        clip = self.footage[action.key]
        rate = action.rate if isinstance(action, EncodeSample) else action.settings.rate
        assert isinstance(rate, TargetBitrate)
        length_s = action.length_s if isinstance(action, EncodeSample) else clip.duration_s
        chance = random.Random(f"{self.seed} {action.key} {rate.video_kbps} {length_s}")
        excess = (1 + 1.5 / max(1.5, length_s)) / 1.15
        kbps = _measured_kbps(clip.kind, rate.video_kbps) * clip.odd * excess * math.exp(chance.gauss(0, self.noise))
        picture = kbps * 125 * length_s
        if isinstance(action, EncodeSample):
            return max(1, round(picture))
        sound_kbps = 59.5 if clip.has_audio else 0.0
        return round(3000 + picture + length_s * (sound_kbps + 6.5) * 125)


def open_batch(footage: dict[str, Clip], total_kbps: float, *, min_kbps: int = 1) -> EncodeBatch:
    """A batch as it is planned for usable bytes of so many kbit/s."""
    durations = [clip.duration_s for clip in footage.values()]
    limit = round(total_kbps * 125 * math.fsum(durations))
    rate = plan_rate(durations, limit_bytes=limit, min_kbps=min_kbps)
    assert isinstance(rate, RatePlan)
    clips = tuple(
        EncodeClip(key, clip.duration_s, round(clip.duration_s * 10**6), has_audio=clip.has_audio)
        for key, clip in footage.items()
    )
    return EncodeBatch(clips, limit, ConstantRate(rate.video_kbps, is_open=True, is_filling=True), min_kbps=min_kbps)


def drive(
    batch: EncodeBatch,
    encoder: Svt,
    results: Sequence[EncodeResult] = (),
    *,
    jobs: int = 1,
    order: random.Random | None = None,
) -> list[EncodeResult]:
    """All results, from these on, with `jobs` at once; whatever is running may end first."""
    found = list(results)
    running: list[EncodeAction] = []
    while actions := next_encodes(batch, found):
        assert all(action in actions for action in running), "an action must stay offered until its result is in"
        running += [action for action in actions if action not in running][: jobs - len(running)]
        ended = running.pop(order.randrange(len(running)) if order else 0)
        size = encoder.run(ended)
        if isinstance(ended, EncodeSample):
            found.append(Sampled(ended, size))
        else:
            found.append(judged(batch, found, ended, size_bytes=size))
    return found


def fill(batch: EncodeBatch, results: Sequence[EncodeResult]) -> float:
    return sum(output.size_bytes for output in standing(results).values()) / batch.limit_bytes


def encodes_of(results: Sequence[EncodeResult]) -> list[Encoded]:
    return [result for result in results if isinstance(result, Encoded)]


def mixed(kinds: Sequence[str], durations: Sequence[float], odds: Sequence[float]) -> dict[str, Clip]:
    """A batch of clips; every third has no sound."""
    return {
        f"clip{number:02}": Clip(kind, duration_s, odd, has_audio=number % 3 != 2)
        for number, (kind, duration_s, odd) in enumerate(zip(kinds, durations, odds, strict=True))
    }


def footages(shortest_s: float, longest_s: float, *, min_size: int = 5) -> st.SearchStrategy[dict[str, Clip]]:
    """Mixed batches: no kind more than twice, and of five clips at most one that can use no more bits."""
    kinds = st.lists(st.sampled_from(sorted(MEASURED)), min_size=min_size, max_size=14).filter(
        lambda found: (
            max(map(found.count, found)) <= 2 and sum(kind in FULL for kind in found) <= max(1, len(found) / 5)
        )
    )
    return kinds.flatmap(
        lambda found: st.builds(
            mixed,
            st.just(found),
            st.lists(st.floats(shortest_s, longest_s), min_size=len(found), max_size=len(found)),
            st.lists(st.floats(0.85, 1.15), min_size=len(found), max_size=len(found)),
        )
    )


PROMISED = 0.98
rates = st.floats(250, 1300)
seeds = st.integers(0, 10**6)


class TestFill:
    @given(footages(5, 60), rates, seeds)
    @settings(max_examples=60, deadline=None)
    def test_short_clips_fill_the_disc(self, footage: dict[str, Clip], kbps: float, seed: int) -> None:
        """98 to 100 %, at one rate for all but a few."""
        batch = open_batch(footage, kbps)
        results = drive(batch, Svt(footage, seed=seed))
        assert PROMISED <= fill(batch, results) <= 1
        assert settled(batch, results) == {clip.key for clip in batch.clips}

    @given(footages(120, 1500), rates, seeds)
    @settings(max_examples=60, deadline=None)
    def test_clips_of_minutes_fill_the_disc(self, footage: dict[str, Clip], kbps: float, seed: int) -> None:
        """98 to 100 %, and the samples take at most 5 % of the footage."""
        batch = open_batch(footage, kbps)
        results = drive(batch, Svt(footage, seed=seed))
        assert PROMISED <= fill(batch, results) <= 1
        sampled_s = math.fsum(result.sample.length_s for result in results if isinstance(result, Sampled))
        assert sampled_s <= 0.05 * math.fsum(clip.duration_s for clip in batch.clips)

    @given(footages(2, 400, min_size=1), rates, seeds, st.floats(0, 0.3))
    @settings(max_examples=60, deadline=None)
    def test_never_above(self, footage: dict[str, Clip], kbps: float, seed: int, noise: float) -> None:
        """However odd the encoder, and however few the clips."""
        batch = open_batch(footage, kbps)
        results = drive(batch, Svt(footage, noise, seed))
        assert fill(batch, results) <= 1

    def test_one_rate_for_all_and_few_others(self) -> None:
        """The correction is for what the samples could not tell."""
        footage = mixed(sorted(MEASURED), [300.0] * 12, [1.0] * 12)
        batch = open_batch(footage, 600)
        results = drive(batch, Svt(footage))
        rates_used = [output.rate for output in standing(results).values()]
        assert rates_used.count(TargetBitrate(settled_kbps(batch, results) or 0)) >= 10

    def test_an_encoder_that_takes_no_more_bits_is_asked_a_few_times(self) -> None:
        """A desk of which the picture is perfect at 500 kbit/s does not fill 5000; the loop ends."""
        footage = mixed(["light desk"] * 5, [10.0] * 5, [1.0] * 5)
        batch = open_batch(footage, 5000)
        results = drive(batch, Svt(footage, noise=0.0))
        assert len(encodes_of(results)) <= 5 + 6
        assert fill(batch, results) < 0.5
        kbps = settled_kbps(batch, results)
        assert isinstance(batch.policy, ConstantRate)
        assert kbps is not None
        assert batch.policy.video_kbps < kbps <= 4 * batch.policy.video_kbps

    def test_samples_are_taken_again_at_two_rates_at_most(self) -> None:
        """Whatever the last of them says is taken, however far from all that were sampled."""
        kinds = ["interview", *["dark desk"] * 2, "crowd", *["light desk", "walk"] * 2, "night grain", "light desk"]
        footage = mixed([*kinds, "run", "walk"], [3.0] * 12, [1.0] * 12)
        batch = open_batch(footage, 400)
        results = drive(batch, Svt(footage, noise=0.0))
        rates_asked = {result.sample.rate for result in results if isinstance(result, Sampled)}
        assert len(rates_asked) == 3
        assert TargetBitrate(settled_kbps(batch, results) or 0) not in rates_asked

    @given(footages(3, 30), seeds)
    @settings(max_examples=20, deadline=None)
    def test_the_rate_keeps_the_lowest(self, footage: dict[str, Clip], seed: int) -> None:
        """Where the encoder makes more than it is asked for, `min_kbps` holds for the calibrated rate as well."""
        batch = open_batch(footage, 260, min_kbps=150)
        results = drive(batch, Svt({key: attrs.evolve(clip, odd=2.0) for key, clip in footage.items()}, seed=seed))
        assert all(
            result.rate.video_kbps >= 150 for result in encodes_of(results) if isinstance(result.rate, TargetBitrate)
        )


class TestOneRate:
    @given(footages(5, 200), rates, seeds, st.integers(2, 6), st.randoms(use_true_random=False))
    @settings(max_examples=20, deadline=None)
    def test_jobs_change_nothing(
        self, footage: dict[str, Clip], kbps: float, seed: int, jobs: int, order: random.Random
    ) -> None:
        """How many run at once and which ends first does not show in what stands at the end."""
        batch, encoder = open_batch(footage, kbps), Svt(footage, seed=seed)
        alone, together = drive(batch, encoder), drive(batch, encoder, jobs=jobs, order=order)
        assert standing(alone) == standing(together)
        assert set(alone) == set(together)

    @given(footages(5, 200), rates, seeds, st.data())
    @settings(max_examples=20, deadline=None)
    def test_a_stop_changes_nothing(
        self, footage: dict[str, Clip], kbps: float, seed: int, data: st.DataObject
    ) -> None:
        """What was stored at any moment leads to the same end, also with the rate that was stored."""
        batch, encoder = open_batch(footage, kbps), Svt(footage, seed=seed)
        whole = drive(batch, encoder)
        kept = whole[: data.draw(st.integers(0, len(whole)))]
        rate = settled_kbps(batch, kept)
        if rate is not None:
            batch = attrs.evolve(batch, policy=ConstantRate(rate, is_filling=True))
        assert drive(batch, encoder, kept) == whole

    @given(footages(2, 400, min_size=1), rates)
    def test_stretches_lie_in_their_clips_and_apart(self, footage: dict[str, Clip], kbps: float) -> None:
        """No picture is sampled twice at one rate."""
        batch = open_batch(footage, kbps)
        by_key: dict[str, list[tuple[float, float]]] = {}
        for key, start_s, length_s in stretches(batch.clips):
            by_key.setdefault(key, []).append((start_s, length_s))
        for key, parts in by_key.items():
            assert parts[0][0] >= 0
            assert math.fsum(parts[-1]) <= footage[key].duration_s + 0.002
            pairs = itertools.pairwise(parts)
            assert all(start_s + length_s <= after_s + 0.002 for (start_s, length_s), (after_s, _) in pairs)

    @given(footages(2, 400, min_size=1), rates, seeds)
    @settings(max_examples=40, deadline=None)
    def test_samples_take_at_most_half_of_the_footage_or_are_one(
        self, footage: dict[str, Clip], kbps: float, seed: int
    ) -> None:
        """Whatever the encoder answers; of clips of minutes they take a twentieth."""
        results = drive(open_batch(footage, kbps), Svt(footage, seed=seed))
        lengths_s = [result.sample.length_s for result in results if isinstance(result, Sampled)]
        seconds = math.fsum(clip.duration_s for clip in footage.values())
        share = 0.05 if seconds >= 120 * len(footage) else 0.5
        assert math.fsum(lengths_s) <= max(share * seconds, lengths_s[0]) + 1e-3 * len(lengths_s)

    def test_ten_thousand_clips_need_few_samples(self) -> None:
        """More of them would hardly tell more, and cost hours."""
        clips = [EncodeClip(f"{number:05}", 60 + number % 50, 10**7 + number) for number in range(10_000)]
        parts = stretches(clips)
        assert len(parts) == 300
        assert len({key for key, _, _ in parts}) == 300


class TestFailedSamples:
    def test_what_failed_tells_nothing(self) -> None:
        """A stretch that could not be encoded has 0 bytes; the others decide."""
        footage = mixed(sorted(MEASURED), [10.0] * 12, [1.0] * 12)
        batch, encoder = open_batch(footage, 400), Svt(footage)
        first = [action for action in next_encodes(batch, []) if isinstance(action, EncodeSample)]
        results: list[EncodeResult] = [Sampled(first[0], 0), *(Sampled(one, encoder.run(one)) for one in first[1:])]
        assert PROMISED <= fill(batch, drive(batch, encoder, results)) <= 1

    def test_without_any_sample_the_planned_rate_is_taken(self) -> None:
        """As before there were samples."""
        footage = mixed(["walk"] * 5, [10.0] * 5, [1.0] * 5)
        batch = open_batch(footage, 400)
        results = [Sampled(action, 0) for action in next_encodes(batch, []) if isinstance(action, EncodeSample)]
        actions = next_encodes(batch, results)
        assert isinstance(batch.policy, ConstantRate)
        assert {action.settings.rate for action in actions if isinstance(action, Encode)} == {
            TargetBitrate(batch.policy.video_kbps)
        }
        assert len(actions) == 5

    def test_a_later_round_that_fails_leaves_the_first(self) -> None:
        """The encoder that fails at another rate fails in the encode, too, and says why there."""
        footage = mixed(["gradients"] * 8, [10.0] * 8, [1.0] * 8)
        batch, encoder = open_batch(footage, 900), Svt(footage)
        results: list[EncodeResult] = []
        for action in next_encodes(batch, results):
            assert isinstance(action, EncodeSample)
            results.append(Sampled(action, encoder.run(action)))
        again = next_encodes(batch, results)
        assert all(isinstance(action, EncodeSample) for action in again)
        results += [Sampled(action, 0) for action in again if isinstance(action, EncodeSample)]
        kbps = settled_kbps(batch, results)
        assert {action.settings.rate for action in next_encodes(batch, results) if isinstance(action, Encode)} == {
            TargetBitrate(kbps or 0)
        }


class TestClosedRate:
    def test_a_rate_that_was_settled_asks_for_no_samples(self) -> None:
        """A job of an older version, or one that is resumed, keeps its rate."""
        footage = mixed(["walk"] * 5, [10.0] * 5, [1.0] * 5)
        batch = attrs.evolve(open_batch(footage, 400), policy=ConstantRate(333))
        assert settled_kbps(batch, []) == 333
        assert [type(action) for action in next_encodes(batch, [])] == [Encode] * 5

    @pytest.mark.parametrize(("total", "offered"), [(986_000, 0), (960_000, 1), (1_000_000, 0)])
    def test_a_raise_only_where_room_is_wasted(self, total: int, offered: int) -> None:
        """Below 98.5 % of the limit, not above."""
        clips = tuple(EncodeClip(key, 10, 10**7) for key in "abcde")
        batch = EncodeBatch(clips, 1_000_000, ConstantRate(90, is_filling=True))
        results = [Encoded(key, TargetBitrate(90), total // 5) for key in "abcde"]
        assert len(next_encodes(batch, results)) == offered

    def test_what_the_original_does_not_have_is_given_last(self) -> None:
        """A clip whose picture takes more than its original did is raised only if there is no other."""
        rich, poor = EncodeClip("b", 10, 10**7), EncodeClip("a", 10, 10_000)
        results: list[EncodeResult] = [Encoded(key, TargetBitrate(300), 480_000) for key in "ab"]
        both = EncodeBatch((poor, rich), 1_000_000, ConstantRate(300, is_filling=True))
        assert [action.key for action in next_encodes(both, results)] == ["b"]
        alone = EncodeBatch((poor, attrs.evolve(poor, key="b")), 1_000_000, ConstantRate(300, is_filling=True))
        assert [action.key for action in next_encodes(alone, results)] == ["a"]

    def test_a_raise_that_was_too_much_is_tried_lower(self) -> None:
        """What would exceed the limit does not replace what stands, and tells how the clip answers."""
        clips = tuple(EncodeClip(key, 10, 10**7) for key in "ab")
        batch = EncodeBatch(clips, 1_000_000, ConstantRate(300, is_filling=True))
        results: list[EncodeResult] = [Encoded(key, TargetBitrate(300), 470_000) for key in "ab"]
        tried = []
        while actions := next_encodes(batch, results):
            (action,) = actions
            assert isinstance(action, Encode)
            assert isinstance(action.settings.rate, TargetBitrate)
            tried.append((action.key, action.settings.rate.video_kbps))
            results.append(judged(batch, results, action, size_bytes=560_000))
        assert len(tried) == len(set(tried)) == 2
        assert fill(batch, results) == 0.94

    def test_no_clip_is_raised_where_the_next_rate_was_too_much(self) -> None:
        """One kbit/s more was tried with each: there is no rate in between."""
        clips = tuple(EncodeClip(key, 10, 10**7) for key in "ab")
        batch = EncodeBatch(clips, 1_000_000, ConstantRate(300, is_filling=True))
        results: list[EncodeResult] = [Encoded(key, TargetBitrate(300), 470_000) for key in "ab"]
        results.append(Encoded("a", TargetBitrate(301), 560_000, is_accepted=False))
        assert [action.key for action in next_encodes(batch, results)] == ["b"]
        results.append(Encoded("b", TargetBitrate(301), 560_000, is_accepted=False))
        assert next_encodes(batch, results) == ()
