"""Port: signatures of texts by a key of the user's, which never leaves the user's hands."""

from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation


@attrs.frozen
class Signature:
    """A signature as text, and the key that verifies it.

    Attributes:
        text: The signature, in whole lines.
        public_key: Kind and content of the public key, on one line.
        fingerprint: A short name of the key, which its owner can publish elsewhere.
    """

    text: str
    public_key: str
    fingerprint: str


class Signer(Protocol):
    """Signs with one key."""

    def sign(self, content: bytes, /, *, namespace: str, cancel: Cancellation) -> Signature:
        """Sign the content for one purpose: what was signed for another one does not verify.

        Raises:
            MissingToolError: There is no tool for that.
            UsageError: The key cannot be used.
        """
        ...
