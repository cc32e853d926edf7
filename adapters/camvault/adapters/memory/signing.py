"""Adapter for tests and library users: signatures in memory, which prove nothing."""

import hashlib

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import UsageError
from camvault.ports.signing import Signature, Signer


@attrs.define
class MemorySigner:
    """Signs with the digest of key, purpose and content; `is_locked` is a key that cannot be used."""

    key: str = "key"
    is_locked: bool = False

    def sign(self, content: bytes, /, *, namespace: str, cancel: Cancellation) -> Signature:
        """See `Signer`."""
        cancel.check()
        if self.is_locked:
            raise UsageError(f"{self.key} cannot sign: it is locked")
        digest = hashlib.sha256(f"{self.key} {namespace} ".encode() + content).hexdigest()
        return Signature(f"signature {digest}\n", f"memory {self.key}", f"MEMORY:{self.key}")


_: type[Signer] = MemorySigner
