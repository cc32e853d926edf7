"""Adapter for pytest: the contract of `Alerts`."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from camvault.ports.alerts import Alert, Alerts
from camvault.ports.errors import AlertError

ALERT = Alert(
    "[CAMERA] Auto-restart ROST2", "ROST2 idle for 1223 s\nHost: ü", datetime(2025, 5, 28, 15, 20, tzinfo=UTC)
)

Delivered = Callable[[], Sequence[str]]
"""The messages that arrived at the other side so far, subject and body of each in one text, decoded."""


class AlertsContract:
    """What core relies on: what was handed over arrives whole, and what was not is an error that allows another try.

    Provide:
        alerts (`Alerts`): A channel that works.
        delivered (`Delivered`): What arrived by way of `alerts`.
        unreachable (`Alerts`): A channel of the same kind behind which nothing answers at present.
    """

    @pytest.fixture
    def alerts(self) -> Alerts:
        """A channel that works."""
        raise NotImplementedError("provide the fixture `alerts`")

    @pytest.fixture
    def delivered(self, alerts: Alerts) -> Delivered:
        """What arrived by way of `alerts`."""
        raise NotImplementedError("provide the fixture `delivered`")

    @pytest.fixture
    def unreachable(self) -> Alerts:
        """A channel behind which nothing answers."""
        raise NotImplementedError("provide the fixture `unreachable`")

    def test_it_has_a_name(self, alerts: Alerts) -> None:
        assert alerts.name

    def test_each_alert_is_one_message(self, alerts: Alerts, delivered: Delivered) -> None:
        alerts.send(ALERT)
        alerts.send(ALERT)

        assert len(delivered()) == 2

    def test_subject_and_every_line_of_the_body_arrive(self, alerts: Alerts, delivered: Delivered) -> None:
        alerts.send(ALERT)

        (text,) = delivered()
        assert [part for part in (ALERT.subject, *ALERT.body.splitlines()) if part not in text] == []

    def test_a_channel_that_nobody_answers_is_an_error_and_may_be_tried_again(self, unreachable: Alerts) -> None:
        with pytest.raises(AlertError) as caught:
            unreachable.send(ALERT)
        assert not caught.value.is_final
