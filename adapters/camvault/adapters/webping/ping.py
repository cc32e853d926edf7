"""Adapter for services that expect a request for a URL now and then: an answer below 400 has taken the sign of life."""

from collections.abc import Callable

import attrs

from camvault.ports.errors import AlertError, UsageError
from camvault.ports.pulse import Pulse

TIMEOUT_S = 10.0
_NAME = "the ping URL"


def _checked(url: str) -> str:
    if not url.startswith(("http://", "https://")) or any(character <= " " for character in url):
        raise UsageError(
            "The ping URL: found none that is shown here, expected one that begins with https:// or http://"
        )
    return url


@attrs.frozen
class WebPulse:
    """Asks for one URL, which may hold a token.

    Raises:
        UsageError: It is no URL of the web.
    """

    url: str = attrs.field(repr=False, converter=_checked)

    def beat(self) -> None:
        """See `Pulse`."""
        from http.client import HTTPException  # noqa: PLC0415 - heavy
        from urllib.error import HTTPError, URLError  # noqa: PLC0415
        from urllib.request import urlopen  # noqa: PLC0415

        try:
            with urlopen(self.url, timeout=TIMEOUT_S):  # noqa: S310 - the scheme was checked
                return
        except HTTPError as error:
            error.close()
            raise AlertError(_NAME, f"it answered with {error.code}") from None
        except URLError as error:
            raise AlertError(_NAME, f"nobody answers ({type(error.reason).__name__})") from None
        except (OSError, HTTPException, ValueError) as error:
            raise AlertError(_NAME, f"no answer that is one ({type(error).__name__})") from None


_: Callable[[str], Pulse] = WebPulse
