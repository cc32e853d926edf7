"""Adapter for reporting, pure part: keeping secrets out of every rendering."""

from collections.abc import Callable
from urllib.parse import quote

Redact = Callable[[str], str]
"""Takes a text that is about to be rendered, returns it without its secrets."""


def redact_nothing(text: str) -> str:
    """Return the text as it is."""
    return text


def redacting(*secrets: str, replacement: str = "***") -> Redact:
    """A redaction that hides each of `secrets`, also percent-encoded as it stands in URLs. Empty ones are ignored."""
    forms = {form for secret in secrets for form in (secret, quote(secret, safe=""), quote(secret)) if form}
    by_length = sorted(forms, key=len, reverse=True)  # a secret that contains another one goes first

    def redact(text: str) -> str:
        for form in by_length:
            text = text.replace(form, replacement)
        return text

    return redact
