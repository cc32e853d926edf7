"""Workflow, shared part: the signature of a disc."""

from camvault.core.evidence.signature import NAMESPACE, DiscSignature
from camvault.core.workflows.bodycam.create_iso.request import EvidenceWish
from camvault.ports.cancellation import Cancellation


def signed(wish: EvidenceWish, content: bytes, *, cancel: Cancellation) -> DiscSignature | None:
    """The signature of `content` as it is wished; None if none is. That of nothing tells the key, and the size of all.

    Raises:
        MissingToolError: There is no tool for that.
        UsageError: The key cannot be used.
    """
    if wish.signer is None:
        return None
    made = wish.signer.sign(content, namespace=NAMESPACE, cancel=cancel)
    return DiscSignature(
        operator=wish.operator, public_key=made.public_key, fingerprint=made.fingerprint, text=made.text
    )
