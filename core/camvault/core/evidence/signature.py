"""Pure: the signature of a disc: of `SHA256SUMS`, and so of every file that it names, by the user's own SSH key.

A key that comes from the same disc proves only that one key signed: its owner publishes the fingerprint elsewhere.
"""

import re
from typing import Final

import attrs

from camvault.core.evidence.places import EvidencePlaces

NAMESPACE: Final = "camvault-evidence"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._@-]")


@attrs.frozen(kw_only=True)
class DiscSignature:
    """Who signs, with which key, and the signature; one over other text says how large it will be."""

    operator: str
    public_key: str
    fingerprint: str
    text: str

    @property
    def principal(self) -> str:
        """The operator in a form that stands in a command, and is no flag of it."""
        return f"operator.{_NOT_IN_A_NAME.sub('_', self.operator)}"


def allowed_signers_text(signature: DiscSignature) -> str:
    """The file that `ssh-keygen -Y verify` asks which key is whose."""
    return f'{signature.principal} namespaces="{NAMESPACE}" {signature.public_key}\n'


def verify_command(signature: DiscSignature, places: EvidencePlaces) -> str:
    """How the signature is verified, on one line."""
    return (
        f"ssh-keygen -Y verify -f {places.allowed_signers} -I {signature.principal} -n {NAMESPACE}"
        f" -s {places.signature} < {places.sums}"
    )
