"""Bits that go where they buy most quality, against encoders and eyes that answer as a model says."""

import math
import random
from collections.abc import Sequence

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from camvault.core.capacity.allocation import (
    ComplexityRate,
    EncodeAction,
    EncodeBatch,
    EncodeClip,
    EncodeResult,
    EncodeSample,
    Sampled,
    judged,
    next_encodes,
    settled,
    standing,
)
from camvault.core.capacity.complexity import measured_stretches, most_sampled_s
from camvault.core.capacity.complexity.estimate import COARSEST, FINEST, SAMPLE_EXCESS, Prediction, falling
from camvault.core.capacity.complexity.level import FILL_AIM, FLOOR, level_of, wanted_bytes, with_floor
from camvault.core.capacity.complexity.lines import Line, line_through, straight
from camvault.core.capacity.complexity.worth import odds_of, quality_of, worth_of
from camvault.ports.media import ConstantQuality
from camvault.ports.quality import QualityMeasure


@attrs.frozen
class Scene:
    """What one clip takes a second at CRF 40, what it lacks of 100 there, and how both go with each quarter of CRF."""

    duration_s: float = 10.0
    bytes_per_s: float = 30_000.0
    slope: float = 0.019
    loss: float = 20.0
    odds_slope: float = 0.025
    has_figure: bool = True

    def size(self, seconds: float, rate: object) -> int:
        assert isinstance(rate, ConstantQuality)
        return max(1, round(seconds * self.bytes_per_s * math.exp(-self.slope * (rate.crf_quarters - 160))))

    def quality(self, quarters: float) -> float:
        return quality_of(odds_of(100 - self.loss) + self.odds_slope * (quarters - 160))


Scenes = dict[str, Scene]

SCENES = st.dictionaries(
    st.sampled_from([f"c{number}" for number in range(12)]),
    st.builds(
        Scene,
        duration_s=st.floats(2, 400),
        bytes_per_s=st.floats(2_000, 200_000),
        slope=st.floats(0.01, 0.035),
        loss=st.floats(3, 70),
        odds_slope=st.floats(0.01, 0.05),
    ),
    min_size=2,
    max_size=12,
)


def batch_of(scenes: Scenes, *, share: float, step: int = 1) -> EncodeBatch:
    """A batch with room for this share of what all clips take at CRF 30."""
    clips = tuple(EncodeClip(key, scene.duration_s, 10**10, has_audio=False) for key, scene in scenes.items())
    beside = sum(2000 + 1000 * scene.duration_s for scene in scenes.values())
    fine = sum(scene.size(scene.duration_s, ConstantQuality(120)) for scene in scenes.values())
    policy = ComplexityRate(crf_step_quarters=step, measure=QualityMeasure.VMAF)
    return EncodeBatch(clips, int(beside + share * fine), policy)


def result_of(
    scenes: Scenes, batch: EncodeBatch, results: Sequence[EncodeResult], action: EncodeAction
) -> EncodeResult:
    scene = scenes[action.key]
    if isinstance(action, EncodeSample):
        assert isinstance(action.rate, ConstantQuality)
        quality = scene.quality(action.rate.crf_quarters) if scene.has_figure else None
        excess = SAMPLE_EXCESS if action.length_s < scene.duration_s else 1.0  # each stretch has a key frame
        return Sampled(action, scene.size(action.length_s / excess, action.rate), quality)
    return judged(batch, results, action, size_bytes=whole_bytes(scene, action.settings.rate))


def whole_bytes(scene: Scene, rate: object) -> int:
    """The size of a whole output."""
    return round(2000 + 700 * scene.duration_s) + scene.size(scene.duration_s, rate)


def drive(scenes: Scenes, batch: EncodeBatch, chance: random.Random | None = None) -> list[EncodeResult]:
    results: list[EncodeResult] = []
    while actions := next_encodes(batch, results):
        action = chance.choice(actions) if chance else actions[0]
        results.append(result_of(scenes, batch, results, action))
    return results


def fill(batch: EncodeBatch, results: Sequence[EncodeResult]) -> float:
    return sum(output.size_bytes for output in standing(results).values()) / batch.limit_bytes


def qualities(scenes: Scenes, results: Sequence[EncodeResult]) -> dict[str, float]:
    found = {}
    for key, output in standing(results).items():
        assert isinstance(output.rate, ConstantQuality)
        found[key] = scenes[key].quality(output.rate.crf_quarters)
    return found


def predicted(scenes: Scenes) -> list[Prediction]:
    """What perfect samples foretell."""
    return [
        Prediction(
            EncodeClip(key, scene.duration_s, 10**10, has_audio=False),
            1000 * scene.duration_s,
            scene.duration_s * scene.bytes_per_s,
            falling(scene.slope),
            odds=straight(scene.odds_slope, through=(160, odds_of(100 - scene.loss))),
        )
        for key, scene in scenes.items()
    ]


def choice(batch: EncodeBatch, predictions: Sequence[Prediction]) -> dict[str, float]:
    """The CRF of each clip, in quarters."""
    level = level_of(batch, predictions, spent=0.0)
    return {p.clip.key: p.quarters_for(wanted_bytes(batch, p, level)) for p in predictions}


def mean_of(scenes: Scenes, chosen: dict[str, float]) -> float:
    """The mean quality, in which a clip counts by the square root of its length."""
    weights = {key: math.sqrt(scene.duration_s) for key, scene in scenes.items()}
    return sum(scenes[key].quality(at) * weights[key] for key, at in chosen.items()) / sum(weights.values())


class TestTheWholeJob:
    @given(SCENES, st.floats(0.2, 1.5), st.sampled_from([1, 4]))
    @settings(max_examples=60, deadline=None)
    def test_never_above_and_nearly_full(self, scenes: Scenes, share: float, step: int) -> None:
        """Outputs fit, and where the CRFs of all can still change they fill what there is."""
        batch = batch_of(scenes, share=share, step=step)
        assume(sum(whole_bytes(scene, ConstantQuality(COARSEST)) for scene in scenes.values()) <= batch.limit_bytes)
        results = drive(scenes, batch)
        assert fill(batch, results) <= 1
        assert settled(batch, results) == set(scenes)
        if step == 1 and len(scenes) >= 5:
            assert fill(batch, results) >= 0.98

    @given(SCENES, st.floats(0.2, 1.5), st.randoms())
    @settings(max_examples=30, deadline=None)
    def test_the_order_of_results_changes_nothing(self, scenes: Scenes, share: float, chance: random.Random) -> None:
        """Nor does the number of jobs."""
        batch = batch_of(scenes, share=share)
        assert standing(drive(scenes, batch)) == standing(drive(scenes, batch, chance))

    @given(SCENES, st.floats(0.2, 1.5), st.data())
    @settings(max_examples=30, deadline=None)
    def test_the_order_of_clips_changes_nothing(self, scenes: Scenes, share: float, data: st.DataObject) -> None:
        batch = batch_of(scenes, share=share)
        other = attrs.evolve(batch, clips=tuple(data.draw(st.permutations(batch.clips))))
        assert standing(drive(scenes, batch)) == standing(drive(scenes, other))

    def test_a_stop_changes_nothing(self) -> None:
        """What was sampled is sampled once; what it gave is all that counts."""
        scenes = {f"c{number}": Scene(loss=5 + 9 * number) for number in range(6)}
        batch = batch_of(scenes, share=0.6)
        whole = drive(scenes, batch)
        for place in range(len(whole)):
            assert whole[place] in [
                result_of(scenes, batch, whole[:place], a) for a in next_encodes(batch, whole[:place])
            ]

    def test_bits_go_where_they_buy_most(self) -> None:
        """Of two clips of one size, the one whose picture hardly gains by bits gives to the other."""
        scenes = {"gains": Scene(loss=25, odds_slope=0.03), "has it all": Scene(loss=2), "other": Scene(loss=12)}
        batch = batch_of(scenes, share=0.5)
        sizes = {key: output.size_bytes for key, output in standing(drive(scenes, batch)).items()}
        assert sizes["gains"] > 1.5 * sizes["has it all"]

    def test_a_clip_without_a_figure_counts_as_the_others(self) -> None:
        """One whose pictures could not be compared is no reason to give up the rest."""
        scenes = {f"c{number}": Scene(loss=20, has_figure=number > 0) for number in range(5)}
        results = drive(scenes, batch_of(scenes, share=0.6))
        rates = {key: output.rate for key, output in standing(results).items()}
        crfs = [rate.crf_quarters for rate in rates.values() if isinstance(rate, ConstantQuality)]
        assert max(crfs) - min(crfs) <= 4

    def test_without_any_figure_complexity_decides(self) -> None:
        """A job that is resumed where nothing can be measured ends all the same."""
        scenes = {f"c{number}": Scene(bytes_per_s=5000.0 * 2**number, has_figure=False) for number in range(5)}
        batch = batch_of(scenes, share=0.6)
        assert 0.99 <= fill(batch, drive(scenes, batch)) <= 1

    def test_a_figure_that_failed_at_one_crf_is_left_out(self) -> None:
        """The others still tell how its quality goes."""
        scenes = {"a": Scene(loss=60), "b": Scene(loss=3), "c": Scene(loss=30)}
        batch = batch_of(scenes, share=1.4)
        results: list[EncodeResult] = []
        while actions := next_encodes(batch, results):
            result = result_of(scenes, batch, results, actions[0])
            if isinstance(result, Sampled) and result.sample.rate != ConstantQuality(160):
                result = attrs.evolve(result, quality=None)
            results.append(result)
        assert 0.97 <= fill(batch, results) <= 1


class TestTheChoice:
    @given(SCENES, st.floats(0.2, 1.5))
    @settings(max_examples=60, deadline=None)
    def test_within_the_budget(self, scenes: Scenes, share: float) -> None:
        """What is foretold fits, unless the coarsest CRF of all does not."""
        batch, predictions = batch_of(scenes, share=share), predicted(scenes)
        chosen = choice(batch, with_floor(batch, predictions))
        total = sum(p.fixed_bytes + p.video_at(chosen[p.clip.key]) for p in predictions)
        assert total <= FILL_AIM * batch.limit_bytes * 1.001

    @given(SCENES, st.floats(0.2, 1.2), st.floats(1.02, 1.5))
    @settings(max_examples=60, deadline=None)
    def test_more_room_is_never_worse(self, scenes: Scenes, share: float, more: float) -> None:
        """Without the floor each clip has at least the CRF that it had, and with it the mean does not fall."""
        small, big = batch_of(scenes, share=share), batch_of(scenes, share=share * more)
        before, after = choice(small, predicted(scenes)), choice(big, predicted(scenes))
        assert all(after[key] <= before[key] + 1e-6 for key in scenes)

    @given(SCENES, st.floats(0.2, 1.5))
    @settings(max_examples=60, deadline=None)
    def test_the_floor_is_kept(self, scenes: Scenes, share: float) -> None:
        """No clip comes below the floor, and the worst is never worse than it would be without one."""
        batch, free = batch_of(scenes, share=share), predicted(scenes)
        bounded = with_floor(batch, free)
        chosen, loose = choice(batch, bounded), choice(batch, free)
        for p in bounded:
            assert chosen[p.clip.key] <= p.coarsest + 1e-6
        worst = min(scenes[key].quality(at) for key, at in chosen.items())
        assert worst >= min(scenes[key].quality(at) for key, at in loose.items()) - 0.3

    @given(SCENES, st.floats(0.2, 1.5), st.data())
    @settings(max_examples=60, deadline=None)
    def test_no_exchange_of_bits_makes_the_mean_better(self, scenes: Scenes, share: float, data: st.DataObject) -> None:
        """Whatever one clip gives to another one, within the bounds, hardly anything is gained."""
        batch, predictions = batch_of(scenes, share=share), predicted(scenes)
        chosen = choice(batch, predictions)
        giver, taker = data.draw(st.permutations(predictions))[:2]
        at, to = chosen[giver.clip.key], chosen[taker.clip.key]
        coarser = giver.quarters_for(0.95 * giver.video_at(at))
        given_bytes = giver.video_at(at) - giver.video_at(coarser)
        changed = {
            **chosen,
            giver.clip.key: coarser,
            taker.clip.key: taker.quarters_for(taker.video_at(to) + given_bytes),
        }
        assert mean_of(scenes, changed) <= mean_of(scenes, chosen) + 0.25

    def test_the_floor_is_between_the_two_ends(self) -> None:
        """It takes from the others what it gives to the worst, and no more than its share."""
        scenes = {"bad": Scene(bytes_per_s=200_000, loss=60), **{f"c{n}": Scene(loss=15) for n in range(5)}}
        batch = batch_of(scenes, share=0.25)
        free = choice(batch, predicted(scenes))
        bounded = choice(batch, with_floor(batch, predicted(scenes)))
        assert scenes["bad"].quality(bounded["bad"]) > scenes["bad"].quality(free["bad"])
        assert mean_of(scenes, free) - mean_of(scenes, bounded) < 2
        assert 0 < FLOOR < 0.5

    def test_a_short_clip_is_better_than_a_long_one_that_shows_the_same(self) -> None:
        """It costs little; and the long one, of which a second is worth less, still has nearly all the bits."""
        scenes = {"short": Scene(duration_s=5), "long": Scene(duration_s=3000)}
        batch = batch_of(scenes, share=0.4)
        chosen = choice(batch, predicted(scenes))
        even = choice(batch_of({"long": scenes["long"]}, share=0.4), predicted({"long": scenes["long"]}))
        assert scenes["short"].quality(chosen["short"]) > scenes["long"].quality(chosen["long"]) + 3
        assert scenes["long"].quality(even["long"]) - scenes["long"].quality(chosen["long"]) < 0.2

    def test_a_clip_that_was_not_measured_has_no_floor(self) -> None:
        predictions = [attrs.evolve(p, odds=None) for p in predicted({"a": Scene(), "b": Scene()})]
        assert with_floor(batch_of({"a": Scene(), "b": Scene()}, share=1), predictions) == predictions


class TestWhatSamplesTake:
    """It is a matter of durations alone: whatever the pictures are, samples are never longer than this."""

    @given(st.floats(0.5, 20_000))
    def test_stretches_lie_inside_the_clip_and_apart(self, duration_s: float) -> None:
        end_s = 0.0
        for start_s, length_s in measured_stretches(duration_s):
            assert start_s >= end_s - 1e-6
            end_s = start_s + length_s
        assert end_s <= duration_s + 1e-6

    @given(st.floats(2, 20_000))
    def test_the_first_ones_take_at_most_a_quarter(self, duration_s: float) -> None:
        assert sum(length_s for _, length_s in measured_stretches(duration_s)) <= duration_s / 4 + 1e-6

    @given(SCENES, st.floats(0.05, 1.5))
    @settings(max_examples=60, deadline=None)
    def test_all_of_them_take_at_most_half_of_the_footage(self, scenes: Scenes, share: float) -> None:
        results = drive(scenes, batch_of(scenes, share=share))
        taken_s = sum(result.sample.length_s for result in results if isinstance(result, Sampled))
        durations_s = [scene.duration_s for scene in scenes.values()]
        assert taken_s <= most_sampled_s(durations_s) + 1e-3
        assert most_sampled_s(durations_s) <= 0.5 * sum(durations_s) + 1e-6

    @given(st.lists(st.floats(120, 20_000), min_size=1, max_size=20))
    def test_of_clips_of_minutes_they_cost_a_twentieth_of_the_encode(self, durations_s: list[float]) -> None:
        """A second of a measured sample costs 1.3 of an encode."""
        assert 1.3 * most_sampled_s(durations_s) <= 0.05 * sum(durations_s)

    def test_the_clips_of_which_least_is_known_come_first(self) -> None:
        """Where not all may be sampled again, it is those that are foretold to end up furthest from what is known."""
        scenes = {f"c{n}": Scene(duration_s=100, loss=40 if n else 0.5, odds_slope=0.04) for n in range(12)}
        batch = batch_of(scenes, share=0.1)
        results = drive(scenes, batch)
        again = [r.sample for r in results if isinstance(r, Sampled) and r.sample.rate != ConstantQuality(160)]
        assert again[0].key == "c0"
        assert math.isclose(sum(sample.length_s for sample in again), 18.0)


class TestLines:
    def test_a_line_through_one_point_is_straight(self) -> None:
        line = line_through({160: 3.0}, usual=-0.02, least=-0.2, most=-0.004)
        assert line.at(160) == 3.0
        assert line.at(260) == pytest.approx(1.0)
        assert line.where(1.0) == pytest.approx(260)

    def test_slopes_are_bounded_from_the_middle(self) -> None:
        """A figure that rises where it must fall is noise."""
        line = line_through({100: 5.0, 160: 3.0, 200: 3.1}, usual=-0.02, least=-0.02, most=-0.01)
        assert [value for _, value in line.points] == pytest.approx([4.2, 3.0, 2.6])

    @given(
        st.dictionaries(st.integers(FINEST, COARSEST), st.floats(-5, 5), min_size=1, max_size=5),
        st.floats(FINEST, COARSEST),
    )
    def test_where_is_the_inverse_of_at(self, points: dict[int, float], quarters: float) -> None:
        for line in (
            line_through(points, usual=0.02, least=0.001, most=0.3),
            line_through(points, usual=-0.02, least=-0.2, most=-0.004),
        ):
            assert line.where(line.at(quarters)) == pytest.approx(quarters, abs=1e-3)

    @given(st.floats(0, 100))
    def test_odds_and_quality(self, quality: float) -> None:
        assert quality_of(odds_of(quality)) == pytest.approx(min(99.7, max(1, quality)))


def test_a_picture_that_breaks_up_gets_out_of_it_or_nothing() -> None:
    """Where each byte gains more than the one before it, no clip is left half-way."""
    cliff = Line(((160, -2.0), (200, 3.0), (240, 4.0)), 0.02, 0.02)
    worth = worth_of(falling(0.019), cliff, finest=FINEST, coarsest=COARSEST)
    assert list(worth.thrifts) == sorted(worth.thrifts)
    places = [worth.quarters_at(worth.thrifts[0] + step / 10) for step in range(200)]
    assert places == sorted(places, reverse=True)
    assert (worth.quarters_at(-1e9), worth.quarters_at(1e9)) == (COARSEST, FINEST)
