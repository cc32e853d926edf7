"""Wrong adapters of `Alerts`, `Reporter`, `Metrics`, `Pulse` and `Supervision`."""

from collections.abc import Callable
from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.contracts.alerts import AlertsContract, Delivered
from camvault.adapters.contracts.events import ReporterContract
from camvault.adapters.contracts.metrics import Figures, MetricsContract, figures_of
from camvault.adapters.contracts.pulse import PulseContract, Taken
from camvault.adapters.contracts.supervision import Heard, SupervisionContract
from camvault.adapters.memory.alerts import MemoryAlerts
from camvault.adapters.memory.metrics import MemoryMetrics
from camvault.adapters.memory.pulse import MemoryPulse
from camvault.adapters.memory.supervision import MemorySupervision
from camvault.ports.alerts import Alert
from camvault.ports.errors import (
    AlertError,
    StorageError,
)
from camvault.ports.events import Event, Reporter
from camvault.ports.metrics import Metric, Sample
from tests.contracts.wrong.refusal import by


class _Alerts(AlertsContract):
    @pytest.fixture
    def delivered(self, alerts: MemoryAlerts) -> Delivered:
        return lambda: [f"{alert.subject}\n{alert.body}" for alert in alerts.sent]


class _Swallowing(MemoryAlerts):
    def send(self, alert: Alert, /) -> None:
        try:
            super().send(alert)
        except AlertError:
            return


class TestAlertsThatSwallowErrors(_Alerts):
    REFUSED_BY = by("a_channel_that_nobody_answers_is_an_error_and_may_be_tried_again")

    @pytest.fixture
    def alerts(self) -> _Swallowing:
        return _Swallowing()

    @pytest.fixture
    def unreachable(self) -> _Swallowing:
        return _Swallowing(is_down=True)


class _FirstLine(MemoryAlerts):
    def send(self, alert: Alert, /) -> None:
        super().send(attrs.evolve(alert, body=alert.body.splitlines()[0]))


class TestAlertsThatCutTheBody(_Alerts):
    REFUSED_BY = by("subject_and_every_line_of_the_body_arrive")

    @pytest.fixture
    def alerts(self) -> _FirstLine:
        return _FirstLine()

    @pytest.fixture
    def unreachable(self) -> _FirstLine:
        return _FirstLine(is_down=True)


class _Strict:
    """Writes to a console of another encoding, and does not expect errors."""

    def emit(self, event: Event, /) -> None:
        str(event).encode("ascii")


class TestReporterThatRaises(ReporterContract):
    REFUSED_BY = by("takes_every_event", "takes_events_from_many_threads", "an_event_is_taken_without_a_long_wait")

    @pytest.fixture
    def reporter(self) -> Reporter:
        return _Strict()


class _Metrics(MetricsContract):
    @pytest.fixture
    def shown(self, metrics: MemoryMetrics) -> Callable[[], Figures]:
        return lambda: figures_of(metrics.metrics)

    @pytest.fixture
    def unwritable(self) -> MemoryMetrics:
        return MemoryMetrics(fault=StorageError(PurePath("/metrics")))


class _Adding(MemoryMetrics):
    def publish(self, metrics: tuple[Metric, ...], /) -> None:
        self.metrics = (*self.metrics, *metrics)


class TestMetricsThatPileUp(_Metrics):
    REFUSED_BY = by("what_is_published_replaces_what_was")

    @pytest.fixture
    def metrics(self) -> _Adding:
        return _Adding()


class _Labelless(MemoryMetrics):
    def publish(self, metrics: tuple[Metric, ...], /) -> None:
        super().publish(tuple(attrs.evolve(m, samples=tuple(Sample(s.value) for s in m.samples)) for m in metrics))


class TestMetricsWithoutLabels(_Metrics):
    REFUSED_BY = by("every_figure_and_label_is_shown")

    @pytest.fixture
    def metrics(self) -> _Labelless:
        return _Labelless()


_TOKEN = "3f0a17"  # noqa: S105 - the canary would be looked for in what fails here, as it is to


class _Pulse(PulseContract):
    @pytest.fixture
    def taken(self, pulse: MemoryPulse) -> Taken:
        return lambda: pulse.beats

    @pytest.fixture
    def secret(self) -> str:
        return _TOKEN


class _Talkative(MemoryPulse):
    def beat(self) -> None:
        try:
            super().beat()
        except AlertError as error:
            raise AlertError(f"https://ping.example/{_TOKEN}", str(error)) from error


class TestPulseThatTellsItsUrl(_Pulse):
    REFUSED_BY = by("a_sign_that_nobody_takes_is_an_error_without_a_secret")

    @pytest.fixture
    def pulse(self) -> _Talkative:
        return _Talkative()

    @pytest.fixture
    def unreachable(self) -> _Talkative:
        return _Talkative(is_down=True)


class _Once(MemoryPulse):
    def beat(self) -> None:
        if not self.beats:
            super().beat()


class TestPulseThatBeatsOnce(_Pulse):
    REFUSED_BY = by("each_beat_is_one_sign")

    @pytest.fixture
    def pulse(self) -> _Once:
        return _Once()

    @pytest.fixture
    def unreachable(self) -> _Once:
        return _Once(is_down=True)


class _Unguarded(MemorySupervision):
    """Hands a status on as it is, and stumbles without a manager."""

    manager: object = "there"

    def ready(self) -> None:
        assert self.manager
        super().ready()

    def alive(self, status: str = "", /) -> None:
        self.said.append(f"alive {status}".strip())


class TestSupervisionThatBelievesEveryStatus(SupervisionContract):
    REFUSED_BY = by("a_status_is_one_line_and_says_nothing_else", "without_a_manager_nothing_happens")

    @pytest.fixture
    def supervision(self) -> _Unguarded:
        return _Unguarded()

    @pytest.fixture
    def heard(self, supervision: _Unguarded) -> Heard:
        return lambda: [(word, status) for word, _, status in (said.partition(" ") for said in supervision.said)]

    @pytest.fixture
    def unsupervised(self, monkeypatch: pytest.MonkeyPatch) -> _Unguarded:
        monkeypatch.setattr(_Unguarded, "manager", None)
        return _Unguarded()
