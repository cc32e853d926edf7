"""Adapter for pytest: the contract of `QualityMeter`."""

import pytest

from camvault.adapters.contracts.media.harness import MediaHarness
from camvault.adapters.contracts.stop import StopRequest
from camvault.ports.errors import Cancelled, MediaError, NotFoundError
from camvault.ports.media import ConstantQuality, EncodeSettings, TargetBitrate
from camvault.ports.quality import MeasuredSample, QualityMeasure, QualityMeter

_RATES = tuple(ConstantQuality(quarters) for quarters in (100, 160, 240))
_CRF_40 = EncodeSettings(ConstantQuality(160), preset=12)


class QualityMeterContract:
    """What core relies on: a figure says more bits gave a better picture, and its lack is said, not made up.

    Provide:
        harness (`MediaHarness`): Clips for it.
        meter (`QualityMeter`): The meter under test. It can measure.
    """

    @pytest.fixture
    def harness(self) -> MediaHarness:
        """Clips for it."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.fixture
    def meter(self) -> QualityMeter:
        """The meter under test."""
        raise NotImplementedError("provide the fixture `meter`")

    @pytest.fixture
    def stop(self) -> StopRequest:
        """The cancellation that is handed to it."""
        return StopRequest()

    def test_it_says_what_it_measures_with(self, meter: QualityMeter) -> None:
        """Always the same, each once."""
        found = meter.measures
        assert found
        assert QualityMeasure.NONE not in found
        assert len(set(found)) == len(found)
        assert meter.measures == found

    def test_coarser_is_smaller_and_worse(self, harness: MediaHarness, meter: QualityMeter, stop: StopRequest) -> None:
        """By each of its measures, between 0 and 100."""
        source = harness.clip("a.mp4")
        for measure in meter.measures:
            made = [
                meter.measured_sample(
                    source,
                    start_s=0.2,
                    length_s=0.6,
                    settings=EncodeSettings(rate, preset=12),
                    measure=measure,
                    cancel=stop,
                )
                for rate in _RATES
            ]
            sizes = [one.size_bytes for one in made]
            figures = [-1.0 if one.quality is None else one.quality for one in made]
            assert sizes == sorted(set(sizes), reverse=True)
            assert figures == sorted(set(figures), reverse=True)
            assert 0 <= figures[-1] <= figures[0] <= 100

    def test_a_bitrate_is_measured_too(self, harness: MediaHarness, meter: QualityMeter, stop: StopRequest) -> None:
        """The rate may be either."""
        settings = EncodeSettings(TargetBitrate(200), preset=12)
        assert self._made(harness, meter, stop, settings=settings).quality is not None

    def test_without_the_measure_there_is_a_size_and_no_figure(
        self, harness: MediaHarness, meter: QualityMeter, stop: StopRequest
    ) -> None:
        """A job that was begun elsewhere goes on, with what is known of its other clips."""
        made = self._made(harness, meter, stop, measure=QualityMeasure.NONE)
        assert made.quality is None
        assert made.size_bytes > 0

    def test_nothing_is_kept(self, harness: MediaHarness, meter: QualityMeter, stop: StopRequest) -> None:
        """The source is only read."""
        source = harness.clip("a.mp4")
        before = harness.size_of(source)
        self._made(harness, meter, stop, name="")
        assert harness.names() == {"a.mp4"}
        assert harness.size_of(source) == before

    def test_beyond_the_end(self, harness: MediaHarness, meter: QualityMeter, stop: StopRequest) -> None:
        """Nothing encoded is an error, not a size of 0."""
        with pytest.raises(MediaError):
            self._made(harness, meter, stop, start_s=5)

    def test_rubbish_and_nothing(self, harness: MediaHarness, meter: QualityMeter, stop: StopRequest) -> None:
        """A missing source is not a broken one."""
        harness.rubbish("b.mp4", b"not a clip\n" * 500)
        for name, problem in (("b.mp4", MediaError), ("nothing.mp4", NotFoundError)):
            with pytest.raises(problem):
                meter.measured_sample(
                    harness.folder / name,
                    start_s=0,
                    length_s=0.5,
                    settings=_CRF_40,
                    measure=meter.measures[0],
                    cancel=stop,
                )

    def test_cancelled_before(self, harness: MediaHarness, meter: QualityMeter, stop: StopRequest) -> None:
        """Nothing is started once stopping was asked for."""
        assert meter.measures
        stop.request()
        with pytest.raises(Cancelled):
            self._made(harness, meter, stop)

    def _made(
        self,
        harness: MediaHarness,
        meter: QualityMeter,
        stop: StopRequest,
        *,
        name: str = "a.mp4",
        start_s: float = 0.0,
        settings: EncodeSettings = _CRF_40,
        measure: QualityMeasure | None = None,
    ) -> MeasuredSample:
        source = harness.clip(name) if name else harness.folder / "a.mp4"
        return meter.measured_sample(
            source,
            start_s=start_s,
            length_s=0.5,
            settings=settings,
            measure=meter.measures[0] if measure is None else measure,
            cancel=stop,
        )
