"""Adapter for pytest: the contract of `Encoder`."""

import pytest

from camvault.adapters.contracts.media.harness import HOSTILE, TOLERANCE_S, MediaHarness
from camvault.adapters.contracts.stop import StopRequest
from camvault.ports.errors import Cancelled, MediaError, NoSpaceError, NotFoundError
from camvault.ports.media import ConstantQuality, EncodeSettings, TargetBitrate

QUICK = 12


def _settings(rate: TargetBitrate | ConstantQuality) -> EncodeSettings:
    return EncodeSettings(rate, preset=QUICK)


CRF_40 = _settings(ConstantQuality(160))


def ignore(_seconds: float) -> None:
    """No progress wanted."""


class EncoderContract:
    """What core relies on: an output that is returned is whole, and what may lack footage is told.

    Originals may go when their outputs are proven: an encoder that hides damage loses footage.

    Provide:
        harness (`MediaHarness`): The adapters, and clips for them.
    """

    @pytest.fixture
    def harness(self) -> MediaHarness:
        """The adapters, and clips for them."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.fixture
    def stop(self) -> StopRequest:
        """The cancellation that is handed to the encoder."""
        return StopRequest()

    @pytest.mark.parametrize("rate", [TargetBitrate(120), ConstantQuality(200), ConstantQuality(161)])
    def test_size_is_the_targets(
        self, harness: MediaHarness, stop: StopRequest, rate: TargetBitrate | ConstantQuality
    ) -> None:
        """The target is complete, as long as the source, and of the size that is returned."""
        source, target = harness.clip("a.mp4"), harness.folder / ".a.camvault-part"
        made = harness.encoder.encode(source, target=target, settings=_settings(rate), on_seconds=ignore, cancel=stop)
        assert made.tool
        assert not made.argv or any(source.name in part for part in made.argv)
        assert made.size_bytes == harness.size_of(target) > 0
        assert made.doubts == ()
        assert harness.probe.probe(target).duration_s == pytest.approx(1.0, abs=TOLERANCE_S)
        assert harness.probe.probe(target).has_audio

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_names(self, harness: MediaHarness, stop: StopRequest, name: str) -> None:
        """Source and target may be called anything."""
        source, target = harness.clip(name), harness.folder / f"{name[-100:]}.camvault-part"
        harness.encoder.encode(source, target=target, settings=CRF_40, on_seconds=ignore, cancel=stop)
        assert harness.names() == {name, target.name}

    def test_a_damaged_source_is_told(self, harness: MediaHarness, stop: StopRequest) -> None:
        """What cannot be decoded is left out and the length stays: the result says that it may lack footage."""
        source, target = harness.damaged("a.mp4"), harness.folder / "t.part"
        made = harness.encoder.encode(source, target=target, settings=CRF_40, on_seconds=ignore, cancel=stop)
        assert made.size_bytes == harness.size_of(target)
        assert made.doubts

    def test_existing_target_is_overwritten(self, harness: MediaHarness, stop: StopRequest) -> None:
        """A leftover of a crash under the temporary name is no obstacle."""
        target = harness.rubbish("t.part", b"x" * 100_000)
        source = harness.clip("a.mp4")
        made = harness.encoder.encode(source, target=target, settings=CRF_40, on_seconds=ignore, cancel=stop)
        assert made.size_bytes == harness.size_of(target) != 100_000

    def test_clip_without_sound(self, harness: MediaHarness, stop: StopRequest) -> None:
        """Sound is not missed where there is none."""
        source, target = harness.clip("a.mp4", has_audio=False), harness.folder / "t.part"
        harness.encoder.encode(source, target=target, settings=CRF_40, on_seconds=ignore, cancel=stop)
        assert not harness.probe.probe(target).has_audio

    def test_progress_rises_to_the_end(self, harness: MediaHarness, stop: StopRequest) -> None:
        """Positions in the source never go back, and end at its end."""
        seen: list[float] = []
        source = harness.clip("a.mp4", seconds=2)
        harness.encoder.encode(
            source, target=harness.folder / "t.part", settings=CRF_40, on_seconds=seen.append, cancel=stop
        )
        assert seen == sorted(seen)
        assert seen[-1] == pytest.approx(2, abs=TOLERANCE_S)

    def test_equal_settings_give_equal_sizes(self, harness: MediaHarness, stop: StopRequest) -> None:
        """A resumed job ends as the uninterrupted one would have: one CRF always gives the same."""
        source = harness.clip("a.mp4")
        sizes = {
            harness.encoder.encode(
                source, target=harness.folder / name, settings=CRF_40, on_seconds=ignore, cancel=stop
            ).size_bytes
            for name in ("one.part", "two.part")
        }
        assert len(sizes) == 1

    def test_coarser_is_smaller(self, harness: MediaHarness, stop: StopRequest) -> None:
        """A higher CRF gives a smaller output, for the whole and for a sample; a step is what the port says it is."""
        source, target = harness.clip("a.mp4"), harness.folder / "t.part"
        step = harness.encoder.crf_step_quarters
        rates = [ConstantQuality(quarters) for quarters in (120, 160, 160 + step, 240)]
        whole = [
            harness.encoder.encode(
                source, target=target, settings=_settings(rate), on_seconds=ignore, cancel=stop
            ).size_bytes
            for rate in rates
        ]
        assert whole == sorted(set(whole), reverse=True)
        samples = [
            harness.encoder.sample(source, start_s=0.2, length_s=0.5, settings=_settings(rate), cancel=stop)
            for rate in (rates[0], rates[-1])
        ]
        assert 0 < samples[1] < samples[0] < whole[0]

    def test_higher_bitrate_is_bigger(self, harness: MediaHarness, stop: StopRequest) -> None:
        """A bitrate does something."""
        source, target = harness.clip("a.mp4"), harness.folder / "t.part"
        small, big = (
            harness.encoder.encode(
                source, target=target, settings=_settings(TargetBitrate(kbps)), on_seconds=ignore, cancel=stop
            ).size_bytes
            for kbps in (40, 400)
        )
        assert small < big

    def test_sample_keeps_nothing(self, harness: MediaHarness, stop: StopRequest) -> None:
        """Only the size of a sample is wanted, and the source is only read."""
        source = harness.clip("a.mp4")
        before = harness.size_of(source)
        assert harness.encoder.sample(source, start_s=0, length_s=0.5, settings=CRF_40, cancel=stop) > 0
        assert harness.names() == {"a.mp4"}
        assert harness.size_of(source) == before

    def test_sample_beyond_the_end(self, harness: MediaHarness, stop: StopRequest) -> None:
        """Nothing encoded is an error, not a size of 0."""
        source = harness.clip("a.mp4")
        with pytest.raises(MediaError):
            harness.encoder.sample(source, start_s=5, length_s=0.5, settings=CRF_40, cancel=stop)

    def test_rubbish_is_a_media_error(self, harness: MediaHarness, stop: StopRequest) -> None:
        """The source is blamed, by its name."""
        source = harness.rubbish("a.mp4", b"not a clip\n" * 500)
        with pytest.raises(MediaError) as caught:
            harness.encoder.encode(
                source, target=harness.folder / "t.part", settings=CRF_40, on_seconds=ignore, cancel=stop
            )
        assert caught.value.path == source
        with pytest.raises(MediaError):
            harness.encoder.sample(source, start_s=0, length_s=0.5, settings=CRF_40, cancel=stop)

    def test_missing_source(self, harness: MediaHarness, stop: StopRequest) -> None:
        """A missing source is not a broken one."""
        source, target = harness.folder / "nothing.mp4", harness.folder / "t.part"
        with pytest.raises(NotFoundError):
            harness.encoder.encode(source, target=target, settings=CRF_40, on_seconds=ignore, cancel=stop)
        with pytest.raises(NotFoundError):
            harness.encoder.sample(source, start_s=0, length_s=1, settings=CRF_40, cancel=stop)

    def test_full_disk(self, harness: MediaHarness, stop: StopRequest) -> None:
        """A full disk is told from a broken clip."""
        source, target = harness.clip("a.mp4"), harness.full_folder() / "t.part"
        fine = _settings(ConstantQuality(40))
        with pytest.raises(NoSpaceError):
            harness.encoder.encode(source, target=target, settings=fine, on_seconds=ignore, cancel=stop)

    def test_cancelled_before(self, harness: MediaHarness, stop: StopRequest) -> None:
        """Nothing is started once stopping was asked for."""
        source = harness.clip("a.mp4")
        stop.request()
        with pytest.raises(Cancelled):
            harness.encoder.encode(
                source, target=harness.folder / "t.part", settings=CRF_40, on_seconds=ignore, cancel=stop
            )

    def test_cancelled_in_the_middle(self, harness: MediaHarness) -> None:
        """A running encode stops, and is never taken for a finished one."""
        source = harness.clip("a.mp4", seconds=60)
        slow = EncodeSettings(ConstantQuality(160), preset=4)
        stop = harness.stop_in_the_middle()
        with pytest.raises(Cancelled):
            harness.encoder.encode(
                source, target=harness.folder / "t.part", settings=slow, on_seconds=ignore, cancel=stop
            )

    def test_name(self, harness: MediaHarness) -> None:
        """The log can say what encoded."""
        assert harness.encoder.name
