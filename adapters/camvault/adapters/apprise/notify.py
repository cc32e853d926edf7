"""Adapter for apprise: one channel for each URL, so that the failure of one does not repeat alerts on the others."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import attrs

from camvault.ports.alerts import Alert, Alerts
from camvault.ports.errors import AlertError, MissingToolError, UsageError

if TYPE_CHECKING:
    from apprise import Apprise


@attrs.frozen
class AppriseAlerts:
    """Sends each alert to one URL."""

    name: str
    """The kind of service and a hash of the URL, such as "json 1f3a"; holds no secret."""
    service: "Apprise" = attrs.field(repr=False)

    def send(self, alert: Alert, /) -> None:
        """See `Alerts`."""
        try:
            is_taken = self.service.notify(title=" ".join(alert.subject.split()), body=alert.body)
        except Exception as error:  # noqa: BLE001 - whatever a plugin of apprise raises
            raise AlertError(self.name, f"apprise failed with {type(error).__name__}") from None
        if not is_taken:
            raise AlertError(self.name, "the service did not take it")


def apprise_channels(urls: Iterable[str]) -> tuple[AppriseAlerts, ...]:
    """One channel for each URL.

    Raises:
        MissingToolError: apprise is not installed.
        UsageError: A URL is none that apprise knows; named by its number, as it may hold a secret.
    """
    import logging  # noqa: PLC0415 - heavy
    from hashlib import sha256  # noqa: PLC0415

    try:
        from apprise import Apprise  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise MissingToolError("apprise", "the extra camvault[notify]") from None
    # apprise logs URLs with their tokens, which must not get into the logs of the program that uses it
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    found = []
    for number, url in enumerate(urls, 1):
        service = Apprise()
        if not service.add(url):
            raise UsageError(f"Alert URL {number}: found none that apprise knows, expected such as json://host/path")
        found.append(AppriseAlerts(f"{url.partition(':')[0]} {sha256(url.encode()).hexdigest()[:4]}", service))
    return tuple(found)


_: Callable[[str, "Apprise"], Alerts] = AppriseAlerts
