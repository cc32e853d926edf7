"""Policies of bit allocation against random rate models: no overflow, no waste; jobs and stops change nothing."""

import itertools
import math
import random
from collections.abc import Callable, Sequence

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.core.capacity.allocation import (
    ComplexityRate,
    ConstantRate,
    Encode,
    EncodeBatch,
    EncodeClip,
    Encoded,
    EncodeResult,
    EncodeSample,
    Sampled,
    judged,
    next_encodes,
    settled,
    standing,
)
from camvault.core.capacity.complexity import COARSEST, FILL_MINIMUM, stretches
from camvault.core.capacity.media import discs_needed
from camvault.core.capacity.rate import RatePlan, fixed_bytes, plan_rate
from camvault.ports.media import ConstantQuality, TargetBitrate


@attrs.frozen
class Footage:
    """How one clip behaves: bytes a second at CRF 40, and how ln(size) falls with each quarter of CRF."""

    duration_s: float
    bytes_per_s: float
    slope: float = 0.019
    has_audio: bool = True


@attrs.frozen
class Model:
    """An encoder that obeys a rate model, apart from `noise` that depends on nothing but clip and settings."""

    footage: dict[str, Footage]
    noise: float = 0.0
    sample_noise: float = 0.0
    target_share: float = 0.8
    seed: int = 0

    def run(self, action: EncodeSample | Encode) -> int:
        if isinstance(action, EncodeSample):
            picture = action.length_s * self._picture(action.key, action.rate)
            return max(1, round(picture * self._odd(action, self.sample_noise)))
        clip = self.footage[action.key]
        picture = clip.duration_s * self._picture(action.key, action.settings.rate)
        sound_kbps = 59.0 if clip.has_audio else 0.0
        odd = self._odd((action.key, action.settings.rate), self.noise)
        return round(3000 + picture * odd + clip.duration_s * (sound_kbps + 6) * 125)

    def _picture(self, key: str, rate: TargetBitrate | ConstantQuality) -> float:
        clip = self.footage[key]
        if isinstance(rate, TargetBitrate):
            return max(self._picture(key, ConstantQuality(COARSEST)), rate.video_kbps * 125 * self.target_share)
        return clip.bytes_per_s * math.exp(-clip.slope * (rate.crf_quarters - 160))

    def _odd(self, what: object, width: float) -> float:
        return 1 + random.Random(f"{self.seed}{what}").uniform(-width, width)

    def floor_bytes(self) -> float:
        """The least that any settings give."""
        coarsest = ConstantQuality(COARSEST)
        return sum(
            3000 + f.duration_s * (self._picture(key, coarsest) * (1 + self.noise) + 65 * 125)
            for key, f in self.footage.items()
        )


Choice = Callable[[Sequence[EncodeSample | Encode]], Sequence[int]]


@attrs.frozen
class End:
    """What the outputs take together when nothing is offered any more."""

    total_bytes: int
    is_within_limit: bool
    disc_count: int | None


def end_of(batch: EncodeBatch, results: Sequence[EncodeResult]) -> End:
    sizes = [output.size_bytes for output in standing(results).values()]
    return End(sum(sizes), sum(sizes) <= batch.limit_bytes, discs_needed(sizes, limit_bytes=batch.limit_bytes))


def drive(
    batch: EncodeBatch, model: Model, *, jobs: int = 1, order: random.Random | None = None
) -> tuple[list[EncodeResult], End]:
    """Run the loop of the docstring with `jobs` at once; whatever is running may end first."""
    results: list[EncodeResult] = []
    running: list[EncodeSample | Encode] = []
    for _ in range(100_000):
        actions = next_encodes(batch, results)
        if not actions:
            assert not running
            return results, end_of(batch, results)
        assert all(action in actions for action in running), "an action must stay offered until its result is in"
        running += [action for action in actions if action not in running][: jobs - len(running)]
        ended = running.pop(order.randrange(len(running)) if order else 0)
        if isinstance(ended, EncodeSample):
            results.append(Sampled(ended, model.run(ended)))
        else:
            results.append(judged(batch, results, ended, size_bytes=model.run(ended)))
    raise AssertionError("the loop does not end")


def rates_of(results: Sequence[EncodeResult], key: str) -> list[int]:
    """The bitrates of a clip's encodes, in the order of the encodes."""
    encodes = [result for result in results if isinstance(result, Encoded) and result.key == key]
    return [encode.rate.video_kbps for encode in encodes if isinstance(encode.rate, TargetBitrate)]


def crf_of(encoded: Encoded) -> int:
    """The quarters of CRF of an output that was made by complexity."""
    assert isinstance(encoded.rate, ConstantQuality)
    return encoded.rate.crf_quarters


def batch_of(model: Model, limit_bytes: int, policy: ConstantRate | ComplexityRate) -> EncodeBatch:
    clips = tuple(
        EncodeClip(key, f.duration_s, round(f.duration_s * f.bytes_per_s * 30), has_audio=f.has_audio)
        for key, f in model.footage.items()
    )
    return EncodeBatch(clips, limit_bytes, policy)


def limit_at(model: Model, level: float) -> int:
    """A limit between the least that is possible and what CRF 20 would take."""
    fine = sum(f.duration_s * (f.bytes_per_s * math.exp(f.slope * 60) + 65 * 125) for f in model.footage.values())
    return round(model.floor_bytes() * 1.02 + level * max(0.0, fine - model.floor_bytes()))


footages = st.builds(
    Footage,
    duration_s=st.floats(2, 400),
    bytes_per_s=st.floats(3e3, 3e5),
    slope=st.floats(0.012, 0.028),
    has_audio=st.booleans(),
)


def models(
    noise: float, sample_noise: float, *, min_size: int = 1, max_size: int = 10, min_s: float = 2
) -> st.SearchStrategy[Model]:
    return st.builds(
        lambda clips, seed, share: Model(
            {f"clip{i:02}": clip for i, clip in enumerate(clips)}, noise, sample_noise, share, seed
        ),
        st.lists(footages.filter(lambda clip: clip.duration_s >= min_s), min_size=min_size, max_size=max_size),
        st.integers(0, 10**6),
        st.floats(0.5, 1.6),
    )


steps = st.sampled_from([1, 4])


class TestComplexity:
    @given(models(0.03, 0.4), st.floats(0.02, 0.9), steps)
    @settings(max_examples=30, deadline=None)
    def test_never_over_the_limit_where_anything_fits(self, model: Model, level: float, step: int) -> None:
        """Whatever the samples said: if the coarsest settings fit, the end fits."""
        batch = batch_of(model, limit_at(model, level), ComplexityRate(crf_step_quarters=step))
        _, end = drive(batch, model)
        assert end.is_within_limit
        assert end.total_bytes <= batch.limit_bytes

    @given(models(0.004, 0.3, min_size=8, max_size=12, min_s=10), st.floats(0.1, 0.8), steps)
    @settings(max_examples=20, deadline=None)
    def test_fills_at_least_99_percent(self, model: Model, level: float, step: int) -> None:
        """Where the encoder is smooth, nothing of the disc is wasted, with whole CRFs too."""
        batch = batch_of(model, limit_at(model, level), ComplexityRate(crf_step_quarters=step))
        results, end = drive(batch, model)
        assert FILL_MINIMUM <= end.total_bytes / batch.limit_bytes <= 1
        encodes = sum(isinstance(result, Encoded) for result in results)
        assert encodes <= len(batch.clips) + 6 + len(batch.clips) // 4
        assert settled(batch, results) == {clip.key for clip in batch.clips}

    @given(models(0.02, 0.3, max_size=8), st.floats(0.05, 0.9), st.integers(2, 6), st.randoms(use_true_random=False))
    @settings(max_examples=20, deadline=None)
    def test_jobs_change_nothing(self, model: Model, level: float, jobs: int, order: random.Random) -> None:
        """How many run at once and which ends first does not show in what stands at the end."""
        batch = batch_of(model, limit_at(model, level), ComplexityRate())
        alone, _ = drive(batch, model)
        together, _ = drive(batch, model, jobs=jobs, order=order)
        assert standing(alone) == standing(together)
        assert set(alone) == set(together)

    @given(models(0.02, 0.3, max_size=6), st.floats(0.05, 0.9), st.data())
    @settings(max_examples=20, deadline=None)
    def test_a_stop_changes_nothing(self, model: Model, level: float, data: st.DataObject) -> None:
        """Results that were stored at any moment lead to the same end: the step is a function of them alone."""
        batch = batch_of(model, limit_at(model, level), ComplexityRate())
        whole, end = drive(batch, model)
        kept = whole[: data.draw(st.integers(0, len(whole)))]
        results = list(kept)
        while actions := next_encodes(batch, results):
            action = actions[0]
            size = model.run(action)
            results.append(
                Sampled(action, size)
                if isinstance(action, EncodeSample)
                else judged(batch, results, action, size_bytes=size)
            )
        assert results == whole
        assert end_of(batch, results) == end

    @given(models(0.0, 0.0, min_size=2, max_size=6), st.floats(0.1, 0.8), st.data())
    @settings(max_examples=15, deadline=None)
    def test_a_lost_output_is_made_again(self, model: Model, level: float, data: st.DataObject) -> None:
        """A clip whose results were dropped is encoded again, and the end still fits."""
        batch = batch_of(model, limit_at(model, level), ComplexityRate())
        results, _ = drive(batch, model)
        lost = data.draw(st.sampled_from(batch.clips)).key
        results = [r for r in results if not (isinstance(r, Encoded) and r.key == lost)]
        assert [action.key for action in next_encodes(batch, results)] == [lost]
        while actions := next_encodes(batch, results):
            (action,) = actions
            assert isinstance(action, Encode)
            results.append(judged(batch, results, action, size_bytes=model.run(action)))
        assert end_of(batch, results).is_within_limit

    @given(models(0.02, 0.4, min_size=2), st.floats(0.02, 0.5), st.integers(30, 2000))
    @settings(max_examples=200, deadline=None)
    def test_a_correction_keeps_the_lowest_rate(self, model: Model, level: float, lowest: int) -> None:
        """No clip is corrected to less picture than `min_kbps`, as far as its outputs foretell it."""
        batch = attrs.evolve(batch_of(model, limit_at(model, level), ComplexityRate()), min_kbps=lowest)
        results, _ = drive(batch, model)
        for clip in batch.clips:
            outputs = [r for r in results if isinstance(r, Encoded) and r.key == clip.key]
            for number, after in enumerate(outputs[1:], start=1):
                before = next(output for output in reversed(outputs[:number]) if output.is_accepted)
                picture = after.size_bytes - 3000 - clip.duration_s * (65 if clip.has_audio else 6) * 125
                if crf_of(after) > crf_of(before):
                    assert picture >= 0.75 * lowest * 125 * clip.duration_s - 0.1 * after.size_bytes

    def test_bits_go_where_the_picture_needs_them(self) -> None:
        """Bits in proportion to complexity^0.6: more for the busy clip than its share, less than the same CRF gives."""
        model = Model({"calm": Footage(100, 5e3), "busy": Footage(100, 1.6e5)})
        batch = batch_of(model, limit_at(model, 0.4), ComplexityRate())
        outputs = standing(drive(batch, model)[0])
        fixed = fixed_bytes(100)
        ratio = (outputs["busy"].size_bytes - fixed) / (outputs["calm"].size_bytes - fixed)
        assert ratio == pytest.approx(32**0.6, rel=0.15)

    def test_nothing_gets_more_than_the_original_had(self) -> None:
        """Bits that the original does not have cannot be seen; they go elsewhere, as far as samples foretell it."""
        model = Model({"poor": Footage(60, 2e4, has_audio=False), "rich": Footage(60, 2e5, has_audio=False)})
        clips = (EncodeClip("poor", 60, 1_300_000, has_audio=False), EncodeClip("rich", 60, 10**9, has_audio=False))
        batch = EncodeBatch(clips, 12_000_000, ComplexityRate())
        outputs = standing(drive(batch, model)[0])
        assert outputs["poor"].size_bytes <= 1_300_000 / 0.85
        assert FILL_MINIMUM <= sum(o.size_bytes for o in outputs.values()) / 12_000_000 <= 1

    def test_what_cannot_fit_ends_with_the_number_of_discs(self) -> None:
        """Exit 2 remains only where no settings fit; the loop ends, everything at its smallest."""
        model = Model({f"c{i}": Footage(50, 2e5) for i in range(4)})
        batch = batch_of(model, round(model.floor_bytes() * 0.6), ComplexityRate())
        results, end = drive(batch, model)
        assert not end.is_within_limit
        assert end.disc_count == 2
        assert {o.rate for o in standing(results).values()} == {ConstantQuality(COARSEST)}

    def test_more_room_than_bits_make_sense(self) -> None:
        """A disc that even CRF 10 does not fill is not filled; the loop ends."""
        model = Model({"a": Footage(20, 5e3), "b": Footage(20, 5e3)})
        _, end = drive(batch_of(model, 100_000_000, ComplexityRate()), model)
        assert end.is_within_limit
        assert end.total_bytes < 10_000_000

    def test_filling_never_costs_more_than_the_encode(self) -> None:
        """One long clip is not encoded again and again for the last per cent."""
        model = Model({"shift": Footage(9000, 5e4, slope=0.012)}, sample_noise=0.5)
        results, end = drive(batch_of(model, limit_at(model, 0.3), ComplexityRate(crf_step_quarters=4)), model)
        encodes = [result for result in results if isinstance(result, Encoded)]
        over = [result for result in encodes if result.size_bytes > limit_at(model, 0.3)]
        assert len(encodes) <= 2 + len(over)
        assert end.is_within_limit

    def test_silence_does_not_confuse_the_model(self) -> None:
        """Opus makes 1 kbit/s of silence: an output smaller than sound and container were thought to be."""
        model = Model({"silent": Footage(300, 400.0, slope=0.03), "loud": Footage(300, 9e4)})
        batch = batch_of(model, limit_at(model, 0.5), ComplexityRate())
        silent = attrs.evolve(model, footage={**model.footage, "silent": Footage(300, 400.0, 0.03, has_audio=False)})
        _, end = drive(batch, silent)
        assert end.is_within_limit

    def test_whole_crfs_where_the_encoder_has_no_quarters(self) -> None:
        """As ffmpeg 7.1 silently takes CRF 35 for 40.25: only whole ones may be asked for."""
        model = Model({f"c{i}": Footage(30 + i, 1e4 * (i + 1)) for i in range(6)}, noise=0.02)
        results, _ = drive(batch_of(model, limit_at(model, 0.3), ComplexityRate(crf_step_quarters=4)), model)
        for result in results:
            rate = result.sample.rate if isinstance(result, Sampled) else result.rate
            assert isinstance(rate, ConstantQuality)
            assert rate.crf_quarters % 4 == 0

    def test_ten_thousand_clips_are_planned_in_seconds(self) -> None:
        """A step for a big batch costs far less than any encode."""
        model = Model({f"clip{i:05}": Footage(30 + i % 300, 1e4 + 37 * (i % 5000)) for i in range(10_000)})
        batch = batch_of(model, limit_at(model, 0.3), ComplexityRate())
        results: list[EncodeResult] = []
        for _ in range(2):
            results += [Sampled(a, model.run(a)) for a in next_encodes(batch, results) if isinstance(a, EncodeSample)]
        actions = next_encodes(batch, results)
        assert 0 < len(actions) <= 4
        assert all(isinstance(action, Encode) for action in actions)


class TestStretches:
    @given(st.floats(0.04, 50_000))
    def test_inside_the_clip_and_apart(self, duration_s: float) -> None:
        """Samples lie within the clip and do not overlap."""
        parts = stretches(duration_s)
        assert parts[0][0] >= 0
        assert sum(parts[-1]) <= duration_s + 1e-9
        assert all(at + length <= nxt for (at, length), (nxt, _) in itertools.pairwise(parts))

    @given(st.floats(0.04, 50_000))
    def test_share_of_any_clip(self, duration_s: float) -> None:
        """Both rounds together take at most half of it."""
        parts = stretches(duration_s)
        assert sum(length for _, length in (*parts, *parts[1::3])) <= duration_s / 2 + 1e-9

    @given(st.floats(120, 50_000))
    def test_share_of_long_clips(self, duration_s: float) -> None:
        """For clips of minutes both rounds of samples are below 5 % of the footage."""
        parts = stretches(duration_s)
        again = parts[1::3]
        assert sum(length for _, length in (*parts, *again)) <= 0.05 * duration_s


class TestConstant:
    @given(models(0.3, 0.0), st.floats(0.02, 0.9))
    @settings(max_examples=30, deadline=None)
    def test_never_over_the_limit_where_anything_fits(self, model: Model, level: float) -> None:
        """Encoders overshoot: whatever they do, what can fit does."""
        limit = round(limit_at(model, level) * 1.3)
        rate = plan_rate([f.duration_s for f in model.footage.values()], limit_bytes=limit, min_kbps=1)
        kbps = rate.video_kbps if isinstance(rate, RatePlan) else 1
        _, end = drive(batch_of(model, limit, ConstantRate(kbps)), model)
        assert end.is_within_limit

    @given(models(0.3, 0.0, max_size=6), st.integers(1, 5000), st.integers(1, 10**9))
    @settings(max_examples=30, deadline=None)
    def test_always_ends_and_settles_everything(self, model: Model, kbps: int, limit: int) -> None:
        """Whatever the limit, the loop ends, and then no clip is pending."""
        batch = batch_of(model, limit, ConstantRate(kbps))
        results, _ = drive(batch, model)
        assert settled(batch, results) == {clip.key for clip in batch.clips}

    @given(models(0.3, 0.0, max_size=6), st.integers(1, 5000), st.floats(0, 1), st.floats(0.1, 1.5))
    @settings(max_examples=60, deadline=None)
    def test_a_correction_at_most_halves_a_rate_and_keeps_the_lowest(
        self, model: Model, kbps: int, share: float, room: float
    ) -> None:
        """Whatever the encoder makes of it: each rate of a clip is at least half the one before, and `min_kbps`."""
        lowest = max(1, round(kbps * share))
        limit = round(sum(f.duration_s for f in model.footage.values()) * (kbps + 72) * 125 * room) + 1
        batch = attrs.evolve(batch_of(model, limit, ConstantRate(kbps)), min_kbps=lowest)
        results, _ = drive(batch, model)
        for clip in batch.clips:
            rates = rates_of(results, clip.key)
            assert rates[0] == kbps
            assert all(lower >= max(lowest, before // 2) for before, lower in itertools.pairwise(rates))
            assert rates == sorted(set(rates), reverse=True)

    def test_an_encoder_that_does_not_see_small_steps_ruins_no_clip(self) -> None:
        """TRAP: SVT-AV1 gave 1.4 MB at 11,441 kbit/s and at 10,296; the next try was 1 kbit/s, 4 kB, and "verified"."""
        clips = (EncodeClip("a", 1, 10**7, has_audio=False), EncodeClip("b", 1, 10**7, has_audio=False))
        batch = EncodeBatch(clips, 2_878_272, ConstantRate(11_441), min_kbps=2000)
        results: list[EncodeResult] = [Encoded(key, TargetBitrate(11_441), 1_450_000) for key in "ab"]
        while actions := next_encodes(batch, results):
            (action,) = actions
            assert isinstance(action, Encode)
            assert isinstance(action.settings.rate, TargetBitrate)
            size = min(1_450_000, action.settings.rate.video_kbps * 200)
            results.append(judged(batch, results, action, size_bytes=size))
        assert end_of(batch, results).is_within_limit
        assert rates_of(results, "a") == [11_441, 10_296, 5_148]
        assert rates_of(results, "b") == [11_441]

    def test_what_does_not_fit_at_the_lowest_rate_does_not_fit(self) -> None:
        """Nothing below `min_kbps` is tried: the outputs are too big, and it is said."""
        clips = (EncodeClip("a", 10, 10**8), EncodeClip("b", 10, 10**8))
        batch = EncodeBatch(clips, 2_000_000, ConstantRate(700), min_kbps=500)
        results: list[EncodeResult] = [Encoded(key, TargetBitrate(700), 3_000_000) for key in "ab"]
        while actions := next_encodes(batch, results):
            (action,) = actions
            assert isinstance(action, Encode)
            results.append(judged(batch, results, action, size_bytes=2_900_000))
        assert not end_of(batch, results).is_within_limit
        assert [rates_of(results, key)[-1] for key in "ab"] == [500, 500]
        assert settled(batch, results) == {"a", "b"}

    def test_one_rate_for_all(self) -> None:
        """The specification's one bitrate, if nothing overshoots."""
        model = Model({f"c{i}": Footage(20, 5e4) for i in range(5)})
        batch = batch_of(model, 20_000_000, ConstantRate(700))
        results, end = drive(batch, model)
        assert [result.rate for result in results if isinstance(result, Encoded)] == [TargetBitrate(700)] * 5
        assert end.is_within_limit

    def test_an_overshoot_that_others_make_up_for_is_kept(self) -> None:
        """Only the total counts: no clip is encoded twice because it took more than its share."""
        batch = EncodeBatch(
            (EncodeClip("greedy", 10, 10**7), EncodeClip("modest", 10, 10**7)), 2_000_000, ConstantRate(700)
        )
        results: list[EncodeResult] = [Encoded("greedy", TargetBitrate(700), 1_200_000)]
        assert settled(batch, results) == frozenset()
        assert [action.key for action in next_encodes(batch, results)] == ["modest"]
        results.append(Encoded("modest", TargetBitrate(700), 700_000))
        assert settled(batch, results) == {"greedy", "modest"}
        assert not next_encodes(batch, results)

    def test_an_overshoot_that_breaks_the_total_is_encoded_again_lower(self) -> None:
        """The greediest clip gets a lower rate before it is settled; the others keep theirs."""
        batch = EncodeBatch(
            (EncodeClip("greedy", 10, 10**7), EncodeClip("modest", 10, 10**7)), 2_000_000, ConstantRate(700)
        )
        results: list[EncodeResult] = [
            Encoded("greedy", TargetBitrate(700), 1_500_000),
            Encoded("modest", TargetBitrate(700), 900_000),
        ]
        assert settled(batch, results) == {"modest"}
        (action,) = next_encodes(batch, results)
        assert isinstance(action, Encode)
        assert action.key == "greedy"
        assert isinstance(action.settings.rate, TargetBitrate)
        assert 400 < action.settings.rate.video_kbps < 700
        again = judged(batch, results, action, size_bytes=1_090_000)
        assert again.is_accepted
        assert not next_encodes(batch, [*results, again])

    def test_a_worse_second_try_is_dropped(self) -> None:
        """A lower rate that gives a bigger output does not replace what stood."""
        batch = EncodeBatch((EncodeClip("a", 10, 10**7),), 1_000_000, ConstantRate(700))
        results: list[EncodeResult] = [Encoded("a", TargetBitrate(700), 1_100_000)]
        (action,) = next_encodes(batch, results)
        assert isinstance(action, Encode)
        again = judged(batch, results, action, size_bytes=1_200_000)
        assert not again.is_accepted
        assert standing([*results, again])["a"].size_bytes == 1_100_000

    def test_all_at_once(self) -> None:
        """No clip waits for another: as many jobs as one likes."""
        model = Model({f"c{i}": Footage(20, 5e4) for i in range(9)})
        assert len(next_encodes(batch_of(model, 10**8, ConstantRate(700)), [])) == 9


def test_keys_are_unique() -> None:
    """Two clips of one key would share a record."""
    with pytest.raises(ValueError, match="key of its own"):
        EncodeBatch((EncodeClip("a", 1, 1), EncodeClip("a", 2, 2)), 10, ConstantRate(1))
